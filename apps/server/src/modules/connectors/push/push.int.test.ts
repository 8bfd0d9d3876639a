import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { recordMovements, runStockNews } from '../../inventory/index.ts';
import { type ConnectorRoom, type ConnectorShop, openConnectorRoom, signed } from '../testing/connector-world.ts';
import { type FakeShop, startFakeShop } from '../testing/fake-shop.ts';
import { bodyOf } from '../testing/fixtures.ts';
import { runStockPush } from './run-stock-push.ts';

let room: ConnectorRoom;
let shop: ConnectorShop;
let fake: FakeShop;
let id: string;
/** What the shop has of the item, and what it was asked to make it. */
let stock: number;
let asked: JsonObject[];
beforeAll(async () => {
  room = await openConnectorRoom();
});
afterAll(() => room.drop());
beforeEach(async () => {
  fake = await startFakeShop();
  shop = await room.openShop();
  asked = [];
  fake.answer(answer);
  id = await shop.connect({ accessToken: 'shpat_0123456789', apiUrl: fake.url, pushesStock: true });
  const variants = [{ id: 110, sku: 'SKU', price: '1.00', inventory_item_id: 1_100 }];
  await hook('products/create', { id: 11, title: 'Shirt', updated_at: at(1), variants });
  await level(8, 2);
  await push();
  expect(asked).toEqual([]);
});
afterEach(async () => {
  await shop.query('delete from connector where workspace_id = $1');
  await fake.close();
});

const at = (second: number): string => new Date(room.clock.now() + second * 1_000).toISOString();

/** The shop says what it has. */
async function level(available: number, second: number): Promise<void> {
  stock = available;
  await hook('inventory_levels/update', {
    inventory_item_id: 1_100,
    location_id: 1,
    available,
    updated_at: at(second),
  });
}

async function hook(topic: string, payload: JsonObject): Promise<void> {
  expect(await shop.hook(id, topic, bodyOf(payload), signed(topic, bodyOf(payload)))).toBe(200);
  await shop.drain();
}

/** Compare-and-swap, as Shopify does it. */
const answer: Parameters<FakeShop['answer']>[0] = ({ json }) => {
  if (!String(json['query']).includes('inventorySetQuantities')) {
    const inventoryLevel = { updatedAt: at(3), quantities: [{ quantity: stock }] };
    return { body: { data: { p0: { inventoryLevel } } } };
  }
  const { input, key } = json['variables'] as { input: { quantities: JsonObject[] }; key: string };
  const [wish] = input.quantities;
  asked.push({ key, ...wish! });
  const isStale = wish!['changeFromQuantity'] !== stock;
  if (!isStale) stock = Number(wish!['quantity']);
  const field = ['input', 'quantities', '0', 'changeFromQuantity'];
  const userErrors = isStale ? [{ code: 'CHANGE_FROM_QUANTITY_STALE', field, message: 'is stale' }] : [];
  return { body: { data: { inventorySetQuantities: { userErrors } } } };
};

async function push(): Promise<void> {
  while ((await runStockNews(shop.services)) > 0);
  while ((await runStockPush(shop.services, { outbound: shop.outbound })) > 0);
}

/** Sold in our own store. */
async function sell(quantity: number): Promise<void> {
  const [row] = await shop.query<{ item_id: string; location_id: string }>(
    'select item_id, location_id from stock_level where workspace_id = $1',
  );
  await inTransaction(shop.ctx, async (ctx) => {
    const where = { variantId: row!.item_id, locationId: row!.location_id };
    await recordMovements(ctx, [{ ...where, field: 'on_hand', delta: -quantity, reason: 'sold' }]);
  });
}

const ours = async (): Promise<number> =>
  (await shop.query<{ n: number }>('select on_hand - reserved as n from stock_level where workspace_id = $1'))[0]!.n;
const waiting = async (): Promise<unknown> =>
  (await shop.call('GET', `/api/v1/connectors/${id}/status`)).body['stockToPush'];

it('what is sold elsewhere is told to the shop by compare-and-swap, and its own word of it is not counted again', async () => {
  await sell(3);
  await push();
  expect(asked).toMatchObject([
    {
      inventoryItemId: 'gid://shopify/InventoryItem/1100',
      locationId: 'gid://shopify/Location/1',
      quantity: 5,
      changeFromQuantity: 8,
    },
  ]);
  expect([stock, await ours(), await waiting()]).toEqual([5, 5, 0]);
  await level(5, 3);
  expect(await ours()).toBe(5);
  await push();
  expect(asked).toHaveLength(1);
});

it('what the shop sold meanwhile is not overwritten: both sales count, and both sides agree in the end', async () => {
  await sell(3);
  // Two were sold there; its webhook is on its way.
  stock = 6;
  await push();
  expect([stock, await ours(), await waiting()]).toEqual([3, 3, 0]);
  expect(asked.map(({ changeFromQuantity, quantity }) => [changeFromQuantity, quantity])).toEqual([
    [8, 5],
    [6, 3],
  ]);
  await level(3, 4);
  expect(await ours()).toBe(3);
});

it('a shop that took what it was told, and whose answer was lost, is told the same again and nothing is counted twice', async () => {
  await sell(3);
  fake.answer((call) => {
    answer(call);
    return { status: 502, body: {} };
  });
  await push();
  expect(stock).toBe(5);
  await sell(1);
  // Its own word of what it was told comes before it is known that it took it.
  await level(5, 3);
  fake.answer(answer);
  room.clock.advance(60_000);
  await push();
  expect(asked.map(({ quantity }) => quantity)).toEqual([5, 5, 4]);
  expect([stock, await ours(), await waiting()]).toEqual([4, 4, 0]);
});

it('what is told again because its answer was lost goes under the same key', async () => {
  await sell(3);
  fake.answer((call) => {
    answer(call);
    return { status: 502, body: {} };
  });
  await push();
  fake.answer(answer);
  room.clock.advance(60_000);
  await push();
  expect(asked[0]).toEqual(asked[1]);
  expect([stock, await ours(), await waiting()]).toEqual([5, 5, 0]);
});

it('a shop that cannot be reached is told later, once, what is true then', async () => {
  fake.answer(() => ({ status: 503, headers: { 'retry-after': '30' } }));
  await sell(1);
  await push();
  const calls = fake.calls.length;
  await push();
  expect(fake.calls).toHaveLength(calls);
  await sell(1);
  fake.answer(answer);
  room.clock.advance(31_000);
  await push();
  expect([stock, await ours(), await waiting()]).toEqual([6, 6, 0]);
});

it('a shop whose count is not believed is told ours', async () => {
  await shop.call('PATCH', `/api/v1/connectors/${id}`, { truth: ['products', 'prices', 'orders'] });
  await level(100, 5);
  await push();
  expect([stock, await ours()]).toEqual([8, 8]);
});
