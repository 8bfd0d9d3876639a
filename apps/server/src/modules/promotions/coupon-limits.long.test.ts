import fc from 'fast-check';
import { propertyRuns } from '@segue/testkit/property-runs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../platform/eventlog/index.ts';
import { isLostRace } from '../../platform/postgres/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { batchOf } from './coupon-batch.ts';
import { couponFollower, runHoldExpiry } from './index.ts';
import { wrongCounts } from './testing/coupon-books.ts';
import { CouponWorld, type Reply } from './testing/coupon-world.ts';
import { orderState } from './testing/order-states.ts';

let first: CouponWorld;
let used = 1;
beforeAll(async () => {
  first = await CouponWorld.open({ maxConnections: 50 });
});
afterAll(() => first.close());

const OWNERS = 6;
const ORDERS = 8;
const CODES = 4;
const PROFILES = 3;

/** Something that happens to a coupon, somewhere. */
type Step = { readonly code: number; readonly owner: number; readonly order: number; readonly who: number } & {
  readonly kind: 'hold' | 'release' | 'commit' | 'redeem' | 'void' | 'shop' | 'cancel' | 'till' | 'expire' | 'merge';
};

const KINDS = [
  'hold',
  'hold',
  'release',
  'commit',
  'commit',
  'redeem',
  'redeem',
  'void',
  'shop',
  'cancel',
  'till',
  'expire',
  'merge',
] as const;
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...KINDS),
  code: fc.nat(CODES - 1),
  owner: fc.nat(OWNERS - 1),
  order: fc.nat(ORDERS - 1),
  who: fc.nat(PROFILES),
});

interface Limits {
  readonly perCode: number;
  readonly total: number;
  readonly perProfile: number;
  readonly budgetMinor: number;
}
const limits: fc.Arbitrary<Limits> = fc.record({
  perCode: fc.integer({ min: 1, max: 4 }),
  total: fc.integer({ min: 1, max: 8 }),
  perProfile: fc.integer({ min: 1, max: 3 }),
  budgetMinor: fc.constantFrom(0, 99, 100, 250, 400, 10_000),
});

/** A workspace with a campaign of every limit, a shared code, single ones, and customers. */
class Shop {
  readonly #world: CouponWorld;
  readonly #codes: readonly string[];
  readonly #profiles: readonly string[];
  #sequence = 0;
  /** Redemptions that were answered as voided now. */
  voided = 0;
  /** What an answer said that none may say. */
  readonly faults: unknown[] = [];

  private constructor(world: CouponWorld, parts: { codes: readonly string[]; profiles: readonly string[] }) {
    this.#world = world;
    this.#codes = parts.codes;
    this.#profiles = parts.profiles;
  }

  static async open(world: CouponWorld, { perCode, total, perProfile, budgetMinor }: Limits): Promise<Shop> {
    const budget = { amountMinor: budgetMinor, currency: 'EUR' };
    const terms = { offlineCap: { amountMinor: 1_000, currency: 'EUR' } };
    const campaign = await world.campaign({ terms, limits: { total, perProfile, budget } });
    const free = await world.campaign({ terms });
    const codes = [
      await world.shared(campaign, { perCode }),
      ...(await world.codes(campaign, 1)),
      ...(await world.codes(free, 1)),
      await world.shared(free),
    ];
    const profiles: string[] = [];
    for (let at = 0; at < PROFILES; at++) profiles.push(await world.profile());
    return new Shop(world, { codes, profiles });
  }

  /** Does it; a deadlock that was rolled back whole is done again, as a loop and the order book do. */
  async run(one: Step): Promise<void> {
    for (let attempts = 1; ; attempts++) {
      try {
        return await this.#do(one);
      } catch (error) {
        if (!isLostRace(error) || attempts === 10) throw error;
      }
    }
  }

