import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../platform/context.ts';
import { inTransaction } from '../platform/eventlog/index.ts';
import { isLostRace } from '../platform/postgres/index.ts';
import { API_KEY, createEngines, type Engines, NOW, openWorld, type World } from '../modules/events/testing/world.ts';
import { findVariants, type ProductInput, readPrices, upsertProducts } from '../modules/catalog/index.ts';

let engines: Engines;
let world: World;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

const auth = { authorization: `Bearer ${API_KEY}` };
const post = (path: string, body: unknown, headers = {}) => world.post(path, body, { ...auth, ...headers });

const product = (source: string, at: number, fields: Partial<ProductInput> = {}): ProductInput => ({
  ref: { source, id: 'p1' },
  version: { at },
  title: `Tee of ${at}`,
  status: 'active',
  variants: [{ ref: { source, id: 'v1' }, sku: 'TEE-M', prices: [{ currency: 'EUR', amountMinor: 1000 + at }] }],
  ...fields,
});

async function put(inputs: readonly ProductInput[]) {
  for (;;) {
    try {
      return await inTransaction(createContext(world.services, world.ctx.workspaceId, world.ctx.actor), (ctx) =>
        upsertProducts(ctx, inputs),
      );
    } catch (error) {
      if (!isLostRace(error)) throw error;
    }
  }
}

describe('over HTTP', () => {
  it('products are put, found by the beginnings of their words, and filed in collections by rule', async () => {
    await post('/api/v1/collections', {
      name: 'Été',
      rule: { match: 'all', conditions: [{ field: 'tag', is: 'equals', value: 'Summer' }] },
    });
    const put = await post('/api/v1/products', {
      products: [
        {
          ...{
            ref: 'dress',
            title: 'Robe légère',
            vendor: 'Maison',
            tags: ['summer'],
            availability: { regions: ['FR'] },
          },
          variants: [
            {
              ref: 'dress-s',
              sku: 'RB-S',
              title: 'S',
              prices: [{ currency: 'EUR', amountMinor: 5900, compareAtMinor: 7900 }],
            },
          ],
        },
      ],
    });
    expect(put.body).toMatchObject({ products: [{ ref: 'dress', kind: 'created', variants: [{ ref: 'dress-s' }] }] });
    const found = await world.get('/api/v1/products?q=leger&region=FR&collection=ete');
    expect(found.body['items']).toMatchObject([
      {
        title: 'Robe légère',
        collections: ['Été'],
        variants: [{ sku: 'RB-S', price: { amountMinor: 5900, compareAtMinor: 7900 } }],
      },
    ]);
    expect((await world.get('/api/v1/products?q=rb-s')).body['items']).toHaveLength(1);
    expect((await world.get('/api/v1/products?q=leger&region=DE')).body['items']).toEqual([]);
    expect((await world.get('/api/v1/products?q=nothing')).body['items']).toEqual([]);
    const again = await post('/api/v1/products', {
      products: [
        {
          ref: 'dress',
          title: 'Robe légère',
          vendor: 'Maison',
          tags: ['summer'],
          availability: { regions: ['FR'] },
          variants: [
            {
              ref: 'dress-s',
              sku: 'RB-S',
              title: 'S',
              prices: [{ currency: 'EUR', amountMinor: 5900, compareAtMinor: 7900 }],
            },
          ],
        },
      ],
    });
    expect(again.body).toMatchObject({ products: [{ kind: 'same' }] });
  });

  it('a file is imported as CSV and as a feed; the same file again changes nothing', async () => {
    const csv = 'id;title;price;sku\n1;Mug;9,50 EUR;MUG\n2;Cup;nothing;CUP\n';
    const first = await post('/api/v1/products/import', csv, { 'content-type': 'text/csv', 'x-feed-name': 'mugs' });
    expect(first.body).toMatchObject({ rows: 2, created: 1, failed: 1, errors: [{ row: 2, field: 'price' }] });
    const again = await post('/api/v1/products/import', csv, { 'content-type': 'text/csv', 'x-feed-name': 'mugs' });
    expect(again.body).toMatchObject({ created: 0, changed: 0 });
    const xml = '<rss><channel><item><id>9</id><title>Bowl</title><price>12 EUR</price></item></channel></rss>';
    expect((await post('/api/v1/products/import', xml, { 'content-type': 'application/xml' })).body).toMatchObject({
      created: 1,
    });
  });
});

describe('a product', () => {
  it('ends the same in any order of telling, however many tell it at once', async () => {
    let serial = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 }), async (instants) => {
        const source = `shop:${++serial}`;
        const own = (at: number) =>
          product(source, at, {
            variants: [
              { ref: { source, id: 'v1' }, sku: `S-${serial}`, prices: [{ currency: 'EUR', amountMinor: 1000 + at }] },
            ],
          });
        await Promise.all([...instants, ...instants].map((at) => put([own(at)])));
        const [variant] = await findVariants(world.services.postgres, world.ctx.workspaceId, [
          { source, variantId: 'v1' },
        ]);
        const newest = Math.max(...instants);
        expect(variant?.productTitle).toBe(`Tee of ${newest}`);
        const prices = await readPrices(world.services.postgres, world.ctx.workspaceId, {
          variantIds: [variant!.id],
          channel: 'web',
          atMs: NOW,
        });
        expect(prices.get(variant!.id)?.amountMinor).toBe(1000 + newest);
      }),
      { numRuns: 20 },
    );
  });

  it('that two sources sell by one code is one product, and the first keeps its words', async () => {
    const [web] = await put([product('shopify:one', 5)]);
    const [till] = await put([product('pos:two', 9, { ref: { source: 'pos:two', id: '77' }, title: 'TEE M' })]);
    expect(till).toMatchObject({ productId: web!.productId, kind: 'joined' });
    expect([...till!.variantIds.values()]).toEqual([...web!.variantIds.values()]);
    const found = await findVariants(world.services.postgres, world.ctx.workspaceId, [
      { source: 'pos:two', variantId: 'v1' },
      { sku: 'TEE-M' },
      { source: 'shopify:one', productId: 'p1' },
      { sku: 'unheard of' },
    ]);
    expect(found.map((one) => one?.productTitle)).toEqual(['Tee of 5', 'Tee of 5', 'Tee of 5', undefined]);
  });

  it('keeps every price it had', async () => {
    const source = 'shop:prices';
    const [made] = await put([
      product(source, 1, { variants: [{ ref: { source, id: 'x' }, prices: [{ currency: 'EUR', amountMinor: 900 }] }] }),
    ]);
    await put([
      product(source, 2, { variants: [{ ref: { source, id: 'x' }, prices: [{ currency: 'EUR', amountMinor: 700 }] }] }),
    ]);
    const variantId = made!.variantIds.get('x')!.replaceAll('-', '');
    const { body } = await world.get(`/api/v1/variants/var_${variantId}/prices`);
    expect(body['prices']).toMatchObject([
      { amountMinor: 700, lowestPriorMinor: 900 },
      { amountMinor: 900, lowestPriorMinor: null },
    ]);
  });
});
