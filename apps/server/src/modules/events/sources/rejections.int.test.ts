import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../platform/json.ts';
import { createTestClock } from '../../../testkit/index.ts';
import { addWorkspace } from '../testing/second-workspace.ts';
import { createEngines, type Engines, NOW, openWorld, trackEvent, type World, WRITE_KEY } from '../testing/world.ts';
import { KEPT_PER_REASON_MAX } from './rejection-tally.ts';
import { runRejectionRetention } from './run-rejection-retention.ts';
import { addKey, call, sourceIdOf, until } from '../testing/source-world.ts';

const HOUR_MS = 3_600_000;
const clock = createTestClock(NOW);
let engines: Engines;
let world: World;
let source: string;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines, { clock });
  source = await sourceIdOf(world);
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

const batch = (items: unknown[], writeKey = WRITE_KEY) => world.post('/v1/batch', { writeKey, batch: items });
const get = async (path: string, key?: string) =>
  (await call(world, { method: 'GET', path, ...(key === undefined ? {} : { key }) })).body as JsonObject & {
    items: JsonObject[];
  };

/** Every refusal written so far, as far as the counts tell. */
const counted = async () => {
  const { items } = await get('/api/v1/rejected-event-counts');
  return items.reduce((sum, item) => sum + Number(item['count']), 0);
};

describe('what intake refuses', () => {
  it('is kept with its source, its field, the reason, and what was sent', async () => {
    const bad = { type: 'track', event: '', userId: 'ada', properties: { email: 'ada@example.com' } };
    await batch([trackEvent(), bad, { ...bad, event: 'Order Completed', properties: 7 }]);
    await until(async () => (await counted()) === 2, 'writing');
    const { items } = await get('/api/v1/rejected-events');
    expect(items).toHaveLength(2);
    expect(items).toContainEqual(
      expect.objectContaining({ sourceId: source, type: 'track', name: 'Order Completed', field: 'properties' }),
    );
    const nameless = items.find((item) => item['field'] === 'event')!;
    expect(nameless['reason']).toBe('a track event needs a name: a text');
    const whole = await get(`/api/v1/rejected-events/${String(nameless['id'])}`);
    expect(JSON.parse(whole['item'] as string)).toEqual(bad);
  });

  it('is sealed, and shown only to callers who may read profiles', async () => {
    const { rows } = await world.services.postgres.query<{ all: string }>({
      text: 'select rejected_event::text as all from rejected_event',
    });
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from('ada@example.com').toString('hex'));
    const narrow = await addKey(world, ['sources:read']);
    const { items } = await get('/api/v1/rejected-events', narrow);
    expect(await get(`/api/v1/rejected-events/${String(items[0]!['id'])}`, narrow)).toMatchObject({ item: null });
  });

  it('is found by its source, its reason and its field, and by nobody else', async () => {
    const neighbour = await addWorkspace(world);
    const theirs = await sourceIdOf(world, neighbour.writeKey);
    expect((await get('/api/v1/rejected-events?field=event')).items).toHaveLength(1);
    expect((await get('/api/v1/rejected-events?reason=must%20be%20an%20object')).items).toHaveLength(1);
    expect((await get(`/api/v1/rejected-events?sourceId=${source}`)).items).toHaveLength(2);
    expect((await get('/api/v1/rejected-events', neighbour.apiKey)).items).toEqual([]);
    expect((await get('/api/v1/rejected-event-counts', neighbour.apiKey)).items).toEqual([]);
    const [own] = (await get('/api/v1/rejected-events')).items;
    const asked = await call(world, {
      method: 'GET',
      path: `/api/v1/rejected-events/${String(own!['id'])}`,
      key: neighbour.apiKey,
    });
    expect(asked.status).toBe(404);
    const wrong = await call(world, { method: 'GET', path: `/api/v1/rejected-events?sourceId=${theirs}` });
    expect(wrong.body).toMatchObject({ status: 400, errors: [{ field: 'sourceId' }] });
  });

  it('by a broken client is counted exactly, and kept only as a sample', async () => {
    clock.advance(60_000);
    const before = await counted();
    for (let i = 0; i < 4; i++) await batch(Array.from({ length: 2_500 }, () => ({ type: 'nonsense', userId: 'u' })));
    await until(async () => (await counted()) === before + 10_000, 'counting');
    const { rows } = await world.services.postgres.query<{ n: number }>({
      text: `select count(*)::int as n from rejected_event where type = 'nonsense'`,
    });
    expect(rows[0]!.n).toBe(KEPT_PER_REASON_MAX);
  });

  it('as a whole request is counted for the source whose key stands beside the body', async () => {
    clock.advance(60_000);
    const before = await counted();
    const authorization = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`;
    expect((await world.post('/v1/batch', '{"batch": [{"email":"ada@example.com"', { authorization })).status).toBe(
      400,
    );
    const bomb = gzipSync(Buffer.alloc(2_000_000, 32));
    await world.post('/v1/batch', bomb, { authorization, 'content-encoding': 'gzip' });
    await world.post('/v1/batch', { writeKey: WRITE_KEY, batch: 'none' });
    await until(async () => (await counted()) === before + 3, 'counting');
    const requests = (await get('/api/v1/rejected-events')).items.filter((item) => item['type'] === 'request');
    const reasons = requests.map((item) => item['reason'] as string);
    expect(reasons.sort()).toEqual([
      'The body is not JSON',
      'is larger than 500 KB when unpacked; send smaller batches',
      'must be an array of events',
    ]);
  });

  it('under a key nobody knows belongs to no workspace, and is counted apart', async () => {
    const before = await counted();
    await batch([trackEvent()], 'wrong');
    await world.post('/v1/batch', { batch: [trackEvent()] });
    const strangers = async () =>
      (
        await world.services.postgres.query<{ reason: string; count: number }>({
          text: 'select reason, count from refused_stranger order by reason',
        })
      ).rows;
    await until(async () => (await strangers()).length === 2, 'counting');
    expect(await strangers()).toEqual([
      { reason: 'no_key', count: 1 },
      { reason: 'unknown_key', count: 1 },
    ]);
    expect(await counted()).toBe(before);
  });

  it('is paged without a gap or a repeat', async () => {
    const all = (await get('/api/v1/rejected-events?limit=500')).items.map((item) => item['id']);
    const seen: unknown[] = [];
    for (let cursor: unknown = ''; cursor !== null;) {
      const page = await get(`/api/v1/rejected-events?limit=7&cursor=${String(cursor)}`);
      seen.push(...page.items.map((item) => item['id']));
      cursor = page['nextCursor'];
    }
    expect(all.length).toBeGreaterThan(20);
    expect(seen).toEqual(all);
  });

  it('is what a source fails of, until it is forgotten after a week', async () => {
    expect(await get(`/api/v1/sources/${source}/health`)).toMatchObject({ status: 'failing', rejectedLastDay: 10_005 });
    clock.advance(8 * 24 * HOUR_MS);
    while ((await runRejectionRetention(world.services)) > 0);
    expect((await get('/api/v1/rejected-events')).items).toEqual([]);
    expect(await counted()).toBe(0);
  });
});
