import { afterAll, beforeAll, expect, it } from 'vitest';
import { inTransaction } from '../../platform/eventlog/index.ts';
import type { PersonalItem, PersonalSubject } from '../../platform/personal-data/index.ts';
import { connectorsPersonalData } from './index.ts';
import { type ConnectorRoom, type ConnectorShop, openConnectorRoom } from './testing/connector-world.ts';
import { fixtureJson } from './testing/fixtures.ts';

let room: ConnectorRoom;
beforeAll(async () => {
  room = await openConnectorRoom();
});
afterAll(() => room.drop());

const subject = (email: string): PersonalSubject => ({
  ...{ profileId: '0193a000-0000-7000-8000-000000000001', profileIds: ['0193a000-0000-7000-8000-000000000001'] },
  ...{ nodes: [1], identifiers: [{ kind: 'email', value: email }], values: [email] },
});

async function exportOf(shop: ConnectorShop, email: string): Promise<PersonalItem[]> {
  const items: PersonalItem[] = [];
  for await (const item of connectorsPersonalData.export(shop.ctx, subject(email))) items.push(item);
  return items;
}

/** Everything that lies in the tables, as bytes. */
async function textOf(shop: ConnectorShop): Promise<string> {
  const tables = [
    'connector_order',
    'connector_customer',
    'connector_basket',
    'connector_waiting',
    'connector_inbox',
    'connector_piece',
  ];
  const rows = await Promise.all(tables.map((table) => shop.query(`select * from ${table} where workspace_id = $1`)));
  return JSON.stringify(rows);
}

it('what names a customer lies sealed, is told to her, and is gone when she is erased; others stay, and orders stay counted', async () => {
  const shop = await room.openShop();
  const id = await shop.connect();
  const bob = 'bob.norman@hostmail.com';
  const eve = 'eve@customer.example';
  const order = fixtureJson('shopify/order.json');
  const checkout = { token: 'co-1', cart_token: order['cart_token']!, email: bob, currency: 'USD', line_items: [] };
  await shop.hook(id, 'orders/create', order);
  await shop.hook(id, 'orders/create', {
    ...order,
    id: 2,
    email: eve,
    contact_email: eve,
    phone: null,
    customer: null,
    cart_token: 'other',
  });
  await shop.hook(id, 'customers/create', fixtureJson('shopify/customer.json'));
  await shop.hook(id, 'checkouts/create', { ...checkout, updated_at: '2026-01-01T00:00:00Z' });
  await shop.drain();
  // One that names her is still to be processed, one is set aside, and one is somebody else's.
  await shop.hook(id, 'orders/updated', { ...order, updated_at: '2026-01-01T00:00:00Z' });
  await shop.hook(id, 'customers/update', {
    ...fixtureJson('shopify/customer.json'),
    email: eve,
    default_address: null,
    addresses: [],
    id: 3,
  });
  expect(await textOf(shop)).not.toMatch(/norman|eve@/);
  expect((await exportOf(shop, bob)).map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['shop_order_customer', 'shop_customer', 'shop_basket']),
  );
  expect(await exportOf(shop, eve)).toMatchObject([
    { kind: 'shop_order_customer', data: { email: eve } },
    { kind: 'shop_basket', data: { email: eve } },
  ]);
  const { rows } = await inTransaction(shop.ctx, (ctx) => connectorsPersonalData.erase(ctx, subject(bob)));
  expect(rows).toBeGreaterThan(3);
  expect(await exportOf(shop, bob)).toEqual([]);
  expect(await exportOf(shop, eve)).toHaveLength(2);
  expect((await shop.dump())['counted']).toHaveLength(2);
  const pending = await shop.query("select topic from connector_inbox where workspace_id = $1 and state = 'pending'");
  expect(pending).toEqual([{ topic: 'customers/update' }]);
});
