import { createTableKeeper, type PersonalDataKeeper } from '../../platform/personal-data/index.ts';
import { anonymiseCoupons } from './profiles/anonymise-store.ts';

const tables = createTableKeeper({
  name: 'promotions',
  tables: [
    {
      table: 'coupon_assignment',
      kind: 'coupon',
      profiles: ['profile_id'],
      nodes: ['node'],
      order: ['campaign_id', 'intent', 'node'],
    },
    { table: 'coupon_redemption', kind: 'couponRedemption', profiles: ['profile_id'], nodes: ['node'], order: ['id'] },
    {
      table: 'coupon_hold',
      kind: 'couponHold',
      profiles: ['profile_id'],
      nodes: ['node'],
      order: ['owner_ref'],
      hidden: ['fingerprint'],
    },
    { table: 'coupon_exception', kind: 'couponException', profiles: ['profile_id'], nodes: ['node'], order: ['id'] },
    {
      table: 'coupon_profile_use',
      untold: 'counts her redemptions, each of which is told',
      profiles: ['profile_id'],
      order: ['campaign_id', 'profile_id'],
    },
  ],
});

/**
 * What promotions keeps about customers. Redemptions are the books of a campaign: they stay without the customer; the codes that
 * were hers are nobody's any more.
 */
export const promotionsPersonalData: PersonalDataKeeper = {
  ...tables,
  async erase(ctx, subject) {
    return { rows: await anonymiseCoupons(ctx.sql, ctx.workspaceId, subject) };
  },
};
