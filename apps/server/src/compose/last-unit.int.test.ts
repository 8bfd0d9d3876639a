import { afterAll, beforeAll, expect, it } from 'vitest';
import { upsertProducts } from '../modules/catalog/index.ts';
import { API_KEY, createEngines, type Engines, NOW, openWorld, type World } from '../modules/events/testing/world.ts';
import { recordMovements, upsertLocations } from '../modules/inventory/index.ts';
import { findBrokenStock } from '../modules/inventory/testing/open-stock.ts';
import { batchOf, type OrderInput } from '../modules/orders/index.ts';
import { inTransaction } from '../platform/eventlog/index.ts';
import { publicId } from '../platform/ids/index.ts';
import { isLostRace } from '../platform/postgres/index.ts';
import { createCommerce } from './commerce.ts';

const ROUNDS = 20;
const SOURCES = { pos: 'pos:till', marketplace: 'api:bazaar' } as const;
const CLAIMS = ['web', 'pos', 'marketplace'] as const;
/** Every order in which three can come, over and over. */
const ORDERS = CLAIMS.flatMap((first) =>
  CLAIMS.filter((one) => one !== first).map((second) => [
    first,
    second,
    CLAIMS.find((one) => one !== first && one !== second)!,
  ]),
);

let engines: Engines;
let world: World;
let store: string;
const variants: string[] = [];
const commerce = createCommerce();

beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines, { maxConnections: 20 });
  await inTransaction(world.ctx, async (ctx) => {
    const [product] = await upsertProducts(ctx, [
      {
        ...{ ref: { source: 'api', id: 'lamp' }, title: 'Lamp', status: 'active' },
        variants: Array.from({ length: ROUNDS * 2 }, (_, n) => ({
          ref: { source: 'api', id: `lamp-${n}` },
          sku: `LAMP-${n}`,
          prices: [{ currency: 'EUR', amountMinor: 4900 }],
        })),
      },
    ]);
    variants.push(...product!.variantIds.values());
    [store] = (await upsertLocations(ctx, [{ ref: { source: 'api', id: 's' }, name: 'Store', kind: 'store' }])) as [
      string,
    ];
    await recordMovements(
      ctx,
      variants.map((variantId) => ({ variantId, locationId: store, field: 'on_hand', delta: 1, reason: 'received' })),
    );
  });
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

const soldOutside = (n: number, channel: 'pos' | 'marketplace'): OrderInput => ({
  ref: { source: SOURCES[channel], id: `${channel}-${n}` },
  ...{ version: { at: NOW }, number: `${channel}-${n}`, placedAtMs: NOW, currency: 'EUR', stock: 'ours' },
  channel: channel === 'pos' ? 'pos' : 'marketplace:bazaar',
  who: { email: `${channel}${n}@customer.example` },
  ...{ payment: 'paid', paidMinor: 4900, isAccepted: true, couponCodes: [], refunds: [], fulfilments: [] },
  ...(channel === 'pos' && { isFulfilled: true, locationId: store }),
  totals: { totalMinor: 4900, subtotalMinor: 4900, discountMinor: 0, shippingMinor: 0, taxMinor: 0 },
  lines: [
    { id: '1', sku: `LAMP-${n}`, name: 'Lamp', quantity: 1, cancelled: 0, unitPriceMinor: 4900, discountMinor: 0 },
  ],
});

async function takeIn(input: OrderInput): Promise<void> {
  for (;;) {
    try {
      await inTransaction(world.ctx, (ctx) => commerce.book.takeOrders(batchOf(ctx), { inputs: [input], parts: [] }));
      return;
    } catch (error) {
      if (!isLostRace(error)) throw error;
    }
  }
}

function order(n: number) {
  const body = {
    ...{ reference: `web-${n}`, channel: 'web', currency: 'EUR', identifier: `email:web${n}@customer.example` },
    lines: [{ variantId: publicId('var', variants[n]!), quantity: 1 }],
  };
  return world.post('/api/v1/orders', body, { authorization: `Bearer ${API_KEY}` });
}

/** What is told of the unit once everybody had his say. */
async function readUnit(n: number) {
  const variantId = publicId('var', variants[n]!);
  const { body: levels } = await world.get(`/api/v1/inventory/levels?variantId=${variantId}`);
  const [level] = levels['items'] as { onHand: number; reserved: number; shortfall: number }[];
  const asked = await world.post(
    '/api/v1/inventory/availability',
    { variantIds: [variantId], channel: 'web' },
    { authorization: `Bearer ${API_KEY}` },
  );
  const [available] = asked.body['variants'] as { available: number; sellable: number; isInStock: boolean }[];
  const { rows: held } = await world.services.postgres.query<{ owner_ref: string }>({
    text: 'select owner_ref from reservation where item_id = $1 and reserved > 0',
    values: [variants[n]],
  });
  let short = 0;
  for (const [name, source] of Object.entries(SOURCES)) {
    const { body } = await world.get(`/api/v1/orders?source=${source}&sourceOrderId=${name}-${n}`);
    const [sold] = body['items'] as { id: string }[];
    const told = await world.get(`/api/v1/orders/${sold!.id}/events`);
    short += JSON.stringify(told.body).split('Stock Short').length - 1;
  }
  return { level: level!, available: available!, held: held.length, short };
}

async function expectOneUnit(n: number, web: Awaited<ReturnType<typeof order>>): Promise<void> {
  const { level, available, held, short } = await readUnit(n);
  if (web.status !== 201) {
    expect(web).toMatchObject({ status: 409, body: { errors: [{ field: 'lines[0].quantity' }] } });
  }
  const claims = 2 + Number(web.status === 201);
  // One claim has the unit; every other one is told of as a gap, either of the level or of the order.
  expect(level.shortfall + short).toBe(claims - 1);
  expect(held).toBeLessThanOrEqual(1);
  expect(level).toMatchObject({ onHand: 0, reserved: held, shortfall: held });
  expect(available).toMatchObject({ available: 0, sellable: 0, isInStock: false });
}

it('of the last unit, wanted by the web, the till and a marketplace at once, one has it and no other sale is hidden', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const asked = { web: undefined as Promise<Awaited<ReturnType<typeof order>>> | undefined };
    const claims = {
      web: () => (asked.web = order(round)),
      pos: () => takeIn(soldOutside(round, 'pos')),
      marketplace: () => takeIn(soldOutside(round, 'marketplace')),
    };
    await Promise.all(ORDERS[round % ORDERS.length]!.map((name) => claims[name]()));
    await expectOneUnit(round, await asked.web!);
  }
  expect(await findBrokenStock(world.services.postgres, world.ctx.workspaceId)).toEqual([]);
});

it('whoever comes first, what was sold outside is never refused and the web is, once it is gone', async () => {
  for (let round = 0; round < ORDERS.length; round += 1) {
    const n = ROUNDS + round;
    const turn = ORDERS[round]!;
    let web: Awaited<ReturnType<typeof order>> | undefined;
    for (const name of turn) {
      if (name === 'web') web = await order(n);
      else await takeIn(soldOutside(n, name));
    }
    expect(web!.status).toBe(turn[0] === 'web' ? 201 : 409);
    await expectOneUnit(n, web!);
  }
});
