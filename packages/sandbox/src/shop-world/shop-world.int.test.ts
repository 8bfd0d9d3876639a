import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPosSender } from '../pos/index.ts';
import { type PosReceiver, startPosReceiver } from '../pos/testing/pos-receiver.ts';
import { createManualClock, type ManualClock } from '../twin/testing/manual-clock.ts';
import { openShopWorld, type ShopWorld } from './shop-world.ts';

const HOUR_MS = 3_600_000;
let clock: ManualClock;
let receiver: PosReceiver;
let world: ShopWorld;

const open = (saved?: string) =>
  openShopWorld({
    clock,
    seed: 11,
    shopUrl: 'http://127.0.0.1:1/shop/',
    pace: { ordersPerHour: 6, shoppers: 50 },
    saved,
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

function summary(): unknown {
  const { orders, levels } = world.shopify.shop.state;
  return {
    web: [...orders.values()].map(({ id, number, updatedAtMs }) => [id, number, updatedAtMs]),
    levels: [...levels.values()].map(({ itemId, locationId, available }) => [itemId, locationId, available]),
    market: [...world.woo.shop.state.orders.values()].map(({ id, status, orderKey }) => [id, status, orderKey]),
  };
}
