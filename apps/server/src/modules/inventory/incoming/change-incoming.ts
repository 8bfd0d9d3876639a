import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { LevelBook } from '../levels/level-book.ts';
import { type LevelKey, roomOf } from '../levels/level.ts';
import { listWaiting, lockOwners, putReservations, type ReservationRow } from '../reservations/reservation-store.ts';
import { type StockTx, stockTx } from '../reservations/stock-tx.ts';
import { type IncomingRow, insertDueChanges, insertIncoming, lockIncoming, updateIncoming } from './incoming-store.ts';

/** Goods were ordered and are on their way. The same reference for the same item and place is told once. */
export async function addIncoming(
  ctx: TxCtx,
  wish: { itemId: string; locationId: string; quantity: number; dueAt: Date | null; reference: string | null },
): Promise<IncomingRow | undefined> {
  const row = {
    id: newUuid(ctx.clock.now()),
    item_id: wish.itemId,
    location_id: wish.locationId,
    ...{ quantity: wish.quantity, received: 0, cancelled: 0, due_at: wish.dueAt, reference: wish.reference },
  };
  return (await addAllIncoming(stockTx(ctx), [row], 'ordered')) ? row : undefined;
}

/** As `addIncoming`, all of them or none. False: one of them was told before. */
export async function addAllIncoming(
  { sql, workspaceId, now }: StockTx,
  rows: readonly IncomingRow[],
  reason: string,
): Promise<boolean> {
  const at = new Date(now);
  const added = await insertIncoming(sql, workspaceId, { rows, at });
  if (added === 0) return false;
  if (added < rows.length) throw new Error('some of what is coming was told before');
  const keys = rows.map(keyOfRow);
  const book = await LevelBook.lockWith(sql, workspaceId, { keys, at });
  for (const row of rows) {
    const cause = { reason, refType: 'incoming', refId: row.id };
    book.move(keyOfRow(row), { field: 'incoming', delta: row.quantity, cause });
    book.allow(keyOfRow(row));
  }
  await book.write(sql, workspaceId, at);
  await insertDueChanges(sql, workspaceId, { keys, at });
  return true;
}

/** Some of it arrived: it lies there now, and goes to whoever was promised it first. */
export async function receiveIncoming(
  ctx: TxCtx,
  { id, quantity }: { id: string; quantity: number },
): Promise<IncomingRow> {
  return changeIncoming(ctx, id, (row) => {
    if (quantity > openOf(row)) throw tooMuch(openOf(row));
    return { ...row, received: row.received + quantity };
  });
}

/** Some of it will not come; what was promised of it is noted as short. */
export async function cancelIncoming(
  ctx: TxCtx,
  { id, quantity }: { id: string; quantity: number },
): Promise<IncomingRow> {
  return changeIncoming(ctx, id, (row) => {
    if (quantity > openOf(row)) throw tooMuch(openOf(row));
    return { ...row, cancelled: row.cancelled + quantity };
  });
}

/** It comes sooner or later than was said. */
export async function postponeIncoming(
  ctx: TxCtx,
  { id, dueAt }: { id: string; dueAt: Date | null },
): Promise<IncomingRow> {
  return changeIncoming(ctx, id, (row) => ({ ...row, due_at: dueAt }));
}

function openOf(row: IncomingRow): number {
  return row.quantity - row.received - row.cancelled;
}

function tooMuch(open: number): AppError {
  return new AppError('conflict', 'Less than that is still coming', {
    details: [{ field: 'quantity', message: `give at most ${open}` }],
  });
}

async function changeIncoming(ctx: TxCtx, id: string, change: (row: IncomingRow) => IncomingRow): Promise<IncomingRow> {
  const [changed] = await changeAllIncoming(stockTx(ctx), [{ id, change }]);
  if (changed === undefined) throw new AppError('not_found', 'Nothing like that is coming');
  return changed.after;
}

export interface IncomingChange {
  readonly id: string;
  readonly change: (row: IncomingRow) => IncomingRow;
  /** Of what arrived by this change. */
  readonly damaged?: number | undefined;
}

/**
 * Changes what is coming, each once, and the levels with it. In the order of all locks: owners, then levels; what is coming
 * is locked before both, by nobody else. Those that are not there are passed by.
 */
export async function changeAllIncoming(
  { sql, workspaceId, now }: StockTx,
  changes: readonly IncomingChange[],
): Promise<{ before: IncomingRow; after: IncomingRow }[]> {
  const at = new Date(now);
  const byId = new Map(changes.map((one) => [one.id, one]));
  const rows = await lockIncoming(sql, workspaceId, [...byId.keys()]);
  if (rows.length === 0) return [];
  const changed = rows.map((before) => ({ before, after: byId.get(before.id)!.change(before) }));
  const itemIds = [...new Set(rows.map((row) => row.item_id))];
  const promised = await listWaiting(sql, workspaceId, itemIds);
  await lockOwners(sql, workspaceId, [...new Set(promised.map((row) => row.owner_ref))].sort());
  const book = await LevelBook.lockWith(sql, workspaceId, { keys: rows.map(keyOfRow), at });
  for (const { before, after } of changed) {
    moveIncoming(book, { before, after, damaged: byId.get(before.id)!.damaged ?? 0 });
  }
  if (changed.some(({ before, after }) => after.received > before.received)) {
    await putReservations(sql, workspaceId, keepPromises(book, await listWaiting(sql, workspaceId, itemIds)));
  }
  for (const row of rows) book.allow(keyOfRow(row));
  await book.write(sql, workspaceId, at);
  await updateIncoming(
    sql,
    workspaceId,
    changed.map(({ after }) => after),
  );
  const dates = changed.filter(
    ({ before, after }) => before.due_at?.getTime() !== after.due_at?.getTime() || after.cancelled > before.cancelled,
  );
  await insertDueChanges(sql, workspaceId, { keys: dates.map(({ after }) => keyOfRow(after)), at });
  return changed;
}

function moveIncoming(
  book: LevelBook,
  { before, after, damaged }: { before: IncomingRow; after: IncomingRow; damaged: number },
): void {
  const key = keyOfRow(before);
  const cause = { refType: 'incoming', refId: before.id };
  const arrived = after.received - before.received;
  const lost = after.cancelled - before.cancelled;
  book.move(key, { field: 'incoming', delta: -arrived, cause: { ...cause, reason: 'received' } });
  book.move(key, { field: 'on_hand', delta: arrived, cause: { ...cause, reason: 'received' } });
  book.move(key, { field: 'unavailable', delta: damaged, cause: { ...cause, reason: 'damaged' } });
  book.move(key, { field: 'incoming', delta: -lost, cause: { ...cause, reason: 'cancelled' } });
}

function keyOfRow(row: IncomingRow): LevelKey {
  return { itemId: row.item_id, locationId: row.location_id };
}

/** What arrived is set apart for pre-orders, the oldest first, as far as it goes. */
function keepPromises(book: LevelBook, waiting: readonly ReservationRow[]): ReservationRow[] {
  return waiting.flatMap((row) => {
    const key = { itemId: row.item_id, locationId: row.location_id };
    const level = book.find(key);
    const kept = level === undefined ? 0 : Math.min(row.waiting, roomOf(level));
    if (kept === 0) return [];
    const cause = { reason: 'promise_kept', refType: 'reservation', refId: row.owner_ref };
    book.move(key, { field: 'preordered', delta: -kept, cause });
    book.move(key, { field: 'reserved', delta: kept, cause });
    return [{ ...row, waiting: row.waiting - kept, reserved: row.reserved + kept }];
  });
}
