import type { Example } from './api-world.ts';
import type { Shop } from './shop.ts';

export type MakeExample = (shop: Shop) => Example | Promise<Example>;

const code = (shop: Shop): string => `C-${shop.word().replaceAll(/[^A-Za-z0-9]/g, '')}`;
const terms = { benefit: { kind: 'percent', percent: 10 }, offlineCap: { amountMinor: 5_000, currency: 'EUR' } };

const newCampaign = (shop: Shop): Promise<{ id: string }> =>
  shop.call('createCouponCampaign', { body: { name: shop.word(), terms } });

const campaigns = new WeakMap<Shop, Promise<{ id: string; poolId: string; code: string }>>();

/** The one campaign of a shop whose lists are read: with a pool of imported codes, and a shared code. */
export function couponsOf(shop: Shop): Promise<{ id: string; poolId: string; code: string }> {
  const made = campaigns.get(shop) ?? makeCoupons(shop);
  campaigns.set(shop, made);
  return made;
}

async function makeCoupons(shop: Shop) {
  const { id } = await newCampaign(shop);
  const params = { id };
  const { id: poolId } = await shop.call('createCouponPool', { params, body: { source: 'imported' } });
  const shared = code(shop);
  await shop.call('createCouponPool', { params, body: { source: 'shared', code: shared } });
  return { id, poolId, code: shared };
}

const ofCampaign: MakeExample = async (shop) => ({ params: { id: (await couponsOf(shop)).id } });
const ofNewCampaign: MakeExample = async (shop) => ({ params: { id: (await newCampaign(shop)).id } });

async function quote(shop: Shop): Promise<object> {
  const cart = { currency: 'EUR', lines: [{ id: '1', sku: 'TEE-M', quantity: 1, unitPriceMinor: 1_999 }] };
  return { codes: [(await couponsOf(shop)).code], cart, channel: 'web' };
}

const order = (shop: Shop) => ({ orderSource: 'web', orderRef: shop.word() });

async function newHold(shop: Shop): Promise<{ ownerRef: string }> {
  const ownerRef = `cart:${shop.word()}`;
  await shop.call('holdCoupons', { body: { ...(await quote(shop)), ownerRef } });
  return { ownerRef };
}

async function newRedemption(shop: Shop): Promise<ReturnType<typeof order>> {
  const name = order(shop);
  await shop.call('redeemCoupons', { body: { ...(await quote(shop)), ...name } });
  return name;
}

const newCodes = (shop: Shop): Example => ({ body: { rows: [{ code: code(shop) }, { code: code(shop) }] } });

async function newGeneratedPool(shop: Shop): Promise<{ campaignId: string; poolId: string }> {
  const { id: campaignId } = await newCampaign(shop);
  const body = { source: 'generated', pattern: 'SPRING-########', count: 2 };
  const { id: poolId } = await shop.call('createCouponPool', { params: { id: campaignId }, body });
  return { campaignId, poolId };
}

async function newCode(shop: Shop): Promise<{ id: string; code: string }> {
  const { campaignId } = await newGeneratedPool(shop);
  const asked = { params: { id: campaignId }, query: { limit: '1' } };
  const { items } = await shop.call<{ items: { id: string; code: string }[] }>('listCoupons', asked);
  return items[0]!;
}

/** What a till redeemed that nobody knows. */
const unknownRedemption = (shop: Shop): Example => ({
  body: {
    deviceId: `till-${shop.word()}`,
    redemptions: [
      { sequence: 1, code: `NO${code(shop)}`, amountMinor: 100, currency: 'EUR', at: '2026-11-22T08:00:00Z' },
    ],
  },
});

async function newException(shop: Shop): Promise<string> {
  await shop.call('reconcileCoupons', unknownRedemption(shop));
  const { items } = await shop.call<{ items: { id: string }[] }>('listCouponExceptions', { query: { limit: '1' } });
  return items[0]!.id;
}

/** A call of every endpoint of coupons that succeeds, once. */
export const PROMOTIONS_EXAMPLES = {
  createCouponCampaign: (shop) => ({ body: { name: shop.word(), terms, limits: { total: 100, perProfile: 1 } } }),
  listCouponCampaigns: () => ({}),
  getCouponCampaign: ofCampaign,
  updateCouponCampaign: async (shop) => ({ ...(await ofNewCampaign(shop)), body: { state: 'paused' } }),
  listCouponVersions: ofCampaign,
  getCouponText: async (shop) => ({ ...(await ofCampaign(shop)), query: { language: 'de' } }),
  createCouponPool: async (shop) => ({
    ...(await ofNewCampaign(shop)),
    body: { source: 'generated', pattern: 'SPRING-########', count: 3, lowWatermark: 1 },
  }),
  listCouponPools: ofCampaign,
  generateCoupons: async (shop) => ({ params: { id: (await newGeneratedPool(shop)).poolId }, body: { count: 2 } }),
  importCoupons: async (shop) => ({ params: { id: (await couponsOf(shop)).poolId }, ...newCodes(shop) }),
  listCoupons: ofCampaign,
  exportCoupons: ofCampaign,
  voidCoupon: async (shop) => ({ params: { id: (await newCode(shop)).id } }),
  assignCoupon: async (shop) => ({
    params: { id: (await couponsOf(shop)).id },
    body: { profileId: shop.profileId, intent: shop.word() },
  }),
  validateCoupons: async (shop) => ({ body: await quote(shop) }),
  holdCoupons: async (shop) => ({ body: { ...(await quote(shop)), ownerRef: `cart:${shop.word()}` } }),
  releaseCoupons: async (shop) => ({ body: await newHold(shop) }),
  commitCoupons: async (shop) => ({ body: { ...(await newHold(shop)), ...order(shop) } }),
  redeemCoupons: async (shop) => ({ body: { ...(await quote(shop)), ...order(shop) } }),
  voidCoupons: async (shop) => ({ body: await newRedemption(shop) }),
  listCouponRedemptions: () => ({}),
  createCouponSheet: (shop) => ({ body: { deviceId: `till-${shop.word()}` } }),
  createCouponVouchers: async (shop) => ({ body: { codes: [(await newCode(shop)).code] } }),
  reconcileCoupons: unknownRedemption,
  listCouponExceptions: () => ({}),
  resolveCouponException: async (shop) => ({ params: { id: await newException(shop) }, body: { note: 'looked at' } }),
} as const satisfies Readonly<Record<string, MakeExample>>;
