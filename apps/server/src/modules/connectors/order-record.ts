import type { ShopWho } from './customer-record.ts';

export type ShopPayment =
  | 'pending'
  | 'authorized'
  | 'partially_paid'
  | 'paid'
  | 'partially_refunded'
  | 'refunded'
  | 'voided';

/** An order as its shop knows it, whole, at one instant. */
export interface ShopOrder {
  readonly id: string;
  readonly atMs: number;
  readonly number: string;
  readonly placedAtMs: number;
  readonly currency: string;
  /** `web`, `pos`, …; undefined: the connector's own. */
  readonly channel: string | undefined;
  readonly locationId: string | undefined;
  readonly staffId: string | undefined;
  readonly deviceId: string | undefined;
  readonly who: ShopWho;
  readonly payment: ShopPayment;
  /** False: begun and not accepted yet; it is no order until it is. */
  readonly isAccepted: boolean;
  readonly isTest: boolean;
  readonly cancelledAtMs: number | undefined;
  readonly cancelReason: string | undefined;
  readonly closedAtMs: number | undefined;
  readonly totals: ShopTotals;
  readonly couponCodes: readonly string[];
  /** What each of them took off, where the shop says so. */
  readonly couponAmounts?: Readonly<Record<string, number>> | undefined;
  readonly pointsRedeemed: number;
  readonly cartToken: string | undefined;
  readonly checkoutToken: string | undefined;
  readonly lines: readonly ShopOrderLine[];
  /** Of the shop as a whole; its parts are told by themselves too. */
  readonly refunds: readonly ShopRefund[];
  readonly fulfilments: readonly ShopFulfilment[];
  /** Every line is sent, though no fulfilment says so. */
  readonly isFulfilled: boolean;
  readonly shipTo: ShopAddress | undefined;
  readonly billTo: ShopAddress | undefined;
}

export interface ShopTotals {
  readonly totalMinor: number;
  readonly subtotalMinor: number;
  readonly discountMinor: number;
  readonly shippingMinor: number;
  readonly taxMinor: number;
  /** What was taken from the customer so far, refunds not subtracted. */
  readonly paidMinor: number;
}

export interface ShopOrderLine {
  readonly id: string;
  readonly productId: string | undefined;
  readonly variantId: string | undefined;
  readonly sku: string | undefined;
  readonly name: string;
  readonly variantTitle: string | undefined;
  readonly brand: string | undefined;
  /** As ordered; what was taken off since is `cancelled`. */
  readonly quantity: number;
  readonly cancelled: number;
  readonly unitPriceMinor: number;
  readonly discountMinor: number;
  readonly requiresShipping: boolean;
}

export interface ShopRefund {
  readonly id: string;
  readonly atMs: number;
  readonly amountMinor: number;
  readonly currency: string | undefined;
  readonly reason: string | undefined;
  readonly lines: readonly ShopRefundLine[];
}

export interface ShopRefundLine {
  readonly lineId: string;
  readonly quantity: number;
  /** `cancel`: never sent. `return`: came back. `none`: kept by the customer. */
  readonly restock: 'cancel' | 'return' | 'none' | 'unknown';
  readonly locationId: string | undefined;
}

export interface ShopFulfilment {
  readonly id: string;
  readonly atMs: number;
  readonly createdAtMs: number;
  /** `pending`: asked for, not sent. */
  readonly state: 'pending' | 'shipped' | 'delivered' | 'cancelled' | 'failed';
  readonly locationId: string | undefined;
  readonly trackingCompany: string | undefined;
  readonly trackingNumber: string | undefined;
  readonly trackingUrl: string | undefined;
  readonly estimatedAtMs: number | undefined;
  readonly lines: readonly { readonly lineId: string; readonly quantity: number }[];
}

export interface ShopAddress {
  readonly name: string | undefined;
  readonly street: string | undefined;
  readonly city: string | undefined;
  readonly region: string | undefined;
  readonly postcode: string | undefined;
  readonly country: string | undefined;
  readonly phone: string | undefined;
}
