import type { TxCtx } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import type { ExternalRef } from '../catalog/index.ts';
import type { Who } from '../events/index.ts';
import type { OrderBook } from '../orders/index.ts';
import type { ComplianceTopic, ShopCoupon } from './records.ts';

/** What lies in a cart of a shop, whole: an older version than what is kept changes nothing. */
export interface ToldCart {
  readonly ref: ExternalRef;
  readonly atMs: number;
  readonly currency: string;
  readonly who: Who;
  readonly lines: readonly {
    readonly key: string;
    readonly productRef: string | undefined;
    readonly variantRef: string | undefined;
    readonly sku: string | undefined;
    readonly name: string;
    readonly quantity: number;
    readonly priceMinor: number;
  }[];
}

/** Carts that live at a shop, for whoever keeps baskets. */
export interface CartSink {
  takeCarts(ctx: TxCtx, carts: readonly ToldCart[]): Promise<void>;
}

/** A code that was honoured where nobody could ask: at a till without a connection. */
export interface HonouredCoupon {
  readonly code: string;
  readonly order: ExternalRef;
  readonly channel: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly atMs: number;
  readonly who: Who;
}

/** Codes that shops and tills tell of, for whoever keeps coupons. */
export interface CouponSink {
  takeCoupons(
    ctx: TxCtx,
    told: { source: string; coupons: readonly ShopCoupon[]; removed: readonly { id: string; atMs: number }[] },
  ): Promise<void>;
  takeHonoured(ctx: TxCtx, honoured: readonly HonouredCoupon[]): Promise<void>;
}

/** What a shop asks about a customer's data, for whoever answers such requests. */
export interface ComplianceSink {
  take(
    ctx: TxCtx,
    request: {
      readonly connectorId: string;
      readonly source: string;
      readonly topic: ComplianceTopic;
      readonly payload: JsonObject;
      /** Whether a user id of ours is a customer id of the shop. */
      readonly matchCustomerId: boolean;
    },
  ): Promise<void>;
}

/** Everything a connector writes to beside its own tables. */
export interface ShopPorts {
  readonly orders: OrderBook;
  readonly compliance: ComplianceSink;
  readonly carts?: CartSink;
  readonly coupons?: CouponSink;
}
