import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { JsonObject } from '../../../platform/json.ts';
import { type ConnectorRoom, type ConnectorShop, openConnectorRoom, type Told } from '../testing/connector-world.ts';

let room: ConnectorRoom;
let shop: ConnectorShop;
let id: string;
beforeAll(async () => {
  room = await openConnectorRoom();
});
afterAll(() => room.drop());
beforeEach(async () => {
  shop = await room.openShop();
  const made = await shop.call('POST', '/api/v1/connectors', { kind: 'drop', name: 'ERP nightly', currency: 'EUR' });
  id = String(made.body['id']);
});

const drop = (query: string, text: string): Promise<Told> =>
  shop.call('POST', `/api/v1/connectors/${id}/drop?${query}`, Buffer.from(text), 'text/csv');

const PRODUCTS = `product_id,variant_id,sku,title,price,compare_at_price,option:Size,tags
p1,v1,S-1,Shirt,10.00,12.00,M,new;sale
p1,v2,S-2,Shirt,11.00,,L,new;sale
p2,,H-1,Hat,ten,,,
p3,,C-1,Cap,5,,,
`;

it('good rows of products are taken, a bad one is named by its line and column', async () => {
  const { status, body } = await drop('of=products', PRODUCTS);
  expect([status, body]).toEqual([
    200,
    {
      rows: 4,
      accepted: 3,
      rejected: 1,
      removed: 0,
      errors: [{ line: 4, column: 'price', message: 'is no amount of EUR, like 19.99' }],
    },
  ]);
  expect(await shop.dump()).toMatchObject({
    products: [
      { source: 'feed:erp-nightly', external_id: 'p1', title: 'Shirt', tags: ['new', 'sale'] },
      { external_id: 'p3' },
    ],
    variants: [
      { external_id: 'p3', sku: 'C-1' },
      { external_id: 'v1', sku: 'S-1', title: 'M' },
      { external_id: 'v2', title: 'L' },
    ],
    prices: [
      { external_id: 'p3', amount_minor: 500 },
      { amount_minor: 1_000, compare_at_minor: 1_200 },
      { amount_minor: 1_100 },
    ],
  });
});

it('of a snapshot what the file does not name is gone, unless a row of it could not be read', async () => {
  await drop('of=products&at=2026-01-01T00:00:00Z', PRODUCTS.replace('ten', '10'));
  const kept = await drop('of=products&mode=snapshot&at=2026-01-02T00:00:00Z', 'product_id,title,price\np3,Cap,x\n');
  expect(kept.body).toMatchObject({ rejected: 1, removed: 0 });
  const gone = await drop('of=products&mode=snapshot&at=2026-01-02T00:00:00Z', 'product_id,title,price\np3,Cap,6\n');
  expect(gone.body).toMatchObject({ accepted: 1, removed: 2 });
  expect((await shop.dump())['products']).toMatchObject([
    { status: 'archived' },
    { status: 'archived' },
    { external_id: 'p3', status: 'active' },
  ]);
  const levels = (at: string, text: string) =>
    drop(`of=levels&mode=snapshot&at=${at}`, `variant_id,location,quantity\n${text}`);
  await levels('2026-01-02T00:00:00Z', 'v1,north,4\nv1,south,2\n');
  await levels('2026-01-03T00:00:00Z', 'v1,north,3\n');
  expect((await shop.dump())['levels']).toMatchObject([
    { location: 'north', available: 3 },
    { location: 'south', available: 0 },
  ]);
  // An older file changes nothing.
  await levels('2026-01-01T00:00:00Z', 'v1,north,9\n');
  expect((await shop.dump())['levels']).toMatchObject([{ available: 3 }, { available: 0 }]);
});

it('orders come as rows per line or as one object each, customers with what they said', async () => {
  await drop('of=products', PRODUCTS);
  const orders = `order_id,placed_at,email,sku,name,quantity,unit_price,shipping,payment
1,2026-01-01T10:00:00Z,ada@customer.example,S-1,Shirt,2,10.00,4.90,paid
1,,,C-1,Cap,1,5.00,,
2,2026-01-01T11:00:00Z,,S-1,Shirt,0,10.00,,
3,yesterday,,S-1,Shirt,1,10.00,,
`;
  const taken = await drop('of=orders', orders);
  expect(taken.body).toMatchObject({
    ...{ rows: 4, accepted: 2, rejected: 2 },
    errors: [
      { line: 4, column: 'quantity', message: 'is less than 1' },
      { line: 5, column: 'placed_at', message: expect.stringContaining('instant') },
    ],
  });
  const order = { order_id: '4', placed_at: '2026-01-02', lines: [{ name: 'Gift', quantity: 1, unit_price: 7.5 }] };
  const lines = [JSON.stringify(order), 'no json', JSON.stringify({ order_id: '5', lines: 3 })].join('\n');
  const more = await drop('of=orders&format=ndjson', lines);
  expect(more.body).toMatchObject({ accepted: 1, rejected: 2, errors: [{ line: 2 }, { line: 3, column: 'lines' }] });
  expect((await shop.dump())['orders']).toMatchObject([
    { source_order_id: '1', channel: 'drop', total_minor: 2_990, shipping_minor: 490, payment: 'paid' },
    { source_order_id: '4', total_minor: 750 },
  ]);
  await drop(
    'of=customers',
    'email,first_name,consent_email,consent_at\neve@customer.example,Eve,denied,2026-01-01T00:00:00Z\n',
  );
  expect(await shop.told()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: 'identify', traits: { firstName: 'Eve', email: 'eve@customer.example' } }),
      expect.objectContaining({ event: 'Consent Updated', timestamp: '2026-01-01T00:00:00.000Z' }),
    ]),
  );
});

it('a file that breaks off within a quote is not taken at all', async () => {
  const { status, body } = await drop('of=products', `${PRODUCTS}p9,,X,"never closed`);
  expect([status, JSON.stringify(body)]).toEqual([
    400,
    expect.stringContaining('line 6 has a quote that is never closed'),
  ]);
  expect((await shop.dump())['products']).toEqual([]);
});

it('many rows are read while they come, and other connectors take no files', async () => {
  const rows = Array.from({ length: 3_000 }, (_one, at) => `q${at},Thing ${at},1.00\n`);
  expect((await drop('of=products', `product_id,title,price\n${rows.join('')}`)).body).toMatchObject({
    accepted: 3_000,
  });
  const till = await shop.call('POST', '/api/v1/connectors', { kind: 'pos', name: 'Till', currency: 'EUR' });
  const path = `/api/v1/connectors/${String((till.body as JsonObject)['id'])}/drop?of=products`;
  expect((await shop.call('POST', path, Buffer.from('a'), 'text/csv')).status).toBe(409);
});
