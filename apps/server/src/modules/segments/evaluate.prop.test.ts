import { segmentRuleSchema } from '@segue/contract';
import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { evaluateRule } from './evaluate.ts';
import { applyEvents, mergeLeafStates, type LeafStates } from './leaf-state.ts';
import { combineRules } from './rule.ts';
import { arbitrariesOn } from './testing/arbitrary-rule.ts';
import { criticalInstants } from './testing/critical-instants.ts';
import { oracleHolds, type OracleEvent, type OracleWorld } from './testing/naive-oracle.ts';
import { compileInWorld, factsOf, viewOf } from './testing/rule-case.ts';
import { COARSE, FINE, type Scale } from './testing/scale.ts';

/** When an event reaches us, and which of two profiles it is first known to belong to. */
interface Arrival {
  readonly event: OracleEvent;
  readonly atMs: number;
  readonly owner: 0 | 1;
}

function onGrid({ epochMs, gridMs, steps }: Scale, beyond: number) {
  return fc.integer({ min: 0, max: steps + beyond }).map((step) => epochMs + step * gridMs);
}

function arrivalsOn(scale: Scale): fc.Arbitrary<Arrival[]> {
  const arrival = fc.record({
    event: arbitrariesOn(scale).event(),
    atMs: onGrid(scale, 4),
    owner: fc.constantFrom<0 | 1>(0, 1),
  });
  return fc
    .array(arrival, { minLength: 4, maxLength: 20, size: 'max' })
    .map((arrivals) => arrivals.sort((a, b) => a.atMs - b.atMs));
}

function caseOn(scale: Scale) {
  const arbitraries = arbitrariesOn(scale);
  return fc.record({
    rule: arbitraries.rule(),
    arrivals: arrivalsOn(scale),
    traits: arbitraries.traits(),
    world: arbitraries.world(),
    mergeAtMs: fc.oneof(fc.constant(scale.epochMs), onGrid(scale, 5)),
    probes: fc.array(fc.integer({ min: 0, max: 60 * scale.gridMs }), { maxLength: 3 }),
  });
}

type Case = ReturnType<typeof caseOn> extends fc.Arbitrary<infer Made> ? Made : never;

/** Runs a case; answers how many flips by time it walked over. */
function walk({ rule, arrivals, traits, world, mergeAtMs, probes }: Case, scale: Scale): number {
  expect(segmentRuleSchema.safeParse(rule).error?.issues).toBeUndefined();
  const compiled = compileInWorld(rule, world);
  const rules = combineRules([compiled]);
  const facts = factsOf(world);
  const critical = criticalInstants(rule, { traits, events: arrivals.map(({ event }) => event), world });
  let flips = 0;
  let owned: [LeafStates, LeafStates] = [{}, {}];
  let merged: LeafStates | undefined;
  const arrived: OracleEvent[] = [];

  const checkUntil = (fromMs: number, untilMs: number): void => {
    if (merged === undefined) return;
    const leaves = merged;
    const history = { traits, events: arrived, world };
    const known = { traits: viewOf(traits), leaves, facts };
    const truthAt = (ms: number) => evaluateRule(compiled, known, ms);
    const holdsAt = (ms: number): boolean => oracleHolds(rule, history, ms);
    const instants = critical.filter((ms) => ms > fromMs && ms <= untilMs);
    let nowMs = fromMs;
    let next = 0;
    for (let steps = 0; nowMs < untilMs && steps < 100; steps += 1) {
      const truth = truthAt(nowMs);
      if (truth.holds !== holdsAt(nowMs)) throw new Error(`wrong at ${nowMs}`);
      const nextMs = truth.nextChangeAtMs ?? Number.POSITIVE_INFINITY;
      if (nextMs <= nowMs) throw new Error(`no progress at ${nowMs}`);
      for (; next < instants.length && instants[next]! < nextMs; next += 1) {
        const ms = instants[next]!;
        if (ms > nowMs && holdsAt(ms) !== truth.holds) throw new Error(`missed a flip at ${ms}, said ${nextMs}`);
      }
      if (nextMs !== Number.POSITIVE_INFINITY && holdsAt(nextMs) !== truth.holds) flips += 1;
      nowMs = nextMs;
    }
    for (const probe of probes) {
      if (truthAt(fromMs + probe).holds !== holdsAt(fromMs + probe))
        throw new Error(`wrong at probe ${fromMs + probe}`);
      // A wake that is set already spares looking further, and moves none that is due before it.
      const wakeMs = fromMs + probe;
      const nextOf = (input: typeof known & { wakeMs?: number }) =>
        Math.min(evaluateRule(compiled, input, fromMs).nextChangeAtMs ?? wakeMs, wakeMs);
      if (nextOf({ ...known, wakeMs }) !== nextOf(known)) throw new Error(`another wake before ${wakeMs}`);
    }
  };

  let nowMs = scale.epochMs;
  const mergeNow = (): void => {
    merged = mergeLeafStates(owned, nowMs);
    owned = [{}, {}];
  };
  for (const { event, atMs, owner } of arrivals) {
    if (atMs > nowMs) checkUntil(nowMs, atMs);
    nowMs = atMs;
    if (merged === undefined && mergeAtMs <= nowMs) mergeNow();
    arrived.push(event);
    if (merged === undefined) owned[owner] = applyEvents(rules, owned[owner], { events: [event], nowMs });
    else merged = applyEvents(rules, merged, { events: [event], nowMs });
  }
  if (merged === undefined) mergeNow();
  checkUntil(nowMs, Number.POSITIVE_INFINITY);
  return flips;
}

