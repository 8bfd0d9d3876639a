import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Services } from '../../../platform/context.ts';
import { runAlertEdges } from './edges/run-alert-edges.ts';
import { MINUTE_MS } from './settings.ts';
import { waveSize } from './tell/decide-wave.ts';
import { runAlertWaves } from './tell/run-alert-waves.ts';
import { AlertWorld } from './testing/alert-world.ts';

let shop: AlertWorld;
beforeAll(async () => {
  shop = await AlertWorld.open();
});
afterAll(() => shop.close());

const HOUR_MS = 60 * MINUTE_MS;

it('one piece that is back is told to two of 500, to two more an hour later, and to nobody once it is sold', async () => {
  const goods = await shop.goods();
  const ids = await shop.waitFor(goods, await shop.customers(500));
  await shop.move(goods, 1);
  await shop.hear();
  expect(await shop.states(goods.variantId)).toEqual({ active: 498, sent: 2 });
  await shop.hear();
  expect(await shop.tellings(goods.variantId)).toHaveLength(2);
  expect((await shop.call('GET', 'alerts?state=queued&limit=500')).body['items']).toHaveLength(498);

  shop.clock.advance(HOUR_MS);
  await shop.waves();
  expect(await shop.states(goods.variantId)).toEqual({ active: 496, sent: 4 });
  await shop.move(goods, -1);
  shop.clock.advance(HOUR_MS);
  // Sold, and its news is still on its way.
  await shop.waves();
  expect(await shop.states(goods.variantId)).toEqual({ active: 496, sent: 4 });

  await shop.hear();
  await shop.move(goods, 100);
  await shop.hear();
  expect(await shop.states(goods.variantId)).toEqual({ active: 346, sent: 154 });
  expect(await shop.heard('restock', goods.variantId)).toHaveLength(154);
  const rows = await shop.rows<{ id: string }>(
    `select id from stock_alert where workspace_id = $1 and state = 'sent' order by created_at, id`,
  );
  expect(rows.map(({ id }) => id)).toEqual(ids.slice(0, 154));
});

it('what is gone again before anybody was told is told to nobody, and whoever waits is told when it is back', async () => {
  const goods = await shop.goods();
  await shop.waitFor(goods, await shop.customers(1));
  await shop.move(goods, 3);
  await shop.news();
  await shop.edges();
  await shop.move(goods, -3);
  await shop.waves();
  await shop.hear();
  expect(await shop.states(goods.variantId)).toEqual({ active: 1 });
  await shop.move(goods, 1);
  await shop.hear();
  await shop.move(goods, -1);
  await shop.hear();
  await shop.move(goods, 1);
  await shop.hear();
  expect(await shop.tellings(goods.variantId)).toHaveLength(1);
});

it('who waits for one store is not told of another', async () => {
  const here = await shop.goods();
  const there = await shop.goods();
  const [a, b] = await shop.customers(2);
  await shop.waitFor(here, [a!]);
  await shop.waitFor(here, [b!], here.locationId);
  await shop.move({ variantId: here.variantId, locationId: there.locationId }, 5);
  await shop.hear();
  expect((await shop.tellings(here.variantId)).map(({ profileId }) => profileId)).toEqual([a!.profileId]);
  await shop.move(here, 1);
  await shop.hear();
  expect(await shop.states(here.variantId)).toEqual({ sent: 2 });
});

it('however many processes are at it, each is told once', async () => {
  const goods = await shop.goods();
  const customers = await shop.customers(60);
  await shop.waitFor(goods, customers);
  await shop.move(goods, 40);
  await shop.news();
  const busy = async () => {
    for (let round = 0; round < 6; round += 1) {
      await runAlertEdges(shop.services);
      await runAlertWaves(shop.services);
    }
  };
  await Promise.all([busy(), busy(), busy(), busy()]);
  await shop.hear();
  expect(await shop.states(goods.variantId)).toEqual({ sent: 60 });
  expect(await shop.heard('restock', goods.variantId)).toHaveLength(60);
});

/** A process that dies right before the n-th of its commits: what it did is gone with it. */
function dying(services: Services, atCommit: number): Services {
  let commits = 0;
  const { postgres } = services;
  return {
    ...services,
    postgres: {
      ...postgres,
      query: (statement) => postgres.query(statement),
      transaction: (work, options) =>
        postgres.transaction(async (sql) => {
          const result = await work(sql);
          commits += 1;
          if (commits === atCommit) throw new Error('died');
          return result;
        }, options),
    },
  };
}

it('a process that dies in any step neither forgets anybody nor tells anybody twice', async () => {
  const goods = await shop.goods();
  await shop.waitFor(goods, await shop.customers(9));
  await shop.move(goods, 4);
  await shop.news();
  // Before it has moved on from the news.
  await expect(runAlertEdges(dying(shop.services, 1))).rejects.toThrow('died');
  expect(await runAlertWaves(shop.services)).toBe(0);
  // Behind that, and then in the middle of a wave, twice.
  await expect(runAlertEdges(dying(shop.services, 2))).rejects.toThrow('died');
  for (let death = 0; death < 2; death += 1) {
    await expect(runAlertWaves(dying(shop.services, 1))).rejects.toThrow('died');
    expect(await shop.tellings(goods.variantId)).toEqual([]);
    shop.clock.advance(MINUTE_MS);
  }
  await shop.hear();
  expect(await shop.states(goods.variantId)).toEqual({ active: 3, sent: 6 });
  expect(await shop.heard('restock', goods.variantId)).toHaveLength(6);
});

type Step = { readonly kind: 'move'; readonly to: number } | { readonly kind: 'news' | 'edges' | 'waves' | 'hour' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('move' as const), to: fc.constantFrom(0, 0, 1, 2, 5) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('news' as const, 'edges' as const, 'waves' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hour' as const) }) },
);

it('however stock comes and goes between steps, nobody is told twice, nor of what is not there, and no wave is larger than it is worth', async () => {
  const customers = await shop.customers(12);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const goods = await shop.goods();
      await shop.waitFor(goods, customers);
      let pieces = 0;
      for (const one of steps) {
        const before = (await shop.tellings(goods.variantId)).length;
        if (one.kind === 'move' && one.to !== pieces) {
          await shop.move(goods, one.to - pieces);
          pieces = one.to;
        } else if (one.kind === 'hour') shop.clock.advance(HOUR_MS);
        else if (one.kind === 'news') await shop.news();
        else if (one.kind === 'edges') await shop.edges();
        else if (one.kind === 'waves') await shop.waves();
        const fresh = (await shop.tellings(goods.variantId)).length - before;
        expect(fresh).toBeLessThanOrEqual(one.kind === 'waves' ? waveSize(pieces, 150) : 0);
      }
      const tellings = await shop.tellings(goods.variantId);
      expect(new Set(tellings.map(({ profileId }) => profileId)).size).toBe(tellings.length);
      // Whoever came first was told first.
      const told = customers.slice(0, tellings.length).map(({ profileId }) => profileId);
      expect(new Set(tellings.map(({ profileId }) => profileId))).toEqual(new Set(told));
      // And nobody is forgotten: enough of it for good, and all are told.
      if (pieces === 0) {
        await shop.hear();
        await shop.move(goods, 20);
      } else await shop.move(goods, 20);
      for (let hour = 0; hour < 3; hour += 1) {
        await shop.hear();
        shop.clock.advance(HOUR_MS);
      }
      expect(await shop.states(goods.variantId)).toEqual({ sent: 12 });
    }),
    { numRuns: 12 },
  );
});
