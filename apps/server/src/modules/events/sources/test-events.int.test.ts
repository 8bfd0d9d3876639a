import { get as httpGet } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../platform/json.ts';
import { addWorkspace } from '../testing/second-workspace.ts';
import {
  API_KEY,
  createEngines,
  type Engines,
  openWorld,
  trackEvent,
  type World,
  WRITE_KEY,
} from '../testing/world.ts';
import { auditedActions, call, sourceIdOf, until } from '../testing/source-world.ts';

let engines: Engines;
let world: World;
let source: string;
let url: string;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  source = await sourceIdOf(world);
  url = await world.http.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

const send = (body: JsonObject) => call(world, { method: 'POST', path: `/api/v1/sources/${source}/test-events`, body });
const states = (answer: JsonObject) =>
  Object.fromEntries((answer['steps'] as JsonObject[]).map(({ step, state }) => [step, state]));

interface Watcher {
  readonly items: JsonObject[];
  /** How often it was told that some were left out. */
  skipped(): number;
  close(): void;
}

function watch(query = ''): Promise<Watcher> {
  return new Promise((resolve, reject) => {
    const request = httpGet(
      `${url}/api/v1/events/live${query}`,
      { headers: { authorization: `Bearer ${API_KEY}` } },
      (response) => {
        const items: JsonObject[] = [];
        let rest = '';
        let skipped = 0;
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          const parts = (rest + text).split('\n\n');
          rest = parts.pop()!;
          for (const part of parts) {
            const data = /^event: events\ndata: (.*)$/.exec(part)?.[1];
            if (part.startsWith('event: skipped')) skipped++;
            if (data !== undefined) items.push(...(JSON.parse(data) as JsonObject[]));
            if (part.startsWith(': watching'))
              resolve({ items, skipped: () => skipped, close: () => response.destroy() });
          }
        });
      },
    );
    request.on('error', reject);
  });
}

describe('a test event', () => {
  it('is told step by step: accepted at once, then processed with its profile and archived', async () => {
    const sent = await send({ type: 'track', event: 'Order Completed', userId: 'tester', properties: { total: 1 } });
    expect(sent.status).toBe(201);
    expect(states(sent.body)).toEqual({
      accepted: 'done',
      processed: 'waiting',
      profile: 'waiting',
      archived: 'waiting',
    });
    world.work();
    await world.settle();
    const { body } = await call(world, { method: 'GET', path: `/api/v1/test-events/${String(sent.body['id'])}` });
    expect(states(body)).toEqual({ accepted: 'done', processed: 'done', profile: 'done', archived: 'done' });
    const profile = await world.get('/api/v1/profiles?identifier=userId:tester');
    expect((profile.body['items'] as JsonObject[])[0]!['id']).toBe(body['profileId']);
    expect(await auditedActions(world)).toContain('test_event.sent');
  });

  it('counts for nothing: no first event, no schema, no counts, though the history has it', async () => {
    const health = await world.get(`/api/v1/sources/${source}/health`);
    expect(health.body).toMatchObject({ status: 'waiting', firstEventAt: null, events: 0 });
    expect((await world.get(`/api/v1/sources/${source}/events`)).body['items']).toEqual([]);
    expect((await world.get(`/api/v1/sources/${source}/event-counts`)).body['items']).toEqual([]);
    expect(await world.count(`event where name = 'Order Completed' and is_test`)).toBe(1);
    const touchpoints = (await world.get('/api/v1/touchpoints')).body['items'] as JsonObject[];
    expect(touchpoints.find(({ key }) => key === 'order')!['state']).toBe('absent');
  });

  it('that intake would refuse names the field, and is not sent', async () => {
    const refused = await send({ type: 'track', userId: 'tester' });
    expect(refused.body['steps']).toMatchObject([
      { step: 'accepted', state: 'failed', note: 'event a track event needs a name: a text' },
      { state: 'skipped' },
      { state: 'skipped' },
      { state: 'skipped' },
    ]);
    expect(states((await send({ type: 'track', event: 'X', userId: 'u', context: 7 })).body)['accepted']).toBe(
      'failed',
    );
  });

  it('under a message id that was taken before says so', async () => {
    const messageId = 'taken-before';
    await world.send([trackEvent({ messageId })]);
    const again = await send({ type: 'track', event: 'X', userId: 'tester', messageId });
    expect(states(again.body)['accepted']).toBe('skipped');
  });

  it('waits for no more connections than the log can spare: beyond a few at once it is refused, to be repeated', async () => {
    const body = { type: 'track', event: 'X', userId: 'tester' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(body)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.every((status) => status === 201 || status === 429)).toBe(true);
    expect(statuses.filter((status) => status === 201).length).toBeGreaterThanOrEqual(3);
    expect((await send(body)).status).toBe(201);
  });

  it('of another workspace is not there, and goes to no source of another', async () => {
    const neighbour = await addWorkspace(world);
    const sent = await send({ type: 'track', event: 'X', userId: 'tester' });
    const path = `/api/v1/test-events/${String(sent.body['id'])}`;
    expect((await call(world, { method: 'GET', path, key: neighbour.apiKey })).status).toBe(404);
    const foreign = `/api/v1/sources/${source}/test-events`;
    const body = { type: 'track', event: 'X', userId: 'tester' };
    expect((await call(world, { method: 'POST', path: foreign, body, key: neighbour.apiKey })).status).toBe(404);
  });
});

