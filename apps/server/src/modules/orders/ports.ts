import type { Entry, TxCtx } from '../../platform/eventlog/index.ts';
import type { Transaction } from '../../platform/postgres/index.ts';
import type { WorkspaceKeys } from '../../platform/crypto/index.ts';
import type { Announcement } from '../events/index.ts';
import type { OrderState } from './order-state.ts';

/** One transaction in which orders change: that of a verb, or of a batch of events. */
export interface OrderBatch {
  readonly workspaceId: number;
  readonly sql: Transaction;
  readonly now: number;
  keysOf(workspaceId: number): Promise<WorkspaceKeys>;
  /** Says to the log what happened. Left out: the log is where it was learnt from. */
  readonly tell?: (announcements: readonly Announcement[]) => Promise<void>;
  /** In the processor's own transaction: whose events these are. */
  readonly entries?: readonly Entry[];
}

/** What became of one order. It is also told of when nothing but its profile changed. */
export interface OrderChange {
  readonly before: OrderState | undefined;
  readonly after: OrderState;
}

/** Who wants to know, in the transaction of the change itself. Told each change once, and all of a batch together. */
export interface OrderFollower {
  readonly name: string;
  follow(batch: OrderBatch, changes: readonly OrderChange[]): Promise<void>;
}

/** An order that is being placed, as far as coupons and points ask. */
export interface PlacedOrder {
  readonly orderId: string;
  readonly source: string;
  readonly sourceOrderId: string;
  readonly channel: string;
  /** With the node it is filed under: hers until the transaction ends. */
  readonly owner: { readonly profileId: string; readonly node: number } | undefined;
  readonly profileId: string | null;
  readonly currency: string;
  readonly lines: readonly {
    readonly id: string;
    readonly variantId: string | null;
    readonly sku: string | null;
    readonly quantity: number;
    readonly unitPriceMinor: number;
    readonly discountMinor: number;
  }[];
  readonly shippingMinor: number;
}

export type CouponsHeld =
  | {
      readonly kind: 'held';
      /** It was paid already: nothing is left to be redeemed for it. */
      readonly isRedeemed: boolean;
      readonly discounts: readonly {
        readonly code: string;
        /** Off the lines and the shipping together. */
        readonly amountMinor: number;
        readonly lines: readonly { readonly lineId: string; readonly amountMinor: number }[];
        readonly shippingMinor: number;
      }[];
    }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** An order as coupons name it. */
export type NamedOrder = Pick<OrderState, 'id' | 'source' | 'sourceOrderId'>;

/** Coupons, as placing orders needs them: answered by whoever keeps them, for a group of orders at once. */
export interface OrderCouponPort {
  /**
   * Of each order in turn: holds every code for it, or none; answers in their order. The hold has no end of its own: it lasts
   * until the order is paid or cancelled. What `cartRef` (a cart's or checkout's hold) held before is taken over. For an order
   * that is paid already codes are redeemed at once, where nothing was redeemed for it before.
   */
  hold(
    ctx: TxCtx,
    wishes: readonly { order: PlacedOrder; codes: readonly string[]; cartRef: string | null; isPaid: boolean }[],
  ): Promise<CouponsHeld[]>;
  /** Paid: what is held is redeemed. A repeat changes nothing. */
  commit(ctx: TxCtx, orders: readonly NamedOrder[]): Promise<void>;
  /** Cancelled: what is held is let go, what was redeemed gives its use back, once. */
  void(ctx: TxCtx, orders: readonly NamedOrder[]): Promise<void>;
}

export type PointsBurned =
  | { readonly kind: 'burned'; readonly amountMinor: number }
  | { readonly kind: 'refused'; readonly message: string };

/** Points, as placing orders needs them. What refunds and cancelling do to points follows from the order's changes. */
export interface OrderPointsPort {
  /** Of each order in turn: takes the points at once; `atMostMinor` is what is left to pay. Answers in their order. */
  burn(
    ctx: TxCtx,
    wishes: readonly { order: PlacedOrder; points: number; atMostMinor: number }[],
  ): Promise<PointsBurned[]>;
}
