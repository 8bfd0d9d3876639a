import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { propertyRuns } from '@segue/testkit/property-runs';
import { type ApiWorld, endpointOf, openApiWorld } from './testing/api-world.ts';
import { EXAMPLES } from './testing/examples.data.ts';
import { furnishShop } from './testing/furnish-shop.ts';
import { GROW, INSTANTS, jitter, type PagedId } from './testing/grow-lists.ts';
import type { Shop } from './testing/shop.ts';

let world: ApiWorld;
let shop: Shop;

beforeAll(async () => {
  world = await openApiWorld();
  shop = await furnishShop(world, await world.addWorkspace('Shop'));
});
afterAll(() => world.close());

interface Page {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly nextCursor: string | null;
}

const LISTS = Object.keys(GROW) as PagedId[];
const AT_FIRST = 7;

/** What tells the items of a list apart, whatever else of them changes meanwhile. */
function nameOf(item: Readonly<Record<string, unknown>>): string {
  const { id, profileId, addressHash, channel, reason, topic, type, name, line } = item;
  const { variantId, locationId, version, key, reference } = item;
  const names = [profileId, addressHash, channel, reason, topic, type, name, line, variantId, locationId, version];
  return JSON.stringify(id === undefined ? [...names, key, reference] : [id]);
}

async function readPage(id: PagedId, limit: number, cursor: string | null): Promise<Page> {
  const example = await EXAMPLES[id](shop);
  const query = { ...example.query, limit: String(limit), ...(cursor !== null && { cursor }) };
  return shop.call<Page>(id, { ...example, query });
}

async function grow(id: PagedId, times: number): Promise<void> {
  const instants = INSTANTS[id];
  for (let time = 0; time < times; time++) {
    await GROW[id](world, shop);
    if (instants !== undefined) await jitter(world, shop, instants);
  }
}

/** Every page to the end; before each but the first as many rows more as `added` says. */
async function walk(id: PagedId, limit: number, added: readonly number[]): Promise<string[]> {
  const seen: string[] = [];
  let page = await readPage(id, limit, null);
  for (let turn = 0; ; turn++) {
    expect(page.items.length).toBeLessThanOrEqual(limit);
    seen.push(...page.items.map(nameOf));
    if (page.nextCursor === null) return seen;
    expect([id, page.items.length]).toEqual([id, limit]);
    await grow(id, added[turn] ?? 0);
    page = await readPage(id, limit, page.nextCursor);
  }
}

describe('a list', () => {
  it('is one of these, if it gives its answer in pages', () => {
    const paged = world.operations.filter((id) => endpointOf(id).query?.shape['cursor'] !== undefined);
    expect([...paged].sort()).toEqual([...LISTS].sort());
  });

  it.each(LISTS)(
    '%s walked page by page shows what was there once and in order, whatever is added',
    async (id) => {
      await grow(id, AT_FIRST);
      const walks = fc.record({
        limit: fc.integer({ min: 1, max: AT_FIRST + 2 }),
        added: fc.array(fc.nat({ max: 2 }), { maxLength: 4 }),
      });
      await fc.assert(
        fc.asyncProperty(walks, async ({ limit, added }) => {
          const before = (await readPage(id, 500, null)).items.map(nameOf);
          expect(before.length).toBeGreaterThanOrEqual(AT_FIRST);
          const seen = await walk(id, limit, added);
          expect(new Set(seen).size).toBe(seen.length);
          const wasThere = new Set(before);
          expect(seen.filter((name) => wasThere.has(name))).toEqual(before);
        }),
        { numRuns: propertyRuns(4) },
      );
    },
    120_000,
  );
});
