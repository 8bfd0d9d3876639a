import type { Answers } from '@segue/contract';
import type { OrderName } from '../orders/index.ts';
import { type Cart, CART_OPEN_MS, foldCarts } from './fold-carts.ts';
import { foldOrders, type Order } from './fold-orders.ts';
import { type Asked, findBought, foldInterests, lastBoughtAt } from './fold-purchases.ts';
import { joinCarts, joinOrders } from './join-books.ts';
import { inOrder, type ShopEvent, type ShopProduct } from './shop-event.ts';

type Shopping = {
  readonly [Part in 'bought' | 'interests' | 'carts' | 'orders']: NonNullable<Answers[Part]>;
};

const INTERESTS_MAX = 100;

/** What the shop's own books say of her. */
export interface Books {
  readonly orders: readonly Order[];
  /** Everything that orders in the book are called, also those that do not count. */
  readonly orderNames: readonly OrderName[];
  readonly carts: readonly Cart[];
}
const NO_BOOKS: Books = { orders: [], orderNames: [], carts: [] };

/** What she bought, looked at and has open at `now`. Pure; the order of events does not matter. */
export function answerShopping(
  { events, books = NO_BOOKS }: { events: readonly ShopEvent[]; books?: Books },
  asked: readonly Asked[],
  now: number,
): Shopping {
  const past = inOrder(events);
  const orders = joinOrders(books, foldOrders(past));
  return {
    bought: asked.map((one) => {
      const found = findBought(one, orders);
      return { ...found, lastBoughtAt: isoOrNull(found.lastBoughtAt), orderIds: [...found.orderIds] };
    }),
    interests: foldInterests(past, orders)
      .slice(0, INTERESTS_MAX)
      .map(({ product, what, at, lastBoughtAt: boughtAt }) => ({
        ...presentProduct(product),
        what,
        at: iso(at),
        lastBoughtAt: isoOrNull(boughtAt),
      })),
    carts: joinCarts(books.carts, foldCarts(past, now)).map((cart) => presentCart(cart, orders)),
    orders: orders
      .filter((order) => order.isOpen)
      .sort((a, b) => b.orderedAt - a.orderedAt || ((a.orderId ?? '') < (b.orderId ?? '') ? -1 : 1))
      .map(presentOrder),
  };
}

function presentCart(cart: Cart, orders: readonly Order[]): Shopping['carts'][number] {
  return {
    cartId: cart.cartId ?? null,
    lines: cart.lines.map(({ addedAt, isInStock = null, priceNow = null, ...line }) => ({
      ...{ isInStock, priceNow },
      ...presentProduct(line),
      quantity: line.quantity,
      isBought: (lastBoughtAt(line, orders) ?? Number.NEGATIVE_INFINITY) >= addedAt,
    })),
    value: cart.value ?? null,
    currency: cart.currency ?? null,
    touchedAt: iso(cart.touchedAt),
    isCheckoutStarted: cart.isCheckoutStarted,
    expiresAt: iso(cart.touchedAt + CART_OPEN_MS),
  };
}

const UNBOOKED = { id: null, number: null, channel: null, payment: null, fulfilment: null, standing: null };

function presentOrder(order: Order): Shopping['orders'][number] {
  return {
    orderId: order.orderId ?? null,
    ...(order.book ?? UNBOOKED),
    parcels: [...(order.book?.parcels ?? [])],
    orderedAt: iso(order.orderedAt),
    changedAt: iso(order.changedAt),
    lines: order.lines.map((line) => ({ ...presentProduct(line), quantity: line.quantity })),
    total: order.total ?? null,
    refunded: order.refunded,
    currency: order.currency ?? null,
  };
}

function presentProduct({ productId, sku, variant, name, price, url }: ShopProduct): ShopProduct {
  return { productId, sku, variant, name, price, url };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function isoOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : iso(ms);
}
