import type { Postgres } from './sql.ts';

/** Runs `work` while no other process holds the lock of this name; waits for it. Holds one connection meanwhile. */
export function withAdvisoryLock<T>(postgres: Postgres, name: string, work: () => Promise<T>): Promise<T> {
  return postgres.transaction(async (sql) => {
    // The connection idles while `work` goes on elsewhere.
    await sql.query({ text: 'set local idle_in_transaction_session_timeout = 0' });
    await sql.query({ text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))', values: [name] });
    return work();
  });
}
