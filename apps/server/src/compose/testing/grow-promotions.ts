import type { OperationId } from '@segue/contract';
import type { ApiWorld } from './api-world.ts';
import { couponsOf, type MakeExample, PROMOTIONS_EXAMPLES } from './examples-promotions.data.ts';
import type { Shop } from './shop.ts';

type Grow = (world: ApiWorld, shop: Shop) => Promise<void>;

function by(id: OperationId & keyof typeof PROMOTIONS_EXAMPLES): Grow {
  const make: MakeExample = PROMOTIONS_EXAMPLES[id];
  return async (_world, shop) => void (await shop.call(id, await make(shop)));
}

/** How each list of coupons gets one row more. */
export const PROMOTIONS_GROW = {
  listCouponCampaigns: by('createCouponCampaign'),
  listCouponVersions: async (_world, shop) => {
    const { id } = await couponsOf(shop);
    const terms = { benefit: { kind: 'percent', percent: 1 + Math.floor(Math.random() * 99) } };
    await shop.call('updateCouponCampaign', { params: { id }, body: { terms } });
  },
  listCouponPools: async (_world, shop) => {
    const { id } = await couponsOf(shop);
    await shop.call('createCouponPool', { params: { id }, body: { source: 'imported' } });
  },
  listCoupons: by('importCoupons'),
  listCouponRedemptions: by('redeemCoupons'),
  listCouponExceptions: by('reconcileCoupons'),
} as const satisfies Readonly<Record<string, Grow>>;
