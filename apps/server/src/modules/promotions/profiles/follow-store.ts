import type { Handover } from '../../../platform/eventlog/index.ts';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

/** Tables whose rows are a customer's, by her profile and the node they are filed under. */
const TABLES = ['coupon_hold', 'coupon_redemption', 'coupon_assignment', 'coupon_exception'] as const;

/** What merged profiles have is that of the profiles they became part of. */
export async function moveCoupons(sql: Sql, workspaceId: number, moves: ReadonlyMap<string, string>): Promise<void> {
  for (const table of TABLES) {
    await sql.query({
      name: `${table}_follow`,
      text: `update ${table} t set profile_id = m.target from unnest($2::uuid[], $3::uuid[]) as m(origin, target)
             where t.workspace_id = $1 and t.profile_id = m.origin`,
      values: [workspaceId, arrayLiteral([...moves.keys()]), arrayLiteral([...moves.values()])],
    });
  }
}

/** What is filed under a node goes where the node went. */
export async function handCouponsOver(sql: Sql, workspaceId: number, handovers: readonly Handover[]): Promise<void> {
  const moves = handovers.flatMap(({ into, nodes }) => nodes.map(({ id }) => ({ node: id, into: into.id })));
  if (moves.length === 0) return;
  for (const table of TABLES) {
    await sql.query({
      name: `${table}_hand_over`,
      text: `update ${table} t set profile_id = m.target from unnest($2::bigint[], $3::uuid[]) as m(node, target)
             where t.workspace_id = $1 and t.node = m.node`,
      values: [workspaceId, arrayLiteral(moves.map((move) => move.node)), arrayLiteral(moves.map((move) => move.into))],
    });
  }
}

interface Attached {
  readonly orderSource: string;
  readonly orderRef: string;
  readonly profileId: string;
  readonly node: number;
}

/** Gives redemptions of orders to the orders' customers. Answers whose uses changed by it, those before too. */
export async function attachRedemptions(sql: Sql, workspaceId: number, orders: readonly Attached[]): Promise<string[]> {
  const { rows } = await sql.query<{ profile_id: string | null; before: string | null }>({
    name: 'coupon_redemption_attach',
    text: `with known as (
             select r.id, r.profile_id as before, o.profile_id, o.node from coupon_redemption r
             join unnest($2::text[], $3::text[], $4::uuid[], $5::bigint[]) as o(order_source, order_ref, profile_id, node)
               using (order_source, order_ref)
             where r.workspace_id = $1 and r.profile_id is distinct from o.profile_id
             order by r.id for update of r)
           update coupon_redemption r set profile_id = k.profile_id, node = k.node from known k
           where r.workspace_id = $1 and r.id = k.id returning r.profile_id, k.before`,
    values: [
      workspaceId,
      orders.map((one) => one.orderSource),
      orders.map((one) => one.orderRef),
      arrayLiteral(orders.map((one) => one.profileId)),
      arrayLiteral(orders.map((one) => one.node)),
    ],
  });
  return [...new Set(rows.flatMap((row) => [row.profile_id, row.before]).filter((id) => id !== null))];
}

export interface ProfileCampaign {
  readonly campaignId: string;
  readonly profileId: string;
}

/** Every campaign these customers have used, hold a use of, or are counted for. */
export async function listUsedCampaigns(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<ProfileCampaign[]> {
  const { rows } = await sql.query<{ campaign_id: string; profile_id: string }>({
    name: 'coupon_used_campaigns',
    text: `select campaign_id, profile_id from coupon_redemption
             where workspace_id = $1 and profile_id = any($2::uuid[]) and state = 'redeemed'
           union
           select k.campaign_id, h.profile_id from coupon_hold h
             join coupon_hold_code k on k.workspace_id = h.workspace_id and k.owner_ref = h.owner_ref
             where h.workspace_id = $1 and h.profile_id = any($2::uuid[]) and h.state = 'held'
           union
           select campaign_id, profile_id from coupon_profile_use where workspace_id = $1 and profile_id = any($2::uuid[])`,
    values: [workspaceId, arrayLiteral(profileIds)],
  });
  return rows.map((row) => ({ campaignId: row.campaign_id, profileId: row.profile_id }));
}

/** How often these customers use these campaigns, from redemptions and holds themselves; in the order of `pairs`. */
export async function countTrueUses(
  sql: Sql,
  workspaceId: number,
  pairs: readonly ProfileCampaign[],
): Promise<number[]> {
  const { rows } = await sql.query<{ at: number; n: number }>({
    name: 'coupon_true_uses',
    text: `select p.at::integer as at, (
               (select count(*) from coupon_redemption r where r.workspace_id = $1 and r.profile_id = p.profile_id
                  and r.campaign_id = p.campaign_id and r.state = 'redeemed')
               + (select count(*) from coupon_hold h
                  join coupon_hold_code k on k.workspace_id = h.workspace_id and k.owner_ref = h.owner_ref
                  where h.workspace_id = $1 and h.profile_id = p.profile_id and h.state = 'held'
                    and k.campaign_id = p.campaign_id))::integer as n
           from unnest($2::uuid[], $3::uuid[]) with ordinality as p(campaign_id, profile_id, at)`,
    values: [
      workspaceId,
      arrayLiteral(pairs.map((pair) => pair.campaignId)),
      arrayLiteral(pairs.map((pair) => pair.profileId)),
    ],
  });
  const counts = new Map(rows.map((row) => [row.at, row.n]));
  return pairs.map((_pair, at) => counts.get(at + 1) ?? 0);
}

export async function setProfileUses(
  sql: Sql,
  workspaceId: number,
  uses: readonly (ProfileCampaign & { used: number; over: number })[],
): Promise<void> {
  if (uses.length === 0) return;
  await sql.query({
    name: 'coupon_profile_use_set',
    text: `update coupon_profile_use u set used = d.used, over = d.over
           from unnest($2::uuid[], $3::uuid[], $4::integer[], $5::integer[]) as d(campaign_id, profile_id, used, over)
           where u.workspace_id = $1 and u.campaign_id = d.campaign_id and u.profile_id = d.profile_id`,
    values: [
      workspaceId,
      arrayLiteral(uses.map((one) => one.campaignId)),
      arrayLiteral(uses.map((one) => one.profileId)),
      arrayLiteral(uses.map((one) => one.used)),
      arrayLiteral(uses.map((one) => one.over)),
    ],
  });
}

/** What was counted for customers who are no longer; answers what was beyond the limit already, by campaign and owner. */
export async function dropProfileUses(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<(ProfileCampaign & { over: number })[]> {
  const { rows } = await sql.query<{ campaign_id: string; profile_id: string; over: number }>({
    name: 'coupon_profile_use_drop',
    text: `delete from coupon_profile_use where workspace_id = $1 and profile_id = any($2::uuid[])
           returning campaign_id, profile_id, over`,
    values: [workspaceId, arrayLiteral(profileIds)],
  });
  return rows.map((row) => ({ campaignId: row.campaign_id, profileId: row.profile_id, over: row.over }));
}
