import { expect, it } from 'vitest';
import type { Cart } from './fold-carts.ts';
import type { Order } from './fold-orders.ts';
import { joinCarts, joinOrders } from './join-books.ts';

const order = (orderId: string | undefined, number?: string, source?: string): Order => ({
  ...{ orderId, source, orderedAt: 1, changedAt: 1, lines: [], total: 5, refunded: 0, currency: 'EUR', isOpen: true },
  ...(number !== undefined && {
    book: {
      id: `ord_${orderId}`,
      number,
      channel: 'web',
      payment: 'paid',
      fulfilment: 'unfulfilled',
      standing: 'open',
      parcels: [],
    },
  }),
});
const ofShopA = (name: string) => ({ source: 'shop-a' as string | undefined, name });
const cart = (cartId: string | undefined, touchedAt: number, lines: Cart['lines'] = []): Cart => ({
  ...{ cartId, lines, value: 1, currency: 'EUR', touchedAt, isCheckoutStarted: false },
});

it('an order that the book has is told once, by whichever of its names events call it; others are told as events say', () => {
  const told = [order('1'), order('#1001'), order('ord_1'), order('2'), order(undefined)];
  const booked = {
    orders: [order('1', '#1001')],
    orderNames: ['1', '#1001', 'test-order'].map(ofShopA).concat({ source: undefined, name: 'ord_1' }),
  };
  expect(
    joinOrders(booked, [...told, order('test-order')]).map(({ orderId, book }) => [orderId, book === undefined]),
  ).toEqual([
    ['1', false],
    ['2', true],
    [undefined, true],
  ]);
});

it('an order of another shop is told beside the one of the book that has the same number; one that names no shop is not', () => {
  const booked = { orders: [order('77', '1001', 'shop-a')], orderNames: ['77', '1001'].map(ofShopA) };
  const told = [
    order('1001', undefined, 'shop-b'),
    order('77', undefined, 'shop-a'),
    order('1001', undefined, 'shop-a'),
  ];
  const joined = joinOrders(booked, [...told, order('1001'), order('ord_1', undefined, 'shop-b')]);
  expect(joined.map(({ orderId, source }) => [orderId, source])).toEqual([
    ['77', 'shop-a'],
    ['1001', 'shop-b'],
    ['ord_1', 'shop-b'],
  ]);
});

it('a cart that is kept is told once, whichever of its names events call it', () => {
  const kept = { ...cart('a', 2), tokens: ['bsk_1'] };
  expect(joinCarts([kept], [cart('a', 9), cart('bsk_1', 8), cart('b', 3)]).map(({ cartId }) => cartId)).toEqual([
    'b',
    'a',
  ]);
  expect(joinCarts([], [cart(undefined, 8)])).toHaveLength(1);
});

it('a cart without a name is the kept one if the same lies in it, or that was touched since; else it is told beside it', () => {
  const line = (productId: string, quantity: number) => ({
    ...{ productId, sku: null, variant: null, name: null, price: 1, url: null },
    ...{ quantity, addedAt: 1 },
  });
  const kept = cart('a', 5, [line('shoe', 1), line('sock', 2)]);
  const counts = (touchedAt: number, ...lines: Cart['lines']) =>
    joinCarts([kept], [cart(undefined, touchedAt, lines)]).length;
  expect(counts(9, line('sock', 2), line('shoe', 1))).toBe(1);
  expect(counts(9, line('sock', 1), line('shoe', 1))).toBe(2);
  expect(counts(9, line('shoe', 1))).toBe(2);
  expect(counts(9, line('hat', 1))).toBe(2);
  expect(counts(5, line('hat', 1))).toBe(1);
});
