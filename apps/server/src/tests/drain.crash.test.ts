import { execFile } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BuiltProgram, buildServer } from './testing/build-server.ts';
import { type DataFolder, makeDataFolder } from './testing/data-folder.ts';
import { freePort } from './testing/free-port.ts';
import { type ServerProcess, startServer, WRITE_KEY } from './testing/server-process.ts';
import { until } from './testing/until.ts';

const segue = join(import.meta.dirname, '../../../../scripts/segue.mjs');
/** Signals closer together than this are one wish. */
const SAME_WISH_MS = 1_000;

let built: BuiltProgram;
let folder: DataFolder;
let server: ServerProcess;
let port: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  built = await buildServer();
  folder = makeDataFolder();
  port = await freePort();
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.kill();
  folder.remove();
  built.remove();
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  server = startServer({ command: [built.script], dataDir: folder.path, port, env });
  await server.ready();
}

async function health(): Promise<{ code: number; status: string; connection: string | null }> {
  const response = await fetch(`${server.url}/api/health`);
  const { status } = (await response.json()) as { status: string };
  return { code: response.status, status, connection: response.headers.get('connection') };
}

const track = (): Promise<Response> =>
  fetch(`${server.url}/v1/track`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ writeKey: WRITE_KEY, anonymousId: 'ada', event: 'Product Viewed' }),
  });

/** A request whose body never ends, so that it is under way for as long as the server waits for it. */
async function hang(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write('POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{');
  await pause(100);
  return socket;
}

interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly text: string;
}

/** What the command line's doctor says of this folder and port, and its exit code. */
async function doctor(env: Readonly<Record<string, string>> = {}): Promise<{ code: number; findings: Finding[] }> {
  return new Promise((resolve, reject) => {
    const given = { PATH: process.env['PATH'], SEGUE_DATA_DIR: folder.path, SEGUE_PORT: String(port), ...env };
    execFile(process.execPath, [segue, 'doctor', '--json'], { env: given }, (error, stdout) => {
      const code = error === null ? 0 : Number(error.code);
      try {
        resolve({ code, findings: (JSON.parse(stdout) as { findings: Finding[] }).findings });
      } catch {
        reject(new Error(`the doctor said: ${stdout}`));
      }
    });
  });
}

describe('a server that is asked to stop', () => {
  test('says that it is leaving and serves on, ending each connection, until the time for that is over', async () => {
    await start({ SEGUE_DRAIN_MS: '6000' });
    expect(await health()).toMatchObject({ code: 200, status: 'ok' });
    const begunAt = performance.now();
    server.signal('SIGTERM');
    await until('it says so', async () => (await health()).status === 'draining', { timeoutMs: 5_000 });
    expect(await health()).toEqual({ code: 503, status: 'draining', connection: 'close' });
    const taken = await track();
    expect([taken.status, taken.headers.get('connection')]).toEqual([200, 'close']);
    expect(await server.ended).toBe(0);
    expect(performance.now() - begunAt).toBeGreaterThan(6_000);
    expect(folder.engineProcesses()).toEqual([]);
    await expect(track()).rejects.toThrow('fetch failed');
  });

  test('takes two signals at once for one, and a second one later for the wish to end now', async () => {
    await start({ SEGUE_DRAIN_MS: '60000' });
    server.signal('SIGTERM');
    server.signal('SIGTERM');
    await pause(SAME_WISH_MS + 200);
    expect((await health()).status).toBe('draining');
    const begunAt = performance.now();
    server.signal('SIGINT');
    expect(await server.ended).toBe(1);
    expect(performance.now() - begunAt).toBeLessThan(10_000);
    expect(server.output()).toContain('a second signal came');
    expect(folder.engineProcesses()).toEqual([]);
    await start();
    expect((await track()).status).toBe(200);
  });

  test('does not wait longer than it may for what does not end', async () => {
    await start({ SEGUE_STOP_TIMEOUT_MS: '1500' });
    const socket = await hang();
    const begunAt = performance.now();
    expect(await server.stop()).toBe(1);
    expect(performance.now() - begunAt).toBeLessThan(12_000);
    expect(server.output()).toContain('stopping took too long');
    expect(socket.destroyed || socket.readableEnded || socket.closed).toBe(true);
    expect(folder.engineProcesses()).toEqual([]);
  });
});

describe('the doctor of the command line', () => {
  test('finds a server well while it runs and while it does not, and says with its exit code when it is not', async () => {
    await start();
    const running = await doctor();
    expect(running).toMatchObject({ code: 0 });
    expect(running.findings.filter(({ status }) => status === 'fail')).toEqual([]);
    const text = (name: string) => running.findings.find((finding) => finding.name === name)?.text;
    expect(text(`port ${port}`)).toBe('Segue is running');
    expect(text('migrations')).toMatch(/^all \d+ done$/);
    expect(text('history migrations')).toMatch(/^all \d+ done$/);
    expect(text('secret')).toBe('it opens this data');
    expect(text('reader processor')).toBeDefined();

    expect((await doctor({ SEGUE_SECRET: 'another secret than that' })).code).toBe(1);
    await server.stop();
    const stopped = await doctor();
    expect(stopped.code).toBe(0);
    expect(stopped.findings.find(({ name }) => name === 'PostgreSQL')?.text).toMatch(/embedded, data of version \d+/);
    expect((await doctor({ SEGUE_POSTGRES_URL: 'postgres://u:p@127.0.0.1:1/x' })).code).toBe(1);
  });
});
