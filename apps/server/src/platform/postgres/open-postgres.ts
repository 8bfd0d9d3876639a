import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { encodeCopyRows } from './copy-rows.ts';
import type { Postgres, Rows, Statement, Transaction, TransactionOptions } from './sql.ts';
import { valueTypes } from './value-types.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  readonly maxConnections: number;
  /** Default 10 s: long enough for an embedded engine to come back from a crash. */
  readonly connectTimeoutMs?: number;
}

/** Opens a pool; connects on the first statement. */
export function openPostgres(options: PostgresOptions): Postgres {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.maxConnections,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    types: valueTypes,
    options: '-c timezone=UTC -c idle_in_transaction_session_timeout=120s',
  });
  // The pool drops an idle connection that breaks by itself; the next statement opens a new one, or fails and says so.
  pool.on('error', () => {});
  return {
    query: (statement) => run(pool, statement),
    transaction: (work, transactionOptions) =>
      runTransaction(pool, work, `isolation level read committed${silenceOf(transactionOptions)}`),
    snapshot: (reads) => runTransaction(pool, reads, 'isolation level repeatable read read only'),
    connections: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

async function run<R>(target: pg.Pool | pg.ClientBase, statement: Statement): Promise<Rows<R>> {
  // Without values the simple protocol is used, which alone accepts several statements at once (migrations).
  const { name, text, values } = statement;
  const config = { text, ...(name !== undefined && { name }), ...(values !== undefined && { values: [...values] }) };
  const result = await target.query(config);
  return { rows: result.rows as R[], rowCount: result.rowCount ?? 0 };
}

async function runTransaction<T>(pool: pg.Pool, work: (sql: Transaction) => Promise<T>, mode: string): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => (broken = error);
  client.on('error', onError);
  try {
    await client.query(`begin ${mode}`);
    const result = await work({
      query: (statement) => run(client, statement),
      copyInto: (table, columns, rows) => copyInto(client, { table, columns }, rows),
    });
    const { command } = await client.query('commit');
    if (command !== 'COMMIT') throw new Error('a failed statement was swallowed: the transaction was rolled back');
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => (broken = rollbackError));
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** In one round trip with the begin: hot transactions set it. */
function silenceOf({ silenceMsMax: ms }: TransactionOptions = {}): string {
  return ms === undefined ? '' : `; set local idle_in_transaction_session_timeout = ${Math.trunc(ms)}`;
}

interface CopyTarget {
  readonly table: string;
  readonly columns: readonly string[];
}

async function copyInto(
  client: pg.ClientBase,
  target: CopyTarget,
  rows: Iterable<readonly unknown[]>,
): Promise<number> {
  const table = target.table.split('.').map(quoteName).join('.');
  const stream = client.query(copyFrom(`copy ${table} (${target.columns.map(quoteName).join(', ')}) from stdin`));
  await pipeline(Readable.from(encodeCopyRows(rows), { objectMode: true, highWaterMark: 2 }), stream);
  return stream.rowCount;
}

const quoteName = (name: string) => `"${name.replaceAll('"', '""')}"`;
