import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createShopifyTwin, type ShopifyTwin } from '@segue/sandbox/shopify';
import { BAD_DAY } from '@segue/sandbox/unreliable';
import { serveRoutes } from '../../testkit/index.ts';
import { createConnectorHookRoutes, runConnectorPolls } from './index.ts';
import { type ConnectorRoom, openConnectorRoom } from './testing/connector-world.ts';

let room: ConnectorRoom;
beforeAll(async () => {
  room = await openConnectorRoom();
});
afterAll(() => room.drop());

it.each([1, 2, 3])(
  'a shop whose webhooks are lost, doubled, late and out of order is known as it is once it was polled (%i)',
  async (seed) => {
    const shop = await room.openShop();
    const hooks = serveRoutes([createConnectorHookRoutes(shop.services)], () => shop.ctx);
    const url = await hooks.listen({ port: 0, host: '127.0.0.1' });
    const twin: ShopifyTwin = await createShopifyTwin({ clock: room.clock, seed, misbehaviour: BAD_DAY });
    const id = await shop.connect({
      accessToken: twin.accessToken,
      clientSecret: twin.clientSecret,
      apiUrl: twin.url,
      shopDomain: twin.domain,
    });
    const deps = { outbound: shop.outbound, ports: shop.ports, publicUrl: url, owner: randomUUID() };
    const poll = async () => {
      while ((await runConnectorPolls(shop.services, deps)) > 0);
    };
    const settle = async () => {
      await twin.flush();
      await shop.drain();
    };
    await poll();
    const stores = ['Store', 'Warehouse'].map((name) => twin.addLocation({ name }).id);
    const products = [1, 2, 3].map((n) =>
      twin.addProduct({
        title: `Thing ${n}`,
        variants: [{ sku: `T-${n}`, price: `${n}.50`, stock: { [stores[0]!]: 20, [stores[1]!]: 30 } }],
      }),
    );
    await settle();
    for (let round = 0; round < 6; round++) {
      const product = products[round % 3]!;
      const variant = product.variants[0]!;
      twin.changePrice({ variantId: variant.id, price: `${round + 2}.25` });
      twin.changePrice({ variantId: variant.id, price: `${round + 3}.75` });
      const placed = twin.placeOrder({
        email: `c${round}@customer.example`,
        lines: [{ variantId: variant.id, quantity: 2 }],
      });
      if (placed.kind !== 'placed') throw new Error(placed.kind);
      const { order } = placed;
      if (round % 2 === 0) {
        const fulfilment = twin.fulfil({ orderId: order.id });
        twin.moveShipment({ orderId: order.id, fulfilmentId: fulfilment.id, status: 'delivered' });
      }
      if (round % 3 === 0)
        twin.refund({
          orderId: order.id,
          lines: [{ lineId: order.lines[0]!.id, quantity: 1, restock: round % 2 === 0 ? 'return' : 'cancel' }],
        });
      if (round === 5) twin.cancelOrder({ orderId: order.id });
      room.clock.advance(round % 2 === 0 ? 0 : 61_000);
      await settle();
    }
    room.clock.advance(45 * 60_000);
    await settle();
    await poll();
    for (let wait = 0; wait < 20; wait++) {
      room.clock.advance(2_000);
      await poll();
    }
    const dump = await shop.dump();
    const known = (name: string) => dump[name] as Record<string, unknown>[];
    expect(known('products').map((one) => [one['external_id'], one['title'], one['status']])).toEqual(
      [...twin.shop.state.products.values()].map((one) => [one.id, one.title, 'active']).sort(),
    );
    const levels = [...twin.shop.state.levels.values()].map(({ itemId, locationId, available }) => [
      twin.shop.state.items.get(itemId)!.variantId,
      locationId,
      available,
    ]);
    expect(
      known('levels')
        .map((one) => [one['variant'], one['location'], one['available']])
        .sort(),
    ).toEqual(levels.sort());
    const prices = [...twin.shop.state.products.values()].flatMap(({ variants }) =>
      variants.map((one) => [one.id, one.priceMinor]),
    );
    expect(
      known('prices')
        .map((one) => [one['external_id'], one['amount_minor']])
        .sort(),
    ).toEqual(prices.sort());
    expect(known('orders')).toHaveLength(6);
    expect(
      known('orders').map((one) => [
        one['number'],
        one['payment'],
        one['fulfilment'],
        one['standing'],
        one['refunded_minor'],
      ]),
    ).toEqual([
      ['#1001', 'partially_refunded', 'delivered', 'closed', 398],
      ['#1002', 'paid', 'unfulfilled', 'open', 0],
      ['#1003', 'paid', 'delivered', 'closed', 0],
      ['#1004', 'partially_refunded', 'unfulfilled', 'open', 716],
      ['#1005', 'paid', 'delivered', 'closed', 0],
      ['#1006', 'refunded', 'unfulfilled', 'cancelled', 1_855],
    ]);
    const faulted = await shop.query(
      "select topic, fault from connector_inbox where workspace_id = $1 and state = 'faulted'",
    );
    expect(faulted).toEqual([]);
    expect((await shop.call('GET', `/api/v1/connectors/${id}/status`)).body).toMatchObject({
      fault: null,
      pending: 0,
      waitingRecords: 0,
    });
    await shop.query('delete from connector where workspace_id = $1');
    await twin.close();
    await hooks.close();
  },
);
