import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSignalConsent } from '../modules/consent/index.ts';
import { runWebhooks } from '../modules/events/index.ts';
import {
  API_KEY,
  createEngines,
  type Engines,
  NOW,
  openWorld,
  trackEvent,
  type World,
} from '../modules/events/testing/world.ts';
import { readPositions } from '../platform/eventlog/index.ts';
import type { JsonObject } from '../platform/json.ts';

/** California: sale and sharing opted out; the nation: opted out of nothing. */
const OUT = 'DBABBg~BVUAAABA';
const IN = 'DBABLA~BVQqAAAACg';

let engines: Engines;
let world: World;
let webhooks: Promise<void>;
const end = new AbortController();
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  world.work();
  webhooks = runWebhooks(world.services, {
    processId: world.processId,
    signal: end.signal,
    readSignals: readSignalConsent,
  });
});
afterAll(async () => {
  end.abort();
  await webhooks;
  await world.close();
  await engines.drop();
});

async function call(method: 'GET' | 'POST', path: string, body?: JsonObject): Promise<JsonObject> {
  const response = await world.http.inject({
    method,
    url: `/api/v1${path}`,
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  });
  expect(response.statusCode).toBeLessThan(300);
  return response.json<JsonObject>();
}

/** Sends an event of a customer; minutes before now. */
async function send(userId: string, name: string, minutesAgo: number, consent?: JsonObject): Promise<void> {
  const timestamp = new Date(NOW - minutesAgo * 60_000).toISOString();
  await world.send([trackEvent({ userId, event: name, timestamp, ...(consent && { context: { consent } }) })]);
  await world.settle();
  await read();
}

/** Until the webhooks have read everything: what is said later is about later events. */
async function read(): Promise<void> {
  const isRead = async () => {
    const lanes = await readPositions(world.services.postgres, 'webhooks');
    return lanes.every((lane) => lane.seq === lane.head);
  };
  await expect.poll(isRead, { timeout: 20_000, interval: 10 }).toBe(true);
}

/** Names of the events an endpoint gets. */
async function delivered(endpointId: string): Promise<string[]> {
  const { items } = await call('GET', `/webhooks/${endpointId}/deliveries`);
  return (items as JsonObject[]).map((one) => String(one['eventName'] ?? one['type'])).toSorted();
}

async function endpoint(fields: JsonObject): Promise<string> {
  const url = 'https://ads.example/hooks';
  return String((await call('POST', '/webhooks', { url, events: [{ type: 'track' }], ...fields }))['id']);
}

it('an endpoint for advertising gets nothing of who opted out in a GPP string, on that event, later and late, until she opts in', async () => {
  const id = await endpoint({ isAdvertising: true });
  const other = await endpoint({});
  await send('gpp', 'before', 60);
  await send('gpp', 'says so', 50, { gppString: OUT });
  await send('gpp', 'silent', 40);
  await send('gpp', 'opts in', 30, { gppString: IN });
  await send('gpp', 'after', 20);
  await send('gpp', 'late', 45);
  await send('gpp', 'unreadable', 10, { gppString: 'DBABBg~!' });
  await send('gpp', 'since', 5);
  expect((await delivered(other)).length).toBe(8);
  expect(await delivered(id)).toEqual(['after', 'before', 'opts in']);
  const { lastDay } = (await call('GET', `/webhooks/${id}`))['health'] as { lastDay: JsonObject };
  expect(lastDay).toMatchObject({ filtered: 5 });
});

it('an opt-out that was sent again stands, though an older opt-in arrives after it', async () => {
  const id = await endpoint({ isAdvertising: true });
  await send('again', 'out', 50, { gppString: OUT });
  await send('again', 'still out', 10, { gppString: OUT });
  await send('again', 'was in', 30, { gppString: IN });
  await send('again', 'silent', 5);
  expect(await delivered(id)).toEqual([]);
});

it('Global Privacy Control of one browser holds for her others, and no string takes it back', async () => {
  const id = await endpoint({ isAdvertising: true });
  await send('gpc', 'with', 50, { gpc: true });
  await send('gpc', 'without', 40);
  await send('gpc', 'string', 30, { gppString: IN });
  expect(await delivered(id)).toEqual([]);
  await send('gpc', 'switched off', 20, { gpc: false });
  expect(await delivered(id)).toEqual(['switched off']);
});

it('an endpoint whose categories are purposes of the TCF gets what she allowed them for', async () => {
  const id = await endpoint({ consentCategories: ['tcf:1', 'tcf:3'] });
  const more = await endpoint({ consentCategories: ['tcf:1', 'tcf:4'] });
  // Purposes 1 to 3.
  const tcfString =
    'COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw';
  await send('tcf', 'unasked', 60);
  await send('tcf', 'asked', 50, { tcfString });
  await send('tcf', 'later', 40);
  expect(await delivered(id)).toEqual(['asked', 'later', 'unasked']);
  expect(await delivered(more)).toEqual(['unasked']);
});
