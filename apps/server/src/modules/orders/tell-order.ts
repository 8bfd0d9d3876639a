import { amountInMain } from '@segue/contract';
import type { JsonObject } from '../../platform/json.ts';
import { fulfilmentsOf, refundsOf } from './derive-order.ts';
import type { OrderFacts } from './order-facts.ts';
import type { FulfilmentInput, RefundInput } from './order-input.ts';
import type { OrderLine, OrderState } from './order-state.ts';

/** A happening of an order. Its key is the same for the same happening: it is told once. */
export interface OrderHappening {
  readonly key: string;
  /** Segment's name of the event, or one in its manner. */
  readonly name: string;
  readonly occurredAtMs: number;
  readonly properties: JsonObject;
}

interface Told {
  readonly facts: OrderFacts;
  readonly state: OrderState | undefined;
}

/**
 * What to tell of an order that is `after` and was `before`. Everything but an update follows from what is so now, whatever
 * was known before: in any order of what a source says, the same happenings are told. Nothing of a test, nor of what was
 * never accepted. Pure.
 */
export function happeningsOf(before: Told, after: Told & { state: OrderState }): OrderHappening[] {
  const { state, facts } = after;
  if (!state.isAccepted || state.isTest) return [];
  const order = propertiesOf(state);
  const at = facts.snapshot?.version.at ?? state.placedAtMs;
  /** About the order as a whole. */
  const said = (key: string, word: string, occurredAtMs: number): OrderHappening => ({
    ...{ key, name: `Order ${word}`, occurredAtMs, properties: order },
  });
  return [
    said('completed', 'Completed', state.placedAtMs),
    ...(isPaid(state) ? [said('paid', 'Paid', at)] : []),
    ...(isUpdate(before, state) ? [said(`updated-${at}`, 'Updated', at)] : []),
    ...fulfilmentsOf(facts).flatMap((one) => ofFulfilment(state, one)),
    ...(isComplete(state) ? [said('fulfilled', 'Fulfilled', facts.ended.fulfilled ?? lastSentAt(facts) ?? at)] : []),
    ...(facts.ended.delivered === undefined ? [] : [said('delivered', 'Delivered', facts.ended.delivered)]),
    ...refundsOf(facts).map((refund) => ofRefund(state, refund)),
    ...(state.standing === 'cancelled' ? [said('cancelled', 'Cancelled', state.cancelledAtMs ?? at)] : []),
  ];
}

function isPaid({ payment }: OrderState): boolean {
  return payment === 'paid' || payment === 'partially_refunded' || payment === 'refunded';
}

function isComplete({ fulfilment }: OrderState): boolean {
  return fulfilment === 'fulfilled' || fulfilment === 'delivered';
}

function lastSentAt(facts: OrderFacts): number | undefined {
  const sent = fulfilmentsOf(facts).filter(({ state }) => state === 'shipped' || state === 'delivered');
  return sent.length === 0 ? undefined : Math.max(...sent.map((one) => one.createdAtMs));
}

/** Something she would see on her receipt has changed. */
function isUpdate({ state: before }: Told, after: OrderState): boolean {
  if (before === undefined || !before.isAccepted) return false;
  return receiptOf(before) !== receiptOf(after);
}

function receiptOf({ totalMinor, shippingMinor, taxMinor, couponCodes, lines }: OrderState): string {
  const goods = lines.map((line) => [line.id, line.quantity - line.cancelled, line.unitPriceMinor, line.discountMinor]);
  return JSON.stringify([totalMinor, shippingMinor, taxMinor, couponCodes, goods]);
}

/** The properties of an order event by Segment's e-commerce specification (V2): amounts in main units. Pure. */
export function propertiesOf(order: OrderState): JsonObject {
  const main = (amountMinor: number) => amountInMain(amountMinor, order.currency);
  const [coupon] = order.couponCodes;
  return {
    order_id: order.sourceOrderId,
    order_number: order.number,
    affiliation: order.source,
    channel: order.channel,
    total: main(order.totalMinor),
    subtotal: main(order.subtotalMinor),
    revenue: main(order.subtotalMinor),
    shipping: main(order.shippingMinor),
    tax: main(order.taxMinor),
    discount: main(order.discountMinor),
    currency: order.currency,
    ...(coupon !== undefined && { coupon, coupons: [...order.couponCodes] }),
    ...(order.cartToken !== null && { cart_id: order.cartToken }),
    payment_status: order.payment,
    fulfillment_status: order.fulfilment,
    products: order.lines
      .filter((line) => line.quantity > line.cancelled)
      .map((line) => productOf(order, line, line.quantity - line.cancelled)),
  };
}

function productOf({ currency }: OrderState, line: OrderLine, quantity: number): JsonObject {
  return {
    ...(line.productRef !== null && { product_id: line.productRef }),
    ...(line.variantRef !== null && { variant_id: line.variantRef }),
    ...(line.sku !== null && { sku: line.sku }),
    name: line.name,
    ...(line.variantTitle !== null && { variant: line.variantTitle }),
    ...(line.brand !== null && { brand: line.brand }),
    price: amountInMain(line.unitPriceMinor, currency),
    quantity,
  };
}

function ofFulfilment(state: OrderState, one: FulfilmentInput): OrderHappening[] {
  if (one.state !== 'shipped' && one.state !== 'delivered') return [];
  const properties: JsonObject = {
    order_id: state.sourceOrderId,
    fulfillment_id: one.id,
    currency: state.currency,
    ...(one.trackingCompany !== undefined && { tracking_company: one.trackingCompany }),
    ...(one.trackingNumber !== undefined && { tracking_number: one.trackingNumber }),
    ...(one.trackingUrl !== undefined && { tracking_url: one.trackingUrl }),
    ...(one.estimatedAtMs !== undefined && { estimated_delivery: new Date(one.estimatedAtMs).toISOString() }),
    products: partsOf(state, one.lines),
  };
  const shipped = { key: `shipped-${one.id}`, name: 'Order Shipped', occurredAtMs: one.createdAtMs, properties };
  if (one.state === 'shipped') return [shipped];
  return [shipped, { key: `delivered-${one.id}`, name: 'Order Delivered', occurredAtMs: one.atMs, properties }];
}

function ofRefund(state: OrderState, refund: RefundInput): OrderHappening {
  const properties: JsonObject = {
    order_id: state.sourceOrderId,
    refund_id: refund.id,
    total: amountInMain(refund.amountMinor, state.currency),
    currency: state.currency,
    ...(refund.reason !== undefined && { reason: refund.reason }),
    products: partsOf(state, refund.lines),
  };
  return { key: `refund-${refund.id}`, name: 'Order Refunded', occurredAtMs: refund.atMs, properties };
}

function partsOf(
  state: OrderState,
  parts: readonly { readonly lineId: string; readonly quantity: number }[],
): JsonObject[] {
  return parts.flatMap(({ lineId, quantity }) => {
    const line = state.lines.find((one) => one.id === lineId);
    return line === undefined ? [] : [productOf(state, line, quantity)];
  });
}
