import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../platform/eventlog/index.ts';
import { publicId } from '../platform/ids/index.ts';
import { createCommerce } from './commerce.ts';
import { upsertProducts } from '../modules/catalog/index.ts';
import { recordMovements, upsertLocations } from '../modules/inventory/index.ts';
import { runAnnouncements } from '../modules/events/index.ts';
import { API_KEY, createEngines, type Engines, NOW, openWorld, type World } from '../modules/events/testing/world.ts';
import { batchOf, type OrderInput } from '../modules/orders/index.ts';

let engines: Engines;
let world: World;
let shirt: string;
let store: string;
const commerce = createCommerce();

beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  world.work();
  await inTransaction(world.ctx, async (ctx) => {
    const [product] = await upsertProducts(ctx, [
      {
        ref: { source: 'api', id: 'tee' },
        title: 'Tee',
        status: 'active',
        variants: [
          { ref: { source: 'api', id: 'tee-m' }, sku: 'TEE-M', prices: [{ currency: 'EUR', amountMinor: 1999 }] },
        ],
      },
    ]);
    shirt = product!.variantIds.get('tee-m')!;
    [store] = (await upsertLocations(ctx, [{ ref: { source: 'api', id: 'store' }, name: 'Store', kind: 'store' }])) as [
      string,
    ];
    await recordMovements(ctx, [
      { variantId: shirt, locationId: store, field: 'on_hand', delta: 100, reason: 'received' },
    ]);
  });
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

async function call(path: string, body: unknown) {
  return world.post(path, body, { authorization: `Bearer ${API_KEY}` });
}

async function tellAll(): Promise<void> {
  while ((await runAnnouncements(world.services, world)) > 0);
  await world.settle();
}

let serial = 0;
const order = (fields: Record<string, unknown> = {}) => ({
  ...{ reference: `o-${++serial}`, channel: 'chat', currency: 'EUR', identifier: `email:c${serial}@customer.example` },
  lines: [{ variantId: publicId('var', shirt), quantity: 2 }],
  ...fields,
});

async function stock() {
  const { body } = await world.get(`/api/v1/inventory/levels?variantId=${publicId('var', shirt)}`);
  return (body['items'] as { onHand: number; reserved: number }[])[0]!;
}

