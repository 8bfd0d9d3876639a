import { minorDigitsOf } from '@segue/contract';
import type { PointsTerms } from '../programs/program.ts';

/** Factors are kept in ten-thousandths. */
const WHOLE = 10_000n;

/** A factor with at most four digits behind the point, in ten-thousandths. Pure. */
export function tenThousandths(factor: number): number {
  return Math.round(factor * Number(WHOLE));
}

/** An amount that earns, and by how much more or less than others. */
export interface EarningPart {
  readonly amountMinor: number;
  /** Ten-thousandths. */
  readonly multiplier: number;
}

/** What amounts earn. */
export interface Earning {
  readonly parts: readonly EarningPart[];
  /** No more than so much of them counts, of each part alike; left out: all. */
  readonly atMostMinor?: number;
  readonly currency: string;
  /** Points of one main unit. */
  readonly rate: number;
  readonly rounding: PointsTerms['rounding'];
}

/** The points of some amounts together, exact until it is rounded once. Pure. */
export function pointsOfAmounts({ parts, atMostMinor, currency, rate, rounding }: Earning): number {
  const whole = parts.reduce((sum, { amountMinor }) => sum + BigInt(amountMinor), 0n);
  if (whole <= 0n) return 0;
  const weighed = parts.reduce((sum, part) => sum + BigInt(part.amountMinor) * BigInt(part.multiplier), 0n);
  const counted = atMostMinor === undefined || BigInt(atMostMinor) > whole ? whole : BigInt(Math.max(0, atMostMinor));
  const top = weighed * counted * BigInt(tenThousandths(rate));
  return rounded(top, whole * WHOLE * WHOLE * 10n ** BigInt(minorDigitsOf(currency)), rounding);
}

/** The points of a number, such as minutes, at so many for each 1 of it. Pure. */
export function pointsOfNumber(value: number, rate: number, rounding: PointsTerms['rounding']): number {
  if (!(value > 0) || value > Number.MAX_SAFE_INTEGER) return 0;
  const top = BigInt(Math.round(Math.min(value * 1e6, Number.MAX_SAFE_INTEGER))) * BigInt(tenThousandths(rate));
  return rounded(top, 1_000_000n * WHOLE, rounding);
}

/** A fraction that is not below 0, as a whole number. */
function rounded(top: bigint, bottom: bigint, rounding: PointsTerms['rounding']): number {
  const down = top / bottom;
  const rest = top % bottom;
  const isUp = rounding === 'up' ? rest > 0n : rounding === 'nearest' && rest * 2n >= bottom;
  return Number(isUp ? down + 1n : down);
}
