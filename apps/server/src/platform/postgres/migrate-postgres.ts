import { createHash } from 'node:crypto';
import type { Migration, Postgres, Sql, Transaction } from './sql.ts';

const serverVersionMin = 15;

export interface AppliedMigration {
  readonly id: string;
  readonly checksum: string;
}

/**
 * Brings the database to the newest migration, forward only. Any number of processes may start at once: one migrates,
 * the others wait. Refuses a database whose ledger holds a migration that is unknown here or was edited since.
 */
export async function migratePostgres(postgres: Postgres, migrations: readonly Migration[]): Promise<void> {
  await requireServerVersion(postgres);
  const sorted = sortMigrations(migrations);
  const applied = await postgres.transaction(async (sql) => {
    await takeMigrationLock(sql);
    await sql.query({
      text: `create table if not exists segue_migration (
               id text primary key,
               checksum text not null,
               applied_at timestamptz not null default now()
             )`,
    });
    return readLedger(sql);
  });
  verifyLedger(applied, sorted);
  const done = new Set(applied.map((migration) => migration.id));
  for (const migration of sorted) {
    if (!done.has(migration.id)) await applyMigration(postgres, migration);
  }
}

/** Sorted by id, which begins with the time it was written. */
export function sortMigrations(migrations: readonly Migration[]): Migration[] {
  const sorted = migrations.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const twice = sorted.find((migration, index) => migration.id === sorted[index - 1]?.id);
  if (twice) throw new Error(`two migrations have the id ${twice.id}`);
  return sorted;
}

export function checksumOf(migration: Migration): string {
  return createHash('sha256').update(migration.sql.replaceAll('\r\n', '\n')).digest('hex');
}

/** Throws when the ledger holds what the list does not. */
export function verifyLedger(applied: readonly AppliedMigration[], known: readonly Migration[]): void {
  const checksums = new Map(known.map((migration) => [migration.id, checksumOf(migration)]));
  for (const { id, checksum } of applied) {
    const expected = checksums.get(id);
    if (expected === undefined) {
      throw new Error(
        `the database holds migration ${id}, which this version of Segue does not know: start a newer one`,
      );
    }
    if (expected !== checksum) {
      throw new Error(`migration ${id} was edited after it ran on this database: restore its text and add a new one`);
    }
  }
}

async function applyMigration(postgres: Postgres, migration: Migration): Promise<void> {
  await postgres.transaction(async (sql) => {
    await takeMigrationLock(sql);
    const [applied] = (await readLedger(sql)).filter(({ id }) => id === migration.id);
    if (applied) return verifyLedger([applied], [migration]);
    try {
      await sql.query({ text: migration.sql });
    } catch (error) {
      throw new Error(`migration ${migration.id} failed: ${String(error)}`, { cause: error });
    }
    await sql.query({
      text: 'insert into segue_migration (id, checksum) values ($1, $2)',
      values: [migration.id, checksumOf(migration)],
    });
  });
}

async function takeMigrationLock(sql: Transaction): Promise<void> {
  await sql.query({ text: `select pg_advisory_xact_lock(hashtextextended('segue_migration', 0))` });
}

async function readLedger(sql: Sql): Promise<AppliedMigration[]> {
  const { rows } = await sql.query<AppliedMigration>({ text: 'select id, checksum from segue_migration order by id' });
  return rows;
}

async function requireServerVersion(sql: Sql): Promise<void> {
  const { rows } = await sql.query<{ version: string; number: string }>({
    text: `select current_setting('server_version') as version, current_setting('server_version_num') as number`,
  });
  const [server] = rows;
  if (Number(server?.number) < serverVersionMin * 10_000) {
    throw new Error(
      `Segue needs PostgreSQL ${serverVersionMin} or newer; SEGUE_POSTGRES_URL leads to ${server?.version}`,
    );
  }
}