describe('evaluateRule against an oracle that reads the whole history at every instant', () => {
  it.each([
    { scale: FINE, runs: 7_000, what: 'seconds' },
    { scale: COARSE, runs: 3_000, what: 'days, calendars and clocks that are put' },
  ])(
    'agrees at every instant, under any arrival order, across a merge, and visits every flip by time: $what',
    ({ scale, runs }) => {
      let flips = 0;
      fc.assert(
        fc.property(caseOn(scale), (made) => {
          flips += walk(made, scale);
        }),
        { numRuns: propertyRuns(runs) },
      );
      expect(flips).toBeGreaterThan(propertyRuns(runs) / 4);
    },
  );
});

describe('mergeLeafStates', () => {
  it('gives the same state for any split, order and grouping of the events', () => {
    const arbitraries = arbitrariesOn(FINE);
    fc.assert(
      fc.property(
        arbitraries.rule(),
        arbitraries.world(),
        arrivalsOn(FINE),
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 24, maxLength: 24 }),
        (rule, world: OracleWorld, arrivals, parts) => {
          const rules = combineRules([compileInWorld(rule, world)]);
          const fold = (chosen: readonly Arrival[]): LeafStates =>
            chosen.reduce<LeafStates>(
              (states, { event, atMs }) => applyEvents(rules, states, { events: [event], nowMs: atMs }),
              {},
            );
          const endMs = FINE.epochMs + 45 * FINE.gridMs;
          const whole = mergeLeafStates([fold(arrivals)], endMs);
          const [a, b, c] = [0, 1, 2].map((part) => fold(arrivals.filter((_, index) => parts[index] === part))) as [
            LeafStates,
            LeafStates,
            LeafStates,
          ];
          expect(mergeLeafStates([mergeLeafStates([a, b], endMs), c], endMs)).toEqual(whole);
          expect(mergeLeafStates([c, mergeLeafStates([b, a], FINE.epochMs)], endMs)).toEqual(whole);
          expect(mergeLeafStates([JSON.parse(JSON.stringify(b)) as LeafStates, c, a], endMs)).toEqual(whole);
        },
      ),
      { numRuns: propertyRuns(2_000) },
    );
  });
});
