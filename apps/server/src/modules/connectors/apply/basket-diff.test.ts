import { expect, it } from 'vitest';
import type { ShopCartLine } from '../records.ts';
import { type BasketState, NOTHING_TOLD, tellCart, tellCheckout } from './basket-diff.ts';

const line = (key: string, quantity: number): ShopCartLine => ({
  ...{ key, productId: `p${key}`, variantId: key, sku: undefined, name: `Thing ${key}`, variantTitle: undefined },
  ...{ brand: 'Acme', quantity, priceMinor: 1_050 },
});
const cart = (...lines: ShopCartLine[]): BasketState => ({ currency: 'EUR', lines });

it('each line that grew was added, each that shrank was removed, and what is told twice is told once', () => {
  const first = tellCart('c', { state: cart(line('1', 2), line('2', 1)), told: NOTHING_TOLD });
  expect(
    first.events.map(({ event, properties }) => [event, properties['variant_id'], properties['quantity']]),
  ).toEqual([
    ['Product Added', '1', 2],
    ['Product Added', '2', 1],
  ]);
  expect(first.events[0]!.properties).toMatchObject({
    cart_id: 'c',
    product_id: 'p1',
    price: 10.5,
    brand: 'Acme',
    currency: 'EUR',
  });
  expect(tellCart('c', { state: cart(line('1', 2), line('2', 1)), told: first.told }).events).toEqual([]);
  const second = tellCart('c', { state: cart(line('1', 1), line('3', 1)), told: first.told });
  expect(second.events.map(({ event, what }) => [event, what])).toEqual([
    ['Product Removed', '1 2 1'],
    ['Product Removed', '2 1 0'],
    ['Product Added', '3 0 1'],
  ]);
});

it('the same thing on two lines counts together', () => {
  const { events } = tellCart('c', { state: cart(line('1', 2), line('1', 3)), told: NOTHING_TOLD });
  expect(events).toMatchObject([{ properties: { quantity: 5 } }]);
});

it('a checkout is started once, a step made is made, and codes come and go', () => {
  const checkout = {
    ...{ startedAtMs: 5, isCompleted: false, totalMinor: 2_100, taxMinor: 0, discountMinor: 100 },
    ...{ couponCodes: ['A'], steps: ['contact', 'address'] as const },
  };
  const first = tellCheckout('k', { state: { ...cart(line('1', 2)), checkout }, told: NOTHING_TOLD });
  expect(first.events.map(({ event }) => event)).toEqual([
    ...['Checkout Started', 'Checkout Step Completed', 'Checkout Step Completed', 'Coupon Applied'],
  ]);
  expect(first.events[0]).toMatchObject({
    atMs: 5,
    properties: { order_id: 'k', value: 21, coupon: 'A', products: [{ quantity: 2 }] },
  });
  const back = { ...checkout, couponCodes: ['B'], steps: ['contact'] as const };
  const second = tellCheckout('k', { state: { ...cart(), checkout: back }, told: first.told });
  expect(second.events.map(({ what }) => what)).toEqual(['+B', '-A']);
  expect(
    tellCheckout('k', { state: { ...cart(), checkout }, told: second.told }).events.map(({ what }) => what),
  ).toEqual(['+A', '-B']);
});
