import { newUuid } from '../../../platform/ids/index.ts';
import type { LevelBook } from '../levels/level-book.ts';
import { type Location, sellsFor } from '../locations/location.ts';
import { allocate, type Part } from './allocate.ts';
import type { BufferRow, OwnerRow, OwnerWrite, ReservationRow } from './reservation-store.ts';
import { sellableOf } from './sellable.ts';
import { type Components, hashOf, itemsOf, sumLines, type Wish } from './wish.ts';

export interface ShortLine {
  readonly variantId: string;
  readonly wanted: number;
  /** So many could be had of this variant alone. */
  readonly available: number;
}

export type Reserved =
  | {
      readonly kind: 'reserved';
      readonly parts: readonly Part[];
      /** Items whose stock nobody tells: nothing is set apart of them. */
      readonly untracked: readonly string[];
      readonly expiresAtMs: number | null;
      /** It was done before; this is how. */
      readonly isRepeat: boolean;
    }
  | { readonly kind: 'short'; readonly lines: readonly ShortLine[] }
  /** The owner has another wish; it is not changed unless the new one says `takesOver`. */
  | { readonly kind: 'taken' };

/** What deciding reads, all of it locked or never changed. */
export interface WishWorld {
  readonly book: LevelBook;
  /** Every location, in order of priority. */
  readonly locations: readonly Location[];
  readonly components: Components;
  readonly buffers: readonly BufferRow[];
  /** Owners that were there before. */
  readonly owners: ReadonlyMap<string, OwnerRow>;
  /** By owner; changed as wishes are granted. */
  readonly reservations: Map<string, readonly ReservationRow[]>;
  readonly now: number;
}

export interface Decision {
  readonly outcome: Reserved;
  readonly owners: readonly OwnerWrite[];
  readonly rows: readonly ReservationRow[];
}

/** Grants a wish or leaves everything as it is. Changes the book's levels and nothing else; what is to be written is answered. */
export function decideWish(world: WishWorld, wish: Wish): Decision {
  const known = world.owners.get(wish.ownerRef);
  const isOwn = wish.takesOver?.includes(wish.ownerRef) ?? false;
  if (known !== undefined) {
    const isSame = known.kind === wish.kind && known.wish_hash.equals(hashOf(wish));
    const isOver = known.state === 'ended';
    if (isSame && !(isOver && wish.kind === 'cart_hold')) return repeat(world, wish, known);
    if (!isOwn && !(isOver && wish.kind === 'cart_hold')) return { outcome: { kind: 'taken' }, owners: [], rows: [] };
  }
  return grant(world, wish);
}

/** A cart's hold lasts longer when it is asked for again. */
function repeat(world: WishWorld, wish: Wish, known: OwnerRow): Decision {
  const rows = world.reservations.get(wish.ownerRef) ?? [];
  const parts = rows.flatMap((row): Part[] => {
    const quantity = row.reserved + row.waiting + row.consumed;
    return quantity === 0 ? [] : [{ itemId: row.item_id, locationId: row.location_id, quantity }];
  });
  const until = wish.expiresAtMs === undefined ? null : new Date(wish.expiresAtMs);
  const isLonger = known.state === 'active' && known.expires_at !== null && until !== null && until > known.expires_at;
  const expiresAt = isLonger ? until : known.expires_at;
  const outcome: Reserved = {
    kind: 'reserved',
    parts,
    untracked: untrackedOf(world, wish),
    expiresAtMs: expiresAt?.getTime() ?? null,
    isRepeat: true,
  };
  return { outcome, owners: isLonger ? [ownerOf(wish, expiresAt)] : [], rows: [] };
}

function grant(world: WishWorld, wish: Wish): Decision {
  const { book } = world;
  const mark = book.mark();
  const freed = new Map<string, ReservationRow[]>();
  for (const ref of wish.takesOver ?? []) freed.set(ref, free(world, ref));
  const short = shortLines(world, wish);
  if (short !== undefined) {
    book.undoTo(mark);
    return { outcome: { kind: 'short', lines: short }, owners: [], rows: [] };
  }
  const parts = partsOf(world, wish);
  const before = freed.get(wish.ownerRef) ?? world.reservations.get(wish.ownerRef) ?? [];
  const own = takeParts(world, wish, { parts, before });
  freed.set(wish.ownerRef, own);
  for (const [ref, rows] of freed) world.reservations.set(ref, rows);
  const expiresAtMs = wish.expiresAtMs ?? null;
  const owners = [ownerOf(wish, expiresAtMs === null ? null : new Date(expiresAtMs)), ...endedOf(world, wish)];
  const untracked = untrackedOf(world, wish);
  return {
    outcome: { kind: 'reserved', parts, untracked, expiresAtMs, isRepeat: false },
    owners,
    rows: [...freed.values()].flat(),
  };
}

/** What a former owner had set apart, let go in the book. */
function free({ book, reservations }: WishWorld, ownerRef: string): ReservationRow[] {
  return (reservations.get(ownerRef) ?? []).map((row) => {
    const key = { itemId: row.item_id, locationId: row.location_id };
    const cause = { reason: 'released', refType: 'reservation', refId: ownerRef };
    book.move(key, { field: 'reserved', delta: -row.reserved, cause });
    book.move(key, { field: 'preordered', delta: -row.waiting, cause });
    return { ...row, reserved: 0, waiting: 0, released: row.released + row.reserved + row.waiting };
  });
}

