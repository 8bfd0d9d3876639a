import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { historyMigrations, postgresMigrations } from '../../../compose/migrations.ts';
import { migrateHistory, openHistory } from '../../../platform/clickhouse/index.ts';
import { type EmbeddedEngine, startEmbeddedClickHouse } from '../../../platform/embedded/index.ts';
import { LaneHold, type LeasedRun, moveCursors, readRuns, setBorders } from '../../../platform/eventlog/index.ts';
import { createLogger } from '../../../platform/logger/index.ts';
import { createTestDatabase } from '../../../testkit/index.ts';
import { findProfileId } from '../../profiles/index.ts';
import { loggedEvents } from '../testing/logged-events.ts';
import { createEngines, type Engines, openWorld, trackEvent, type World } from '../testing/world.ts';
import { firstChars, insertRuns } from './archive-batch.ts';

const events = (count: number) => Array.from({ length: count }, (_, n) => trackEvent({ userId: `user ${n % 40}` }));

/** Every event of the log once, under the place it has there. */
async function expectArchivedOnce(world: World): Promise<void> {
  const logged = await loggedEvents(world);
  expect(await world.count('event where log = 0')).toBe(logged.length);
  const rows = await world.services.history.query<{ message_id: string }>({
    sql: 'select message_id from event where log = 0',
  });
  expect(rows.map((row) => row.message_id).sort()).toEqual(logged.map(({ id }) => id).sort());
  expect(await world.count('(select log, lane, seq from event group by log, lane, seq having count() > 1)')).toBe(0);
}

describe('over a history that is there', () => {
  let engines: Engines;
  let world: World;
  beforeAll(async () => {
    engines = await createEngines();
  });
  beforeEach(async () => {
    world = await openWorld(engines);
    return () => world.close();
  });
  afterAll(() => engines.drop());

  /** What an archiver has done of a block when it is killed. */
  async function archiveUpTo(last: 'border' | 'insert' | 'cursor'): Promise<readonly LeasedRun[]> {
    const hold = new LaneHold({ reader: 'archive', processId: world.processId });
    await hold.renew(world.services, true);
    const runs = await readRuns(world.services, hold.leases, { eventsMax: 100, fromDatabase: true });
    const moves = runs.map(({ lease, run }) => ({
      lease,
      begunSeq: run.firstSeq - 1,
      seq: run.firstSeq + run.lines.length - 1,
    }));
    const mine = { reader: 'archive', processId: world.processId, moves } as const;
    await setBorders(world.services.postgres, mine);
    if (last !== 'border')
      await insertRuns(
        world.services.history,
        runs.map(({ run }) => run),
      );
    if (last === 'cursor') await moveCursors(world.services.postgres, mine);
    return runs;
  }

  it.each(['border', 'insert', 'cursor'] as const)(
    'an archiver killed right after its %s loses and doubles nothing, though more arrives before the next one',
    async (last) => {
      await world.send(events(150));
      const killed = await archiveUpTo(last);
      expect(killed.length).toBeGreaterThan(0);
      await world.close();
      const successor = await openWorld(engines);
      await successor.send(events(100));
      successor.work();
      await successor.settle();
      await expectArchivedOnce(successor);
      await successor.close();
      world = await openWorld(engines);
    },
  );

  it('one that slept while another took over adds nothing when it wakes and sends its block', async () => {
    await world.send(events(80));
    const asleep = await archiveUpTo('border');
    const { postgres } = world.services;
    await postgres.query({
      text: `update log_cursor set lease_until = now() - interval '1 second' where reader = 'archive'`,
    });
    const successor = await openWorld(engines);
    await successor.send(events(50));
    successor.work();
    await successor.settle();
    await insertRuns(
      world.services.history,
      asleep.map(({ run }) => run),
    );
    const moves = asleep.map(({ lease, run }) => ({
      lease,
      begunSeq: run.firstSeq - 1,
      seq: run.firstSeq + run.lines.length - 1,
    }));
    await expect(moveCursors(postgres, { reader: 'archive', processId: world.processId, moves })).rejects.toThrow(
      'changed',
    );
    await expectArchivedOnce(successor);
    await successor.close();
  });

  it('two archivers at once copy each event once', async () => {
    const other = await openWorld(engines);
    world.work();
    other.work();
    await Promise.all([world, other].flatMap((one) => [one.send(events(60)), one.send(events(60))]));
    await world.settle();
    await expectArchivedOnce(world);
    await other.close();
  });

  it('the map follows each node to the profile that has it now, through merges', async () => {
    world.work();
    await world.send([trackEvent({ userId: undefined as never, anonymousId: 'anon-map' })]);
    await world.send([trackEvent({ userId: 'known-map' })]);
    await world.settle();
    await world.send([
      { type: 'identify', userId: 'known-map', anonymousId: 'anon-map', messageId: 'merge-map', traits: {} },
    ]);
    await world.settle();
    const profileId = await findProfileId(world.ctx, { kind: 'userId', value: 'known-map' });
    const { rows } = await world.services.postgres.query<{ id: number }>({
      text: 'select id from identity_node where profile_id = $1 order by id',
      values: [profileId],
    });
    const mapped = await world.services.history.query<{ node: number }>({
      sql: 'select node from history_nodes where workspace_id = {workspaceId: UInt32} and profile_id = {profileId: UUID} order by node',
      params: { workspaceId: world.ctx.workspaceId, profileId },
    });
    expect(rows).toHaveLength(2);
    expect(mapped.map(({ node }) => node)).toEqual(rows.map(({ id }) => id));
  });

  it('large events make smaller blocks, never none', () => {
    const run = (lines: string[]) => ({ lease: {} as never, run: { log: 0 as const, lane: 1, firstSeq: 5, lines } });
    const lengths = (charsMax: number) =>
      firstChars([run(['aaaa', 'bb']), run(['cc', 'dddd'])], charsMax).map((part) => part.run.lines.length);
    expect([1, 4, 6, 8, 11, 12, 100].map(lengths)).toEqual([[1], [1], [2], [2, 1], [2, 1], [2, 2], [2, 2]]);
  });
});

describe('over a history that comes and goes', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'segue-archive-'));
  const logger = createLogger('silent');
  let engine: EmbeddedEngine;
  let engines: Engines;
  beforeAll(async () => {
    const [started, database] = await Promise.all([
      startEmbeddedClickHouse({ dataDir, logger }),
      createTestDatabase(postgresMigrations),
    ]);
    engine = started;
    const history = openHistory({ url: engine.url, database: 'segue' });
    await migrateHistory(history, historyMigrations, (work) => work());
    engines = {
      databaseUrl: database.url,
      history,
      drop: async () => void (await Promise.all([history.close(), database.drop()])),
    };
  });
  afterAll(async () => {
    await engines.drop();
    await engine.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('an outage delays and loses nothing: events are accepted and processed meanwhile, and archived once after', async () => {
    const world = await openWorld(engines);
    world.work();
    await world.send(events(200));
    await engine.stop();
    await world.send(events(200));
    engine = await startEmbeddedClickHouse({ dataDir, logger });
    await world.settle();
    await expectArchivedOnce(world);
    await world.close();
  });

  it('an engine killed again and again while it is written to keeps each event once', async () => {
    const world = await openWorld(engines);
    world.work();
    for (let round = 0; round < 4; round++) {
      await world.send(events(300));
      process.kill(engine.pid, 'SIGKILL');
      await world.send(events(300));
      await world.settle();
    }
    await expectArchivedOnce(world);
    await world.close();
  });
});
