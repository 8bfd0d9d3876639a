import { describe, expect, it } from 'vitest';
import type { ProductTruth } from './ports.ts';
import { cardsOf, isStillTrue, judgePromotion } from './promoted-products.ts';

const GOOD: ProductTruth = { card: { title: 'Tee' }, isInStock: true, isBought: false };
const GONE = { ...GOOD, isInStock: false };
const HERS = { ...GOOD, isBought: true };

describe('a message that invites to buy', () => {
  it('shows nothing that is sold out or that she has just bought', () => {
    const promotion = judgePromotion([GOOD, GONE, HERS, { ...GOOD, card: undefined }]);
    expect(promotion).toEqual({ shown: [0, 3], refused: undefined });
    const named = [{ sku: 'a' }, { sku: 'b' }, { sku: 'c' }, { sku: 'd' }];
    expect(cardsOf(named, [GOOD, GONE, HERS, { ...GOOD, card: undefined }], promotion)).toEqual([
      { title: 'Tee' },
      { sku: 'd' },
    ]);
  });

  it('does not go when nothing is left of it, and says why', () => {
    expect(judgePromotion([HERS, HERS]).refused?.by).toBe('bought');
    expect(judgePromotion([GONE, HERS]).refused?.by).toBe('stock');
    expect(judgePromotion([GONE]).refused?.by).toBe('stock');
  });

  it('that invites to nothing is never held back', () => {
    expect(judgePromotion([])).toEqual({ shown: [], refused: undefined });
  });

  it('is rendered anew when something of it has become untrue, not when something came back', () => {
    expect(isStillTrue([0, 1], judgePromotion([GOOD, GONE]))).toBe(false);
    expect(isStillTrue([0], judgePromotion([GOOD, GOOD]))).toBe(true);
  });
});
