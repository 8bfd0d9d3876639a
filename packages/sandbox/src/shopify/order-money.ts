import { shareOut } from '../twin/decimal.ts';
import type { ShopifyDiscount, ShopifyOrder, ShopifyOrderLine } from './shopify-state.ts';

const sum = (amounts: readonly number[]): number => amounts.reduce((all, amount) => all + amount, 0);

/** What a discount takes off each of these lines. Pure. */
export function discountShares(
  discount: Pick<ShopifyDiscount, 'kind' | 'value' | 'minimumMinor'> | undefined,
  grossMinor: readonly number[],
): number[] {
  const gross = sum(grossMinor);
  if (discount === undefined || gross < discount.minimumMinor) return grossMinor.map(() => 0);
  const whole = discount.kind === 'percentage' ? Math.round((gross * discount.value) / 10_000) : discount.value;
  return shareOut(Math.min(gross, whole), grossMinor);
}

export interface OrderTotals {
  /** Before any discount. */
  readonly linesMinor: number;
  readonly discountMinor: number;
  readonly subtotalMinor: number;
  readonly taxMinor: number;
  readonly shippingMinor: number;
  readonly totalMinor: number;
}

/** What was ordered. */
export function totalsOf(order: ShopifyOrder): OrderTotals {
  return totals(order, (line) => line.quantity);
}

/** What is left of it after edits and refunds. */
export function currentTotalsOf(order: ShopifyOrder): OrderTotals {
  return totals(order, (line) => (order.cancelledAtMs === undefined ? line.quantity - line.refunded : 0));
}

function totals(order: ShopifyOrder, quantityOf: (line: ShopifyOrderLine) => number): OrderTotals {
  const parts = order.lines.map((line) => partOf(line, quantityOf(line)));
  const linesMinor = sum(parts.map((part) => part.grossMinor));
  const discountMinor = sum(parts.map((part) => part.discountMinor));
  const taxMinor = sum(parts.map((part) => part.taxMinor));
  const subtotalMinor = linesMinor - discountMinor;
  const { shippingMinor } = order;
  return {
    linesMinor,
    discountMinor,
    subtotalMinor,
    taxMinor,
    shippingMinor,
    totalMinor: subtotalMinor + taxMinor + shippingMinor,
  };
}

/** So many pieces of a line: the last ones take what rounding left. */
export function partOf(
  line: ShopifyOrderLine,
  quantity: number,
): { grossMinor: number; discountMinor: number; taxMinor: number } {
  return {
    grossMinor: line.priceMinor * quantity,
    discountMinor: Math.floor((line.discountMinor * quantity) / line.quantity),
    taxMinor: Math.floor((line.taxMinor * quantity) / line.quantity),
  };
}

export function paidOf({ transactions }: ShopifyOrder): number {
  return sum(transactions.filter(({ kind }) => kind === 'sale' || kind === 'capture').map((one) => one.amountMinor));
}

export function refundedOf({ transactions }: ShopifyOrder): number {
  return sum(transactions.filter(({ kind }) => kind === 'refund').map((one) => one.amountMinor));
}

export function financialStatusOf(order: ShopifyOrder): string {
  const paid = paidOf(order);
  const refunded = refundedOf(order);
  if (refunded > 0) return refunded >= paid ? 'refunded' : 'partially_refunded';
  if (paid >= totalsOf(order).totalMinor) return 'paid';
  if (paid > 0) return 'partially_paid';
  if (order.transactions.some(({ kind }) => kind === 'void')) return 'voided';
  return order.transactions.some(({ kind }) => kind === 'authorization') ? 'authorized' : 'pending';
}

/** Pieces of a line that can still be sent. */
export const fulfillableOf = (line: ShopifyOrderLine): number => line.quantity - line.removed - line.fulfilled;

export function fulfilmentStatusOf(order: ShopifyOrder): 'fulfilled' | 'partial' | null {
  if (order.lines.every(({ fulfilled }) => fulfilled === 0)) return null;
  return order.lines.every((line) => fulfillableOf(line) === 0) ? 'fulfilled' : 'partial';
}
