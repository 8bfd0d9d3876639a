import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { archiveProducts, type ProductInput, upsertProducts } from '../modules/catalog/index.ts';
import { API_KEY, createEngines, type Engines, openWorld, type World } from '../modules/events/testing/world.ts';
import {
  lastStockSeq,
  listStockNews,
  recordMovements,
  runStockNews,
  upsertLocations,
} from '../modules/inventory/index.ts';
import { inTransaction } from '../platform/eventlog/index.ts';
import { publicId } from '../platform/ids/index.ts';

let engines: Engines;
let world: World;
let store: string;
let item: string;
let bundle: string;
let begin: number;

const product = (at: number, fields: Partial<ProductInput> = {}): ProductInput => ({
  ...{ ref: { source: 'api', id: 'mug' }, version: { at }, title: 'Mug', status: 'active' },
  variants: ['mug', 'set'].map((id) => ({
    ...{ ref: { source: 'api', id }, sku: id, prices: [{ currency: 'EUR', amountMinor: 900 }] },
  })),
  ...fields,
});

beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  await inTransaction(world.ctx, async (ctx) => {
    const [made] = await upsertProducts(ctx, [product(1)]);
    item = made!.variantIds.get('mug')!;
    bundle = made!.variantIds.get('set')!;
    [store] = (await upsertLocations(ctx, [{ ref: { source: 'api', id: 's' }, name: 'Store', kind: 'store' }])) as [
      string,
    ];
    const movement = { variantId: item, locationId: store, field: 'on_hand' as const, delta: 7, reason: 'received' };
    await recordMovements(ctx, [movement]);
  });
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});
beforeEach(async () => {
  await tell();
  begin = await lastStockSeq(world.services.postgres, world.ctx.workspaceId);
});

async function tell(): Promise<void> {
  while ((await runStockNews(world.services)) > 0);
}

/** What was told since the test began. */
async function news() {
  await tell();
  const found = await listStockNews(world.services.postgres, world.ctx.workspaceId, { afterSeq: begin, limit: 100 });
  return found.map(({ itemId, kind, before, after, totalBefore, totalAfter }) => {
    return [itemId === item, kind, before, after, totalBefore, totalAfter];
  });
}

async function call(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, payload: object): Promise<void> {
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  const answer = await world.http.inject({ method, url, headers, payload });
  expect(answer.statusCode, answer.body).toBeLessThan(300);
}

const put = (input: ProductInput) => inTransaction(world.ctx, (ctx) => upsertProducts(ctx, [input]));
/** It lies there as before: only what may be sold of it has changed. */
const AGAIN = [true, 'level', 7, 7, 7, 7];

it('a product that goes out of sale and comes back is told each time, whoever says it', async () => {
  await put(product(2, { status: 'draft' }));
  expect(await news()).toEqual([AGAIN]);
  await put(product(3));
  await inTransaction(world.ctx, (ctx) => archiveProducts(ctx, [product(1).ref], { at: 4 }));
  expect(await news()).toEqual([AGAIN, AGAIN]);
  await put(product(5));
  expect(await news()).toEqual([AGAIN, AGAIN, AGAIN]);
});

it('a product told again as it was is no news', async () => {
  await put(product(6));
  await put(product(7, { title: 'Mug, large' }));
  expect(await news()).toEqual([]);
});

it('a buffer of a channel that is set, lowered or taken away is told, of an item and of all', async () => {
  const path = '/api/v1/inventory/buffers';
  const variantId = publicId('var', item);
  await call('PUT', path, { channel: 'web', variantId, buffer: 7 });
  expect(await news()).toEqual([AGAIN]);
  await call('PUT', path, { channel: 'web', variantId: null, buffer: 2 });
  expect(await news()).toEqual([AGAIN, AGAIN]);
});

it('how much may be owed of an item is told when it changes', async () => {
  const level = { variantId: publicId('var', item), locationId: publicId('loc', store), backorderLimit: 3 };
  await call('POST', '/api/v1/inventory/levels/limits', { levels: [level] });
  expect(await news()).toEqual([AGAIN]);
});

it('a location that closes takes its goods out of the total, and brings them back when it opens', async () => {
  const path = `/api/v1/locations/${publicId('loc', store)}`;
  await call('PATCH', path, { state: 'inactive' });
  expect(await news()).toEqual([[true, 'level', 7, 7, 7, 0]]);
  await call('PATCH', path, { state: 'active' });
  expect((await news())[1]).toEqual([true, 'level', 7, 7, 0, 7]);
  await call('PATCH', path, { channels: ['web'] });
  await call('PATCH', path, { name: 'Old store', channels: ['web'] });
  expect((await news()).slice(2)).toEqual([AGAIN]);
  await call('PATCH', path, { channels: [] });
});

it('what a bundle is made of is told of its parts', async () => {
  const components = [{ variantId: publicId('var', item), quantity: 2 }];
  await call('PUT', `/api/v1/variants/${publicId('var', bundle)}/components`, { components });
  expect(await news()).toEqual([AGAIN]);
});
