import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CouponWorld } from './testing/coupon-world.ts';

let shop: CouponWorld;
beforeAll(async () => {
  shop = await CouponWorld.open();
});
afterAll(() => shop.close());

describe('a coupon', () => {
  it('is validated, held, redeemed and taken back', async () => {
    const campaign = await shop.campaign({ limits: { total: 5, budget: { amountMinor: 10_000, currency: 'EUR' } } });
    const [code = ''] = await shop.codes(campaign, 3);
    const quote = await shop.call('coupons/validate', shop.quote([code.toLowerCase().replaceAll('-', ' ')]));
    expect(quote).toMatchObject({ discountMinor: 100, totalMinor: 900, refused: [] });
    const held = await shop.call('coupons/hold', { ...shop.quote([code]), ownerRef: 'cart:1' });
    expect(held).toMatchObject({ discountMinor: 100, ownerRef: 'cart:1', expiresAt: expect.any(String) });
    expect(await shop.call('coupons/hold', { ...shop.quote([code]), ownerRef: 'cart:1' })).toEqual(held);
    const other = await shop.call('coupons/hold', { ...shop.quote([code]), ownerRef: 'cart:2' });
    expect(other).toMatchObject({ discounts: [], refused: [{ reason: 'held' }], expiresAt: null });
    const order = { orderSource: 'web', orderRef: '1001' };
    const done = await shop.call('coupons/commit', { ownerRef: 'cart:1', ...order });
    expect(done).toMatchObject({ redemptions: [{ state: 'redeemed', amountMinor: 100 }], isRepeat: false });
    expect(await shop.call('coupons/commit', { ownerRef: 'cart:1', ...order })).toMatchObject({ isRepeat: true });
    expect(await shop.call('coupons/validate', shop.quote([code]))).toMatchObject({ refused: [{ reason: 'used_up' }] });
    const { body: now } = await shop.get(`coupon-campaigns/${campaign.id}`);
    expect(now).toMatchObject({ redeemed: 1, held: 0, spent: [{ amountMinor: 100, currency: 'EUR' }] });
    expect(await shop.call('coupons/void', order)).toEqual({ voided: 1 });
    expect(await shop.call('coupons/void', order)).toEqual({ voided: 0 });
    expect(await shop.call('coupons/validate', shop.quote([code]))).toMatchObject({ discountMinor: 100 });
    const [row] = await shop.rows(
      'select held, redeemed, budget_held, budget_used from coupon_campaign where workspace_id = $1 and id = $2',
      [campaign.uuid],
    );
    expect(row).toEqual({ held: 0, redeemed: 0, budget_held: 0, budget_used: 0 });
  });
});
