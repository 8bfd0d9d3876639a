import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createShopifyTwin, type ShopifyTwin } from '@segue/sandbox/shopify';
import { BAD_DAY } from '@segue/sandbox/unreliable';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publicId } from '../../platform/ids/index.ts';
import { serveRoutes } from '../../testkit/index.ts';
import { runStockNews } from '../inventory/index.ts';
import { createConnectorHookRoutes, createPosHookRoutes, runConnectorPolls, runStockPush } from './index.ts';
import { type ConnectorRoom, type ConnectorShop, openConnectorRoom } from './testing/connector-world.ts';

const PIECES = 30;

let room: ConnectorRoom;
beforeAll(async () => {
  room = await openConnectorRoom();
});
afterAll(() => room.drop());

/** Stands before the shop's API: what is asked is done, and so many answers to a change of stock never come. */
async function startLossyProxy(target: string, lost: number): Promise<{ server: Server; url: string }> {
  let left = lost;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const headers = new Headers();
    for (const name of ['content-type', 'x-shopify-access-token']) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const asked = { method: request.method ?? 'GET', headers, ...(body.length > 0 && { body }) };
    const answered = await fetch(`${target}${request.url}`, asked);
    const text = await answered.text();
    if (left > 0 && body.includes('inventorySetQuantities')) {
      left -= 1;
      request.socket.destroy();
      return;
    }
    response.writeHead(answered.status, { 'content-type': 'application/json' }).end(text);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

interface Round {
  readonly shop: ConnectorShop;
  readonly twin: ShopifyTwin;
  readonly variantId: string;
  /** At the till. */
  sell(quantity: number): Promise<void>;
  /** Until nobody has anything to tell. */
  settle(): Promise<void>;
  /** What may be sold: of the shop's own count, and of ours. */
  counts(): Promise<[number, number]>;
  close(): Promise<void>;
}

async function openRound(of: { apiVersion?: string; lost?: number; isBad?: boolean }): Promise<Round> {
  const shop = await room.openShop();
  const hooks = serveRoutes([createConnectorHookRoutes(shop.services)], () => shop.ctx);
  const tills = serveRoutes([createPosHookRoutes(shop.services)], () => shop.ctx);
  const publicUrl = await hooks.listen({ port: 0, host: '127.0.0.1' });
  const misbehaviour = of.isBad === true ? { ...BAD_DAY, loses: 0 } : undefined;
  const twin = await createShopifyTwin({ clock: room.clock, seed: 5, ...(misbehaviour && { misbehaviour }) });
  const proxy = await startLossyProxy(twin.url, of.lost ?? 0);
  const store = twin.addLocation({ name: 'Store' }).id;
  const product = twin.addProduct({
    title: 'Shirt',
    variants: [{ sku: 'SHIRT', price: '10.00', stock: { [store]: PIECES } }],
  });
  await shop.connect({
    ...{ accessToken: twin.accessToken, clientSecret: twin.clientSecret, shopDomain: twin.domain },
    ...{ apiUrl: proxy.url, pushesStock: true, ...(of.apiVersion !== undefined && { apiVersion: of.apiVersion }) },
  });
  const deps = { outbound: shop.outbound, ports: shop.ports, publicUrl, owner: randomUUID() };
  const settle = async () => {
    for (let round = 0; round < 12; round++) {
      room.clock.advance(10_000);
      while ((await runConnectorPolls(shop.services, deps)) > 0);
      await twin.flush();
      await shop.drain();
      while ((await runStockNews(shop.services)) > 0);
      for (let n = 0; n < 5 && (await runStockPush(shop.services, deps)) > 0; n++);
    }
  };
  await settle();
  const [place] = await shop.query<{ id: string }>(
    `select internal_id as id from external_ref where workspace_id = $1 and kind = 'location' and external_id = '${store}'`,
  );
  const made = await shop.call('POST', '/api/v1/connectors', { kind: 'pos', name: 'Tills', currency: 'USD' });
  const id = String(made.body['id']);
  const location = publicId('loc', place!.id);
  const device = await shop.call('POST', `/api/v1/connectors/${id}/devices`, { device: 'till-1', location });
  expect(device).toMatchObject({ status: 201 });
  let sequence = 0;
  return {
    ...{ shop, twin, settle, variantId: product.variants[0]!.id },
    async sell(quantity) {
      sequence += 1;
      const line = { sku: 'SHIRT', name: 'Shirt', quantity, unitPriceMinor: 1_000 };
      const at = new Date(room.clock.now()).toISOString();
      const response = await tills.inject({
        ...{
          method: 'POST',
          url: `/hooks/pos/${id}`,
          headers: { authorization: `Bearer ${String(device.body['key'])}` },
        },
        payload: { deviceId: 'till-1', items: [{ kind: 'sale', sequence, at, id: `s-${sequence}`, lines: [line] }] },
      });
      expect(response.statusCode).toBe(200);
    },
    async counts() {
      const [level] = await shop.query<{ n: number }>(
        'select on_hand - unavailable - reserved as n from stock_level where workspace_id = $1',
      );
      const [theirs] = [...twin.shop.state.levels.values()].filter(({ locationId }) => locationId === store);
      return [theirs!.available, level!.n];
    },
    async close() {
      proxy.server.close();
      await Promise.all([hooks.close(), twin.close()]);
    },
  };
}

describe('a piece that the till sells', () => {
  it.each([
    ['the newest API', {}],
    ['an API from before changes named what they change from', { apiVersion: '2025-10' }],
    ['answers that never come', { lost: 3 }],
    ['webhooks that come twice, late and out of order', { isBad: true }],
  ])('is gone from the connected shop once, and its own word of it takes nothing more: %s', async (_name, of) => {
    const round = await openRound(of);
    expect(await round.counts()).toEqual([PIECES, PIECES]);
    await round.sell(3);
    await round.settle();
    expect(await round.counts()).toEqual([PIECES - 3, PIECES - 3]);
    // Both sell in the same moment.
    const placed = round.twin.placeOrder({
      email: 'ada@customer.example',
      lines: [{ variantId: round.variantId, quantity: 2 }],
    });
    expect(placed.kind).toBe('placed');
    await round.sell(4);
    await round.settle();
    room.clock.advance(30 * 60_000);
    await round.settle();
    expect(await round.counts()).toEqual([PIECES - 9, PIECES - 9]);
    await round.close();
  });
});
