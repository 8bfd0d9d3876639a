import { AppError, type ErrorDetail } from '../../../platform/errors.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { addAllIncoming, changeAllIncoming } from '../incoming/change-incoming.ts';
import type { IncomingRow } from '../incoming/incoming-store.ts';
import { LevelBook } from '../levels/level-book.ts';
import { endReservations } from '../reservations/end-reservations.ts';
import { readComponents } from '../reservations/reservation-store.ts';
import type { StockTx } from '../reservations/stock-tx.ts';
import { itemsOf, type WishLine } from '../reservations/wish.ts';
import { setApart } from './set-apart.ts';
import { inTransitOf, isSameTransfer, ownerRefOf, stateOf, type Transfer } from './transfer.ts';
import { addToLines, findTransfer, insertTransfer, lockTransfer, updateTransfer } from './transfer-store.ts';

export interface TransferWish {
  readonly fromId: string;
  readonly toId: string;
  readonly lines: readonly WishLine[];
  readonly dueAt: Date | null;
  readonly reference: string | null;
}

/** Sets goods apart to be sent to another location. The same wish of the same reference is done once. */
export async function createTransfer(
  tx: StockTx,
  wish: TransferWish,
): Promise<{ transfer: Transfer; isRepeat: boolean }> {
  const { sql, workspaceId, now } = tx;
  const { fromId, toId, lines, dueAt, reference } = wish;
  const components = await readComponents(sql, workspaceId, [...new Set(lines.map((line) => line.variantId))]);
  const items = itemsOf(lines, components);
  const id = newUuid(now);
  const head = { id, fromId, toId, dueAt, reference, createdAt: new Date(now) };
  if (!(await insertTransfer(sql, workspaceId, { ...head, items }))) {
    const known = reference === null ? undefined : await findTransfer(sql, workspaceId, { reference });
    if (known !== undefined && isSameTransfer(known, { fromId, toId, items }))
      return { transfer: known, isRepeat: true };
    throw new AppError('conflict', 'Another transfer has this reference', {
      details: [{ field: 'reference', message: 'is taken; use another' }],
    });
  }
  const short = await setApart(tx, { ownerRef: ownerRefOf(id), locationId: fromId, items });
  if (short.length > 0) {
    const details = short.flatMap(({ itemId, available }): ErrorDetail[] =>
      lines.flatMap(({ variantId }, at) => {
        const isMadeOf = variantId === itemId || components.get(variantId)?.some((part) => part.itemId === itemId);
        return isMadeOf === true
          ? [{ field: `lines[${at}].quantity`, message: `only ${available} lie there free` }]
          : [];
      }),
    );
    throw new AppError('conflict', 'There is less than that where it is to be sent from', { details });
  }
  return { transfer: await read(tx, id), isRepeat: false };
}

/** The goods leave: from now on they are coming at the other location. Shipping it again changes nothing. */
export async function shipTransfer(tx: StockTx, { id, dueAt }: { id: string; dueAt?: Date | null }): Promise<Transfer> {
  const { sql, workspaceId, now } = tx;
  const transfer = await lock(tx, id);
  if (transfer.state === 'shipped') return transfer;
  if (transfer.state === 'cancelled') throw new AppError('conflict', 'It was cancelled: make another transfer');
  const due = dueAt === undefined ? transfer.dueAt : dueAt;
  const ending = {
    kind: 'consumed' as const,
    ownerRef: ownerRefOf(id),
    locationId: transfer.fromId,
    reference: 'ship',
  };
  const [ended] = await endReservations(tx, [ending]);
  if (ended!.quantity !== transfer.lines.reduce((sum, line) => sum + line.quantity, 0)) {
    throw new AppError('conflict', 'Its goods are not set apart any more: cancel it and make another transfer');
  }
  const rows = transfer.lines.map(({ itemId, quantity }) => ({
    ...{ id: newUuid(now), item_id: itemId, location_id: transfer.toId, quantity, received: 0, cancelled: 0 },
    ...{ due_at: due, reference: ownerRefOf(id) },
  }));
  await addAllIncoming(tx, rows, 'transferred');
  const lines = rows.map((row) => ({ itemId: row.item_id, incomingId: row.id, damaged: 0, returned: 0 }));
  await addToLines(sql, workspaceId, { transferId: id, lines });
  await updateTransfer(sql, workspaceId, { id, state: 'shipped', dueAt: due, shippedAt: new Date(now) });
  return read(tx, id);
}

