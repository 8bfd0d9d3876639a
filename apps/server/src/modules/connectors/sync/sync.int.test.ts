import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../platform/json.ts';
import { type ConnectorRoom, type ConnectorShop, NOW, openConnectorRoom } from '../testing/connector-world.ts';
import { type FakeShop, startFakeShop } from '../testing/fake-shop.ts';
import { fixtureJson } from '../testing/fixtures.ts';
import { runConnectorPolls } from './run-jobs.ts';

const ROOT = '/api/v1/connectors';
const MINUTE_MS = 60_000;

let room: ConnectorRoom;
let shop: ConnectorShop;
let fake: FakeShop;
beforeAll(async () => {
  room = await openConnectorRoom();
});
afterAll(() => room.drop());
beforeEach(async () => {
  fake = await startFakeShop();
  shop = await room.openShop();
});
afterEach(async () => {
  // Its jobs are nobody's any more: the next test's shop is the only one that is asked.
  await shop.query('delete from connector where workspace_id = $1');
  await fake.close();
});

const deps = () => ({
  outbound: shop.outbound,
  ports: shop.ports,
  publicUrl: 'https://segue.example',
  owner: randomUUID(),
});

/** Until nothing is due any more. */
async function poll(): Promise<void> {
  while ((await runConnectorPolls(shop.services, deps())) > 0);
}

const gmt = (atMs: number): string => new Date(atMs).toISOString().slice(0, 19);

interface WooStore {
  products: JsonObject[];
  orders: JsonObject[];
  refunds: Record<string, JsonObject[]>;
  variations: Record<string, JsonObject[]>;
  webhooks: JsonObject[];
}

/** As WooCommerce answers: changed after, the oldest first, page by page. */
function wooReply(store: WooStore): Parameters<FakeShop['answer']>[0] {
  return ({ route, query, method, json, headers }) => {
    expect(headers.authorization).toBe(`Basic ${Buffer.from('ck_12345678:cs_12345678').toString('base64')}`);
    const path = route.replace('/wp-json/wc/v3/', '');
    const page = (items: readonly Json[]) => {
      const most = Number(query.get('per_page') ?? 10);
      const from = (Number(query.get('page') ?? 1) - 1) * most;
      return { headers: { date: new Date(room.clock.now()).toUTCString() }, body: items.slice(from, from + most) };
    };
    const changed = (items: readonly JsonObject[]) => {
      const include = query.get('include')?.split(',');
      const after = query.get('modified_after') ?? '';
      return items
        .filter((one) => include?.includes(String(one['id'])) ?? String(one['date_modified_gmt']) > after)
        .sort((a, b) => (String(a['date_modified_gmt']) < String(b['date_modified_gmt']) ? -1 : 1));
    };
    if (method === 'POST' && path === 'webhooks') {
      store.webhooks.push({ ...json, id: store.webhooks.length + 1 });
      return { status: 201, body: store.webhooks.at(-1)! };
    }
    const [, id, inner] = /^(?:products|orders|webhooks)\/(\d+)(?:\/(\w+))?$/.exec(path) ?? [];
    if (method === 'PUT') {
      const hook = store.webhooks.find((one) => String(one['id']) === id)!;
      Object.assign(hook, json);
      return { body: hook };
    }
    if (path === 'products') return page(changed(store.products));
    if (path === 'customers') return page([]);
    if (path === 'webhooks') return page(store.webhooks);
    if (inner === 'variations') return page(store.variations[id!] ?? []);
    if (inner === 'refunds') return page(store.refunds[id!] ?? []);
    if (path !== 'orders') return undefined;
    if (query.get('after') === null) return page(changed(store.orders));
    const [after, before] = [query.get('after')!, query.get('before')!];
    return page(
      store.orders.filter((one) => String(one['date_created_gmt']) > after && String(one['date_created_gmt']) < before),
    );
  };
}

