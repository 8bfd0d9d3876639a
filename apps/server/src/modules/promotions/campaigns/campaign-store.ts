import type { CouponLimits, CouponTerms } from '@segue/contract';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export interface CampaignRow {
  id: string;
  name: string;
  state: 'active' | 'paused' | 'archived';
  version: number;
  terms: CouponTerms;
  total_limit: number | null;
  profile_limit: number | null;
  budget_limit: number | null;
  budget_currency: string | null;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = `c.id, c.name, c.state, c.version, v.terms, c.total_limit, c.profile_limit, c.budget_limit, c.budget_currency,
  c.created_at, c.updated_at`;
const FROM = `from coupon_campaign c
  join coupon_campaign_version v on v.workspace_id = c.workspace_id and v.campaign_id = c.id and v.version = c.version`;

export async function insertCampaign(
  sql: Sql,
  workspaceId: number,
  campaign: { id: string; name: string; limits: CouponLimits; terms: CouponTerms; at: Date },
): Promise<void> {
  const { id, name, limits, terms, at } = campaign;
  await sql.query({
    text: `insert into coupon_campaign (workspace_id, id, name, state, version, total_limit, profile_limit, budget_limit,
             budget_currency, created_at, updated_at)
           values ($1, $2, $3, 'active', 1, $4, $5, $6, $7, $8, $8)`,
    values: [workspaceId, id, name, ...limitValues(limits), at],
  });
  await insertVersion(sql, workspaceId, { campaignId: id, version: 1, terms, at });
}

export async function insertVersion(
  sql: Sql,
  workspaceId: number,
  version: { campaignId: string; version: number; terms: CouponTerms; at: Date },
): Promise<void> {
  await sql.query({
    text: `insert into coupon_campaign_version (workspace_id, campaign_id, version, terms, created_at)
           values ($1, $2, $3, $4, $5)`,
    values: [workspaceId, version.campaignId, version.version, JSON.stringify(version.terms), version.at],
  });
}

function limitValues({ total, perProfile, budget }: CouponLimits): unknown[] {
  return [total, perProfile, budget?.amountMinor ?? null, budget?.currency ?? null];
}

export async function findCampaign(sql: Sql, workspaceId: number, id: string): Promise<CampaignRow | undefined> {
  const { rows } = await sql.query<CampaignRow>({
    name: 'coupon_campaign_find',
    text: `select ${COLUMNS} ${FROM} where c.workspace_id = $1 and c.id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** Waits for everybody who is just counting uses of it, and nobody counts until the transaction ends. */
export async function lockCampaign(sql: Sql, workspaceId: number, id: string): Promise<CampaignRow | undefined> {
  await sql.query({
    text: 'select from coupon_campaign where workspace_id = $1 and id = $2 for update',
    values: [workspaceId, id],
  });
  return findCampaign(sql, workspaceId, id);
}

/** Newest first. */
export async function pageCampaigns(
  sql: Sql,
  workspaceId: number,
  page: { beforeId: string | null; limit: number },
): Promise<CampaignRow[]> {
  const { rows } = await sql.query<CampaignRow>({
    text: `select ${COLUMNS} ${FROM} where c.workspace_id = $1 and ($2::uuid is null or c.id < $2::uuid)
           order by c.id desc limit $3`,
    values: [workspaceId, page.beforeId, page.limit],
  });
  return rows;
}

export async function updateCampaignRow(
  sql: Sql,
  workspaceId: number,
  change: { id: string; name: string; state: string; version: number; limits: CouponLimits; at: Date },
): Promise<void> {
  await sql.query({
    text: `update coupon_campaign set name = $3, state = $4, version = $5, total_limit = $6, profile_limit = $7,
             budget_limit = $8, budget_currency = $9, updated_at = $10
           where workspace_id = $1 and id = $2`,
    values: [
      workspaceId,
      change.id,
      change.name,
      change.state,
      change.version,
      ...limitValues(change.limits),
      change.at,
    ],
  });
}

/** What a campaign has come to, from redemptions and holds themselves. */
export interface CampaignTruth {
  readonly held: number;
  readonly redeemed: number;
  readonly budgetHeld: number;
  readonly budgetUsed: number;
}

export async function countCampaign(
  sql: Sql,
  workspaceId: number,
  { id, currency }: { id: string; currency: string | null },
): Promise<CampaignTruth> {
  const { rows } = await sql.query<{ held: number; redeemed: number; budget_held: number; budget_used: number }>({
    text: `select * from (
             select count(*) as redeemed, coalesce(sum(amount_minor) filter (where currency = $3), 0)::bigint as budget_used
             from coupon_redemption where workspace_id = $1 and campaign_id = $2 and state = 'redeemed') r, (
             select count(*) as held, coalesce(sum(k.amount_minor) filter (where h.currency = $3), 0)::bigint as budget_held
             from coupon_hold_code k
             join coupon_hold h on h.workspace_id = k.workspace_id and h.owner_ref = k.owner_ref and h.state = 'held'
             where k.workspace_id = $1 and k.campaign_id = $2) h`,
    values: [workspaceId, id, currency],
  });
  const row = rows[0]!;
  return { held: row.held, redeemed: row.redeemed, budgetHeld: row.budget_held, budgetUsed: row.budget_used };
}

export async function setCampaignCounts(
  sql: Sql,
  workspaceId: number,
  { id, truth }: { id: string; truth: CampaignTruth },
): Promise<void> {
  await sql.query({
    text: `update coupon_campaign set held = $3, redeemed = $4, budget_held = $5, budget_used = $6
           where workspace_id = $1 and id = $2`,
    values: [workspaceId, id, truth.held, truth.redeemed, truth.budgetHeld, truth.budgetUsed],
  });
}

/** Counts anew what customers have used of a campaign, held uses too. Answers the most that one has. */
export async function recountProfileUses(
  sql: Sql,
  workspaceId: number,
  { campaignId, allowed }: { campaignId: string; allowed: number },
): Promise<number> {
  const { rows } = await sql.query<{ most: number | null }>({
    text: `with uses as (
             select profile_id from coupon_redemption
             where workspace_id = $1 and campaign_id = $2 and state = 'redeemed' and profile_id is not null
             union all
             select h.profile_id from coupon_hold_code k
             join coupon_hold h on h.workspace_id = k.workspace_id and h.owner_ref = k.owner_ref
             where k.workspace_id = $1 and k.campaign_id = $2 and h.state = 'held' and h.profile_id is not null),
           counted as (select profile_id, count(*)::integer as n from uses group by profile_id),
           saved as (
             insert into coupon_profile_use (workspace_id, campaign_id, profile_id, used, over, allowed)
             select $1::integer, $2::uuid, profile_id, least(n, $3), greatest(n - $3, 0), $3 from counted order by profile_id
             on conflict (workspace_id, campaign_id, profile_id)
             do update set used = excluded.used, over = excluded.over, allowed = excluded.allowed)
           select max(n) as most from counted`,
    values: [workspaceId, campaignId, allowed],
  });
  return rows[0]?.most ?? 0;
}

/** Without a limit on one customer nobody counts what she used. */
export async function forgetProfileUses(sql: Sql, workspaceId: number, campaignId: string): Promise<void> {
  await sql.query({
    text: 'delete from coupon_profile_use where workspace_id = $1 and campaign_id = $2',
    values: [workspaceId, campaignId],
  });
}

/** The most that one customer used within the limit. */
export async function mostProfileUses(sql: Sql, workspaceId: number, campaignId: string): Promise<number> {
  const { rows } = await sql.query<{ most: number | null }>({
    text: 'select max(used) as most from coupon_profile_use where workspace_id = $1 and campaign_id = $2',
    values: [workspaceId, campaignId],
  });
  return rows[0]?.most ?? 0;
}

export async function pageVersions(
  sql: Sql,
  workspaceId: number,
  page: { campaignId: string; before: number | null; limit: number },
): Promise<{ version: number; terms: CouponTerms; created_at: Date }[]> {
  const { rows } = await sql.query<{ version: number; terms: CouponTerms; created_at: Date }>({
    text: `select version, terms, created_at from coupon_campaign_version
           where workspace_id = $1 and campaign_id = $2 and ($3::integer is null or version < $3::integer)
           order by version desc limit $4`,
    values: [workspaceId, page.campaignId, page.before, page.limit],
  });
  return rows;
}

export interface CampaignSums {
  readonly held: number;
  readonly redeemed: number;
  readonly spent: { amountMinor: number; currency: string }[];
}

/** What campaigns came to so far. */
export async function sumCampaigns(
  sql: Sql,
  workspaceId: number,
  ids: readonly string[],
): Promise<Map<string, CampaignSums>> {
  if (ids.length === 0) return new Map();
  const { rows: spent } = await sql.query<{
    campaign_id: string;
    currency: string;
    redeemed: number;
    amount_minor: number;
  }>({
    text: `select campaign_id, currency, sum(redeemed)::bigint as redeemed, sum(amount_minor)::bigint as amount_minor
           from coupon_tally where workspace_id = $1 and campaign_id = any($2::uuid[])
           group by campaign_id, currency order by campaign_id, currency`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  const { rows: held } = await sql.query<{ campaign_id: string; held: number }>({
    text: `select k.campaign_id, count(*)::integer as held from coupon_hold_code k
           join coupon_hold h on h.workspace_id = k.workspace_id and h.owner_ref = k.owner_ref and h.state = 'held'
           where k.workspace_id = $1 and k.campaign_id = any($2::uuid[]) group by k.campaign_id`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  return new Map(
    ids.map((id) => {
      const own = spent.filter((row) => row.campaign_id === id);
      const sums = own.map((row) => ({ amountMinor: row.amount_minor, currency: row.currency }));
      return [
        id,
        {
          held: held.find((row) => row.campaign_id === id)?.held ?? 0,
          redeemed: own.reduce((sum, row) => sum + row.redeemed, 0),
          spent: sums.filter((one) => one.amountMinor !== 0),
        },
      ];
    }),
  );
}
