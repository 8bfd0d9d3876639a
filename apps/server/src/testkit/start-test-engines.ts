import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedClickHouse, startEmbeddedPostgres } from '../platform/embedded/index.ts';
import { clearPostgresOrphans } from '../platform/embedded/postgres-orphans.ts';
import { processStart } from '../platform/embedded/process-identity.ts';
import { createLogger } from '../platform/logger/index.ts';
import type {} from './test-engines.ts';
import { withPostgres } from './with-postgres.ts';

const folderPrefix = 'segue-test-';
const logger = createLogger('silent');

/**
 * Starts one PostgreSQL and one history engine for the whole run; with SEGUE_POSTGRES_URL the run uses that server
 * instead. Returns what stops them and removes every trace.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweepAbandonedRuns();
  const dataDir = mkdtempSync(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  const prefix = `segue_test_${randomBytes(4).toString('hex')}_`;
  const given = process.env['SEGUE_POSTGRES_URL'];
  const [postgres, clickhouse] = await Promise.all([
    given === undefined ? startEmbeddedPostgres({ dataDir, logger }) : undefined,
    startEmbeddedClickHouse({ dataDir, logger }),
  ]);
  const postgresUrl = given ?? postgres?.url ?? '';
  if (postgres) await forgetDurability(postgresUrl);
  project.provide('segueEngines', { postgresUrl, clickhouseUrl: clickhouse.url, prefix });
  return async () => {
    if (given !== undefined) await dropDatabases(given, prefix);
    await Promise.all([postgres?.stop(), clickhouse.stop()]);
    rmSync(dataDir, { recursive: true, force: true });
  };
}

/** Test data need not survive a power cut. */
async function forgetDurability(url: string): Promise<void> {
  await withPostgres(url, async (sql) => {
    await sql.query({ text: 'alter system set fsync = off' });
    await sql.query({ text: 'select pg_reload_conf()' });
  });
}

async function dropDatabases(url: string, prefix: string): Promise<void> {
  await withPostgres(url, async (sql) => {
    const { rows } = await sql.query<{ datname: string }>({
      text: 'select datname from pg_database where starts_with(datname, $1)',
      values: [prefix],
    });
    for (const { datname } of rows) await sql.query({ text: `drop database if exists ${datname} with (force)` });
  });
}

/** A run that was killed leaves its engine and its folder behind. */
async function sweepAbandonedRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(folderPrefix))) {
    const pid = Number(name.slice(folderPrefix.length).split('-')[0]);
    if (!Number.isInteger(pid) || pid <= 0 || processStart(pid) !== undefined) continue;
    const dataDir = join(tmpdir(), name);
    await clearPostgresOrphans(join(dataDir, 'postgres'), logger).catch(() => {});
    rmSync(dataDir, { recursive: true, force: true });
  }
}
