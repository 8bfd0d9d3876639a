import { describe, expect, it } from 'vitest';
import { isAsked, pointsOfEvent, productsOf, withinLimits } from './event-points.ts';
import type { RuleWords } from './rule.ts';

const rule = (fields: Partial<RuleWords>): RuleWords => ({
  ...{ name: 'Rule', event: 'Done', where: [], limits: {}, isTrustedOnly: true },
  ...{ formula: { kind: 'fixed', points: 10 }, ...fields },
});
const event = (properties: object = {}, channel?: string) => ({
  occurredAt: Date.UTC(2026, 10, 22),
  payload: { properties: { ...properties }, ...(channel !== undefined && { context: { channel } }) },
});
const points = (words: Partial<RuleWords>, properties: object) =>
  pointsOfEvent(rule(words), { event: event(properties), known: [] }, 'down');

describe('an earning rule', () => {
  it('asks when, where and from whom', () => {
    const asked = (words: Partial<RuleWords>, channel?: string, isTrusted = true) =>
      isAsked(rule(words), { event: event({}, channel), isTrusted });
    expect(asked({}, undefined, false)).toBe(false);
    expect(asked({ isTrustedOnly: false }, undefined, false)).toBe(true);
    expect([
      asked({ channels: ['pos'] }),
      asked({ channels: ['pos'] }, 'web'),
      asked({ channels: ['pos'] }, 'pos'),
    ]).toEqual([false, false, true]);
    expect(asked({ startsAt: '2026-11-23T00:00:00Z' })).toBe(false);
    expect([asked({ endsAt: '2026-11-22T00:00:00Z' }), asked({ endsAt: '2026-11-22T00:00:00.001Z' })]).toEqual([
      false,
      true,
    ]);
  });

  it('gives so many for each 1 of a property, texts of numbers too, and nothing for what is none', () => {
    const formula = { kind: 'per_unit', property: 'ride.minutes', points: 0.5 } as const;
    const of = (minutes: unknown) => points({ formula }, { ride: { minutes } });
    expect([of(31), of('31'), of('x'), of(-3), of(null), of(1e300)]).toEqual([15, 15, 0, 0, 0, 0]);
  });

  it('gives nothing for a property in another currency', () => {
    const formula = { kind: 'per_unit', property: 'value', points: 1, currency: 'EUR' } as const;
    expect([
      points({ formula }, { value: 9, currency: 'EUR' }),
      points({ formula }, { value: 9, currency: 'USD' }),
    ]).toEqual([9, 0]);
  });

  it('reads Segment’s products, those it multiplies by what they are named', () => {
    const formula = {
      kind: 'products',
      rates: [{ currency: 'EUR', points: 1 }],
      multipliers: [
        { match: { sku: 'GIFT' }, by: 0 },
        { match: { product: 'p2' }, by: 3 },
      ],
    } as const;
    const products = [
      { sku: 'GIFT', price: 100 },
      { product_id: 'p2', price: 2, quantity: 2 },
      { sku: 'TEE', price: '5.50' },
      { sku: 'FREE', price: 0 },
      'x',
    ];
    expect(productsOf(event({ products }))).toHaveLength(3);
    // 0 + 3 × 4.00 + 5.50, rounded once.
    expect(points({ formula: structuredClone(formula) as never }, { currency: 'EUR', products })).toBe(17);
  });

  it('keeps within what it gives for an event, a day, and ever', () => {
    const none = { pointsToday: 0, timesToday: 0, times: 0 };
    expect(withinLimits({ perEvent: 30 }, 50, none)).toBe(30);
    expect(withinLimits({ perDay: 60 }, 50, { ...none, pointsToday: 40 })).toBe(20);
    expect(withinLimits({ perDay: 60 }, 50, { ...none, pointsToday: 70 })).toBe(0);
    expect(withinLimits({ timesPerDay: 2 }, 50, { ...none, timesToday: 2 })).toBe(0);
    expect(withinLimits({ times: 1 }, 50, { ...none, times: 1 })).toBe(0);
  });
});
