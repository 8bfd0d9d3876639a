import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JsonObject } from '../../platform/json.ts';
import { createTestClock } from '../../testkit/index.ts';
import {
  API_KEY,
  createEngines,
  type Engines,
  NOW,
  openWorld,
  trackEvent,
  type World,
  WRITE_KEY,
} from './testing/world.ts';

const clock = createTestClock(NOW);
let engines: Engines;
let world: World;
let url: string;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines, { clock });
  url = await world.http.listen({ port: 0, host: '127.0.0.1' });
  world.work();
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

interface Reader {
  readonly response: IncomingMessage;
  /** Names of the events given so far, in the order they came. */
  readonly names: string[];
  /** Until this many events were given. */
  given(count: number): Promise<string[]>;
  ended: Promise<void>;
}

function openStream(from = url): Promise<Reader> {
  return new Promise((resolve, reject) => {
    const call = get(`${from}/api/v1/stream`, { headers: { authorization: `Bearer ${API_KEY}` } }, (response) => {
      const names: string[] = [];
      let told = () => {};
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const parts = (rest + text).split('\n\n');
        rest = parts.pop()!;
        for (const part of parts) {
          const data = /^event: events\ndata: (.*)$/.exec(part)?.[1];
          if (data !== undefined) names.push(...(JSON.parse(data) as { name: string }[]).map(({ name }) => name));
        }
        told();
      });
      const ended = new Promise<void>((end) => response.once('close', end));
      const given = async (count: number) => {
        while (names.length < count) await new Promise<void>((next) => (told = next));
        return names;
      };
      resolve({ response, names, given, ended });
    });
    call.on('error', reject);
  });
}

it('a stream gives the newest events and then each new one, once, oldest first', async () => {
  await world.send([trackEvent({ event: 'Before' })]);
  const first = await openStream();
  expect(first.response.headers['content-type']).toBe('text/event-stream');
  expect(await first.given(1)).toEqual(['Before']);
  await world.send([trackEvent({ event: 'One' }), trackEvent({ event: 'Two' })]);
  expect(await first.given(3)).toEqual(['Before', 'One', 'Two']);
  const second = await openStream();
  expect([...(await second.given(3))].sort()).toEqual(['Before', 'One', 'Two']);
  await world.send([trackEvent({ event: 'Three' })]);
  await Promise.all([first.given(4), second.given(4)]);
  expect([first.names.at(-1), second.names.at(-1), first.names.length, second.names.length]).toEqual([
    'Three',
    'Three',
    4,
    4,
  ]);
  first.response.destroy();
  second.response.destroy();
});

it('the feed lists the newest first, at most as many as asked for, with the profile each belongs to', async () => {
  clock.advance(1_000);
  await world.send(Array.from({ length: 30 }, (_, n) => trackEvent({ event: `Feed ${n}`, userId: 'feed' })));
  await world.settle();
  const items = (await world.get('/api/v1/events/recent?limit=10')).body['items'] as JsonObject[];
  const tracked = items.filter(({ type }) => type === 'track');
  expect(items).toHaveLength(10);
  expect(tracked.map(({ name }) => name)).toEqual(tracked.map((_, n) => `Feed ${29 - n}`));
  expect(tracked[0]).toMatchObject({
    profileId: expect.stringMatching(/^prf_[0-9a-f]{32}$/),
    via: 'userId',
    properties: {},
  });
});

it('nobody reads the feed or a timeline without a key that may', async () => {
  for (const path of ['/api/v1/stream', '/api/v1/events/recent', `/api/v1/profiles/prf_${'0'.repeat(32)}/timeline`]) {
    expect((await world.get(path, 'wrong')).status).toBe(401);
    expect((await world.get(path, WRITE_KEY)).status).toBe(401);
  }
});

it('a server with open streams ends them and stops', async () => {
  const other = await openWorld(engines);
  const address = await other.http.listen({ port: 0, host: '127.0.0.1' });
  const streams = await Promise.all([openStream(address), openStream(address)]);
  await other.close();
  await Promise.all(streams.map(({ ended }) => ended));
});
