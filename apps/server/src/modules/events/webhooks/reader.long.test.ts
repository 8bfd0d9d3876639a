import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  appendLines,
  createLanes,
  cutLanes,
  encodeEvent,
  INTAKE_LOG,
  LaneHold,
  type LaneLease,
  readPositions,
  readRuns,
  RetryBatch,
} from '../../../platform/eventlog/index.ts';
import { createTestClock, type TestClock } from '../../../testkit/index.ts';
import { createEngines, type Engines, NOW, trackEvent } from '../testing/world.ts';
import { listDefinitions } from './endpoint-store.ts';
import { writeRuns } from './run-webhooks.ts';
import { openShop, type Shop, readNoSignals } from './testing/shop.ts';

const URL = 'https://shop.example/hooks';
let clock: TestClock;
let engines: Engines;
let shop: Shop;
beforeEach(async () => {
  clock = createTestClock(NOW);
  engines = await createEngines();
  shop = await openShop(engines, clock);
});
afterEach(async () => {
  await shop.close();
  await engines.drop();
});

const names = async (): Promise<string[]> =>
  (
    await shop.world.services.postgres.query<{ event_name: string }>({
      text: 'select event_name from webhook_delivery order by event_name, endpoint_id',
    })
  ).rows.map((row) => row.event_name);

const cursors = async (): Promise<number> =>
  (await readPositions(shop.world.services.postgres, 'webhooks')).reduce((sum, lane) => sum + lane.seq, 0);

/** What the reader would do next, in the hands of the test. */
async function nextBatch(): Promise<Parameters<typeof writeRuns>[1]> {
  const { services, processId } = shop.world;
  const hold = new LaneHold({ reader: 'webhooks', processId });
  await hold.renew(services);
  const definitions = new Map([[shop.world.ctx.workspaceId, await listDefinitions(services.postgres)]]);
  return {
    processId,
    definitions,
    readSignals: readNoSignals,
    runs: await readRuns(services, hold.leases, { eventsMax: 100, fromDatabase: true }),
  };
}

it('a reader that is new to an old log begins at its head: the past is not sent', async () => {
  const { postgres } = shop.world.services;
  await shop.world.send(Array.from({ length: 5 }, () => trackEvent({ event: 'Past' })));
  await postgres.query({ text: `delete from log_cursor where reader = 'webhooks'` });
  await createLanes(postgres);
  expect((await readPositions(postgres, 'webhooks')).every((lane) => lane.seq === lane.head)).toBe(true);
  expect(await cursors()).toBe(5);
  expect((await readPositions(postgres, 'archive')).every((lane) => lane.seq === 0)).toBe(true);
  await createLanes(postgres);
  await shop.endpoint({ url: URL, events: [{ type: 'track' }] });
  await shop.world.send([trackEvent({ event: 'Now' })]);
  shop.work();
  await shop.settle();
  expect(await names()).toEqual(['Now']);
});

it('while nobody listens no line is read: a block that cannot be unpacked does not matter', async () => {
  await shop.world.send([trackEvent()]);
  await shop.world.services.postgres.query({ text: `update log_block set payload = 'x'` });
  shop.read();
  await expect.poll(cursors).toBe(1);
});

it('deliveries and cursors are written together or not at all', async () => {
  await shop.endpoint({ url: URL });
  await shop.world.send([trackEvent({ event: 'One' })]);
  const batch = await nextBatch();
  const lost = batch.runs.map(({ lease, run }) => ({ lease: { ...lease, fence: lease.fence - 1 } as LaneLease, run }));
  await expect(writeRuns(shop.world.services, { ...batch, runs: lost })).rejects.toThrow(RetryBatch);
  expect([await names(), await cursors()]).toEqual([[], 0]);
  await writeRuns(shop.world.services, batch);
  expect([await names(), await cursors()]).toEqual([['One'], 1]);
  // A commit whose answer was lost: the batch is taken again and finds its own traces.
  for (const { lease } of batch.runs) lease.seq--;
  await expect(writeRuns(shop.world.services, batch)).rejects.toThrow(RetryBatch);
  expect([await names(), await cursors()]).toEqual([['One'], 1]);
});

it('a batch that was begun before an endpoint changed is taken back', async () => {
  await shop.endpoint({ url: URL });
  await shop.world.send([trackEvent({ event: 'One' })]);
  const batch = await nextBatch();
  await cutLanes(shop.world.services.postgres, 'webhooks');
  await expect(writeRuns(shop.world.services, batch)).rejects.toThrow(RetryBatch);
  expect(await names()).toEqual([]);
});

it('an event that can never be written down is passed by and said aloud: the others are delivered', async () => {
  await shop.endpoint({ url: URL, events: [{ type: 'track' }] });
  const { ctx, services, logs } = shop.world;
  const plant = (name: string) =>
    encodeEvent({
      ...{ workspaceId: ctx.workspaceId, id: name, type: 'track', name, occurredAt: NOW, receivedAt: NOW },
      ...{ nodes: [], sealed: '', payload: { source: 1 } },
    });
  // PostgreSQL keeps no NUL in a text; intake lets none in.
  const lines = new Map([[0, ['Before', 'Po\u0000ison', 'After'].map(plant)]]);
  await services.postgres.transaction((sql) => appendLines(sql, INTAKE_LOG, { lines }));
  shop.work();
  await shop.settle();
  expect(await names()).toEqual(['After', 'Before']);
  expect(logs.filter((line) => /^a reader passed an event by.*reader: 'webhooks'/s.test(line))).toEqual([
    expect.stringMatching(/seq: 2/),
  ]);
});

it('an event waits for the processor: whose it is, is known when it is sent', async () => {
  await shop.endpoint({ url: URL, events: [{ type: 'track' }] });
  await shop.world.send([trackEvent({ userId: 'new here' })]);
  shop.read();
  await shop.world.services.postgres.query({ text: 'select pg_sleep(0.3)' });
  expect([await names(), await cursors()]).toEqual([[], 0]);
  shop.world.work();
  await shop.settle();
  const { rows } = await shop.world.services.postgres.query<{ profile: string }>({
    text: `select body::jsonb #>> '{data,event,profileId}' as profile from webhook_delivery`,
  });
  expect(rows).toMatchObject([{ profile: expect.stringMatching(/^prf_[0-9a-f]{32}$/) }]);
});

it('another process takes over from a reader that died: every event once for each endpoint', async () => {
  for (let i = 0; i < 3; i++) await shop.endpoint({ url: URL, events: [{ type: 'track' }] });
  const other = await openShop(engines, clock);
  other.work();
  await shop.world.send(Array.from({ length: 40 }, (_, i) => trackEvent({ event: `A${i}`, userId: `u${i}` })));
  // Its connections go, as they do on kill -9, at whatever it was doing.
  await expect.poll(async () => (await names()).length).toBeGreaterThan(0);
  const gone = other.world.services.postgres.close();
  shop.work();
  await shop.world.send(Array.from({ length: 40 }, (_, i) => trackEvent({ event: `B${i}`, userId: `u${i}` })));
  await shop.settle();
  const expected = ['A', 'B'].flatMap((round) =>
    Array.from({ length: 40 }, (_, i) => [`${round}${i}`, `${round}${i}`, `${round}${i}`]).flat(),
  );
  expect(await names()).toEqual(expected.sort());
  await gone;
  await other.close().catch(() => undefined);
});
