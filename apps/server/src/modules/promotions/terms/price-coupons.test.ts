import { describe, expect, it } from 'vitest';
import type { CouponOffer } from './cart.ts';
import { priceCoupons } from './price-coupons.ts';
import { cartOf, euros, lineOf, offerOf, percent } from './testing/carts.ts';

const NOW = Date.UTC(2026, 10, 22);
const line = (id: string, unitPriceMinor: number, quantity = 1) => lineOf(id, { unitPriceMinor, quantity });
const take = (offers: readonly CouponOffer[], cart = cartOf([line('a', 1_000), line('b', 2_000)])) =>
  priceCoupons(cart, offers, NOW);
const offLines = (offers: readonly CouponOffer[], cart?: ReturnType<typeof cartOf>) =>
  take(offers, cart).discounts.flatMap(({ lines }) => lines.map(({ lineId, amountMinor }) => [lineId, amountMinor]));

describe('what a coupon takes off', () => {
  it('a percentage is rounded once over all its lines and divided over them to the cent', () => {
    const cart = cartOf([line('a', 333), line('b', 333), line('c', 333)]);
    expect(offLines([offerOf({ benefit: percent(10) })], cart)).toEqual([
      ['a', 34],
      ['b', 33],
      ['c', 33],
    ]);
  });

  it('a percentage may have a most by currency', () => {
    const atMost = euros(250);
    expect(take([offerOf({ benefit: { ...percent(10), atMost } })]).discountMinor).toBe(250);
  });

  it('an amount is never more than the goods it counts for', () => {
    const only = { products: ['a'] };
    expect(take([offerOf({ benefit: { kind: 'amount', amounts: euros(5_000) }, only })]).discountMinor).toBe(1_000);
  });

  it('free shipping is the shipping, or so much of it', () => {
    const cart = cartOf([line('a', 1_000)], { shippingMinor: 490 });
    const free = take([offerOf({ benefit: { kind: 'free_shipping' } })], cart);
    expect([free.discounts[0]?.shippingMinor, free.totalMinor]).toEqual([490, 1_000]);
    expect(take([offerOf({ benefit: { kind: 'free_shipping', atMost: euros(300) } })], cart).totalMinor).toBe(1_190);
  });

  it('of what is bought and given the cheapest pieces are free, as often as it fits', () => {
    const cart = cartOf([line('dear', 900, 2), line('cheap', 300, 3)]);
    const offer = offerOf({ benefit: { kind: 'buy_get', buy: 2, get: 1 } });
    expect(offLines([offer], cart)).toEqual([['cheap', 300]]);
    const more = cartOf([line('dear', 900, 3), line('cheap', 300, 3)]);
    expect(offLines([offer], more)).toEqual([['cheap', 600]]);
    expect(offLines([offerOf({ benefit: { kind: 'buy_get', buy: 2, get: 1, times: 1, percent: 50 } })], more)).toEqual([
      ['cheap', 150],
    ]);
  });

  it('what is given can be other goods than what is to be bought', () => {
    const benefit = { kind: 'buy_get', buy: 1, get: 1, gets: { products: ['mug'] } };
    const offer = offerOf({ benefit, only: { products: ['tee'] } });
    expect(offLines([offer], cartOf([line('tee', 2_000), line('mug', 800, 2)]))).toEqual([['mug', 400 * 2]]);
    expect(take([offer], cartOf([line('mug', 800, 2)])).refused).toMatchObject([{ reason: 'no_product' }]);
    expect(take([offer], cartOf([line('tee', 800)])).refused).toMatchObject([{ reason: 'no_effect' }]);
  });

  it('what is reduced already, left out or not meant is not counted for, nor for the minimum', () => {
    const cart = cartOf([
      line('a', 1_000),
      lineOf('sale', { isOnSale: true, unitPriceMinor: 5_000 }),
      line('out', 9_000),
    ]);
    const terms = { benefit: percent(50), except: { products: ['OUT'] }, excludeSale: true };
    expect(offLines([offerOf(terms)], cart)).toEqual([['a', 500]]);
    expect(take([offerOf({ ...terms, minimum: euros(1_001) })], cart).refused).toMatchObject([{ reason: 'minimum' }]);
  });
});

describe('several coupons', () => {
  const inGroup = (group: string, value: number) =>
    offerOf({ benefit: percent(value), stacking: { kind: 'group', group } });

  it('of one group the best counts; groups add up, each on what the one before left', () => {
    const [ten, twenty, other] = [inGroup('a', 10), inGroup('a', 20), inGroup('b', 50)];
    const { discounts, refused, totalMinor } = take([ten, twenty, other]);
    expect(discounts.map(({ offer, amountMinor }) => [offer.code, amountMinor])).toEqual([
      [twenty.code, 600],
      [other.code, 1_200],
    ]);
    expect(refused).toMatchObject([{ code: ten.code, reason: 'better_coupon' }]);
    expect(totalMinor).toBe(1_200);
  });

  it('an exclusive one counts alone if it is better than all the others together, else not at all', () => {
    const alone = (value: number) => offerOf({ benefit: percent(value), stacking: { kind: 'exclusive' } });
    const both = [inGroup('a', 20), inGroup('b', 20)];
    expect(take([...both, alone(37)]).discounts.map(({ amountMinor }) => amountMinor)).toEqual([1_110]);
    expect(take([...both, alone(35)]).discountMinor).toBe(1_080);
  });

  it('one for which nothing is left says so', () => {
    const all = inGroup('a', 100);
    const rest = offerOf({ benefit: { kind: 'amount', amounts: euros(100) }, stacking: { kind: 'group', group: 'b' } });
    expect(take([rest, all]).refused).toMatchObject([{ code: rest.code, reason: 'no_effect' }]);
  });
});
