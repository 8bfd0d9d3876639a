import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinLines, type Line, type Lines, QUANTITY_MAX } from './line.ts';
import { mergeLines, VIEWED_MAX } from './merge-lines.ts';
import { carryOver, sayLine, type Word } from './say-line.ts';

const NOW = 1_000;
const KEYS = ['a', 'b', 'c'];
const nothing = { variantId: null, productRef: null, variantRef: null };

const line = (key: string): fc.Arbitrary<Line> =>
  fc
    .record({
      ...{
        key: fc.constant(key),
        variantId: fc.constant(null),
        productRef: fc.constant(null),
        variantRef: fc.constant(null),
      },
      sku: fc.constantFrom(null, 'S', 'SKU'),
      name: fc.constantFrom(null, 'Tee', 'Tea'),
      quantity: fc.nat({ max: 5 }),
      note: fc.constantFrom(null, 'x', 'y'),
      price: fc.option(fc.record({ amountMinor: fc.nat({ max: 3 }), currency: fc.constantFrom('EUR', 'JPY') })),
      addedAtMs: fc.nat({ max: 4 }),
      saidAtMs: fc.nat({ max: 4 }),
      saidBy: fc.constantFrom('phone', 'till', 'web'),
    })
    .map((one) => (one.quantity === 0 ? { ...one, addedAtMs: one.saidAtMs } : one));
const linesOf = (keys: readonly string[]): fc.Arbitrary<Lines> =>
  fc
    .tuple(...keys.map((key) => fc.option(line(key), { nil: undefined })))
    .map((some) => new Map(some.flatMap((one) => (one === undefined ? [] : [[one.key, one]]))));
const lines = linesOf(KEYS);
const kind = fc.constantFrom('cart' as const, 'wishlist' as const, 'viewed' as const);
/** How many can be sold, by key. */
const rooms = fc.array(fc.constantFrom(0, 2, 4, Infinity), { minLength: 3, maxLength: 3 });
const roomBy = (counts: readonly number[]) => (one: Line) => counts[KEYS.indexOf(one.key)]!;
const sorted = (some: Lines) => [...some].sort(([a], [b]) => (a < b ? -1 : 1));