function allocation(world: WishWorld, wish: Wish, needs: ReadonlyMap<string, number>) {
  const { book, buffers } = world;
  return allocate({
    needs,
    locations: eligible(world.locations, wish),
    levelsOf: (itemId) => book.levelsOf(itemId),
    strategy: wish.strategy ?? 'priority',
    near: wish.near,
    isPreorder: wish.kind === 'preorder',
    allowedOf: (itemId, room) =>
      wish.kind === 'transfer' ? room : sellableOf(buffers, { channel: wish.channel, itemId })(room),
  });
}

function trackedNeeds({ book, components }: WishWorld, wish: Wish): Map<string, number> {
  const needs = itemsOf(wish.lines, components);
  for (const itemId of needs.keys()) if (book.levelsOf(itemId).length === 0) needs.delete(itemId);
  return needs;
}

function untrackedOf({ book, components }: WishWorld, wish: Wish): string[] {
  return [...itemsOf(wish.lines, components).keys()].filter((itemId) => book.levelsOf(itemId).length === 0);
}

function shortLines(world: WishWorld, wish: Wish): ShortLine[] | undefined {
  const allocated = allocation(world, wish, trackedNeeds(world, wish));
  if (allocated.kind === 'allocated') return undefined;
  return sumLines(wish.lines).flatMap(({ variantId, quantity }): ShortLine[] => {
    const parts = world.components.get(variantId) ?? [{ itemId: variantId, quantity: 1 }];
    const counted = parts.filter(({ itemId }) => allocated.available.has(itemId));
    const isShort = counted.some((part) => allocated.available.get(part.itemId)! < wantedOf(world, wish, part.itemId));
    if (!isShort) return [];
    const available = Math.min(
      ...counted.map((part) => Math.floor(allocated.available.get(part.itemId)! / part.quantity)),
    );
    return [{ variantId, wanted: quantity, available }];
  });
}

function wantedOf({ components }: WishWorld, wish: Wish, itemId: string): number {
  return itemsOf(wish.lines, components).get(itemId) ?? 0;
}

function partsOf(world: WishWorld, wish: Wish): readonly Part[] {
  const allocated = allocation(world, wish, trackedNeeds(world, wish));
  if (allocated.kind === 'short') throw new Error('what sufficed a moment ago does not any more');
  return allocated.parts;
}

function takeParts(
  { book, now }: WishWorld,
  wish: Wish,
  { parts, before }: { parts: readonly Part[]; before: readonly ReservationRow[] },
): ReservationRow[] {
  const rows = new Map(before.map((row) => [`${row.item_id}/${row.location_id}`, row]));
  const isPreorder = wish.kind === 'preorder';
  for (const { itemId, locationId, quantity } of parts) {
    const cause = { reason: 'reserved', refType: 'reservation', refId: wish.ownerRef };
    book.move({ itemId, locationId }, { field: isPreorder ? 'preordered' : 'reserved', delta: quantity, cause });
    const key = `${itemId}/${locationId}`;
    const row = rows.get(key) ?? emptyRow(wish, { itemId, locationId, now });
    rows.set(key, {
      ...row,
      quantity: row.quantity + quantity,
      reserved: row.reserved + (isPreorder ? 0 : quantity),
      waiting: row.waiting + (isPreorder ? quantity : 0),
    });
  }
  return [...rows.values()];
}

function emptyRow(wish: Wish, at: { itemId: string; locationId: string; now: number }): ReservationRow {
  return {
    id: newUuid(at.now),
    owner_ref: wish.ownerRef,
    item_id: at.itemId,
    location_id: at.locationId,
    ...{ quantity: 0, reserved: 0, waiting: 0, consumed: 0, released: 0, expired: 0 },
    created_at: new Date(at.now),
  };
}

function ownerOf(wish: Wish, expiresAt: Date | null): OwnerWrite {
  const { ownerRef, kind, channel } = wish;
  return { ownerRef, state: 'active', kind, channel, wishHash: hashOf(wish), expiresAt };
}

function endedOf({ owners }: WishWorld, wish: Wish): OwnerWrite[] {
  return (wish.takesOver ?? []).flatMap((ref): OwnerWrite[] => {
    const row = owners.get(ref);
    if (row === undefined || ref === wish.ownerRef) return [];
    const { kind, channel, wish_hash: wishHash } = row;
    return [{ ownerRef: ref, state: 'ended', kind, channel, wishHash, expiresAt: null }];
  });
}

/** Named ones, or all that ship; each only where the channel may sell from it. Pure. */
export function eligible(
  locations: readonly Location[],
  wish: Pick<Wish, 'kind' | 'channel' | 'locationIds'>,
): Location[] {
  const { kind, channel, locationIds } = wish;
  return locations.filter((location) => {
    if (!sellsFor(location, kind === 'transfer' ? undefined : channel)) return false;
    if (locationIds !== undefined && !locationIds.includes(location.id)) return false;
    if (kind === 'pickup')
      return location.capabilities.includes('pickup') || location.capabilities.includes('curbside');
    return locationIds !== undefined || location.capabilities.includes('ship');
  });
}
