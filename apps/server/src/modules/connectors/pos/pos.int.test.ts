import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { upsertProducts } from '../../catalog/index.ts';
import { upsertLocations } from '../../inventory/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import {
  type ConnectorRoom,
  type ConnectorShop,
  NOW,
  openConnectorRoom,
  type Told,
} from '../testing/connector-world.ts';
import { serveRoutes } from '../../../testkit/index.ts';
import { createPosHookRoutes } from './pos-hook-routes.ts';

let room: ConnectorRoom;
let shop: ConnectorShop;
let id: string;
let key: string;
let location: string;
beforeAll(async () => {
  room = await openConnectorRoom();
});
afterAll(() => room.drop());
beforeEach(async () => {
  shop = await room.openShop();
  const made = await shop.call('POST', '/api/v1/connectors', { kind: 'pos', name: 'Tills', currency: 'EUR' });
  id = String(made.body['id']);
  location = await inTransaction(shop.ctx, async (ctx) => {
    const variants = [
      { ref: { source: 'api', id: 'v1' }, sku: 'SHIRT', prices: [{ currency: 'EUR', amountMinor: 1_000 }] },
    ];
    await upsertProducts(ctx, [{ ref: { source: 'api', id: 'p1' }, title: 'Shirt', status: 'active', variants }]);
    const [made] = await upsertLocations(ctx, [{ ref: { source: 'api', id: 'store' }, name: 'Store', kind: 'store' }]);
    return publicId('loc', made!);
  });
  const device = await shop.call('POST', `/api/v1/connectors/${id}/devices`, { device: 'till-1', location });
  expect(device.status).toBe(201);
  key = String(device.body['key']);
});

async function post(items: readonly JsonObject[], given = { key, deviceId: 'till-1' }): Promise<Told> {
  const app = serveRoutes([createPosHookRoutes(shop.services)], () => shop.ctx);
  const response = await app.inject({
    ...{ method: 'POST', url: `/hooks/pos/${id}`, payload: { deviceId: given.deviceId, items } },
    headers: { authorization: `Bearer ${given.key}` },
  });
  return { status: response.statusCode, body: response.json() as JsonObject };
}

const AT = new Date(NOW).toISOString();
const sale = (sequence: number, fields: JsonObject = {}): JsonObject => ({
  ...{ kind: 'sale', sequence, at: AT, id: `sale-${sequence}` },
  lines: [{ sku: 'SHIRT', name: 'Shirt', quantity: 1, unitPriceMinor: 1_000 }],
  ...fields,
});
const count = (sequence: number, quantity: number): JsonObject => ({
  ...{ kind: 'stock_count', sequence, at: AT, counts: [{ sku: 'SHIRT', quantity }] },
});
const available = async (): Promise<number[]> => {
  const rows = await shop.query<{ n: number }>(
    'select on_hand - unavailable - reserved as n from stock_level where workspace_id = $1',
  );
  return rows.map(({ n }) => n);
};

it('a batch is refused without the key of its device, and after the device is shut out', async () => {
  expect((await post([], { key: 'segue_pos_other', deviceId: 'till-1' })).status).toBe(401);
  expect((await post([], { key, deviceId: 'till-2' })).status).toBe(401);
  expect((await post([])).status).toBe(200);
  expect((await shop.call('DELETE', `/api/v1/connectors/${id}/devices/till-1`)).status).toBe(204);
  expect((await post([])).status).toBe(401);
});

it('a sale takes the stock of the store its till stands in, once, however often it is sent', async () => {
  const first = await post([
    count(1, 5),
    sale(2),
    sale(3, { customer: { email: 'ada@customer.example' }, coupons: ['TEN'] }),
  ]);
  expect(first.body).toEqual({
    acceptedThrough: 3,
    missing: [],
    items: [1, 2, 3].map((sequence) => ({ sequence, state: 'taken' })),
  });
  const again = await post([sale(2), sale(3)]);
  expect(again.body).toMatchObject({
    items: [
      { sequence: 2, state: 'repeat' },
      { sequence: 3, state: 'repeat' },
    ],
  });
  await shop.drain();
  expect(await available()).toEqual([3]);
  const orders = (await shop.dump())['orders'] as JsonObject[];
  expect(orders).toMatchObject([
    {
      source: 'pos:tills',
      source_order_id: 'sale-2',
      channel: 'pos',
      payment: 'paid',
      fulfilment: 'fulfilled',
      total_minor: 1_000,
    },
    { source_order_id: 'sale-3', coupon_codes: ['TEN'] },
  ]);
  expect((await shop.told()).map(({ event }) => event)).toEqual(expect.arrayContaining(['Order Completed']));
});

