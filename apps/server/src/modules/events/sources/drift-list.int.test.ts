import { afterAll, beforeAll, expect, it } from 'vitest';
import { newUuid } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { createEngines, type Engines, NOW, openWorld, type World } from '../testing/world.ts';
import { call } from '../testing/source-world.ts';
import { beginDrifts, endDrifts } from './observed-store.ts';

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

it('a change that comes back while the list is read stays where it was: no page skips or repeats one', async () => {
  const { postgres } = world.services;
  const driftOf = (n: number, at: number) => ({
    ...{ workspaceId: world.ctx.workspaceId, source: 1, type: 'track', name: 'Viewed', id: newUuid(at) },
    ...{ kind: 'new_field' as const, path: `properties.p${n}`, jsonType: '' as const },
  });
  for (let n = 0; n < 6; n++) await beginDrifts(postgres, [driftOf(n, NOW + n)], NOW + n);
  const page = async (cursor: unknown) => {
    const path = `/api/v1/event-drifts?limit=2&cursor=${String(cursor)}`;
    return (await call(world, { method: 'GET', path })).body as JsonObject & { items: JsonObject[] };
  };
  const seen: JsonObject[] = [];
  for (let cursor: unknown = '', turn = 0; cursor !== null; turn++) {
    const { items, nextCursor } = await page(cursor);
    seen.push(...items);
    cursor = nextCursor;
    // One that was shown and one that was not end and come back.
    for (const n of [5 - turn, turn]) {
      await endDrifts(postgres, [driftOf(n, NOW)], NOW + 1_000);
      await beginDrifts(postgres, [driftOf(n, NOW + 2_000)], NOW + 2_000);
    }
  }
  expect(seen.map(({ path }) => path)).toEqual([5, 4, 3, 2, 1, 0].map((n) => `properties.p${n}`));
  const again = (await page('')).items[0];
  expect(again).toMatchObject({ path: 'properties.p5', noticedAt: new Date(NOW + 2_000).toISOString(), endedAt: null });
});