describe('whoever watches live', () => {
  it('sees what comes from now on, taken and refused with the reason, and nothing of before or of others', async () => {
    const neighbour = await addWorkspace(world);
    await world.send([trackEvent({ event: 'Before' })]);
    const all = await watch();
    await world.post('/v1/batch', { writeKey: neighbour.writeKey, batch: [trackEvent({ event: 'Theirs' })] });
    await world.post('/v1/batch', {
      writeKey: WRITE_KEY,
      batch: [trackEvent({ event: 'Live' }), { type: 'track', event: 'Live', userId: 'ada', traits: 1 }],
    });
    await until(async () => all.items.length >= 2, 'seeing both');
    all.close();
    expect(all.items).toHaveLength(2);
    expect(all.items).toContainEqual(
      expect.objectContaining({ outcome: 'accepted', sourceId: source, name: 'Live', reason: null, isTest: false }),
    );
    expect(all.items).toContainEqual(
      expect.objectContaining({ outcome: 'rejected', sourceId: source, name: 'Live', field: 'traits' }),
    );
  });

  it('sees only what was asked for', async () => {
    const [named, refused, sourced] = await Promise.all([
      watch('?name=Wanted&type=track'),
      watch('?outcome=rejected'),
      watch(`?sourceId=${source}&outcome=accepted`),
    ]);
    await world.post('/v1/batch', {
      writeKey: WRITE_KEY,
      batch: [trackEvent({ event: 'Wanted' }), trackEvent({ event: 'Other' }), { type: 'track', userId: 'ada' }],
    });
    await until(async () => named.items.length > 0 && refused.items.length > 0 && sourced.items.length > 1, 'seeing');
    expect(named.items.map(({ name }) => name)).toEqual(['Wanted']);
    expect(refused.items.map(({ outcome }) => outcome)).toEqual(['rejected']);
    expect(sourced.items.map(({ name }) => name).sort()).toEqual(['Other', 'Wanted']);
    for (const watcher of [named, refused, sourced]) watcher.close();
  });

  it('of a flood sees the newest, and that some were left out', async () => {
    const flood = await watch('?type=track');
    for (let i = 0; i < 3; i++) {
      await world.send(Array.from({ length: 600 }, (_, n) => trackEvent({ event: `Flood ${i * 600 + n}` })));
    }
    await until(async () => flood.items.at(-1)?.['name'] === 'Flood 1799', 'seeing the newest');
    expect(flood.skipped()).toBeGreaterThan(0);
    expect(flood.items.length).toBeLessThan(1_800);
    flood.close();
  });

  it('asking for a source that is not there is told so', async () => {
    const asked = await call(world, { method: 'GET', path: `/api/v1/events/live?sourceId=src_${'0'.repeat(32)}` });
    expect(asked.body).toMatchObject({ status: 400, errors: [{ field: 'sourceId' }] });
  });
});