function wooOrder(id: number, atMs: number, fields: JsonObject = {}): JsonObject {
  const order = { ...fixtureJson('woocommerce/order.created.json'), id, number: String(id), order_key: `wc_${id}` };
  return { ...order, date_created_gmt: gmt(atMs), date_modified_gmt: gmt(atMs), date_paid_gmt: gmt(atMs), ...fields };
}

async function connectWoo(): Promise<string> {
  const keys = { consumerKey: 'ck_12345678', consumerSecret: 'cs_12345678', webhookSecret: 'woo-secret' };
  const body = { kind: 'woocommerce', name: 'Woo', currency: 'USD', storeUrl: fake.url, ...keys };
  const made = await shop.call('POST', ROOT, body);
  expect(made).toMatchObject({ status: 201, body: { canAsk: true } });
  return String(made.body['id']);
}

it('a shop that is connected is subscribed to and read from its beginning, page by page; what changes later is found by polling', async () => {
  const now = room.clock.now();
  const product = fixtureJson('woocommerce/product.created.json');
  const store: WooStore = { products: [], orders: [], refunds: {}, variations: {}, webhooks: [] };
  for (let at = 1; at <= 60; at++) {
    store.products.push({
      ...product,
      id: at,
      name: `Thing ${at}`,
      manage_stock: true,
      stock_quantity: at,
      date_modified_gmt: gmt(now - (100 - at) * MINUTE_MS),
    });
  }
  // Two hundred and fifty orders of two seconds: no page can be told from the next by time alone.
  for (let at = 1; at <= 250; at++) store.orders.push(wooOrder(1_000 + at, now - (at % 2 === 0 ? 60 : 61) * 1_000));
  fake.answer(wooReply(store));
  const id = await connectWoo();
  await poll();
  const dump = await shop.dump();
  expect([(dump['products'] as []).length, (dump['orders'] as []).length]).toEqual([60, 250]);
  expect(store.webhooks.map(({ topic, delivery_url: url, secret }) => [topic, url, secret])).toContainEqual([
    ...['order.created', `https://segue.example/hooks/connectors/${id}`, 'woo-secret'],
  ]);
  const status = await shop.call('GET', `${ROOT}/${id}/status`);
  expect(status.body).toMatchObject({ fault: null, nextPollAt: new Date(now + 3 * MINUTE_MS).toISOString() });

  // A sale takes stock and leaves the date of its product as it was; its webhook was lost.
  room.clock.advance(MINUTE_MS);
  store.products[6]!['stock_quantity'] = 4;
  const line = {
    id: 1,
    name: 'Thing 7',
    product_id: 7,
    variation_id: 0,
    quantity: 3,
    subtotal: '30.00',
    total: '30.00',
  };
  const sold = { line_items: [line], refunds: [{ id: 9, total: '-10.00' }] };
  store.orders.push(wooOrder(5_000, room.clock.now(), sold));
  store.refunds['5000'] = [
    {
      id: 9,
      amount: '10.00',
      date_created_gmt: gmt(room.clock.now()),
      line_items: [{ quantity: -1, meta_data: [{ key: '_refunded_item_id', value: '1' }] }],
    },
  ];
  room.clock.advance(3 * MINUTE_MS);
  await poll();
  const later = await shop.dump();
  expect(later['orders']).toContainEqual(
    expect.objectContaining({ source_order_id: '5000', refunded_minor: 1_000, payment: 'partially_refunded' }),
  );
  expect(later['levels']).toContainEqual({ variant: '7', location: 'default', available: 4 });
  expect((later['orders'] as []).length).toBe(251);
});

it('webhooks a shop has lost or disabled are mended within the hour', async () => {
  const store: WooStore = { products: [], orders: [], refunds: {}, variations: {}, webhooks: [] };
  fake.answer(wooReply(store));
  await connectWoo();
  await poll();
  const topics = store.webhooks.length;
  const lost = store.webhooks.shift();
  store.webhooks[0]!['status'] = 'disabled';
  room.clock.advance(61 * MINUTE_MS);
  await poll();
  expect(store.webhooks).toHaveLength(topics);
  expect(store.webhooks.map(({ topic }) => topic)).toContain(lost!['topic']);
  expect(store.webhooks.every(({ status }) => status === 'active')).toBe(true);
});

