import { spawn } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApiClient } from './testing/api-client.ts';
import { type DataFolder, makeDataFolder } from './testing/data-folder.ts';
import { freePort } from './testing/free-port.ts';
import { type ServerProcess, startServer, WRITE_KEY } from './testing/server-process.ts';
import { until } from './testing/until.ts';

const root = join(import.meta.dirname, '../../../..');
/** What `npm start` runs: builds, then starts the server. */
const npmStart = [join(root, 'scripts/segue.mjs'), 'start'];
/** What that leads to, without the build. */
const builtServer = [join(root, 'apps/server/dist/server.js')];
const FIRST_START_MS_MAX = 15_000;
const NEXT_START_MS_MAX = 5_000;

let folder: DataFolder;
let port: number;
const started: ServerProcess[] = [];

beforeEach(async () => {
  folder = makeDataFolder();
  port = await freePort();
});

afterEach(async () => {
  for (const server of started.splice(0).reverse()) await server.stop();
  folder.remove();
});

interface Start {
  readonly command: readonly string[];
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

function launch(start: Start): ServerProcess {
  const server = startServer({ dataDir: folder.path, port, ...start });
  started.push(server);
  return server;
}

async function launchReady(start: Start): Promise<{ server: ServerProcess; tookMs: number }> {
  const begunAt = performance.now();
  const server = launch(start);
  await server.ready();
  return { server, tookMs: Math.round(performance.now() - begunAt) };
}

async function sendEvent(url: string, anonymousId: string): Promise<number> {
  const response = await fetch(`${url}/v1/track`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ writeKey: WRITE_KEY, anonymousId, event: 'Product Viewed' }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function listenOn(portTaken: number): Promise<Server> {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(portTaken, '127.0.0.1', resolve));
  return taken;
}

const waitForProfiles = (url: string, count: number) =>
  until(`${count} profiles are there`, async () => (await createApiClient(url).list('/profiles')).length === count, {
    timeoutMs: 20_000,
  });

describe('starting and stopping', () => {
  test('npm start is ready in 15 s on an empty folder, a build included, and in 5 s from then on; stopped, it leaves no process behind', async () => {
    const first = await launchReady({ command: npmStart });
    expect(await sendEvent(first.server.url, 'ada')).toBe(200);
    expect(folder.engineProcesses().length).toBeGreaterThan(1);
    expect(await first.server.stop()).toBe(0);
    expect(folder.engineProcesses()).toEqual([]);
    const second = await launchReady({ command: npmStart });
    await waitForProfiles(second.server.url, 1);
    expect(await second.server.stop()).toBe(0);
    expect(folder.engineProcesses()).toEqual([]);
    process.stdout.write(`first start ${first.tookMs} ms, next start ${second.tookMs} ms\n`);
    expect(first.tookMs, first.server.output()).toBeLessThan(FIRST_START_MS_MAX);
    expect(second.tookMs, second.server.output()).toBeLessThan(NEXT_START_MS_MAX);
  });

  test('a second server on the same folder is refused, told how to join, and joins when it does as it is told', async () => {
    const { server } = await launchReady({ command: builtServer });
    const otherPort = await freePort();
    const refused = launch({ command: builtServer, port: otherPort });
    expect(await refused.ended).toBe(1);
    expect(refused.output()).toContain(
      `The data folder ${folder.path} is already in use by a running Segue (process ${server.pid})`,
    );
    expect(refused.output()).toContain(join(folder.path, 'engines.env'));
    const { postgresUrl, clickhouseUrl } = folder.engineUrls();
    const env = { SEGUE_POSTGRES_URL: postgresUrl, SEGUE_CLICKHOUSE_URL: clickhouseUrl };
    const { server: joined } = await launchReady({ command: builtServer, port: otherPort, env });
    expect(await sendEvent(joined.url, 'ada')).toBe(200);
    expect(await sendEvent(server.url, 'bea')).toBe(200);
    await waitForProfiles(joined.url, 2);
    expect(await joined.stop()).toBe(0);
    expect(await sendEvent(server.url, 'cem')).toBe(200);
    await waitForProfiles(server.url, 3);
  });

  test('engines left behind by a killed server do not stand in the way of the next one, which knows all that was accepted', async () => {
    const { server } = await launchReady({ command: builtServer });
    expect(await sendEvent(server.url, 'ada')).toBe(200);
    const orphan = folder.postmaster();
    await server.kill();
    const { server: next, tookMs } = await launchReady({ command: builtServer });
    expect(folder.postmaster()).not.toBe(orphan);
    expect(tookMs).toBeLessThan(2 * NEXT_START_MS_MAX);
    await waitForProfiles(next.url, 1);
    expect(await sendEvent(next.url, 'bea')).toBe(200);
    await waitForProfiles(next.url, 2);
    expect(await next.stop()).toBe(0);
    expect(folder.engineProcesses()).toEqual([]);
  });

  test('when npm start itself is killed, server and engines end by themselves', async () => {
    const { server } = await launchReady({ command: npmStart });
    await server.kill();
    await until('no engine is left', async () => folder.engineProcesses().length === 0, {
      timeoutMs: 30_000,
      seen: () => folder.engineProcesses(),
    });
    const { server: next } = await launchReady({ command: builtServer });
    expect(await sendEvent(next.url, 'ada')).toBe(200);
  });

  test('a server that is asked to stop while it starts leaves no engine behind', async () => {
    const server = launch({ command: builtServer });
    await until('PostgreSQL runs', async () => folder.postmaster(), { timeoutMs: 30_000 });
    expect(await server.stop()).toBe(0);
    expect(folder.engineProcesses()).toEqual([]);
  });

  test('a server whose port is taken says so and leaves no engine behind', async () => {
    const taken = await listenOn(port);
    const server = launch({ command: builtServer });
    expect(await server.ended).toBe(1);
    taken.close();
    expect(server.output()).toContain('EADDRINUSE');
    expect(folder.engineProcesses()).toEqual([]);
  });

  test('a lock of a dead PostgreSQL that names another process by now is no hindrance', async () => {
    const { server } = await launchReady({ command: builtServer });
    await server.stop();
    const owner = statSync(join(folder.path, 'postgres'));
    const stranger = spawn('sleep', ['60'], { cwd: '/', uid: owner.uid, gid: owner.gid, stdio: 'ignore' });
    writeFileSync(join(folder.path, 'run/.s.PGSQL.5432.lock'), `${stranger.pid}\n`);
    writeFileSync(join(folder.path, 'postgres/postmaster.pid'), `${stranger.pid}\n`);
    await launchReady({ command: builtServer });
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    stranger.kill();
  });
});
