import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

/** What an account had of a rule on a day. */
export interface DayUse {
  readonly ruleId: string;
  readonly accountId: string;
  readonly day: string;
  readonly points: number;
  readonly times: number;
}

/** On these days; and how often ever, as the day ''. */
export async function readUses(
  sql: Sql,
  workspaceId: number,
  asked: { ruleIds: readonly string[]; accountIds: readonly string[]; days: readonly string[] },
): Promise<DayUse[]> {
  const { rows } = await sql.query<DayUse>({
    name: 'points_rule_use_read',
    text: `select rule_id as "ruleId", account_id as "accountId", day::text as day, points, times from points_rule_use
             where workspace_id = $1 and rule_id = any($2::uuid[]) and account_id = any($3::uuid[]) and day = any($4::date[])
           union all
           select rule_id, account_id, '', sum(points)::bigint, sum(times)::integer from points_rule_use
             where workspace_id = $1 and rule_id = any($2::uuid[]) and account_id = any($3::uuid[]) group by rule_id, account_id`,
    values: [workspaceId, arrayLiteral(asked.ruleIds), arrayLiteral(asked.accountIds), asked.days],
  });
  return rows;
}

/** Adds to what was had before. */
export async function addUses(sql: Sql, workspaceId: number, uses: readonly DayUse[]): Promise<void> {
  if (uses.length === 0) return;
  await sql.query({
    name: 'points_rule_use_add',
    text: `insert into points_rule_use as u (workspace_id, rule_id, account_id, day, points, times)
           select $1, w.rule_id, w.account_id, w.day, sum(w.points), sum(w.times)
           from unnest($2::uuid[], $3::uuid[], $4::date[], $5::bigint[], $6::integer[]) as w(rule_id, account_id, day, points, times)
           group by w.rule_id, w.account_id, w.day
           on conflict (workspace_id, rule_id, account_id, day) do update
             set points = u.points + excluded.points, times = u.times + excluded.times`,
    values: [
      workspaceId,
      arrayLiteral(uses.map((use) => use.ruleId)),
      arrayLiteral(uses.map((use) => use.accountId)),
      uses.map((use) => use.day),
      arrayLiteral(uses.map((use) => use.points)),
      arrayLiteral(uses.map((use) => use.times)),
    ],
  });
}
