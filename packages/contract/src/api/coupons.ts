import { couponCampaignEndpoints } from './coupon-campaigns.ts';
import { couponOfflineEndpoints } from './coupon-offline.ts';
import { couponRedemptionEndpoints } from './coupon-redemptions.ts';

/** Coupons: campaigns, their codes, and what becomes of these. */
export const couponEndpoints = {
  ...couponCampaignEndpoints,
  ...couponRedemptionEndpoints,
  ...couponOfflineEndpoints,
} as const;
