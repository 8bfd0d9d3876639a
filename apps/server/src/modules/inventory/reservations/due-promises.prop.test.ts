import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueOf, type Lot, type Promised } from './due-promises.ts';

const places = fc.constantFrom('tee store', 'tee depot');
const promises = fc.array(
  fc.record({ ownerRef: fc.constantFrom('a', 'b', 'c'), place: places, quantity: fc.integer({ min: 1, max: 3 }) }),
  { maxLength: 8 },
);
const coming = fc.array(
  fc.record({
    place: places,
    atMs: fc.option(fc.integer({ min: 1, max: 5 })),
    quantity: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 6 },
);

/** The naive way: every piece by itself. */
function oracle(promised: readonly Promised[], lots: readonly Lot[]): Map<string, number | null> {
  const pieces = new Map<string, (number | null)[]>();
  for (const { place, atMs, quantity } of lots)
    pieces.set(place, [...(pieces.get(place) ?? []), ...Array.from({ length: quantity }, () => atMs)]);
  const got = new Map<string, (number | null)[]>();
  for (const { ownerRef, place, quantity } of promised)
    for (let n = 0; n < quantity; n++)
      got.set(ownerRef, [...(got.get(ownerRef) ?? []), pieces.get(place)?.shift() ?? null]);
  return new Map(
    [...got].map(([ownerRef, own]) => [ownerRef, own.includes(null) ? null : Math.max(...(own as number[]))]),
  );
}

const bySoonest = (lots: readonly Lot[]) => lots.toSorted((a, b) => (a.atMs ?? Infinity) - (b.atMs ?? Infinity));

describe('what is promised out of what is coming', () => {
  it('is due when its last piece is, those first who were promised first; of what has no date nobody knows', () => {
    fc.assert(
      fc.property(promises, coming, (promised, lots) => {
        expect(dueOf(promised, bySoonest(lots))).toEqual(oracle(promised, bySoonest(lots)));
      }),
      { numRuns: propertyRuns(300) },
    );
  });
});
