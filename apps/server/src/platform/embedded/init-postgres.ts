import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresHome } from './postgres-home.ts';

const run = promisify(execFile);

export const postgresUser = 'segue';

/**
 * What the engine is run with. An acknowledged commit survives a power cut: fsync, synchronous_commit and
 * full_page_writes stay on. Rare, wide checkpoints keep full-page images out of the WAL. The embedded build knows only
 * pglz to compress them, which costs more CPU than the bytes it saves.
 * A checkpoint removes the WAL it no longer needs instead of keeping it under a new name: the wrapped keys of whoever was
 * erased go with it.
 * Statements and their values are never logged: they hold personal data.
 */
const settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '200',
  shared_buffers: '256MB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  wal_buffers: '16MB',
  wal_compression: 'off',
  wal_recycle: 'off',
  min_wal_size: '512MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  max_parallel_workers_per_gather: '1',
  autovacuum_naptime: '20s',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  unix_socket_permissions: '0700',
  log_line_prefix: '',
  log_checkpoints: 'off',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
} as const;

/** Creates the cluster on first start; complete or not there at all. */
export async function initPostgres(home: PostgresHome): Promise<void> {
  if (existsSync(join(home.pgData, 'PG_VERSION'))) {
    requireSameVersion(home);
  } else {
    await createCluster(home);
  }
  writeSettings(home);
}

/** The password of the engine's only user, made on first use; only the server's own OS user can read it. */
export function readOrMakeSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    const secret = randomBytes(24).toString('base64url');
    writeFileSync(path, secret, { mode: 0o600, flush: true });
    return secret;
  }
}

async function createCluster(home: PostgresHome): Promise<void> {
  const draft = `${home.pgData}.draft`;
  const passwordFile = `${home.pgData}.password-draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, readOrMakeSecret(passwordPath(home)), { mode: 0o600 });
  giveTo(home, draft, passwordFile);
  try {
    const { file, args, ...options } = home.command('initdb', [
      ...[`--pgdata=${draft}`, `--username=${postgresUser}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--data-checksums'],
    ]);
    await run(file, [...args], { ...options, cwd: '/', env: postgresEnvironment });
    appendFileSync(join(draft, 'postgresql.conf'), `\ninclude_if_exists = 'segue.conf'\n`);
    renameSync(draft, home.pgData);
  } catch (error) {
    throw new Error(`PostgreSQL could not be set up in ${home.pgData}: ${String(error)}`, { cause: error });
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Rewritten at every start, so that new settings reach old folders; `alter system` still wins. */
function writeSettings(home: PostgresHome): void {
  const path = join(home.pgData, 'segue.conf');
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'`);
  writeFileSync(path, `# Written at every start. To change a setting: alter system set ...\n${lines.join('\n')}\n`);
  chmodSync(path, 0o600);
  giveTo(home, path);
}

function requireSameVersion(home: PostgresHome): void {
  const version = readFileSync(join(home.pgData, 'PG_VERSION'), 'utf8').trim();
  if (version === home.majorVersion) return;
  throw new Error(
    `${home.pgData} was written by PostgreSQL ${version}; this Segue embeds ${home.majorVersion}. Move its data over with ` +
      'pg_upgrade or a dump, or go on with SEGUE_POSTGRES_URL.',
  );
}

function giveTo(home: PostgresHome, ...paths: readonly string[]): void {
  const { account } = home;
  if (account) for (const path of paths) chownSync(path, account.uid, account.gid);
}

export const passwordPath = (home: PostgresHome) => join(home.dataDir, 'postgres.password');

/** Nothing of the server's own environment, which holds secrets, reaches the engine. */
export const postgresEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
