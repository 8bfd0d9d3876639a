import type { Postgres, Sql } from '../../platform/postgres/index.ts';

export interface ServerFacts {
  readonly version: string;
  readonly versionNumber: number;
  /** The database's clock, in milliseconds since 1970. */
  readonly nowMs: number;
  readonly fsync: string;
  readonly connectionsMax: number;
  readonly connectionsUsed: number;
}

export async function readServerFacts(sql: Sql): Promise<ServerFacts> {
  const { rows } = await sql.query<{ [K in keyof ServerFacts]: ServerFacts[K] }>({
    // every workspace: these are the server's own.
    text: `select current_setting('server_version') as version, current_setting('server_version_num')::int as "versionNumber",
             (extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs", current_setting('fsync') as fsync,
             current_setting('max_connections')::int as "connectionsMax",
             (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as "connectionsUsed"`,
  });
  return rows[0]!;
}

class Undo extends Error {}

/** Makes a table and takes it back: rejects when that is not allowed. */
export async function probeTable(postgres: Postgres): Promise<void> {
  const probe = postgres.transaction(async (sql) => {
    await sql.query({ text: 'create table segue_doctor_probe (n int)' });
    throw new Undo();
  });
  await probe.catch((error: unknown) => {
    if (!(error instanceof Undo)) throw error;
  });
}

/** Undefined when nothing was ever migrated here. */
export async function readAppliedMigrations(sql: Sql): Promise<{ id: string; checksum: string }[] | undefined> {
  const { rows } = await sql.query<{ there: boolean }>({
    text: `select to_regclass('segue_migration') is not null as there`,
  });
  if (rows[0]?.there !== true) return undefined;
  return (await sql.query<{ id: string; checksum: string }>({ text: 'select id, checksum from segue_migration' })).rows;
}
