import type { CouponLimits, CouponRefusal, CouponTerms } from '@segue/contract';

/** A line of what is bought, with everything terms may ask of its product. */
export interface CartLine {
  readonly id: string;
  /** Whatever the product is known by, Segue's ids and the shop's. */
  readonly products: readonly string[];
  readonly variants: readonly string[];
  readonly sku: string | undefined;
  readonly collections: readonly string[];
  readonly categories: readonly string[];
  readonly vendor: string | undefined;
  readonly quantity: number;
  readonly unitPriceMinor: number;
  /** Off the whole line already, by other means than coupons. */
  readonly discountMinor: number;
  readonly isOnSale: boolean;
}

/** Who buys, as far as terms ask. */
export interface Customer {
  readonly isKnown: boolean;
  readonly hasOrdered: boolean;
  /** Public ids of the segments she is in. */
  readonly segmentIds: ReadonlySet<string>;
  readonly emailDomains: ReadonlySet<string>;
}

export interface Cart {
  readonly currency: string;
  readonly channel: string;
  readonly store: string | undefined;
  readonly lines: readonly CartLine[];
  readonly shippingMinor: number;
  readonly customer: Customer;
}

/** A code with the terms of its campaign. */
export interface CouponOffer {
  /** As it is shown. */
  readonly code: string;
  readonly couponId: string;
  readonly campaignId: string;
  readonly name: string;
  readonly state: 'active' | 'paused' | 'archived';
  readonly terms: CouponTerms;
  readonly limits: CouponLimits;
  readonly isVoid: boolean;
  /** Of the code, if sooner than the campaign's. */
  readonly expiresAtMs: number | undefined;
  /** Whether it is this customer's: undefined where it is nobody's in particular. */
  readonly isHers: boolean | undefined;
}

/** What one coupon takes off. */
export interface Discount {
  readonly offer: CouponOffer;
  readonly amountMinor: number;
  /** Every line it takes something off. */
  readonly lines: readonly { readonly lineId: string; readonly amountMinor: number }[];
  readonly shippingMinor: number;
}

export interface Refused {
  readonly code: string;
  readonly reason: CouponRefusal;
  /** What is wrong and what to do about it. */
  readonly message: string;
}

export interface Priced {
  readonly discounts: readonly Discount[];
  readonly refused: readonly Refused[];
  readonly subtotalMinor: number;
  readonly discountMinor: number;
  readonly totalMinor: number;
}

/** What a line costs before coupons. Pure. */
export function valueOf(line: Pick<CartLine, 'quantity' | 'unitPriceMinor' | 'discountMinor'>): number {
  return Math.max(0, line.quantity * line.unitPriceMinor - line.discountMinor);
}
