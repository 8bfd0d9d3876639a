import { expect, it } from 'vitest';
import { answerShopping } from './answer-shopping.ts';
import { readShopEvent } from './shop-event.ts';
import { weighReplies } from './weigh-replies.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const HOUR_MS = 3_600_000;
let serial = 0;
const shop = (hoursAgo: number, name: string, properties: object) =>
  readShopEvent({ id: `m${++serial}`, name, at: NOW - hoursAgo * HOUR_MS, properties: { ...properties } })!;
const shoe = { product_id: 'shoe', sku: 'S-1', variant: 'red', price: 50, quantity: 2 };
const sock = { product_id: 'sock', price: 5 };
const ask = (id: string) => [{ kind: 'product' as const, id }];

it('a partial refund leaves the rest of the order hers and open; the whole one leaves nothing', () => {
  const order = shop(9, 'Order Completed', { order_id: 'o', total: 105, products: [shoe, sock] });
  const part = shop(8, 'Order Refunded', { order_id: 'o', products: [{ ...shoe, quantity: 1 }] });
  const partial = answerShopping({ events: [part, order] }, ask('S-1'), NOW);
  expect(partial.bought[0]).toMatchObject({ isBought: true, quantity: 1, orders: 1, orderIds: ['o'] });
  expect(partial.orders[0]).toMatchObject({ orderId: 'o', refunded: 50, total: 105 });
  const amount = shop(8, 'Order Refunded', { order_id: 'o', total: 20 });
  expect(answerShopping({ events: [order, amount] }, ask('shoe'), NOW).bought[0]).toMatchObject({ quantity: 2 });
  const whole = answerShopping({ events: [order, shop(8, 'Order Refunded', { order_id: 'o' })] }, ask('shoe'), NOW);
  expect([whole.bought[0]!.isBought, whole.orders]).toEqual([false, []]);
});

it('a product in one cart that was bought in another is no longer wished for, and its cart says so', () => {
  const events = [
    shop(9, 'Product Added', { ...shoe, cart_id: 'a' }),
    shop(8, 'Product Added', { ...sock, cart_id: 'a' }),
    shop(7, 'Product Added', { ...shoe, cart_id: 'b' }),
    shop(6, 'Order Completed', { order_id: 'o', cart_id: 'b', products: [shoe] }),
  ];
  const { carts, interests } = answerShopping({ events }, [], NOW);
  expect(carts.map(({ cartId, lines }) => [cartId, lines.map((line) => [line.productId, line.isBought])])).toEqual([
    [
      'a',
      [
        ['shoe', true],
        ['sock', false],
      ],
    ],
  ]);
  expect(interests.map(({ productId, what }) => [productId, what])).toEqual([['sock', 'in_cart']]);
});

it('an order ends the cart whose checkout it names; after 30 days a cart is no longer open', () => {
  const added = shop(9, 'Product Added', { ...shoe, cart_id: 'a' });
  const checkout = shop(8, 'Checkout Started', { checkout_id: 'c' });
  expect(answerShopping({ events: [added, checkout] }, [], NOW).carts[0]).toMatchObject({
    value: 100,
    isCheckoutStarted: true,
  });
  const order = shop(7, 'Order Completed', { checkout_id: 'c', order_id: 'o' });
  expect(answerShopping({ events: [order, checkout, added] }, [], NOW).carts).toEqual([]);
  const days = (count: number) => NOW - 9 * HOUR_MS + count * 24 * HOUR_MS;
  expect(answerShopping({ events: [added] }, [], days(30) - 1).carts).toHaveLength(1);
  expect(answerShopping({ events: [added] }, [], days(30)).carts).toEqual([]);
});

it('says no hour and no channel while too little is known, and the hour of her own zone when it stands out', () => {
  const reply = (hour: number, index: number) => ({
    messageId: `msg_${index}`,
    channel: 'email',
    at: Date.UTC(2026, 0, 1 + index, hour),
  });
  const few = weighReplies([8, 8, 8, 8].map(reply), 'Europe/Berlin');
  expect([few.hour.value, few.channel.value, few.hour.evidence]).toEqual([undefined, undefined, 4]);
  const enough = weighReplies([8, 8, 8, 20, 21].map(reply), 'Europe/Berlin');
  expect([enough.hour.value, enough.channel.value]).toEqual([9, 'email']);
  expect(weighReplies([8, 8, 8, 20, 20, 20].map(reply), 'UTC').hour.value).toBeUndefined();
});
