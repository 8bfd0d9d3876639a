import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProfileId } from '../../profiles/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { addWorkspace } from '../testing/second-workspace.ts';
import { createEngines, type Engines, NOW, openWorld, trackEvent, type World } from '../testing/world.ts';

let engines: Engines;
let world: World;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  world.work();
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

const at = (secondsAgo: number) => new Date(NOW - secondsAgo * 1_000).toISOString();
const pathOf = async (userId: string) =>
  `/api/v1/profiles/${publicId('prf', (await findProfileId(world.ctx, { kind: 'userId', value: userId }))!)}/timeline`;

async function readPages(
  path: string,
  limit: number,
): Promise<{ id: string; type: string; name: string; occurredAt: string }[]> {
  const items: JsonObject[] = [];
  for (let cursor = ''; ;) {
    const { status, body } = await world.get(`${path}?limit=${limit}${cursor}`);
    expect(status).toBe(200);
    items.push(...(body['items'] as JsonObject[]));
    if (body['nextCursor'] === null) return items as never;
    cursor = `&cursor=${body['nextCursor'] as string}`;
  }
}

describe('a timeline', () => {
  it('in pages of any size visits each event once, newest first, however many share an instant', async () => {
    const sent = Array.from({ length: 60 }, (_, n) =>
      trackEvent({ userId: 'paged', anonymousId: `device ${n % 5}`, timestamp: at((n * 7) % 10) }),
    );
    await world.send(sent);
    await world.settle();
    const path = await pathOf('paged');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 70 }), async (limit) => {
        const items = (await readPages(path, limit)).filter(({ type }) => type === 'track');
        expect(items.map(({ id }) => id).sort()).toEqual(sent.map((event) => event['messageId']).sort());
        expect(items.map(({ occurredAt }) => occurredAt)).toEqual(
          items
            .map(({ occurredAt }) => occurredAt)
            .sort()
            .reverse(),
        );
      }),
      { numRuns: 12, examples: [[1], [60], [61]] },
    );
  });

  it('of a merged profile holds what each of the two did, under the old id too, and says that they were merged', async () => {
    await world.send([
      trackEvent({ userId: undefined as never, anonymousId: 'laptop', event: 'As nobody', timestamp: at(50) }),
    ]);
    await world.send([trackEvent({ userId: 'grace', event: 'As Grace', timestamp: at(40) })]);
    await world.settle();
    const before = (await findProfileId(world.ctx, { kind: 'anonymousId', value: 'laptop' }))!;
    await world.send([{ type: 'identify', userId: 'grace', anonymousId: 'laptop', messageId: 'signs in' }]);
    await world.send([
      trackEvent({ userId: undefined as never, anonymousId: 'laptop', event: 'As both', timestamp: at(5) }),
    ]);
    await world.settle();
    const items = await readPages(await pathOf('grace'), 2);
    expect(items.filter(({ type }) => type === 'track').map(({ name }) => name)).toEqual([
      'As both',
      'As Grace',
      'As nobody',
    ]);
    expect(items.map(({ name }) => name)).toContain('Profiles Merged');
    expect(await readPages(`/api/v1/profiles/${publicId('prf', before)}/timeline`, 50)).toEqual(items);
  });

  it('of another workspace is nobody’s business, nor are its events in the feed', async () => {
    const neighbour = await addWorkspace(world);
    await world.send([trackEvent({ userId: 'private' })]);
    await world.settle();
    const { items } = (await world.get('/api/v1/events/recent', neighbour.apiKey)).body;
    expect(items).toEqual([]);
    expect((await world.get(await pathOf('private'), neighbour.apiKey)).status).toBe(404);
    await world.post('/v1/track', trackEvent({ writeKey: neighbour.writeKey, userId: 'private', event: 'Theirs' }));
    await world.settle();
    expect((await readPages(await pathOf('private'), 50)).map(({ name }) => name)).not.toContain('Theirs');
    expect((await world.get('/api/v1/events/recent', neighbour.apiKey)).body['items']).toMatchObject([
      { name: 'Theirs' },
    ]);
  });

  it('refuses a forged cursor, a page size that is none, and a profile that does not exist', async () => {
    const path = await pathOf('paged');
    const forged = (key: unknown) => `cursor=${Buffer.from(JSON.stringify(key)).toString('base64url')}`;
    for (const query of [
      'cursor=x',
      forged([1]),
      forged(['a', 'b', 'c', 'd']),
      forged({}),
      forged([null, 1, 1, 1]),
      'limit=0',
      'limit=9999',
      'limit=x',
    ]) {
      expect((await world.get(`${path}?${query}`)).status, query).toBe(400);
    }
    for (const query of [forged([1e300, 1e300, -1, 0.5]), forged([-5, 300, 300, 1e18])])
      expect((await world.get(`${path}?${query}`)).status, query).toBe(200);
    expect((await world.get(`/api/v1/profiles/prf_${'0'.repeat(32)}/timeline`)).status).toBe(404);
  });

  it('shows events of 1970 and of the year 2400 where they belong: the future is now', async () => {
    await world.send([
      trackEvent({ userId: 'traveller', event: 'Long ago', timestamp: '1970-01-01T00:00:00Z' }),
      trackEvent({ userId: 'traveller', event: 'Before time', timestamp: '1901-01-01T00:00:00Z' }),
      trackEvent({ userId: 'traveller', event: 'Some day', timestamp: '2400-01-01T00:00:00Z' }),
    ]);
    await world.settle();
    const items = (await readPages(await pathOf('traveller'), 50)).filter(({ type }) => type === 'track');
    expect(items.map(({ name, occurredAt }) => [name, occurredAt]).sort()).toEqual([
      ['Before time', '1970-01-01T00:00:00.000Z'],
      ['Long ago', '1970-01-01T00:00:00.000Z'],
      ['Some day', new Date(NOW).toISOString()],
    ]);
  });
});
