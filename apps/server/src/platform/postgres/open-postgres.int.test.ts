import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { isRetryable, openPostgres, type Sql } from './index.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
  await db.postgres.query({
    text: 'create table note (id int8 primary key, body text, tags text[], raw bytea, facts jsonb)',
  });
});
afterAll(() => db.drop());

test('values come back as what they are: int8 a number, jsonb parsed, bytea a Buffer, a day without time zone', async () => {
  const { rows } = await db.postgres.query({
    name: 'types',
    text: `select $1::int8 as big, $2::jsonb as facts, $3::bytea as raw, date '2026-02-01' as day, $4::int8[] as ids`,
    values: [9_007_199_254_740_991, { a: [1] }, Buffer.from([0, 255]), [1, null]],
  });
  expect(rows).toEqual([
    { big: 9_007_199_254_740_991, facts: { a: [1] }, raw: Buffer.from([0, 255]), day: '2026-02-01', ids: [1, null] },
  ]);
});

test('an int8 that no number can hold is an error, never a neighbour of it', async () => {
  await expect(db.postgres.query({ text: 'select 9007199254740993::int8 as big' })).rejects.toThrow(/9007199254740993/);
  expect((await db.postgres.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
});

test('a transaction that throws leaves nothing, and its connection serves on', async () => {
  const failing = db.postgres.transaction(async (sql) => {
    await sql.query({ text: 'insert into note (id) values ($1)', values: [100] });
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  const { rowCount } = await db.postgres.query({ text: 'select from note where id = 100' });
  expect(rowCount).toBe(0);
});

test('a transaction whose failed statement was swallowed does not pass for committed', async () => {
  const swallowing = db.postgres.transaction(async (sql) => {
    await sql.query({ text: 'insert into note (id) values (101)' });
    await sql.query({ text: 'select 1 / 0' }).catch(() => {});
  });
  await expect(swallowing).rejects.toThrow(/rolled back/);
});

test('a snapshot reads one instant, whatever commits meanwhile, and changes nothing', async () => {
  await db.postgres.query({ text: `insert into note (id, body) values (200, 'before')` });
  const read = (sql: Sql) => sql.query<{ body: string }>({ text: 'select body from note where id = 200' });
  const seen = await db.postgres.snapshot(async (sql) => {
    const first = await read(sql);
    await db.postgres.query({ text: `update note set body = 'after' where id = 200` });
    return [...first.rows, ...(await read(sql)).rows];
  });
  expect(seen).toEqual([{ body: 'before' }, { body: 'before' }]);
  expect((await read(db.postgres)).rows).toEqual([{ body: 'after' }]);
  await expect(db.postgres.snapshot((sql) => sql.query({ text: 'delete from note' }))).rejects.toThrow(/read-only/);
});

test('COPY stores every kind of value as an insert would', async () => {
  const rows = [
    [
      1,
      'tab\t newline\n back\\slash \\N',
      ['a "quoted" \\ one', null, ''],
      Buffer.from([0, 9, 10, 92]),
      { deep: ['\\', '"'] },
    ],
    [2, null, [], null, null],
    [3, '', null, Buffer.alloc(0), [1, 2].length],
  ];
  const count = await db.postgres.transaction((sql) =>
    sql.copyInto('note', ['id', 'body', 'tags', 'raw', 'facts'], rows),
  );
  expect(count).toBe(3);
  const stored = await db.postgres.query<Record<string, unknown>>({
    text: 'select * from note where id < 10 order by id',
  });
  expect(stored.rows.map((row) => Object.values(row))).toEqual(rows);
});

test('COPY of a bad row rolls the whole transaction back with the code PostgreSQL gave', async () => {
  const copy = db.postgres.transaction((sql) =>
    sql.copyInto(
      'note',
      ['id', 'body'],
      [
        [50, 'fine'],
        ['x', 'bad'],
      ],
    ),
  );
  await expect(copy).rejects.toMatchObject({ code: '22P02' });
  expect((await db.postgres.query({ text: 'select from note where id = 50' })).rowCount).toBe(0);
});

test('COPY streams more than a buffer holds', async () => {
  const body = 'x'.repeat(1_000);
  function* many() {
    for (let id = 1_000; id < 21_000; id += 1) yield [id, body];
  }
  const count = await db.postgres.transaction((sql) => sql.copyInto('note', ['id', 'body'], many()));
  expect(count).toBe(20_000);
});

test('errors keep their code: a deadlock is worth a retry, a broken rule is not', async () => {
  await db.postgres.query({ text: 'insert into note (id) values (201), (202)' });
  const lockBoth = (first: number, second: number) =>
    db.postgres.transaction(async (sql) => {
      await sql.query({ text: 'select from note where id = $1 for update', values: [first] });
      await delay(100);
      await sql.query({ text: 'select from note where id = $1 for update', values: [second] });
    });
  const results = await Promise.allSettled([lockBoth(201, 202), lockBoth(202, 201)]);
  const [deadlock] = results.filter((result) => result.status === 'rejected');
  expect(deadlock?.reason).toMatchObject({ code: '40P01' });
  expect(isRetryable(deadlock?.reason)).toBe(true);
  const repeated: unknown = await db.postgres
    .query({ text: 'insert into note (id) values (201)' })
    .catch((error) => error);
  expect(repeated).toMatchObject({ code: '23505' });
  expect(isRetryable(repeated)).toBe(false);
});

test('a connection cut in the middle of a transaction is retryable, and the pool goes on with another', async () => {
  const cut: unknown = await db.postgres
    .transaction(async (sql) => {
      await sql.query({ text: 'select pg_terminate_backend(pg_backend_pid())' });
    })
    .catch((error) => error);
  expect(isRetryable(cut)).toBe(true);
  expect((await db.postgres.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
});

test('a server that is not there is retryable', async () => {
  const nowhere = openPostgres({ url: 'postgres://x:y@127.0.0.1:9/z', applicationName: 'test', maxConnections: 1 });
  const refused: unknown = await nowhere.query({ text: 'select 1' }).catch((error) => error);
  await nowhere.close();
  expect(isRetryable(refused)).toBe(true);
});

test('a transaction that falls silent for too long is cut off, which is retryable, and only that one', async () => {
  const pauseIn = (silenceMsMax?: number) =>
    db.postgres.transaction(
      async (sql) => {
        await sql.query({ text: 'insert into note (id) values (77)' });
        await delay(500);
        return (await sql.query({ text: 'delete from note where id = 77' })).rowCount;
      },
      silenceMsMax === undefined ? {} : { silenceMsMax },
    );
  const error: unknown = await pauseIn(100).catch((caught: unknown) => caught);
  expect(isRetryable(error)).toBe(true);
  expect((await db.postgres.query({ text: 'select from note where id = 77' })).rowCount).toBe(0);
  expect(await pauseIn()).toBe(1);
});
