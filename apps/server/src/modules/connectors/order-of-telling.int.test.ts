import fc from 'fast-check';
import { propertyRuns } from '@segue/testkit/property-runs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inTransaction } from '../../platform/eventlog/index.ts';
import { parsePublicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { beginApplying } from './apply/applying.ts';
import { applyRecords } from './apply/apply-records.ts';
import { findConnector } from './connector-store.ts';
import type { NormaliseContext } from './connector.ts';
import { settingsOf } from './settings.ts';
import { shopifyConnector } from './shopify/shopify-connector.ts';
import { type ConnectorRoom, type ConnectorShop, NOW, openConnectorRoom } from './testing/connector-world.ts';
import { bodyOf } from './testing/fixtures.ts';

let room: ConnectorRoom;
beforeAll(async () => {
  room = await openConnectorRoom();
});
afterAll(() => room.drop());

interface Said {
  readonly topic: string;
  readonly payload: JsonObject;
}

const at = (second: number): string => new Date(NOW - 3_600_000 + second * 1_000).toISOString();

/** A shop's day: products and their stock, carts, an order that is paid, sent, delivered and in part given back. */
const DAY: readonly Said[] = [
  { topic: 'locations/create', payload: { id: 1, name: 'Main street', updated_at: at(1) } },
  ...[11, 12].flatMap((id): Said[] => [
    { topic: 'products/create', payload: product(id, { title: `Shirt ${id}`, price: '10.00', second: 2 }) },
    { topic: 'products/update', payload: product(id, { title: `Better shirt ${id}`, price: '12.50', second: 20 }) },
  ]),
  { topic: 'products/create', payload: product(13, { title: 'Hat', price: '5.00', second: 3 }) },
  { topic: 'products/delete', payload: { id: 13, updated_at: at(30) } },
  { topic: 'inventory_levels/connect', payload: level(11, 8, 4) },
  { topic: 'inventory_levels/update', payload: level(11, 6, 21) },
  { topic: 'inventory_levels/update', payload: level(12, 3, 5) },
  { topic: 'locations/update', payload: { id: 1, name: 'High street', updated_at: at(25) } },
  { topic: 'carts/create', payload: cart([[11, 1]], 6) },
  {
    topic: 'carts/update',
    payload: cart(
      [
        [11, 2],
        [12, 1],
      ],
      7,
    ),
  },
  { topic: 'carts/update', payload: cart([[11, 2]], 8) },
  { topic: 'checkouts/create', payload: checkout(9) },
  { topic: 'orders/create', payload: order({ financial_status: 'pending', updated_at: at(10) }) },
  { topic: 'orders/paid', payload: order({ financial_status: 'paid', updated_at: at(11) }) },
  { topic: 'fulfillments/create', payload: fulfilment('success', 12) },
  { topic: 'fulfillments/update', payload: { ...fulfilment('success', 13), shipment_status: 'delivered' } },
  { topic: 'refunds/create', payload: refund(14) },
  {
    topic: 'orders/updated',
    payload: order({ financial_status: 'partially_refunded', updated_at: at(15), refunds: [refund(14)] }),
  },
  {
    topic: 'orders/cancelled',
    payload: order({ id: 1002, cancelled_at: at(16), financial_status: 'voided', updated_at: at(16) }),
  },
  { topic: 'orders/create', payload: order({ id: 1002, financial_status: 'pending', updated_at: at(9) }) },
  { topic: 'orders/create', payload: order({ id: 1003, financial_status: 'paid', updated_at: at(17) }) },
  { topic: 'orders/updated', payload: order({ id: 1003, financial_status: 'paid', note: 'gift', updated_at: at(18) }) },
  // Thrown away: one that nothing was sent of, and one that was a sale all the same.
  ...[1003, 1001].map((id): Said => ({ topic: 'orders/delete', payload: { id, updated_at: at(40) } })),
];

function product(id: number, of: { title: string; price: string; second: number }): JsonObject {
  const variant = {
    id: id * 10,
    price: of.price,
    sku: `SKU-${id}`,
    inventory_item_id: id * 100,
    inventory_policy: 'deny',
  };
  return {
    id,
    title: of.title,
    status: 'active',
    updated_at: at(of.second),
    options: [],
    images: [],
    variants: [variant],
  };
}

function level(productId: number, available: number, second: number): JsonObject {
  return { inventory_item_id: productId * 100, location_id: 1, available, updated_at: at(second) };
}

function linesOf(lines: readonly (readonly [number, number])[]): JsonObject[] {
  return lines.map(([id, quantity]) => ({
    ...{
      id: id * 1_000,
      product_id: id,
      variant_id: id * 10,
      sku: `SKU-${id}`,
      title: `Shirt ${id}`,
      quantity,
      price: '10.00',
    },
  }));
}

function cart(lines: readonly (readonly [number, number])[], second: number): JsonObject {
  return { id: 'cart-1', token: 'cart-1', updated_at: at(second), line_items: linesOf(lines) };
}

function checkout(second: number): JsonObject {
  return {
    ...{ id: 5, token: 'checkout-1', cart_token: 'cart-1', email: 'ada@customer.example', currency: 'USD' },
    ...{ created_at: at(second), updated_at: at(second), total_price: '20.00', line_items: linesOf([[11, 2]]) },
  };
}

function order(fields: JsonObject): JsonObject {
  return {
    ...{
      id: 1001,
      name: '#1001',
      currency: 'USD',
      processed_at: at(10),
      email: 'ada@customer.example',
      location_id: 1,
    },
    ...{
      total_price: '20.00',
      subtotal_price: '20.00',
      total_discounts: '0.00',
      total_tax: '0.00',
      cart_token: 'cart-1',
    },
    ...{ line_items: linesOf([[11, 2]]), refunds: [], fulfillments: [], source_name: 'web' },
    ...fields,
  };
}

function fulfilment(status: string, second: number): JsonObject {
  return {
    ...{ id: 71, order_id: 1001, status, created_at: at(12), updated_at: at(second), location_id: 1 },
    line_items: [{ id: 11_000, quantity: 2 }],
  };
}

function refund(second: number): JsonObject {
  return {
    ...{ id: 81, order_id: 1001, created_at: at(second) },
    refund_line_items: [{ line_item_id: 11_000, quantity: 1, restock_type: 'return', location_id: 1 }],
    transactions: [{ kind: 'refund', status: 'success', amount: '10.00', currency: 'USD' }],
  };
}

/** What the shop has in the end, as it answers when it is asked: the newest of each. */
const POLLED: readonly Said[] = [
  ...[11, 12].map((id) => DAY.find(({ topic, payload }) => topic === 'products/update' && payload['id'] === id)!),
  DAY.find(({ payload }) => payload['name'] === 'High street')!,
  { topic: 'inventory_levels/update', payload: level(11, 6, 21) },
  { topic: 'inventory_levels/update', payload: level(12, 3, 5) },
  {
    topic: 'orders/updated',
    payload: order({
      ...{ financial_status: 'partially_refunded', updated_at: at(15), refunds: [refund(14)] },
    }),
  },
  DAY.find(({ topic }) => topic === 'orders/cancelled')!,
];

/** These say what no answer of the shop says again. */
const NOT_POLLED: ReadonlySet<string> = new Set([
  'carts/create',
  'carts/update',
  'checkouts/create',
  'products/delete',
  'orders/delete',
]);

/** What was thrown away the shop does not answer any more. */
const GONE: ReadonlySet<number> = new Set([13, 1003]);

async function hooked(shop: ConnectorShop, said: readonly (readonly Said[])[]): Promise<JsonObject> {
  const id = await shop.connect();
  for (const together of said) {
    for (const { topic, payload } of together) expect(await shop.hook(id, topic, payload)).toBe(200);
    await shop.drain();
  }
  return shop.dump();
}

/** In parts that are processed together. */
function inParts(said: readonly Said[], sizes: readonly number[]): Said[][] {
  const parts: Said[][] = [];
  for (let from = 0, at = 0; from < said.length; at++) {
    const size = sizes[at % sizes.length]!;
    parts.push(said.slice(from, from + size));
    from += size;
  }
  return parts;
}

async function inOrder(): Promise<JsonObject> {
  return hooked(
    await room.openShop(),
    DAY.map((one) => [one]),
  );
}

it('deliveries that come twice and in any order end in the same state as those that come once and in order', async () => {
  const expected = await inOrder();
  expect(expected).toMatchObject({
    products: [{ external_id: '11', title: 'Better shirt 11' }, { title: 'Better shirt 12' }, { status: 'archived' }],
    levels: expect.arrayContaining([expect.objectContaining({ variant: '110', available: 6 })]),
    orders: [
      {
        source_order_id: '1001',
        payment: 'partially_refunded',
        fulfilment: 'delivered',
        refunded_minor: 1_000,
        location: '1',
      },
      { source_order_id: '1002', standing: 'cancelled', payment: 'voided' },
      { source_order_id: '1003', standing: 'cancelled', payment: 'paid' },
    ],
    lines: [{ variant: '110', fulfilled: 2, returned: 1 }, { variant: '110' }, { variant: '110' }],
    waiting: [],
  });
  const shuffled = fc.shuffledSubarray([...DAY, ...DAY], { minLength: DAY.length * 2 });
  await fc.assert(
    fc.asyncProperty(shuffled, fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), async (said, sizes) => {
      expect(await hooked(await room.openShop(), inParts(said, sizes))).toEqual(expected);
    }),
    { numRuns: propertyRuns(12) },
  );
});

