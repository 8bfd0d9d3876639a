import type { OrderState } from '../../orders/index.ts';
import { normaliseCode } from '../codes/code-text.ts';
import { allocate } from '../terms/allocate.ts';

/**
 * What each code took off an order, in their order: as its source says; what it does not say of is what is left of the whole
 * discount, each of these for the same part. Pure.
 */
export function couponParts(
  { couponAmounts = {}, discountMinor }: Pick<OrderState, 'couponAmounts' | 'discountMinor'>,
  codes: readonly string[],
): number[] {
  const said = new Map(Object.entries(couponAmounts).map(([code, amount]) => [normaliseCode(code), amount]));
  const unsaid = codes.filter((code) => !said.has(code));
  const known = codes.reduce((sum, code) => sum + (said.get(code) ?? 0), 0);
  const shares = allocate(
    Math.max(0, discountMinor - known),
    unsaid.map(() => 1),
  );
  return codes.map((code) => said.get(code) ?? shares[unsaid.indexOf(code)] ?? 0);
}
