import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestHistory, type TestHistory } from '../../testkit/index.ts';
import type { Migration } from '../postgres/index.ts';
import { historyErrorCode, isRetryableHistoryError, migrateHistory, openHistory, type History } from './index.ts';

const createVisit: Migration = {
  id: '20260101T0000_create-visit',
  sql: `-- one row a visit; kept by id
    create table if not exists visit (id UInt64, at DateTime64(3), payload String codec(ZSTD(1)))
    engine = MergeTree order by id settings non_replicated_deduplication_window = 1000;
    create view if not exists visit_count as select count() as visits, ';' as semicolon from visit;`,
};

let fixture: TestHistory;
let history: History;

beforeAll(async () => {
  fixture = await createTestHistory([createVisit]);
  history = fixture.history;
});
afterAll(() => fixture.drop());

const lines = (rows: readonly (readonly unknown[])[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const store = (rows: readonly (readonly unknown[])[], deduplicationToken: string) =>
  history.insert({ table: 'visit', columns: ['id', 'at', 'payload'], body: lines(rows), deduplicationToken });

test('rows go in as JSON and come out typed', async () => {
  await store([[1, '2026-11-22T10:00:00.123Z', { quote: `'"\\ü\n`, deep: { n: 1 } }]], 'typed');
  const rows = await history.query({
    sql: 'select id, at, payload, {huge: UInt64} as huge from visit where id = 1',
    params: { huge: 2 ** 52 },
  });
  expect(rows).toEqual([
    {
      id: 1,
      at: '2026-11-22 10:00:00.123',
      payload: JSON.stringify({ quote: `'"\\ü\n`, deep: { n: 1 } }),
      huge: 2 ** 52,
    },
  ]);
});

test('the same token is stored once; another token with the same rows is stored too', async () => {
  const rows = [[10, '2026-11-22T10:00:00Z', 'x']];
  await store(rows, 'once');
  await store(rows, 'once');
  const count = () => history.query({ sql: 'select count() as n from visit where id = 10' });
  expect(await count()).toEqual([{ n: 1 }]);
  await store(rows, 'twice');
  expect(await count()).toEqual([{ n: 2 }]);
});

test('parameters of any type arrive as they are, and none is left over for the next query', async () => {
  const params = { text: `it's; a\ttab \\ and\n{brace: String}`, list: [`x'y`, 'z\\'], none: null, flag: true };
  const sql =
    'select {text: String} as text, {list: Array(String)} as list, {none: Nullable(Int64)} as none, {flag: Bool} as flag';
  expect(await history.query({ sql, params })).toEqual([params]);
  const unbound: unknown = await history.query({ sql: 'select {text: String}' }).catch((error) => error);
  expect(historyErrorCode(unbound)).toBe(456);
});

test('settings of one request do not reach the next', async () => {
  const sql = `select toUInt64(getSetting('priority')) as priority, getSetting('insert_deduplication_token') as token`;
  expect(await history.query({ sql, priority: 'background' })).toEqual([{ priority: 10, token: '' }]);
  expect(await history.query({ sql })).toEqual([{ priority: 1, token: '' }]);
});

test.each([
  ['an unknown column', 'select nope from visit', 47],
  ['an unknown table', 'select 1 from nope', 60],
  ['bad syntax', 'selec 1', 62],
  ['two statements', 'select 1; select 2', 62],
  ['an error while running', `select throwIf(number = 3, 'three') from numbers(5)`, 395],
])('%s is an error with ClickHouse’s code, not worth a retry', async (_, sql, code) => {
  const error: unknown = await history.query({ sql }).catch((thrown) => thrown);
  expect(historyErrorCode(error)).toBe(code);
  expect(isRetryableHistoryError(error)).toBe(false);
});

test('a row that does not parse stores nothing of its insert', async () => {
  const bad = store(
    [
      [20, '2026-11-22T10:00:00Z', 'x'],
      ['no number', '2026-11-22T10:00:00Z', 'x'],
    ],
    'bad',
  );
  await expect(bad).rejects.toThrow(/parse/);
  expect(await history.query({ sql: 'select count() as n from visit where id = 20' })).toEqual([{ n: 0 }]);
});

test('a query that takes too long is stopped, in the engine too', async () => {
  const endless = history.query({
    sql: `select count() from system.numbers where not ignore('endless')`,
    timeoutMs: 1_000,
  });
  await expect(endless).rejects.toThrow(/Timeout/);
  const running = `select count() as n from system.processes where query like '%endless%' and query not like '%processes%'`;
  expect(await history.query({ sql: running })).toEqual([{ n: 0 }]);
});

test('background work does not hold up interactive reads', async () => {
  const slow = history
    .query({ sql: 'select count() from system.numbers', timeoutMs: 3_000, priority: 'background' })
    .catch(() => 'stopped');
  for (let n = 0; n < 20; n += 1) await history.query({ sql: 'select 1 as one', timeoutMs: 1_000 });
  expect(await Promise.race([slow, Promise.resolve('still running')])).toBe('still running');
  await slow;
});

test('a client that leaves stops its query', async () => {
  const count = `select count() as n from system.processes where query like '%left_alone%' and query not like '%processes%'`;
  const url = new URL(fixture.url);
  const { host, username, password } = url;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const leaving = new AbortController();
  const request = fetch(`http://${host}/`, {
    ...{ method: 'POST', headers: { authorization }, signal: leaving.signal },
    body: 'select count() as left_alone from system.numbers',
  }).catch(() => 'left');
  await expect.poll(() => history.query({ sql: count })).toEqual([{ n: 1 }]);
  leaving.abort();
  expect(await request).toBe('left');
  await expect.poll(() => history.query({ sql: count })).toEqual([{ n: 0 }]);
});

test('only who knows the password gets an answer', async () => {
  const stranger = openHistory({ url: fixture.url, database: fixture.database, password: 'guess' });
  await expect(stranger.query({ sql: 'select 1' })).rejects.toMatchObject({ code: '516' });
  await stranger.close();
});

test('processes that start at once migrate once, one statement after the other', async () => {
  let tail = Promise.resolve();
  const withLock = <T>(work: () => Promise<T>) => {
    const mine = tail.then(work);
    tail = mine.then(
      () => {},
      () => {},
    );
    return mine;
  };
  const fresh = await createTestHistory();
  await Promise.all([1, 2, 3].map(() => migrateHistory(fresh.history, [createVisit], withLock)));
  expect(await fresh.history.query({ sql: 'select * from visit_count' })).toEqual([{ visits: 0, semicolon: ';' }]);
  expect(await fresh.history.query({ sql: 'select id from segue_migration' })).toEqual([{ id: createVisit.id }]);
  const edited = { ...createVisit, sql: 'select 1' };
  await expect(migrateHistory(fresh.history, [edited], withLock)).rejects.toThrow(/edited/);
  await fresh.drop();
});
