import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeTempFolder, startEngineServer, withPostgres, type EngineServer } from '../../testkit/index.ts';
import { openHistory } from '../clickhouse/index.ts';
import { createLogger } from '../logger/index.ts';
import { startEngines } from './index.ts';
import { processesIn, processStart } from './process-identity.ts';

/** Engines are started, killed and started again: a machine under load takes long for it. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

let folder: ReturnType<typeof makeTempFolder>;
let servers: EngineServer[];

beforeEach(() => {
  folder = makeTempFolder();
  servers = [];
});
afterEach(async () => {
  for (const server of servers)
    if (server.child.exitCode === null && server.child.signalCode === null) await server.end('SIGTERM');
  folder.remove();
});

async function start(): Promise<EngineServer> {
  const server = await startEngineServer(folder.path);
  servers.push(server);
  return server;
}

const onPostgres = (url: string, text: string) =>
  withPostgres(url, async (postgres) => (await postgres.query({ text })).rows);

test('after kill -9 of the server the next one takes the engines over and finds everything', async () => {
  const first = await start();
  await onPostgres(first.postgresUrl, 'create table kept as select 7 as id');
  const history = openHistory({ url: first.clickhouseUrl, database: 'segue' });
  await history.command('create table kept engine = MergeTree order by id as select toUInt64(7) as id');
  await history.close();
  await first.end('SIGKILL');
  const pidOf = (name: string) => first.processes.find((process) => process.name === name)?.pid ?? 0;
  expect(processStart(pidOf('postgres'))).toBeDefined();

  const second = await start();
  expect(processStart(pidOf('postgres'))).toBeUndefined();
  expect(processStart(pidOf('clickhouse'))).toBeUndefined();
  expect(await onPostgres(second.postgresUrl, 'select id from kept')).toEqual([{ id: 7 }]);
  const again = openHistory({ url: second.clickhouseUrl, database: 'segue' });
  expect(await again.query({ sql: 'select id from kept' })).toEqual([{ id: 7 }]);
  await again.close();
});

test('the history engine does not outlive its server', async () => {
  const server = await start();
  const engine = server.processes.find((process) => process.name === 'clickhouse');
  await server.end('SIGKILL');
  await expect.poll(() => processStart(engine?.pid ?? 0)).toBeUndefined();
});

test('a second server on the same folder is refused and told how to join, without a secret in the words', async () => {
  const first = await start();
  const refusal: unknown = await startEngineServer(folder.path).catch((error) => error);
  const message = String(refusal);
  expect(message).toContain(`already in use by a running Segue (process ${first.child.pid})`);
  expect(message).toContain('SEGUE_POSTGRES_URL');
  expect(message).toContain('SEGUE_CLICKHOUSE_URL');
  expect(message).not.toContain(new URL(first.clickhouseUrl).password);
  const file = join(folder.path, 'engines.env');
  expect(readFileSync(file, 'utf8')).toContain(first.postgresUrl);
  expect(statSync(file).mode & 0o077).toBe(0);
});

test('of many servers that start at once on a dead one’s folder exactly one gets it', async () => {
  await (await start()).end('SIGKILL');
  const results = await Promise.allSettled([start(), start(), start(), start()]);
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
});

test('a stop ends both engines and frees the folder', async () => {
  const server = await start();
  await server.end('SIGTERM');
  expect(processesIn(join(folder.path, 'postgres'))).toEqual([]);
  expect(server.processes.filter(({ pid }) => processStart(pid) !== undefined)).toEqual([]);
  await start();
});

test('engines given by URL are used as they are: nothing starts, no folder is taken', async () => {
  const dataDir = join(folder.path, 'untouched');
  const config = { dataDir, postgresUrl: 'postgres://a/b', clickhouseUrl: 'http://c' };
  const engines = await startEngines({ config, logger: createLogger('silent') });
  expect(engines).toMatchObject({ postgresUrl: 'postgres://a/b', clickhouseUrl: 'http://c', processes: [] });
  expect(statSync(dataDir, { throwIfNoEntry: false })).toBeUndefined();
});
