import type { Json, JsonObject } from '../../../platform/json.ts';
import type { NormaliseContext } from '../connector.ts';
import type { ShopWho } from '../customer-record.ts';
import type { ShopAddress, ShopOrder, ShopOrderLine, ShopPayment, ShopRefund } from '../order-record.ts';
import { gmtOf, idOrNone, objectOf, objectsOf, requireId, requireObject, textOf, wholeOf } from '../payload.ts';
import { decodeEntities } from '../plain-text.ts';
import { amountOr0, unitPriceOf } from '../read-amount.ts';
import type { ShopRecord } from '../records.ts';

/** Statuses an order has before it is one. */
const BEGUN: ReadonlySet<string> = new Set(['pending', 'checkout-draft', 'auto-draft', 'draft']);
const CALLED_OFF: ReadonlySet<string> = new Set(['cancelled', 'failed', 'trash']);

/**
 * An order of WooCommerce (REST API v3, "Orders"): one that nobody has paid or accepted yet is a checkout, whose token is the
 * order's key. Every instant is the `_gmt` one: the others are in the shop's own zone, which they do not say.
 */
export function readWooOrder(payload: Json, context: NormaliseContext): ShopRecord[] {
  const order = requireObject(payload, 'the order');
  const status = textOf(order['status'])?.replace(/^wc-/, '') ?? 'pending';
  const read = readOrder(order, { status, context });
  if (!BEGUN.has(status)) return [{ kind: 'order', order: read }];
  return [
    { kind: 'checkout', checkout: checkoutOf(order, read) },
    { kind: 'order', order: read },
  ];
}

function readOrder(order: JsonObject, { status, context }: { status: string; context: NormaliseContext }): ShopOrder {
  const id = requireId(order['id'], 'the order');
  const currency = textOf(order['currency'])?.toUpperCase() ?? context.settings.currency;
  const placedAtMs = gmtOf(order['date_created_gmt']) ?? context.receivedAtMs;
  const atMs = gmtOf(order['date_modified_gmt']) ?? placedAtMs;
  const refunds = objectsOf(order['refunds']).map((refund) => readSummary(refund, { currency, atMs }));
  const payment = paymentOf(order, { status, refunds });
  const totalMinor = amountOr0(order['total'], currency);
  return {
    id,
    atMs,
    number: textOf(order['number']) ?? id,
    placedAtMs,
    currency,
    channel: channelOf(textOf(order['created_via'])),
    locationId: undefined,
    staffId: undefined,
    deviceId: undefined,
    who: whoOf(order),
    payment,
    isAccepted: !BEGUN.has(status) && !(CALLED_OFF.has(status) && paidAtOf(order) === undefined),
    isTest: false,
    cancelledAtMs: CALLED_OFF.has(status) ? atMs : undefined,
    cancelReason: status === 'failed' ? 'payment failed' : undefined,
    closedAtMs: status === 'completed' ? (gmtOf(order['date_completed_gmt']) ?? atMs) : undefined,
    totals: {
      totalMinor,
      subtotalMinor: sumOf(order, { field: 'subtotal', currency }),
      discountMinor: amountOr0(order['discount_total'], currency),
      shippingMinor: amountOr0(order['shipping_total'], currency),
      taxMinor: amountOr0(order['total_tax'], currency),
      paidMinor: paidAtOf(order) === undefined && payment === 'pending' ? 0 : totalMinor,
    },
    couponCodes: objectsOf(order['coupon_lines']).flatMap((line) => textOf(line['code']) ?? []),
    couponAmounts: couponAmountsOf(order, currency),
    pointsRedeemed: 0,
    cartToken: undefined,
    checkoutToken: textOf(order['order_key']),
    lines: objectsOf(order['line_items']).map((line) => readLine(line, currency)),
    refunds,
    fulfilments: [],
    isFulfilled: status === 'completed',
    shipTo: addressOf(order['shipping']),
    billTo: addressOf(order['billing']),
  };
}

/** `discount` of a coupon line is decimal text, taxes apart. */
function couponAmountsOf(order: JsonObject, currency: string): Record<string, number> {
  const amounts = objectsOf(order['coupon_lines']).flatMap((line) => {
    const code = textOf(line['code']);
    return code === undefined ? [] : [[code, amountOr0(line['discount'], currency)] as const];
  });
  return Object.fromEntries(amounts);
}

function checkoutOf(order: JsonObject, read: ShopOrder) {
  const hasContact = read.who.email !== undefined || read.who.phone !== undefined;
  return {
    token: read.checkoutToken ?? read.id,
    cartToken: undefined,
    atMs: read.atMs,
    startedAtMs: read.placedAtMs,
    completedAtMs: undefined,
    currency: read.currency,
    lines: read.lines.map((line) => ({
      key: line.variantId ?? line.productId ?? line.id,
      productId: line.productId,
      variantId: line.variantId,
      sku: line.sku,
      name: line.name,
      variantTitle: line.variantTitle,
      brand: line.brand,
      quantity: line.quantity,
      priceMinor: line.unitPriceMinor,
    })),
    who: read.who,
    totalMinor: read.totals.totalMinor,
    taxMinor: read.totals.taxMinor,
    discountMinor: read.totals.discountMinor,
    couponCodes: read.couponCodes,
    steps: hasContact ? (['contact'] as const) : [],
    recoveryUrl: textOf(order['payment_url']),
  };
}

