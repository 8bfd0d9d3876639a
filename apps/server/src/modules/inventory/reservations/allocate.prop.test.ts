import fc from 'fast-check';
import { expect, it } from 'vitest';
import { propertyRuns } from '@segue/testkit/property-runs';
import { availableOf, type Level, preorderRoomOf, roomOf } from '../levels/level.ts';
import type { Location } from '../locations/location.ts';
import { allocate, type Allocation } from './allocate.ts';
import { STRATEGIES } from './wish.ts';

const ITEMS = ['a', 'b', 'c'];
const PLACES = ['1', '2', '3', '4'];

const location = (id: string): Location => ({
  ...{ id, name: id, kind: 'store', code: null, state: 'active', capabilities: ['ship'], channels: [] },
  ...{ priority: 1, timeZone: null, hours: null, country: null, postcode: null, latitude: null, longitude: null },
});

const small = fc.integer({ min: 0, max: 6 });
const levels = fc
  .array(
    fc.record({
      itemId: fc.constantFrom(...ITEMS),
      locationId: fc.constantFrom(...PLACES),
      onHand: small,
      unavailable: fc.integer({ min: 0, max: 2 }),
      reserved: small,
      incoming: small,
      preordered: small,
      backorderLimit: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 12 },
  )
  .map((rows) => [...new Map(rows.map((row) => [`${row.itemId}${row.locationId}`, row])).values()])
  .map((rows) =>
    rows.map(({ itemId, locationId, onHand, unavailable, reserved, incoming, preordered, backorderLimit }): Level => ({
      ...{ itemId, locationId, backorderLimit, preorderLimit: null, shortfall: 0, preorderShortfall: 0, version: 1 },
      counts: { on_hand: onHand, unavailable, reserved, incoming, preordered },
    })),
  );

const wishes = fc.record({
  levels,
  needs: fc
    .array(fc.tuple(fc.constantFrom(...ITEMS), fc.integer({ min: 1, max: 8 })), { minLength: 1, maxLength: 3 })
    .map((pairs) => new Map(pairs)),
  strategy: fc.constantFrom(...STRATEGIES),
  isPreorder: fc.boolean(),
  buffer: fc.integer({ min: 0, max: 2 }),
});

type Drawn = typeof wishes extends fc.Arbitrary<infer T> ? T : never;

const allocationOf = ({ levels: all, needs, strategy, isPreorder, buffer }: Drawn): Allocation => ({
  ...{ needs, strategy, isPreorder, near: undefined, locations: PLACES.map(location) },
  levelsOf: (itemId) => all.filter((level) => level.itemId === itemId),
  allowedOf: (_itemId, room) => Math.max(0, room - buffer),
});

const roomAt = ({ isPreorder }: Drawn) => (isPreorder ? preorderRoomOf : roomOf);

it('a split adds up to what is wanted, at no place more than there is room for, or nothing is given', () => {
  fc.assert(
    fc.property(wishes, (drawn) => {
      const allocated = allocate(allocationOf(drawn));
      const room = (itemId: string) =>
        drawn.levels.filter((one) => one.itemId === itemId).reduce((sum, one) => sum + roomAt(drawn)(one), 0);
      const fits = [...drawn.needs].every(([itemId, wanted]) => wanted <= Math.max(0, room(itemId) - drawn.buffer));
      expect(allocated.kind).toBe(fits ? 'allocated' : 'short');
      if (allocated.kind === 'short') return;
      for (const [itemId, wanted] of drawn.needs) {
        const parts = allocated.parts.filter((part) => part.itemId === itemId);
        expect(parts.reduce((sum, part) => sum + part.quantity, 0)).toBe(wanted);
        expect(new Set(parts.map((part) => part.locationId)).size).toBe(parts.length);
        for (const part of parts) {
          const level = drawn.levels.find((one) => one.itemId === itemId && one.locationId === part.locationId)!;
          expect(part.quantity).toBeGreaterThan(0);
          expect(part.quantity).toBeLessThanOrEqual(roomAt(drawn)(level));
        }
      }
    }),
    { numRuns: propertyRuns(2_000) },
  );
});

it('nothing is owed at one place while it lies at another of those chosen', () => {
  fc.assert(
    fc.property(wishes, (drawn) => {
      fc.pre(!drawn.isPreorder && drawn.strategy !== 'fewest_splits');
      const allocated = allocate(allocationOf(drawn));
      if (allocated.kind === 'short') return;
      for (const itemId of drawn.needs.keys()) {
        const own = drawn.levels.filter((level) => level.itemId === itemId);
        const takenAt = (id: string) =>
          allocated.parts.find((part) => part.itemId === itemId && part.locationId === id)?.quantity ?? 0;
        const owes = own.some((level) => takenAt(level.locationId) > Math.max(0, availableOf(level)));
        const isLeft = own.some(
          (level) => Math.min(roomOf(level), Math.max(0, availableOf(level))) > takenAt(level.locationId),
        );
        expect(owes && isLeft).toBe(false);
      }
    }),
    { numRuns: propertyRuns(2_000) },
  );
});

it('the fewest splits are no more than any set of places needs', () => {
  fc.assert(
    fc.property(wishes, (drawn) => {
      const allocated = allocate(allocationOf({ ...drawn, strategy: 'fewest_splits', isPreorder: false }));
      if (allocated.kind === 'short') return;
      const used = new Set(allocated.parts.map((part) => part.locationId)).size;
      const suffices = (set: readonly string[], measure: (level: Level) => number) =>
        [...drawn.needs].every(([itemId, wanted]) => {
          const own = drawn.levels.filter((level) => level.itemId === itemId && set.includes(level.locationId));
          return own.reduce((sum, level) => sum + measure(level), 0) >= wanted;
        });
      const stock = (level: Level) => Math.min(roomOf(level), Math.max(0, availableOf(level)));
      const sets = Array.from({ length: 16 }, (_, bits) => PLACES.filter((_id, at) => (bits >> at) & 1));
      const fewest = (measure: (level: Level) => number) =>
        Math.min(...sets.filter((set) => suffices(set, measure)).map((set) => set.length));
      expect(used).toBeLessThanOrEqual(Math.min(fewest(stock), Infinity) === Infinity ? fewest(roomOf) : fewest(stock));
    }),
    { numRuns: propertyRuns(2_000) },
  );
});
