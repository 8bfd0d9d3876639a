import { createPosSender, createPosTwin, type PosTwin } from '@segue/sandbox/pos';
import { BAD_DAY, WELL_BEHAVED } from '@segue/sandbox/unreliable';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inTransaction } from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { serveRoutes } from '../../testkit/index.ts';
import { upsertProducts } from '../catalog/index.ts';
import { upsertLocations } from '../inventory/index.ts';
import { createPosHookRoutes } from './index.ts';
import { type ConnectorRoom, type ConnectorShop, openConnectorRoom } from './testing/connector-world.ts';

const PIECES = 1_000;
const ACTS = 40;

let room: ConnectorRoom;
beforeAll(async () => {
  room = await openConnectorRoom();
});
afterAll(() => room.drop());

interface Store {
  readonly shop: ConnectorShop;
  readonly till: PosTwin;
  close(): Promise<void>;
}

/** A shop with one store and its till, which speaks to the connector over HTTP. */
async function openStore({ seed, isBad }: { seed: number; isBad: boolean }): Promise<Store> {
  const shop = await room.openShop();
  const made = await shop.call('POST', '/api/v1/connectors', { kind: 'pos', name: 'Tills', currency: 'EUR' });
  const id = String(made.body['id']);
  const location = await inTransaction(shop.ctx, async (ctx) => {
    const variant = { ref: { source: 'api', id: 'v1' }, sku: 'MUG', prices: [{ currency: 'EUR', amountMinor: 1_000 }] };
    const product = { ref: { source: 'api', id: 'p1' }, title: 'Mug', status: 'active' as const, variants: [variant] };
    await upsertProducts(ctx, [product]);
    const [store] = await upsertLocations(ctx, [{ ref: { source: 'api', id: 'store' }, name: 'Store', kind: 'store' }]);
    return publicId('loc', store!);
  });
  const device = await shop.call('POST', `/api/v1/connectors/${id}/devices`, { device: 'till-1', location });
  const hooks = serveRoutes([createPosHookRoutes(shop.services)], () => shop.ctx);
  const url = await hooks.listen({ port: 0, host: '127.0.0.1' });
  const till = createPosTwin({
    ...{ clock: room.clock, seed, deviceId: 'till-1', currency: 'EUR' },
    shelf: [{ sku: 'MUG', name: 'Mug', priceMinor: 1_000, quantity: PIECES }],
    deliverTo: createPosSender({ url: `${url}/hooks/pos/${id}`, deviceKey: String(device.body['key']) }),
    misbehaviour: isBad ? BAD_DAY : WELL_BEHAVED,
  });
  return { shop, till, close: () => hooks.close() };
}

/** What happens at a till, by number: it is counted, sold, taken back. */
function act(till: PosTwin, n: number, sold: string[]): void {
  if (n % 10 === 0) till.setStock();
  else if (n % 7 === 0) till.refund({ saleId: sold[n % sold.length]!, lines: [{ sku: 'MUG', quantity: 1 }] });
  else {
    const sale = till.sell({
      lines: [{ sku: 'MUG', quantity: 1 + (n % 3) }],
      customer: { loyaltyId: `card-${n % 4}` },
    });
    if (sale.kind !== 'sold') throw new Error(sale.kind);
    if (n % 3 !== 0) sold.push(sale.sale.id);
  }
}

async function settle({ till, shop }: Store): Promise<void> {
  await till.flush();
  await shop.drain();
}

async function known({ shop, till }: Store): Promise<JsonObject> {
  const { orders, lines } = await shop.dump();
  const [level] = await shop.query<{ n: number }>(
    'select on_hand - unavailable - reserved as n from stock_level where workspace_id = $1',
  );
  const told = (await shop.told()).map(({ event, messageId }) => `${String(event)} ${String(messageId)}`);
  const counts = new Map<string, number>();
  for (const one of told) counts.set(one.split(' m')[0]!, (counts.get(one.split(' m')[0]!) ?? 0) + 1);
  return {
    ...{ orders: orders!, lines: lines!, available: level!.n, shelf: till.shelf[0]!.quantity },
    isToldOnce: new Set(told).size === told.length,
  };
}

it.each([1, 2, 3])(
  'a till that is offline for hours, whose batches are lost, doubled and shuffled, is known as one that is always heard (%i)',
  async (seed) => {
    const [good, bad] = [await openStore({ seed, isBad: false }), await openStore({ seed, isBad: true })];
    const [soldByGood, soldByBad]: [string[], string[]] = [[], []];
    for (let n = 0; n < ACTS; n++) {
      act(good.till, n, soldByGood);
      act(bad.till, n, soldByBad);
      await settle(good);
      if (n % 15 === 5) bad.till.goOffline();
      if (n % 15 === 12) bad.till.goOnline();
      if (n % 4 === 0) await settle(bad);
      room.clock.advance(20_000);
    }
    bad.till.goOnline();
    for (let round = 0; round < 100 && bad.till.journal.unconfirmed > 0; round++) {
      room.clock.advance(60_000);
      await settle(bad);
    }
    expect(bad.till.journal.unconfirmed).toBe(0);
    const [expected, told] = [await known(good), await known(bad)];
    expect(told).toEqual(expected);
    expect(told).toMatchObject({ available: bad.till.shelf[0]!.quantity, isToldOnce: true });
    expect(told['orders']).toHaveLength(bad.till.journal.items.filter(({ kind }) => kind === 'sale').length);
    await Promise.all([good.close(), bad.close()]);
  },
);
