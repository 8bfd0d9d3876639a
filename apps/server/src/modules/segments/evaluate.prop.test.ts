import { segmentRuleSchema, type SegmentRule } from '@segue/contract';
import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { evaluateRule } from './evaluate.ts';
import { applyEvents, mergeLeafStates, type LeafStates } from './leaf-state.ts';
import { valueAt } from './path.ts';
import { combineRules, compileRule } from './rule.ts';
import { arbitraryEvent, arbitraryRule, arbitraryTraits, EPOCH_MS, GRID_MS } from './testing/arbitrary-rule.ts';
import { oracleHolds, spanMs, type OracleEvent, type OracleHistory } from './testing/naive-oracle.ts';

/** When an event reaches us, and which of two profiles it is first known to belong to. */
interface Arrival {
  readonly event: OracleEvent;
  readonly atMs: number;
  readonly owner: 0 | 1;
}

const arbitraryArrivals: fc.Arbitrary<Arrival[]> = fc
  .array(
    fc.record({
      event: arbitraryEvent,
      atMs: fc.integer({ min: 0, max: 44 }).map((step) => EPOCH_MS + step * GRID_MS),
      owner: fc.constantFrom<0 | 1>(0, 1),
    }),
    { minLength: 4, maxLength: 24, size: 'max' },
  )
  .map((arrivals) => arrivals.sort((a, b) => a.atMs - b.atMs));

const arbitraryCase = fc.record({
  rule: arbitraryRule,
  arrivals: arbitraryArrivals,
  traits: arbitraryTraits,
  mergeAtMs: fc.integer({ min: -1, max: 45 }).map((step) => EPOCH_MS + step * GRID_MS),
  probes: fc.array(fc.integer({ min: 0, max: 60 * GRID_MS }), { maxLength: 3 }),
});

/** Every instant at which the oracle's answer could possibly change, by brute enumeration. */
function criticalInstants(rule: SegmentRule, { traits, events }: OracleHistory): number[] {
  const spans = new Set<number>([0]);
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('seconds' in node) spans.add(spanMs(node));
    Object.values(node).forEach(visit);
  };
  visit(rule);
  const moments = events.map((event) => event.occurredAt);
  const visitTraits = (value: unknown): void => {
    if (typeof value === 'number') moments.push(value);
    if (typeof value === 'string') moments.push(Date.parse(value));
    if (typeof value === 'object' && value !== null) Object.values(value).forEach(visitTraits);
  };
  visitTraits(traits);
  const instants = moments
    .filter((moment) => Math.abs(moment - EPOCH_MS) < 1e9)
    .flatMap((moment) => [...spans].flatMap((span) => [moment - span, moment + span]));
  return [...new Set(instants)].sort((a, b) => a - b);
}

function viewOf(traits: OracleHistory['traits']) {
  return { get: (path: readonly string[]) => valueAt(traits, path) };
}

describe('evaluateRule against an oracle that reads the whole history at every instant', () => {
  it('agrees at every instant, under any arrival order, across a merge, and names every flip by time', () => {
    let flips = 0;
    fc.assert(
      fc.property(arbitraryCase, ({ rule, arrivals, traits, mergeAtMs, probes }) => {
        expect(segmentRuleSchema.safeParse(rule).error?.issues).toBeUndefined();
        const compiled = compileRule(rule);
        const rules = combineRules([compiled]);
        let owned: [LeafStates, LeafStates] = [{}, {}];
        let merged: LeafStates | undefined;
        const arrived: OracleEvent[] = [];

        const checkUntil = (fromMs: number, untilMs: number): void => {
          if (merged === undefined) return;
          const history = { traits, events: arrived };
          const instants = criticalInstants(rule, history).flatMap((ms) => [ms - 1, ms, ms + 1]);
          const holdsAt = (ms: number): boolean => oracleHolds(rule, history, ms);
          let nowMs = fromMs;
          for (let steps = 0; nowMs < untilMs && steps < 200; steps += 1) {
            const truth = evaluateRule(compiled, { traits: viewOf(traits), leaves: merged }, nowMs);
            if (truth.holds !== holdsAt(nowMs)) throw new Error(`wrong at ${nowMs}`);
            const nextMs = truth.nextChangeAtMs ?? Number.POSITIVE_INFINITY;
            if (nextMs <= nowMs) throw new Error(`no progress at ${nowMs}`);
            for (const ms of instants) {
              if (ms > nowMs && ms < nextMs && holdsAt(ms) !== truth.holds)
                throw new Error(`missed a flip at ${ms}, said ${nextMs}`);
            }
            if (nextMs !== Number.POSITIVE_INFINITY && holdsAt(nextMs) === truth.holds)
              throw new Error(`no flip at ${nextMs}`);
            if (nextMs !== Number.POSITIVE_INFINITY) flips += 1;
            nowMs = nextMs;
          }
          for (const probe of probes) {
            const ms = fromMs + probe;
            if (evaluateRule(compiled, { traits: viewOf(traits), leaves: merged }, ms).holds !== holdsAt(ms))
              throw new Error(`wrong at probe ${ms}`);
          }
        };

        let nowMs = EPOCH_MS;
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
      }),
      { numRuns: propertyRuns(10_000) },
    );
    expect(flips).toBeGreaterThan(5_000);
  });
});

describe('mergeLeafStates', () => {
  it('gives the same state for any split, order and grouping of the events', () => {
    fc.assert(
      fc.property(
        arbitraryRule,
        arbitraryArrivals,
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 24, maxLength: 24 }),
        (rule, arrivals, parts) => {
          const rules = combineRules([compileRule(rule)]);
          const fold = (chosen: readonly Arrival[]): LeafStates =>
            chosen.reduce<LeafStates>(
              (states, { event, atMs }) => applyEvents(rules, states, { events: [event], nowMs: atMs }),
              {},
            );
          const endMs = EPOCH_MS + 45 * GRID_MS;
          const whole = mergeLeafStates([fold(arrivals)], endMs);
          const [a, b, c] = [0, 1, 2].map((part) => fold(arrivals.filter((_, index) => parts[index] === part))) as [
            LeafStates,
            LeafStates,
            LeafStates,
          ];
          expect(mergeLeafStates([mergeLeafStates([a, b], endMs), c], endMs)).toEqual(whole);
          expect(mergeLeafStates([c, mergeLeafStates([b, a], EPOCH_MS)], endMs)).toEqual(whole);
          expect(mergeLeafStates([JSON.parse(JSON.stringify(b)) as LeafStates, c, a], endMs)).toEqual(whole);
        },
      ),
      { numRuns: propertyRuns(2_000) },
    );
  });
});
