import type { OrderName } from '../orders/index.ts';
import type { Cart } from './fold-carts.ts';
import type { Order } from './fold-orders.ts';
import { isSameLine } from './shop-event.ts';

/**
 * Orders of the book, and those that events alone tell of: one that the book knows by any of its `names` is told as the book has it,
 * and not at all if it does not count there. Where both say whose order it is, another shop's order of that name is another
 * order. Pure.
 */
export function joinOrders(
  { orders, orderNames }: { readonly orders: readonly Order[]; readonly orderNames: readonly OrderName[] },
  told: readonly Order[],
): Order[] {
  const sourcesOf = new Map<string, Set<string | undefined>>();
  for (const { source, name } of orderNames) sourcesOf.set(name, (sourcesOf.get(name) ?? new Set()).add(source));
  const isKnown = ({ orderId, source }: Order) => {
    const sources = orderId === undefined ? undefined : sourcesOf.get(orderId);
    return sources !== undefined && (source === undefined || sources.has(undefined) || sources.has(source));
  };
  return [...orders, ...told.filter((order) => !isKnown(order))];
}

/** Carts that are kept, and those that events alone tell of, the one touched last first. Pure. */
export function joinCarts(kept: readonly Cart[], told: readonly Cart[]): Cart[] {
  const known = new Set(
    kept.flatMap(({ cartId, tokens = [] }) => [...tokens, ...(cartId === undefined ? [] : [cartId])]),
  );
  const others = told.filter((cart) =>
    cart.cartId === undefined ? !kept.some((one) => isSameCart(one, cart)) : !known.has(cart.cartId),
  );
  return [...kept, ...others].sort((a, b) => b.touchedAt - a.touchedAt);
}

/** What events put into a cart without a name lies in the one that is kept, if that has the same in it, or was touched since. */
function isSameCart(kept: Cart, told: Cart): boolean {
  if (told.touchedAt <= kept.touchedAt) return true;
  const rest = [...kept.lines];
  for (const line of told.lines) {
    const at = rest.findIndex((one) => one.quantity === line.quantity && isSameLine(one, line));
    if (at === -1) return false;
    rest.splice(at, 1);
  }
  return rest.length === 0;
}
