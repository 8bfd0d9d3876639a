import { roundAmountMinor } from '@segue/contract';
import type { LoggedEvent } from '../../platform/eventlog/index.ts';
import type { Json, JsonObject } from '../../platform/json.ts';
import type { OrderEnd, OrderInput, OrderLineInput, OrderPart } from './order-input.ts';
import type { PaymentState } from './order-state.ts';

/** What an event of a shop that has no connector says of an order. */
export type ReadOrderEvent =
  | { readonly kind: 'order'; readonly input: OrderInput }
  | { readonly kind: 'part'; readonly part: OrderPart }
  /** It names an order and does not say enough; the property and what it lacks. */
  | { readonly kind: 'unfit'; readonly field: string; readonly message: string };

const NAMES: ReadonlySet<string> = new Set([
  ...['Order Completed', 'Completed Order', 'Order Updated', 'Order Refunded', 'Order Cancelled'],
  ...['Order Fulfilled', 'Order Delivered', 'Order Picked Up'],
]);

export function isOrderEvent({ type, name }: Pick<LoggedEvent, 'type' | 'name'>): boolean {
  return type === 'track' && NAMES.has(name);
}

/**
 * Reads an order event of Segment's e-commerce specification (V2) as the order book wants it; amounts come in main units and
 * are rounded to the minor unit. Undefined: it names no order. Pure.
 */
export function readOrderEvent(event: LoggedEvent, source: string): ReadOrderEvent | undefined {
  const said = event.payload.properties ?? {};
  const orderId = textOf(said['order_id']);
  if (orderId === undefined || !isOrderEvent(event)) return undefined;
  const at = { orderId, source, atMs: event.occurredAt };
  switch (event.name) {
    case 'Order Refunded':
      return readRefund(event, at);
    case 'Order Cancelled':
      return ended(at, 'cancelled');
    case 'Order Delivered':
    case 'Order Picked Up':
      return ended(at, 'delivered');
    case 'Order Fulfilled':
      return ended(at, 'fulfilled');
    default:
      return readWhole(event, at);
  }
}

interface At {
  readonly orderId: string;
  readonly source: string;
  readonly atMs: number;
}

function ended({ orderId, source, atMs }: At, of: OrderEnd): ReadOrderEvent {
  return { kind: 'part', part: { ref: { source, id: orderId }, kind: 'ended', of, atMs } };
}

const NO_CURRENCY: ReadOrderEvent = {
  ...{
    kind: 'unfit',
    field: 'properties.currency',
    message: 'send the currency, like "EUR": without it amounts are not kept',
  },
};

function readWhole(event: LoggedEvent, { orderId, source, atMs }: At): ReadOrderEvent {
  const said = event.payload.properties ?? {};
  const currency = currencyOf(said);
  if (currency === undefined) return NO_CURRENCY;
  const minor = (name: string) => minorOf(said[name], currency);
  const lines = linesOf(said['products'], currency);
  const goods = lines.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor - line.discountMinor, 0);
  const discountMinor = minor('discount') ?? 0;
  const shippingMinor = minor('shipping') ?? 0;
  const taxMinor = minor('tax') ?? 0;
  const subtotalMinor = minor('subtotal') ?? minor('revenue') ?? Math.max(0, goods - discountMinor);
  const totalMinor = minor('total') ?? minor('revenue') ?? subtotalMinor + shippingMinor + taxMinor;
  const coupons = [textOf(said['coupon'])].filter((one) => one !== undefined);
  const payment = paymentOf(textOf(said['payment_status']));
  return {
    kind: 'order',
    input: {
      ref: { source, id: orderId },
      version: { at: atMs, hash: event.id },
      number: textOf(said['order_number']) ?? orderId,
      channel: channelOf(textOf(said['channel'])) ?? 'web',
      placedAtMs: atMs,
      currency,
      who: {},
      payment,
      paidMinor: payment === 'pending' || payment === 'authorized' || payment === 'voided' ? 0 : totalMinor,
      isAccepted: true,
      totals: { totalMinor, subtotalMinor, discountMinor, shippingMinor, taxMinor },
      couponCodes: coupons,
      cartToken: textOf(said['cart_id']),
      checkoutToken: textOf(said['checkout_id']),
      lines,
      refunds: [],
      fulfilments: [],
      stock: 'theirs',
    },
  };
}

/** A refund that says no amount gives everything back: it is for the book to say how much that is. */
function readRefund(event: LoggedEvent, { orderId, source, atMs }: At): ReadOrderEvent {
  const said = event.payload.properties ?? {};
  const currency = currencyOf(said);
  if (currency === undefined) return NO_CURRENCY;
  const amountMinor = minorOf(said['total'] ?? said['revenue'], currency);
  if (amountMinor === undefined)
    return { kind: 'unfit', field: 'properties.total', message: 'send how much was given back' };
  const lines = linesOf(said['products'], currency).map(({ id, quantity }) => ({
    lineId: id,
    quantity,
    restock: 'return' as const,
  }));
  const id = textOf(said['refund_id']) ?? event.id;
  return {
    kind: 'part',
    part: { ref: { source, id: orderId }, kind: 'refund', refund: { id, atMs, amountMinor, lines } },
  };
}

function linesOf(products: Json | undefined, currency: string): OrderLineInput[] {
  if (!Array.isArray(products)) return [];
  const seen = new Map<string, number>();
  return products.flatMap((one): OrderLineInput[] => {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return [];
    const product: JsonObject = one;
    const [sku, productRef, variantRef] = [
      textOf(product['sku']),
      textOf(product['product_id']),
      textOf(product['variant_id']),
    ];
    const name = textOf(product['name']) ?? sku ?? productRef ?? 'Product';
    const base = variantRef ?? sku ?? productRef ?? name;
    const times = seen.get(base) ?? 0;
    seen.set(base, times + 1);
    const quantity = product['quantity'];
    return [
      {
        id: times === 0 ? base : `${base}#${times + 1}`,
        ...{
          productRef,
          variantRef,
          sku,
          name,
          variantTitle: textOf(product['variant']),
          brand: textOf(product['brand']),
        },
        quantity: typeof quantity === 'number' && quantity >= 0 ? Math.floor(quantity) : 1,
        cancelled: 0,
        unitPriceMinor: minorOf(product['price'], currency) ?? 0,
        discountMinor: minorOf(product['discount'], currency) ?? 0,
      },
    ];
  });
}

const PAYMENTS: ReadonlySet<string> = new Set(['pending', 'authorized', 'partially_paid', 'paid', 'voided']);

/** What is not said of a completed order is that it was paid. */
function paymentOf(said: string | undefined): PaymentState {
  return said !== undefined && PAYMENTS.has(said) ? (said as PaymentState) : 'paid';
}

function channelOf(said: string | undefined): string | undefined {
  return said !== undefined && /^[a-z][a-z0-9_:.-]{0,39}$/.test(said) ? said : undefined;
}

function currencyOf(said: JsonObject): string | undefined {
  const text = textOf(said['currency'])?.toUpperCase();
  return text !== undefined && /^[A-Z]{3}$/.test(text) ? text : undefined;
}

function minorOf(value: Json | undefined, currency: string): number | undefined {
  if (typeof value !== 'number' || value < 0) return undefined;
  return roundAmountMinor(value, currency);
}

function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' && value.length <= 200 ? value : undefined;
}
