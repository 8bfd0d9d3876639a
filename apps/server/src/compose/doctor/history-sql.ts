import type { History } from '../../platform/clickhouse/index.ts';

/** Short: whoever asks the doctor waits for the answer. */
const TIMEOUT_MS = 5_000;

export async function readHistoryVersion(history: History): Promise<string> {
  const [row] = await history.query<{ version: string }>({
    sql: 'select version() as version',
    timeoutMs: TIMEOUT_MS,
  });
  return row!.version;
}

/** Undefined when nothing was ever migrated here. */
export async function readAppliedHistory(history: History): Promise<{ id: string; checksum: string }[] | undefined> {
  const tables = await history.query<{ name: string }>({
    sql: `select name from system.tables where database = currentDatabase() and name = 'segue_migration'`,
    timeoutMs: TIMEOUT_MS,
  });
  if (tables.length === 0) return undefined;
  return history.query({
    sql: 'select id, any(checksum) as checksum from segue_migration group by id order by id',
    timeoutMs: TIMEOUT_MS,
  });
}

/** Makes a table of this name and drops it: rejects when that is not allowed. */
export async function createProbe(history: History, name: string): Promise<void> {
  await history.command(`create table ${name} (n UInt8) engine = MergeTree order by n`);
  await history.command(`drop table ${name} sync`);
}
