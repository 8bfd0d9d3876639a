import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderLine, OrderState } from '../../orders/index.ts';
import type { PointsTerms } from '../programs/program.ts';
import { pointsOfAmounts } from './exact-points.ts';
import { cameToNothing, pointsBack, pointsOfOrder } from './order-points.ts';

const line = fc
  .record({
    quantity: fc.integer({ min: 1, max: 9 }),
    unitPriceMinor: fc.integer({ min: 0, max: 50_000 }),
    off: fc.nat({ max: 100 }),
    gone: fc.nat({ max: 9 }),
    returned: fc.boolean(),
  })
  .map(({ quantity, unitPriceMinor, off, gone, returned }) => ({
    ...{ id: '', variantId: null, productRef: null, variantRef: null, sku: null, name: 'x' },
    ...{ variantTitle: null, brand: null, quantity, unitPriceMinor, fulfilled: 0 },
    discountMinor: Math.floor((quantity * unitPriceMinor * off) / 100),
    cancelled: returned ? 0 : Math.min(gone, quantity),
    returned: returned ? Math.min(gone, quantity) : 0,
  }));

const order: fc.Arbitrary<OrderState> = fc
  .record({
    lines: fc.array(line, { minLength: 1, maxLength: 4 }),
    shippingMinor: fc.nat({ max: 1_000 }),
    refundedShare: fc.nat({ max: 100 }),
  })
  .map(({ lines, shippingMinor, refundedShare }) => stateOf(lines, shippingMinor, refundedShare));

function stateOf(parts: readonly OrderLine[], shippingMinor: number, refundedShare: number): OrderState {
  const lines = parts.map((one, at) => ({ ...one, id: String(at) }));
  const goods = lines.reduce((sum, one) => sum + one.quantity * one.unitPriceMinor - one.discountMinor, 0);
  const totalMinor = goods + shippingMinor;
  return {
    ...{ id: 'o', source: 'api', sourceOrderId: 'o', channel: 'web', number: '1', locationId: null },
    ...{
      profileId: 'p',
      node: 1,
      currency: 'EUR',
      placedAtMs: 0,
      isAccepted: true,
      isTest: false,
      isPreorder: false,
      promisedAtMs: null,
    },
    payment: refundedShare === 0 ? 'paid' : 'partially_refunded',
    ...{ fulfilment: 'unfulfilled', standing: 'open', cancelledAtMs: null, totalMinor, subtotalMinor: goods },
    ...{ discountMinor: 0, shippingMinor, taxMinor: 0, paidMinor: totalMinor },
    refundedMinor: Math.floor((totalMinor * refundedShare) / 100),
    ...{ couponCodes: [], pointsRedeemed: 0, cartToken: null, lines, version: 1 },
  };
}

const terms = (points: number): PointsTerms => ({
  ...{ earn: { rates: [{ currency: 'EUR', points }], multipliers: [] }, rounding: 'down' },
  ...{ availability: { kind: 'at_once' }, expiry: { kind: 'never' }, noticeDays: null, burn: null },
  ...{ shortfall: 'debt', graceDays: 0, isTransferable: false },
});

describe('points of an order', () => {
  it('are those of the goods she keeps, and of no more than she paid in the end', () => {
    fc.assert(
      fc.property(order, fc.integer({ min: 0, max: 40 }), (one, quarters) => {
        const rate = quarters / 4;
        const kept = one.lines.reduce((sum, { quantity, cancelled, returned, unitPriceMinor, discountMinor }) => {
          const whole = quantity * unitPriceMinor - discountMinor;
          return sum + Math.floor((whole * (quantity - cancelled - returned)) / quantity);
        }, 0);
        const paid = one.totalMinor - one.refundedMinor;
        expect(pointsOfOrder(one, terms(rate), {})).toBe(Math.floor((Math.min(kept, paid) * quarters) / 400));
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('never grow when more comes back or is refunded', () => {
    fc.assert(
      fc.property(order, fc.nat({ max: 3 }), (one, at) => {
        const before = pointsOfOrder(one, terms(1), {});
        const lines = one.lines.map((each, n) =>
          n === at % one.lines.length && each.cancelled + each.returned < each.quantity
            ? { ...each, returned: each.returned + 1 }
            : each,
        );
        const refundedMinor = Math.min(one.totalMinor, one.refundedMinor + 100);
        expect(pointsOfOrder({ ...one, lines }, terms(1), {})).toBeLessThanOrEqual(before);
        expect(pointsOfOrder({ ...one, refundedMinor }, terms(1), {})).toBeLessThanOrEqual(before);
      }),
      { numRuns: propertyRuns(300) },
    );
  });
});

describe('points that paid for an order', () => {
  it('come back as the goods do: none while all is kept, all once nothing is, never more than were spent', () => {
    fc.assert(
      fc.property(order, fc.integer({ min: 1, max: 5_000 }), (one, points) => {
        const back = pointsBack(one, points);
        expect(back).toBeGreaterThanOrEqual(0);
        expect(back).toBeLessThanOrEqual(points);
        if (cameToNothing(one)) expect(back).toBe(points);
        if (one.lines.every(({ cancelled, returned }) => cancelled + returned === 0)) expect(back).toBe(0);
      }),
      { numRuns: propertyRuns(300) },
    );
  });
});

describe('points of amounts', () => {
  it('are exact, and rounded once', () => {
    const part = fc.record({
      amountMinor: fc.nat({ max: 1e9 }),
      multiplier: fc.constantFrom(0, 5_000, 10_000, 15_000),
    });
    const rounding = fc.constantFrom('down' as const, 'nearest' as const, 'up' as const);
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), rounding, (parts, how) => {
        const top = parts.reduce((sum, one) => sum + BigInt(one.amountMinor) * BigInt(one.multiplier), 0n);
        const exact = [top / 1_000_000n, top % 1_000_000n] as const;
        const up = how === 'up' ? exact[1] > 0n : how === 'nearest' && exact[1] >= 500_000n;
        expect(pointsOfAmounts({ parts, currency: 'EUR', rate: 1, rounding: how })).toBe(
          Number(up ? exact[0] + 1n : exact[0]),
        );
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});
