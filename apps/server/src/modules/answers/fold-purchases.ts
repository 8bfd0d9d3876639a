import type { Order } from './fold-orders.ts';
import { filled, isSameProduct, type Line, type ShopEvent, type ShopProduct } from './shop-event.ts';

export interface Asked {
  readonly kind: 'product' | 'variant';
  readonly id: string;
  /** What else the catalog calls it. */
  readonly aliases?: readonly string[];
}

export interface Bought extends Omit<Asked, 'aliases'> {
  readonly isBought: boolean;
  readonly lastBoughtAt: number | undefined;
  readonly orders: number;
  readonly quantity: number;
  /** Newest first. */
  readonly orderIds: readonly string[];
}

function isMeant({ kind, id, aliases = [] }: Asked, product: ShopProduct): boolean {
  const named = kind === 'product' ? product.productId : product.variant;
  return product.sku === id || named === id || (named !== null && aliases.includes(named));
}

/** What she has of a product or variant; what was cancelled or given back is not bought. */
export function findBought({ kind, id, aliases = [] }: Asked, orders: readonly Order[]): Bought {
  const found = orders
    .map((order) => ({ order, lines: order.lines.filter((line) => isMeant({ kind, id, aliases }, line)) }))
    .filter(({ lines }) => lines.length > 0)
    .sort((a, b) => b.order.orderedAt - a.order.orderedAt);
  return {
    ...{ kind, id },
    isBought: found.length > 0,
    lastBoughtAt: found[0]?.order.orderedAt,
    orders: found.length,
    quantity: found.flatMap(({ lines }) => lines).reduce((sum, line) => sum + line.quantity, 0),
    orderIds: found.flatMap(({ order }) => order.orderId ?? []),
  };
}

/** When she last bought this product. */
export function lastBoughtAt(product: ShopProduct, orders: readonly Order[]): number | undefined {
  const times = orders
    .filter((order) => order.lines.some((line) => isSameProduct(line, product)))
    .map((order) => order.orderedAt);
  return times.length === 0 ? undefined : Math.max(...times);
}

export interface Interest {
  readonly product: ShopProduct;
  readonly what: 'viewed' | 'in_cart';
  readonly at: number;
  readonly lastBoughtAt: number | undefined;
}

/** Products she viewed or put in a cart and did not buy since, newest first; from events in order. */
export function foldInterests(events: readonly ShopEvent[], orders: readonly Order[]): Interest[] {
  const seen: { product: Line; what: Interest['what']; at: number }[] = [];
  for (const { name, product, at } of events) {
    if (product === undefined) continue;
    if (name !== 'Product Viewed' && name !== 'Product Added' && name !== 'Wishlist Product Added to Cart') continue;
    const known = seen.findIndex((one) => isSameProduct(one.product, product));
    const before = known === -1 ? undefined : seen.splice(known, 1)[0];
    const isInCart = name !== 'Product Viewed' || before?.what === 'in_cart';
    const whole = before === undefined ? product : filled(before.product, product);
    seen.push({ product: whole, what: isInCart ? 'in_cart' : 'viewed', at });
  }
  return seen.reverse().flatMap(({ product, what, at }) => {
    const boughtAt = lastBoughtAt(product, orders);
    return boughtAt !== undefined && boughtAt >= at ? [] : [{ product, what, at, lastBoughtAt: boughtAt }];
  });
}
