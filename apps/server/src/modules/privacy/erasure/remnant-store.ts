import type { Postgres, Sql } from '../../../platform/postgres/index.ts';

/** Of a table this large, 75,000 nodes, the lock lasts about a second (200,000: 3.8 s on two busy cores); a larger one is only vacuumed. */
const REWRITE_BYTES_MAX = 16 * 1024 * 1024;
/** Everybody who asks for the table meanwhile waits as long. */
const LOCK_WAIT = '500ms';

const NO_LOCK = '55P03';
/** A superuser may ask for a checkpoint and a new file of the log, others not: then they come by themselves. */
const NOT_ALLOWED = '42501';

interface Forgotten {
  /** The erasure up to which it was done. */
  readonly epoch: number;
  readonly atMs: number | undefined;
}

export async function readForgotten(sql: Sql): Promise<Forgotten> {
  // every workspace: files are the whole database's.
  const { rows } = await sql.query<{ forgotten_epoch: number; forgotten_at: Date | null }>({
    text: 'select forgotten_epoch, forgotten_at from erasure_remnants',
  });
  return { epoch: rows[0]!.forgotten_epoch, atMs: rows[0]!.forgotten_at?.getTime() };
}

/** The number the next transaction will get: those that erased what is erased by now have lower ones. */
export async function readNextTransaction(sql: Sql): Promise<string> {
  // every workspace: transactions are the whole engine's.
  const { rows } = await sql.query<{ next: string }>({
    text: 'select pg_snapshot_xmax(pg_current_snapshot())::text as next',
  });
  return rows[0]!.next;
}

/**
 * Whether anybody can still see what was deleted before this transaction: it would be written anew with the rest. That is
 * whoever began before, as the engine's own statistics of a table do, and whoever reads from a standby or a slot.
 */
export async function isSomebodyStillSeen(sql: Sql, beforeTransaction: string): Promise<boolean> {
  // every workspace: a file holds them all.
  const { rows } = await sql.query<{ is_seen: boolean }>({
    text: `with held as (
             select age(backend_xmin) as old from pg_stat_activity
             where pid <> pg_backend_pid() and (datname = current_database() or datname is null)
             union all select age(xmin) from pg_replication_slots
             union all select age((pg_snapshot_xmin(pg_current_snapshot())::text::bigint % 4294967296)::text::xid))
           select exists (select from erasure where state = 'destroyed')
               or exists (select from held where old > age(($1::bigint % 4294967296)::text::xid)) as is_seen`,
    values: [beforeTransaction],
  });
  return rows[0]!.is_seen;
}

export async function saveForgotten(sql: Sql, forgotten: { epoch: number; at: Date }): Promise<void> {
  // every workspace: files are the whole database's.
  await sql.query({
    text: 'update erasure_remnants set forgotten_epoch = $1, forgotten_at = $2',
    values: [forgotten.epoch, forgotten.at],
  });
}

/**
 * Writes the rows of a table, and nothing else, into new files. A vacuum leaves the bytes of a dead row in the free space
 * of its page, wherever earlier versions of it lay; only new files hold none of them. `busy`: somebody used the table for
 * too long. `not_allowed`: only the table's owner may. A table's name is code, never input.
 */
export async function rewriteTable(postgres: Postgres, table: string): Promise<'rewritten' | 'busy' | 'not_allowed'> {
  // every workspace: a file holds them all.
  const { rows } = await postgres.query<{ bytes: number }>({
    text: 'select pg_table_size($1::regclass) as bytes',
    values: [table],
  });
  if (rows[0]!.bytes > REWRITE_BYTES_MAX) {
    await postgres.query({ text: `vacuum ${table}` });
    return 'rewritten';
  }
  try {
    await postgres.transaction(async (sql) => {
      await sql.query({ text: `set local lock_timeout = '${LOCK_WAIT}'` });
      await sql.query({ text: `cluster ${table} using ${table}_pkey` });
    });
    return 'rewritten';
  } catch (error) {
    if (codeOf(error) === NO_LOCK) return 'busy';
    if (codeOf(error) === NOT_ALLOWED) return 'not_allowed';
    throw error;
  }
}

/** Lets PostgreSQL drop the files of its log from before. */
export async function dropOldLog(postgres: Postgres): Promise<void> {
  // every workspace: the log is the whole database's.
  for (const text of ['select pg_switch_wal()', 'checkpoint']) {
    try {
      await postgres.query({ text });
    } catch (error) {
      if (codeOf(error) !== NOT_ALLOWED) throw error;
    }
  }
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
