import { BasketBook } from './basket-book.ts';
import type { Basket, BasketOwner, BasketTx } from './basket.ts';
import { isAnothers } from './basket-owner.ts';
import { listOwn, lockOwners } from './basket-store.ts';
import { holdCart } from './hold-cart.ts';
import type { RoomOf } from './lines/merge-lines.ts';
import { roomsOf } from './lines/room.ts';

/** A basket, and whose it is to be. */
export interface Link {
  readonly basketId: string;
  readonly owner: BasketOwner;
}

/**
 * `taken`: it is another customer's own. A device that changes hands does not hand over what lies there: it opens a new basket.
 */
export type Linked = { readonly kind: 'linked'; readonly basketId: string } | { readonly kind: 'taken' };

/**
 * Makes baskets their customers' own, on a word that is trusted. What a customer has of the kind already and what comes are
 * merged, once: a repeat finds them merged. In their order.
 */
export async function linkBaskets(tx: BasketTx, links: readonly Link[]): Promise<Linked[]> {
  return withOwn(tx, links, (shelf) =>
    links.map(({ basketId, owner }): Linked => {
      const basket = shelf.book.survivorOf(basketId);
      if (basket === undefined || isAnothers(basket, owner)) return { kind: 'taken' };
      return { kind: 'linked', basketId: settle(shelf, basket, owner) };
    }),
  );
}

/**
 * Baskets follow their customers through merges and their undoing. Those that are customers' own become one where two customers
 * did; a guest's only changes whose it is: her device is told nothing of another basket because of an id that it claimed.
 */
export async function moveBaskets(tx: BasketTx, moves: readonly Link[]): Promise<void> {
  await withOwn(tx, moves, (shelf) => {
    for (const { basketId, owner } of moves) {
      const basket = shelf.book.get(basketId);
      if (basket === undefined || (basket.profileId === owner.profileId && basket.node === owner.node)) continue;
      if (basket.isLinked && basket.mergedInto === null) settle(shelf, basket, owner);
      else shelf.book.change(basketId, owner);
    }
  });
}

/** Baskets that are locked, with all that their customers have of their own. */
interface Shelf {
  readonly book: BasketBook;
  /** A customer's own by profile and kind, as it is by now. */
  readonly own: Map<string, string>;
  readonly roomOf: RoomOf;
  readonly merged: { readonly into: string; readonly from: readonly Basket[] }[];
}

const nameOf = ({ profileId, node }: BasketOwner, kind: string): string => `${profileId ?? `node ${node}`} ${kind}`;

async function withOwn<T>(tx: BasketTx, links: readonly Link[], work: (shelf: Shelf) => T): Promise<T> {
  const { sql, workspaceId } = tx;
  const profileIds = [...new Set(links.flatMap(({ owner }) => owner.profileId ?? []))];
  await lockOwners(sql, workspaceId, profileIds);
  const rows = await listOwn(sql, workspaceId, profileIds);
  const book = await BasketBook.lock(tx, [...links.map(({ basketId }) => basketId), ...rows.map(({ id }) => id)]);
  const open = book.ids.map((id) => book.get(id)!).filter(({ mergedInto }) => mergedInto === null);
  const roomOf = await roomsOf(sql, workspaceId, open);
  const own = new Map(rows.map((row) => [nameOf({ profileId: row.profile_id, node: null }, row.kind), row.id]));
  const shelf: Shelf = { book, own, roomOf, merged: [] };
  const answer = work(shelf);
  await book.write();
  for (const { into, from } of shelf.merged) {
    const cart = book.survivorOf(into)!;
    if (cart.isHeld) await holdCart(tx, cart, from);
  }
  return answer;
}

/** Answers the basket that is the customer's own from then on. */
function settle({ book, own, roomOf, merged }: Shelf, basket: Basket, owner: BasketOwner): string {
  const name = nameOf(owner, basket.kind);
  const kept = book.survivorOf(own.get(name) ?? basket.id)!;
  if (kept.id === basket.id) {
    own.set(name, basket.id);
    if (!basket.isLinked || basket.profileId !== owner.profileId) book.change(basket.id, { ...owner, isLinked: true });
    return basket.id;
  }
  const { profileId, node } = kept;
  const id = book.merge(kept.id, basket.id, { owner: { profileId, node }, roomOf });
  merged.push({ into: id, from: [kept, basket] });
  own.set(name, id);
  return id;
}
