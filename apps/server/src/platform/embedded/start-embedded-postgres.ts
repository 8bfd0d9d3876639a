import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Logger } from '../logger/index.ts';
import { openPostgres } from '../postgres/index.ts';
import { stablePort } from './engine-port.ts';
import { initPostgres, passwordPath, postgresEnvironment, postgresUser, readOrMakeSecret } from './init-postgres.ts';
import { settlePostgresHome, type PostgresHome } from './postgres-home.ts';
import { clearPostgresOrphans, isPostmasterReady, removeSocketLock } from './postgres-orphans.ts';
import { signalProcess } from './process-identity.ts';
import { supervise } from './supervise.ts';
import { waitUntil } from './wait-until.ts';

export interface EmbeddedEngine {
  /** With credentials: never log it. */
  readonly url: string;
  /** Of the process that serves now; another one after a crash. */
  readonly pid: number;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly logger: Logger;
}

type Address = { readonly kind: 'socket'; readonly dir: string } | { readonly kind: 'tcp'; readonly port: number };

const database = 'segue';
/** Crash recovery replays up to max_wal_size. */
const readyTimeoutMs = 300_000;
/** sun_path of a Unix socket holds 107 bytes and the closing zero. */
const socketPathBytesMax = 107;
const socketPort = 5432;

/**
 * Starts PostgreSQL in the data folder and keeps it running: a killed one is restarted on the same address. On first
 * start it creates the cluster.
 */
export async function startEmbeddedPostgres({ dataDir, logger }: EmbeddedOptions): Promise<EmbeddedEngine> {
  const home = settlePostgresHome(dataDir);
  await clearPostgresOrphans(home.pgData, logger);
  await initPostgres(home);
  const address = await settleAddress(home);
  const url = urlOf(address, readOrMakeSecret(passwordPath(home)));
  const engine = await supervise({
    name: 'postgres',
    logger,
    launch: () => launch(home, address, logger),
    stopSignal: 'SIGINT',
    stopTimeoutMs: 60_000,
  });
  try {
    await createDatabase(url(maintenanceDatabase));
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return {
    url: url(database),
    get pid() {
      return engine.pid;
    },
    stop: () => engine.stop(),
  };
}

const maintenanceDatabase = 'postgres';

async function settleAddress(home: PostgresHome): Promise<Address> {
  const dir = join(home.dataDir, 'run');
  if (Buffer.byteLength(join(dir, `.s.PGSQL.${socketPort}`)) > socketPathBytesMax) {
    return { kind: 'tcp', port: await stablePort(home.dataDir, 'postgres') };
  }
  mkdirSync(dir, { recursive: true });
  chmodSync(dir, 0o700);
  if (home.account) chownSync(dir, home.account.uid, home.account.gid);
  return { kind: 'socket', dir };
}

function urlOf(address: Address, password: string): (databaseName: string) => string {
  const host = address.kind === 'socket' ? encodeURIComponent(address.dir) : `127.0.0.1:${address.port}`;
  return (databaseName) => `postgres://${postgresUser}:${password}@${host}/${databaseName}`;
}

async function launch(home: PostgresHome, address: Address, logger: Logger): Promise<ChildProcess> {
  await clearPostgresOrphans(home.pgData, logger);
  if (address.kind === 'socket') removeSocketLock(address.dir, socketPort);
  const listen =
    address.kind === 'socket'
      ? ['-k', address.dir, '-p', String(socketPort), '-c', 'listen_addresses=']
      : ['-k', '', '-p', String(address.port), '-c', 'listen_addresses=127.0.0.1'];
  const { file, args, ...options } = home.command('postgres', ['-D', home.pgData, ...listen]);
  // A process group of its own: Ctrl-C reaches the server, which stops the engine when it no longer needs it.
  const child = spawn(file, args, {
    ...options,
    // Where PostgreSQL goes by itself: from its first moment it can be told as ours when this server dies.
    cwd: home.pgData,
    env: postgresEnvironment,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const lastLines = passOnLog(child, logger);
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`PostgreSQL did not start: ${lastLines().join(' / ')}`)));
  });
  const ready = waitUntil(() => isPostmasterReady(home.pgData, child.pid), { timeoutMs: readyTimeoutMs, everyMs: 10 });
  failed.catch(() => {});
  if (!(await Promise.race([ready, failed]))) {
    if (child.pid !== undefined) signalProcess(child.pid, 'SIGQUIT');
    throw new Error('PostgreSQL did not become ready in time');
  }
  return child;
}

/** Passes the engine's log on; returns its last lines, which say why it did not start. */
function passOnLog(child: ChildProcess, logger: Logger): () => string[] {
  const last: string[] = [];
  if (child.stderr) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      last.push(line);
      if (last.length > 5) last.shift();
      const level = line.startsWith('PANIC:') ? 'error' : 'debug';
      logger[level]({ engine: 'postgres' }, line);
    });
  }
  return () => last;
}

async function createDatabase(url: string): Promise<void> {
  const postgres = openPostgres({ url, applicationName: 'segue-start', maxConnections: 1 });
  try {
    const { rows } = await postgres.query({ text: 'select from pg_database where datname = $1', values: [database] });
    if (rows.length === 0) await postgres.query({ text: `create database ${database}` });
  } finally {
    await postgres.close();
  }
}
