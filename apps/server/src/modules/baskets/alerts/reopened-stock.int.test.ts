import { afterAll, beforeAll, expect, it } from 'vitest';
import { AlertWorld } from './testing/alert-world.ts';
import { publicId } from '../../../platform/ids/index.ts';

let shop: AlertWorld;
beforeAll(async () => {
  shop = await AlertWorld.open();
});
afterAll(() => shop.close());

/** Whoever waits for it while it cannot be had. */
async function waiting(goods: Awaited<ReturnType<AlertWorld['goods']>>): Promise<string> {
  const path = `locations/${publicId('loc', goods.locationId)}`;
  expect((await shop.call('PATCH', path, { state: 'inactive' })).status).toBe(200);
  await shop.hear();
  await shop.waitFor(goods, await shop.customers(3));
  await shop.hear();
  expect(await shop.tellings(goods.variantId)).toEqual([]);
  return path;
}

it('who waits for what lies in a closed location is told when it opens, though nothing moved', async () => {
  const goods = await shop.goods();
  await shop.move(goods, 50);
  await shop.hear();
  const path = await waiting(goods);
  await shop.call('PATCH', path, { state: 'active' });
  await shop.hear();
  expect(await shop.tellings(goods.variantId)).toHaveLength(3);
});

it('a location that opens and closes again before anybody is told tells nobody', async () => {
  const goods = await shop.goods();
  await shop.move(goods, 50);
  await shop.hear();
  const path = await waiting(goods);
  await shop.call('PATCH', path, { state: 'active' });
  await shop.news();
  await shop.edges();
  await shop.call('PATCH', path, { state: 'inactive' });
  await shop.waves();
  await shop.hear();
  expect(await shop.tellings(goods.variantId)).toEqual([]);
});
