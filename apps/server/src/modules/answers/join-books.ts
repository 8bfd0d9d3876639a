import type { Cart } from './fold-carts.ts';
import type { Order } from './fold-orders.ts';

/**
 * Orders of the book, and those that events alone tell of: one that the book knows by any of its `names` is told as the book has it,
 * and not at all if it does not count there. Pure.
 */
export function joinOrders(
  { orders, orderNames }: { readonly orders: readonly Order[]; readonly orderNames: readonly string[] },
  told: readonly Order[],
): Order[] {
  const known = new Set(orderNames);
  return [...orders, ...told.filter(({ orderId }) => orderId === undefined || !known.has(orderId))];
}

/** Carts that are kept, and those that events alone tell of, the one touched last first. Pure. */
export function joinCarts(kept: readonly Cart[], told: readonly Cart[]): Cart[] {
  const known = new Set(kept.flatMap(({ cartId }) => cartId ?? []));
  // What events put into a cart without a name lies in the one that is kept.
  const others = told.filter(({ cartId }) => (cartId === undefined ? kept.length === 0 : !known.has(cartId)));
  return [...kept, ...others].sort((a, b) => b.touchedAt - a.touchedAt);
}
