import type { AnswerOf, api, CouponLimits, CouponTerms } from '@segue/contract';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { CouponOffer } from '../terms/cart.ts';

export type CodeState = AnswerOf<typeof api.voidCoupon>['state'];

/** A code with the terms of its campaign, by the ids of the store. */
export interface FoundCode {
  readonly offer: CouponOffer;
  readonly normalised: string;
  readonly version: number;
  readonly isShared: boolean;
}

interface OfferRow {
  id: string;
  campaign_id: string;
  code: string;
  normalised: string;
  standing: 'free' | 'assigned' | 'void';
  is_shared: boolean;
  expires_at: Date | null;
  name: string;
  state: CouponOffer['state'];
  version: number;
  terms: CouponTerms;
  profile_limit: number | null;
  total_limit: number | null;
  budget_limit: number | null;
  budget_currency: string | null;
  is_hers: boolean;
}

const OFFERS = `select c.id, c.campaign_id, c.code, c.normalised, c.standing, c.is_shared, c.expires_at, p.name, p.state, p.version,
    v.terms, p.profile_limit, p.total_limit, p.budget_limit, p.budget_currency,
    exists (select 1 from coupon_assignment a
            where a.workspace_id = c.workspace_id and a.code_id = c.id and a.profile_id = $3::uuid) as is_hers
  from coupon_code c
  join coupon_campaign p on p.workspace_id = c.workspace_id and p.id = c.campaign_id
  join coupon_campaign_version v on v.workspace_id = p.workspace_id and v.campaign_id = p.id and v.version = p.version
  where c.workspace_id = $1`;

/** The codes there are of these normalised ones, as they are to one customer. By `coupon_code_normalised`. */
export async function findOffers(
  sql: Sql,
  workspaceId: number,
  { normalised, profileId }: { normalised: readonly string[]; profileId: string | null },
): Promise<FoundCode[]> {
  const { rows } = await sql.query<OfferRow>({
    name: 'coupon_offers',
    text: `${OFFERS} and c.normalised = any($2::text[])`,
    values: [workspaceId, normalised, profileId],
  });
  return rows.map(foundOf);
}

export async function findOffersOf(
  sql: Sql,
  workspaceId: number,
  { codeIds, profileId }: { codeIds: readonly string[]; profileId: string | null },
): Promise<FoundCode[]> {
  if (codeIds.length === 0) return [];
  const { rows } = await sql.query<OfferRow>({
    name: 'coupon_offers_of',
    text: `${OFFERS} and c.id = any($2::uuid[])`,
    values: [workspaceId, arrayLiteral(codeIds), profileId],
  });
  return rows.map(foundOf);
}

/** Of these codes and customers: `<code> <profile>` where the code is hers. */
export async function findRecipients(
  sql: Sql,
  workspaceId: number,
  { codeIds, profileIds }: { codeIds: readonly string[]; profileIds: readonly string[] },
): Promise<Set<string>> {
  if (codeIds.length === 0 || profileIds.length === 0) return new Set();
  const { rows } = await sql.query<{ code_id: string; profile_id: string }>({
    name: 'coupon_recipients',
    text: `select code_id, profile_id from coupon_assignment
           where workspace_id = $1 and code_id = any($2::uuid[]) and profile_id = any($3::uuid[])`,
    values: [workspaceId, arrayLiteral(codeIds), arrayLiteral(profileIds)],
  });
  return new Set(rows.map((row) => `${row.code_id} ${row.profile_id}`));
}

/** A code that was found for nobody in particular, as it is to one customer. Pure. */
export function asTo(code: FoundCode, isHers: boolean): FoundCode {
  return isHers ? { ...code, offer: { ...code.offer, isHers: true } } : code;
}

function foundOf(row: OfferRow): FoundCode {
  return {
    offer: {
      code: row.code,
      couponId: row.id,
      campaignId: row.campaign_id,
      name: row.name,
      state: row.state,
      terms: row.terms,
      limits: limitsOf(row),
      isVoid: row.standing === 'void',
      expiresAtMs: row.expires_at?.getTime(),
      // Once assigned it is hers alone, also when it is not known any more who she was.
      isHers: row.is_hers ? true : row.standing === 'assigned' ? false : undefined,
    },
    normalised: row.normalised,
    version: row.version,
    isShared: row.is_shared,
  };
}

