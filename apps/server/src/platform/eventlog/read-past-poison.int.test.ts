import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { createMetrics, type Metrics } from '../metrics/index.ts';
import { moveCursors } from './lease.ts';
import { eventlogMigrations } from './migrations/index.ts';
import type { LeasedRun } from './processor.ts';
import { eventAt } from './read-blocks.ts';
import { readPastPoison } from './read-past-poison.ts';
import { LaneHold, readRuns } from './reader.ts';
import { RetryBatch } from './retry-batch.ts';
import { type LogProcess, openLogProcess, storedEvent } from './testing/log-process.ts';

const READER = 'observer';
let database: TestDatabase;
let process: LogProcess;
let metrics: Metrics;
let hold: LaneHold;
beforeEach(async () => {
  const taken = { id: '20990101T0000_taken', sql: 'create table taken (id text)' };
  database = await createTestDatabase([...eventlogMigrations, taken]);
  process = await openLogProcess({ databaseUrl: database.url });
  metrics = createMetrics();
  hold = new LaneHold({ reader: READER, processId: process.processId });
});
afterEach(async () => {
  await process.close();
  await database.drop();
});

const append = (count: number) =>
  process.append(
    Array.from({ length: count }, (_, n) => ({
      lane: n % 3,
      event: storedEvent({ id: `e${String(n).padStart(3, '0')}` }),
    })),
  );

/** One round of a reader that writes down every event it takes, but for those it cannot. */
async function round(tally: { inARow: number }, fault: (id: string) => Error | undefined): Promise<void> {
  const { processId, services } = process;
  await hold.renew(services, true);
  const runs = await readRuns(services, hold.leases, { eventsMax: 1_000, fromDatabase: true });
  const write = async (given: readonly LeasedRun[]): Promise<number> => {
    const ids = given.flatMap(({ run }) => run.lines.map((_, index) => eventAt(run, index).id));
    const moves = given.map(({ lease, run }) => ({
      lease,
      begunSeq: run.firstSeq - 1,
      seq: run.firstSeq + run.lines.length - 1,
    }));
    await services.postgres.transaction(async (sql) => {
      await sql.query({ text: 'insert into taken select unnest($1::text[])', values: [ids] });
      for (const id of ids) {
        const error = fault(id);
        if (error !== undefined) throw error;
      }
      await moveCursors(sql, { reader: READER, processId, moves });
    });
    for (const { lease, seq } of moves) lease.seq = seq;
    return ids.length;
  };
  await readPastPoison({ ...services, metrics }, { reader: READER, processId, runs, tally, write });
}

const taken = async () =>
  (await database.postgres.query<{ id: string }>({ text: 'select id from taken order by id' })).rows.map(
    (row) => row.id,
  );
const skipped = async () =>
  Number(/^segue_reader_skipped_events_total\{reader="observer"\} (\d+)$/m.exec(await metrics.text())?.[1] ?? 0);
const poison =
  (...ids: readonly string[]) =>
  (id: string) =>
    ids.includes(id) ? new TypeError(`cannot take ${id}`) : undefined;

describe('a reader beside the processor', () => {
  it('passes an event by that can never be taken, counts it, and takes every other once', async () => {
    await append(40);
    await round({ inARow: 0 }, poison('e007', 'e022'));
    const all = Array.from({ length: 40 }, (_, n) => `e${String(n).padStart(3, '0')}`);
    expect(await taken()).toEqual(all.filter((id) => id !== 'e007' && id !== 'e022'));
    expect(await skipped()).toBe(2);
    await round({ inARow: 0 }, () => undefined);
    expect(await taken()).toHaveLength(38);
  });

  it('passes nothing by because of what may succeed later: a lost lease, a database that is out of room', async () => {
    await append(4);
    const passing = [new RetryBatch('the lease was lost'), Object.assign(new Error('disk full'), { code: '53100' })];
    for (const error of passing) await expect(round({ inARow: 0 }, () => error)).rejects.toThrow(error.message);
    expect([await taken(), await skipped()]).toEqual([[], 0]);
    await round({ inARow: 0 }, () => undefined);
    expect(await taken()).toHaveLength(4);
  });

  it('stands still when every event fails, and goes on where it stood once that is repaired', async () => {
    await append(120);
    const tally = { inARow: 0 };
    const broken = (id: string) => new TypeError(`cannot take ${id}`);
    for (let attempt = 0; attempt < 2; attempt++) await expect(round(tally, broken)).rejects.toThrow('stands still');
    expect([await taken(), await skipped()]).toEqual([[], 50]);
    await round(tally, () => undefined);
    expect(await taken()).toHaveLength(70);
    expect(tally.inARow).toBe(0);
  });
});
