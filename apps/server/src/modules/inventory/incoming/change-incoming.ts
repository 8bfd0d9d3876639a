import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { LevelBook } from '../levels/level-book.ts';
import { roomOf } from '../levels/level.ts';
import { listWaiting, lockOwners, putReservations, type ReservationRow } from '../reservations/reservation-store.ts';
import {
  findIncoming,
  type IncomingRow,
  insertDueChange,
  insertIncoming,
  lockIncoming,
  updateIncoming,
} from './incoming-store.ts';

/** Goods were ordered and are on their way. The same reference for the same item and place is told once. */
export async function addIncoming(
  ctx: TxCtx,
  wish: { itemId: string; locationId: string; quantity: number; dueAt: Date | null; reference: string | null },
): Promise<IncomingRow | undefined> {
  const { sql, workspaceId } = ctx;
  const at = new Date(ctx.clock.now());
  const row = {
    id: newUuid(at.getTime()),
    item_id: wish.itemId,
    location_id: wish.locationId,
    ...{ quantity: wish.quantity, received: 0, cancelled: 0, due_at: wish.dueAt, reference: wish.reference },
  };
  if (!(await insertIncoming(sql, workspaceId, { row, at }))) return undefined;
  const book = await LevelBook.lockWith(sql, workspaceId, { keys: [wish], at });
  const cause = { reason: 'ordered', refType: 'incoming', refId: row.id };
  book.move(wish, { field: 'incoming', delta: wish.quantity, cause });
  book.allow(wish);
  await book.write(sql, workspaceId, at);
  await insertDueChange(sql, workspaceId, { ...wish, at });
  return row;
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

/** In the order of all locks: owners, then levels; what is coming is locked before both, by nobody else. */
async function changeIncoming(ctx: TxCtx, id: string, change: (row: IncomingRow) => IncomingRow): Promise<IncomingRow> {
  const { sql, workspaceId } = ctx;
  const at = new Date(ctx.clock.now());
  const known = await findIncoming(sql, workspaceId, id);
  const before = known === undefined ? undefined : await lockIncoming(sql, workspaceId, id);
  if (before === undefined) throw new AppError('not_found', 'Nothing like that is coming');
  const after = change(before);
  const key = { itemId: before.item_id, locationId: before.location_id };
  const promised = await listWaiting(sql, workspaceId, [key.itemId]);
  await lockOwners(sql, workspaceId, [...new Set(promised.map((row) => row.owner_ref))].sort());
  const book = await LevelBook.lockWith(sql, workspaceId, { keys: [key], at });
  const cause = { refType: 'incoming', refId: id };
  const arrived = after.received - before.received;
  const lost = after.cancelled - before.cancelled;
  book.move(key, { field: 'incoming', delta: -arrived, cause: { ...cause, reason: 'received' } });
  book.move(key, { field: 'on_hand', delta: arrived, cause: { ...cause, reason: 'received' } });
  book.move(key, { field: 'incoming', delta: -lost, cause: { ...cause, reason: 'cancelled' } });
  if (arrived > 0) {
    const waiting = await listWaiting(sql, workspaceId, [key.itemId]);
    await putReservations(sql, workspaceId, keepPromises(book, waiting));
  }
  book.allow(key);
  await book.write(sql, workspaceId, at);
  await updateIncoming(sql, workspaceId, after);
  const isPutOff = before.due_at?.getTime() !== after.due_at?.getTime();
  if (isPutOff || lost > 0) await insertDueChange(sql, workspaceId, { ...key, at });
  return after;
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
