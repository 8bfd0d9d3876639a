import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export interface TakenCode {
  id: string;
  code: string;
  pool_id: string;
  expires_at: Date | null;
}

/** One at a time for a customer and an intent, until the transaction ends. */
export async function lockIntent(
  sql: Sql,
  workspaceId: number,
  asked: { campaignId: string; profileId: string; intent: string },
): Promise<void> {
  await sql.query({
    name: 'coupon_intent_lock',
    text: `select pg_advisory_xact_lock(hashtextextended($2, $1)) /* workspace_id is the seed */`,
    values: [workspaceId, `coupon ${asked.campaignId} ${asked.profileId} ${asked.intent}`],
  });
}

/** What a customer was given for an intent, the first if there are several since two became one. */
export async function findAssigned(
  sql: Sql,
  workspaceId: number,
  asked: { campaignId: string; profileId: string; intent: string },
): Promise<TakenCode | undefined> {
  const { rows } = await sql.query<TakenCode>({
    name: 'coupon_assigned',
    text: `select c.id, c.code, c.pool_id, c.expires_at from coupon_assignment a
           join coupon_code c on c.workspace_id = a.workspace_id and c.id = a.code_id
           where a.workspace_id = $1 and a.profile_id = $2 and a.campaign_id = $3 and a.intent = $4
           order by a.assigned_at, c.id limit 1`,
    values: [workspaceId, asked.profileId, asked.campaignId, asked.intent],
  });
  return rows[0];
}

/** The shared code of a campaign, if it has one that can still be used. By `coupon_code_shared`. */
export async function findSharedCode(
  sql: Sql,
  workspaceId: number,
  campaignId: string,
): Promise<TakenCode | undefined> {
  const { rows } = await sql.query<TakenCode>({
    name: 'coupon_shared_code',
    text: `select id, code, pool_id, expires_at from coupon_code
           where workspace_id = $1 and campaign_id = $2 and is_shared and standing <> 'void'
             and (per_code is null or held + redeemed < per_code)
           order by id limit 1`,
    values: [workspaceId, campaignId],
  });
  return rows[0];
}

/** Makes the oldest free code of a campaign somebody's; codes that others are just taking are passed by. By `coupon_code_free`. */
export async function takeFreeCode(
  sql: Sql,
  workspaceId: number,
  { campaignId, now }: { campaignId: string; now: Date },
): Promise<TakenCode | undefined> {
  const { rows } = await sql.query<TakenCode>({
    name: 'coupon_code_take',
    text: `update coupon_code set standing = 'assigned' where workspace_id = $1 and id = (
             select id from coupon_code
             where workspace_id = $1 and campaign_id = $2 and standing = 'free' and held = 0 and redeemed = 0
               and not is_shared and (expires_at is null or expires_at > $3)
             order by id limit 1 for update skip locked)
           returning id, code, pool_id, expires_at`,
    values: [workspaceId, campaignId, now],
  });
  return rows[0];
}

export interface NewAssignment {
  readonly campaignId: string;
  readonly codeId: string;
  readonly intent: string;
  readonly profileId: string;
  readonly node: number;
}

/** Repeats change nothing. */
export async function insertAssignments(
  sql: Sql,
  workspaceId: number,
  { assignments, at }: { assignments: readonly NewAssignment[]; at: Date },
): Promise<void> {
  if (assignments.length === 0) return;
  await sql.query({
    name: 'coupon_assignment_insert',
    text: `insert into coupon_assignment (workspace_id, campaign_id, intent, node, profile_id, code_id, assigned_at)
           select $1::integer, campaign_id, intent, node, profile_id, code_id, $7::timestamptz
           from unnest($2::uuid[], $3::text[], $4::bigint[], $5::uuid[], $6::uuid[])
             as a(campaign_id, intent, node, profile_id, code_id)
           on conflict do nothing`,
    values: [
      workspaceId,
      arrayLiteral(assignments.map((one) => one.campaignId)),
      assignments.map((one) => one.intent),
      arrayLiteral(assignments.map((one) => one.node)),
      arrayLiteral(assignments.map((one) => one.profileId)),
      arrayLiteral(assignments.map((one) => one.codeId)),
      at,
    ],
  });
}

const SHOWN_MAX = 20;

/** Whose the codes are, the first few of each. */
export async function recipientsOf(
  sql: Sql,
  workspaceId: number,
  codeIds: readonly string[],
): Promise<Map<string, string[]>> {
  if (codeIds.length === 0) return new Map();
  const { rows } = await sql.query<{ code_id: string; profiles: string[] }>({
    text: `select c.id as code_id, array_agg(distinct a.profile_id) as profiles
           from unnest($2::uuid[]) as c(id) cross join lateral (
             select profile_id from coupon_assignment where workspace_id = $1 and code_id = c.id
             order by assigned_at limit $3) a
           group by c.id`,
    values: [workspaceId, arrayLiteral(codeIds), SHOWN_MAX],
  });
  return new Map(rows.map((row) => [row.code_id, row.profiles]));
}
