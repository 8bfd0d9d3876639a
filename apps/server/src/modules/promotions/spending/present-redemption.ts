import type { api, AnswerOf } from '@segue/contract';
import { publicId } from '../../../platform/ids/index.ts';
import type { RedemptionRow } from './redemption-store.ts';

export function presentRedemption(row: RedemptionRow): AnswerOf<typeof api.listCouponRedemptions>['items'][number] {
  return {
    id: publicId('rdm', row.id),
    couponId: publicId('cpn', row.code_id),
    campaignId: publicId('cpc', row.campaign_id),
    version: row.version,
    orderSource: row.order_source,
    orderRef: row.order_ref,
    channel: row.channel,
    profileId: row.profile_id === null ? null : publicId('prf', row.profile_id),
    amountMinor: row.amount_minor,
    currency: row.currency,
    state: row.state,
    redeemedAt: row.redeemed_at.toISOString(),
    voidedAt: row.voided_at?.toISOString() ?? null,
  };
}
