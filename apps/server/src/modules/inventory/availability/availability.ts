import { availableOf, type Level, roomOf } from '../levels/level.ts';

/** What can be had of a variant. */
export interface Availability {
  /** False: nobody tells its stock. It counts as in stock. */
  readonly isTracked: boolean;
  /** Lying there for the channel, less its buffer. */
  readonly available: number;
  /** What the channel may sell now (ATS): with what may be owed. Null: without limit, since nobody counts it. */
  readonly sellable: number | null;
  readonly isInStock: boolean;
  /** Where it lies: below 0 it is owed there. */
  readonly byLocation: readonly { readonly locationId: string; readonly available: number }[];
  /** What is coming and not promised yet, the soonest first. */
  readonly incoming: readonly { readonly atMs: number | null; readonly quantity: number }[];
}

export interface ItemStock {
  /** At the locations that count. */
  readonly levels: readonly Level[];
  /** The soonest first. */
  readonly incoming: readonly { readonly atMs: number | null; readonly quantity: number }[];
  readonly isTracked: boolean;
  /** Of what could be taken, what the channel may. */
  readonly allowed: (room: number) => number;
}

export interface Component {
  readonly quantity: number;
  readonly stock: ItemStock;
}

/** Of a variant: of a bundle the part there is least of decides. Pure. */
export function availabilityOf(components: readonly Component[]): Availability {
  const counted = components.filter(({ stock }) => stock.isTracked);
  if (counted.length === 0)
    return { isTracked: false, available: 0, sellable: null, isInStock: true, byLocation: [], incoming: [] };
  const least = (of: (stock: ItemStock) => number) =>
    Math.min(...counted.map(({ stock, quantity }) => Math.floor(of(stock) / quantity)));
  const available = least((stock) => stock.allowed(sum(stock.levels, (level) => Math.max(0, availableOf(level)))));
  const sellable = least((stock) => stock.allowed(sum(stock.levels, roomOf)));
  return {
    isTracked: true,
    available,
    sellable,
    isInStock: sellable > 0,
    byLocation: placesOf(counted),
    incoming: counted.length === 1 && counted[0]!.quantity === 1 ? unpromised(counted[0]!.stock) : [],
  };
}

function placesOf(components: readonly Component[]): Availability['byLocation'] {
  const ids = new Set(components.flatMap(({ stock }) => stock.levels.map((level) => level.locationId)));
  return [...ids].map((locationId) => {
    const has = ({ stock, quantity }: Component) => {
      const level = stock.levels.find((one) => one.locationId === locationId);
      return level === undefined ? 0 : Math.floor(availableOf(level) / quantity);
    };
    return { locationId, available: Math.min(...components.map(has)) };
  });
}

/** What is coming, less what is promised of it already: the soonest is promised first. Pure. */
export function unpromised({ levels, incoming }: Pick<ItemStock, 'levels' | 'incoming'>): Availability['incoming'] {
  let promised = sum(levels, (level) => level.counts.preordered);
  return incoming.flatMap((lot) => {
    const quantity = Math.max(0, lot.quantity - promised);
    promised = Math.max(0, promised - lot.quantity);
    return quantity === 0 ? [] : [{ atMs: lot.atMs, quantity }];
  });
}

/**
 * The soonest instant at which so many can be promised (ATP): what is available now, then with each delivery that is due. Null:
 * never, by what is known. What has no date is never due. Pure.
 */
export function promiseOf(
  components: readonly Component[],
  { quantity, nowMs }: { quantity: number; nowMs: number },
): number | null {
  let latest = nowMs;
  for (const { stock, quantity: each } of components) {
    if (!stock.isTracked) continue;
    let have = stock.allowed(sum(stock.levels, (level) => Math.max(0, availableOf(level))));
    if (have >= quantity * each) continue;
    const due = unpromised(stock).filter((lot) => lot.atMs !== null);
    let atMs: number | undefined;
    for (const lot of due) {
      have += lot.quantity;
      atMs = lot.atMs!;
      if (have >= quantity * each) break;
    }
    if (have < quantity * each || atMs === undefined) return null;
    latest = Math.max(latest, atMs);
  }
  return latest;
}

function sum(levels: readonly Level[], of: (level: Level) => number): number {
  return levels.reduce((all, level) => all + of(level), 0);
}
