import { toMinor } from '../twin/decimal.ts';
import { getCustomer, tellCustomer } from './customer-verbs.ts';
import { discountShares, financialStatusOf, totalsOf } from './order-money.ts';
import { presentCheckout } from './present-cart.ts';
import { presentOrder } from './present-order.ts';
import type { ShopEventHead, ShopifyShop } from './shopify-shop.ts';
import {
  getVariant,
  levelKey,
  type ShopifyAddress,
  type ShopifyCartLine,
  type ShopifyDiscount,
  type ShopifyOrder,
  type ShopifyOrderLine,
} from './shopify-state.ts';
import { moveStock } from './stock-verbs.ts';

export interface NewOrder {
  readonly lines: readonly ShopifyCartLine[];
  readonly customerId?: string;
  /** Of a guest; a customer's own when left out. */
  readonly email?: string;
  readonly phone?: string;
  /** `web` when left out; at the till `pos`. */
  readonly source?: string;
  /** Of the till. */
  readonly locationId?: string;
  readonly staffId?: string;
  readonly deviceId?: string;
  readonly cartToken?: string;
  readonly checkoutToken?: string;
  readonly discountCode?: string;
  /** `"5.00"`. */
  readonly shipping?: string;
  readonly payment?: 'paid' | 'authorized' | 'pending';
  readonly address?: ShopifyAddress;
  readonly attributes?: Readonly<Record<string, string>>;
}

export type PlacedOrder =
  | { readonly kind: 'placed'; readonly order: ShopifyOrder }
  | { readonly kind: 'sold_out'; readonly variantIds: readonly string[] }
  | { readonly kind: 'discount_refused'; readonly reason: string };

/** Sells, if there is enough: an item that may not be sold on credit never goes below 0. */
export function placeOrder(shop: ShopifyShop, given: NewOrder): PlacedOrder {
  const found = findDiscount(shop, given);
  if (found.kind === 'refused') return { kind: 'discount_refused', reason: found.reason };
  const picked = pickPlaces(shop, given);
  const short = picked.filter(({ places }) => places === undefined).map(({ line }) => line.variantId);
  if (short.length > 0) return { kind: 'sold_out', variantIds: short };
  const head = shop.begin();
  const lines = orderLines(shop, picked, found.discount);
  const order = newOrder(shop, given, { head, lines, discount: found.discount });
  shop.state.orders.set(order.id, order);
  if (found.discount !== undefined) found.discount.used++;
  pay(shop, order, { payment: given.payment ?? 'paid', head });
  completeCheckout(shop, given, head);
  shop.tell(head, 'orders/create', presentOrder(shop, order));
  if (financialStatusOf(order) === 'paid') shop.tell(head, 'orders/paid', presentOrder(shop, order));
  moveStock(
    shop,
    head,
    lines.flatMap(({ itemId, taken }) =>
      taken.map(({ locationId, quantity }) => ({ itemId, locationId, available: -quantity, committed: quantity })),
    ),
  );
  if (order.customerId !== undefined) tellCustomer(shop, getCustomer(shop, order.customerId), head);
  return { kind: 'placed', order };
}

type FoundDiscount =
  | { readonly kind: 'found'; readonly discount: ShopifyDiscount | undefined }
  | { readonly kind: 'refused'; readonly reason: string };

function findDiscount(shop: ShopifyShop, { discountCode, customerId }: NewOrder): FoundDiscount {
  if (discountCode === undefined) return { kind: 'found', discount: undefined };
  const discount = shop.state.discounts.get(discountCode.toUpperCase());
  if (discount === undefined) return { kind: 'refused', reason: 'there is no such code' };
  if (discount.usageLimit !== undefined && discount.used >= discount.usageLimit)
    return { kind: 'refused', reason: 'the code is used up' };
  const isUsed = [...shop.state.orders.values()].some(
    (order) => customerId !== undefined && order.customerId === customerId && order.discount?.code === discount.code,
  );
  if (discount.oncePerCustomer && isUsed) return { kind: 'refused', reason: 'she used the code before' };
  return { kind: 'found', discount };
}

interface Picked {
  readonly line: ShopifyCartLine;
  /** Undefined: there is not enough. Empty: nobody counts it. */
  readonly places: ShopifyOrderLine['taken'] | undefined;
}

/** Where the pieces of each line come from; the same item in two lines counts once. */
function pickPlaces(shop: ShopifyShop, given: NewOrder): Picked[] {
  const left = new Map<string, number>();
  const leftOf = (itemId: string, locationId: string): number => {
    const key = levelKey(itemId, locationId);
    return left.get(key) ?? shop.state.levels.get(key)?.available ?? 0;
  };
  const open = [...shop.state.locations.values()].filter(
    ({ id, isActive }) => isActive && (given.locationId === undefined || id === given.locationId),
  );
  return given.lines.map((line) => {
    const { variant } = getVariant(shop.state, line.variantId);
    const { itemId, policy } = variant;
    if (shop.state.items.get(itemId)?.isTracked === false) return { line, places: [] };
    const places = share(line.quantity, { ids: open.map(({ id }) => id), leftOf: (id) => leftOf(itemId, id), policy });
    for (const { locationId, quantity } of places ?? [])
      left.set(levelKey(itemId, locationId), leftOf(itemId, locationId) - quantity);
    return { line, places };
  });
}