it('a report counts day by day what the shop has and what is known here; reading the day again mends it', async () => {
  const day = Date.UTC(2026, 10, 20, 9);
  const store: WooStore = { products: [], orders: [], refunds: {}, variations: {}, webhooks: [] };
  fake.answer(wooReply(store));
  const id = await connectWoo();
  await poll();
  // They were placed and changed before anybody asked, and no webhook came.
  store.orders.push(wooOrder(1, day), wooOrder(2, day + 1_000), wooOrder(3, day + 24 * 60 * MINUTE_MS));
  store.orders.push(wooOrder(4, day, { status: 'pending', date_paid_gmt: null }));
  const asked = await shop.call('POST', `${ROOT}/${id}/reports`, { from: '2026-11-20', to: '2026-11-22' });
  expect(asked.status).toBe(202);
  const report = async () => {
    await poll();
    return (await shop.call('GET', `${ROOT}/${id}/reports/${String(asked.body['id'])}`)).body;
  };
  expect(await report()).toMatchObject({
    job: { state: 'done' },
    days: [
      {
        day: '2026-11-20',
        theirs: { orders: 2, totalMinor: 5_870 },
        ours: { orders: 0, totalMinor: 0 },
        isEqual: false,
      },
      { day: '2026-11-21', theirs: { orders: 1, totalMinor: 2_935 }, isEqual: false },
      { day: '2026-11-22', theirs: { orders: 0, totalMinor: 0 }, isEqual: true },
    ],
  });
  const mended = await shop.call('POST', `${ROOT}/${id}/back-fill`, { placedOn: '2026-11-20' });
  expect(mended.body).toMatchObject({ jobs: [{ kind: 'back_fill', resource: 'orders' }] });
  await poll();
  const again = await shop.call('POST', `${ROOT}/${id}/reports`, { from: '2026-11-20', to: '2026-11-21' });
  await poll();
  const after = await shop.call('GET', `${ROOT}/${id}/reports/${String(again.body['id'])}`);
  expect((after.body['days'] as JsonObject[]).map(({ isEqual }) => isEqual)).toEqual([true, false]);
});

it('a shop that asks to wait is left alone so long, and goes on where it was', async () => {
  const store: WooStore = {
    products: [],
    orders: [wooOrder(1, NOW - MINUTE_MS)],
    refunds: {},
    variations: {},
    webhooks: [],
  };
  fake.answer(() => ({ status: 429, headers: { 'retry-after': '120' } }));
  const id = await connectWoo();
  await poll();
  const refused = fake.calls.length;
  expect((await shop.call('GET', `${ROOT}/${id}/status`)).body).toMatchObject({ fault: 'the shop asks to wait (429)' });
  room.clock.advance(119_000);
  await poll();
  expect(fake.calls).toHaveLength(refused);
  fake.answer(wooReply(store));
  room.clock.advance(2_000);
  await poll();
  expect((await shop.dump())['orders']).toHaveLength(1);
  expect((await shop.call('GET', `${ROOT}/${id}/status`)).body).toMatchObject({ fault: null });
});

it('a key that is refused ends what was asked for with the reason, and polls go on trying', async () => {
  fake.answer(() => ({ status: 401, body: { code: 'woocommerce_rest_cannot_view' } }));
  const id = await connectWoo();
  await poll();
  const { body } = await shop.call('GET', `${ROOT}/${id}/status`);
  const jobs = body['jobs'] as JsonObject[];
  const ends = jobs.filter(({ kind }) => kind === 'back_fill').map(({ resource, state }) => [resource, state]);
  expect(ends).toEqual(
    expect.arrayContaining([
      ['products', 'failed'],
      ['orders', 'failed'],
      ['locations', 'done'],
    ]),
  );
  expect(jobs.find(({ kind }) => kind === 'poll')).toMatchObject({ state: 'waiting' });
  expect((await shop.call('POST', `${ROOT}/${id}/check`)).body).toMatchObject({
    isReachable: false,
    message: expect.stringContaining('refuses the key'),
  });
});

