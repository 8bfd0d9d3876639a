import { expect, it } from 'vitest';
import type { Cart } from './fold-carts.ts';
import type { Order } from './fold-orders.ts';
import { joinCarts, joinOrders } from './join-books.ts';

const order = (orderId: string | undefined, number?: string): Order => ({
  ...{ orderId, orderedAt: 1, changedAt: 1, lines: [], total: 5, refunded: 0, currency: 'EUR', isOpen: true },
  ...(number !== undefined && {
    book: { id: `ord_${orderId}`, number, channel: 'web', payment: 'paid', fulfilment: 'unfulfilled', parcels: [] },
  }),
});
const cart = (cartId: string | undefined, touchedAt: number): Cart => ({
  ...{ cartId, lines: [], value: 1, currency: 'EUR', touchedAt, isCheckoutStarted: false },
});

it('an order that the book has is told once, by whichever of its names events call it; others are told as events say', () => {
  const told = [order('1'), order('#1001'), order('ord_1'), order('2'), order(undefined)];
  const booked = { orders: [order('1', '#1001')], orderNames: ['1', '#1001', 'ord_1', 'test-order'] };
  expect(
    joinOrders(booked, [...told, order('test-order')]).map(({ orderId, book }) => [orderId, book === undefined]),
  ).toEqual([
    ['1', false],
    ['2', true],
    [undefined, true],
  ]);
});

it('a cart that is kept is told once, and takes the place of one that events do not name', () => {
  expect(
    joinCarts([cart('a', 2)], [cart('a', 9), cart(undefined, 8), cart('b', 3)]).map(({ cartId }) => cartId),
  ).toEqual(['b', 'a']);
  expect(joinCarts([], [cart(undefined, 8)])).toHaveLength(1);
});
