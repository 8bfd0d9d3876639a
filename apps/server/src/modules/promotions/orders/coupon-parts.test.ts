import { describe, expect, it } from 'vitest';
import { couponParts } from './coupon-parts.ts';

describe('what the coupons of an order took off', () => {
  it('is what its shop says of each, however the code is typed', () => {
    const order = { discountMinor: 1_500, couponAmounts: { 'ten-off': 1_000, FIVE: 500 } };
    expect(couponParts(order, ['TENOFF', 'FIVE'])).toEqual([1_000, 500]);
  });

  it('is an equal part of what is left where the shop says nothing, and sums to the discount', () => {
    expect(couponParts({ discountMinor: 1_000 }, ['A', 'B', 'C'])).toEqual([334, 333, 333]);
    expect(couponParts({ discountMinor: 1_000, couponAmounts: { B: 600 } }, ['A', 'B', 'C'])).toEqual([200, 600, 200]);
    expect(couponParts({ discountMinor: 100, couponAmounts: { B: 600 } }, ['A', 'B'])).toEqual([0, 600]);
  });
});