/** The first place that has all of it; else a little of each; else, on credit, the first. Pure. */
function share(
  quantity: number,
  of: { readonly ids: readonly string[]; readonly policy: 'deny' | 'continue'; leftOf(locationId: string): number },
): ShopifyOrderLine['taken'] | undefined {
  const whole = of.ids.find((id) => of.leftOf(id) >= quantity);
  if (whole !== undefined) return [{ locationId: whole, quantity }];
  let wanted = quantity;
  const parts = of.ids.flatMap((locationId) => {
    const part = Math.max(0, Math.min(wanted, of.leftOf(locationId)));
    wanted -= part;
    return part === 0 ? [] : [{ locationId, quantity: part }];
  });
  if (wanted === 0) return parts;
  const [first] = of.ids;
  return of.policy === 'continue' && first !== undefined ? [{ locationId: first, quantity }] : undefined;
}

function orderLines(
  shop: ShopifyShop,
  picked: readonly Picked[],
  discount: ShopifyDiscount | undefined,
): ShopifyOrderLine[] {
  const sold = picked.map(({ line, places = [] }) => ({ ...getVariant(shop.state, line.variantId), ...line, places }));
  const gross = sold.map(({ variant, quantity }) => variant.priceMinor * quantity);
  const shares = discountShares(discount, gross);
  return sold.map(({ product, variant, quantity, places }, at) => {
    const discountMinor = shares[at] ?? 0;
    const taxMinor = Math.round((((gross[at] ?? 0) - discountMinor) * shop.identity.taxHundredths) / 10_000);
    return {
      ...{ id: shop.newId(), productId: product.id, variantId: variant.id, itemId: variant.itemId },
      ...{ title: product.title, variantTitle: variant.title, sku: variant.sku, vendor: product.vendor },
      ...{ quantity, priceMinor: variant.priceMinor, discountMinor, taxMinor },
      ...{ requiresShipping: variant.requiresShipping, taken: places, fulfilled: 0, refunded: 0, removed: 0 },
    };
  });
}

function newOrder(
  shop: ShopifyShop,
  given: NewOrder,
  of: { head: ShopEventHead; lines: readonly ShopifyOrderLine[]; discount: ShopifyDiscount | undefined },
): ShopifyOrder {
  const customer = given.customerId === undefined ? undefined : getCustomer(shop, given.customerId);
  const { discount } = of;
  return {
    ...{ id: shop.newId(), number: shop.nextOrderNumber(), token: shop.newToken() },
    ...{ cartToken: given.cartToken, checkoutToken: given.checkoutToken, customerId: given.customerId },
    ...{ email: given.email ?? customer?.email, phone: given.phone ?? customer?.phone },
    ...{
      source: given.source ?? 'web',
      locationId: given.locationId,
      staffId: given.staffId,
      deviceId: given.deviceId,
    },
    ...{ attributes: given.attributes ?? {}, address: given.address ?? customer?.address, lines: of.lines },
    discount: discount === undefined ? undefined : { code: discount.code, kind: discount.kind, value: discount.value },
    shippingMinor: toMinor(given.shipping ?? '0', shop.identity.currency),
    ...{ transactions: [], refunds: [], fulfilments: [] },
    ...{ cancelledAtMs: undefined, cancelReason: undefined, closedAtMs: undefined },
    ...{ createdAtMs: of.head.atMs, updatedAtMs: of.head.atMs },
  };
}

function pay(
  shop: ShopifyShop,
  order: ShopifyOrder,
  { payment, head }: { payment: 'paid' | 'authorized' | 'pending'; head: ShopEventHead },
): void {
  if (payment === 'pending') return;
  order.transactions.push({
    ...{ id: shop.newId(), kind: payment === 'paid' ? 'sale' : 'authorization' },
    ...{ amountMinor: totalsOf(order).totalMinor, gateway: 'bogus', createdAtMs: head.atMs },
  });
}

/** Its checkout is done, and its cart is gone. */
function completeCheckout(shop: ShopifyShop, given: NewOrder, head: ShopEventHead): void {
  const checkout = given.checkoutToken === undefined ? undefined : shop.state.checkouts.get(given.checkoutToken);
  if (checkout !== undefined) {
    checkout.completedAtMs = head.atMs;
    checkout.updatedAtMs = head.atMs;
    shop.tell(head, 'checkouts/update', presentCheckout(shop, checkout));
  }
  const cartToken = given.cartToken ?? checkout?.cartToken;
  if (cartToken !== undefined) shop.state.carts.delete(cartToken);
}
