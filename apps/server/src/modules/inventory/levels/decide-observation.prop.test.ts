import fc from 'fast-check';
import { expect, it } from 'vitest';
import { propertyRuns } from '@segue/testkit/property-runs';
import { judgeObservation, judgeTold, type Observation, type Observed } from './decide-observation.ts';

const words = fc.uniqueArray(
  fc.record({ quantity: fc.integer({ min: -3, max: 20 }), observedAtMs: fc.integer({ min: 1, max: 50 }) }),
  { minLength: 1, maxLength: 8, selector: (word) => word.observedAtMs },
);

const start: Observation = { quantity: 0, observedAtMs: 0, told: null, deferred: null };

function hearAll(said: readonly Observed[]): { known: Observation; moved: number } {
  let known = start;
  let moved = 0;
  for (const word of said) {
    const judged = judgeObservation(known, word);
    if (judged.kind !== 'taken') continue;
    known = judged.next;
    moved += judged.delta;
  }
  return { known, moved };
}

it('words of a source end the same in any order, however often each is said', () => {
  fc.assert(
    fc.property(
      words.chain((said) =>
        fc.tuple(
          fc.constant(said),
          fc.shuffledSubarray([...said, ...said], { minLength: said.length * 2, maxLength: said.length * 2 }),
        ),
      ),
      ([said, garbled]) => {
        const newest = said.reduce((a, b) => (b.observedAtMs > a.observedAtMs ? b : a));
        expect(hearAll(garbled).moved).toBe(Math.max(0, newest.quantity));
        expect(hearAll(garbled).known.quantity).toBe(newest.quantity);
      },
    ),
    { numRuns: propertyRuns(1_000) },
  );
});

it('what a source was told is not counted when it says it back, before or after its answer', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 20 }),
      fc.boolean(),
      fc.constantFrom('echo-answer', 'answer-echo', 'answer-only'),
      (had, told, soldLater, hasSold, order) => {
        // The source had so many, is told another count, takes it, and then sells some.
        let known: Observation = { quantity: had, observedAtMs: 1, told, deferred: null };
        let moved = 0;
        const hear = (word: Observed) => {
          const judged = judgeObservation(known, word);
          if (judged.kind === 'stale') return;
          known = judged.next;
          if (judged.kind === 'taken') moved += judged.delta;
        };
        const answer = () => {
          if (known.told === null) return;
          const judged = judgeTold(known, true);
          known = judged.next;
          moved += judged.delta;
        };
        const left = Math.max(0, told - soldLater);
        if (order === 'echo-answer') hear({ quantity: told, observedAtMs: 2 });
        // A sale before our own call has returned.
        if (hasSold && order === 'echo-answer') hear({ quantity: left, observedAtMs: 3 });
        answer();
        if (order === 'answer-echo') hear({ quantity: told, observedAtMs: 2 });
        if (hasSold) hear({ quantity: left, observedAtMs: 3 });
        expect(moved).toBe(hasSold ? left - told : 0);
      },
    ),
    { numRuns: propertyRuns(1_000) },
  );
});
