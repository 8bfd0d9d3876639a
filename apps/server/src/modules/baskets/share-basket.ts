import { AppError } from '../../platform/errors.ts';
import { BasketBook } from './basket-book.ts';
import type { Basket, BasketTx } from './basket.ts';
import { listMergedInto } from './basket-store.ts';
import { newToken } from './open-basket.ts';

/** Makes a link that only reads, or takes back every link there is. Undefined: there is no such basket. */
export async function shareBasket(
  tx: BasketTx,
  basketId: string,
  { isShared, name }: { isShared: boolean; name?: string | null | undefined },
): Promise<Basket | undefined> {
  const { book, survivor, parts } = await lockWhole(tx, basketId);
  if (survivor === undefined) return undefined;
  if (survivor.kind !== 'wishlist') {
    throw new AppError('invalid', 'Only a wish list is shared', {
      details: [{ field: 'id', message: 'names a cart or the recently viewed; share a wish list' }],
    });
  }
  const titled = name === undefined ? {} : { name };
  if (isShared) book.change(survivor.id, { ...titled, shareToken: survivor.shareToken ?? newToken() });
  else for (const id of parts) book.change(id, { ...(id === survivor.id && titled), shareToken: null });
  await book.write();
  return book.get(survivor.id);
}

/** No token that was given out leads to the basket any more. */
export async function renewToken(tx: BasketTx, basketId: string): Promise<Basket | undefined> {
  const { book, survivor, parts } = await lockWhole(tx, basketId);
  if (survivor === undefined) return undefined;
  for (const id of parts) book.change(id, { token: newToken() });
  await book.write();
  return book.get(survivor.id);
}

async function lockWhole(tx: BasketTx, basketId: string) {
  const book = await BasketBook.lock(tx, [basketId]);
  const survivor = book.survivorOf(basketId);
  if (survivor === undefined) return { book, survivor, parts: [] };
  const parts = await listMergedInto(tx.sql, tx.workspaceId, survivor.id);
  // What is part of the one that is locked is merged for good.
  return { book: await BasketBook.lock(tx, parts), survivor, parts };
}
