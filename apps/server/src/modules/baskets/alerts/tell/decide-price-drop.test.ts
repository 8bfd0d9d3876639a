import { describe, expect, it } from 'vitest';
import { isDrop } from './decide-price-drop.ts';

const seen = (baselineMinor: number, kind?: 'amount' | 'percent', value = 0) => ({
  baselineMinor,
  threshold: kind === undefined ? null : { kind, value },
});

describe('a price drop', () => {
  it('is any price below the one she saw, and nothing else', () => {
    expect([999, 1_000, 1_001].map((price) => isDrop(seen(1_000), price))).toEqual([true, false, false]);
  });

  it('is at least the amount she asked for', () => {
    expect([900, 901].map((price) => isDrop(seen(1_000, 'amount', 100), price))).toEqual([true, false]);
  });

  it('is at least the percent she asked for, exactly', () => {
    expect([900, 901].map((price) => isDrop(seen(1_000, 'percent', 1_000), price))).toEqual([true, false]);
    const huge = Number.MAX_SAFE_INTEGER - 1;
    expect(isDrop(seen(huge, 'percent', 5_000), huge / 2)).toBe(true);
    expect(isDrop(seen(huge, 'percent', 5_000), huge / 2 + 1)).toBe(false);
  });

  it('is not the same again once it was told', () => {
    expect(isDrop(seen(800), 800)).toBe(false);
  });
});
