import type { OperationId } from '@segue/contract';
import type { Example } from './api-world.ts';
import { goodsOf, type MakeExample } from './examples-commerce.data.ts';
import type { Shop } from './shop.ts';

interface Opened {
  readonly basket: { readonly id: string; readonly token: string };
}

const open = async (shop: Shop, kind: 'cart' | 'wishlist'): Promise<Opened['basket']> =>
  (await shop.call<Opened>('createBasket', { body: { kind, channel: 'web' } })).basket;

const linesOf = async (shop: Shop): Promise<Example> => ({
  body: { lines: [{ variantId: (await goodsOf(shop)).variantId, quantity: 1 }] },
});

/** A guest's cart with something in it. */
async function cartOf(shop: Shop): Promise<Opened['basket']> {
  const cart = await open(shop, 'cart');
  await shop.call('setBasketLines', { params: { id: cart.id }, ...(await linesOf(shop)) });
  return cart;
}

type BasketOperation = Extract<OperationId, `${string}Basket${string}`>;

/** A call of every endpoint of baskets that succeeds, once. */
export const BASKETS_EXAMPLES: Readonly<Record<BasketOperation, MakeExample>> = {
  listBaskets: () => ({ query: { identifier: 'userId:ada' } }),
  createBasket: () => ({ body: { kind: 'cart', channel: 'pos', currency: 'EUR' } }),
  getBasket: async (shop) => ({ params: { id: (await cartOf(shop)).id } }),
  setBasketLines: async (shop) => ({ params: { id: (await open(shop, 'cart')).id }, ...(await linesOf(shop)) }),
  linkBasket: async (shop) => ({ body: { token: (await cartOf(shop)).token, profileId: shop.profileId } }),
  shareBasket: async (shop) => ({ params: { id: (await open(shop, 'wishlist')).id }, body: { isShared: true } }),
  renewBasketToken: async (shop) => ({ params: { id: (await cartOf(shop)).id } }),
  convertBasket: async (shop) => ({ params: { id: (await cartOf(shop)).id }, body: { reference: shop.word() } }),
};
