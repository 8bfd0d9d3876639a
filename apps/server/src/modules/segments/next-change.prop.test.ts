import type { SegmentRule } from '@segue/contract';
import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { evaluateRule } from './evaluate.ts';
import { applyEvents } from './leaf-state.ts';
import { nextChangeByLeaves } from './next-change.ts';
import { combineRules } from './rule.ts';
import { nodesOf } from './rule-world.ts';
import { arbitrariesOn } from './testing/arbitrary-rule.ts';
import { compileInWorld, factsOf, viewOf } from './testing/rule-case.ts';
import { FINE } from './testing/scale.ts';

/** Time changes these by itself, or by what only facts say. */
const OF_OTHERS: readonly string[] = ['date', 'anniversary', 'lifecycle'];

/** One that is decided by a trait here and there: one of the two always holds. */
function decidedByTrait(rule: fc.Arbitrary<SegmentRule>): fc.Arbitrary<SegmentRule> {
  const trait = fc.constantFrom<SegmentRule>({ trait: 'plan', op: 'exists' }, { trait: 'plan', op: 'missing' });
  const both = fc.tuple(rule, trait).map(([...parts]) => parts);
  return fc.oneof(
    both.map((all) => ({ all })),
    both.map((any) => ({ any })),
    fc.tuple(both, both).map(([all, other]) => ({ any: [{ all }, { not: { any: other } }] })),
  );
}

it('by the states of its leaves alone a rule is never said to change later than it does, whatever its traits are', () => {
  const arbitraries = arbitrariesOn(FINE);
  let compared = 0;
  fc.assert(
    fc.property(
      decidedByTrait(arbitraries.rule()),
      arbitraries.world(),
      arbitraries.traits(),
      fc.array(arbitraries.event(), { minLength: 4, maxLength: 12, size: 'max' }),
      fc.integer({ min: 0, max: FINE.steps }),
      (rule, world, traits, events, step) => {
        const compiled = compileInWorld(rule, world);
        const isOthers = [...nodesOf(compiled.root)].some(({ kind }) => OF_OTHERS.includes(kind));
        if (isOthers || JSON.stringify([rule, world]).includes('"zone":"customer"')) return;
        const nowMs = FINE.epochMs + step * FINE.gridMs;
        const leaves = applyEvents(combineRules([compiled]), {}, { events, nowMs });
        const said = nextChangeByLeaves(compiled)(leaves, nowMs) ?? Number.POSITIVE_INFINITY;
        const truth = evaluateRule(compiled, { traits: viewOf(traits), leaves, facts: factsOf(world) }, nowMs);
        expect(said).toBeLessThanOrEqual(truth.nextChangeAtMs ?? Number.POSITIVE_INFINITY);
        if (truth.nextChangeAtMs !== null) compared += 1;
      },
    ),
    { numRuns: propertyRuns(6_000) },
  );
  expect(compared).toBeGreaterThan(propertyRuns(40));
});
