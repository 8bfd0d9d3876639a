import { BasketBook } from './basket-book.ts';
import type { Basket, BasketOwner, BasketTx } from './basket.ts';
import { type CartHold, holdCart } from './hold-cart.ts';
import { type GivenWord, readWords } from './lines/read-words.ts';

export interface LinesWish {
  /** The basket as the sender knows it: one that was merged meanwhile hands the words on. */
  readonly basketId: string;
  readonly words: readonly GivenWord[];
  readonly by: string;
  /** Undefined: as before. Only whoever is trusted may ask: anybody else could set all stock apart. */
  readonly hold?: boolean | undefined;
  /** Of a guest's device, where the basket is nobody's yet. */
  readonly device?: BasketOwner | undefined;
}

/** Says words about a basket. Undefined: there is none. */
export async function changeLines(
  tx: BasketTx,
  { basketId, words, by, hold, device }: LinesWish,
): Promise<{ basket: Basket; hold: CartHold | undefined } | undefined> {
  const book = await BasketBook.lock(tx, [basketId]);
  const named = book.get(basketId);
  const survivor = book.survivorOf(basketId);
  if (named === undefined || survivor === undefined) return undefined;
  book.say(named.id, await readWords(tx, survivor, { words, by }));
  if (survivor.kind === 'cart' && hold !== undefined && hold !== survivor.isHeld)
    book.change(survivor.id, { isHeld: hold });
  if (device !== undefined && device.node !== null && survivor.node === null && !survivor.isLinked)
    book.change(survivor.id, device);
  await book.write();
  const basket = book.get(survivor.id)!;
  const isHeld = basket.isHeld || survivor.isHeld;
  return { basket, hold: isHeld ? await holdCart(tx, basket) : undefined };
}
