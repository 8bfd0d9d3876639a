import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import type { Postgres } from '../postgres/index.ts';
import { openPostgres } from '../postgres/index.ts';
import { appendLines } from './append.ts';
import { RecentBlocks } from './block.ts';
import { createEventLog } from './event-log.ts';
import { INTAKE_LOG } from './event.ts';
import { createLanes, type LaneLease } from './lease.ts';
import { eventlogMigrations } from './migrations/index.ts';
import { readBlocks } from './read-blocks.ts';
import { readRuns } from './reader.ts';
import { runRetention } from './retention.ts';
import { claimMessageKeys, messageKey } from './seen.ts';
import { openLogProcess } from './testing/log-process.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase(eventlogMigrations);
  await createLanes(database.postgres);
});
afterAll(() => database.drop());

const DAY_MS = 86_400_000;

function append(sql: Postgres, lane: number, lines: readonly string[]) {
  return sql.transaction((tx) => appendLines(tx, INTAKE_LOG, { lines: new Map([[lane, lines]]) }));
}

/** Everything a lane holds, read block by block: a gap throws. */
async function readLane(sql: Postgres, lane: number): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const [run] = await readBlocks(sql, [{ log: INTAKE_LOG, lane, seq: lines.length }], 50);
    if (run === undefined) return lines;
    lines.push(...run.lines);
  }
}

describe('the lanes of a log', () => {
  it('are gap-free and in commit order while several processes append to them at once', async () => {
    const pools = Array.from({ length: 4 }, () =>
      openPostgres({ url: database.url, applicationName: 'appender', maxConnections: 3 }),
    );
    const lanes = [0, 1, 2];
    const seen = new Map<number, string[]>(lanes.map((lane) => [lane, []]));
    let appending = true;
    const watcher = (async () => {
      while (appending) {
        for (const lane of lanes) {
          const now = await readLane(database.postgres, lane);
          const before = seen.get(lane)!;
          // What came later stands behind: a reader that has passed a place never finds anything new before it.
          expect(now.slice(0, before.length)).toEqual(before);
          seen.set(lane, now);
        }
      }
    })();
    const firstSeqs: number[] = [];
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const lines = new Map(lanes.filter((lane) => (i + lane) % 3 > 0).map((lane) => [lane, [`${i}a`, `${i}b`]]));
        const blocks = await pools[i % 4]!.transaction((tx) => appendLines(tx, INTAKE_LOG, { lines }));
        for (const block of blocks) if (block.lane === 1) firstSeqs.push(block.firstSeq);
      }),
    );
    appending = false;
    await watcher;
    for (const lane of lanes) {
      const lines = await readLane(database.postgres, lane);
      expect(lines).toHaveLength(80);
      expect(new Set(lines).size).toBe(80);
    }
    expect(firstSeqs.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => 1 + 2 * i));
    await Promise.all(pools.map((pool) => pool.close()));
  });

  it('give no number to an append that is rolled back', async () => {
    await append(database.postgres, 4, ['first']);
    const lost = database.postgres.transaction(async (tx) => {
      await appendLines(tx, INTAKE_LOG, { lines: new Map([[4, ['lost']]]) });
      throw new Error('rolled back');
    });
    await expect(lost).rejects.toThrow('rolled back');
    expect((await append(database.postgres, 4, ['second']))[0]!.firstSeq).toBe(2);
    expect(await readLane(database.postgres, 4)).toEqual(['first', 'second']);
  });

  it('take more than a block holds in one append, in order', async () => {
    const lines = Array.from({ length: 4_500 }, (_, i) => `line ${i}`);
    await append(database.postgres, 5, lines);
    expect(await readLane(database.postgres, 5)).toEqual(lines);
  });
});

describe('message ids', () => {
  const claim = (sql: Pick<Postgres, 'query'>, id: string, day: number) =>
    claimMessageKeys(sql, [messageKey(1, id)], day).then((known) => known.size === 0);

  it('are refused a second time, on the same day and on every later one', async () => {
    expect(await claim(database.postgres, 'once', 100)).toBe(true);
    for (const day of [100, 101, 107]) expect(await claim(database.postgres, 'once', day)).toBe(false);
  });

  it('of one workspace are not those of another', async () => {
    expect((await claimMessageKeys(database.postgres, [messageKey(1, 'x')], 100)).size).toBe(0);
    const known = await claimMessageKeys(database.postgres, [messageKey(1, 'x'), messageKey(2, 'x')], 100);
    expect([...known]).toEqual([messageKey(1, 'x')]);
  });

  it.each([
    ['committed', false],
    ['rolled back', true],
  ])('in a transaction still open are waited for: when it is %s, new is %s', async (end, isNew) => {
    const id = `open ${end}`;
    let second: Promise<boolean> | undefined;
    const first = database.postgres.transaction(async (tx) => {
      await claim(tx, id, 100);
      second = claim(database.postgres, id, 101);
      await waitForLock(database.postgres);
      if (end === 'rolled back') throw new Error(end);
    });
    await first.catch(() => undefined);
    expect(await second).toBe(isNew);
  });
});

/** Until some connection waits for another. */
async function waitForLock(sql: Postgres): Promise<void> {
  const text = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
  while ((await sql.query({ text })).rowCount === 0);
}

