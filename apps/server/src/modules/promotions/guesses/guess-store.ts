import type { Sql } from '../../../platform/postgres/index.ts';

export async function addGuesses(
  sql: Sql,
  workspaceId: number,
  { who, windowAt, guesses }: { who: readonly Buffer[]; windowAt: Date; guesses: number },
): Promise<void> {
  await sql.query({
    name: 'coupon_guess_add',
    text: `insert into coupon_guess as g (workspace_id, who, window_at, guesses)
           select $1::integer, who, $3::timestamptz, $4::integer from unnest($2::bytea[]) as w(who) order by who
           on conflict (workspace_id, who, window_at) do update set guesses = g.guesses + excluded.guesses`,
    values: [workspaceId, who, windowAt, guesses],
  });
}

/** In the order of `who`. */
export async function countGuesses(
  sql: Sql,
  workspaceId: number,
  { who, windowAt }: { who: readonly Buffer[]; windowAt: Date },
): Promise<number[]> {
  const { rows } = await sql.query<{ who: Buffer; guesses: number }>({
    name: 'coupon_guess_count',
    text: `select who, guesses from coupon_guess
           where workspace_id = $1 and who = any($2::bytea[]) and window_at = $3::timestamptz`,
    values: [workspaceId, who, windowAt],
  });
  return who.map((one) => rows.find((row) => row.who.equals(one))?.guesses ?? 0);
}

/** Answers how many went. */
export async function deleteGuesses(sql: Sql, before: Date, limit: number): Promise<number> {
  const { rowCount } = await sql.query({
    // every workspace: one loop tidies up for all.
    text: `delete from coupon_guess where (workspace_id, who, window_at) in (
             select workspace_id, who, window_at from coupon_guess where window_at < $1 limit $2)`,
    values: [before, limit],
  });
  return rowCount;
}
