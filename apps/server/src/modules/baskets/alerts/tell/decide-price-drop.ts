import type { Threshold } from '../alert.ts';

/** Hundredths of a percent that make a whole. */
const WHOLE = 10_000n;

/** Whether a price is so much less than what she saw or was told of last as she asked for; any less without a threshold. Pure. */
export function isDrop(
  { baselineMinor, threshold }: { readonly baselineMinor: number; readonly threshold: Threshold | null },
  priceMinor: number,
): boolean {
  const drop = baselineMinor - priceMinor;
  if (drop <= 0) return false;
  switch (threshold?.kind) {
    case undefined:
    case 'pieces':
      return true;
    case 'amount':
      return drop >= threshold.value;
    case 'percent':
      // Exact where the product is larger than a number can say.
      return BigInt(drop) * WHOLE >= BigInt(baselineMinor) * BigInt(threshold.value);
  }
}