describe('reading from memory', () => {
  it('gives the same runs as reading from the database, wherever the cursor stands and however little is remembered', async () => {
    let lane = 5;
    const services = { postgres: database.postgres, log: createEventLog() };
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 0, max: 1_000 }),
        fc.integer({ min: 0, max: 240 }),
        fc.integer({ min: 1, max: 100 }),
        async (blockSizes, memoryChars, place, eventsMax) => {
          lane = lane === 15 ? 6 : lane + 1;
          const { rows } = await database.postgres.query<{ head: number }>({
            text: 'select head from log_lane where log = 0 and lane = $1',
            values: [lane],
          });
          const begin = rows[0]!.head;
          const recent = new RecentBlocks(memoryChars);
          for (const [block, size] of blockSizes.entries()) {
            const lines = Array.from({ length: size }, (_, i) => `${lane} ${block} ${i}`);
            for (const appended of await append(database.postgres, lane, lines)) recent.add(appended);
          }
          const total = blockSizes.reduce((sum, size) => sum + size, 0);
          const lease: LaneLease = {
            log: INTAKE_LOG,
            lane,
            fence: 1,
            configVersion: 0,
            borderSeq: null,
            seq: begin + Math.min(place, total),
          };
          const read = (fromDatabase: boolean, memory: RecentBlocks) =>
            readRuns(
              { ...services, log: { ...services.log, recent: memory } } as Parameters<typeof readRuns>[0],
              [lease],
              { eventsMax, fromDatabase },
            );
          const [cold] = await read(true, new RecentBlocks(0));
          const [warm] = await read(true, recent);
          const [memory] = await read(false, recent);
          expect(cold === undefined).toBe(lease.seq === begin + total);
          expect(warm === undefined).toBe(cold === undefined);
          for (const run of [warm?.run, memory?.run]) {
            if (run === undefined) continue;
            expect(run.firstSeq).toBe(lease.seq + 1);
            expect(run.lines.length).toBeLessThanOrEqual(eventsMax);
            const whole = await readLaneFrom(lane, lease.seq, run.lines.length);
            expect(run.lines).toEqual(whole);
          }
        },
      ),
      { numRuns: propertyRuns(40) },
    );
  });

  it('reads a backlog of single events as many at a time, and no more events than asked for', async () => {
    const own = await createTestDatabase(eventlogMigrations);
    await createLanes(own.postgres);
    for (let n = 0; n < 120; n++) await append(own.postgres, 3, [`["${n}"]`]);
    await append(
      own.postgres,
      4,
      Array.from({ length: 500 }, (_, n) => `["${n}"]`),
    );
    const places = [3, 4].map((lane) => ({ log: INTAKE_LOG, lane, seq: 0 }) as const);
    const runs = await readBlocks(own.postgres, places, 200);
    expect(runs.map((run) => [run.lane, run.lines.length])).toEqual([
      [3, 100],
      [4, 500],
    ]);
    await own.drop();
  });

  async function readLaneFrom(lane: number, seq: number, count: number): Promise<string[]> {
    const [run] = await readBlocks(database.postgres, [{ log: INTAKE_LOG, lane, seq }], 1_000);
    return run!.lines.slice(0, count);
  }
});

describe('retention', () => {
  it('forgets message ids in slices, and none before it was refused for seven whole days', async () => {
    const own = await createTestDatabase(eventlogMigrations);
    const process = await openLogProcess({ databaseUrl: own.url });
    const today = Math.floor(process.services.clock.now() / DAY_MS);
    const insert = (day: number, many: number) =>
      own.postgres.query({
        text: `insert into log_seen (id, day) select gen_random_uuid(), $1 from generate_series(1, $2::int)`,
        values: [day, many],
      });
    await insert(today - 9, 60_000);
    await insert(today - 8, 300);
    const count = async () =>
      (await own.postgres.query<{ n: number }>({ text: 'select count(*)::int as n from log_seen' })).rows[0]!.n;
    const first = await runRetention(process.services);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(60_000);
    while ((await runRetention(process.services)) > 0);
    expect(await count()).toBe(300);
    process.services.clock.advance(DAY_MS);
    await runRetention(process.services);
    expect(await count()).toBe(0);
    await process.close();
    await own.drop();
  });

  it('deletes old blocks in slices, and never one that a reader has not passed', async () => {
    const own = await createTestDatabase(eventlogMigrations);
    const process = await openLogProcess({ databaseUrl: own.url });
    const sql = own.postgres;
    for (let i = 0; i < 300; i++) await append(sql, 3, [`${i}`]);
    await sql.query({ text: `update log_block set committed_at = now() - interval '8 days' where first_seq <= 290` });
    const move = (reader: string, seq: number) =>
      sql.query({
        text: `update log_cursor set seq = $2 where reader = $1 and log = 0 and lane = 3`,
        values: [reader, seq],
      });
    const oldest = async () =>
      (await sql.query<{ seq: number }>({ text: 'select min(first_seq) as seq from log_block' })).rows[0]!.seq;
    await sql.query({ text: `update log_cursor set seq = 300 where log = 0 and lane = 3 and reader <> 'archive'` });
    expect(await runRetention(process.services)).toBe(0);
    await move('archive', 250);
    expect(await runRetention(process.services)).toBe(200);
    while ((await runRetention(process.services)) > 0);
    expect(await oldest()).toBe(251);
    await move('archive', 300);
    while ((await runRetention(process.services)) > 0);
    expect(await oldest()).toBe(291);
    await process.close();
    await own.drop();
  });
});
