import { availableOf, type Level, preorderRoomOf, roomOf } from '../levels/level.ts';
import type { Location } from '../locations/location.ts';
import { distanceKm } from './distance.ts';
import type { Place, Strategy } from './wish.ts';

export interface Allocation {
  /** What is needed of each item, summed. */
  readonly needs: ReadonlyMap<string, number>;
  /** Where it may be taken from, in order of priority. */
  readonly locations: readonly Location[];
  /** Of an item, at every location where it is counted. */
  levelsOf(itemId: string): readonly Level[];
  readonly strategy: Strategy;
  readonly near: Place | undefined;
  /** Of what is coming instead of what is there. */
  readonly isPreorder: boolean;
  /** Of all that could be taken of an item, what its channel may. */
  allowedOf(itemId: string, room: number): number;
}

export interface Part {
  readonly itemId: string;
  readonly locationId: string;
  readonly quantity: number;
}

export type Allocated =
  | { readonly kind: 'allocated'; readonly parts: readonly Part[] }
  /** By item: what could have been taken. */
  | { readonly kind: 'short'; readonly available: ReadonlyMap<string, number> };

/** More locations than this are not tried in every combination, but the most helpful first. */
const EXACT_LOCATIONS_MAX = 10;

/**
 * Divides what is needed over locations, all of it or nothing: what is there first, what may be owed only then. The sum of
 * the parts of an item is what is needed of it, and no part is more than there is room for. Pure.
 */
export function allocate(wish: Allocation): Allocated {
  const items = [...wish.needs].map(([itemId, wanted]) => itemAt(wish, itemId, wanted));
  const short = items.filter((item) => item.wanted > item.allowed);
  if (short.length > 0)
    return { kind: 'short', available: new Map(items.map(({ itemId, allowed }) => [itemId, allowed])) };
  const set = wish.strategy === 'fewest_splits' ? fewestLocations(wish.locations, items) : undefined;
  const parts = items.flatMap((item) => {
    const places = set === undefined ? item.places : item.places.filter((place) => set.has(place.locationId));
    return split(item, inTurn(wish, places));
  });
  return { kind: 'allocated', parts };
}

interface ItemPlace {
  readonly locationId: string;
  /** Lying there. */
  readonly stock: number;
  /** With what may be owed. */
  readonly room: number;
}

interface Item {
  readonly itemId: string;
  readonly wanted: number;
  readonly allowed: number;
  /** In order of priority. */
  readonly places: readonly ItemPlace[];
}

function itemAt(wish: Allocation, itemId: string, wanted: number): Item {
  const levels = new Map(wish.levelsOf(itemId).map((level) => [level.locationId, level]));
  const places = wish.locations.flatMap(({ id }): ItemPlace[] => {
    const level = levels.get(id);
    if (level === undefined) return [];
    const room = wish.isPreorder ? preorderRoomOf(level) : roomOf(level);
    const stock = wish.isPreorder ? room : Math.min(room, Math.max(0, availableOf(level)));
    return room === 0 ? [] : [{ locationId: id, stock, room }];
  });
  const room = places.reduce((sum, place) => sum + place.room, 0);
  return { itemId, wanted, allowed: wish.allowedOf(itemId, room), places };
}

function inTurn({ strategy, locations, near }: Allocation, places: readonly ItemPlace[]): ItemPlace[] {
  switch (strategy) {
    case 'priority':
    case 'fewest_splits':
      return [...places];
    case 'most_stock':
      return [...places].sort((a, b) => b.stock - a.stock || b.room - a.room);
    case 'nearest': {
      const distances = new Map(locations.map((location) => [location.id, distanceKm(location, near)]));
      return [...places].sort((a, b) => distances.get(a.locationId)! - distances.get(b.locationId)!);
    }
  }
}

function split({ itemId, wanted }: Item, places: readonly ItemPlace[]): Part[] {
  const taken = new Map<string, number>();
  let left = wanted;
  const take = (locationId: string, most: number) => {
    const part = Math.min(left, most);
    if (part > 0) taken.set(locationId, (taken.get(locationId) ?? 0) + part);
    left -= part;
  };
  for (const place of places) take(place.locationId, place.stock);
  for (const place of places) take(place.locationId, place.room - place.stock);
  return [...taken].map(([locationId, quantity]) => ({ itemId, locationId, quantity }));
}

/** The smallest set of locations that has it all, without owing where that can be; of equal ones the preferred. */
function fewestLocations(locations: readonly Location[], items: readonly Item[]): Set<string> {
  const useful = locations.filter(({ id }) => items.some(({ places }) => places.some((one) => one.locationId === id)));
  const find = useful.length <= EXACT_LOCATIONS_MAX ? fewestExactly : fewestGreedily;
  const ids = useful.map(({ id }) => id);
  return find(ids, items, 'stock') ?? find(ids, items, 'room') ?? new Set(ids);
}

type Measure = 'stock' | 'room';

function suffices(set: ReadonlySet<string>, items: readonly Item[], measure: Measure): boolean {
  return items.every(({ wanted, places }) => {
    const sum = places.reduce((all, place) => all + (set.has(place.locationId) ? place[measure] : 0), 0);
    return sum >= wanted;
  });
}

function fewestExactly(ids: readonly string[], items: readonly Item[], measure: Measure): Set<string> | undefined {
  for (let size = 1; size <= ids.length; size++) {
    for (const set of setsOf(ids, size)) if (suffices(set, items, measure)) return set;
  }
  return undefined;
}

/** Every choice of so many, those of the preferred first. */
function* setsOf(ids: readonly string[], size: number, from = 0): Generator<Set<string>> {
  if (size === 0) {
    yield new Set();
    return;
  }
  for (let at = from; at <= ids.length - size; at++) {
    for (const rest of setsOf(ids, size - 1, at + 1)) yield new Set([ids[at]!, ...rest]);
  }
}

function fewestGreedily(ids: readonly string[], items: readonly Item[], measure: Measure): Set<string> | undefined {
  const set = new Set<string>();
  const left = new Map(items.map(({ itemId, wanted }) => [itemId, wanted]));
  const gain = (id: string) =>
    items.reduce((sum, { itemId, places }) => {
      const place = places.find(({ locationId }) => locationId === id);
      return sum + Math.min(left.get(itemId)!, place?.[measure] ?? 0);
    }, 0);
  while (!suffices(set, items, measure)) {
    const open = ids.filter((id) => !set.has(id));
    const best = open.reduce<string | undefined>(
      (one, id) => (one === undefined || gain(id) > gain(one) ? id : one),
      undefined,
    );
    if (best === undefined || gain(best) === 0) return undefined;
    for (const { itemId, places } of items) {
      const place = places.find(({ locationId }) => locationId === best);
      left.set(itemId, Math.max(0, left.get(itemId)! - (place?.[measure] ?? 0)));
    }
    set.add(best);
  }
  return set;
}
