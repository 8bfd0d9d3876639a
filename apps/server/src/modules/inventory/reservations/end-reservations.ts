import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { LevelBook, type Own } from '../levels/level-book.ts';
import { findMovementKeys } from '../levels/level-store.ts';
import { byOwner } from './reserve.ts';
import {
  listReservations,
  lockOwners,
  type OwnerRow,
  putReservations,
  readComponents,
  type ReservationRow,
  updateOwners,
} from './reservation-store.ts';
import { type StockTx, stockTx } from './stock-tx.ts';
import { itemsOf, type WishLine } from './wish.ts';

/** How what was set apart ends: the goods leave, or are anybody's again. */
export type Ending =
  | {
      readonly kind: 'released' | 'expired';
      readonly ownerRef: string;
      readonly lines?: readonly WishLine[] | undefined;
    }
  | {
      readonly kind: 'consumed';
      readonly ownerRef: string;
      readonly lines?: readonly WishLine[] | undefined;
      /** Where the goods really left from; left out: where they were set apart. */
      readonly locationId?: string | undefined;
      /** The same for the same leaving of goods: it happens once. */
      readonly reference: string;
      /** Of a source that counts its stock itself. */
      readonly own?: Own | undefined;
    };

export interface Ended {
  /** Pieces of items that ended so. */
  readonly quantity: number;
  /** What could not end so, since it was not set apart: by item. Of a call without lines nothing. */
  readonly rest: ReadonlyMap<string, number>;
  readonly isRepeat: boolean;
}

/** Lets go of what an owner holds, all or some lines of it. Who holds nothing lets go of nothing. */
export async function releaseReservations(
  ctx: TxCtx,
  wish: { ownerRef: string; lines?: readonly WishLine[] | undefined },
): Promise<Ended> {
  return (await endReservations(stockTx(ctx), [{ kind: 'released', ...wish }]))[0]!;
}

/** The goods leave: less on hand and less set apart, in one. */
export async function consumeReservations(
  ctx: TxCtx,
  wish: Omit<Extract<Ending, { kind: 'consumed' }>, 'kind'>,
): Promise<Ended> {
  return (await endReservations(stockTx(ctx), [{ kind: 'consumed', ...wish }]))[0]!;
}

/** As `releaseReservations` and `consumeReservations`, for many owners. Repeats and strangers change nothing. */
export async function endReservations(tx: StockTx, endings: readonly Ending[]): Promise<Ended[]> {
  const { sql, workspaceId, now } = tx;
  const owners = await lockOwners(sql, workspaceId, [...new Set(endings.map(({ ownerRef }) => ownerRef))].sort());
  const kept = await listReservations(sql, workspaceId, [...owners.keys()]);
  const keys = endings.flatMap((ending) => (ending.kind === 'consumed' ? [keyOf(ending)] : []));
  const done = await findMovementKeys(sql, workspaceId, keys);
  const variantIds = endings.flatMap(({ lines = [] }) => lines.map((line) => line.variantId));
  const components = await readComponents(sql, workspaceId, variantIds);
  const places = endings.flatMap((ending) => {
    if (ending.kind !== 'consumed' || ending.locationId === undefined) return [];
    const { locationId, ownerRef } = ending;
    const itemIds = kept.filter((row) => row.owner_ref === ownerRef).map((row) => row.item_id);
    return itemIds.map((itemId) => ({ itemId, locationId }));
  });
  const held = kept.map((row) => ({ itemId: row.item_id, locationId: row.location_id }));
  const book = await LevelBook.lockWith(sql, workspaceId, { keys: [...held, ...places], at: new Date(now) });
  const reservations = new Map([...byOwner(kept)].map(([ref, rows]) => [ref, [...rows]]));
  const ended = endings.map((ending): Ended => {
    const rows = reservations.get(ending.ownerRef) ?? [];
    if (ending.kind === 'consumed' && done.has(keyOf(ending))) return { quantity: 0, rest: new Map(), isRepeat: true };
    const left = ending.lines === undefined ? undefined : itemsOf(ending.lines, components);
    const quantity = endRows(book, { ending, rows, left });
    const rest = new Map([...(left ?? [])].filter(([, count]) => count > 0));
    return { quantity, rest, isRepeat: false };
  });
  await book.write(sql, workspaceId, new Date(now));
  const changed = [...reservations.values()].flat();
  await putReservations(
    sql,
    workspaceId,
    changed.filter((row) => !kept.includes(row)),
  );
  await updateOwners(sql, workspaceId, endedOwners(owners, reservations));
  return ended;
}

function keyOf(ending: Extract<Ending, { kind: 'consumed' }>): string {
  return `consumed:${ending.ownerRef}:${ending.reference}`;
}

/** Ends so much of each item as there is left to end, the place the goods leave from first. */
function endRows(
  book: LevelBook,
  { ending, rows, left }: { ending: Ending; rows: ReservationRow[]; left: Map<string, number> | undefined },
): number {
  const from = ending.kind === 'consumed' ? ending.locationId : undefined;
  const turn = rows
    .map((row, place) => ({ row, place }))
    .sort((a, b) => Number(b.row.location_id === from) - Number(a.row.location_id === from) || a.place - b.place);
  let ended = 0;
  for (const { row, place } of turn) {
    const wanted = left === undefined ? row.reserved + row.waiting : (left.get(row.item_id) ?? 0);
    const quantity = Math.min(wanted, row.reserved + row.waiting);
    if (quantity === 0) continue;
    left?.set(row.item_id, wanted - quantity);
    rows[place] = endRow(book, { ending, row, quantity, isFirst: ended === 0 });
    ended += quantity;
  }
  return ended;
}

function endRow(
  book: LevelBook,
  { ending, row, quantity, isFirst }: { ending: Ending; row: ReservationRow; quantity: number; isFirst: boolean },
): ReservationRow {
  const key = { itemId: row.item_id, locationId: row.location_id };
  const own = ending.kind === 'consumed' ? ending.own : undefined;
  const cause = { reason: ending.kind, refType: 'reservation', refId: row.owner_ref, own };
  const reserved = Math.min(quantity, row.reserved);
  const waiting = quantity - reserved;
  book.move(key, { field: 'reserved', delta: -reserved, cause });
  book.move(key, { field: 'preordered', delta: -waiting, cause });
  if (ending.kind === 'consumed') {
    const from = { itemId: row.item_id, locationId: ending.locationId ?? row.location_id };
    book.takeOut(from, quantity, { ...cause, ...(isFirst && { idempotencyKey: keyOf(ending) }) });
  }
  const rest = { ...row, reserved: row.reserved - reserved, waiting: row.waiting - waiting };
  return { ...rest, [ending.kind]: row[ending.kind] + quantity };
}

function endedOwners(
  owners: ReadonlyMap<string, OwnerRow>,
  reservations: ReadonlyMap<string, readonly ReservationRow[]>,
) {
  return [...owners.values()].flatMap((owner) => {
    if (owner.state === 'ended') return [];
    const rows = reservations.get(owner.owner_ref) ?? [];
    if (rows.some((row) => row.reserved + row.waiting > 0)) return [];
    const { owner_ref: ownerRef, kind, channel, wish_hash: wishHash } = owner;
    return [{ ownerRef, state: 'ended' as const, kind, channel, wishHash, expiresAt: null }];
  });
}