it('a till that was without a connection is told what is missing; sales go on, and a count waits for what came before it', async () => {
  const early = await post([sale(2), count(3, 10), sale(4)]);
  expect(early.body).toEqual({
    ...{ acceptedThrough: 0, missing: [1, 3] },
    items: [
      { sequence: 2, state: 'taken' },
      { sequence: 3, state: 'early', message: expect.stringContaining('missing') },
      { sequence: 4, state: 'taken' },
    ],
  });
  await shop.drain();
  const late = await post([count(1, 20), count(3, 10)]);
  expect(late.body).toMatchObject({ acceptedThrough: 4, missing: [], items: [{ state: 'taken' }, { state: 'taken' }] });
  await shop.drain();
  const devices = await shop.call('GET', `/api/v1/connectors/${id}/devices`);
  expect(devices.body).toMatchObject({ items: [{ device: 'till-1', location, acceptedThrough: 4, missing: [] }] });
  expect((await shop.dump())['orders']).toHaveLength(2);
});

it('an item that does not fit is answered so, set aside where members see it, and opens no gap', async () => {
  const answer = await post([sale(1, { lines: [] }), sale(2), { kind: 'sale' }]);
  expect(answer.body).toMatchObject({
    acceptedThrough: 2,
    items: [
      { sequence: 1, state: 'refused', message: 'lines: give at least one line' },
      { sequence: 2, state: 'taken' },
      { sequence: null, state: 'refused' },
    ],
  });
  await shop.drain();
  const listed = await shop.call('GET', `/api/v1/connectors/${id}/deliveries?state=faulted`);
  expect(listed.body['items']).toMatchObject([{ fault: 'lines: give at least one line' }]);
});

it('a refund puts back what it says, and a coupon honoured at the till is handed on', async () => {
  await post([
    count(1, 5),
    sale(2, { id: 's-2', lines: [{ id: 'a', sku: 'SHIRT', name: 'Shirt', quantity: 2, unitPriceMinor: 1_000 }] }),
  ]);
  await post([
    {
      kind: 'refund',
      sequence: 3,
      at: AT,
      id: 'r-1',
      saleId: 's-2',
      amountMinor: 1_000,
      lines: [{ lineId: 'a', quantity: 1 }],
    },
    {
      kind: 'coupon',
      sequence: 4,
      at: AT,
      code: 'TEN',
      saleId: 's-2',
      amountMinor: 100,
      customer: { email: 'ada@customer.example' },
    },
  ]);
  await shop.drain();
  expect(await available()).toEqual([4]);
  expect((await shop.dump())['orders']).toMatchObject([{ payment: 'partially_refunded', refunded_minor: 1_000 }]);
  expect(shop.handed.honoured).toMatchObject([
    {
      code: 'TEN',
      order: { source: 'pos:tills', id: 's-2' },
      channel: 'pos',
      amountMinor: 100,
      who: { email: 'ada@customer.example' },
    },
  ]);
});

it('a customer who signs up at the till is told of, with what she said about being written to', async () => {
  const consents = [{ channel: 'email', status: 'granted' }];
  await post([{ kind: 'customer', sequence: 1, at: AT, email: 'ada@customer.example', firstName: 'Ada', consents }]);
  await shop.drain();
  expect(await shop.told()).toMatchObject([
    { type: 'identify', traits: { firstName: 'Ada', email: 'ada@customer.example' } },
    { event: 'Consent Updated', properties: { channel: 'email', status: 'granted' } },
  ]);
});
