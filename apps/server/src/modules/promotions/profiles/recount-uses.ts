import { newUuid } from '../../../platform/ids/index.ts';
import type { CouponBatch } from '../coupon-batch.ts';
import { insertExceptions } from '../exceptions/exception-store.ts';
import type { ProfileCount } from '../spending/ledger.ts';
import { holdCampaignLimits, lockProfileUses } from '../spending/ledger-store.ts';
import { noteCoupons } from './note-coupons.ts';
import { countTrueUses, listUsedCampaigns, type ProfileCampaign, setProfileUses } from './follow-store.ts';

/**
 * Counts anew what customers have used of campaigns with a limit on one customer, after redemptions became hers or ceased to be.
 * What is beyond the limit by it stays redeemed, is counted apart, and is an exception for people to look at; until it is given
 * back she uses none.
 */
export async function recountUses(
  batch: CouponBatch,
  asked: {
    profileIds: readonly string[];
    kind: 'merged_over_limit' | 'profile_limit';
    /** What was beyond the limit before, of who became part of these. */
    overBefore?: (pair: ProfileCampaign) => number;
  },
): Promise<void> {
  const { sql, workspaceId } = batch;
  if (asked.profileIds.length === 0) return;
  const places = await listUsedCampaigns(sql, workspaceId, asked.profileIds);
  const limits = await holdCampaignLimits(sql, workspaceId, [...new Set(places.map((place) => place.campaignId))]);
  const allowedOf = new Map(limits.map(({ count, perProfile }) => [count.id, perProfile]));
  const pairs = places.flatMap((place) => {
    const allowed = allowedOf.get(place.campaignId) ?? null;
    return allowed === null ? [] : [{ ...place, allowed }];
  });
  // Locked first and counted then: who changed them in between has committed.
  const before = await lockProfileUses(sql, workspaceId, pairs);
  const counted = await countTrueUses(sql, workspaceId, pairs);
  const after = before.map((pair, at) => {
    const uses = counted[at] ?? 0;
    return { ...pair, used: Math.min(uses, pair.allowed), over: Math.max(0, uses - pair.allowed) };
  });
  await setProfileUses(sql, workspaceId, after);
  const beyond = after.filter((pair, at) => {
    const overBefore = (before[at]?.over ?? 0) + (asked.overBefore?.(pair) ?? 0);
    return pair.over > overBefore;
  });
  await tellBeyond(batch, beyond, asked.kind);
  await noteCoupons(batch, asked.profileIds);
}

async function tellBeyond(
  { sql, workspaceId, now }: CouponBatch,
  pairs: readonly ProfileCount[],
  kind: 'merged_over_limit' | 'profile_limit',
): Promise<void> {
  const at = new Date(now);
  const exceptions = pairs.map(({ campaignId, profileId, used, over, allowed }) => ({
    id: newUuid(now),
    kind,
    campaign_id: campaignId,
    profile_id: profileId,
    ...{ code_id: null, redemption_id: null, node: null, amount_minor: null, currency: null },
    detail: { uses: used + over, limit: allowed },
    dedupe_key: null,
    at,
  }));
  await insertExceptions(sql, workspaceId, exceptions);
}
