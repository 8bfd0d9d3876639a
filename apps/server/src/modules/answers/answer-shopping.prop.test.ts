import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answerShopping } from './answer-shopping.ts';
import { readShopEvent, type ShopEvent } from './shop-event.ts';

const NOW = Date.UTC(2026, 10, 23);
const DAY_MS = 86_400_000;
const PRODUCTS = ['p1', 'p2', 'p3'];

interface Told {
  readonly name: 'Product Added' | 'Product Removed' | 'Order Completed' | 'Order Refunded' | 'Order Cancelled';
  readonly product: string;
  readonly quantity: number;
  readonly cart: string;
  readonly order: string;
}
const told = fc.record<Told>({
  name: fc.constantFrom('Product Added', 'Product Removed', 'Order Completed', 'Order Refunded', 'Order Cancelled'),
  product: fc.constantFrom(...PRODUCTS),
  quantity: fc.integer({ min: 1, max: 3 }),
  cart: fc.constantFrom('a', 'b'),
  order: fc.constantFrom('o1', 'o2', 'o3'),
});

function toEvent(one: Told, index: number, at: number): ShopEvent {
  const { name, product, quantity, cart, order } = one;
  const line = { product_id: product, quantity, price: 2 };
  const properties = name.startsWith('Product')
    ? { ...line, cart_id: cart }
    : { order_id: order, products: [line], ...(name === 'Order Completed' && { cart_id: cart }) };
  return readShopEvent({ id: `m${index}`, name, at, properties })!;
}

/** Each cart and order told from the whole history anew, one product at a time. */
function oracle(history: readonly (Told & { readonly at: number })[]) {
  const inCart = (cart: string, product: string): number => {
    const own = history.filter((one) => one.cart === cart && !/Refunded|Cancelled/.test(one.name));
    const begun = own.slice(own.findLastIndex(({ name }) => name === 'Order Completed') + 1);
    if (begun.length === 0 || NOW - begun.at(-1)!.at >= 30 * DAY_MS) return 0;
    return begun
      .filter((one) => one.product === product)
      .reduce((sum, one) => Math.max(0, sum + (one.name === 'Product Added' ? one.quantity : -one.quantity)), 0);
  };
  const had = (product: string): number =>
    ['o1', 'o2', 'o3'].reduce((sum, order) => {
      const own = history.filter((one) => one.order === order && one.name.startsWith('Order'));
      const stated = own.findLast(({ name }) => name === 'Order Completed');
      const word = own.findLast(({ name }) => name !== 'Order Refunded');
      if (stated?.product !== product || word?.name === 'Order Cancelled') return sum;
      const back = own.filter((one) => one.name === 'Order Refunded' && one.product === product);
      return sum + Math.max(0, stated.quantity - back.reduce((total, one) => total + one.quantity, 0));
    }, 0);
  return { inCart, had };
}

it('orders and carts are what the whole history says, whatever the order of arrival and repeats', () => {
  fc.assert(
    fc.property(fc.array(told, { maxLength: 25 }), fc.infiniteStream(fc.nat()), (history, draws) => {
      const timed = history.map((one, index) => ({ ...one, at: NOW - (history.length - index) * 2 * DAY_MS }));
      const events = timed.map((one, index) => toEvent(one, index, one.at));
      const arrived = [...events, ...events.slice(0, 3)]
        .map((event) => ({ event, draw: draws.next().value as number }))
        .sort((a, b) => a.draw - b.draw)
        .map(({ event }) => event);
      const asked = PRODUCTS.map((id) => ({ kind: 'product' as const, id }));
      const answer = answerShopping({ events: arrived }, asked, NOW);
      const { inCart, had } = oracle(timed);
      for (const product of PRODUCTS) {
        expect(answer.bought.find(({ id }) => id === product)!.quantity).toBe(had(product));
        for (const cart of ['a', 'b']) {
          const lines = answer.carts.find(({ cartId }) => cartId === cart)?.lines ?? [];
          expect(lines.find(({ productId }) => productId === product)?.quantity ?? 0).toBe(inCart(cart, product));
        }
      }
    }),
    { numRuns: 500 },
  );
});
