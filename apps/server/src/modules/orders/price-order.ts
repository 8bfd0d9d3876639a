import type { OrderInput, OrderLineInput } from './order-input.ts';

export interface PricedLine {
  readonly id: string;
  readonly variantId: string;
  readonly sku: string | null;
  readonly quantity: number;
  readonly unitPriceMinor: number;
  /** Off the whole line, before coupons. */
  readonly discountMinor: number;
  readonly productRef: string;
  readonly variantRef: string;
  readonly name: string;
  readonly variantTitle: string | undefined;
  readonly brand: string | undefined;
}

interface CouponDiscount {
  readonly amountMinor: number;
  readonly lines: readonly { readonly lineId: string; readonly amountMinor: number }[];
  readonly shippingMinor: number;
}

export interface PricedOrder {
  readonly lines: readonly (OrderLineInput & { readonly variantId: string })[];
  readonly totals: OrderInput['totals'];
  /** Before points. */
  readonly totalMinor: number;
}

/** What an order costs: the lines less their discounts, shipping less its own, and taxes on top. To the minor unit. Pure. */
export function priceOrder(order: {
  lines: readonly PricedLine[];
  discounts: readonly CouponDiscount[];
  shippingMinor: number;
  taxMinor: number;
}): PricedOrder {
  const { discounts, taxMinor } = order;
  const couponOf = (lineId: string) =>
    discounts
      .flatMap(({ lines }) => lines.filter((one) => one.lineId === lineId))
      .reduce((sum, one) => sum + one.amountMinor, 0);
  const lines = order.lines.map(({ sku, discountMinor, ...line }) => ({
    ...line,
    sku: sku ?? undefined,
    cancelled: 0,
    discountMinor: discountMinor + couponOf(line.id),
  }));
  const gross = lines.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0);
  const offLines = lines.reduce((sum, line) => sum + line.discountMinor, 0);
  const offShipping = discounts.reduce((sum, one) => sum + one.shippingMinor, 0);
  const shippingMinor = order.shippingMinor - offShipping;
  const subtotalMinor = gross - offLines;
  const totalMinor = subtotalMinor + shippingMinor + taxMinor;
  return {
    lines,
    totals: { totalMinor, subtotalMinor, discountMinor: offLines + offShipping, shippingMinor, taxMinor },
    totalMinor,
  };
}
