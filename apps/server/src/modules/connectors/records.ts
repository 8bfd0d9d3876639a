import type { JsonObject } from '../../platform/json.ts';
import type { ShopCustomer, ShopWho } from './customer-record.ts';
import type { ShopOrder, ShopFulfilment, ShopRefund } from './order-record.ts';
import type { ShopLevel, ShopLocation, ShopProduct, ShopVariant } from './product-record.ts';

/** What a payload of any shop comes down to. Ids are the shop's own, as text; amounts are minor units; instants milliseconds. */
export type ShopRecord =
  | { readonly kind: 'product'; readonly product: ShopProduct }
  /** A variant whose shop tells it apart from its product. */
  | { readonly kind: 'variant'; readonly productId: string; readonly atMs: number; readonly variant: ShopVariant }
  | { readonly kind: 'level'; readonly level: ShopLevel }
  /** What a shop counts stock by, and the code of the variant it is. */
  | { readonly kind: 'item'; readonly id: string; readonly sku: string | undefined; readonly atMs: number }
  | { readonly kind: 'location'; readonly location: ShopLocation }
  | { readonly kind: 'order'; readonly order: ShopOrder }
  | { readonly kind: 'refund'; readonly orderId: string; readonly refund: ShopRefund }
  | { readonly kind: 'fulfilment'; readonly orderId: string; readonly fulfilment: ShopFulfilment }
  /** A parcel arrived. */
  | { readonly kind: 'delivered'; readonly orderId: string; readonly fulfilmentId: string; readonly atMs: number }
  | { readonly kind: 'customer'; readonly customer: ShopCustomer }
  | { readonly kind: 'cart'; readonly cart: ShopCart }
  | { readonly kind: 'checkout'; readonly checkout: ShopCheckout }
  | { readonly kind: 'coupon'; readonly coupon: ShopCoupon }
  /** A code was honoured where nobody could ask whether it holds. */
  | { readonly kind: 'honoured'; readonly honoured: ShopHonoured }
  | { readonly kind: 'happening'; readonly happening: ShopHappening }
  | { readonly kind: 'compliance'; readonly topic: ComplianceTopic; readonly payload: JsonObject }
  | { readonly kind: 'uninstalled'; readonly atMs: number }
  /** It is there again, as other words about it say. */
  | { readonly kind: 'restored'; readonly of: 'order'; readonly id: string; readonly atMs: number }
  | { readonly kind: 'removed'; readonly of: RemovedKind; readonly id: string; readonly atMs: number };

export type RemovedKind = 'product' | 'variant' | 'location' | 'order' | 'customer' | 'checkout' | 'coupon' | 'level';
export type ComplianceTopic = 'customers/data_request' | 'customers/redact' | 'shop/redact';

/** A line of a cart or a checkout. */
export interface ShopCartLine {
  /** The same for the same thing in the same cart. */
  readonly key: string;
  readonly productId: string | undefined;
  readonly variantId: string | undefined;
  readonly sku: string | undefined;
  readonly name: string;
  readonly variantTitle: string | undefined;
  readonly brand: string | undefined;
  readonly quantity: number;
  readonly priceMinor: number;
}

export interface ShopCart {
  readonly token: string;
  readonly atMs: number;
  readonly currency: string;
  readonly lines: readonly ShopCartLine[];
  readonly who: ShopWho;
}

export interface ShopCheckout extends ShopCart {
  readonly cartToken: string | undefined;
  readonly startedAtMs: number;
  readonly completedAtMs: number | undefined;
  readonly totalMinor: number;
  readonly taxMinor: number;
  readonly discountMinor: number;
  readonly couponCodes: readonly string[];
  /** How far it has come: what she has said so far. */
  readonly steps: readonly CheckoutStep[];
  readonly recoveryUrl: string | undefined;
}
export type CheckoutStep = 'contact' | 'address' | 'shipping' | 'payment';

/** A discount code as its shop knows it. */
export interface ShopCoupon {
  readonly id: string;
  readonly atMs: number;
  readonly code: string;
  readonly kind: 'percent' | 'amount' | 'free_shipping';
  /** Of `percent`: hundredths of a percent. Of `amount`: minor units. */
  readonly value: number;
  readonly scope: 'order' | 'line';
  readonly minimumMinor: number | undefined;
  readonly startsAtMs: number | undefined;
  readonly expiresAtMs: number | undefined;
  readonly usageLimit: number | undefined;
  readonly usageLimitPerCustomer: number | undefined;
  readonly used: number;
  readonly isIndividual: boolean;
  readonly excludesSale: boolean;
  readonly emails: readonly string[];
}

export interface ShopHonoured {
  readonly code: string;
  readonly orderId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly atMs: number;
  readonly who: ShopWho;
}

/** What happened to a customer and is neither order nor cart: told as an event. */
export interface ShopHappening {
  readonly id: string;
  readonly event: string;
  readonly atMs: number;
  /** Whose it is where the payload names nobody. */
  readonly orderId: string | undefined;
  readonly who: ShopWho;
  readonly properties: JsonObject;
}
