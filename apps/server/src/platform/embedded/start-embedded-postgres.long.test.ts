import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeTempFolder } from '../../testkit/index.ts';
import { createLogger } from '../logger/index.ts';
import { isRetryable, openPostgres, type Postgres } from '../postgres/index.ts';
import { startEmbeddedPostgres, type EmbeddedEngine } from './index.ts';
import { initPostgres } from './init-postgres.ts';
import { findPostgresPackage } from './postgres-binaries.ts';
import { settlePostgresHome } from './postgres-home.ts';
import { processesIn, processStart } from './process-identity.ts';

/** Engines are started, killed and started again: a machine under load takes long for it. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });
const RESTART_MS = 60_000;

const logger = createLogger('silent');
const isRoot = process.getuid?.() === 0;

let folder: ReturnType<typeof makeTempFolder>;
let stops: (() => Promise<void>)[];

beforeEach(() => {
  folder = makeTempFolder();
  stops = [];
});
afterEach(async () => {
  for (const stop of stops.toReversed()) await stop();
  folder.remove();
});

async function start(dataDir = join(folder.path, 'data')): Promise<EmbeddedEngine> {
  const engine = await startEmbeddedPostgres({ dataDir, logger });
  stops.push(() => engine.stop());
  return engine;
}

function open(engine: EmbeddedEngine): Postgres {
  const postgres = openPostgres({ url: engine.url, applicationName: 'segue-test', maxConnections: 4 });
  stops.push(() => postgres.close());
  return postgres;
}

async function untilServed<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error) || attempt > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

test('the cluster is durable, checksummed, UTF-8 and in UTC', async () => {
  const postgres = open(await start());
  const { rows } = await postgres.query({
    text: `select name, setting from pg_settings where name = any($1) order by name`,
    values: [['data_checksums', 'fsync', 'full_page_writes', 'server_encoding', 'synchronous_commit', 'TimeZone']],
  });
  expect(Object.fromEntries(rows.map((row) => [row.name, row.setting]))).toEqual({
    ...{ data_checksums: 'on', fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' },
    ...{ server_encoding: 'UTF8', TimeZone: 'UTC' },
  });
  const upper = await postgres.query({ text: `select upper('é') as letter` });
  expect(upper.rows).toEqual([{ letter: 'É' }]);
});

test('a stop leaves no process, and the next start finds the data', async () => {
  const first = await start();
  await open(first).query({ text: 'create table kept as select 1 as id' });
  const { pid } = first;
  for (const stop of stops.splice(0).toReversed()) await stop();
  expect(processStart(pid)).toBeUndefined();
  expect((await open(await start()).query({ text: 'select id from kept' })).rows).toEqual([{ id: 1 }]);
});

test('kill -9 of the server loses no acknowledged row: it is back on the same address by itself', async () => {
  const engine = await start();
  const postgres = open(engine);
  await postgres.query({ text: 'create table ledger (id int primary key)' });
  const killed = engine.pid;
  const acknowledged: number[] = [];
  let isOver = false;
  const writer = (async () => {
    for (let id = 0; !isOver; id += 1) {
      await postgres.query({ text: 'insert into ledger values ($1)', values: [id] }).then(
        () => acknowledged.push(id),
        (error: unknown) => expect(isRetryable(error)).toBe(true),
      );
    }
  })();
  await expect.poll(() => acknowledged.length, { timeout: RESTART_MS }).toBeGreaterThan(50);
  process.kill(killed, 'SIGKILL');
  await expect.poll(() => engine.pid, { timeout: RESTART_MS }).not.toBe(killed);
  const before = acknowledged.length;
  await expect.poll(() => acknowledged.length, { timeout: RESTART_MS }).toBeGreaterThan(before + 50);
  isOver = true;
  await writer;
  const { rows } = await postgres.query<{ id: number }>({ text: 'select id from ledger' });
  const stored = new Set(rows.map((row) => row.id));
  expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
});

test('busy children of a killed server are gone before the new one starts', async () => {
  const engine = await start();
  const postgres = open(engine);
  const busy = postgres
    .query({ text: 'select sum(i) from generate_series(1, 1e12) i' })
    .catch((error: unknown) => error);
  const pgData = join(folder.path, 'data/postgres');
  await expect
    .poll(async () => {
      const active = `select from pg_stat_activity where state = 'active' and query like '%generate_series%' and pid <> pg_backend_pid()`;
      return (await postgres.query({ text: active })).rowCount;
    })
    .toBe(1);
  const old = processesIn(pgData).map((pid) => [pid, processStart(pid)] as const);
  expect(old.length).toBeGreaterThan(3);
  process.kill(engine.pid, 'SIGKILL');
  expect(isRetryable(await busy)).toBe(true);
  expect(await untilServed(() => postgres.query({ text: 'select 1 as one' }))).toMatchObject({ rows: [{ one: 1 }] });
  expect(old.filter(([pid, startedAt]) => processStart(pid) === startedAt)).toEqual([]);
});

test('a data folder whose path is too long for a socket is served over TCP, with the password only', async () => {
  const engine = await start(join(folder.path, 'a'.repeat(100), 'data'));
  expect(engine.url).toContain('@127.0.0.1:');
  expect((await open(engine).query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
  const url = engine.url.replace(/:[^:@/]+@/, ':guess@');
  const stranger = openPostgres({ url, applicationName: 'segue-test', maxConnections: 1 });
  await expect(stranger.query({ text: 'select 1' })).rejects.toMatchObject({ code: '28P01' });
  await stranger.close();
});

test('secrets in the data folder are for their owner alone', async () => {
  await start();
  const { mode } = statSync(join(folder.path, 'data/postgres.password'));
  expect(mode & 0o077).toBe(0);
});

test.runIf(isRoot)('under root the engine runs as another OS user', async () => {
  const engine = await start();
  expect(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${engine.pid}/status`, 'utf8'))?.[1]).not.toBe('0');
});

test.runIf(isRoot)('under root a data folder below a closed folder works, as below /root', async () => {
  const closed = join(folder.path, 'closed');
  mkdirSync(closed);
  chmodSync(closed, 0o700);
  const engine = await start(join(closed, 'segue/data'));
  expect((await open(engine).query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
  const status = readFileSync(`/proc/${engine.pid}/status`, 'utf8');
  expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).not.toBe('0');
});

test.runIf(isRoot).each(['closed/data', 'open/data'])(
  'under root binaries in a closed folder are copied to where the other OS user can run them (%s)',
  async (dataDir) => {
    const found = findPostgresPackage();
    const closed = join(folder.path, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o700);
    cpSync(found.dir, join(closed, 'package'), { recursive: true, verbatimSymlinks: true });
    const home = settlePostgresHome(join(folder.path, dataDir), { ...found, dir: join(closed, 'package') });
    await initPostgres(home);
    expect(existsSync(join(home.pgData, 'PG_VERSION'))).toBe(true);
  },
);