describe('words about the lines of one basket', () => {
  it('end in the same lines in any order, however often and however grouped they arrive', () => {
    fc.assert(
      fc.property(fc.array(lines, { minLength: 1, maxLength: 6 }), fc.infiniteStream(fc.nat()), (said, turns) => {
        const inOrder = said.reduce((all, one) => joinLines(all, one));
        const again = [...said, ...said].map((one) => [turns.next().value as number, one] as const);
        const shuffled = again.sort(([a], [b]) => a - b).map(([, one]) => one);
        const half = Math.floor(shuffled.length / 2);
        const left = shuffled.slice(0, half).reduce((all, one) => joinLines(all, one), new Map() as Lines);
        const right = shuffled.slice(half).reduce((all, one) => joinLines(all, one), new Map() as Lines);
        expect(sorted(joinLines(right, left))).toEqual(sorted(inOrder));
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('of the past never bring a removed line back', () => {
    const gone: Line = {
      ...nothing,
      ...{ key: 'a', quantity: 0, note: null, price: null, sku: null, name: null },
      ...{ addedAtMs: 5, saidAtMs: 5, saidBy: 'till' },
    };
    const word: Word = { ...gone, quantity: 3, saidAtMs: 4, saidBy: 'phone' };
    expect(sayLine(gone, word, NOW)).toBeUndefined();
    expect(sayLine(gone, { ...word, saidAtMs: 6 }, NOW)).toMatchObject({ quantity: 3 });
  });

  it('from a clock that is ahead count as said on arrival, so that later words still win', () => {
    const word: Word = {
      ...nothing,
      ...{ key: 'a', quantity: 3, note: null, price: null, sku: null, name: null },
      saidAtMs: NOW * 9,
      saidBy: 'phone',
    };
    const first = sayLine(undefined, word, NOW)!;
    expect(first.saidAtMs).toBe(NOW);
    expect(sayLine(first, { ...word, quantity: 0, saidAtMs: undefined, saidBy: 'till' }, NOW)).toMatchObject({
      quantity: 0,
    });
  });
});

describe('two baskets that become one', () => {
  it('come to the same lines whichever is merged into which', () => {
    fc.assert(
      fc.property(kind, lines, lines, rooms, (of, a, b, counts) => {
        const roomOf = roomBy(counts);
        expect(sorted(mergeLines(of, [a, b], roomOf))).toEqual(sorted(mergeLines(of, [b, a], roomOf)));
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('come to the same lines in whichever order three of them are merged', () => {
    fc.assert(
      fc.property(kind, fc.tuple(lines, lines, lines), rooms, (of, [a, b, c], counts) => {
        const merge = (one: Lines, other: Lines) => mergeLines(of, [one, other], roomBy(counts));
        expect(sorted(merge(merge(a, b), c))).toEqual(sorted(merge(a, merge(b, c))));
      }),
      { numRuns: propertyRuns(2_000) },
    );
  });

  it('lose nothing that lies in either, and never claim more than both have or can be sold', () => {
    fc.assert(
      fc.property(lines, lines, rooms, (a, b, counts) => {
        const merged = mergeLines('cart', [a, b], roomBy(counts));
        for (const [at, key] of KEYS.entries()) {
          const [mine, hers] = [a.get(key)?.quantity ?? 0, b.get(key)?.quantity ?? 0];
          const quantity = merged.get(key)?.quantity ?? 0;
          expect(quantity).toBeGreaterThanOrEqual(Math.max(mine, hers));
          expect(quantity).toBeLessThanOrEqual(Math.max(mine, hers, Math.min(mine + hers, counts[at]!)));
          if (counts[at] === Infinity) expect(quantity).toBe(Math.min(mine + hers, QUANTITY_MAX));
        }
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('no word that either was made of changes what they became', () => {
    fc.assert(
      fc.property(fc.constantFrom('cart' as const, 'wishlist' as const), lines, lines, (of, a, b) => {
        const merged = mergeLines(of, [a, b], () => Infinity);
        for (const said of [a, b])
          for (const [key, word] of said) {
            const after = sayLine(merged.get(key), word, NOW);
            if (a.has(key) && b.has(key)) expect(after).toBeUndefined();
          }
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('keep the newest of what was viewed, whatever lists are joined', () => {
    const keys = Array.from({ length: 40 }, (_, at) => `p${at}`);
    const viewed = (from: number): Lines =>
      new Map(
        keys.map((key, at) => [
          `${from}${key}`,
          {
            ...nothing,
            key: `${from}${key}`,
            quantity: 1,
            note: null,
            price: null,
            sku: null,
            name: null,
            addedAtMs: at,
            saidAtMs: at * 2 + from,
            saidBy: 'viewed',
          },
        ]),
      );
    const merged = [...mergeLines('viewed', [viewed(0), viewed(1)], () => 0).values()];
    expect(merged).toHaveLength(VIEWED_MAX);
    expect(merged.map(({ saidAtMs }) => saidAtMs)).toEqual(Array.from({ length: VIEWED_MAX }, (_, at) => 79 - at));
  });
});

describe('a word about a basket that was merged meanwhile', () => {
  const wordOf = fc.record({ key: fc.constantFrom(...KEYS), quantity: fc.nat({ max: 6 }) });

  it('comes to the same quantities whether it is said before the merge or after', () => {
    fc.assert(
      fc.property(lines, lines, fc.array(wordOf, { maxLength: 6 }), fc.nat({ max: 6 }), (guest, own, said, border) => {
        const words = said.map((one, at): Word => ({
          ...{ ...nothing, ...one, note: null, price: null, sku: null, name: null },
          ...{ saidAtMs: 10 + at, saidBy: 'phone' },
        }));
        const say = (some: Map<string, Line>, word: Word) => {
          const before = some.get(word.key);
          const after = sayLine(before, word, NOW);
          if (after !== undefined) some.set(word.key, after);
          return { before, after };
        };
        const quantitiesOf = (some: Lines) =>
          Object.fromEntries(KEYS.map((key) => [key, some.get(key)?.quantity ?? 0]));
        const early = new Map(guest);
        for (const word of words) say(early, word);
        const expected = quantitiesOf(mergeLines('cart', [early, own], () => Infinity));

        const late = new Map(guest);
        for (const word of words.slice(0, border)) say(late, word);
        const merged = mergeLines('cart', [late, own], () => Infinity);
        for (const word of words.slice(border)) {
          const { before, after } = say(late, word);
          const carried = after === undefined ? undefined : carryOver('cart', merged.get(word.key), { before, after });
          if (carried !== undefined) merged.set(word.key, carried);
        }
        expect(quantitiesOf(merged)).toEqual(expected);
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });
});
