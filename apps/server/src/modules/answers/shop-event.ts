import { type EcommerceName, ecommerceNameOf } from '@segue/contract';
import type { Json, JsonObject } from '../../platform/json.ts';
import { readNumber } from '../../platform/number-in-text.ts';
import { type OrderSources, orderSourceOf } from './order-source.ts';

/** A product as an event names it. */
export interface ShopProduct {
  readonly productId: string | null;
  readonly sku: string | null;
  readonly variant: string | null;
  readonly name: string | null;
  readonly price: number | null;
  readonly url: string | null;
}
export interface Line extends ShopProduct {
  readonly quantity: number;
}

/** What shops send beside the specification when an order has left or arrived. */
const DONE_NAMES = ['Order Fulfilled', 'Order Delivered', 'Order Picked Up'] as const;
export type ShopEventName = EcommerceName | (typeof DONE_NAMES)[number];

export interface ShopEvent {
  readonly id: string;
  readonly name: ShopEventName;
  readonly at: number;
  readonly cartId: string | undefined;
  readonly checkoutId: string | undefined;
  readonly orderId: string | undefined;
  /** Whose order that is, as the order book names sources; undefined: the event does not know. */
  readonly orderSource: string | undefined;
  /** The product the event is about itself. */
  readonly product: Line | undefined;
  /** The product's quantity was said. */
  readonly hasQuantity: boolean;
  /** Undefined: it lists none. */
  readonly products: readonly Line[] | undefined;
  readonly total: number | undefined;
  readonly currency: string | undefined;
  /** What the shop says of the order in its own words. */
  readonly status: string | undefined;
}

/**
 * Reads an event of a shop, undefined when it is none. Lenient: a property of the wrong type counts as left out, so one bad
 * field does not hide an order.
 */
export function readShopEvent(
  event: {
    readonly id: string;
    readonly name: string;
    readonly at: number;
    readonly source?: number | undefined;
    readonly properties: JsonObject;
  },
  sources?: OrderSources,
): ShopEvent | undefined {
  const name = DONE_NAMES.find((one) => one === event.name) ?? ecommerceNameOf(event.name);
  if (name === undefined) return undefined;
  const { properties } = event;
  const listed = properties['products'];
  const own = lineOf(properties);
  return {
    id: event.id,
    name,
    at: event.at,
    cartId: textOf(properties['cart_id']),
    checkoutId: textOf(properties['checkout_id']),
    orderId: textOf(properties['order_id']),
    orderSource: sources && orderSourceOf(event.source, textOf(properties['affiliation']), sources),
    product: own,
    hasQuantity: numberOf(properties['quantity']) !== undefined,
    products: Array.isArray(listed) ? listed.flatMap((one) => lineOf(one) ?? []) : undefined,
    total: numberOf(properties['total']) ?? numberOf(properties['value']) ?? numberOf(properties['revenue']),
    currency: textOf(properties['currency']),
    status: (textOf(properties['fulfillment_status']) ?? textOf(properties['status']))?.toLowerCase(),
  };
}

function lineOf(value: Json | undefined): Line | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const productId = textOf(value['product_id']) ?? null;
  const sku = textOf(value['sku']) ?? null;
  if (productId === null && sku === null) return undefined;
  return {
    productId,
    sku,
    variant: textOf(value['variant_id']) ?? textOf(value['variant']) ?? null,
    name: textOf(value['name']) ?? null,
    price: numberOf(value['price']) ?? null,
    url: textOf(value['url']) ?? null,
    quantity: Math.max(0, numberOf(value['quantity']) ?? 1),
  };
}

function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Also one in text, as many shops send them; as segments count. */
function numberOf(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' ? readNumber(value) : value;
  return typeof number === 'number' && Math.abs(number) <= 1e12 ? number : undefined;
}

/** Whether both name the same product: by its id where both have one, else by its sku. */
export function isSameProduct(a: ShopProduct, b: ShopProduct): boolean {
  if (a.productId !== null && b.productId !== null) return a.productId === b.productId;
  return a.sku !== null && a.sku === b.sku;
}

/** Whether both name the same thing to buy: nothing that both say of it differs. */
export function isSameLine(a: ShopProduct, b: ShopProduct): boolean {
  const agree = (x: string | null, y: string | null) => x === null || y === null || x === y;
  return isSameProduct(a, b) && agree(a.sku, b.sku) && agree(a.variant, b.variant);
}

/** What the newer word says, and the older where it says nothing. */
export function filled(older: Line, newer: Line): Line {
  return {
    productId: newer.productId ?? older.productId,
    sku: newer.sku ?? older.sku,
    variant: newer.variant ?? older.variant,
    name: newer.name ?? older.name,
    price: newer.price ?? older.price,
    url: newer.url ?? older.url,
    quantity: newer.quantity,
  };
}

/** Of one instant what fills a cart comes before what empties it, and that before what ends it. */
const RANKS: Partial<Readonly<Record<ShopEventName, number>>> = {
  'Product Viewed': 0,
  'Product Added': 1,
  'Wishlist Product Added to Cart': 1,
  'Product Removed': 2,
  'Cart Viewed': 3,
  'Checkout Started': 4,
  'Order Completed': 5,
  'Order Updated': 6,
};

/** By event time, in one order whatever the order of arrival; what came twice counts once. */
export function inOrder(events: readonly ShopEvent[]): ShopEvent[] {
  const once = new Map(events.map((event) => [event.id, event]));
  const rank = (event: ShopEvent) => RANKS[event.name] ?? 7;
  return [...once.values()].sort((a, b) => a.at - b.at || rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
}
