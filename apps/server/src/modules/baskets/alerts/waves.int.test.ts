import { afterAll, beforeAll, expect, it } from 'vitest';
import { publicId } from '../../../platform/ids/index.ts';
import { alertTruths } from './alert-truths.ts';
import { forgetAlerts } from './forget-alerts.ts';
import type { HoldersAsked } from './ports.ts';
import { DAY_MS, MINUTE_MS } from './settings.ts';
import { runAlertWaves } from './tell/run-alert-waves.ts';
import { AlertWorld, type Customer } from './testing/alert-world.ts';

let shop: AlertWorld;
beforeAll(async () => {
  shop = await AlertWorld.open();
});
afterAll(() => shop.close());

/** Carts of these, each told as baskets would. */
function cartsOf(variantId: string, customers: readonly Customer[]) {
  const holders = customers.toSorted((a, b) => (a.profileId < b.profileId ? -1 : 1));
  const profilesHolding = async (_sql: unknown, _workspaceId: number, asked: HoldersAsked) =>
    asked.variantId !== variantId
      ? []
      : holders.filter(({ profileId }) => profileId > (asked.afterProfileId ?? '')).slice(0, asked.limit);
  return { profilesHolding };
}

it('members of a tier are told before who came first', async () => {
  const goods = await shop.goods();
  const customers = await shop.customers(6);
  await shop.waitFor(goods, customers);
  const vips = customers.slice(4).map(({ profileId }) => profileId);
  const ranks = { ranksOf: async () => new Map(vips.map((id) => [id, 1])) };
  await shop.move(goods, 2);
  await shop.hear({ ranks });
  const told = (await shop.tellings(goods.variantId)).map(({ profileId }) => profileId);
  expect(new Set(told)).toEqual(new Set([...vips, customers[0]!.profileId]));
});

it('what must have been back for a while is told only after that, if it still is', async () => {
  await shop.call('PATCH', 'alerts/settings', { settleMinutes: 10 });
  const goods = await shop.goods();
  await shop.waitFor(goods, await shop.customers(1));
  await shop.move(goods, 1);
  await shop.hear();
  shop.clock.advance(5 * MINUTE_MS);
  await shop.move(goods, -1);
  await shop.hear();
  await shop.move(goods, 1);
  await shop.hear();
  shop.clock.advance(5 * MINUTE_MS);
  await shop.waves();
  expect(await shop.tellings(goods.variantId)).toEqual([]);
  shop.clock.advance(5 * MINUTE_MS);
  await shop.waves();
  expect(await shop.tellings(goods.variantId)).toHaveLength(1);
  await shop.call('PATCH', 'alerts/settings', { settleMinutes: 0 });
});

it('what a channel may not sell is not back for it', async () => {
  const goods = await shop.goods();
  await shop.waitFor(goods, await shop.customers(1));
  const variantId = publicId('var', goods.variantId);
  const buffered = await shop.call('PUT', 'inventory/buffers', { channel: 'web', variantId, buffer: 2 });
  expect(buffered.status).toBeLessThan(300);
  await shop.move(goods, 2);
  await shop.hear();
  expect(await shop.states(goods.variantId)).toEqual({ active: 1 });
  await shop.move(goods, 1);
  await shop.hear();
  expect(await shop.states(goods.variantId)).toEqual({ sent: 1 });
});

it('a bundle is back once all its parts are', async () => {
  const [bundle, a, b] = [await shop.goods(), await shop.goods(), await shop.goods()];
  const parts = [a, b].map(({ variantId }) => ({ variantId: publicId('var', variantId), quantity: 1 }));
  const made = await shop.call('PUT', `variants/${publicId('var', bundle.variantId)}/components`, {
    components: parts,
  });
  expect(made.status).toBeLessThan(300);
  await shop.waitFor(bundle, await shop.customers(1));
  await shop.move(a, 1);
  await shop.hear();
  expect(await shop.tellings(bundle.variantId)).toEqual([]);
  await shop.move(b, 1);
  await shop.hear();
  expect(await shop.tellings(bundle.variantId)).toHaveLength(1);
});

it('a thing that is no longer for sale is told of to nobody', async () => {
  const goods = await shop.goods();
  await shop.waitFor(goods, await shop.customers(1));
  await shop.move(goods, 1);
  await shop.news();
  await shop.edges();
  shop.clock.advance(1_000);
  await shop.price(goods.ref, 2_000, 'draft');
  await shop.waves();
  expect(await shop.states(goods.variantId)).toEqual({ active: 1 });
});

it('of 450 carts each hears once that there is little left, page by page, whoever dies in between; who asked as well hears once', async () => {
  const goods = await shop.goods();
  const customers = await shop.customers(450);
  await shop.move(goods, 10);
  await shop.hear();
  await shop.ask(goods.variantId, { type: 'low_stock', profileId: publicId('prf', customers[7]!.profileId) });
  const carts = cartsOf(goods.variantId, customers);
  await shop.move(goods, -8);
  await shop.news();
  await shop.edges();
  let pages = 0;
  const failing = {
    profilesHolding: async (sql: unknown, workspaceId: number, asked: HoldersAsked) => {
      pages += 1;
      if (pages % 2 === 0) throw new Error('died');
      return carts.profilesHolding(sql, workspaceId, asked);
    },
  };
  for (let round = 0; round < 12; round += 1) {
    await runAlertWaves(shop.services, { carts: failing }).catch(() => undefined);
    shop.clock.advance(MINUTE_MS);
  }
  const told = await shop.tellings(goods.variantId);
  expect([told.length, new Set(told.map(({ profileId }) => profileId)).size]).toEqual([450, 450]);
});

