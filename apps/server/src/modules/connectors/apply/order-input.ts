import type { OrderInput, OrderPart, RefundInput, FulfilmentInput } from '../../orders/index.ts';
import type { Who } from '../../events/index.ts';
import type { ShopFulfilment, ShopOrder, ShopRefund } from '../order-record.ts';

export interface OrderOf {
  readonly source: string;
  readonly channel: string;
  readonly stock: OrderInput['stock'];
  /** Our place behind one of the shop's. */
  readonly locationOf: (id: string | undefined) => string;
}

/** An order as the book takes it. Pure. */
export function orderInputOf(order: ShopOrder, { hash, who, of }: { hash: string; who: Who; of: OrderOf }): OrderInput {
  const { totalMinor, subtotalMinor, discountMinor, shippingMinor, taxMinor, paidMinor } = order.totals;
  return {
    ref: { source: of.source, id: order.id },
    version: { at: order.atMs, hash },
    ...{ number: order.number, channel: order.channel ?? of.channel, placedAtMs: order.placedAtMs },
    ...(order.locationId !== undefined && { locationId: of.locationOf(order.locationId) }),
    ...{ currency: order.currency, who, payment: order.payment, paidMinor, isAccepted: order.isAccepted },
    ...{ isTest: order.isTest, cancelledAtMs: order.cancelledAtMs, cancelReason: order.cancelReason },
    closedAtMs: order.closedAtMs,
    totals: { totalMinor, subtotalMinor, discountMinor, shippingMinor, taxMinor },
    ...{ couponCodes: order.couponCodes, pointsRedeemed: order.pointsRedeemed },
    ...(order.couponAmounts !== undefined && { couponAmounts: order.couponAmounts }),
    ...{ cartToken: order.cartToken, checkoutToken: order.checkoutToken },
    lines: order.lines.map(({ id, productId: productRef, variantId: variantRef, sku, name, ...line }) => ({
      ...{ id, productRef, variantRef, sku, name, variantTitle: line.variantTitle, brand: line.brand },
      ...{ quantity: line.quantity, cancelled: Math.min(line.quantity, line.cancelled) },
      ...{ unitPriceMinor: line.unitPriceMinor, discountMinor: line.discountMinor },
    })),
    refunds: order.refunds.map((refund) => refundInputOf(refund, of)),
    fulfilments: order.fulfilments.map((one) => fulfilmentInputOf(one, of)),
    ...{ isFulfilled: order.isFulfilled, shipTo: order.shipTo, billTo: order.billTo, stock: of.stock },
  };
}

/** Pure. */
export function refundInputOf({ id, atMs, amountMinor, reason, lines }: ShopRefund, of: OrderOf): RefundInput {
  return {
    ...{ id, atMs, amountMinor, reason },
    lines: lines.map(({ lineId, quantity, restock, locationId }) => ({
      ...{ lineId, quantity, restock },
      ...(locationId !== undefined && { locationId: of.locationOf(locationId) }),
    })),
  };
}

/** Pure. */
export function fulfilmentInputOf({ locationId, ...one }: ShopFulfilment, of: OrderOf): FulfilmentInput {
  return { ...one, ...(locationId !== undefined && { locationId: of.locationOf(locationId) }) };
}

/** Everything that is told of orders by itself. Pure. */
export function orderPartsOf(
  told: {
    readonly refunds: readonly { readonly orderId: string; readonly refund: ShopRefund }[];
    readonly fulfilments: readonly { readonly orderId: string; readonly fulfilment: ShopFulfilment }[];
    readonly delivered: readonly { readonly orderId: string; readonly fulfilmentId: string; readonly atMs: number }[];
    readonly goneOrders: readonly {
      readonly orderId: string;
      readonly of: 'deleted' | 'restored';
      readonly atMs: number;
    }[];
  },
  of: OrderOf,
): OrderPart[] {
  const ref = (id: string) => ({ source: of.source, id });
  return [
    ...told.refunds.map(({ orderId, refund }): OrderPart => ({
      ...{ kind: 'refund', ref: ref(orderId), refund: refundInputOf(refund, of) },
    })),
    ...told.fulfilments.map(({ orderId, fulfilment }): OrderPart => ({
      ...{ kind: 'fulfilment', ref: ref(orderId), fulfilment: fulfilmentInputOf(fulfilment, of) },
    })),
    ...told.delivered.map(({ orderId, fulfilmentId, atMs }): OrderPart => ({
      ...{ kind: 'delivered', ref: ref(orderId), fulfilmentId, atMs },
    })),
    ...told.goneOrders.map(({ orderId, ...end }): OrderPart => ({ kind: 'ended', ref: ref(orderId), ...end })),
  ];
}
