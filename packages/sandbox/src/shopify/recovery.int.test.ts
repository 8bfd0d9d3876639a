import { afterEach, beforeEach, expect, test } from 'vitest';
import { BAD_DAY } from '../unreliable/index.ts';
import { getAdmin, idsIn } from './testing/call-admin.ts';
import { type FurnishedShop, furnishShop } from './testing/furnished-shop.ts';

let at: FurnishedShop;

beforeEach(async () => {
  at = await furnishShop({ isThrottled: false });
});
afterEach(() => at.close());

test('the same seed and the same day deliver the same bytes in the same order', async () => {
  const day = async () => {
    const shop = await furnishShop();
    shop.twin.webhooks.behave(BAD_DAY);
    for (let one = 0; one < 8; one++) {
      shop.twin.placeOrder({ email: 'ada@shop.example', lines: [{ variantId: shop.mugId, quantity: 1 }] });
      shop.clock.advance(60_000);
      await shop.twin.flush();
    }
    shop.clock.advance(3_600_000);
    await shop.twin.flush();
    await shop.close();
    return shop.receiver.hooks.map(({ text, headers }) => [headers['x-shopify-webhook-id'], text]);
  };
  const first = await day();
  expect(first.length).toBeGreaterThan(10);
  expect(await day()).toEqual(first);
});

test('what a bad day lost is found by asking what changed since', async () => {
  at.twin.webhooks.behave({ ...BAD_DAY, loses: 0.5 });
  const since = new Date(at.clock.now()).toISOString();
  const placed: string[] = [];
  for (let one = 0; one < 10; one++) {
    at.clock.advance(60_000);
    const sold = at.twin.placeOrder({ email: 'ada@shop.example', lines: [{ variantId: at.mugId, quantity: 1 }] });
    if (sold.kind === 'placed') placed.push(sold.order.id);
  }
  at.clock.advance(3_600_000);
  await at.twin.flush();
  const told = new Set(
    at.receiver
      .take()
      .flatMap(({ headers, text }) => (headers['x-shopify-topic'] === 'orders/create' ? idsIn(text).slice(0, 1) : [])),
  );
  expect(at.twin.webhooks.lostCount).toBeGreaterThan(0);
  expect(told.size).toBeLessThan(placed.length);
  const { body, text } = await getAdmin(at.twin, `orders.json?status=any&limit=250&updated_at_min=${since}`);
  expect(body['orders']).toHaveLength(placed.length);
  for (const id of placed) expect(text).toContain(`"id":${id},`);
});

test('an order that is sold out leaves nothing behind', () => {
  const before = JSON.stringify([...at.twin.shop.state.levels.values()]);
  expect(at.twin.placeOrder({ email: 'ada@shop.example', lines: [{ variantId: at.mugId, quantity: 11 }] })).toEqual({
    kind: 'sold_out',
    variantIds: [at.mugId],
  });
  expect(JSON.stringify([...at.twin.shop.state.levels.values()])).toBe(before);
  expect(at.twin.shop.state.orders.size).toBe(0);
});

test('an order takes from the first place that has all of it, else from several', () => {
  const take = (quantity: number) => {
    const sold = at.twin.placeOrder({ email: 'ada@shop.example', lines: [{ variantId: at.mugId, quantity }] });
    return sold.kind === 'placed' ? sold.order.lines[0]!.taken : undefined;
  };
  expect(take(5)).toEqual([{ locationId: at.warehouseId, quantity: 5 }]);
  expect(take(3)).toEqual([{ locationId: at.storeId, quantity: 3 }]);
  expect(take(2)).toEqual([{ locationId: at.warehouseId, quantity: 2 }]);
});

test('the money of an order adds up, with tax, shipping, a code and a refund in parts', async () => {
  at.twin.addDiscount({ code: 'TEN', percent: 10 });
  const sold = at.twin.placeOrder({
    ...{
      email: 'ada@shop.example',
      lines: [{ variantId: at.mugId, quantity: 3 }],
      discountCode: 'ten',
      shipping: '5.00',
    },
  });
  if (sold.kind !== 'placed') throw new Error(sold.kind);
  const [line] = sold.order.lines;
  at.twin.fulfil({ orderId: sold.order.id });
  at.twin.refund({
    orderId: sold.order.id,
    lines: [{ lineId: line!.id, quantity: 1, restock: 'return', locationId: at.storeId }],
  });
  const { body } = await getAdmin(at.twin, `orders/${sold.order.id}.json`);
  expect(body['order']).toMatchObject({
    ...{ total_line_items_price: '597.00', total_discounts: '59.70', subtotal_price: '537.30', total_tax: '32.24' },
    ...{ total_price: '574.54', financial_status: 'partially_refunded', fulfillment_status: 'fulfilled' },
    discount_codes: [{ code: 'TEN', amount: '59.70', type: 'percentage' }],
    refunds: [
      {
        refund_line_items: [{ quantity: 1, restock_type: 'return', subtotal: 179.1 }],
        transactions: [{ kind: 'refund' }],
      },
    ],
  });
});
