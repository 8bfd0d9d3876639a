import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../platform/eventlog/index.ts';
import { parsePublicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { undoNewestMerge } from '../../testkit/index.ts';
import { listNodeIds } from '../profiles/index.ts';
import { couponFactsOf, promotionsPersonalData } from './index.ts';
import { CouponWorld } from './testing/coupon-world.ts';

let shop: CouponWorld;
beforeAll(async () => {
  shop = await CouponWorld.open();
});
afterAll(() => shop.close());

const redeem = (code: string, profileId: string) =>
  shop.call<{ redemptions: JsonObject[]; refused: { reason: string }[] }>('coupons/redeem', {
    ...shop.quote([code], { profileId }),
    ...{ orderSource: 'web', orderRef: shop.word() },
  });
const usesOf = async (profileId: string) =>
  shop.rows('select used, over from coupon_profile_use where workspace_id = $1 and profile_id = $2', [
    parsePublicId('prf', profileId),
  ]);
const exceptionsOf = async (campaignId: string) => {
  const { body } = await shop.get('coupon-exceptions?limit=500');
  return (body['items'] as JsonObject[]).filter((one) => one['campaignId'] === campaignId);
};

describe('two customers who turn out to be one', () => {
  it('are beyond the limit of one together: told once, nothing is taken back, and she gets no more until uses come back', async () => {
    const campaign = await shop.campaign({ limits: { perProfile: 2 } });
    const code = await shop.shared(campaign);
    const [a, b] = [await shop.profile('merge.a@customer.example'), await shop.profile('merge.b@customer.example')];
    await redeem(code, a);
    await redeem(code, a);
    const { redemptions } = await redeem(code, b);
    await shop.see('userId:merged', 'email:merge.a@customer.example');
    const one = await shop.see('email:merge.b@customer.example', 'userId:merged');
    expect(await usesOf(one)).toEqual([{ used: 2, over: 1 }]);
    expect(await exceptionsOf(campaign.id)).toMatchObject([
      { kind: 'merged_over_limit', profileId: one, detail: { uses: 3, limit: 2 } },
    ]);
    expect((await redeem(code, one)).refused).toMatchObject([{ reason: 'profile_limit' }]);
    const [{ orderSource, orderRef } = {}] = redemptions;
    await shop.call('coupons/void', { orderSource, orderRef });
    expect(await usesOf(one)).toEqual([{ used: 2, over: 0 }]);
    expect((await redeem(code, one)).refused).toMatchObject([{ reason: 'profile_limit' }]);
    const { body } = await shop.get(`coupon-redemptions?profileId=${one}`);
    expect(body['items']).toHaveLength(3);
    // Another merge that adds nothing is not told of.
    await shop.see('userId:merged', `email:${shop.word()}@customer.example`);
    expect(await exceptionsOf(campaign.id)).toHaveLength(1);
  });

  it('have the codes and holds of both, and each has her own again when the merge is undone', async () => {
    const campaign = await shop.campaign({ limits: { perProfile: 1 } });
    const [code, taken = ''] = [await shop.shared(campaign), ...(await shop.codes(campaign, 1))];
    const [a, b] = [await shop.profile(), await shop.profile()];
    const { code: given } = await shop.call<{ code: string }>(`coupon-campaigns/${campaign.id}/assign`, {
      profileId: b,
      intent: 'welcome',
    });
    expect([code, taken]).toContain(given);
    await redeem(code, a);
    const ownerRef = shop.word();
    await shop.call('coupons/hold', { ...shop.quote([code], { profileId: b }), ownerRef });
    await shop.call(`profiles/${a}/merge`, { with: b });
    expect(await usesOf(a)).toEqual([{ used: 1, over: 1 }]);
    const facts = async (id: string) => {
      const uuid = parsePublicId('prf', id)!;
      return (await couponFactsOf(shop.ctx.sql, shop.ctx.workspaceId, [uuid])).get(uuid) ?? [];
    };
    expect(await facts(a)).toEqual([{ campaignId: campaign.id, states: new Set(['assigned', 'redeemed']) }]);
    await undoNewestMerge(shop.app, parsePublicId('prf', a)!);
    expect([await usesOf(a), await usesOf(b)]).toEqual([[{ used: 1, over: 0 }], [{ used: 1, over: 0 }]]);
    expect([await facts(a), await facts(b)]).toMatchObject([
      [{ states: new Set(['redeemed']) }],
      [{ states: new Set(['assigned']) }],
    ]);
    expect(await shop.call('coupons/release', { ownerRef })).toEqual({ released: 1 });
    expect(await usesOf(b)).toEqual([{ used: 0, over: 0 }]);
  });
});

describe('an erased customer', () => {
  it('is in no redemption, hold or exception any more, while the books of the campaign stay as they are', async () => {
    const campaign = await shop.campaign({ limits: { perProfile: 5, total: 9 } });
    const code = await shop.shared(campaign);
    const profileId = await shop.profile();
    const uuid = parsePublicId('prf', profileId)!;
    await redeem(code, profileId);
    await shop.call('coupons/hold', { ...shop.quote([code], { profileId }), ownerRef: shop.word() });
    await shop.call(`coupon-campaigns/${campaign.id}/assign`, { profileId, intent: 'welcome' });
    const subject = {
      ...{ profileId: uuid, profileIds: [uuid], nodes: await listNodeIds(shop.ctx, uuid) },
      ...{ identifiers: [], values: [] },
    };
    const kinds: string[] = [];
    for await (const { kind } of promotionsPersonalData.export(shop.ctx, subject)) kinds.push(kind);
    expect(kinds).toEqual(['coupon', 'couponRedemption', 'couponHold', 'couponHold']);
    const { rows } = await inTransaction(shop.ctx, (ctx) => promotionsPersonalData.erase(ctx, subject));
    expect(rows).toBe(5);
    for await (const item of promotionsPersonalData.export(shop.ctx, subject)) expect(item).toBeUndefined();
    const { body } = await shop.get(`coupon-campaigns/${campaign.id}`);
    expect(body).toMatchObject({ redeemed: 1, held: 1 });
  });
});
