import { expect, it } from 'vitest';
import type { Availability } from '../../inventory/index.ts';
import type { KeptLevelRow } from '../apply/level-store.ts';
import { planPushes } from './plan-push.ts';

const level = (location: string, quantity: number, told: number | null = null): KeptLevelRow => ({
  ...{ item_ref: '17', item_kind: 'variant', location_ref: location, variant_id: 'v', location_id: `our-${location}` },
  ...{ quantity, is_gone: false, observed_at: new Date(0), told },
});
const available = (sellable: number | null, byLocation: Record<string, number>): Availability => ({
  ...{ isTracked: sellable !== null, available: 0, sellable, isInStock: true, incoming: [] },
  byLocation: Object.entries(byLocation).map(([id, count]) => ({ locationId: `our-${id}`, available: count })),
});
const plan = (levels: readonly KeptLevelRow[], availability: Availability | undefined) =>
  planPushes(levels, { availability, source: 'shopify:x', productRef: undefined }).map(({ push }) => [
    ...[push.locationRef, push.expected, push.quantity],
  ]);

it('a shop with one place is told what its channel may sell, wherever that lies', () => {
  expect(plan([level('', 5)], available(9, { a: 4, b: 5 }))).toEqual([[undefined, 5, 9]]);
  expect(plan([level('', 9)], available(9, { a: 9 }))).toEqual([]);
  expect(plan([level('', 5)], available(-2, {}))).toEqual([[undefined, 5, 0]]);
});

it('a shop with several is told what lies at each, together no more than its channel may sell', () => {
  const levels = [level('a', 1), level('b', 1), level('c', 0)];
  expect(plan(levels, available(9, { a: 4, b: 5 }))).toEqual([
    ['a', 1, 4],
    ['b', 1, 5],
  ]);
  // Two are kept back from the channel.
  expect(plan(levels, available(7, { a: 4, b: 5 }))).toEqual([
    ['a', 1, 4],
    ['b', 1, 3],
  ]);
  expect(plan(levels, available(0, { a: 4, b: 5 }))).toEqual([
    ['a', 1, 0],
    ['b', 1, 0],
  ]);
});

it('what nobody counts is not told', () => {
  expect(plan([level('a', 3)], available(null, {}))).toEqual([]);
  expect(plan([level('a', 3)], undefined)).toEqual([]);
});

it('where an answer was lost the same is told again, before anything new', () => {
  expect(plan([level('a', 3, 2), level('b', 7)], available(1, { a: 1 }))).toEqual([['a', 3, 2]]);
});
