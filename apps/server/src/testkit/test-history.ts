import { randomBytes } from 'node:crypto';
import { migrateHistory, openHistory, type History } from '../platform/clickhouse/index.ts';
import type { Migration } from '../platform/postgres/index.ts';
import { testEngines } from './test-engines.ts';

export interface TestHistory {
  readonly url: string;
  readonly database: string;
  readonly history: History;
  drop(): Promise<void>;
}

/** A history database of its own with these migrations applied. */
export async function createTestHistory(migrations: readonly Migration[] = []): Promise<TestHistory> {
  const { clickhouseUrl: url, prefix } = testEngines();
  const database = `${prefix}${randomBytes(6).toString('hex')}`;
  const history = openHistory({ url, database });
  // Nobody else knows this database.
  await migrateHistory(history, migrations, (work) => work());
  return {
    url,
    database,
    history,
    drop: async () => {
      await history.command(`drop database if exists ${database}`);
      await history.close();
    },
  };
}
