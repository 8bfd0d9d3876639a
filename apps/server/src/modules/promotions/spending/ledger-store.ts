import { randomInt } from 'node:crypto';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { CampaignCount, CodeCount, Counts, ProfileCount, Tally } from './ledger.ts';

const SHARDS = 16;

interface CampaignRow {
  id: string;
  total_limit: number | null;
  profile_limit: number | null;
  budget_limit: number | null;
  budget_currency: string | null;
  held: number;
  redeemed: number;
  budget_held: number;
  budget_used: number;
}

const CAMPAIGN_COLUMNS =
  'id, total_limit, profile_limit, budget_limit, budget_currency, held, redeemed, budget_held, budget_used';

export interface CampaignLimits {
  readonly count: CampaignCount;
  readonly perProfile: number | null;
}

/** Limits stay as they are until the transaction ends; who only counts does not wait for others who do. In the order of ids. */
export async function holdCampaignLimits(
  sql: Sql,
  workspaceId: number,
  ids: readonly string[],
): Promise<CampaignLimits[]> {
  const { rows } = await sql.query<CampaignRow>({
    name: 'coupon_campaign_hold',
    text: `select ${CAMPAIGN_COLUMNS} from coupon_campaign where workspace_id = $1 and id = any($2::uuid[])
           order by id for key share`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rows.map(limitsOf);
}

export async function readCampaignLimits(
  sql: Sql,
  workspaceId: number,
  ids: readonly string[],
): Promise<CampaignLimits[]> {
  const { rows } = await sql.query<CampaignRow>({
    name: 'coupon_campaign_limits',
    text: `select ${CAMPAIGN_COLUMNS} from coupon_campaign where workspace_id = $1 and id = any($2::uuid[])`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rows.map(limitsOf);
}

/** Whoever locks the counts of campaigns is alone with them until the transaction ends: do it last. */
export async function lockCampaignCounts(
  sql: Sql,
  workspaceId: number,
  ids: readonly string[],
): Promise<CampaignCount[]> {
  const { rows } = await sql.query<CampaignRow>({
    name: 'coupon_campaign_lock_counts',
    text: `select ${CAMPAIGN_COLUMNS} from coupon_campaign where workspace_id = $1 and id = any($2::uuid[])
           order by id for no key update`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rows.map((row) => limitsOf(row).count);
}

function limitsOf(row: CampaignRow): CampaignLimits {
  const { budget_limit: amountMinor, budget_currency: currency } = row;
  return {
    count: {
      id: row.id,
      total: row.total_limit,
      budget: amountMinor === null || currency === null ? null : { amountMinor, currency },
      held: row.held,
      redeemed: row.redeemed,
      budgetHeld: row.budget_held,
      budgetUsed: row.budget_used,
    },
    perProfile: row.profile_limit,
  };
}

interface CodeRow {
  id: string;
  per_code: number;
  held: number;
  redeemed: number;
}

/** Those with a limit, in the order of ids; `lock`: nobody else counts them until the transaction ends. */
export async function readCodeCounts(
  sql: Sql,
  workspaceId: number,
  { ids, lock }: { ids: readonly string[]; lock: boolean },
): Promise<CodeCount[]> {
  const { rows } = await sql.query<CodeRow>({
    name: lock ? 'coupon_code_lock_counts' : 'coupon_code_counts',
    text: `select id, per_code, held, redeemed from coupon_code
           where workspace_id = $1 and id = any($2::uuid[]) and per_code is not null
           order by id ${lock ? 'for no key update' : ''}`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rows.map((row) => ({ id: row.id, perCode: row.per_code, held: row.held, redeemed: row.redeemed }));
}

export interface ProfilePair {
  readonly campaignId: string;
  readonly profileId: string;
  readonly allowed: number;
}

interface UseRow {
  campaign_id: string;
  profile_id: string;
  used: number;
  over: number;
}

/** Makes the rows that are missing and locks them all, in one order: two first uses at once do not pass by each other. */
export async function lockProfileUses(
  sql: Sql,
  workspaceId: number,
  pairs: readonly ProfilePair[],
): Promise<ProfileCount[]> {
  if (pairs.length === 0) return [];
  const { rows } = await sql.query<UseRow>({
    name: 'coupon_profile_use_lock',
    text: `insert into coupon_profile_use as u (workspace_id, campaign_id, profile_id, used, allowed)
           select $1::integer, campaign_id, profile_id, 0, allowed
           from unnest($2::uuid[], $3::uuid[], $4::integer[]) as p(campaign_id, profile_id, allowed)
           order by campaign_id, profile_id
           on conflict (workspace_id, campaign_id, profile_id)
           do update set allowed = greatest(excluded.allowed, u.used)
           returning campaign_id, profile_id, used, over`,
    values: [workspaceId, ...pairColumns(pairs)],
  });
  return countsOf(rows, pairs);
}

export async function readProfileUses(
  sql: Sql,
  workspaceId: number,
  pairs: readonly ProfilePair[],
): Promise<ProfileCount[]> {
  if (pairs.length === 0) return [];
  const { rows } = await sql.query<UseRow>({
    name: 'coupon_profile_use_read',
    text: `select campaign_id, profile_id, used, over from coupon_profile_use
           join unnest($2::uuid[], $3::uuid[], $4::integer[]) as p(campaign_id, profile_id, allowed)
             using (campaign_id, profile_id)
           where workspace_id = $1`,
    values: [workspaceId, ...pairColumns(pairs)],
  });
  return countsOf(rows, pairs);
}

function pairColumns(pairs: readonly ProfilePair[]): unknown[] {
  return [
    arrayLiteral(pairs.map((pair) => pair.campaignId)),
    arrayLiteral(pairs.map((pair) => pair.profileId)),
    arrayLiteral(pairs.map((pair) => pair.allowed)),
  ];
}

function countsOf(rows: readonly UseRow[], pairs: readonly ProfilePair[]): ProfileCount[] {
  return pairs.map((pair) => {
    const row = rows.find((one) => one.campaign_id === pair.campaignId && one.profile_id === pair.profileId);
    return { ...pair, used: row?.used ?? 0, over: row?.over ?? 0 };
  });
}

/** Writes differences. The tables' checks are the last guard: beyond a limit the transaction fails. */
export async function saveCounts(
  sql: Sql,
  workspaceId: number,
  changes: Counts & { tallies: readonly Tally[] },
): Promise<void> {
  if (changes.codes.length > 0) await saveCodeCounts(sql, workspaceId, changes.codes);
  if (changes.profiles.length > 0) await saveProfileUses(sql, workspaceId, changes.profiles);
  if (changes.campaigns.length > 0) await saveCampaignCounts(sql, workspaceId, changes.campaigns);
  const tallies = sumTallies(changes.tallies);
  if (tallies.length > 0) await saveTallies(sql, workspaceId, tallies);
}

async function saveCodeCounts(sql: Sql, workspaceId: number, codes: readonly CodeCount[]): Promise<void> {
  await sql.query({
    name: 'coupon_code_count',
    text: `update coupon_code c set held = c.held + d.held, redeemed = c.redeemed + d.redeemed
           from unnest($2::uuid[], $3::bigint[], $4::bigint[]) as d(id, held, redeemed)
           where c.workspace_id = $1 and c.id = d.id`,
    values: [
      workspaceId,
      arrayLiteral(codes.map((one) => one.id)),
      arrayLiteral(codes.map((one) => one.held)),
      arrayLiteral(codes.map((one) => one.redeemed)),
    ],
  });
}

async function saveProfileUses(sql: Sql, workspaceId: number, profiles: readonly ProfileCount[]): Promise<void> {
  await sql.query({
    name: 'coupon_profile_use_count',
    text: `update coupon_profile_use u set used = u.used + d.used, over = u.over + d.over
           from unnest($2::uuid[], $3::uuid[], $4::integer[], $5::integer[]) as d(campaign_id, profile_id, used, over)
           where u.workspace_id = $1 and u.campaign_id = d.campaign_id and u.profile_id = d.profile_id`,
    values: [
      workspaceId,
      arrayLiteral(profiles.map((one) => one.campaignId)),
      arrayLiteral(profiles.map((one) => one.profileId)),
      arrayLiteral(profiles.map((one) => one.used)),
      arrayLiteral(profiles.map((one) => one.over)),
    ],
  });
}

async function saveCampaignCounts(sql: Sql, workspaceId: number, campaigns: readonly CampaignCount[]): Promise<void> {
  await sql.query({
    name: 'coupon_campaign_count',
    text: `update coupon_campaign c set held = c.held + d.held, redeemed = c.redeemed + d.redeemed,
             budget_held = c.budget_held + d.budget_held, budget_used = c.budget_used + d.budget_used
           from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
             as d(id, held, redeemed, budget_held, budget_used)
           where c.workspace_id = $1 and c.id = d.id`,
    values: [
      workspaceId,
      arrayLiteral(campaigns.map((one) => one.id)),
      arrayLiteral(campaigns.map((one) => one.held)),
      arrayLiteral(campaigns.map((one) => one.redeemed)),
      arrayLiteral(campaigns.map((one) => one.budgetHeld)),
      arrayLiteral(campaigns.map((one) => one.budgetUsed)),
    ],
  });
}

type Sum = { -readonly [Key in keyof Tally]: Tally[Key] };

function sumTallies(tallies: readonly Tally[]): Sum[] {
  const sums = new Map<string, Sum>();
  for (const tally of tallies) {
    const key = `${tally.campaignId} ${tally.currency}`;
    const sum = sums.get(key) ?? { ...tally, redeemed: 0, amountMinor: 0 };
    sum.redeemed += tally.redeemed;
    sum.amountMinor += tally.amountMinor;
    sums.set(key, sum);
  }
  return [...sums.values()].filter((sum) => sum.redeemed !== 0 || sum.amountMinor !== 0);
}

async function saveTallies(sql: Sql, workspaceId: number, sums: readonly Sum[]): Promise<void> {
  await sql.query({
    name: 'coupon_tally_add',
    text: `insert into coupon_tally as t (workspace_id, campaign_id, currency, shard, redeemed, amount_minor)
           select $1::integer, campaign_id, currency, $6::smallint, redeemed, amount_minor
           from unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[]) as d(campaign_id, currency, redeemed, amount_minor)
           order by campaign_id, currency
           on conflict (workspace_id, campaign_id, currency, shard) do update
             set redeemed = t.redeemed + excluded.redeemed, amount_minor = t.amount_minor + excluded.amount_minor`,
    values: [
      workspaceId,
      arrayLiteral(sums.map((one) => one.campaignId)),
      arrayLiteral(sums.map((one) => one.currency)),
      arrayLiteral(sums.map((one) => one.redeemed)),
      arrayLiteral(sums.map((one) => one.amountMinor)),
      // Any one will do: what counts is their sum.
      randomInt(SHARDS),
    ],
  });
}
