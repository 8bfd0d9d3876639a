export const PAYMENT_STATES = [
  'pending',
  'authorized',
  'partially_paid',
  'paid',
  'partially_refunded',
  'refunded',
  'voided',
] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

export const FULFILMENT_STATES = ['unfulfilled', 'partial', 'fulfilled', 'delivered'] as const;
export type FulfilmentState = (typeof FULFILMENT_STATES)[number];

export type OrderStanding = 'open' | 'closed' | 'cancelled';

export interface OrderLine {
  /** Within its order, as its source calls it. */
  readonly id: string;
  /** Of the catalog; null: it knows no such variant. */
  readonly variantId: string | null;
  /** As the source calls it. */
  readonly productRef: string | null;
  readonly variantRef: string | null;
  readonly sku: string | null;
  readonly name: string;
  readonly variantTitle: string | null;
  readonly brand: string | null;
  /** As ordered; `cancelled` of them are not wanted any more. */
  readonly quantity: number;
  readonly cancelled: number;
  readonly fulfilled: number;
  readonly returned: number;
  readonly unitPriceMinor: number;
  /** Off the whole line, coupons included. */
  readonly discountMinor: number;
}

/** An order as the book has it, whole. */
export interface OrderState {
  readonly id: string;
  /** `api`, `pos:<connector>`, `shopify:<shop>`: with `sourceOrderId` it names one order. */
  readonly source: string;
  readonly sourceOrderId: string;
  readonly channel: string;
  readonly number: string;
  /** Of the inventory: the store it was sold in. */
  readonly locationId: string | null;
  readonly profileId: string | null;
  /** The identity node it is filed under. */
  readonly node: number | null;
  readonly currency: string;
  readonly placedAtMs: number;
  /** False: begun, and not accepted yet. It is no order to anybody until it is. */
  readonly isAccepted: boolean;
  readonly isTest: boolean;
  /** Of what is coming. */
  readonly isPreorder: boolean;
  /** When a pre-order was promised for as it was placed; null: nobody knew, or it is of what was there. */
  readonly promisedAtMs: number | null;
  readonly payment: PaymentState;
  readonly fulfilment: FulfilmentState;
  readonly standing: OrderStanding;
  readonly cancelledAtMs: number | null;
  /** Lines less all discounts, with shipping and taxes. */
  readonly totalMinor: number;
  /** Lines less their discounts. */
  readonly subtotalMinor: number;
  readonly discountMinor: number;
  readonly shippingMinor: number;
  readonly taxMinor: number;
  /** What was taken from the customer, refunds not subtracted. */
  readonly paidMinor: number;
  readonly refundedMinor: number;
  readonly couponCodes: readonly string[];
  /** What each of them took off, as far as its source says so. */
  readonly couponAmounts?: Readonly<Record<string, number>> | undefined;
  /** Points she paid with. */
  readonly pointsRedeemed: number;
  readonly cartToken: string | null;
  readonly lines: readonly OrderLine[];
  /** Counts the changes of the order. */
  readonly version: number;
}

/** Pieces of a line she has and keeps, or still gets. Pure. */
export function keptOf(line: OrderLine): number {
  return Math.max(0, line.quantity - line.cancelled - line.returned);
}
