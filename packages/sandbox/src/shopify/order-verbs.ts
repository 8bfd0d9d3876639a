import { toDecimal, toMinor } from '../twin/decimal.ts';
import { getCustomer, tellCustomer } from './customer-verbs.ts';
import {
  currentTotalsOf,
  fulfillableOf,
  fulfilmentStatusOf,
  paidOf,
  partOf,
  refundedOf,
  totalsOf,
} from './order-money.ts';
import {
  presentFulfilment,
  presentFulfilmentEvent,
  presentOrder,
  presentRefund,
  presentTransaction,
} from './present-order.ts';
import type { ShopEventHead, ShopifyShop } from './shopify-shop.ts';
import {
  getOrder,
  type RestockType,
  type ShopifyFulfilment,
  type ShopifyOrder,
  type ShopifyOrderLine,
  type ShopifyRefund,
} from './shopify-state.ts';
import { moveStock, type StockChange } from './stock-verbs.ts';

/** The money comes: all that is missing of it. */
export function payOrder(shop: ShopifyShop, orderId: string): void {
  const order = getOrder(shop.state, orderId);
  const missing = totalsOf(order).totalMinor - paidOf(order);
  if (missing <= 0 || order.cancelledAtMs !== undefined) throw new Error(`Nothing is to be paid of order ${orderId}`);
  const head = shop.begin();
  const isAuthorized = order.transactions.some(({ kind }) => kind === 'authorization');
  const kind = isAuthorized ? 'capture' : 'sale';
  const transaction = {
    id: shop.newId(),
    kind,
    amountMinor: missing,
    gateway: 'bogus',
    createdAtMs: head.atMs,
  } as const;
  order.transactions.push(transaction);
  shop.tell(head, 'order_transactions/create', presentTransaction(shop, order, transaction));
  tellOrder(shop, order, { head, topics: ['orders/paid', 'orders/updated'] });
}

export interface NewFulfilment {
  readonly orderId: string;
  /** Everything that is not sent yet when left out. */
  readonly lines?: readonly { readonly lineId: string; readonly quantity: number }[];
  readonly locationId?: string;
  readonly trackingCompany?: string;
  readonly trackingNumber?: string;
}

export function fulfil(shop: ShopifyShop, given: NewFulfilment): ShopifyFulfilment {
  const order = getOrder(shop.state, given.orderId);
  const lines = given.lines ?? order.lines.map((line) => ({ lineId: line.id, quantity: fulfillableOf(line) }));
  const wanted = lines.filter(({ quantity }) => quantity > 0);
  const known = wanted.map((one) => ({ ...one, line: getLine(order, one.lineId) }));
  if (known.length === 0 || known.some(({ line, quantity }) => quantity > fulfillableOf(line)))
    throw new Error(`Order ${given.orderId} has not so many pieces to send`);
  const head = shop.begin();
  const [first] = known.flatMap(({ line }) => line.taken);
  const fulfilment: ShopifyFulfilment = {
    ...{
      id: shop.newId(),
      lines: wanted,
      trackingCompany: given.trackingCompany,
      trackingNumber: given.trackingNumber,
    },
    locationId: given.locationId ?? first?.locationId ?? '0',
    ...{ shipmentStatus: undefined, createdAtMs: head.atMs, updatedAtMs: head.atMs },
  };
  moveStock(
    shop,
    head,
    known.flatMap(({ line, quantity }) => takeBack(line, quantity)),
  );
  for (const { line, quantity } of known) line.fulfilled += quantity;
  order.fulfilments.push(fulfilment);
  shop.tell(head, 'fulfillments/create', presentFulfilment(shop, order, fulfilment));
  const isWhole = fulfilmentStatusOf(order) === 'fulfilled';
  if (isWhole) order.closedAtMs = head.atMs;
  tellOrder(shop, order, {
    head,
    topics: [isWhole ? 'orders/fulfilled' : 'orders/partially_fulfilled', 'orders/updated'],
  });
  return fulfilment;
}

/** Pieces leave what is committed; they were taken from where they lay when the order came. */
function takeBack(line: ShopifyOrderLine, quantity: number): StockChange[] {
  let skipped = line.fulfilled + line.removed;
  let left = quantity;
  return line.taken.flatMap(({ locationId, quantity: taken }) => {
    const passed = Math.min(skipped, taken);
    skipped -= passed;
    const part = Math.min(left, taken - passed);
    left -= part;
    return part === 0 ? [] : [{ itemId: line.itemId, locationId, available: 0, committed: -part }];
  });
}

/** The parcel is on its way or there. */
export function moveShipment(
  shop: ShopifyShop,
  given: {
    readonly orderId: string;
    readonly fulfilmentId: string;
    readonly status: NonNullable<ShopifyFulfilment['shipmentStatus']>;
  },
): void {
  const order = getOrder(shop.state, given.orderId);
  const fulfilment = order.fulfilments.find(({ id }) => id === given.fulfilmentId);
  if (fulfilment === undefined) throw new Error(`Order ${given.orderId} has no fulfilment ${given.fulfilmentId}`);
  const head = shop.begin();
  fulfilment.shipmentStatus = given.status;
  fulfilment.updatedAtMs = head.atMs;
  const event = presentFulfilmentEvent(shop, order, { fulfilment, id: shop.newId(), atMs: head.atMs });
  shop.tell(head, 'fulfillment_events/create', event);
  shop.tell(head, 'fulfillments/update', presentFulfilment(shop, order, fulfilment));
  tellOrder(shop, order, { head, topics: ['orders/updated'] });
}

