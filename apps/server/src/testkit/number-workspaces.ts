import type { Postgres } from '../platform/postgres/index.ts';

/** Makes workspaces 1 to `count`, for tests that number them and keep their keys themselves. */
export async function numberWorkspaces(postgres: Postgres, count: number): Promise<void> {
  await postgres.query({
    text: `insert into workspace (id, name, wrapped_key) overriding system value
           select id, 'Shop ' || id, '' from generate_series(1, $1::int) as id`,
    values: [count],
  });
}
