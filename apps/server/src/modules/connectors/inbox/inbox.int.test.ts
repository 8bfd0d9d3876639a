import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { JsonObject } from '../../../platform/json.ts';
import { type ConnectorRoom, type ConnectorShop, openConnectorRoom, signed } from '../testing/connector-world.ts';
import { fixture, fixtureJson } from '../testing/fixtures.ts';

let room: ConnectorRoom;
let shop: ConnectorShop;
beforeAll(async () => {
  room = await openConnectorRoom();
});
beforeEach(async () => {
  shop = await room.openShop();
});
afterAll(() => room.drop());

const ROOT = '/api/v1/connectors';
const states = () =>
  shop.query<{ topic: string; state: string; fault: string | null }>(
    'select topic, state, fault from connector_inbox where workspace_id = $1 order by seq',
  );

it('a webhook its shop did not sign is refused with 401, as is one for no connector, and nothing of it is kept', async () => {
  const id = await shop.connect();
  const body = fixture('shopify/order.json');
  expect(await shop.hook(id, 'orders/create', body, signed('orders/create', body, 'another secret'))).toBe(401);
  expect(await shop.hook(`cnc_${'0'.repeat(32)}`, 'orders/create', body)).toBe(401);
  expect(await shop.hook(id, 'orders/create', body, { 'x-shopify-shop-domain': 'other.myshopify.com' })).toBe(401);
  expect(await states()).toEqual([]);
});

it('the same delivery twice is one; what is processed keeps no word of what it said', async () => {
  const id = await shop.connect();
  const body = fixture('shopify/order.json');
  const headers = signed('orders/create', body);
  expect(await shop.hook(id, 'orders/create', body, headers)).toBe(200);
  await shop.drain();
  expect(await shop.hook(id, 'orders/create', body, headers)).toBe(200);
  await shop.drain();
  expect(await states()).toEqual([{ topic: 'orders/create', state: 'done', fault: null }]);
  expect(await shop.query('select raw from connector_inbox where workspace_id = $1')).toEqual([{ raw: null }]);
  expect(await shop.query('select source_order_id from shop_order where workspace_id = $1')).toEqual([
    { source_order_id: '450789469' },
  ]);
});

it('a payload that is not as documented is set aside with its reason and holds nothing up; replayed, it is looked at again', async () => {
  const id = await shop.connect();
  await shop.hook(id, 'orders/create', { name: '#1' });
  // No engine stores this character: it is found only while it is made true.
  await shop.hook(id, 'products/create', { ...fixtureJson('shopify/product.json'), id: 7, title: 'a\u0000b' });
  await shop.hook(id, 'orders/create', fixture('shopify/order.json'));
  await shop.hook(id, 'themes/publish', { id: 1 });
  await shop.drain();
  const [first, second, third, fourth] = await states();
  expect(first).toEqual({ topic: 'orders/create', state: 'faulted', fault: 'the order has no id' });
  expect(second).toMatchObject({ state: 'faulted', fault: expect.stringMatching(/.+/) });
  expect(third).toMatchObject({ state: 'done' });
  expect(fourth).toEqual({ topic: 'themes/publish', state: 'ignored', fault: 'nothing is made of themes/publish' });
  const status = await shop.call('GET', `${ROOT}/${id}/status`);
  expect(status.body).toMatchObject({ pending: 0, faulted: 2, lagMs: 0 });
  const listed = await shop.call('GET', `${ROOT}/${id}/deliveries?state=faulted`);
  const items = listed.body['items'] as JsonObject[];
  expect(items).toHaveLength(2);
  const one = await shop.call('POST', `${ROOT}/${id}/deliveries/${String(items[0]!['id'])}/replay`);
  expect(one.body).toMatchObject({ state: 'pending', attempts: 1 });
  expect((await shop.call('POST', `${ROOT}/${id}/replay`)).body).toEqual({ deliveries: 1 });
  await shop.drain();
  expect((await states()).map(({ state }) => state)).toEqual(['faulted', 'faulted', 'done', 'ignored']);
  const done = await shop.call('GET', `${ROOT}/${id}/deliveries?state=done`);
  const again = await shop.call(
    'POST',
    `${ROOT}/${id}/deliveries/${String((done.body['items'] as JsonObject[])[0]!['id'])}/replay`,
  );
  expect(again.status).toBe(409);
});