export interface NewRefund {
  readonly orderId: string;
  readonly lines?: readonly {
    readonly lineId: string;
    readonly quantity: number;
    readonly restock?: RestockType;
    readonly locationId?: string;
  }[];
  /** What the lines are worth when left out. */
  readonly amount?: string;
  readonly note?: string;
}

/** Money back, and goods back where it says so: the one without the other too. */
export function refund(shop: ShopifyShop, given: NewRefund): ShopifyRefund {
  const order = getOrder(shop.state, given.orderId);
  const head = shop.begin();
  const made = makeRefund(shop, order, { ...given, head });
  tellRefund(shop, order, { head, made });
  tellOrder(shop, order, { head, topics: ['orders/updated'] });
  if (order.customerId !== undefined) tellCustomer(shop, getCustomer(shop, order.customerId), head);
  return made;
}

function makeRefund(shop: ShopifyShop, order: ShopifyOrder, given: NewRefund & { head: ShopEventHead }): ShopifyRefund {
  const { head } = given;
  const before = currentTotalsOf(order).totalMinor;
  const changes: StockChange[] = [];
  const lines = (given.lines ?? []).map(({ lineId, quantity, restock = 'no_restock', locationId }) => {
    const line = getLine(order, lineId);
    const unrefunded = line.quantity - line.refunded;
    const most = restock === 'cancel' ? Math.min(fulfillableOf(line), unrefunded) : unrefunded;
    if (quantity < 1 || quantity > most) throw new Error(`Line ${lineId} has not ${quantity} pieces to ${restock}`);
    const was = partOf(line, line.quantity - line.refunded);
    const place = locationId ?? line.taken[0]?.locationId;
    if (restock === 'cancel') changes.push(...takeBack(line, quantity).map(backOnShelf));
    if (restock === 'return' && place !== undefined)
      changes.push({ itemId: line.itemId, locationId: place, available: quantity, committed: 0 });
    line.refunded += quantity;
    if (restock === 'cancel') line.removed += quantity;
    const now = partOf(line, line.quantity - line.refunded);
    const subtotalMinor = was.grossMinor - was.discountMinor - (now.grossMinor - now.discountMinor);
    return {
      ...{ id: shop.newId(), lineId, quantity, restock, subtotalMinor, taxMinor: was.taxMinor - now.taxMinor },
      locationId: restock === 'no_restock' ? undefined : place,
    };
  });
  const worth = lines.length === 0 ? 0 : before - currentTotalsOf(order).totalMinor;
  const left = paidOf(order) - refundedOf(order);
  const amountMinor =
    given.amount === undefined ? Math.min(worth, left) : toMinor(given.amount, shop.identity.currency);
  if (amountMinor > left) throw new Error(`Order ${order.id} has only ${left} left to refund`);
  const transactions =
    amountMinor === 0
      ? []
      : [{ id: shop.newId(), kind: 'refund' as const, amountMinor, gateway: 'bogus', createdAtMs: head.atMs }];
  order.transactions.push(...transactions);
  const made: ShopifyRefund = { id: shop.newId(), createdAtMs: head.atMs, note: given.note, lines, transactions };
  order.refunds.push(made);
  moveStock(shop, head, changes);
  return made;
}

const backOnShelf = (change: StockChange): StockChange => ({ ...change, available: -change.committed });

function tellRefund(
  shop: ShopifyShop,
  order: ShopifyOrder,
  { head, made }: { head: ShopEventHead; made: ShopifyRefund },
): void {
  shop.tell(head, 'refunds/create', presentRefund(shop, order, made));
  for (const one of made.transactions)
    shop.tell(head, 'order_transactions/create', presentTransaction(shop, order, one));
}

/** Everything not yet sent goes back on the shelf; what was paid is given back. */
export function cancelOrder(
  shop: ShopifyShop,
  {
    orderId,
    reason = 'customer',
  }: { readonly orderId: string; readonly reason?: 'customer' | 'inventory' | 'fraud' | 'declined' | 'other' },
): void {
  const order = getOrder(shop.state, orderId);
  if (order.cancelledAtMs !== undefined) throw new Error(`Order ${orderId} is cancelled already`);
  const head = shop.begin();
  const lines = order.lines.flatMap((line) => {
    const quantity = Math.min(fulfillableOf(line), line.quantity - line.refunded);
    return quantity === 0 ? [] : [{ lineId: line.id, quantity, restock: 'cancel' as const }];
  });
  const left = paidOf(order) - refundedOf(order);
  const amount = order.fulfilments.length === 0 ? { amount: toDecimal(left, shop.identity.currency) } : {};
  const made = lines.length === 0 ? undefined : makeRefund(shop, order, { orderId, lines, head, ...amount });
  if (paidOf(order) === 0)
    order.transactions.push({
      id: shop.newId(),
      kind: 'void',
      amountMinor: 0,
      gateway: 'bogus',
      createdAtMs: head.atMs,
    });
  order.cancelledAtMs = head.atMs;
  order.cancelReason = reason;
  order.closedAtMs ??= head.atMs;
  if (made !== undefined) tellRefund(shop, order, { head, made });
  tellOrder(shop, order, { head, topics: ['orders/cancelled', 'orders/updated'] });
}

function tellOrder(
  shop: ShopifyShop,
  order: ShopifyOrder,
  { head, topics }: { head: ShopEventHead; topics: readonly string[] },
): void {
  order.updatedAtMs = head.atMs;
  const payload = presentOrder(shop, order);
  for (const topic of topics) shop.tell(head, topic, payload);
}

function getLine(order: ShopifyOrder, lineId: string): ShopifyOrderLine {
  const line = order.lines.find(({ id }) => id === lineId);
  if (line === undefined) throw new Error(`Order ${order.id} has no line ${lineId}`);
  return line;
}
