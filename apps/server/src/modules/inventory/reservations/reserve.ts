import { LevelBook } from '../levels/level-book.ts';
import { listAllLocations } from '../locations/location-store.ts';
import { type Decision, decideWish, type Reserved } from './decide-wish.ts';
import {
  deleteOwners,
  insertOwners,
  listReservations,
  lockOwners,
  type OwnerRow,
  putReservations,
  readBuffers,
  readComponents,
  updateOwners,
  type ReservationRow,
} from './reservation-store.ts';
import type { StockTx } from './stock-tx.ts';
import { hashOf, itemsOf, type Wish } from './wish.ts';

/**
 * Sets stock apart for owners: the earlier ones first, each whole or not at all; a repeat answers what was done. No two of one owner, and none takes over
 * what is another's here. Rows of owners come first and tell repeats; levels are locked in one order for all, decided upon in
 * memory, and written in one statement whose checks are the last guard.
 */
export async function reserveAll(tx: StockTx, wishes: readonly Wish[]): Promise<Reserved[]> {
  const { sql, workspaceId, now } = tx;
  const at = new Date(now);
  const inserted = await insertOwners(
    sql,
    workspaceId,
    wishes.map((wish) => ownerRow(wish, at)),
  );
  const isNew = (ref: string) => inserted.has(ref);
  const earlier = [...new Set(wishes.flatMap(({ ownerRef, takesOver = [] }) => [ownerRef, ...takesOver]))].filter(
    (ref) => !isNew(ref),
  );
  const owners = await lockOwners(sql, workspaceId, earlier.sort());
  const kept = await listReservations(sql, workspaceId, [...owners.keys()]);
  const components = await readComponents(
    sql,
    workspaceId,
    wishes.flatMap(({ lines }) => lines.map((one) => one.variantId)),
  );
  const itemIds = new Set(wishes.flatMap((wish) => [...itemsOf(wish.lines, components).keys()]));
  const locations = await listAllLocations(sql, workspaceId);
  const channels = [...new Set(wishes.map(({ channel }) => channel))];
  const buffers = await readBuffers(sql, workspaceId, { channels, itemIds: [...itemIds] });
  const book = await LevelBook.lock(sql, workspaceId, [...itemIds, ...kept.map((row) => row.item_id)]);
  const reservations = byOwner(kept);
  const world = { book, locations, components, buffers, owners, reservations, now };
  const decisions = wishes.map((wish) => decideWish(world, wish));
  await write(tx, { book, wishes, decisions, isNew });
  return decisions.map(({ outcome }) => outcome);
}

async function write(
  { sql, workspaceId, now }: StockTx,
  decided: {
    book: LevelBook;
    wishes: readonly Wish[];
    decisions: readonly Decision[];
    isNew: (ref: string) => boolean;
  },
): Promise<void> {
  const { book, wishes, decisions, isNew } = decided;
  await book.write(sql, workspaceId, new Date(now));
  const rows = decisions.flatMap((one) => one.rows).sort(byNames);
  await putReservations(sql, workspaceId, rows);
  const owners = decisions
    .flatMap((one) => one.owners)
    .filter(({ ownerRef, state }) => state === 'ended' || !isNew(ownerRef));
  await updateOwners(sql, workspaceId, owners);
  const refused = wishes.filter((wish, place) => isNew(wish.ownerRef) && decisions[place]!.outcome.kind !== 'reserved');
  await deleteOwners(
    sql,
    workspaceId,
    refused.map((wish) => wish.ownerRef),
  );
}

function ownerRow(wish: Wish, at: Date): Omit<OwnerRow, 'state'> & { at: Date } {
  const expires = wish.expiresAtMs === undefined ? null : new Date(wish.expiresAtMs);
  const { ownerRef, kind, channel } = wish;
  return { owner_ref: ownerRef, kind, channel, wish_hash: hashOf(wish), expires_at: expires, at };
}

export function byOwner(rows: readonly ReservationRow[]): Map<string, readonly ReservationRow[]> {
  const owners = new Map<string, ReservationRow[]>();
  for (const row of rows) owners.set(row.owner_ref, [...(owners.get(row.owner_ref) ?? []), row]);
  return owners;
}

function byNames(a: ReservationRow, b: ReservationRow): number {
  const left = `${a.owner_ref}\0${a.item_id}\0${a.location_id}`;
  const right = `${b.owner_ref}\0${b.item_id}\0${b.location_id}`;
  return left < right ? -1 : left > right ? 1 : 0;
}
