import type { Json, JsonObject } from '../../../platform/json.ts';
import type { NormaliseContext } from '../connector.ts';
import type { ShopFulfilment, ShopOrder, ShopOrderLine, ShopPayment, ShopRefund } from '../order-record.ts';
import { idOf, instantOf, objectOf, objectsOf, requireId, requireObject, textOf, wholeOf } from '../payload.ts';
import { amountOr0, readAmount } from '../read-amount.ts';
import { readShopifyAddress, whoOfShopify } from './shopify-customer.ts';

const PAYMENTS: ReadonlySet<string> = new Set<ShopPayment>([
  'pending',
  'authorized',
  'partially_paid',
  'paid',
  'partially_refunded',
  'refunded',
  'voided',
]);
/** Of these the money was taken. */
const TAKEN: ReadonlySet<ShopPayment> = new Set(['paid', 'partially_refunded', 'refunded']);

/** An order as webhooks say it (shopify.dev, REST Admin API "Order"). */
export function readShopifyOrder(payload: Json, context: NormaliseContext): ShopOrder {
  const order = requireObject(payload, 'the order');
  const id = requireId(order['id'], 'the order');
  const currency = textOf(order['currency'])?.toUpperCase() ?? context.settings.currency;
  const placedAtMs = instantOf(order['processed_at']) ?? instantOf(order['created_at']) ?? context.receivedAtMs;
  const refunds = objectsOf(order['refunds']).map((refund) => readShopifyRefund(refund, { currency, context }));
  const payment = paymentOf(order);
  return {
    id,
    atMs: instantOf(order['updated_at']) ?? context.triggeredAtMs ?? placedAtMs,
    number: textOf(order['name']) ?? id,
    placedAtMs,
    currency,
    channel: channelOf(textOf(order['source_name'])),
    locationId: idOf(order['location_id']),
    staffId: idOf(order['user_id']),
    deviceId: idOf(order['device_id']),
    who: whoOfShopify(order),
    payment,
    isAccepted: true,
    isTest: order['test'] === true,
    cancelledAtMs: instantOf(order['cancelled_at']),
    cancelReason: textOf(order['cancel_reason']),
    closedAtMs: instantOf(order['closed_at']),
    totals: totalsOf(order, { currency, payment }),
    couponCodes: couponCodesOf(order),
    couponAmounts: couponAmountsOf(order, currency),
    pointsRedeemed: 0,
    cartToken: textOf(order['cart_token']),
    checkoutToken: textOf(order['checkout_token']),
    lines: objectsOf(order['line_items']).map((line) => readLine(line, { currency, refunds })),
    refunds,
    fulfilments: objectsOf(order['fulfillments']).map((one) => readShopifyFulfilment(one, context).fulfilment),
    isFulfilled: order['fulfillment_status'] === 'fulfilled',
    shipTo: readShopifyAddress(order['shipping_address']),
    billTo: readShopifyAddress(order['billing_address']),
  };
}

function paymentOf(order: JsonObject): ShopPayment {
  const status = textOf(order['financial_status'])?.toLowerCase() ?? 'pending';
  if (status === 'expired') return 'voided';
  return PAYMENTS.has(status) ? (status as ShopPayment) : 'pending';
}

function totalsOf(order: JsonObject, { currency, payment }: { currency: string; payment: ShopPayment }) {
  const totalMinor = amountOr0(order['current_total_price'] ?? order['total_price'], currency);
  const ordered = amountOr0(order['total_price'], currency);
  const outstanding = readAmount(order['total_outstanding'], currency);
  const paid = TAKEN.has(payment) ? ordered : payment === 'partially_paid' ? ordered - (outstanding ?? ordered) : 0;
  return {
    // The refunds of an order are said beside it: what was ordered stays its total.
    totalMinor: Math.max(ordered, totalMinor),
    subtotalMinor: amountOr0(order['subtotal_price'], currency),
    discountMinor: amountOr0(order['total_discounts'], currency),
    shippingMinor: shippingOf(order, currency),
    taxMinor: amountOr0(order['total_tax'], currency),
    paidMinor: Math.max(0, paid),
  };
}

function shippingOf(order: JsonObject, currency: string): number {
  const set = objectOf(objectOf(order['total_shipping_price_set'])?.['shop_money']);
  if (set !== undefined) return amountOr0(set['amount'], currency);
  return objectsOf(order['shipping_lines']).reduce((sum, line) => sum + amountOr0(line['price'], currency), 0);
}

/** Codes of codes alone: an automatic discount has none. */
function couponCodesOf(order: JsonObject): string[] {
  const codes = objectsOf(order['discount_codes']).flatMap((discount) => textOf(discount['code']) ?? []);
  const applied = objectsOf(order['discount_applications']).flatMap((one) =>
    one['type'] === 'discount_code' ? (textOf(one['code']) ?? []) : [],
  );
  return [...new Set([...codes, ...applied])];
}

/** `amount` of a code is what it took off the whole order, shipping included. */
function couponAmountsOf(order: JsonObject, currency: string): Record<string, number> {
  const amounts = objectsOf(order['discount_codes']).flatMap((discount) => {
    const [code, amount] = [textOf(discount['code']), readAmount(discount['amount'], currency)];
    return code === undefined || amount === undefined ? [] : [[code, amount] as const];
  });
  return Object.fromEntries(amounts);
}