describe('an order that is placed here', () => {
  it('is priced by the catalog, sets stock apart, and is placed once however often it is sent', async () => {
    const before = await stock();
    const body = order();
    const first = await call('/api/v1/orders', body);
    expect(first).toMatchObject({
      status: 201,
      body: {
        isRepeat: false,
        order: { totalMinor: 3998, payment: 'pending', fulfilment: 'unfulfilled', standing: 'open' },
      },
    });
    const again = await call('/api/v1/orders', body);
    expect(again.body).toMatchObject({ isRepeat: true, order: { id: (first.body['order'] as { id: string }).id } });
    expect((await stock()).reserved).toBe(before.reserved + 2);
  });

  it('goes through payment, parcels, delivery and refund, each told once as an event of its customer', async () => {
    const body = order({ identifier: 'email:dora@customer.example' });
    const placed = await call('/api/v1/orders', body);
    const { id } = placed.body['order'] as { id: string };
    const before = await stock();
    const step = (path: string, said: unknown = {}) => call(`/api/v1/orders/${id}/${path}`, said);
    expect((await step('pay')).body).toMatchObject({ payment: 'paid', paidMinor: 3998 });
    const parcel = { reference: 'p1', lines: [{ lineId: '1', quantity: 1 }], trackingNumber: 'T1' };
    expect((await step('fulfilments', parcel)).body).toMatchObject({ fulfilment: 'partial' });
    expect((await step('fulfilments', parcel)).body).toMatchObject({ fulfilment: 'partial' });
    expect((await step('fulfilments', { reference: 'p2' })).body).toMatchObject({ fulfilment: 'fulfilled' });
    expect(await stock()).toMatchObject({ onHand: before.onHand - 2, reserved: before.reserved - 2 });
    expect((await step('deliveries', { reference: 'p1' })).status).toBe(200);
    expect((await step('deliveries', { reference: 'p2' })).body).toMatchObject({ fulfilment: 'delivered' });
    const refund = {
      reference: 'r1',
      amountMinor: 1999,
      lines: [{ lineId: '1', quantity: 1, restock: 'return', locationId: publicId('loc', store) }],
    };
    expect((await step('refunds', refund)).body).toMatchObject({ payment: 'partially_refunded', refundedMinor: 1999 });
    await step('refunds', refund);
    expect((await stock()).onHand).toBe(before.onHand - 1);
    expect(await step('refunds', { reference: 'r2', amountMinor: 2000 })).toMatchObject({
      status: 409,
      body: { errors: [{ field: 'amountMinor', message: 'give at most 1999' }] },
    });
    await tellAll();
    const known = await world.get(`/api/v1/orders/${id}`);
    const profileId = known.body['profileId'] as string;
    expect(profileId).toMatch(/^prf_/);
    const timeline = await world.get(`/api/v1/profiles/${profileId}/timeline`);
    const names = (timeline.body['items'] as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => name.startsWith('Order'));
    expect(names.sort()).toEqual(
      [
        ...['Order Completed', 'Order Delivered', 'Order Delivered', 'Order Fulfilled', 'Order Paid', 'Order Refunded'],
        ...['Order Shipped', 'Order Shipped'],
      ].sort(),
    );
  });

  it('that is cancelled gives its stock back, once', async () => {
    const before = await stock();
    const placed = await call('/api/v1/orders', order());
    const { id } = placed.body['order'] as { id: string };
    expect((await call(`/api/v1/orders/${id}/cancel`, { reason: 'changed_mind' })).body).toMatchObject({
      standing: 'cancelled',
      payment: 'voided',
    });
    await call(`/api/v1/orders/${id}/cancel`, {});
    expect((await stock()).reserved).toBe(before.reserved);
    expect((await call(`/api/v1/orders/${id}/pay`, {})).status).toBe(409);
  });

  it('for more than there is leaves no order, and says of which line there is too little', async () => {
    const body = order({ lines: [{ variantId: publicId('var', shirt), quantity: 1_000 }] });
    const refused = await call('/api/v1/orders', body);
    expect(refused).toMatchObject({ status: 409, body: { errors: [{ field: 'lines[0].quantity' }] } });
    const listed = await world.get(`/api/v1/orders?source=api&sourceOrderId=${body.reference}`);
    expect(listed.body['items']).toEqual([]);
  });

  it('that costs something else than the customer was shown is refused with what it costs', async () => {
    const refused = await call('/api/v1/orders', order({ expectedTotalMinor: 1 }));
    expect(refused).toMatchObject({ status: 409, body: { errors: [{ field: 'expectedTotalMinor' }] } });
  });
});

describe('an order of a shop system', () => {
  const told = (at: number, fields: Partial<OrderInput> = {}): OrderInput => ({
    ref: { source: 'shopify:shop.example', id: '820982911946154508' },
    version: { at: NOW + at },
    ...{ number: '#1001', channel: 'web', placedAtMs: NOW, currency: 'EUR', who: { email: 'eve@customer.example' } },
    ...{
      payment: 'pending',
      paidMinor: 0,
      isAccepted: true,
      couponCodes: [],
      refunds: [],
      fulfilments: [],
      stock: 'theirs',
    },
    totals: { totalMinor: 1999, subtotalMinor: 1999, discountMinor: 0, shippingMinor: 0, taxMinor: 0 },
    lines: [{ id: '1', sku: 'TEE-M', name: 'Tee', quantity: 1, cancelled: 0, unitPriceMinor: 1999, discountMinor: 0 }],
    ...fields,
  });

  it('ends the same in any order of telling, and leaves our stock to its own truth', async () => {
    const before = await stock();
    const paid = told(2_000, { payment: 'paid', paidMinor: 1999 });
    const refund = { id: 'r', atMs: NOW + 3_000, amountMinor: 1999, lines: [] };
    await inTransaction(world.ctx, (ctx) =>
      commerce.book.takeOrders(batchOf(ctx), { inputs: [], parts: [{ ref: paid.ref, kind: 'refund', refund }] }),
    );
    expect((await world.get('/api/v1/orders?source=shopify:shop.example')).body['items']).toEqual([]);
    for (const input of [paid, told(1_000), paid]) {
      await inTransaction(world.ctx, (ctx) => commerce.book.takeOrders(batchOf(ctx), { inputs: [input], parts: [] }));
    }
    await tellAll();
    const { body } = await world.get('/api/v1/orders?source=shopify:shop.example');
    expect(body['items']).toMatchObject([
      {
        payment: 'refunded',
        paidMinor: 1999,
        refundedMinor: 1999,
        profileId: expect.stringMatching(/^prf_/),
        lines: [{ variantId: publicId('var', shirt) }],
      },
    ]);
    expect(await stock()).toEqual(before);
  });
});
