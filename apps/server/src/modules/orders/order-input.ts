import type { ExternalRef, SourceVersion } from '../catalog/index.ts';
import type { Who } from '../events/index.ts';
import type { PaymentState } from './order-state.ts';

/** An order as its source knows it, whole, at one instant (`version`). Amounts are minor units of `currency`. */
export interface OrderInput {
  /** Whose order it is in the source's words: `{ source: 'shopify:<shop>', id: '820982911946154508' }`. */
  readonly ref: ExternalRef;
  /** An older one than what is kept changes nothing. */
  readonly version: SourceVersion;
  readonly number: string;
  readonly channel: string;
  /** Of the inventory. */
  readonly locationId?: string | undefined;
  readonly placedAtMs: number;
  readonly currency: string;
  readonly who: Who;
  readonly payment: PaymentState;
  /** What was taken from the customer so far, refunds not subtracted. */
  readonly paidMinor: number;
  readonly isAccepted: boolean;
  readonly isTest?: boolean | undefined;
  /** Of what is coming. */
  readonly isPreorder?: boolean | undefined;
  readonly promisedAtMs?: number | undefined;
  readonly cancelledAtMs?: number | undefined;
  readonly cancelReason?: string | undefined;
  readonly closedAtMs?: number | undefined;
  readonly totals: {
    readonly totalMinor: number;
    readonly subtotalMinor: number;
    readonly discountMinor: number;
    readonly shippingMinor: number;
    readonly taxMinor: number;
  };
  readonly couponCodes: readonly string[];
  /** What each of them took off, where the source says so. */
  readonly couponAmounts?: Readonly<Record<string, number>> | undefined;
  readonly pointsRedeemed?: number | undefined;
  readonly cartToken?: string | undefined;
  readonly checkoutToken?: string | undefined;
  readonly lines: readonly OrderLineInput[];
  /** Also told by themselves, as parts; the same id is the same refund. */
  readonly refunds: readonly RefundInput[];
  readonly fulfilments: readonly FulfilmentInput[];
  /** Every line was handed over, though no fulfilment says so. */
  readonly isFulfilled?: boolean | undefined;
  readonly shipTo?: Address | undefined;
  readonly billTo?: Address | undefined;
  /**
   * Whose truth the stock is: of `ours` the book takes what was sold from the inventory; of `theirs` the source tells levels
   * itself; `counted`: as `ours`, and the source, a till, tells now and then what it counted.
   */
  readonly stock: 'ours' | 'theirs' | 'counted';
}

export interface OrderLineInput {
  readonly id: string;
  readonly productRef?: string | undefined;
  readonly variantRef?: string | undefined;
  readonly sku?: string | undefined;
  readonly name: string;
  readonly variantTitle?: string | undefined;
  readonly brand?: string | undefined;
  readonly quantity: number;
  /** Taken off the order since. */
  readonly cancelled: number;
  readonly unitPriceMinor: number;
  readonly discountMinor: number;
}

export interface RefundInput {
  readonly id: string;
  readonly atMs: number;
  readonly amountMinor: number;
  readonly reason?: string | undefined;
  readonly lines: readonly {
    readonly lineId: string;
    readonly quantity: number;
    /** `cancel`: never sent. `return`: came back to `locationId`. `none`: the customer keeps it. */
    readonly restock: 'cancel' | 'return' | 'none' | 'unknown';
    readonly locationId?: string | undefined;
  }[];
}

export interface FulfilmentInput {
  readonly id: string;
  /** When this was so; an older word about the same fulfilment changes nothing. */
  readonly atMs: number;
  readonly createdAtMs: number;
  readonly state: 'pending' | 'shipped' | 'delivered' | 'cancelled' | 'failed';
  readonly locationId?: string | undefined;
  readonly trackingCompany?: string | undefined;
  readonly trackingNumber?: string | undefined;
  readonly trackingUrl?: string | undefined;
  readonly estimatedAtMs?: number | undefined;
  readonly lines: readonly { readonly lineId: string; readonly quantity: number }[];
}

export interface Address {
  readonly name?: string | undefined;
  readonly street?: string | undefined;
  readonly city?: string | undefined;
  readonly region?: string | undefined;
  readonly postcode?: string | undefined;
  readonly country?: string | undefined;
  readonly phone?: string | undefined;
}

/** `deleted`: its source threw it away, until a newer word of it or `restored` says otherwise. */
export type OrderEnd = 'fulfilled' | 'delivered' | 'cancelled' | 'deleted' | 'restored';

/** A refund, fulfilment or delivery that its source told by itself; it waits for its order where that is not there yet. */
export type OrderPart = { readonly ref: ExternalRef } & (
  | { readonly kind: 'refund'; readonly refund: RefundInput }
  | { readonly kind: 'fulfilment'; readonly fulfilment: FulfilmentInput }
  | { readonly kind: 'delivered'; readonly fulfilmentId: string; readonly atMs: number }
  /** The whole of it was handed over, arrived, or is not wanted any more. */
  | { readonly kind: 'ended'; readonly of: OrderEnd; readonly atMs: number }
);