it('what is sold out while it is told that there is little left, is told no more', async () => {
  const goods = await shop.goods();
  const customers = await shop.customers(250);
  await shop.move(goods, 10);
  await shop.hear();
  const carts = cartsOf(goods.variantId, customers);
  await shop.move(goods, -9);
  await shop.news();
  await shop.edges();
  await runAlertWaves(shop.services, { carts });
  await runAlertWaves(shop.services, { carts });
  await shop.move(goods, -1);
  await shop.waves({ carts });
  expect(await shop.tellings(goods.variantId)).toHaveLength(200);
});

it('a message about what is sold out again is not true any more, and is once it is back', async () => {
  const goods = await shop.goods();
  const [one] = await shop.customers(1);
  await shop.waitFor(goods, [one!]);
  await shop.move(goods, 1);
  await shop.hear();
  const asked = [{ id: 'm', profileId: one!.profileId, variantId: goods.variantId, type: 'restock' as const }];
  const untrue = () => alertTruths(shop.services.postgres, shop.ctx.workspaceId, { asked, nowMs: shop.clock.now() });
  expect(await untrue()).toEqual(new Map());
  await shop.move(goods, -1);
  expect(await untrue()).toEqual(new Map([['m', 'It is sold out again']]));
  await shop.move(goods, 1);
  expect(await untrue()).toEqual(new Map());
});

it('an alert whose time is over is told to nobody, and forgotten a year later', async () => {
  const goods = await shop.goods();
  const [one] = await shop.customers(1);
  const expiresAt = new Date(shop.clock.now() + DAY_MS).toISOString();
  await shop.ask(goods.variantId, { type: 'restock', profileId: publicId('prf', one!.profileId), expiresAt });
  shop.clock.advance(DAY_MS);
  await shop.move(goods, 1);
  await shop.hear();
  expect(await shop.states(goods.variantId)).toEqual({ expired: 1 });
  shop.clock.advance(500 * DAY_MS);
  await forgetAlerts(shop.services);
  expect(await shop.states(goods.variantId)).toEqual({});
});

it('a purchase from before she waited, or long after she was told, is none for it', async () => {
  const goods = await shop.goods();
  const [one] = await shop.customers(1);
  await shop.waitFor(goods, [one!]);
  await shop.move(goods, 3);
  await shop.hear();
  shop.clock.advance(8 * DAY_MS);
  const order = {
    ...{ reference: shop.word(), channel: 'web', currency: 'EUR', profileId: publicId('prf', one!.profileId) },
    lines: [{ variantId: publicId('var', goods.variantId), quantity: 1 }],
  };
  expect((await shop.call('POST', 'orders', order)).status).toBe(201);
  expect(await shop.states(goods.variantId)).toEqual({ sent: 1 });
  const rows = await shop.rows<{ n: number }>(
    'select count(converted_at)::int as n from alert_telling where workspace_id = $1 and variant_id = $2',
    [goods.variantId],
  );
  expect(rows).toEqual([{ n: 0 }]);
});

it('what lies in carts and on wish lists is told of when there is little left, what was only viewed is not', async () => {
  const goods = await shop.goods();
  await shop.move(goods, 10);
  await shop.hear();
  const [cart, wishes, viewed, other] = await shop.customers(4);
  await shop.hold(goods, cart!);
  await shop.hold(goods, cart!, { kind: 'wishlist' });
  await shop.hold(goods, wishes!, { kind: 'wishlist' });
  await shop.hold(goods, viewed!, { kind: 'viewed' });
  await shop.hold(await shop.goods(), other!);
  await shop.move(goods, -8);
  await shop.hear();
  const told = (await shop.heard('low_stock', goods.variantId)).map((one) => [
    one['profileId'],
    one['inventory_quantity'],
  ]);
  expect(new Map(told as [string, number][])).toEqual(new Map([cart!, wishes!].map(({ profileId }) => [profileId, 2])));
  expect(told).toHaveLength(2);
});

it('a price is less than it was when she put it on her wish list, though it was asked for only now', async () => {
  const goods = await shop.goods();
  await shop.move(goods, 1);
  await shop.hear();
  const one = await shop.customer();
  await shop.hold(goods, one, { kind: 'wishlist', priceMinor: 2_400 });
  const asked = await shop.ask(goods.variantId, { type: 'price_drop', identifier: one.identifier });
  expect(asked.body).toMatchObject({ alert: { seenPrice: { amountMinor: 2_400, currency: 'EUR' } } });
  shop.clock.advance(MINUTE_MS);
  await shop.hear();
  expect(await shop.heard('price_drop', goods.variantId)).toMatchObject([{ price: 20, price_before: 24 }]);
});
