import {
  endReservations,
  type Ended,
  listAllLocations,
  moveAll,
  type MovementInput,
  reserveAll,
  type StockTx,
} from '../inventory/index.ts';
import type { Shipment, StockEffects } from './stock-effects.ts';

/**
 * Does to our stock what orders did: everything of one kind at once. What was sold elsewhere has been sold: where stock is
 * short of it nothing is set apart, and the owners are answered.
 */
export async function applyStock(tx: StockTx, effects: readonly StockEffects[]): Promise<Set<string>> {
  const shipments = effects.flatMap((one) => one.shipments);
  const endings = [...effects.flatMap((one) => one.releases), ...shipments.map((one) => one.ending)];
  const ended = endings.length === 0 ? [] : await endReservations(tx, endings);
  const consumed = ended.slice(endings.length - shipments.length);
  const moves = [...(await beyondReserved(tx, shipments, consumed)), ...effects.flatMap((one) => one.returns)];
  if (moves.length > 0) await moveAll(tx, moves);
  const wishes = effects.flatMap((one) => one.reserves);
  if (wishes.length === 0) return new Set();
  const outcomes = await reserveAll(tx, wishes);
  return new Set(wishes.flatMap(({ ownerRef }, place) => (outcomes[place]!.kind === 'short' ? [ownerRef] : [])));
}

/** Goods that left though less of them, or nothing, was set apart. */
async function beyondReserved(
  tx: StockTx,
  shipments: readonly Shipment[],
  consumed: readonly Ended[],
): Promise<MovementInput[]> {
  if (consumed.every(({ rest }) => rest.size === 0)) return [];
  const [first] = (await listAllLocations(tx.sql, tx.workspaceId)).filter(({ state }) => state === 'active');
  return shipments.flatMap(({ locationId, key, own }, place) => {
    const from = locationId ?? first?.id;
    if (from === undefined) return [];
    return [...consumed[place]!.rest].map(([variantId, quantity]): MovementInput => ({
      ...{ variantId, locationId: from, field: 'on_hand', delta: -quantity, reason: 'sold', isFact: true },
      ...{ own, onlyTracked: true, refType: 'order', refId: key, idempotencyKey: `${key}:${variantId}` },
    }));
  });
}
