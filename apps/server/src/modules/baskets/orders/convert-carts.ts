import { BasketBook } from '../basket-book.ts';
import type { Basket, BasketTx } from '../basket.ts';
import { findByRefs, findByTokens, listOfProfiles } from '../basket-store.ts';
import { holdCart } from '../hold-cart.ts';
import { closeConversions, type Conversion, holdConversions, markTaken } from './convert-store.ts';
import { takeBought } from './take-bought.ts';

/** An order, and where its goods may lie: in the cart it names, else in those of its customer. */
export interface Converted extends Conversion {
  readonly profileId: string | null;
  /** Of ours. */
  readonly basketId?: string;
}

interface Place {
  readonly order: Converted;
  /** The cart it was ordered from. */
  readonly named: string | undefined;
  /** The carts of its customer. */
  readonly own: readonly string[];
}

const CARTS_MAX = 10;

/**
 * What was bought leaves the carts, once an order. An order whose own cart nobody knows yet takes out of the customer's others,
 * and waits for its own.
 */
export async function convertCarts(tx: BasketTx, orders: readonly Converted[]): Promise<void> {
  const { sql, workspaceId, now } = tx;
  const open = await holdConversions(sql, workspaceId, orders);
  const fresh = orders.filter(({ reference }) => open.has(reference));
  if (fresh.length === 0) return;
  const places = await findCarts(tx, fresh);
  const book = await BasketBook.lock(
    tx,
    places.flatMap(({ named, own }) => (named === undefined ? own : [named])),
  );
  const found: { reference: string; basketId: string }[] = [];
  const taken: string[] = [];
  const carts = new Set<string>();
  for (const { order, named, own } of places) {
    const cart = named === undefined ? undefined : book.survivorOf(named);
    if (cart !== undefined) {
      takeOut(book, [cart.id], order);
      if (named !== undefined && named !== cart.id) forgetBought(book, named, order);
      found.push({ reference: order.reference, basketId: cart.id });
      carts.add(cart.id);
    } else if (order.profileId !== null && !open.get(order.reference)!.isTaken) {
      const ids = cartsOf(book, own);
      takeOut(book, ids, order);
      taken.push(order.reference);
      for (const id of ids) carts.add(id);
    }
  }
  await book.write();
  await closeConversions(sql, workspaceId, found);
  await markTaken(sql, workspaceId, { references: taken, at: new Date(now) });
  for (const id of [...carts].sort()) {
    const cart = book.get(id)!;
    if (cart.isHeld) await holdCart(tx, cart);
  }
}

async function findCarts({ sql, workspaceId }: BasketTx, orders: readonly Converted[]): Promise<Place[]> {
  const tokens = orders.flatMap(({ cartToken }) => cartToken ?? []);
  const byToken = await findByTokens(sql, workspaceId, tokens);
  const byRef = await findByRefs(sql, workspaceId, tokens);
  const profileIds = orders.flatMap(({ profileId }) => profileId ?? []);
  const owned = await listOfProfiles(sql, workspaceId, { profileIds: [...new Set(profileIds)], eachMax: CARTS_MAX });
  return orders.map((order) => {
    const { cartToken, source, profileId, basketId } = order;
    const ref = byRef.find((row) => row.source_ref === cartToken && row.source === source)?.id;
    const named = basketId ?? (cartToken === null ? undefined : (byToken.get(cartToken) ?? ref));
    return { order, named, own: owned.filter((row) => row.profile_id === profileId).map(({ id }) => id) };
  });
}

function cartsOf(book: BasketBook, ids: readonly string[]): string[] {
  const carts = ids.flatMap((id) => book.survivorOf(id) ?? []).filter(({ kind }) => kind === 'cart');
  return [...new Set(carts.map(({ id }) => id))];
}

function takeOut(book: BasketBook, ids: readonly string[], order: Converted): void {
  let { lines } = order;
  for (const id of ids) {
    const { changed, rest } = takeBought(book.get(id)!.lines, { lines, placedAtMs: order.placedAtMs });
    for (const line of changed) book.put(id, line);
    if (changed.length > 0) convertIfEmpty(book, book.get(id)!);
    lines = rest;
  }
}

/** The part of a cart that it was ordered from: whoever says next what lies there does not say again that it is gone. */
function forgetBought(book: BasketBook, id: string, { lines, placedAtMs }: Converted): void {
  for (const line of takeBought(book.get(id)!.lines, { lines, placedAtMs }).changed) book.put(id, line);
}

/** Of a cart in which nothing is left. */
export function convertIfEmpty(book: BasketBook, cart: Basket): void {
  const isEmpty = [...cart.lines.values()].every(({ quantity }) => quantity === 0);
  if (isEmpty) book.change(cart.id, { state: 'converted' });
}
