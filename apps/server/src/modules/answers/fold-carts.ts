import { inMicros, takeOut } from './fold-orders.ts';
import { filled, isSameLine, type Line, type ShopEvent } from './shop-event.ts';

/** A cart nobody touched for so long is no longer open. */
export const CART_OPEN_MS = 30 * 86_400_000;

/** What the catalog and the stock say of a line; left out: nobody asked them, or they do not know. */
interface Shelf {
  readonly isInStock?: boolean;
  readonly priceNow?: number;
}

export interface Cart {
  readonly cartId: string | undefined;
  /** What else events may call it. */
  readonly tokens?: readonly string[];
  readonly lines: readonly (Line & Shelf & { readonly addedAt: number })[];
  /** Price by quantity; undefined while a price is unknown. */
  readonly value: number | undefined;
  readonly currency: string | undefined;
  readonly touchedAt: number;
  readonly isCheckoutStarted: boolean;
}

interface Draft {
  readonly cartId: string | undefined;
  lines: (Line & { readonly addedAt: number })[];
  currency: string | undefined;
  touchedAt: number;
  /** Checkout and order ids it was named with. */
  checkouts: Set<string>;
}

/**
 * Carts with something in them at `now`, newest first, from events in order. Carts are told apart by `cart_id`; what names none is
 * one cart. A checkout without `cart_id` is of the cart touched last. An order ends the cart of its cart, checkout or order
 * id; one that names no known cart ends the cart without id and takes what was bought out of the others.
 */
export function foldCarts(events: readonly ShopEvent[], now: number): Cart[] {
  const carts = new Map<string, Draft>();
  for (const event of events) if (event.at <= now) apply(carts, event);
  return [...carts.values()]
    .filter((cart) => cart.lines.length > 0 && now - cart.touchedAt < CART_OPEN_MS)
    .sort((a, b) => b.touchedAt - a.touchedAt || ((a.cartId ?? '') < (b.cartId ?? '') ? -1 : 1))
    .map(({ checkouts, ...cart }) => ({ ...cart, value: valueOf(cart.lines), isCheckoutStarted: checkouts.size > 0 }));
}

function apply(carts: Map<string, Draft>, event: ShopEvent): void {
  switch (event.name) {
    case 'Product Added':
    case 'Wishlist Product Added to Cart':
      if (event.product !== undefined) add(touched(carts, event), event.product, event.at);
      return;
    case 'Product Removed':
      if (event.product !== undefined) remove(touched(carts, event), event.product, event.hasQuantity);
      return;
    case 'Cart Viewed':
      state(touched(carts, event), event);
      return;
    case 'Checkout Started':
      checkOut(carts, event);
      return;
    case 'Order Completed':
      complete(carts, event);
      return;
    default:
  }
}

const keyOf = (cartId: string | undefined) => (cartId === undefined ? 'none' : `cart ${cartId}`);

function touched(carts: Map<string, Draft>, event: ShopEvent, key = keyOf(event.cartId)): Draft {
  const known = carts.get(key);
  const cart = known ?? {
    cartId: event.cartId,
    lines: [],
    currency: undefined,
    touchedAt: event.at,
    checkouts: new Set<string>(),
  };
  carts.set(key, cart);
  cart.touchedAt = event.at;
  cart.currency = event.currency ?? cart.currency;
  return cart;
}

function add(cart: Draft, product: Line, at: number): void {
  const index = cart.lines.findIndex((line) => isSameLine(line, product));
  const known = cart.lines[index];
  if (known === undefined) cart.lines.push({ ...product, addedAt: at });
  else cart.lines[index] = { ...filled(known, product), quantity: known.quantity + product.quantity, addedAt: at };
  cart.lines = cart.lines.filter((line) => line.quantity > 0);
}

/** Without a quantity all of it. */
function remove(cart: Draft, product: Line, hasQuantity: boolean): void {
  const quantity = hasQuantity ? product.quantity : Number.POSITIVE_INFINITY;
  cart.lines = takeOut(cart.lines, [{ ...product, quantity }]);
}

/** What lists the products of a cart says what is in it. */
function state(cart: Draft, { products, at }: ShopEvent): void {
  if (products === undefined) return;
  const before = cart.lines;
  cart.lines = products
    .filter((line) => line.quantity > 0)
    .map((line) => {
      const known = before.find((one) => isSameLine(one, line));
      return known === undefined ? { ...line, addedAt: at } : { ...filled(known, line), addedAt: known.addedAt };
    });
}

const idsOf = (event: ShopEvent): string[] => [event.checkoutId, event.orderId].filter((id) => id !== undefined);

function checkOut(carts: Map<string, Draft>, event: ShopEvent): void {
  const open = [...carts].filter(([, cart]) => cart.lines.length > 0);
  const last = open.reduce<(typeof open)[number] | undefined>(
    (found, one) => (found === undefined || one[1].touchedAt > found[1].touchedAt ? one : found),
    undefined,
  );
  const named = open.find(([, cart]) => idsOf(event).some((id) => cart.checkouts.has(id)));
  const key = event.cartId === undefined ? (named ?? last)?.[0] : undefined;
  const cart = touched(carts, event, key);
  state(cart, event);
  cart.checkouts.add('');
  for (const id of idsOf(event)) cart.checkouts.add(id);
}

function complete(carts: Map<string, Draft>, event: ShopEvent): void {
  const ended = [...carts].filter(
    ([key, cart]) =>
      (event.cartId !== undefined && key === keyOf(event.cartId)) || idsOf(event).some((id) => cart.checkouts.has(id)),
  );
  for (const [key] of ended) carts.delete(key);
  if (ended.length > 0 || event.cartId !== undefined) return;
  carts.delete(keyOf(undefined));
  for (const cart of carts.values()) cart.lines = takeOut(cart.lines, event.products ?? []);
}

function valueOf(lines: readonly Line[]): number | undefined {
  if (lines.some((line) => line.price === null)) return undefined;
  return inMicros(lines.reduce((sum, line) => sum + line.price! * line.quantity, 0));
}
