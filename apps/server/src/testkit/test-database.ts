import { createHash, randomBytes } from 'node:crypto';
import {
  checksumOf,
  migratePostgres,
  openPostgres,
  withAdvisoryLock,
  type Migration,
  type Postgres,
} from '../platform/postgres/index.ts';
import { testEngines } from './test-engines.ts';
import { withPostgres } from './with-postgres.ts';

export interface TestDatabase {
  readonly url: string;
  readonly postgres: Postgres;
  /** Closes the pool and removes the database; connections left open elsewhere are cut. */
  drop(): Promise<void>;
}

/** A database of its own with these migrations applied; they run once per test run, then the result is copied. */
export async function createTestDatabase(
  migrations: readonly Migration[] = [],
  { maxConnections = 10 }: { maxConnections?: number } = {},
): Promise<TestDatabase> {
  const { prefix, postgresUrl: serverUrl } = testEngines();
  const name = `${prefix}${randomBytes(6).toString('hex')}`;
  await withPostgres(serverUrl, async (server) => {
    const template = await prepareTemplate(server, migrations);
    await server.query({ text: `create database ${name} template ${template}` });
  });
  const url = urlOf(name);
  const postgres = openPostgres({ url, applicationName: 'segue-test', maxConnections });
  return {
    url,
    postgres,
    drop: async () => {
      await postgres.close();
      await withPostgres(serverUrl, (server) => server.query({ text: `drop database ${name} with (force)` }));
    },
  };
}

async function prepareTemplate(server: Postgres, migrations: readonly Migration[]): Promise<string> {
  const content = migrations.map((migration) => `${migration.id} ${checksumOf(migration)}`).join('\n');
  const name = `${testEngines().prefix}template_${createHash('sha256').update(content).digest('hex').slice(0, 16)}`;
  const exists = async () => {
    const { rowCount } = await server.query({ text: 'select from pg_database where datname = $1', values: [name] });
    return rowCount > 0;
  };
  if (await exists()) return name;
  await withAdvisoryLock(server, name, async () => {
    if (await exists()) return;
    const draft = `${name}_draft`;
    await server.query({ text: `drop database if exists ${draft} with (force)` });
    await server.query({ text: `create database ${draft}` });
    await withPostgres(urlOf(draft), (postgres) => migratePostgres(postgres, migrations));
    await server.query({ text: `alter database ${draft} rename to ${name}` });
  });
  return name;
}

function urlOf(database: string): string {
  return testEngines().postgresUrl.replace(/\/[^/?]*(\?|$)/, `/${database}$1`);
}
