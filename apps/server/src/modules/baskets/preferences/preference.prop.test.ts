import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLaterPreference, joinPreferences, type Preference, sayPreference } from './preference.ts';

const NOW = 1_000;
const said = fc.record({
  name: fc.constantFrom('size', 'store', 'colour'),
  value: fc.oneof(fc.constantFrom('S', 'M', null, true), fc.nat({ max: 2 }), fc.constant(['a', 'b'])),
  saidAtMs: fc.nat({ max: 6 }),
  saidBy: fc.constantFrom('phone', 'till'),
}) as fc.Arbitrary<Preference>;
const words = fc.array(said, { maxLength: 12 });

/** The naive way: all words in the order of saying, the last of a name counts. */
function oracle(all: readonly Preference[]): Map<string, Preference> {
  const inOrder = all.toSorted((a, b) => (isLaterPreference(a, b) ? 1 : isLaterPreference(b, a) ? -1 : 0));
  return new Map(inOrder.map((preference) => [preference.name, preference]));
}

const byName = (preferences: ReadonlyMap<string, Preference>) =>
  [...preferences.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));

describe('what was said of preferences', () => {
  it('comes to the same in any order, however often it is heard and whichever places it was said in', () => {
    fc.assert(
      fc.property(words, fc.array(fc.nat()), (all, cuts) => {
        const expected = byName(oracle(all));
        expect(byName(joinPreferences(all))).toEqual(expected);
        expect(byName(joinPreferences([...all, ...all].toReversed()))).toEqual(expected);
        const places = all.map((_, at) => (cuts[at] ?? 0) % 3);
        const parts = [0, 1, 2].map((place) => joinPreferences(all.filter((_, at) => places[at] === place)));
        expect(byName(joinPreferences(parts.flatMap((part) => [...part.values()])))).toEqual(expected);
      }),
      { numRuns: propertyRuns(300) },
    );
  });

  it('is kept as it comes in: late and repeated words change nothing that is newer', () => {
    fc.assert(
      fc.property(words, (all) => {
        const own = new Map<string, Preference>();
        for (const word of [...all, ...all]) {
          const known = own.get(word.name);
          const kept = sayPreference({ own: known, seen: known }, word, NOW);
          if (kept !== undefined) own.set(word.name, kept);
        }
        expect(byName(own)).toEqual(byName(oracle(all)));
      }),
      { numRuns: propertyRuns(300) },
    );
  });

  it('counts when it is said on arrival, over all that was said before; said again it changes nothing', () => {
    fc.assert(
      fc.property(words, said, (all, word) => {
        const seen = joinPreferences(all).get(word.name);
        const wish = { ...word, saidAtMs: undefined };
        // The place's own clock may be behind what was said elsewhere.
        const kept = sayPreference({ own: undefined, seen }, wish, 3);
        if (kept === undefined) {
          expect([seen, word.value]).toEqual([undefined, null]);
          return;
        }
        expect(joinPreferences([...all, kept]).get(word.name)).toEqual(kept);
        expect(kept.value).toEqual(word.value);
        expect(sayPreference({ own: kept, seen: kept }, wish, NOW)).toBeUndefined();
      }),
      { numRuns: propertyRuns(300) },
    );
  });

  it('does not win for ever by a clock that is ahead', () => {
    const ahead = { name: 'size', value: 'M', saidAtMs: NOW * 10, saidBy: 'phone' };
    expect(sayPreference({ own: undefined, seen: undefined }, ahead, NOW)?.saidAtMs).toBe(NOW);
  });
});