/** Limits as the API has them. Pure. */
export function limitsOf(
  row: Pick<OfferRow, 'total_limit' | 'profile_limit' | 'budget_limit' | 'budget_currency'>,
): CouponLimits {
  const { budget_limit: amountMinor, budget_currency: currency } = row;
  return {
    total: row.total_limit,
    perProfile: row.profile_limit,
    budget: amountMinor === null || currency === null ? null : { amountMinor, currency },
  };
}

export interface NewCode {
  readonly id: string;
  readonly code: string;
  readonly normalised: string;
  readonly standing: 'free' | 'assigned';
}

/** Answers the ids of those whose code was free; the others are not taken. */
export async function insertCodes(
  sql: Sql,
  workspaceId: number,
  added: {
    pool: { id: string; campaign_id: string; source: string; per_code: number | null; expires_at: Date | null };
    codes: readonly NewCode[];
  },
): Promise<Set<string>> {
  const { pool, codes } = added;
  const { rows } = await sql.query<{ id: string }>({
    text: `insert into coupon_code
             (workspace_id, id, pool_id, campaign_id, code, normalised, standing, is_shared, per_code, expires_at)
           select $1::integer, id, $2::uuid, $3::uuid, code, normalised, standing, $4::boolean, $5::bigint, $6::timestamptz
           from unnest($7::uuid[], $8::text[], $9::text[], $10::text[]) as c(id, code, normalised, standing)
           order by normalised
           on conflict (workspace_id, normalised) do nothing returning id`,
    values: [
      workspaceId,
      pool.id,
      pool.campaign_id,
      pool.source === 'shared',
      pool.per_code,
      pool.expires_at,
      arrayLiteral(codes.map((one) => one.id)),
      codes.map((one) => one.code),
      codes.map((one) => one.normalised),
      codes.map((one) => one.standing),
    ],
  });
  return new Set(rows.map((row) => row.id));
}

export interface CodeRow {
  id: string;
  pool_id: string;
  campaign_id: string;
  code: string;
  per_code: number | null;
  redeemed: number;
  expires_at: Date | null;
  state: CodeState;
}

/** `$2`: now. A code that can be redeemed again is free although it was. */
const STATE = `case when standing = 'void' then 'void'
  when redeemed >= per_code then 'redeemed'
  when expires_at <= $2::timestamptz then 'expired'
  when held + redeemed >= per_code then 'held'
  when standing = 'assigned' then 'assigned' else 'free' end`;
const COLUMNS = `id, pool_id, campaign_id, code, per_code, redeemed, expires_at, ${STATE} as state`;

/** In the order of their ids, that is of their making. By `coupon_code_campaign`. */
export async function pageCodes(
  sql: Sql,
  workspaceId: number,
  page: {
    campaignId: string;
    poolId: string | null;
    state: CodeState | null;
    now: Date;
    afterId: string | null;
    limit: number;
  },
): Promise<CodeRow[]> {
  const { rows } = await sql.query<CodeRow>({
    text: `select ${COLUMNS} from coupon_code
           where workspace_id = $1 and campaign_id = $3 and ($4::uuid is null or id > $4::uuid)
             and ($5::uuid is null or pool_id = $5::uuid) and ($6::text is null or ${STATE} = $6::text)
           order by id limit $7`,
    values: [workspaceId, page.now, page.campaignId, page.afterId, page.poolId, page.state, page.limit],
  });
  return rows;
}

export async function findCode(
  sql: Sql,
  workspaceId: number,
  { id, now }: { id: string; now: Date },
): Promise<CodeRow | undefined> {
  const { rows } = await sql.query<CodeRow>({
    text: `select ${COLUMNS} from coupon_code where workspace_id = $1 and id = $3`,
    values: [workspaceId, now, id],
  });
  return rows[0];
}

/** Nobody takes it from then on. Answers whether there is such a code. */
export async function voidCodeRow(sql: Sql, workspaceId: number, id: string): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `update coupon_code set standing = 'void' where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rowCount === 1;
}