  async #do({ kind, code, owner, order, who }: Step): Promise<void> {
    const codes = [this.#codes[code]!];
    const profileId = this.#profiles[who];
    const quote = this.#world.quote(codes, profileId === undefined ? {} : { profileId });
    const ownerRef = `cart:${owner}`;
    const name = { orderSource: 'web', orderRef: String(order) };
    const told = orderState({ source: 'web', sourceOrderId: String(order), couponCodes: codes });
    switch (kind) {
      case 'hold':
        return this.#check(await this.#world.post('coupons/hold', { ...quote, ownerRef }));
      case 'release':
        return this.#check(await this.#world.post('coupons/release', { ownerRef }));
      case 'commit':
        return this.#check(await this.#world.post('coupons/commit', { ownerRef, ...name }), [404, 409]);
      case 'redeem':
        return this.#check(await this.#world.post('coupons/redeem', { ...quote, ...name }));
      case 'void': {
        const reply = await this.#world.post('coupons/void', name);
        this.voided += Number(reply.body['voided']);
        return this.#check(reply);
      }
      case 'till':
        return this.#check(await this.#world.post('coupons/reconcile', this.#till(code, profileId)));
      case 'merge': {
        const [one, other] = [this.#profiles[who % PROFILES]!, this.#profiles[(who + 1) % PROFILES]!];
        // Who is one already is not merged again.
        return this.#check(await this.#world.post(`profiles/${one}/merge`, { with: other }), [404, 409, 400]);
      }
      case 'shop':
        return this.#follow(() => ({ before: undefined, after: told }));
      case 'cancel':
        return this.#follow(() => ({ before: told, after: { ...told, standing: 'cancelled' } }));
      case 'expire':
        return void (await runHoldExpiry(this.#world.services));
    }
  }

  #till(code: number, profileId: string | undefined): JsonObject {
    const at = new Date(this.#world.clock.now()).toISOString();
    const redemption = { sequence: ++this.#sequence, code: this.#codes[code]!, amountMinor: 100, currency: 'EUR', at };
    return { deviceId: 'till', redemptions: [{ ...redemption, ...(profileId !== undefined && { profileId }) }] };
  }

  async #follow(change: () => Parameters<typeof couponFollower.follow>[1][number]): Promise<void> {
    await inTransaction(this.#world.ctx, (ctx) => couponFollower.follow(batchOf(ctx), [change()]));
  }

  #check({ status, body }: Reply, expected: readonly number[] = []): void {
    if (status !== 200 && !expected.includes(status)) this.faults.push([status, body]);
  }
}

describe('coupons under fifty connections at once', () => {
  it('no code, campaign, budget or customer is ever beyond its limit, and every count is what holds and redemptions say', async () => {
    const waves = fc.array(fc.array(step, { minLength: 20, maxLength: 50 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(limits, waves, async (given, all) => {
        const world = first.workspace(++used);
        const shop = await Shop.open(world, given);
        for (const wave of all) {
          await Promise.all(wave.map((one) => shop.run(one)));
          expect([world.failures, shop.faults]).toEqual([[], []]);
          expect(await wrongCounts(world)).toEqual([]);
          world.clock.advance(15 * 60_000);
        }
        const doubled = await world.rows(
          `select code_id, order_source, order_ref from coupon_redemption where workspace_id = $1
           group by 1, 2, 3 having count(*) > 1`,
        );
        expect(doubled).toEqual([]);
        while ((await runHoldExpiry(world.services)) > 0);
        expect(await wrongCounts(world)).toEqual([]);
        const held = await world.rows(`select 1 from coupon_hold where workspace_id = $1 and state = 'held'`);
        expect(held).toEqual([]);
      }),
      { numRuns: propertyRuns(8), endOnFailure: true },
    );
  }, 300_000);

  it('one code that fifty ask for is spent as often as it may be, wherever they are', async () => {
    const world = first.workspace(++used);
    const campaign = await world.campaign({ limits: { total: 7 } });
    const code = await world.shared(campaign, { perCode: 5 });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => {
        const channel = ['web', 'pos', 'marketplace:one'][at % 3]!;
        const order = { orderSource: channel, orderRef: String(at) };
        return world.call<{ redemptions: JsonObject[]; refused: JsonObject[] }>('coupons/redeem', {
          ...world.quote([code], { channel }),
          ...order,
        });
      }),
    );
    expect(answers.flatMap(({ redemptions }) => redemptions)).toHaveLength(5);
    expect(answers.filter(({ refused }) => refused[0]?.['reason'] === 'used_up')).toHaveLength(45);
    expect(await wrongCounts(world)).toEqual([]);
  });

  it('a budget is given away to the last cent that fits and no further', async () => {
    const world = first.workspace(++used);
    const campaign = await world.campaign({ limits: { budget: { amountMinor: 1_050, currency: 'EUR' } } });
    const code = await world.shared(campaign);
    await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        world.call('coupons/hold', { ...world.quote([code]), ownerRef: `cart:${at}` }),
      ),
    );
    const [row] = await world.rows('select budget_held, budget_used from coupon_campaign where workspace_id = $1');
    expect(row).toEqual({ budget_held: 1_000, budget_used: 0 });
    const done = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        world.post('coupons/commit', { ownerRef: `cart:${at}`, orderSource: 'web', orderRef: String(at) }),
      ),
    );
    expect(done.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(await wrongCounts(world)).toEqual([]);
    expect(await world.rows('select budget_held, budget_used from coupon_campaign where workspace_id = $1')).toEqual([
      { budget_held: 0, budget_used: 1_000 },
    ]);
  });

  it('limits that come, change and go while fifty redeem count everything, and hold from then on', async () => {
    const world = first.workspace(++used);
    const campaign = await world.campaign();
    const code = await world.shared(campaign);
    const profileId = await world.profile();
    const budget = (amountMinor: number) => ({ amountMinor, currency: 'EUR' });
    const redeem = (order: number) =>
      world.post('coupons/redeem', {
        ...world.quote([code], order % 2 === 0 ? { profileId } : {}),
        ...{ orderSource: 'web', orderRef: String(order) },
      });
    const all = [
      { total: 500 },
      { total: 500, perProfile: 100 },
      {},
      { perProfile: 90, budget: budget(90_000) },
      { total: 400, perProfile: 90, budget: budget(80_000) },
    ];
    for (const [round, limits] of all.entries()) {
      const calls = Array.from({ length: 24 }, (_, at) => redeem(round * 100 + at));
      const changes = [0, 1].map(() => world.patch(`coupon-campaigns/${campaign.id}`, { limits }));
      const replies = await Promise.all([...calls.slice(0, 12), ...changes, ...calls.slice(12)]);
      expect([world.failures, replies.filter(({ status }) => status !== 200)]).toEqual([[], []]);
      expect(await wrongCounts(world)).toEqual([]);
    }
  });

  it('expiry, payment, release and cancelling of one hold in any order and repeated end it once', async () => {
    const ends = fc.array(fc.constantFrom('commit', 'release', 'expire', 'void' as const), {
      minLength: 2,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(ends, fc.boolean(), async (all, isAtOnce) => {
        const world = first.workspace(++used);
        const campaign = await world.campaign({ limits: { total: 1, perProfile: 1 } });
        const code = await world.shared(campaign, { perCode: 1 });
        const name = { orderSource: 'web', orderRef: '1' };
        await world.call('coupons/hold', {
          ...world.quote([code]),
          profileId: await world.profile(),
          ownerRef: 'cart',
        });
        world.clock.advance(15 * 60_000);
        const end = async (kind: (typeof all)[number]) => {
          if (kind === 'expire') await runHoldExpiry(world.services);
          else if (kind === 'commit') await world.post('coupons/commit', { ownerRef: 'cart', ...name });
          else await world.post(`coupons/${kind}`, kind === 'void' ? name : { ownerRef: 'cart' });
        };
        if (isAtOnce) await Promise.all(all.map(end));
        else for (const kind of all) await end(kind);
        expect(await wrongCounts(world)).toEqual([]);
        await world.post('coupons/void', name);
        await world.post('coupons/release', { ownerRef: 'cart' });
        const again = await world.call('coupons/redeem', {
          ...world.quote([code], { profileId: await world.profile() }),
          ...{ orderSource: 'web', orderRef: '2' },
        });
        expect(again).toMatchObject({ redemptions: [{ state: 'redeemed' }] });
        expect(await wrongCounts(world)).toEqual([]);
      }),
      { numRuns: propertyRuns(8), endOnFailure: true },
    );
  }, 300_000);
});
