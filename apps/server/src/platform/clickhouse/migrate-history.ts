import { checksumOf, sortMigrations, verifyLedger } from '../postgres/index.ts';
import type { Migration } from '../postgres/index.ts';
import type { History } from './history.ts';
import { splitStatements } from './split-statements.ts';

/** Runs `work` while no other process holds the lock; Postgres keeps it, ClickHouse has none. */
export type WithLock = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Brings the history to its newest migration, forward only; creates the database when it is missing. ClickHouse has no
 * transactions: a migration that dies half-way runs again from its start, so every statement says `if not exists` and
 * the like. Each statement ends with `;`.
 */
export async function migrateHistory(
  history: History,
  migrations: readonly Migration[],
  withLock: WithLock,
): Promise<void> {
  const sorted = sortMigrations(migrations);
  await withLock(async () => {
    await history.command(
      `create table if not exists segue_migration (id String, checksum String, applied_at DateTime64(3) default now64(3))
       engine = MergeTree order by id`,
    );
    const applied = await history.query<{ id: string; checksum: string }>({
      sql: 'select id, any(checksum) as checksum from segue_migration group by id order by id',
    });
    verifyLedger(applied, sorted);
    const done = new Set(applied.map((migration) => migration.id));
    for (const migration of sorted) {
      if (!done.has(migration.id)) await applyMigration(history, migration);
    }
  });
}

async function applyMigration(history: History, migration: Migration): Promise<void> {
  for (const statement of splitStatements(migration.sql)) {
    try {
      await history.command(statement);
    } catch (error) {
      throw new Error(`history migration ${migration.id} failed: ${String(error)}`, { cause: error });
    }
  }
  await history.insert({
    table: 'segue_migration',
    columns: ['id', 'checksum'],
    body: JSON.stringify([migration.id, checksumOf(migration)]),
    deduplicationToken: migration.id,
  });
}