export interface Receipt {
  readonly itemId: string;
  /** What arrived, damaged or not. */
  readonly received: number;
  readonly damaged: number;
  /** What was sent, and will not arrive. */
  readonly missing: number;
}

/** Some of it arrived, or will not. What is damaged lies there too, and nobody can have it. */
export async function receiveTransfer(
  tx: StockTx,
  { id, receipts }: { id: string; receipts: readonly Receipt[] },
): Promise<Transfer> {
  const transfer = await lock(tx, id);
  if (transfer.state !== 'shipped') throw new AppError('conflict', 'It has not been shipped: ship it first');
  const lineOf = new Map(transfer.lines.map((line) => [line.itemId, line]));
  const faults: ErrorDetail[] = [];
  const changes = receipts.flatMap(({ itemId, received, damaged, missing }, at) => {
    const incomingId = lineOf.get(itemId)?.incomingId ?? undefined;
    if (incomingId === undefined) {
      faults.push({ field: `lines[${at}].variantId`, message: 'is not part of this transfer' });
      return [];
    }
    const change = (row: IncomingRow): IncomingRow => {
      const open = row.quantity - row.received - row.cancelled;
      if (received + missing <= open)
        return { ...row, received: row.received + received, cancelled: row.cancelled + missing };
      faults.push({ field: `lines[${at}]`, message: `only ${open} are still on their way` });
      return row;
    };
    return [{ id: incomingId, itemId, damaged, change }];
  });
  if (faults.length === 0) await changeAllIncoming(tx, changes);
  if (faults.length > 0) throw new AppError('conflict', 'That is not what is on its way', { details: faults });
  const lines = changes.map(({ id: incomingId, itemId, damaged }) => ({ itemId, incomingId, damaged, returned: 0 }));
  await addToLines(tx.sql, tx.workspaceId, { transferId: id, lines });
  return read(tx, id);
}

/** It is not sent, or what is still on its way goes back to where it came from. Cancelling it again changes nothing. */
export async function cancelTransfer(tx: StockTx, id: string): Promise<Transfer> {
  const { sql, workspaceId } = tx;
  const transfer = await lock(tx, id);
  if (transfer.state === 'cancelled') return transfer;
  if (stateOf(transfer) === 'received') throw new AppError('conflict', 'All of it has arrived: make a transfer back');
  if (transfer.state === 'draft') await endReservations(tx, [{ kind: 'released', ownerRef: ownerRefOf(id) }]);
  else await bringBack(tx, transfer);
  await updateTransfer(sql, workspaceId, { ...transfer, state: 'cancelled' });
  return read(tx, id);
}

async function bringBack(tx: StockTx, transfer: Transfer): Promise<void> {
  const { sql, workspaceId, now } = tx;
  const open = transfer.lines.flatMap((line) => (inTransitOf(line) > 0 ? (line.incomingId ?? []) : []));
  const changed = await changeAllIncoming(
    tx,
    open.map((id) => ({ id, change: (row) => ({ ...row, cancelled: row.quantity - row.received }) })),
  );
  const back = changed.map(({ before, after }) => ({
    ...{ itemId: after.item_id, incomingId: after.id, damaged: 0, returned: after.cancelled - before.cancelled },
  }));
  const at = new Date(now);
  const keyOf = (itemId: string) => ({ itemId, locationId: transfer.fromId });
  const book = await LevelBook.lockWith(sql, workspaceId, { keys: back.map(({ itemId }) => keyOf(itemId)), at });
  for (const { itemId, returned } of back) {
    const cause = { reason: 'brought_back', refType: 'transfer', refId: transfer.id };
    book.move(keyOf(itemId), { field: 'on_hand', delta: returned, cause });
  }
  await book.write(sql, workspaceId, at);
  await addToLines(sql, workspaceId, { transferId: transfer.id, lines: back });
}

async function lock({ sql, workspaceId }: StockTx, id: string): Promise<Transfer> {
  const transfer = await lockTransfer(sql, workspaceId, id);
  if (transfer === undefined) throw noTransfer();
  return transfer;
}

async function read({ sql, workspaceId }: StockTx, id: string): Promise<Transfer> {
  const transfer = await findTransfer(sql, workspaceId, { id });
  if (transfer === undefined) throw noTransfer();
  return transfer;
}

export function noTransfer(): AppError {
  return new AppError('not_found', 'There is no such transfer');
}
