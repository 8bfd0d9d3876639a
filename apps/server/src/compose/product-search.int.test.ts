import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProductInput, upsertProducts } from '../modules/catalog/index.ts';
import { createEngines, type Engines, openWorld, type World } from '../modules/events/testing/world.ts';
import { inTransaction } from '../platform/eventlog/index.ts';

let engines: Engines;
let world: World;

const product = (
  id: string,
  title: string,
  fields: Partial<ProductInput> & { sku?: string; barcode?: string } = {},
) => {
  const { sku = id, barcode, ...rest } = fields;
  return {
    ...{ ref: { source: 'api', id }, title, status: 'active' as const, ...rest },
    variants: [{ ref: { source: 'api', id }, sku, ...(barcode !== undefined && { barcode }), prices: [] }],
  };
};

beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  const products: ProductInput[] = [
    product('AB-1', 'Woollen sweater', { vendor: 'Nordic' }),
    product('AB-2', 'Linen trousers', { tags: ['sweater'], vendor: 'Nordic' }),
    product('AB-3', 'Wash bag', { description: 'For your sweater, your sweater, and your other sweater' }),
    product('AB-4', 'Sneaker', { availability: { regions: ['FR'] } }),
    product('SW.9/X', 'Crème brûlée torch', { barcode: '4006381333931', status: 'draft' }),
    product('AB-6', 'Set AB-1 and more', { description: 'AB-1' }),
  ];
  await inTransaction(world.ctx, (ctx) => upsertProducts(ctx, products));
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

async function find(query: string): Promise<string[]> {
  const { status, body } = await world.get(`/api/v1/products?${query}`);
  expect(status).toBe(200);
  return (body['items'] as { title: string }[]).map(({ title }) => title);
}

describe('a search', () => {
  it('answers names before tags, and tags before texts, however often these say it', async () => {
    expect(await find('q=sweater')).toEqual(['Woollen sweater', 'Linen trousers', 'Wash bag']);
  });

  it('answers first what has the very code, in any case and with any signs in it', async () => {
    expect((await find('q=ab-1'))[0]).toBe('Woollen sweater');
    expect(await find(`q=${encodeURIComponent('sw.9/x')}`)).toEqual(['Crème brûlée torch']);
    expect(await find('q=4006381333931')).toEqual(['Crème brûlée torch']);
  });

  it.each([
    ['sweter', 'Woollen sweater'],
    ['swaeter', 'Woollen sweater'],
    ['wollen sweatr', 'Woollen sweater'],
    ['trosuers', 'Linen trousers'],
    ['snaeker', 'Sneaker'],
    ['creme bruleé tortch', 'Crème brûlée torch'],
    ['Nordick', 'Linen trousers'],
  ])('finds what was meant by %s', async (typed, title) => {
    expect(await find(`q=${encodeURIComponent(typed)}`)).toContain(title);
  });

  it('takes a word that is known for what it is, and one that is like nothing for nothing', async () => {
    expect(await find('q=wash')).toEqual(['Wash bag']);
    expect(await find('q=helicopter')).toEqual([]);
    expect(await find('q=AB-7')).toEqual([]);
  });

  it('of mistyped words keeps to its filters, and its pages go on where they ended', async () => {
    expect(await find('q=snaeker&region=DE')).toEqual([]);
    expect(await find('q=sweter&vendor=Nordic')).toEqual(['Woollen sweater', 'Linen trousers']);
    expect(await find('q=bruleé&status=active')).toEqual([]);
    const pages: string[] = [];
    let cursor = '';
    do {
      const { body } = await world.get(`/api/v1/products?q=sweter&limit=1${cursor}`);
      pages.push(...(body['items'] as { title: string }[]).map(({ title }) => title));
      cursor = typeof body['nextCursor'] === 'string' ? `&cursor=${encodeURIComponent(body['nextCursor'])}` : '';
    } while (cursor !== '');
    expect(pages).toEqual(['Woollen sweater', 'Linen trousers', 'Wash bag']);
  });

  it('never finds a word of another workspace', async () => {
    const { rows } = await world.services.postgres.query<{ count: number }>({
      text: `select count(*)::int as count from search_word s where exists (
               select 1 from unnest(s.grams) as g(gram) where g.gram not like s.workspace_id || ':%')`,
    });
    expect(rows[0]?.count).toBe(0);
  });
});
