import type { TxCtx } from '../../../platform/eventlog/index.ts';
import type { ExternalRef } from '../../catalog/index.ts';
import type { Who } from '../../events/index.ts';
import { BasketBook } from '../basket-book.ts';
import { type Basket, type BasketTx, basketTx } from '../basket.ts';
import { findToldOwners } from '../basket-owner.ts';
import { findByRefs, insertBaskets } from '../basket-store.ts';
import { linkBaskets } from '../link-baskets.ts';
import { type GivenWord, readWords } from '../lines/read-words.ts';
import type { Word } from '../lines/say-line.ts';
import { newBasket } from '../open-basket.ts';
import { closeConversions, listWaitingConversions } from './convert-store.ts';
import { convertIfEmpty } from './convert-carts.ts';
import { takeBought } from './take-bought.ts';

/** What lies in a cart of a shop, whole. */
export interface ShopCart {
  readonly ref: ExternalRef;
  readonly atMs: number;
  readonly currency: string;
  readonly who: Who;
  readonly lines: readonly {
    readonly key: string;
    readonly productRef: string | undefined;
    readonly variantRef: string | undefined;
    readonly sku: string | undefined;
    readonly name: string;
    readonly quantity: number;
    readonly priceMinor: number;
  }[];
}

/**
 * Carts that live at a shop, by its snapshots: an older one than what is kept changes nothing. Whose they are by the shop's own
 * word they become, if her profile is known; else with the first event that names the cart.
 */
export async function takeShopCarts(ctx: TxCtx, carts: readonly ShopCart[]): Promise<void> {
  if (carts.length === 0) return;
  const tx = basketTx(ctx);
  const owners = await findToldOwners(
    ctx,
    carts.map(({ who }) => who),
  );
  const ids = await openShopCarts(tx, carts);
  const idOf = ({ ref }: ShopCart) => ids.get(nameOf(ref.source, ref.id))!;
  await linkBaskets(
    tx,
    carts.flatMap((cart, at) => (owners[at] === undefined ? [] : [{ basketId: idOf(cart), owner: owners[at] }])),
  );
  const book = await BasketBook.lock(tx, [...ids.values()]);
  for (const cart of carts.toSorted((a, b) => a.atMs - b.atMs)) {
    const basket = book.get(idOf(cart))!;
    if (basket.sourceAtMs !== null && cart.atMs < basket.sourceAtMs) continue;
    const words = await wordsOf(tx, basket, cart);
    if (words.length === 0 && basket.sourceAtMs !== null) continue;
    book.say(basket.id, words);
    book.change(basket.id, { sourceAtMs: cart.atMs });
  }
  await leaveBought(tx, book, carts);
  await book.write();
}

const nameOf = (source: string, ref: string): string => JSON.stringify([source, ref]);

async function openShopCarts(tx: BasketTx, carts: readonly ShopCart[]): Promise<Map<string, string>> {
  const { sql, workspaceId, now } = tx;
  const wanted = new Map(carts.map((cart) => [nameOf(cart.ref.source, cart.ref.id), cart]));
  const refs = [...new Set(carts.map(({ ref }) => ref.id))];
  const find = async () =>
    new Map((await findByRefs(sql, workspaceId, refs)).map((row) => [nameOf(row.source, row.source_ref), row.id]));
  const known = await find();
  const missing = [...wanted].filter(([name]) => !known.has(name));
  if (missing.length === 0) return known;
  const fresh = missing.map(([, { ref, currency }]) =>
    newBasket(now, {
      ...{ kind: 'cart', owner: { profileId: null, node: null }, isLinked: false, currency },
      ...{ channel: channelOf(ref.source), source: ref.source, sourceRef: ref.id },
    }),
  );
  await insertBaskets(sql, workspaceId, fresh);
  return find();
}

/** `shopify:acme` sells in the channel `shopify`. */
function channelOf(source: string): string {
  return source.split(':', 1)[0]!;
}

/** A word on every line that the snapshot has otherwise than the cart, also on those it has not any more. */
async function wordsOf(tx: BasketTx, basket: Basket, cart: ShopCart): Promise<Word[]> {
  const given = cart.lines.map(({ productRef, variantRef, sku, name, quantity, priceMinor }): GivenWord => ({
    ...{ productId: productRef, variantId: variantRef, sku, name, quantity, atMs: cart.atMs },
    price: { amountMinor: priceMinor, currency: cart.currency },
  }));
  const read = await readWords(tx, basket, { words: given, by: 'shop' });
  const words = new Map<string, Word>();
  for (const word of read) {
    const before = words.get(word.key);
    words.set(word.key, { ...word, quantity: word.quantity + (before?.quantity ?? 0) });
  }
  for (const [key, line] of basket.lines) {
    if (line.quantity === 0 || words.has(key)) continue;
    words.set(key, { ...line, quantity: 0, saidAtMs: cart.atMs, saidBy: 'shop' });
  }
  return [...words.values()].filter((word) => {
    const line = basket.lines.get(word.key);
    return line === undefined || line.quantity !== word.quantity;
  });
}

/** An order that was told before its cart takes out what it bought. */
async function leaveBought(tx: BasketTx, book: BasketBook, carts: readonly ShopCart[]): Promise<void> {
  const { sql, workspaceId } = tx;
  const found: { reference: string; basketId: string }[] = [];
  for (const source of new Set(carts.map(({ ref }) => ref.source))) {
    const own = carts.filter(({ ref }) => ref.source === source);
    const tokens = own.map(({ ref }) => ref.id);
    for (const order of await listWaitingConversions(sql, workspaceId, { source, tokens })) {
      const id = book.ids.find(
        (one) => book.get(one)!.source === source && book.get(one)!.sourceRef === order.cartToken,
      );
      const cart = id === undefined ? undefined : book.survivorOf(id);
      if (cart === undefined) continue;
      for (const line of takeBought(cart.lines, order).changed) book.put(cart.id, line);
      convertIfEmpty(book, cart);
      found.push({ reference: order.reference, basketId: cart.id });
    }
  }
  await closeConversions(sql, workspaceId, found);
}
