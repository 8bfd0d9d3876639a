import { openPostgres, type Postgres } from '../platform/postgres/index.ts';

/** Runs `work` with a small pool of its own and closes it afterwards. */
export async function withPostgres<T>(url: string, work: (postgres: Postgres) => Promise<T>): Promise<T> {
  const postgres = openPostgres({ url, applicationName: 'segue-test', maxConnections: 2 });
  try {
    return await work(postgres);
  } finally {
    await postgres.close();
  }
}
