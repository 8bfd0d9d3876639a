import type { Who } from '../events/index.ts';
import type { Wish } from '../inventory/index.ts';
import type { OrderBook, OrderOwner } from './order-book.ts';
import type { Address } from './order-input.ts';
import type { OrderCouponPort, OrderPointsPort } from './ports.ts';

export interface PlaceLine {
  readonly variantId: string;
  readonly quantity: number;
  /** Left out: the catalog's price for the channel. */
  readonly unitPriceMinor?: number | undefined;
  readonly discountMinor?: number | undefined;
}

/** An order as somebody places it: in chat, on the phone, at our own till, through the API. */
export interface PlaceOrder {
  readonly source: string;
  /** Of the caller: the same is the same order, placed once. */
  readonly reference: string;
  readonly number?: string | undefined;
  readonly channel: string;
  readonly locationId?: string | undefined;
  readonly currency: string;
  readonly owner: OrderOwner | undefined;
  readonly who: Who;
  readonly lines: readonly PlaceLine[];
  readonly shippingMinor: number;
  readonly taxMinor: number;
  readonly couponCodes: readonly string[];
  readonly points: number;
  readonly cartToken?: string | undefined;
  /** A cart's hold of stock and coupons: the order takes it over. */
  readonly holdRef?: string | undefined;
  readonly payment: 'pending' | 'authorized' | 'paid';
  /** The customer takes it along. */
  readonly isHandedOver: boolean;
  /** Of what is coming, as much as is on its way or may be pre-ordered. */
  readonly isPreorder: boolean;
  readonly strategy?: Wish['strategy'];
  readonly near?: Wish['near'];
  /** What the customer was shown; another total is refused. */
  readonly expectedTotalMinor?: number | undefined;
  readonly shipTo?: Address | undefined;
  readonly billTo?: Address | undefined;
}

export interface PlaceDeps {
  readonly book: OrderBook;
  readonly coupons: OrderCouponPort;
  readonly points: OrderPointsPort;
}
