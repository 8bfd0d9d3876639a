import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPosSender } from '../pos/index.ts';
import { type PosReceiver, startPosReceiver } from '../pos/testing/pos-receiver.ts';
import { createManualClock, type ManualClock } from '../twin/testing/manual-clock.ts';
import { openShopWorld, type ShopWorld } from './shop-world.ts';

const HOUR_MS = 3_600_000;
let clock: ManualClock;
let receiver: PosReceiver;
let world: ShopWorld;

const open = (saved?: string, keep?: (text: string) => Promise<void>) =>
  openShopWorld({
    clock,
    seed: 11,
    shopUrl: 'http://127.0.0.1:1/shop/',
    pace: { ordersPerHour: 6, shoppers: 50 },
    ...{ saved, keep },
  });
const openTill = (): void => world.openTill(createPosSender({ url: receiver.url, deviceKey: 'key-1' }));

async function live(hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour++) {
    clock.advance(HOUR_MS);
    await world.live();
  }
}

beforeEach(async () => {
  clock = createManualClock();
  receiver = await startPosReceiver('key-1');
  world = await open();
  openTill();
});
afterEach(async () => {
  await world.close();
  await receiver.close();
});

test('within a week web shop, marketplace and till sell, send, and take back', async () => {
  await live(24 * 7);
  const web = [...world.shopify.shop.state.orders.values()];
  const market = [...world.woo.shop.state.orders.values()];
  expect(web.length).toBeGreaterThan(50);
  expect(web.some(({ fulfilments }) => fulfilments.some(({ shipmentStatus }) => shipmentStatus === 'delivered'))).toBe(
    true,
  );
  expect(web.some(({ refunds }) => refunds.length > 0)).toBe(true);
  expect(web.some(({ discount }) => discount !== undefined)).toBe(true);
  expect(market.length).toBeGreaterThan(20);
  expect(market.some(({ status }) => status === 'completed')).toBe(true);
  expect(receiver.taken.length).toBeGreaterThan(20);
  for (const { available } of world.shopify.shop.state.levels.values()) expect(available).toBeGreaterThanOrEqual(0);
});

test('a world that is saved and opened again goes on as if it had not been closed', async () => {
  await live(30);
  const saved = world.save();
  await live(30);
  const straight = summary();
  await world.close();
  clock.advance(-30 * HOUR_MS);
  world = await open(saved);
  openTill();
  await live(30);
  expect(summary()).toEqual(straight);
});

test('nobody is told what a world that is killed would forget: neither by a till nor by an answer of an API', async () => {
  await world.close();
  let kept = '';
  world = await open(undefined, async (text) => {
    kept = text;
  });
  const heard = new Set<string>();
  const unkept: string[] = [];
  let told = 0;
  world.openTill(async ({ items }) => {
    told += items.length;
    for (const item of items) if (!kept.includes(`"sequence\\":${item.sequence},`)) unkept.push(String(item.sequence));
    return undefined;
  });
  const { url, accessToken } = world.shopify;
  const headers = { 'X-Shopify-Access-Token': accessToken };
  for (let hour = 0; hour < 48; hour++) {
    clock.advance(HOUR_MS);
    const [answer] = await Promise.all([
      fetch(`${url}/admin/api/2026-10/orders.json?status=any`, { headers }),
      world.live(),
    ]);
    for (const [, id = ''] of (await answer.text()).matchAll(/shopify\/Order\/(\d+)"/g)) {
      heard.add(id);
      if (!kept.includes(id)) unkept.push(id);
    }
  }
  expect(unkept).toEqual([]);
  expect(told).toBeGreaterThan(20);
  expect(heard.size).toBeGreaterThan(20);
});

test('a world that cannot be kept tells nobody', async () => {
  await world.close();
  let isFull = false;
  world = await open(undefined, async () => {
    if (isFull) throw new Error('no space left on device');
  });
  openTill();
  isFull = true;
  await expect(live(24)).rejects.toThrow('no space left');
  expect(receiver.taken).toEqual([]);
  const { url, accessToken } = world.shopify;
  const answer = await fetch(`${url}/admin/api/2026-10/shop.json`, {
    headers: { 'X-Shopify-Access-Token': accessToken },
  });
  expect(answer.status).toBe(500);
});

test('a till that has sold before sells on while nobody hears it, and tells it when it is let in again', async () => {
  await live(24);
  const saved = world.save();
  const before = receiver.taken.length;
  await world.close();
  world = await open(saved);
  await live(24);
  expect(receiver.taken.length).toBe(before);
  expect(world.isTillLetIn).toBe(false);
  openTill();
  world.till?.goOnline();
  // Some of it is lost or late at first.
  for (let half = 0; half < 8; half++) {
    clock.advance(HOUR_MS / 2);
    await world.till?.flush();
  }
  expect(world.till?.journal.unconfirmed).toBe(0);
  expect(receiver.taken.length).toBeGreaterThan(before);
});

function summary(): unknown {
  const { orders, levels } = world.shopify.shop.state;
  return {
    web: [...orders.values()].map(({ id, number, updatedAtMs }) => [id, number, updatedAtMs]),
    levels: [...levels.values()].map(({ itemId, locationId, available }) => [itemId, locationId, available]),
    market: [...world.woo.shop.state.orders.values()].map(({ id, status, orderKey }) => [id, status, orderKey]),
  };
}