it('while a connector is paused its deliveries wait, and are processed when it goes on', async () => {
  const id = await shop.connect();
  await shop.call('PATCH', `${ROOT}/${id}`, { state: 'paused' });
  expect(await shop.hook(id, 'orders/create', fixture('shopify/order.json'))).toBe(200);
  await shop.drain();
  expect((await states())[0]).toMatchObject({ state: 'pending' });
  await shop.call('PATCH', `${ROOT}/${id}`, { state: 'active' });
  await shop.drain();
  expect((await states())[0]).toMatchObject({ state: 'done' });
});

it('a retried webhook with its old payload changes nothing that is newer', async () => {
  const id = await shop.connect();
  const product = fixtureJson('shopify/product.json');
  const titled = (title: string, at: string) => ({ ...product, title, updated_at: at });
  await shop.hook(id, 'products/update', titled('New', '2026-02-02T00:00:00Z'));
  await shop.drain();
  await shop.hook(id, 'products/update', titled('Old', '2026-02-01T00:00:00Z'), {
    'x-shopify-triggered-at': '2026-02-01T00:00:00Z',
  });
  await shop.drain();
  expect((await shop.dump())['products']).toMatchObject([{ title: 'New' }]);
});

it('a ping of WooCommerce is answered, and its webhooks are taken by their own signature', async () => {
  const woo = { kind: 'woocommerce', storeUrl: 'https://shop.example', webhookSecret: 'woo-secret', name: 'Woo' };
  const { body } = await shop.call('POST', ROOT, { ...woo, currency: 'USD' });
  const id = String(body['id']);
  expect(body).toMatchObject({ account: 'https://shop.example', source: 'woocommerce:shop.example', canAsk: false });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  expect(await shop.hook(id, '', Buffer.from('webhook_id=3'), form)).toBe(200);
  const order = fixture('woocommerce/order.created.json');
  const headers = {
    'x-wc-webhook-topic': 'order.created',
    'x-wc-webhook-signature': createHmac('sha256', 'woo-secret').update(order).digest('base64'),
  };
  expect(await shop.hook(id, 'ignored', order, headers)).toBe(200);
  expect(await shop.hook(id, 'ignored', order, { ...headers, 'x-wc-webhook-signature': 'AAAA' })).toBe(401);
  await shop.drain();
  expect(await states()).toEqual([{ topic: 'order.created', state: 'done', fault: null }]);
});

it('an app that is uninstalled ends its connector; what it asks about data after that is still answered', async () => {
  const id = await shop.connect();
  await shop.hook(id, 'app/uninstalled', { id: 1 });
  await shop.drain();
  expect((await shop.call('GET', `${ROOT}/${id}`)).body).toMatchObject({ state: 'uninstalled' });
  expect(await shop.hook(id, 'customers/redact', fixture('shopify/customers.redact.json'))).toBe(200);
  await shop.drain();
  expect(shop.handed.compliance).toMatchObject([
    { topic: 'customers/redact', payload: { shop_domain: expect.anything() } },
  ]);
});

it('secrets are sealed and never answered; a replaced one holds for seven days more', async () => {
  const id = await shop.connect({ accessToken: 'shpat_0123456789' });
  const shown = await shop.call('GET', `${ROOT}/${id}`);
  expect(JSON.stringify(shown.body)).not.toMatch(/hush|shpat/);
  expect(shown.body).toMatchObject({
    canAsk: true,
    hookPath: `/hooks/connectors/${id}`,
    hookTopics: expect.arrayContaining(['orders/create']),
  });
  const rows = await shop.query<{ text: string }>(
    "select encode(secrets, 'escape') as text from connector where workspace_id = $1",
  );
  expect(rows[0]!.text).not.toMatch(/hush|shpat/);
  await shop.call('PATCH', `${ROOT}/${id}`, { signingSecret: 'a-new-secret' });
  const body = fixture('shopify/location.json');
  expect(await shop.hook(id, 'locations/update', body)).toBe(200);
  expect(await shop.hook(id, 'locations/update', body, signed('locations/update', body, 'a-new-secret'))).toBe(200);
  room.clock.advance(8 * 24 * 3_600_000);
  expect(await shop.hook(id, 'locations/update', body)).toBe(401);
});
