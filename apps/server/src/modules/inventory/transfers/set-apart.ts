import { newUuid } from '../../../platform/ids/index.ts';
import { LevelBook } from '../levels/level-book.ts';
import { availableOf } from '../levels/level.ts';
import { insertOwners, putReservations } from '../reservations/reservation-store.ts';
import type { StockTx } from '../reservations/stock-tx.ts';
import { createHash } from 'node:crypto';

/**
 * Sets items apart for a transfer: only what lies there free, never what may be owed or is coming, whatever may be sold.
 * Answers what there is too little of; then nothing is set apart.
 */
export async function setApart(
  { sql, workspaceId, now }: StockTx,
  { ownerRef, locationId, items }: { ownerRef: string; locationId: string; items: ReadonlyMap<string, number> },
): Promise<{ itemId: string; available: number }[]> {
  const at = new Date(now);
  const wishHash = createHash('sha256')
    .update(JSON.stringify([locationId, [...items]]))
    .digest();
  const owner = { owner_ref: ownerRef, kind: 'transfer' as const, channel: 'transfer', wish_hash: wishHash };
  await insertOwners(sql, workspaceId, [{ ...owner, expires_at: null, at }]);
  const book = await LevelBook.lock(sql, workspaceId, items.keys());
  const short = [...items].flatMap(([itemId, quantity]) => {
    const level = book.find({ itemId, locationId });
    const available = level === undefined ? 0 : Math.max(0, availableOf(level));
    return available < quantity ? [{ itemId, available }] : [];
  });
  if (short.length > 0) return short;
  const rows = [...items].map(([itemId, quantity]) => {
    const cause = { reason: 'reserved', refType: 'reservation', refId: ownerRef };
    book.move({ itemId, locationId }, { field: 'reserved', delta: quantity, cause });
    return {
      ...{ id: newUuid(now), owner_ref: ownerRef, item_id: itemId, location_id: locationId, quantity },
      ...{ reserved: quantity, waiting: 0, consumed: 0, released: 0, expired: 0, created_at: at },
    };
  });
  await book.write(sql, workspaceId, at);
  await putReservations(sql, workspaceId, rows);
  return [];
}
