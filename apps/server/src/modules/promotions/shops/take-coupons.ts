import { isDeepStrictEqual } from 'node:util';
import type { CouponTerms } from '@segue/contract';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { getWorkspaceRow } from '../../accounts/index.ts';
import { insertCampaign, insertVersion } from '../campaigns/campaign-store.ts';
import { findOffers, insertCodes } from '../codes/code-store.ts';
import { normaliseCode } from '../codes/code-text.ts';
import { insertPool, type PoolRow } from '../pools/pool-store.ts';
import { fileUnderShop, lockShopCampaigns, type ShopCampaignRow, updateShopCampaign } from './shop-coupon-store.ts';
import { shopTerms, type ToldCoupon } from './shop-terms.ts';

const NO_LIMITS = { total: null, perProfile: null, budget: null };

export interface ToldCoupons {
  /** Whose they are, like `shopify:<shop>`. */
  readonly source: string;
  readonly coupons: readonly ToldCoupon[];
  readonly removed: readonly { readonly id: string; readonly atMs: number }[];
  /** What amounts are in; left out: the currency of the workspace. */
  readonly currency?: string | undefined;
}

/**
 * Keeps the coupons of a connected shop as campaigns of one shared code each, for its channel alone: the shop decides and counts
 * them, here it is seen who redeemed what. An older word than what is kept changes nothing; a code that is one of ours already
 * stays what it is.
 */
export async function takeCoupons(ctx: TxCtx, told: ToldCoupons): Promise<void> {
  const { sql, workspaceId } = ctx;
  const { source, coupons, removed } = told;
  const refs = [...new Set([...coupons, ...removed].map(({ id }) => id))];
  if (refs.length === 0) return;
  const rows = await lockShopCampaigns(sql, workspaceId, { source, refs });
  const known = new Map(rows.map((row) => [row.source_ref, row]));
  const place = {
    channel: source.split(':')[0] ?? source,
    currency: told.currency ?? (await getWorkspaceRow(sql, workspaceId)).currency,
  };
  const added: Addable[] = [];
  for (const coupon of coupons) {
    const terms = shopTerms(coupon, place);
    const row = known.get(coupon.id);
    if (terms === undefined) continue;
    if (row === undefined) added.push({ coupon, terms });
    else await change(ctx, row, { coupon, terms });
  }
  await add(ctx, source, added);
  for (const { id, atMs } of removed) {
    const row = known.get(id);
    if (row !== undefined && row.source_at.getTime() <= atMs) await archive(ctx, row, atMs);
  }
}

interface Addable {
  readonly coupon: ToldCoupon;
  readonly terms: CouponTerms;
}

async function change(ctx: TxCtx, row: ShopCampaignRow, { coupon, terms }: Addable): Promise<void> {
  if (coupon.atMs < row.source_at.getTime()) return;
  const { sql, workspaceId } = ctx;
  const at = new Date(ctx.clock.now());
  const isSame = isDeepStrictEqual(row.terms, terms);
  const version = isSame ? row.version : row.version + 1;
  if (!isSame) await insertVersion(sql, workspaceId, { campaignId: row.id, version, terms, at });
  const sourceAt = new Date(coupon.atMs);
  await updateShopCampaign(sql, workspaceId, { id: row.id, state: 'active', version, sourceAt, at });
}

async function archive(ctx: TxCtx, { id, version }: ShopCampaignRow, atMs: number): Promise<void> {
  const at = new Date(ctx.clock.now());
  const change = { id, state: 'archived' as const, version, sourceAt: new Date(atMs), at };
  await updateShopCampaign(ctx.sql, ctx.workspaceId, change);
}

async function add(ctx: TxCtx, source: string, added: readonly Addable[]): Promise<void> {
  const { sql, workspaceId } = ctx;
  const normalised = [...new Set(added.map(({ coupon }) => normaliseCode(coupon.code)))];
  const taken = normalised.length === 0 ? [] : await findOffers(sql, workspaceId, { normalised, profileId: null });
  const isTaken = new Set(['', ...taken.map((one) => one.normalised)]);
  for (const one of added) {
    const code = normaliseCode(one.coupon.code);
    if (isTaken.has(code)) continue;
    isTaken.add(code);
    await addOne(ctx, source, one);
  }
}

async function addOne(ctx: TxCtx, source: string, { coupon, terms }: Addable): Promise<void> {
  const { sql, workspaceId } = ctx;
  const nowMs = ctx.clock.now();
  const at = new Date(nowMs);
  const id = newUuid(nowMs);
  const name = coupon.code.slice(0, 200);
  await insertCampaign(sql, workspaceId, { id, name, limits: NO_LIMITS, terms, at });
  await fileUnderShop(sql, workspaceId, { id, source, sourceRef: coupon.id, sourceAt: new Date(coupon.atMs) });
  const pool: PoolRow = {
    ...{ id: newUuid(nowMs), campaign_id: id, source: 'shared', pattern: null, per_code: null, codes: 1, wanted: 1 },
    ...{ low_watermark: null, is_low: false, expires_at: null, created_at: at },
  };
  await insertPool(sql, workspaceId, pool);
  const normalised = normaliseCode(coupon.code);
  const codes = [{ id: newUuid(nowMs), code: coupon.code, normalised, standing: 'free' as const }];
  await insertCodes(sql, workspaceId, { pool, codes });
}
