import { publicId } from '../../../platform/ids/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import { listCouponStates } from './coupon-state-store.ts';

/** A campaign a customer has been given a code of, or redeemed one. */
interface CouponStates {
  /** Public. */
  readonly campaignId: string;
  readonly states: ReadonlySet<'assigned' | 'redeemed'>;
}

/** What rules of segments ask of coupons, for a whole batch of profiles. */
export async function couponFactsOf(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<Map<string, CouponStates[]>> {
  const rows = await listCouponStates(sql, workspaceId, profileIds);
  const facts = new Map<string, CouponStates[]>();
  for (const { profile_id: profileId, campaign_id: campaignId, states } of rows) {
    const own = facts.get(profileId) ?? [];
    own.push({ campaignId: publicId('cpc', campaignId), states: new Set(states) });
    facts.set(profileId, own);
  }
  return facts;
}
