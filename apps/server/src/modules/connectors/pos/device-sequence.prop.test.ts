import fc from 'fast-check';
import { propertyRuns } from '@segue/testkit/property-runs';
import { expect, it } from 'vitest';
import { missingOf, placeOf, type SequenceState, takeSequence } from './device-sequence.ts';

const NOTHING: SequenceState = { through: 0, ahead: [] };

function takeAll(sequences: readonly number[]): SequenceState {
  return sequences.reduce(
    (state, sequence) => (placeOf(state, sequence) === 'repeat' ? state : takeSequence(state, sequence)),
    NOTHING,
  );
}

it('whatever order numbers come in and however often, the same ones are known to be taken and missing', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 80 }), (sequences) => {
      const state = takeAll(sequences);
      const came = new Set(sequences);
      const gap = Array.from({ length: 61 }, (_one, at) => at + 1).find((one) => !came.has(one))!;
      expect(state.through).toBe(gap - 1);
      expect(state.ahead).toEqual([...came].filter((one) => one > gap).sort((a, b) => a - b));
      const most = Math.max(0, ...came);
      const missing = Array.from({ length: most }, (_one, at) => at + 1).filter((one) => !came.has(one));
      expect(missingOf(state, 100)).toEqual(missing);
      expect(missingOf(state, 3)).toEqual(missing.slice(0, 3));
      expect(takeAll([...sequences].reverse())).toEqual(state);
      for (const one of came) expect(placeOf(state, one)).toBe('repeat');
    }),
    { numRuns: propertyRuns(300) },
  );
});

it('a till that jumps too far is not followed', () => {
  expect(placeOf(NOTHING, 1)).toBe('next');
  expect(placeOf(NOTHING, 1_000)).toBe('ahead');
  expect(placeOf(NOTHING, 2_000_000)).toBe('too_far');
  const full = { through: 0, ahead: Array.from({ length: 10_000 }, (_one, at) => at + 2) };
  expect(placeOf(full, 20_000)).toBe('too_far');
  expect(placeOf(full, 1)).toBe('next');
});
