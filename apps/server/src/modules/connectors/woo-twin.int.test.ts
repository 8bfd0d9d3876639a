import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BAD_DAY } from '@segue/sandbox/unreliable';
import { createWooTwin, type WooTwin } from '@segue/sandbox/woocommerce';
import { serveRoutes } from '../../testkit/index.ts';
import { createConnectorHookRoutes, runConnectorPolls } from './index.ts';
import { type ConnectorRoom, type ConnectorShop, openConnectorRoom } from './testing/connector-world.ts';

const MINUTE_MS = 60_000;

let room: ConnectorRoom;
beforeAll(async () => {
  room = await openConnectorRoom();
});
afterAll(() => room.drop());

/** What shoppers do, with everything that goes wrong on the way. */
async function liveThrough(twin: WooTwin, settle: () => Promise<void>): Promise<void> {
  const mug = twin.addProduct({ name: 'Mug', sku: 'MUG', price: '10.00', stock: 40 });
  const shirt = twin.addProduct({
    ...{ name: 'Shirt', sku: 'SHIRT', price: '20.00' },
    variations: ['S', 'M'].map((size) => ({
      sku: `SHIRT-${size}`,
      price: '20.00',
      stock: 30,
      options: { Size: size },
    })),
  });
  await settle();
  for (let round = 0; round < 6; round++) {
    const variationId = shirt.variations[round % 2]!.id;
    twin.changePrice({ productId: mug.id, price: `1${round}.50` });
    twin.changePrice({ productId: shirt.id, variationId, price: `2${round}.25` });
    const status = round === 4 ? 'pending' : 'processing';
    const lines = [
      { productId: mug.id, quantity: 2 },
      { productId: shirt.id, variationId, quantity: 1 },
    ];
    const placed = twin.placeOrder({ email: `c${round}@customer.example`, lines, status });
    if (placed.kind !== 'placed') throw new Error(placed.kind);
    const { order } = placed;
    if (round % 2 === 0 && round !== 4) twin.completeOrder(order.id);
    if (round % 3 === 0)
      twin.refund({ orderId: order.id, lines: [{ lineId: order.lines[0]!.id, quantity: 1 }], restocks: true });
    if (round === 5) twin.cancelOrder(order.id);
    room.clock.advance(round % 2 === 0 ? 0 : 70_000);
    await settle();
  }
}

/** A shop whose sales do not touch what they sold: nothing but the orders says that stock is gone. */
it.each([
  [1, true],
  [2, false],
  [3, false],
])(
  'a WooCommerce shop on a bad day is known as it is once it was polled (%i, sales touch products: %s)',
  async (seed, tellsOfSales) => {
    const shop: ConnectorShop = await room.openShop();
    const hooks = serveRoutes([createConnectorHookRoutes(shop.services)], () => shop.ctx);
    const url = await hooks.listen({ port: 0, host: '127.0.0.1' });
    const twin = await createWooTwin({ clock: room.clock, seed, misbehaviour: BAD_DAY, tellsOfSales });
    const { consumerKey, consumerSecret } = twin;
    const body = {
      kind: 'woocommerce',
      name: 'Woo',
      currency: 'USD',
      storeUrl: twin.url,
      webhookSecret: 'a-secret&more',
    };
    const made = await shop.call('POST', '/api/v1/connectors', { ...body, consumerKey, consumerSecret });
    const id = String(made.body['id']);
    const deps = { outbound: shop.outbound, ports: shop.ports, publicUrl: url, owner: randomUUID() };
    const poll = async () => {
      while ((await runConnectorPolls(shop.services, deps)) > 0);
    };
    const settle = async () => {
      await twin.flush();
      await shop.drain();
    };
    await poll();
    await liveThrough(twin, settle);
    for (let wait = 0; wait < 15; wait++) {
      room.clock.advance(4 * MINUTE_MS);
      await settle();
      await poll();
    }
    const dump = await shop.dump();
    const known = (name: string, ...fields: string[]) =>
      (dump[name] as Record<string, unknown>[]).map((one) => fields.map((field) => one[field])).sort();
    const sold = [...twin.shop.state.products.values()].flatMap(
      (one): { id: number; quantity: number; regularMinor: number }[] =>
        one.type === 'simple' ? [one] : one.variations,
    );
    expect(known('levels', 'variant', 'available')).toEqual(sold.map((one) => [String(one.id), one.quantity]).sort());
    expect(known('prices', 'external_id', 'amount_minor')).toEqual(
      sold.map((one) => [String(one.id), one.regularMinor]).sort(),
    );
    const orders = [...twin.shop.state.orders.values()];
    expect(known('orders', 'source_order_id')).toEqual(orders.map((one) => [String(one.id)]).sort());
    expect(
      (dump['orders'] as Record<string, unknown>[]).map((one) => [
        one['payment'],
        one['fulfilment'],
        one['standing'],
        one['is_accepted'],
      ]),
    ).toEqual([
      ['partially_refunded', 'fulfilled', 'closed', true],
      ['paid', 'unfulfilled', 'open', true],
      ['paid', 'fulfilled', 'closed', true],
      ['partially_refunded', 'unfulfilled', 'open', true],
      // A checkout that nobody paid is no order yet.
      ['pending', 'unfulfilled', 'open', false],
      ['paid', 'unfulfilled', 'cancelled', true],
    ]);
    const faulted = await shop.query(
      "select topic, fault from connector_inbox where workspace_id = $1 and state = 'faulted'",
    );
    expect(faulted).toEqual([]);
    const status = (await shop.call('GET', `/api/v1/connectors/${id}/status`)).body;
    expect(status).toMatchObject({ fault: null, pending: 0, waitingRecords: 0 });
    await shop.query('delete from connector where workspace_id = $1');
    await twin.close();
    await hooks.close();
  },
);