it('deliveries that are lost and then asked for end in the same state as if they had come', async () => {
  const expected = await inOrder();
  const some = DAY.map((said, place) => ({ said, place }));
  const kept = some.filter(
    ({ said }) =>
      NOT_POLLED.has(said.topic) || said.topic.startsWith('fulfillments/') || GONE.has(said.payload['id'] as number),
  );
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(some), fc.boolean(), async (came, isPolledFirst) => {
      const shop = await room.openShop();
      const heard = [...new Set([...came, ...kept])].map(({ said }) => said);
      const id = await shop.connect();
      if (isPolledFirst) await poll(shop, id);
      for (const { topic, payload } of heard) await shop.hook(id, topic, payload);
      await shop.drain();
      if (!isPolledFirst) await poll(shop, id);
      expect(await shop.dump()).toEqual(expected);
    }),
    { numRuns: propertyRuns(10) },
  );
});

/** As a page of what the shop answers is made true. */
async function poll(shop: ConnectorShop, id: string): Promise<void> {
  const { workspaceId } = shop.ctx;
  const connector = await findConnector(shop.ctx.sql, workspaceId, { id: parsePublicId('cnc', id)! });
  const context: NormaliseContext = { settings: settingsOf(connector!), triggeredAtMs: undefined, receivedAtMs: NOW };
  const records = POLLED.flatMap(({ topic, payload }) => {
    const said = shopifyConnector.normalise({ topic, body: bodyOf(payload) }, context);
    return said.kind === 'records' ? said.records : [];
  });
  await inTransaction(shop.ctx, async (ctx) => applyRecords(await beginApplying(ctx, connector!, shop.ports), records));
}
