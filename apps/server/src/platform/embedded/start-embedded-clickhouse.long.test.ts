import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeTempFolder } from '../../testkit/index.ts';
import { isRetryableHistoryError, openHistory, type History } from '../clickhouse/index.ts';
import { createLogger } from '../logger/index.ts';
import { startEmbeddedClickHouse, type EmbeddedEngine } from './index.ts';
import { processStart } from './process-identity.ts';

/** Engines are started, killed and started again: a machine under load takes long for it. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const logger = createLogger('silent');

let folder: ReturnType<typeof makeTempFolder>;
let engine: EmbeddedEngine;
let history: History;

beforeEach(async () => {
  folder = makeTempFolder();
  await start();
  await history.command(
    `create table visit (id UInt64) engine = MergeTree partition by id % 2 order by id
     settings non_replicated_deduplication_window = 1000`,
  );
});
afterEach(async () => {
  await stop();
  folder.remove();
});

async function start() {
  engine = await startEmbeddedClickHouse({ dataDir: folder.path, logger });
  history = openHistory({ url: engine.url, database: 'segue' });
}

async function stop() {
  await history.close();
  await engine.stop();
}

const store = (ids: readonly number[], deduplicationToken: string) =>
  history.insert({ table: 'visit', columns: ['id'], body: ids.map((id) => `[${id}]`).join('\n'), deduplicationToken });
const listIds = async () => {
  const rows = await history.query<{ id: number }>({ sql: 'select id from visit order by id' });
  return rows.map((row) => row.id);
};

/** A machine under load may take long to start an engine again. */
const RESTART_MS = 60_000;

async function killEngine() {
  const { pid, url } = engine;
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => engine.pid, { timeout: RESTART_MS }).not.toBe(pid);
  expect(engine.url).toBe(url);
}

test('acknowledged rows survive kill -9, again and again, and inserts go on through it', async () => {
  const expected: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const rounds = Array.from({ length: 20 }, (_, n) => round * 20 + n);
    const writing = (async () => {
      for (const id of rounds) await store([id], `token ${id}`);
    })();
    await expect.poll(async () => (await listIds()).length, { timeout: RESTART_MS }).toBeGreaterThan(round * 20 + 3);
    await killEngine();
    await writing;
    expected.push(...rounds);
    expect(await listIds()).toEqual(expected);
  }
});

test('a token stored before kill -9 is known after it, over several partitions', async () => {
  await store([1, 2, 3, 4], 'before');
  await killEngine();
  await store([1, 2, 3, 4], 'before');
  await store([5], 'after');
  expect(await listIds()).toEqual([1, 2, 3, 4, 5]);
});

test('a token noted just before the engine was killed, without its rows, does not swallow the repeat', async () => {
  await store([1], 'first');
  await store([3], 'lost');
  await engine.stop();
  // What a kill between the note and the rows leaves: the token in the log, no part.
  for (const path of readdirSync(join(folder.path, 'clickhouse/store'), { recursive: true, encoding: 'utf8' })) {
    if (path.endsWith('/1_2_2_0')) rmSync(join(folder.path, 'clickhouse/store', path), { recursive: true });
  }
  await history.close();
  await start();
  expect(await listIds()).toEqual([1]);
  await store([3], 'lost');
  await store([1], 'first');
  expect(await listIds()).toEqual([1, 3]);
});

test('a stop keeps everything, and the next start is on the same port with the same password', async () => {
  await store([7], 'kept');
  const { url, pid } = engine;
  await stop();
  expect(processStart(pid)).toBeUndefined();
  await start();
  expect(engine.url).toBe(url);
  expect(await listIds()).toEqual([7]);
});

test('while the engine is away a request fails as retryable', async () => {
  await engine.stop();
  const away: unknown = await history.query({ sql: 'select 1' }).catch((error) => error);
  expect(isRetryableHistoryError(away)).toBe(true);
});

test('more work than the queue holds is refused as retryable, and what was taken is done', async () => {
  const url = new URL(engine.url);
  const authorization = `Basic ${Buffer.from(`${url.username}:${url.password}`).toString('base64')}`;
  const send = () =>
    fetch(`http://${url.host}/`, {
      method: 'POST',
      headers: { authorization },
      body: 'select sum(sleepEachRow(0.01)) from numbers(10)',
    });
  const responses = await Promise.all(Array.from({ length: 200 }, send));
  const texts = await Promise.all(responses.map((response) => response.text()));
  const refused = texts.filter((text) => text.startsWith('Code: 202'));
  expect(refused.length).toBeGreaterThan(0);
  expect(texts.filter((text) => text === '0\n').length).toBe(200 - refused.length);
});
