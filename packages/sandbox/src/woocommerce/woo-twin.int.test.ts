import { afterEach, beforeEach, expect, test } from 'vitest';
import { hmacBase64 } from '../twin/testing/hmac.ts';
import { type HookReceiver, startHookReceiver } from '../twin/testing/hook-receiver.ts';
import { createManualClock, type ManualClock } from '../twin/testing/manual-clock.ts';
import { createWooTwin, type WooTwin } from './create-woo-twin.ts';

let clock: ManualClock;
let receiver: HookReceiver;
let twin: WooTwin;
let mugId: number;

beforeEach(async () => {
  clock = createManualClock();
  receiver = await startHookReceiver();
  twin = await createWooTwin({ clock, seed: 7, deliverTo: receiver.url });
  mugId = twin.addProduct({ name: 'Morning mist mug', sku: 'MUG', price: '9.00', stock: 10 }).id;
  await twin.flush();
});
afterEach(async () => {
  await twin.close();
  await receiver.close();
});

const authorization = (): string =>
  `Basic ${Buffer.from(`${twin.consumerKey}:${twin.consumerSecret}`).toString('base64')}`;

async function call(path: string, sent: { method?: string; body?: object } = {}) {
  const response = await fetch(`${twin.url}/wp-json/wc/v3/${path}`, {
    method: sent.method ?? 'GET',
    headers: { authorization: authorization(), 'content-type': 'application/json' },
    ...(sent.body !== undefined && { body: JSON.stringify(sent.body) }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as never as Record<string, never>[],
  };
}

function sell(quantity = 1) {
  const placed = twin.placeOrder({ email: 'ada@shop.example', lines: [{ productId: mugId, quantity }] });
  if (placed.kind !== 'placed') throw new Error(placed.kind);
  return placed.order;
}

const topics = (): unknown[] => receiver.take().map(({ headers }) => headers['x-wc-webhook-topic']);

test('a new webhook calls once with a form and no signature', () => {
  const [ping] = receiver.take();
  expect(ping!.text).toBe('webhook_id=1');
  expect(ping!.headers['content-type']).toBe('application/x-www-form-urlencoded');
  expect(ping!.headers['x-wc-webhook-signature']).toBeUndefined();
});

test('every delivery carries the real headers, and a signature over the bytes that another computation agrees with', async () => {
  receiver.take();
  sell();
  await twin.flush();
  const hooks = receiver.take();
  expect(hooks.map(({ headers }) => headers['x-wc-webhook-topic'])).toEqual([
    'order.created',
    'order.updated',
    'product.updated',
  ]);
  for (const { headers, body } of hooks) {
    const signature = await hmacBase64(twin.signingSecret, body);
    expect(headers['x-wc-webhook-signature']).toBe(signature);
    expect(headers['x-wc-webhook-source']).toBe(`${twin.url}/`);
    expect(headers['x-wc-webhook-delivery-id']).toMatch(/^[0-9a-f]{32}$/);
  }
});

test('a secret with entities in it signs with what they stand for', async () => {
  await call('webhooks', {
    method: 'POST',
    body: { topic: 'coupon.created', delivery_url: receiver.url, secret: 'a&amp;b' },
  });
  receiver.take();
  twin.addCoupon({ code: 'TEN', percent: 10 });
  await twin.flush();
  const [, own] = receiver.take();
  const signature = await hmacBase64('a&b', own!.body);
  expect(own!.headers['x-wc-webhook-signature']).toBe(signature);
});

test('a payload says what is true when it is delivered, not what happened', async () => {
  receiver.take();
  const order = sell();
  twin.completeOrder(order.id);
  await twin.flush();
  const created = receiver.take().find(({ headers }) => headers['x-wc-webhook-topic'] === 'order.created');
  expect(JSON.parse(created!.text)).toMatchObject({ id: order.id, status: 'completed' });
});

test('two deliveries of a webhook in one second share their id', async () => {
  receiver.take();
  sell();
  sell();
  await twin.flush();
  const created = receiver.take().filter(({ headers }) => headers['x-wc-webhook-topic'] === 'order.created');
  expect(created).toHaveLength(2);
  expect(created[0]!.text).not.toBe(created[1]!.text);
  expect(created[0]!.headers['x-wc-webhook-delivery-id']).toBe(created[1]!.headers['x-wc-webhook-delivery-id']);
});

test('of what is gone before its delivery only the refusal is sent', async () => {
  receiver.take();
  const order = sell();
  twin.deleteOrder(order.id);
  await twin.flush();
  const [first] = receiver.take();
  expect(JSON.parse(first!.text)).toMatchObject({ code: 'woocommerce_rest_shop_order_invalid_id' });
});

test('nothing is tried twice, and the seventh failure in a row disables a webhook', async () => {
  receiver.take();
  receiver.answer(500);
  const webhook = [...twin.webhooks.webhooks.values()].find(({ topic }) => topic === 'coupon.created')!;
  for (let one = 1; one <= 7; one++) {
    expect(webhook.status).toBe('active');
    twin.addCoupon({ code: `c${one}`, percent: 10 });
    await twin.flush();
  }
  expect(webhook.status).toBe('disabled');
  expect(receiver.take()).toHaveLength(7);
  receiver.answer(200);
  twin.addCoupon({ code: 'c8', percent: 10 });
  await twin.flush();
  expect(topics()).toEqual([]);
  await call(`webhooks/${webhook.id}`, { method: 'PUT', body: { status: 'active' } });
  twin.addCoupon({ code: 'c9', percent: 10 });
  await twin.flush();
  expect(topics()).toEqual(['coupon.created']);
});

test('pages by number answer everything once while nothing changes, and say how many there are', async () => {
  twin.setStock({ productId: mugId, quantity: 100 });
  const placed = Array.from({ length: 23 }, () => sell(1).id);
  const seen: unknown[] = [];
  for (let page = 1; page <= 3; page++) {
    const { body, headers } = await call(`orders?per_page=10&page=${page}&orderby=id&order=asc`);
    expect([headers.get('x-wp-total'), headers.get('x-wp-totalpages')]).toEqual(['23', '3']);
    seen.push(...body.map(({ id }) => id));
  }
  expect(seen).toEqual(placed);
  expect((await call('orders?per_page=101')).status).toBe(400);
});

test('what was modified is found to the second, in the zone that is asked for', async () => {
  const first = sell();
  clock.advance(5_000);
  const second = sell();
  const ask = async (query: string) => (await call(`orders?${query}`)).body.map(({ id }) => id);
  expect(await ask('modified_after=2026-11-23T10:00:00&dates_are_gmt=true')).toEqual([second.id]);
  expect(await ask('modified_after=2026-11-23T09:59:59&dates_are_gmt=true')).toEqual([second.id, first.id]);
  // Three hours west of Greenwich.
  expect(await ask('modified_after=2026-11-23T07:00:00')).toEqual([second.id]);
});

test('a call without the shop’s key is refused', async () => {
  expect((await fetch(`${twin.url}/wp-json/wc/v3/orders`)).status).toBe(401);
});

test('stock is set to whatever is said, where it is counted', async () => {
  const { body } = await call(`products/${mugId}`, { method: 'PUT', body: { stock_quantity: 4 } });
  expect(body).toMatchObject({ stock_quantity: 4, stock_status: 'instock' });
  const { id } = twin.addProduct({ name: 'Gift wrap', sku: 'WRAP', price: '2.00' });
  expect((await call(`products/${id}`, { method: 'PUT', body: { stock_quantity: 4 } })).body).toMatchObject({
    stock_quantity: null,
  });
});

test('an unpaid order holds its stock for an hour, and then gives it back', () => {
  twin.placeOrder({ email: 'ada@shop.example', status: 'pending', lines: [{ productId: mugId, quantity: 8 }] });
  expect(twin.placeOrder({ email: 'eve@shop.example', lines: [{ productId: mugId, quantity: 3 }] }).kind).toBe(
    'sold_out',
  );
  clock.advance(3_600_000);
  expect(twin.placeOrder({ email: 'eve@shop.example', lines: [{ productId: mugId, quantity: 3 }] }).kind).toBe(
    'placed',
  );
});

test('refunds are asked for apart, with the lines they are of', async () => {
  const order = sell(2);
  twin.refund({ orderId: order.id, lines: [{ lineId: order.lines[0]!.id, quantity: 1 }], reason: 'broken' });
  const { body } = await call(`orders/${order.id}/refunds`);
  expect(body).toMatchObject([
    {
      amount: '9.54',
      line_items: [{ quantity: -1, meta_data: [{ key: '_refunded_item_id', value: String(order.lines[0]!.id) }] }],
    },
  ]);
  expect((await call(`orders/${order.id}`)).body).toMatchObject({
    refunds: [{ total: '-9.54' }],
    status: 'processing',
  });
});
