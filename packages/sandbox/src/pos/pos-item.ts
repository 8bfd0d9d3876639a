/** What a till sends (`POST /hooks/pos/{connector}`): amounts in minor units, each item under the number its device gave it. */
export interface PosCustomer {
  readonly id?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly loyaltyId?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly consents?: readonly { readonly channel: 'email' | 'sms'; readonly status: 'granted' | 'denied' }[];
}

export interface PosLine {
  readonly id: string;
  readonly productId?: string;
  readonly variantId?: string;
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitPriceMinor: number;
  readonly discountMinor: number;
}

export interface PosSale {
  readonly kind: 'sale';
  readonly id: string;
  readonly number: string;
  readonly staff?: string;
  readonly currency: string;
  readonly customer?: PosCustomer;
  readonly lines: readonly PosLine[];
  readonly discountMinor: number;
  readonly taxMinor: number;
  readonly coupons: readonly string[];
  readonly pointsRedeemed: number;
  readonly cart?: string;
}

export interface PosRefund {
  readonly kind: 'refund';
  readonly id: string;
  readonly saleId: string;
  readonly amountMinor: number;
  readonly reason?: string;
  readonly lines: readonly {
    readonly lineId: string;
    readonly quantity: number;
    readonly restock: 'return' | 'none';
  }[];
}

export interface PosStockCount {
  readonly kind: 'stock_count';
  readonly counts: readonly { readonly variantId?: string; readonly sku: string; readonly quantity: number }[];
}

export interface PosCoupon {
  readonly kind: 'coupon';
  readonly code: string;
  readonly saleId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly customer?: PosCustomer;
}

export interface PosCart {
  readonly kind: 'cart';
  readonly token: string;
  readonly currency: string;
  readonly customer?: PosCustomer;
  readonly lines: readonly PosLine[];
}

export type PosFact =
  | PosSale
  | PosRefund
  | PosStockCount
  | PosCoupon
  | PosCart
  | ({ readonly kind: 'customer' } & PosCustomer);

/** A fact, its number and its instant by the till's own clock. */
export type PosItem = PosFact & { readonly sequence: number; readonly at: string; readonly location?: string };

export interface PosBatch {
  readonly deviceId: string;
  readonly items: readonly PosItem[];
}

/** What is answered to a batch. */
export interface PosBatchAnswer {
  readonly acceptedThrough: number;
  readonly missing: readonly number[];
  readonly items: readonly {
    readonly sequence: number | null;
    readonly state: 'taken' | 'repeat' | 'early' | 'refused';
    readonly message?: string;
  }[];
}

/** How a batch gets there; undefined: it did not, or nobody knows. */
export type SendPosBatch = (batch: PosBatch) => Promise<PosBatchAnswer | undefined>;
