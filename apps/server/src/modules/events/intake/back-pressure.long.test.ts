import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPostgres } from '../../../platform/postgres/index.ts';
import { loggedEvents } from '../testing/logged-events.ts';
import { createEngines, type Engines, openWorld, trackEvent, type World, WRITE_KEY } from '../testing/world.ts';
import { IdentifierReader } from '../../profiles/index.ts';
import { readItem } from './read-item.ts';

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

/** Runs `work` while no commit can get through. */
async function whileStalled<T>(work: () => Promise<T>): Promise<T> {
  const other = openPostgres({ url: engines.databaseUrl, applicationName: 'segue-test', maxConnections: 1 });
  try {
    return await other.transaction(async (sql) => {
      await sql.query({ text: 'lock table log_seen in access exclusive mode' });
      return work();
    });
  } finally {
    await other.close();
  }
}

let serial = 0;
const batch = (events: number, eventBytes: number) =>
  Array.from({ length: events }, () => ({
    type: 'track',
    event: 'e',
    userId: 'ada',
    messageId: `waiting-${++serial}`,
    properties: { note: 'x'.repeat(eventBytes) },
  }));
const post = (events: readonly object[]) =>
  world.post('/v1/batch', { writeKey: WRITE_KEY, batch: [...events] as never });

interface Sent {
  readonly events: readonly { readonly messageId: string }[];
  readonly answer: ReturnType<typeof post>;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is in use, without what only waits to be collected. */
function heapHeld(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Sends until the server says stop: while nothing can be committed, what is answered is refused. */
async function fillUp(events: number, eventBytes: number, requestsMax: number) {
  const sent: Sent[] = [];
  const refusals: Awaited<Sent['answer']>[] = [];
  while (refusals.length === 0) {
    if (sent.length === requestsMax) throw new Error(`${requestsMax} requests are waiting and none was refused`);
    const items = batch(events, eventBytes);
    const answer = post(items);
    void answer.then((refusal) => refusals.push(refusal));
    sent.push({ events: items, answer });
    await Promise.race([answer, pause(25)]);
  }
  return { sent, refusals };
}

describe('while the database stands still', () => {
  it.each([
    ['of large events', 14, 32_000, 130],
    ['of small events', 2_500, 1, 40],
  ])(
    'a bounded number of requests waits, the next are told 503 meanwhile, and none of those that waited is lost: %s',
    async (_title, events, eventBytes, requestsMax) => {
      const heapBefore = heapHeld();
      const sent = await whileStalled(async () => {
        const full = await fillUp(events, eventBytes, requestsMax);
        expect(full.refusals[0]).toMatchObject({
          status: 503,
          headers: { 'retry-after': '1' },
          body: { code: 'unavailable' },
        });
        const heapFull = heapHeld();
        for (let n = 0; n < 30; n++) expect((await post(batch(events, eventBytes))).status).toBe(503);
        expect(heapFull - heapBefore).toBeLessThan(400_000_000);
        return full.sent;
      });
      const statuses = await Promise.all(sent.map(async ({ answer }) => (await answer).status));
      expect(new Set(statuses)).toEqual(new Set([200, 503]));
      expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(10);
      const logged = new Map<string, number>();
      for (const { id } of await loggedEvents(world)) logged.set(id, (logged.get(id) ?? 0) + 1);
      for (const [n, status] of statuses.entries()) {
        const counts = new Set(sent[n]!.events.map(({ messageId }) => logged.get(messageId)));
        expect(counts).toEqual(new Set([status === 200 ? 1 : undefined]));
      }
      expect((await post(batch(1, 1))).status).toBe(200);
    },
  );

  it('a refused request is taken when it is sent again, once', async () => {
    const sent = batch(3, 10);
    for (const answer of [await post(sent), await post(sent)]) expect(answer.status).toBe(200);
    const ids = sent.map(({ messageId }) => messageId);
    expect((await loggedEvents(world)).filter(({ id }) => ids.includes(id))).toHaveLength(3);
  });
});

it('what is wrong with one request fails that one alone, not those it would have been written with', async () => {
  const read = readItem(trackEvent({ messageId: 'innocent' }), 'track', {
    sentAt: undefined,
    context: undefined,
    receivedAtMs: 0,
    source: 1,
    isTrusted: false,
    reader: new IdentifierReader(),
  });
  if (read.kind !== 'event') throw new Error(read.message);
  const { workspaceId } = world.ctx;
  const unwritable = { ...read.event, identifiers: [] };
  const results = await Promise.allSettled(
    [[unwritable], [read.event], [unwritable], [{ ...read.event, messageId: 'innocent too' }]].map((events) =>
      world.committer.commit({ workspaceId, events, sizeBytes: 100 }),
    ),
  );
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
  expect((await loggedEvents(world)).filter(({ id }) => id.startsWith('innocent'))).toHaveLength(2);
});

it('a database that is gone is 503 with Retry-After, also before the write key could be looked up', async () => {
  const doomed = await openWorld(engines);
  await doomed.services.postgres.close();
  const answer = await doomed.post('/v1/track', trackEvent({ writeKey: WRITE_KEY }));
  expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  await doomed.http.close();
});
