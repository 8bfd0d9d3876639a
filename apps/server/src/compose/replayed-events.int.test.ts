import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, until } from '../modules/events/testing/source-world.ts';
import { createEngines, type Engines, openWorld, trackEvent, type World } from '../modules/events/testing/world.ts';
import { runBackFills } from '../modules/segments/index.ts';
import type { Stage } from '../platform/eventlog/index.ts';

let engines: Engines;
let world: World;
let isBroken = false;
const broken: Stage = {
  name: 'broken',
  async run(batch) {
    if (isBroken && batch.entries.some(({ event }) => event.name === 'Counted')) throw new TypeError('broken');
  },
};
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  world.work([broken]);
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

it('an event replayed from a dead letter counts once, for a rule made and a profile repaired while it lay dead', async () => {
  const define = async (name: string, exactly: number) => {
    const rule = { event: 'Counted', count: { exactly } };
    const made = await call(world, { method: 'POST', path: '/api/v1/segments', body: { name, rule } });
    return `/api/v1/segments/${made.body['id'] as string}`;
  };
  const membersOf = async (segment: string) => (await world.get(segment)).body['members'];
  await world.send([trackEvent({ event: 'Counted', userId: 'grace' }), trackEvent({ event: 'Known Before' })]);
  await world.settle();
  isBroken = true;
  await world.send([trackEvent({ event: 'Counted' })]);
  await world.settle();
  isBroken = false;
  const [once, twice] = [await define('Counted once', 1), await define('Counted twice', 2)];
  await until(async () => {
    await runBackFills(world.services);
    const statuses = await Promise.all([once, twice].map(async (path) => (await world.get(path)).body['status']));
    return statuses.every((status) => status === 'live');
  }, 'counting the history');
  expect([await membersOf(once), await membersOf(twice)]).toEqual([2, 0]);
  // The history holds the event already: repaired now, the profile would have it twice after the replay.
  const found = (await world.get('/api/v1/profiles?identifier=userId:ada')).body['items'] as { id: string }[];
  const rebuild = { method: 'POST', path: `/api/v1/profiles/${found[0]!.id}/rebuild` } as const;
  expect(await call(world, rebuild)).toMatchObject({ status: 409, body: { code: 'conflict' } });
  const replayed = await call(world, {
    method: 'POST',
    path: '/api/v1/dead-letters/replay',
    body: { name: 'Counted' },
  });
  expect(replayed.body).toEqual({ replayed: 1, remaining: 0 });
  await world.settle();
  expect([await membersOf(once), await membersOf(twice)]).toEqual([2, 0]);
  expect((await call(world, rebuild)).status).toBe(204);
  expect([await membersOf(once), await membersOf(twice)]).toEqual([2, 0]);
  // What comes later counts as ever.
  await world.send([trackEvent({ event: 'Counted' })]);
  await world.settle();
  expect([await membersOf(once), await membersOf(twice)]).toEqual([1, 1]);
});
