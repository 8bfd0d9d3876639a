import type { Availability } from '../../inventory/index.ts';
import { hashOf } from '../apply/hash-of.ts';
import type { KeptLevelRow } from '../apply/level-store.ts';
import type { StockPush } from '../connector.ts';

/** One level that is to be told to its shop. */
export interface PlannedPush {
  readonly push: StockPush;
  readonly level: KeptLevelRow;
}

/**
 * What a shop is to be told of one variant: what its channel may sell, spread over the places it counts at. Where an answer was
 * lost, the same is told again before anything new: else nobody knew what the shop’s next word means. Pure.
 */
export function planPushes(
  levels: readonly KeptLevelRow[],
  of: { availability: Availability | undefined; source: string; productRef: string | undefined },
): PlannedPush[] {
  const open = levels.filter(({ told }) => told !== null);
  if (open.length > 0) return open.map((level) => ({ level, push: pushOf(level, { ...of, quantity: level.told! }) }));
  const { availability } = of;
  // Nobody counts it.
  if (availability === undefined || availability.sellable === null) return [];
  const wanted = spread(Math.max(0, availability.sellable), { levels, byLocation: availability.byLocation });
  return levels.flatMap((level, at) => {
    const quantity = wanted[at]!;
    return quantity === level.quantity ? [] : [{ level, push: pushOf(level, { ...of, quantity }) }];
  });
}

/** A shop with one place sells all the channel may; one with several sells at each what lies there, together no more than that. */
function spread(
  sellable: number,
  of: { levels: readonly KeptLevelRow[]; byLocation: Availability['byLocation'] },
): number[] {
  if (of.levels.length === 1) return [sellable];
  let left = sellable;
  return of.levels.map(({ location_id: id }) => {
    const there = of.byLocation.find(({ locationId }) => locationId === id)?.available ?? 0;
    const quantity = Math.max(0, Math.min(left, there));
    left -= quantity;
    return quantity;
  });
}

function pushOf(
  level: KeptLevelRow,
  { source, productRef, quantity }: { source: string; productRef: string | undefined; quantity: number },
): StockPush {
  const { item_ref: itemRef, location_ref: location, variant_id: variantId, quantity: expected } = level;
  return {
    ...{ variantRef: itemRef, itemRef, productRef, quantity, expected },
    locationRef: location === '' ? undefined : location,
    key: hashOf([source, variantId, itemRef, location, quantity, expected, level.observed_at]),
  };
}
