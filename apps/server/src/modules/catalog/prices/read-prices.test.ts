import { describe, expect, it } from 'vitest';
import type { PriceRow } from './price-store.ts';
import { choosePrices, lowestPriorPrice } from './read-prices.ts';

const DAY = 24 * 3_600_000;
const row = (fields: Partial<PriceRow>): PriceRow => ({
  ...{
    variant_id: 'v',
    currency: 'EUR',
    channel: '',
    from_at: new Date(0),
    amount_minor: 1000,
    compare_at_minor: null,
  },
  ...fields,
});

describe('the price of a variant', () => {
  it('is that of its channel, else that of every channel', () => {
    const rows = [row({}), row({ channel: 'pos', amount_minor: 900 })];
    expect(choosePrices(rows, { channel: 'pos' }).get('v')?.amountMinor).toBe(900);
    expect(choosePrices(rows, { channel: 'web' }).get('v')?.amountMinor).toBe(1000);
    expect(choosePrices(rows, { channel: 'web', currency: 'USD' }).size).toBe(0);
  });

  it('that has ended is none', () => {
    expect(choosePrices([row({ amount_minor: null })], { channel: 'web' }).size).toBe(0);
  });
});

describe('the lowest price before a reduction', () => {
  it('is that of the thirty days before, with the one that counted when they began', () => {
    const rows = [
      row({ from_at: new Date(1 * DAY), amount_minor: 500 }),
      row({ from_at: new Date(20 * DAY), amount_minor: 800 }),
      row({ from_at: new Date(60 * DAY), amount_minor: 1000 }),
      row({ from_at: new Date(70 * DAY), amount_minor: 700 }),
    ];
    expect(lowestPriorPrice(rows, 70 * DAY)).toBe(800);
    expect(lowestPriorPrice(rows, 95 * DAY)).toBe(700);
    expect(lowestPriorPrice([], 70 * DAY)).toBeNull();
  });
});
