import { toMinor } from '../twin/decimal.ts';
import { giveCouponBack, moveLine, reduceStock, restoreStock } from './place-order.ts';
import type { WooShop } from './woo-shop.ts';
import { getOrder, orderTotals, type WooOrder, type WooRefund, type WooStatus } from './woo-state.ts';

/** From which status which other can be reached. */
const MOVES: Readonly<Record<WooStatus, readonly WooStatus[]>> = {
  pending: ['processing', 'on-hold', 'cancelled', 'failed'],
  'on-hold': ['processing', 'cancelled', 'completed'],
  processing: ['completed', 'cancelled', 'refunded', 'on-hold'],
  completed: ['refunded'],
  failed: ['processing', 'cancelled'],
  cancelled: [],
  refunded: [],
};

function move(shop: WooShop, orderId: number, to: WooStatus): void {
  const order = getOrder(shop.state, orderId);
  if (!MOVES[order.status].includes(to)) throw new Error(`Order ${orderId} is ${order.status} and cannot be ${to}`);
  order.status = to;
  if (to === 'processing') order.paidAtMs ??= shop.now();
  if (to === 'completed') order.completedAtMs = shop.now();
  if (to === 'processing' || to === 'on-hold' || to === 'completed') reduceStock(shop, order);
  if (to === 'cancelled' || to === 'failed') {
    restoreStock(shop, order);
    giveCouponBack(shop, order);
  }
  save(shop, order);
}

function save(shop: WooShop, order: WooOrder): void {
  order.modifiedAtMs = shop.now();
  // The status, and then what the plugins note of it: each saves the order once.
  shop.tell('order', 'updated', order.id);
  shop.tell('order', 'updated', order.id);
}

export const payOrder = (shop: WooShop, orderId: number): void => move(shop, orderId, 'processing');
export const completeOrder = (shop: WooShop, orderId: number): void => move(shop, orderId, 'completed');
export const cancelOrder = (shop: WooShop, orderId: number): void => move(shop, orderId, 'cancelled');
export const failOrder = (shop: WooShop, orderId: number): void => move(shop, orderId, 'failed');

export interface NewRefund {
  readonly orderId: number;
  readonly lines?: readonly { readonly lineId: number; readonly quantity: number }[];
  /** What the lines are worth when left out. */
  readonly amount?: string;
  readonly reason?: string;
  /** Whether the goods go back on the shelf. */
  readonly restocks?: boolean;
}

export function refund(shop: WooShop, given: NewRefund): WooRefund {
  const order = getOrder(shop.state, given.orderId);
  const wanted = (given.lines ?? []).map(({ lineId, quantity }) => {
    const line = order.lines.find(({ id }) => id === lineId);
    if (line === undefined || quantity < 1 || quantity > line.quantity - line.refunded)
      throw new Error(`Order ${order.id} has not ${quantity} pieces of line ${lineId} to refund`);
    return { id: shop.newItemId(), line, quantity };
  });
  const worth = wanted.reduce((sum, one) => sum + worthOf(one), 0);
  const amountMinor = given.amount === undefined ? worth : toMinor(given.amount, shop.identity.currency);
  const { totalMinor, refundedMinor } = orderTotals(order);
  if (amountMinor < 0 || order.paidAtMs === undefined || amountMinor > totalMinor - refundedMinor)
    throw new Error(`Order ${order.id} has not ${amountMinor} left to refund`);
  const made: WooRefund = {
    ...{ id: shop.newPostId(), createdAtMs: shop.now(), reason: given.reason ?? '', amountMinor, lines: wanted },
  };
  order.refunds.push(made);
  for (const { line, quantity } of wanted) {
    line.refunded += quantity;
    if (given.restocks ?? true) moveLine(shop, line, quantity);
  }
  if (refundedMinor + amountMinor === totalMinor) order.status = 'refunded';
  save(shop, order);
  return made;
}

function worthOf({ line, quantity }: WooRefund['lines'][number]): number {
  return Math.round(((line.totalMinor + line.taxMinor) * quantity) / line.quantity);
}

/** Into the bin: nothing answers for it any more. */
export function deleteOrder(shop: WooShop, orderId: number): void {
  getOrder(shop.state, orderId);
  shop.state.orders.delete(orderId);
  shop.tell('order', 'deleted', orderId);
}