it('Shopify is read by REST page after page, and asked in GraphQL for the webhooks it lacks', async () => {
  const subscribed: JsonObject[] = [{ id: 'gid://1', topic: 'ORDERS_CREATE', uri: 'https://other.example/hook' }];
  const order = (id: number) => ({ ...fixtureJson('shopify/order.json'), id, name: `#${id}` });
  fake.answer(({ route, query, json, headers }) => {
    expect(headers['x-shopify-access-token']).toBe('shpat_0123456789');
    const path = route.replace('/admin/api/2026-10/', '');
    if (path === 'orders.json') {
      const isSecond = query.get('page_info') === 'second';
      // Beside a page no filter is allowed.
      expect([...query.keys()].sort()).toEqual(isSecond ? ['limit', 'page_info'] : expect.arrayContaining(['status']));
      const link = `<${fake.url}/admin/api/2026-10/orders.json?limit=250&page_info=second>; rel="next"`;
      return isSecond
        ? { body: { orders: [order(2)] } }
        : { headers: { link, 'x-shopify-shop-api-call-limit': '39/40' }, body: { orders: [order(1)] } };
    }
    if (path === 'locations.json')
      return { body: { locations: [{ ...fixtureJson('shopify/location.json'), id: 905684977 }] } };
    if (path === 'products.json') {
      const product = fixtureJson('shopify/product.json');
      const [first, ...others] = product['variants'] as JsonObject[];
      return {
        body: { products: [{ ...product, variants: [{ ...first!, inventory_item_id: 808950810 }, ...others] }] },
      };
    }
    if (path === 'inventory_levels.json') {
      expect(query.get('location_ids')).toBe('905684977');
      return { body: { inventory_levels: [fixtureJson('shopify/inventory_level.json')] } };
    }
    if (path === 'customers.json') return { body: { customers: [] } };
    if (path === 'shop.json') return { body: { shop: { name: 'Snow Devil', currency: 'CAD' } } };
    const text = String(json['query']);
    if (text.includes('webhookSubscriptionCreate')) {
      const { topic, webhook } = json['variables'] as { topic: string; webhook: JsonObject };
      subscribed.push({ topic, uri: webhook['uri']! });
      const userErrors = topic === 'CHECKOUTS_CREATE' ? [{ field: ['topic'], message: 'is not allowed' }] : [];
      return { body: { data: { webhookSubscriptionCreate: { webhookSubscription: null, userErrors } } } };
    }
    const pageInfo = { hasNextPage: false, endCursor: null };
    return { body: { data: { webhookSubscriptions: { nodes: subscribed, pageInfo } } } };
  });
  const id = await shop.connect({ accessToken: 'shpat_0123456789', apiUrl: fake.url });
  await poll();
  expect((await shop.dump())['orders']).toHaveLength(1);
  // It was told that the bucket is nearly full.
  room.clock.advance(1_000);
  await poll();
  expect(await shop.dump()).toMatchObject({ orders: [{}, {}], levels: [{ location: '905684977', available: 6 }] });
  const own = subscribed.filter(({ uri }) => uri === `https://segue.example/hooks/connectors/${id}`);
  expect(own.map(({ topic }) => topic)).toEqual(expect.arrayContaining(['ORDERS_CREATE', 'FULFILLMENT_EVENTS_CREATE']));
  expect((await shop.call('POST', `${ROOT}/${id}/check`)).body).toEqual({
    isReachable: true,
    message: 'Snow Devil; its currency is CAD, and the connector says USD: change it',
  });
});
