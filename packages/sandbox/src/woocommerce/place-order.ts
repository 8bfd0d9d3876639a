import { shareOut, toMinor } from '../twin/decimal.ts';
import { type SellableRef, touch } from './product-verbs.ts';
import type { WooShop } from './woo-shop.ts';
import {
  getSellable,
  type WooAddress,
  type WooCoupon,
  type WooOrder,
  type WooOrderLine,
  type WooProduct,
  type WooVariation,
} from './woo-state.ts';

/** An unpaid order holds its stock so long; then it is cancelled. */
export const HOLD_MINUTES = 60;
const MINUTE_MS = 60_000;

export interface NewOrder {
  readonly lines: readonly (SellableRef & { readonly quantity: number })[];
  readonly customerId?: number;
  /** Of a guest; a customer's own when left out. */
  readonly email?: string;
  readonly address?: WooAddress;
  readonly couponCode?: string;
  readonly shipping?: string;
  /** `processing` when left out: paid. `pending`: a checkout that nobody paid yet. */
  readonly status?: 'pending' | 'on-hold' | 'processing';
  readonly createdVia?: string;
  readonly meta?: Readonly<Record<string, string>>;
}

export type PlacedOrder =
  | { readonly kind: 'placed'; readonly order: WooOrder }
  | { readonly kind: 'sold_out'; readonly lines: readonly SellableRef[] }
  | { readonly kind: 'coupon_refused'; readonly reason: string };

export function placeOrder(shop: WooShop, given: NewOrder): PlacedOrder {
  cancelUnpaid(shop);
  const customer = given.customerId === undefined ? undefined : shop.state.customers.get(given.customerId);
  const email = given.email ?? customer?.email ?? '';
  const coupon = findCoupon(shop, { code: given.couponCode, email });
  if (coupon.kind === 'refused') return { kind: 'coupon_refused', reason: coupon.reason };
  const short = shortLines(shop, given);
  if (short.length > 0) return { kind: 'sold_out', lines: short };
  const lines = orderLines(shop, given, coupon.coupon);
  const status = given.status ?? 'processing';
  const atMs = shop.now();
  const discountMinor = lines.reduce((sum, line) => sum + line.subtotalMinor - line.totalMinor, 0);
  const order: WooOrder = {
    ...{ id: shop.newPostId(), orderKey: `wc_order_${shop.random.uuid().slice(24)}`, lines, email },
    ...{ createdVia: given.createdVia ?? 'checkout', customerId: given.customerId ?? 0 },
    ...{ address: given.address ?? customer?.address, meta: given.meta ?? {}, status },
    shippingMinor: toMinor(given.shipping ?? '0', shop.identity.currency),
    coupon: coupon.coupon === undefined ? undefined : { code: coupon.coupon.code, discountMinor },
    ...{ paidAtMs: status === 'processing' ? atMs : undefined, completedAtMs: undefined, isStockReduced: false },
    ...{ refunds: [], createdAtMs: atMs, modifiedAtMs: atMs },
  };
  shop.state.orders.set(order.id, order);
  coupon.coupon?.usedBy.push(email);
  shop.tell('order', 'created', order.id);
  shop.tell('order', 'updated', order.id);
  if (status !== 'pending') reduceStock(shop, order);
  return { kind: 'placed', order };
}

type FoundCoupon =
  | { readonly kind: 'found'; readonly coupon: WooCoupon | undefined }
  | { readonly kind: 'refused'; readonly reason: string };

function findCoupon(shop: WooShop, { code, email }: { code: string | undefined; email: string }): FoundCoupon {
  if (code === undefined) return { kind: 'found', coupon: undefined };
  const coupon = [...shop.state.coupons.values()].find((one) => one.code === code.toLowerCase());
  if (coupon === undefined) return { kind: 'refused', reason: 'there is no such coupon' };
  if (coupon.usageLimit !== undefined && coupon.usedBy.length >= coupon.usageLimit)
    return { kind: 'refused', reason: 'the coupon is used up' };
  const own = coupon.usedBy.filter((by) => by === email).length;
  if (coupon.usageLimitPerUser !== undefined && own >= coupon.usageLimitPerUser)
    return { kind: 'refused', reason: 'she used the coupon before' };
  return { kind: 'found', coupon };
}