function readLine(
  line: JsonObject,
  { currency, refunds }: { currency: string; refunds: readonly ShopRefund[] },
): ShopOrderLine {
  const quantity = Math.max(0, wholeOf(line['quantity']) ?? 0);
  const allocated = objectsOf(line['discount_allocations']).reduce(
    (sum, d) => sum + amountOr0(d['amount'], currency),
    0,
  );
  return {
    id: requireId(line['id'], 'a line of the order'),
    productId: idOf(line['product_id']),
    variantId: idOf(line['variant_id']),
    sku: textOf(line['sku']),
    name: textOf(line['title']) ?? textOf(line['name']) ?? '',
    variantTitle: textOf(line['variant_title']),
    brand: textOf(line['vendor']),
    quantity,
    // What was refunded is told by the refund: only what an edit took off is said here.
    cancelled: removedByEdit(line, { quantity, refunds }),
    unitPriceMinor: amountOr0(line['price'], currency),
    discountMinor: allocated > 0 ? allocated : amountOr0(line['total_discount'], currency),
    requiresShipping: line['requires_shipping'] !== false,
  };
}

/** An edit that takes pieces off leaves the quantity and sets `current_quantity`; so does a refund, which says so itself. */
function removedByEdit(line: JsonObject, { quantity, refunds }: { quantity: number; refunds: readonly ShopRefund[] }) {
  const current = wholeOf(line['current_quantity']);
  if (current === undefined) return 0;
  const id = idOf(line['id']);
  const refunded = refunds.flatMap(({ lines }) => lines).filter(({ lineId }) => lineId === id);
  return Math.max(0, quantity - current - refunded.reduce((sum, one) => sum + one.quantity, 0));
}

/** A refund (REST Admin API "Refund"). What came back to the shelf is said per line, apart from the money. */
export function readShopifyRefund(
  payload: Json,
  { currency, context }: { currency: string | undefined; context: NormaliseContext },
): ShopRefund {
  const refund = requireObject(payload, 'the refund');
  const transactions = objectsOf(refund['transactions']).filter(
    (one) => one['kind'] === 'refund' && (one['status'] === 'success' || one['status'] === undefined),
  );
  const said = textOf(transactions[0]?.['currency'])?.toUpperCase();
  const money = said ?? currency ?? context.settings.currency;
  return {
    id: requireId(refund['id'], 'the refund'),
    atMs: instantOf(refund['created_at']) ?? context.triggeredAtMs ?? context.receivedAtMs,
    amountMinor: transactions.reduce((sum, one) => sum + amountOr0(one['amount'], money), 0),
    currency: said ?? currency,
    reason: textOf(refund['note']),
    lines: objectsOf(refund['refund_line_items']).map((line) => ({
      lineId: requireId(line['line_item_id'], 'a line of the refund'),
      quantity: Math.max(0, wholeOf(line['quantity']) ?? 0),
      restock: restockOf(textOf(line['restock_type']), refund['restock']),
      locationId: idOf(line['location_id']),
    })),
  };
}

function restockOf(type: string | undefined, restocks: Json | undefined): 'cancel' | 'return' | 'none' | 'unknown' {
  switch (type?.toLowerCase()) {
    case 'cancel':
      return 'cancel';
    case 'return':
      return 'return';
    case 'no_restock':
      return 'none';
    default:
      // Before restock types there was one flag for all lines, and it does not say whether they were sent.
      return restocks === false ? 'none' : 'unknown';
  }
}

const FULFILMENT_STATES: Readonly<Record<string, ShopFulfilment['state']>> = {
  success: 'shipped',
  pending: 'pending',
  open: 'pending',
  cancelled: 'cancelled',
  error: 'failed',
  failure: 'failed',
};

/** A fulfilment (REST Admin API "Fulfillment"); a delivered one says so in `shipment_status`. */
export function readShopifyFulfilment(
  payload: Json,
  context: NormaliseContext,
): { orderId: string; fulfilment: ShopFulfilment } {
  const one = requireObject(payload, 'the fulfilment');
  const state = FULFILMENT_STATES[textOf(one['status'])?.toLowerCase() ?? ''] ?? 'pending';
  const atMs = instantOf(one['updated_at']) ?? context.triggeredAtMs ?? context.receivedAtMs;
  const isDelivered = state === 'shipped' && one['shipment_status'] === 'delivered';
  return {
    orderId: requireId(one['order_id'], 'the order of the fulfilment'),
    fulfilment: {
      id: requireId(one['id'], 'the fulfilment'),
      atMs,
      createdAtMs: instantOf(one['created_at']) ?? atMs,
      state: isDelivered ? 'delivered' : state,
      locationId: idOf(one['location_id']),
      trackingCompany: textOf(one['tracking_company']),
      trackingNumber: textOf(one['tracking_number']),
      trackingUrl: textOf(one['tracking_url']),
      estimatedAtMs: instantOf(one['estimated_delivery_at']),
      lines: objectsOf(one['line_items']).map((line) => ({
        lineId: requireId(line['id'], 'a line of the fulfilment'),
        quantity: Math.max(0, wholeOf(line['quantity']) ?? 0),
      })),
    },
  };
}

/** Channels are lower case; what Shopify numbers is an app's own. */
function channelOf(source: string | undefined): string | undefined {
  const name = source?.toLowerCase().replaceAll(/[^a-z0-9_.-]/g, '_');
  if (name === undefined) return undefined;
  if (name === 'shopify_draft_order') return 'phone';
  return /^[a-z][a-z0-9_.-]{0,39}$/.test(name) ? name : `shopify:${name}`.slice(0, 40);
}
