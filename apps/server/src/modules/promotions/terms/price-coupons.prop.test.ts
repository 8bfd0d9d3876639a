import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Cart, type CouponOffer, valueOf } from './cart.ts';
import { priceCoupons } from './price-coupons.ts';
import { cartOf, lineOf, offerOf } from './testing/carts.ts';

const NAMES = ['tee', 'mug', 'cap'] as const;
const products = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 }).map((collections) => ({ collections }));
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const euros = fc.integer({ min: 1, max: 5_000 }).map((amountMinor) => [{ amountMinor, currency: 'EUR' }]);
const percent = fc.integer({ min: 1, max: 10_000 }).map((hundredths) => hundredths / 100);
const pieces = fc.integer({ min: 1, max: 3 });

const benefit = fc.oneof(
  fc.record({ kind: fc.constant('percent'), percent, atMost: euros }, { requiredKeys: ['kind', 'percent'] }),
  fc.record({ kind: fc.constant('amount'), amounts: euros }),
  fc.record({ kind: fc.constant('free_shipping'), atMost: euros }, { requiredKeys: ['kind'] }),
  fc.record(
    { kind: fc.constant('buy_get'), buy: pieces, get: pieces, percent, gets: products, times: pieces },
    { requiredKeys: ['kind', 'buy', 'get'] },
  ),
);
const stacking = fc.oneof(
  fc.record({ kind: fc.constant('group' as const), group: fc.constantFrom('a', 'b', 'c') }),
  fc.constant({ kind: 'exclusive' as const }),
);

const offer: fc.Arbitrary<CouponOffer> = fc
  .record({
    benefit,
    stacking,
    only: maybe(products),
    except: maybe(products),
    minimum: maybe(euros),
    excludeSale: fc.boolean(),
  })
  .map(({ only, except, minimum, ...terms }) =>
    offerOf({ ...terms, ...(only && { only }), ...(except && { except }), ...(minimum && { minimum }) }),
  );

const cart: fc.Arbitrary<Cart> = fc
  .record({
    lines: fc.array(
      fc.record({
        quantity: fc.integer({ min: 1, max: 6 }),
        unitPriceMinor: fc.oneof(fc.nat(5), fc.nat(3_000)),
        off: fc.nat(100),
        isOnSale: fc.boolean(),
        collections: fc.subarray([...NAMES]),
      }),
      { maxLength: 6 },
    ),
    shippingMinor: fc.nat(900),
  })
  .map(({ lines, shippingMinor }) =>
    cartOf(
      lines.map(({ off, ...line }, at) => {
        const discountMinor = Math.min(off, line.quantity * line.unitPriceMinor);
        return lineOf(String(at), { ...line, discountMinor });
      }),
      { shippingMinor },
    ),
  );

const NOW = Date.UTC(2026, 10, 22);
const given = fc.tuple(cart, fc.array(offer, { maxLength: 6 }));

it('nothing is ever reduced below zero: no line, not the shipping, not the cart; and every sum adds up', () => {
  fc.assert(
    fc.property(given, ([goods, offers]) => {
      const priced = priceCoupons(goods, offers, NOW);
      const left = new Map(goods.lines.map((line) => [line.id, valueOf(line)]));
      let shippingLeft = goods.shippingMinor;
      for (const discount of priced.discounts) {
        let sum = discount.shippingMinor;
        shippingLeft -= discount.shippingMinor;
        for (const { lineId, amountMinor } of discount.lines) {
          expect(amountMinor).toBeGreaterThan(0);
          left.set(lineId, left.get(lineId)! - amountMinor);
          sum += amountMinor;
        }
        expect(discount.amountMinor).toBe(sum);
        expect(sum).toBeGreaterThan(0);
      }
      for (const rest of [...left.values(), shippingLeft]) expect(rest).toBeGreaterThanOrEqual(0);
      const rest = [...left.values()].reduce((sum, one) => sum + one, 0) + shippingLeft;
      expect(priced.totalMinor).toBe(rest);
      expect(priced.subtotalMinor + goods.shippingMinor - priced.discountMinor).toBe(rest);
    }),
    { numRuns: propertyRuns(1_000) },
  );
});

it('the order of codes, and giving one twice, changes nothing', () => {
  fc.assert(
    fc.property(
      given.chain(([goods, offers]) =>
        fc.tuple(
          fc.constant(goods),
          fc.constant(offers),
          fc.shuffledSubarray([...offers], { minLength: offers.length }),
          fc.subarray([...offers]),
        ),
      ),
      ([goods, offers, shuffled, twice]) => {
        expect(priceCoupons(goods, [...shuffled, ...twice], NOW)).toEqual(priceCoupons(goods, offers, NOW));
      },
    ),
    { numRuns: propertyRuns(1_000) },
  );
});

it('every code is either counted or refused, one of a group counts, and an exclusive one counts alone', () => {
  fc.assert(
    fc.property(given, ([goods, offers]) => {
      const { discounts, refused } = priceCoupons(goods, offers, NOW);
      const told = [...discounts.map(({ offer: { code } }) => code), ...refused.map(({ code }) => code)];
      expect(told.sort()).toEqual(offers.map(({ code }) => code).sort());
      const groups = discounts.map(({ offer: { terms } }) =>
        terms.stacking.kind === 'group' ? terms.stacking.group : '!',
      );
      expect(new Set(groups).size).toBe(groups.length);
      if (groups.includes('!')) expect(groups).toHaveLength(1);
    }),
    { numRuns: propertyRuns(1_000) },
  );
});

it('another code never makes a cart dearer', () => {
  fc.assert(
    fc.property(cart, fc.array(offer, { maxLength: 3 }), offer, (goods, offers, more) => {
      // Of one group: what adds up is taken off in turns, so that a percentage may be of less.
      const alone = (one: CouponOffer): CouponOffer => ({
        ...one,
        terms: { ...one.terms, stacking: { kind: 'group', group: 'a' } },
      });
      const before = priceCoupons(goods, offers.map(alone), NOW).totalMinor;
      expect(priceCoupons(goods, [...offers, more].map(alone), NOW).totalMinor).toBeLessThanOrEqual(before);
    }),
    { numRuns: propertyRuns(500) },
  );
});
