import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../platform/eventlog/index.ts';
import { parsePublicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import type { OrderChange, OrderState, PlacedOrder } from '../orders/index.ts';
import { holdProfiles } from '../profiles/index.ts';
import { batchOf } from './coupon-batch.ts';
import { couponFollower, createOrderCoupons, takeCoupons, takeHonoured } from './index.ts';
import { CouponWorld } from './testing/coupon-world.ts';
import { orderState } from './testing/order-states.ts';

let shop: CouponWorld;
beforeAll(async () => {
  shop = await CouponWorld.open();
});
afterAll(() => shop.close());

const port = createOrderCoupons();

const follow = (...changes: readonly OrderChange[]) =>
  inTransaction(shop.ctx, (ctx) => couponFollower.follow(batchOf(ctx), changes));
const placed = (after: OrderState): OrderChange => ({ before: undefined, after });

const redemptionsOf = async (order: Pick<OrderState, 'source' | 'sourceOrderId'>) => {
  const { body } = await shop.get(
    `coupon-redemptions?orderSource=${encodeURIComponent(order.source)}&orderRef=${encodeURIComponent(order.sourceOrderId)}`,
  );
  return (body['items'] as JsonObject[]).map(({ state, amountMinor, profileId }) => ({
    state,
    amountMinor,
    profileId,
  }));
};

const codeCounts = async (code: string) => {
  const [row] = await shop.rows<{ held: number; redeemed: number }>(
    'select held, redeemed from coupon_code where workspace_id = $1 and code = $2',
    [code],
  );
  return row;
};

const placedOrder = (fields: Partial<PlacedOrder> = {}): PlacedOrder => ({
  ...{ orderId: randomUUID(), source: 'chat', sourceOrderId: shop.word(), channel: 'chat' },
  ...{ owner: undefined, profileId: null },
  ...{ currency: 'EUR', shippingMinor: 0 },
  lines: [{ id: '1', variantId: randomUUID(), sku: 'TEE', quantity: 1, unitPriceMinor: 1_000, discountMinor: 0 }],
  ...fields,
});
const nameOf = (order: PlacedOrder) => ({
  id: order.orderId,
  source: order.source,
  sourceOrderId: order.sourceOrderId,
});

describe('an order placed here', () => {
  it('takes over what its cart held, redeems it once it is paid, and is not counted again by its own story', async () => {
    const [code = ''] = await shop.codes(await shop.campaign(), 1);
    const cartRef = shop.word();
    await shop.call('coupons/hold', { ...shop.quote([code]), ownerRef: cartRef });
    const order = placedOrder();
    const state = orderState({ ...nameOf(order), channel: 'chat', couponCodes: [code], payment: 'pending' });
    const held = await inTransaction(shop.ctx, async (ctx) => {
      const [answer] = await port.hold(ctx, [{ order, codes: [code], cartRef, isPaid: false }]);
      await couponFollower.follow(batchOf(ctx), [placed(state)]);
      return answer;
    });
    expect(held).toMatchObject({ kind: 'held', discounts: [{ code, amountMinor: 100, lines: [{ lineId: '1' }] }] });
    expect(await codeCounts(code)).toEqual({ held: 1, redeemed: 0 });
    shop.clock.advance(60 * 60_000);
    const paid = { ...state, payment: 'paid' as const };
    for (let time = 0; time < 2; time++) {
      await inTransaction(shop.ctx, async (ctx) => {
        await couponFollower.follow(batchOf(ctx), [{ before: state, after: paid }]);
        await port.commit(ctx, [nameOf(order)]);
      });
    }
    expect(await redemptionsOf(state)).toMatchObject([{ state: 'redeemed', amountMinor: 100 }]);
    const cancelled = { ...paid, standing: 'cancelled' as const };
    for (let time = 0; time < 2; time++) {
      await inTransaction(shop.ctx, async (ctx) => {
        await couponFollower.follow(batchOf(ctx), [{ before: paid, after: cancelled }]);
        await port.void(ctx, [nameOf(order)]);
      });
    }
    expect([await codeCounts(code), await redemptionsOf(state)]).toMatchObject([
      { held: 0, redeemed: 0 },
      [{ state: 'voided' }],
    ]);
  });

  it('holds every code or none: one that does not count is named as it was typed, and the cart keeps what it held', async () => {
    const [code = ''] = await shop.codes(await shop.campaign(), 1);
    const [spent = ''] = await shop.codes(await shop.campaign(), 1);
    await shop.call('coupons/redeem', { ...shop.quote([spent]), orderSource: 'web', orderRef: shop.word() });
    const cartRef = shop.word();
    await shop.call('coupons/hold', { ...shop.quote([code]), ownerRef: cartRef });
    const typed = spent.toLowerCase();
    const order = placedOrder();
    const [held] = await inTransaction(shop.ctx, (ctx) =>
      port.hold(ctx, [{ order, codes: [code, typed], cartRef, isPaid: false }]),
    );
    expect(held).toMatchObject({ kind: 'refused', code: typed });
    expect(
      await shop.call('coupons/commit', { ownerRef: cartRef, orderSource: 'web', orderRef: shop.word() }),
    ).toMatchObject({
      redemptions: [{}],
    });
  });
});

describe('an order that a shop took', () => {
  it('redeems its codes once, however often and in whatever batches it is told', async () => {
    const campaign = await shop.campaign();
    const [one = '', two = ''] = await shop.codes(campaign, 2);
    const order = orderState({ couponCodes: [one, two.toLowerCase(), 'SHOPS-OWN'], discountMinor: 301 });
    const other = orderState({ couponCodes: ['SHOPS-OWN'] });
    await Promise.all([
      follow(placed(order), placed(other)),
      follow(placed(order)),
      follow({ before: order, after: order }),
    ]);
    const redeemed = await redemptionsOf(order);
    expect(redeemed.map(({ state, amountMinor }) => [state, amountMinor]).sort()).toEqual([
      ['redeemed', 100],
      ['redeemed', 101],
    ]);
    expect(await redemptionsOf(other)).toEqual([]);
  });

  it('is the end of what its cart held', async () => {
    const [code = ''] = await shop.codes(await shop.campaign(), 1);
    const token = shop.word();
    await shop.call('coupons/hold', { ...shop.quote([code]), ownerRef: `cart:${token}` });
    const order = orderState({ couponCodes: [code], cartToken: token });
    await follow(placed(order));
    expect([await redemptionsOf(order), await codeCounts(code)]).toMatchObject([
      [{ state: 'redeemed' }],
      { held: 0, redeemed: 1 },
    ]);
    expect(await shop.call('coupons/release', { ownerRef: `cart:${token}` })).toEqual({ released: 0 });
  });

  it('beyond a limit is an exception that counts for none, and gives nothing back when it is cancelled', async () => {
    const campaign = await shop.campaign();
    const [code = ''] = await shop.codes(campaign, 1);
    const [first, second] = [orderState({ couponCodes: [code] }), orderState({ couponCodes: [code] })];
    await Promise.all([follow(placed(first)), follow(placed(second))]);
    const states = [...(await redemptionsOf(first)), ...(await redemptionsOf(second))].map(({ state }) => state);
    expect(states.sort()).toEqual(['exception', 'redeemed']);
    const beyond = (await redemptionsOf(first))[0]?.state === 'exception' ? first : second;
    await follow({ before: beyond, after: { ...beyond, standing: 'cancelled' } });
    expect(await codeCounts(code)).toEqual({ held: 0, redeemed: 1 });
    const { body } = await shop.get('coupon-exceptions?limit=500');
    expect(body['items']).toContainEqual(
      expect.objectContaining({
        kind: 'used_up',
        campaignId: campaign.id,
        amount: { amountMinor: 100, currency: 'EUR' },
      }),
    );
  });

  it('that is cancelled, voided or edited gives its uses back once', async () => {
    const campaign = await shop.campaign();
    for (const gone of [{ standing: 'cancelled' }, { payment: 'voided' }, { couponCodes: [] }] as const) {
      const [code = ''] = await shop.codes(campaign, 1);
      const order = orderState({ couponCodes: [code] });
      await follow(placed(order));
      const after = { ...order, ...gone };
      await Promise.all([follow({ before: order, after }), follow({ before: order, after })]);
      expect([await codeCounts(code), await redemptionsOf(order)]).toMatchObject([
        { redeemed: 0 },
        [{ state: 'voided' }],
      ]);
    }
  });

  it('counts for nobody while it is a test or not accepted', async () => {
    const [code = ''] = await shop.codes(await shop.campaign(), 1);
    await follow(placed(orderState({ couponCodes: [code], isTest: true })));
    await follow(placed(orderState({ couponCodes: [code], isAccepted: false })));
    expect(await codeCounts(code)).toEqual({ held: 0, redeemed: 0 });
  });

  it('counts for its customer once she is known; beyond her limit it is for people to look at', async () => {
    const campaign = await shop.campaign({ limits: { perProfile: 1 } });
    const code = await shop.shared(campaign);
    const profileId = await shop.profile();
    const uuid = parsePublicId('prf', profileId)!;
    const node = await inTransaction(shop.ctx, async (ctx) => {
      const { ofIds } = await holdProfiles(ctx, { profileIds: [uuid], identifiers: [] });
      return ofIds[0]!.node;
    });
    for (let time = 0; time < 2; time++) {
      const order = orderState({ couponCodes: [code] });
      await follow(placed(order));
      await follow({ before: order, after: { ...order, profileId: uuid, node } });
      expect(await redemptionsOf(order)).toMatchObject([{ state: 'redeemed', profileId }]);
    }
    const [use] = await shop.rows(
      'select used, over from coupon_profile_use where workspace_id = $1 and profile_id = $2',
      [uuid],
    );
    expect(use).toEqual({ used: 1, over: 1 });
    const { body } = await shop.get('coupon-exceptions?limit=500');
    const own = (body['items'] as JsonObject[]).filter((one) => one['profileId'] === profileId);
    expect(own).toMatchObject([{ kind: 'profile_limit', detail: { uses: 2, limit: 1 } }]);
  });
});

describe('a connected shop', () => {
  const told = (fields: object = {}) => ({
    ...{ id: '77', atMs: 2_000, code: `SHOP${shop.word()}`, kind: 'percent' as const, value: 1_250 },
    ...{ minimumMinor: 2_000, startsAtMs: undefined, expiresAtMs: undefined, isIndividual: true, excludesSale: false },
    emails: [],
    ...fields,
  });
  const take = (
    source: string,
    coupons: readonly ReturnType<typeof told>[],
    removed: { id: string; atMs: number }[] = [],
  ) => inTransaction(shop.ctx, (ctx) => takeCoupons(ctx, { source, coupons, removed }));

  it('has its coupons seen here: in any order of its words the newest counts, and a code of ours stays ours', async () => {
    const source = `shopify:${shop.word()}`;
    const coupon = told();
    const newer = { ...coupon, atMs: 3_000, value: 2_000 };
    await Promise.all([take(source, [coupon]), take(source, [newer]), take(source, [coupon])]);
    await take(source, [coupon]);
    const [own = ''] = await shop.codes(await shop.campaign(), 1);
    await take(source, [told({ id: '78', code: own }), told({ id: '79', value: 0 })]);
    const campaigns = async () =>
      shop.rows<{ source_ref: string; state: string; terms: JsonObject }>(
        `select c.source_ref, c.state, v.terms from coupon_campaign c
         join coupon_campaign_version v on v.workspace_id = c.workspace_id and v.campaign_id = c.id and v.version = c.version
         where c.workspace_id = $1 and c.source = $2`,
        [source],
      );
    expect(await campaigns()).toMatchObject([
      {
        ...{ source_ref: '77', state: 'active' },
        terms: { benefit: { kind: 'percent', percent: 20 }, channels: ['shopify'], stacking: { kind: 'exclusive' } },
      },
    ]);
    const order = orderState({ source, couponCodes: [coupon.code] });
    await follow(placed(order));
    expect(await redemptionsOf(order)).toMatchObject([{ state: 'redeemed' }]);
    await take(source, [], [{ id: '77', atMs: 2_999 }]);
    expect(await campaigns()).toMatchObject([{ state: 'active' }]);
    await take(source, [], [{ id: '77', atMs: 3_001 }]);
    expect(await campaigns()).toMatchObject([{ state: 'archived' }]);
  });

  it('says what its till honoured without a connection: once an order and code, with the order’s own word beside it', async () => {
    const terms = { offlineCap: { amountMinor: 500, currency: 'EUR' } };
    const [code = ''] = await shop.codes(await shop.campaign({ terms }), 1);
    const email = `${shop.word()}@customer.example`;
    const profileId = await shop.profile(email);
    const order = orderState({ source: 'pos:till', channel: 'pos', couponCodes: [code] });
    const ref = { source: order.source, id: order.sourceOrderId };
    const honoured = {
      code,
      order: ref,
      channel: 'pos',
      amountMinor: 100,
      currency: 'EUR',
      atMs: order.placedAtMs,
      who: { email },
    };
    const tell = () =>
      inTransaction(shop.ctx, (ctx) => takeHonoured(ctx, [honoured, { ...honoured, code: 'NOT-A-CODE' }]));
    await Promise.all([tell(), follow(placed({ ...order, profileId: null })), tell()]);
    expect(await redemptionsOf(order)).toHaveLength(1);
    expect(await codeCounts(code)).toEqual({ held: 0, redeemed: 1 });
    const { body } = await shop.get('coupon-exceptions?limit=500');
    const lost = (body['items'] as { kind: string; detail: JsonObject }[]).filter(
      ({ detail }) => detail['orderRef'] === ref.id,
    );
    expect(lost).toMatchObject([{ kind: 'unknown_code', detail: { code: 'NOT-A-CODE' } }]);
    const other = { ...honoured, order: { ...ref, id: shop.word() } };
    await inTransaction(shop.ctx, (ctx) => takeHonoured(ctx, [other]));
    const beyond = await redemptionsOf({ source: ref.source, sourceOrderId: other.order.id });
    expect(beyond).toEqual([{ state: 'exception', amountMinor: 100, profileId }]);
  });
});
