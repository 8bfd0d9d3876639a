import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Logger } from '../logger/index.ts';
import type { ChdbChildReady, ChdbChildStart } from './chdb-child.ts';
import { stablePort } from './engine-port.ts';
import { readOrMakeSecret } from './init-postgres.ts';
import { makeDataDir } from './make-data-dir.ts';
import { processStart, signalProcess } from './process-identity.ts';
import { resolveChdbChild } from './resolve-chdb-child.ts';
import type { EmbeddedEngine, EmbeddedOptions } from './start-embedded-postgres.ts';
import { supervise } from './supervise.ts';
import { waitUntil } from './wait-until.ts';

export interface EmbeddedClickHouseOptions extends EmbeddedOptions {
  /** The bundled script of the child; found by itself when left out. */
  readonly childScript?: string;
}

const readyTimeoutMs = 60_000;
const orphanEndMs = 5_000;
const memoryBytesMin = 1024 ** 3;
const memoryBytesMax = 4 * 1024 ** 3;

/**
 * Starts ClickHouse's engine in a child process that serves its HTTP interface on loopback, and keeps it running: a
 * killed one is restarted on the same port. Acknowledged rows survive its death.
 */
export async function startEmbeddedClickHouse(options: EmbeddedClickHouseOptions): Promise<EmbeddedEngine> {
  const { logger } = options;
  const dataDir = makeDataDir(options.dataDir);
  const script = options.childScript ?? (await resolveChdbChild());
  const start: ChdbChildStart = {
    dir: join(dataDir, 'clickhouse'),
    configFile: join(dataDir, 'clickhouse.xml'),
    pidFile: join(dataDir, 'clickhouse.pid'),
    port: await stablePort(dataDir, 'clickhouse'),
    password: readOrMakeSecret(join(dataDir, 'clickhouse.password')),
    memoryBytesMax: Math.min(memoryBytesMax, Math.max(memoryBytesMin, Math.floor(totalmem() * 0.35))),
  };
  const engine = await supervise({
    name: 'clickhouse',
    logger,
    launch: () => launch(script, start, logger),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 20_000,
  });
  return {
    url: `http://segue:${start.password}@127.0.0.1:${start.port}`,
    get pid() {
      return engine.pid;
    },
    stop: () => engine.stop(),
  };
}

async function launch(script: string, start: ChdbChildStart, logger: Logger): Promise<ChildProcess> {
  await clearOrphan(start.pidFile, logger);
  const child = spawn(process.execPath, ['--enable-source-maps', script], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A process group of its own: Ctrl-C reaches the server, which stops the engine when it no longer needs it.
    detached: true,
    // One thread of libuv's pool for each session of the engine, and some for files.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', TZ: 'UTC', UV_THREADPOOL_SIZE: '10' },
  });
  const lastLines = passOnLog(child, logger);
  const ready = new Promise<ChdbChildReady>((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code, signal) =>
      fail(new Error(`the history engine did not start (${code ?? signal}): ${lastLines().join(' / ')}`)),
    );
    child.once('message', (message) => done(message as ChdbChildReady));
    child.send(start, (error) => error && fail(error));
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), readyTimeoutMs);
  try {
    await ready;
  } finally {
    clearTimeout(timer);
  }
  return child;
}

/** The engine does not lock its files, so a child of a dead server, which ends by itself, has to be gone. */
async function clearOrphan(pidFile: string, logger: Logger): Promise<void> {
  const orphan = readPidFile(pidFile);
  const isAlive = () => orphan !== undefined && processStart(orphan.pid) === orphan.start;
  if (orphan && !(await waitUntil(() => !isAlive(), { timeoutMs: orphanEndMs }))) {
    logger.warn({ pid: orphan.pid }, 'killing a history engine left behind by an earlier process');
    signalProcess(orphan.pid, 'SIGKILL');
    if (!(await waitUntil(() => !isAlive(), { timeoutMs: orphanEndMs }))) {
      throw new Error(`the history engine of an earlier process (${orphan.pid}) does not end`);
    }
  }
  rmSync(pidFile, { force: true });
}

function readPidFile(path: string): { pid: number; start: string } | undefined {
  try {
    const { pid, start } = JSON.parse(readFileSync(path, 'utf8')) as { pid?: unknown; start?: unknown };
    return typeof pid === 'number' && typeof start === 'string' ? { pid, start } : undefined;
  } catch {
    return undefined;
  }
}

function passOnLog(child: ChildProcess, logger: Logger): () => string[] {
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      last.push(line);
      if (last.length > 10) last.shift();
      logger.debug({ engine: 'clickhouse' }, line);
    });
  }
  return () => last;
}
