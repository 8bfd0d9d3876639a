import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { appendLines } from './append.ts';
import { INTAKE_LOG } from './event.ts';
import { createLanes, readPositions } from './lease.ts';
import { eventlogMigrations } from './migrations/index.ts';
import { LaneHold, readRuns } from './reader.ts';
import { openLogProcess } from './testing/log-process.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(eventlogMigrations);
  await createLanes(database.postgres);
});
afterAll(() => database.drop());

describe('a reader that is new to an old log', () => {
  it('begins with the first event each lane still keeps, and at the head of a lane that keeps none', async () => {
    const { postgres } = database;
    for (const lane of [0, 0, 1]) {
      const lines = new Map([[lane, ['["a"]', '["b"]']]]);
      await postgres.transaction((sql) => appendLines(sql, INTAKE_LOG, { lines }));
    }
    // As retention leaves it: the first block of one lane gone, and all of another.
    await postgres.query({ text: 'delete from log_block where (lane, first_seq) in ((0, 1), (1, 1))' });
    await postgres.query({ text: `delete from log_cursor where reader = 'observer'` });
    await createLanes(postgres);
    await createLanes(postgres);
    const positions = await readPositions(postgres, 'observer');
    expect(positions).toHaveLength(16);
    expect(positions.find(({ lane }) => lane === 0)).toMatchObject({ log: INTAKE_LOG, seq: 2, head: 4 });
    expect(positions.find(({ lane }) => lane === 1)).toMatchObject({ seq: 2, head: 2 });
    expect(positions.find(({ lane }) => lane === 2)).toMatchObject({ seq: 0, head: 0 });

    const process = await openLogProcess({ databaseUrl: database.url });
    const hold = new LaneHold({ reader: 'observer', processId: process.processId });
    await hold.renew(process.services, true);
    const runs = await readRuns(process.services, hold.leases, { eventsMax: 10, fromDatabase: true });
    expect(runs.map(({ run }) => [run.lane, run.firstSeq, run.lines])).toEqual([[0, 3, ['["a"]', '["b"]']]]);
    await process.close();
  });
});