/** Lines there is not enough for, less what unpaid orders hold; the same thing in two lines counts once. */
function shortLines(shop: WooShop, given: NewOrder): SellableRef[] {
  const taken = heldStock(shop);
  return given.lines.filter((line) => {
    const { sellable } = getSellable(shop.state, line);
    const wanted = (taken.get(sellable.id) ?? 0) + line.quantity;
    taken.set(sellable.id, wanted);
    return sellable.managesStock && sellable.backorders === 'no' && wanted > sellable.quantity;
  });
}

function heldStock(shop: WooShop): Map<number, number> {
  const held = new Map<number, number>();
  for (const order of shop.state.orders.values()) {
    if (order.status !== 'pending') continue;
    for (const line of order.lines) {
      const id = line.variationId === 0 ? line.productId : line.variationId;
      held.set(id, (held.get(id) ?? 0) + line.quantity);
    }
  }
  return held;
}

/** As the shop's own clockwork does. */
export function cancelUnpaid(shop: WooShop): void {
  for (const order of shop.state.orders.values()) {
    if (order.status !== 'pending' || order.createdAtMs + HOLD_MINUTES * MINUTE_MS > shop.now()) continue;
    order.status = 'cancelled';
    giveCouponBack(shop, order);
    order.modifiedAtMs = shop.now();
    shop.tell('order', 'updated', order.id);
  }
}

export function giveCouponBack(shop: WooShop, order: WooOrder): void {
  const coupon = [...shop.state.coupons.values()].find(({ code }) => code === order.coupon?.code);
  const use = coupon?.usedBy.lastIndexOf(order.email) ?? -1;
  if (use >= 0) coupon?.usedBy.splice(use, 1);
}

function orderLines(shop: WooShop, given: NewOrder, coupon: WooCoupon | undefined): WooOrderLine[] {
  const sold = given.lines.map((line) => ({ line, ...getSellable(shop.state, line) }));
  const subtotals = sold.map(({ line, sellable }) => priceOf(sellable) * line.quantity);
  const shares = couponShares(coupon, subtotals);
  return sold.map(({ line, product, sellable }, at) => {
    const subtotalMinor = subtotals[at] ?? 0;
    const totalMinor = subtotalMinor - (shares[at] ?? 0);
    return {
      ...{ id: shop.newItemId(), name: nameOf(product, sellable), productId: product.id, sku: sellable.sku },
      ...{ variationId: line.variationId ?? 0, quantity: line.quantity, subtotalMinor, totalMinor, refunded: 0 },
      taxMinor: Math.round((totalMinor * shop.identity.taxHundredths) / 10_000),
    };
  });
}

export const priceOf = ({ regularMinor, saleMinor }: WooProduct | WooVariation): number => saleMinor ?? regularMinor;

function nameOf(product: WooProduct, sellable: WooProduct | WooVariation): string {
  if (!('options' in sellable)) return product.name;
  // WordPress writes a dash as an entity.
  return `${product.name} &ndash; ${Object.values(sellable.options).join(', ')}`;
}

function couponShares(coupon: WooCoupon | undefined, subtotals: readonly number[]): number[] {
  const gross = subtotals.reduce((sum, one) => sum + one, 0);
  if (coupon === undefined || gross < coupon.minimumMinor) return subtotals.map(() => 0);
  const whole = coupon.kind === 'percent' ? Math.round((gross * coupon.value) / 10_000) : coupon.value;
  return shareOut(Math.min(gross, whole), subtotals);
}

/** Pieces leave the shelf, once for each order. */
export function reduceStock(shop: WooShop, order: WooOrder): void {
  if (order.isStockReduced) return;
  order.isStockReduced = true;
  moveStock(shop, order, -1);
}

/** Those not refunded yet go back. */
export function restoreStock(shop: WooShop, order: WooOrder): void {
  if (!order.isStockReduced) return;
  order.isStockReduced = false;
  moveStock(shop, order, 1);
}

function moveStock(shop: WooShop, order: WooOrder, sign: 1 | -1): void {
  for (const line of order.lines) moveLine(shop, line, sign * (line.quantity - line.refunded));
}

export function moveLine(shop: WooShop, line: WooOrderLine, quantity: number): void {
  const product = shop.state.products.get(line.productId);
  const sellable = line.variationId === 0 ? product : product?.variations.find(({ id }) => id === line.variationId);
  if (product === undefined || sellable === undefined || !sellable.managesStock || quantity === 0) return;
  sellable.quantity += quantity;
  if (shop.identity.tellsOfSales) touch(shop, { product, sellable });
}
