import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { createContext, type Ctx } from '../context.ts';
import { newUuid } from '../ids/index.ts';
import { inTransaction } from './in-transaction.ts';
import { eventlogMigrations } from './migrations/index.ts';
import { readNewest } from './read-blocks.ts';
import { inSubjects } from './subject-batch.ts';
import { readSubjects } from './subject-state.ts';
import { defineSection } from './subject.ts';
import { type LogProcess, openLogProcess } from './testing/log-process.ts';

const NOW = Date.UTC(2026, 10, 22, 9);
const counter = defineSection<{ n: number }>('counter');

let database: TestDatabase;
let process: LogProcess;
let ctx: Ctx;

beforeAll(async () => {
  const tables = { id: '20990101T0000_effects', sql: 'create table effect (name text)' };
  database = await createTestDatabase([...eventlogMigrations, tables]);
  process = await openLogProcess({ databaseUrl: database.url });
  ctx = createContext(process.services, 1, { kind: 'system', name: 'test' });
});
beforeEach(async () => {
  await database.postgres.query({ text: 'truncate effect, log_block, subject_state' });
});
afterAll(async () => {
  await process.close();
  await database.drop();
});

const effects = async () =>
  (await database.postgres.query<{ name: string }>({ text: 'select name from effect order by name' })).rows.map(
    ({ name }) => name,
  );
const told = async () => (await readNewest(database.postgres, 10, () => true)).map((event) => event.name);
const write = (inner: Ctx, name: string) =>
  inner.sql.query({ text: 'insert into effect (name) values ($1)', values: [name] });
const event = (subjectId: string, name: string) => ({
  subjectId,
  node: { kind: 1, id: 1 },
  name,
  occurredAt: NOW,
  properties: {},
});

describe('a transaction inside a transaction', () => {
  it('is the same one: what either did, said and changed is there together', async () => {
    const id = newUuid(NOW);
    await inTransaction(ctx, async (ctx) => {
      await write(ctx, 'outer');
      ctx.emit(event(id, 'Outer'));
      await inTransaction(ctx, async (ctx) => void (await write(ctx, 'inner')));
      await inSubjects(ctx, { workspaceId: 1, ids: [] }, async (batch) => {
        batch.create(id).set(counter, { n: 1 });
        batch.emit(event(id, 'Inner'));
      });
      expect(await effects()).toEqual([]);
    });
    expect(await effects()).toEqual(['inner', 'outer']);
    expect((await told()).toSorted()).toEqual(['Inner', 'Outer']);
    expect((await readSubjects(database.postgres, 1, [id])).get(id)?.get(counter)).toEqual({ n: 1 });
  });

  it('leaves nothing of either when the outer one fails after the inner one ended well', async () => {
    const id = newUuid(NOW);
    let tidied = false;
    const failing = inTransaction(ctx, async (ctx) => {
      await inTransaction(ctx, async (ctx) => void (await write(ctx, 'inner')));
      await inSubjects(ctx, { workspaceId: 1, ids: [] }, async (batch) => {
        batch.create(id).set(counter, { n: 1 });
        batch.emit(event(id, 'Inner'));
      });
      ctx.afterCommit(async () => void (tidied = true));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect([await effects(), await told(), tidied]).toEqual([[], [], false]);
    expect((await readSubjects(database.postgres, 1, [id])).size).toBe(0);
  });

  it('tidies up after the commit, when everybody sees what was done', async () => {
    const seen: string[][] = [];
    await inTransaction(ctx, async (ctx) => {
      await inTransaction(ctx, async (ctx) => ctx.afterCommit(async () => void seen.push(await effects())));
      await write(ctx, 'done');
    });
    expect(seen).toEqual([['done']]);
  });
});