function readLine(line: JsonObject, currency: string): ShopOrderLine {
  const quantity = Math.max(0, wholeOf(line['quantity']) ?? 0);
  // `price` is a float; the totals of the line are decimal text.
  const subtotal = amountOr0(line['subtotal'], currency);
  const unitPriceMinor = unitPriceOf(subtotal, quantity);
  const variationId = idOrNone(line['variation_id']);
  const productId = idOrNone(line['product_id']);
  return {
    id: requireId(line['id'], 'a line of the order'),
    productId,
    // A simple product is its own variant.
    variantId: variationId ?? productId,
    sku: textOf(line['sku']),
    name: decodeEntities(textOf(line['parent_name']) ?? textOf(line['name']) ?? ''),
    variantTitle: undefined,
    brand: undefined,
    quantity,
    cancelled: 0,
    unitPriceMinor,
    discountMinor: Math.max(0, unitPriceMinor * quantity - amountOr0(line['total'], currency)),
    requiresShipping: true,
  };
}

/** What an order says of its refunds: that there is one, and how much, as a negative amount. Its lines are asked for. */
function readSummary(refund: JsonObject, { currency, atMs }: { currency: string; atMs: number }): ShopRefund {
  return {
    id: requireId(refund['id'], 'a refund of the order'),
    // Older than the refund itself says: that one is to win.
    atMs: Math.min(atMs, gmtOf(refund['date_created_gmt']) ?? 0),
    amountMinor: Math.abs(amountOr0(refund['total'], currency)),
    currency,
    reason: textOf(refund['reason']),
    lines: [],
  };
}

/** A refund as it is asked for: `GET /orders/{id}/refunds`. */
export function readWooRefund(payload: Json, context: NormaliseContext): ShopRefund {
  const refund = requireObject(payload, 'the refund');
  const { currency } = context.settings;
  return {
    id: requireId(refund['id'], 'the refund'),
    atMs: gmtOf(refund['date_created_gmt']) ?? context.receivedAtMs,
    amountMinor: Math.abs(amountOr0(refund['amount'], currency)),
    currency: undefined,
    reason: textOf(refund['reason']),
    lines: objectsOf(refund['line_items']).flatMap((line) => {
      const meta = objectsOf(line['meta_data']).find((one) => one['key'] === '_refunded_item_id');
      const lineId = idOrNone(meta?.['value']);
      const quantity = Math.abs(wholeOf(line['quantity']) ?? 0);
      return lineId === undefined ? [] : [{ lineId, quantity, restock: 'unknown' as const, locationId: undefined }];
    }),
  };
}

function paymentOf(
  order: JsonObject,
  { status, refunds }: { status: string; refunds: readonly ShopRefund[] },
): ShopPayment {
  if (status === 'refunded') return 'refunded';
  const isPaid = paidAtOf(order) !== undefined || status === 'processing' || status === 'completed';
  if (!isPaid) return CALLED_OFF.has(status) ? 'voided' : 'pending';
  return refunds.length > 0 ? 'partially_refunded' : 'paid';
}

function paidAtOf(order: JsonObject): number | undefined {
  return gmtOf(order['date_paid_gmt']);
}

function sumOf(order: JsonObject, { field, currency }: { field: string; currency: string }): number {
  return objectsOf(order['line_items']).reduce((sum, line) => sum + amountOr0(line[field], currency), 0);
}

/** What is bought in the shop itself is of the connector's own channel. */
const CHANNELS: Readonly<Record<string, string>> = {
  admin: 'phone',
  pos: 'pos',
  'pos-rest-api': 'pos',
};

function channelOf(createdVia: string | undefined): string | undefined {
  return createdVia === undefined ? undefined : CHANNELS[createdVia];
}

function whoOf(order: JsonObject): ShopWho {
  const billing = objectOf(order['billing']);
  const meta = objectsOf(order['meta_data']).find((one) => one['key'] === 'segue_anonymous_id');
  return {
    // 0: bought without an account.
    customerId: idOrNone(order['customer_id']),
    email: textOf(billing?.['email']),
    phone: textOf(billing?.['phone']),
    anonymousId: textOf(meta?.['value']),
  };
}

export function addressOf(value: Json | undefined): ShopAddress | undefined {
  const address = objectOf(value);
  if (address === undefined) return undefined;
  const join = (parts: readonly (Json | undefined)[], by: string) =>
    parts.flatMap((part) => textOf(part) ?? []).join(by) || undefined;
  const read = {
    name: join([address['first_name'], address['last_name']], ' '),
    street: join([address['address_1'], address['address_2']], ', '),
    city: textOf(address['city']),
    region: textOf(address['state']),
    postcode: textOf(address['postcode']),
    country: textOf(address['country']),
    phone: textOf(address['phone']),
  };
  return Object.values(read).every((part) => part === undefined) ? undefined : read;
}
