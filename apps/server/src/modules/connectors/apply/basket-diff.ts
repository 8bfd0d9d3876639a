import { amountInMain } from '@segue/contract';
import type { JsonObject } from '../../../platform/json.ts';
import type { CheckoutStep, ShopCart, ShopCartLine, ShopCheckout } from '../records.ts';

/** What lies in a cart or a checkout, at its newest version. */
export interface BasketState {
  readonly currency: string;
  readonly lines: readonly ShopCartLine[];
  /** Of a checkout. */
  readonly checkout?: {
    readonly cartToken?: string | undefined;
    readonly startedAtMs: number;
    readonly isCompleted: boolean;
    readonly totalMinor: number;
    readonly taxMinor: number;
    readonly discountMinor: number;
    readonly couponCodes: readonly string[];
    readonly steps: readonly CheckoutStep[];
    readonly recoveryUrl?: string | undefined;
  };
}

/** What was told of it as events. */
export interface BasketTold {
  /** Quantity by key of the line. */
  readonly quantities: Readonly<Record<string, ShopCartLine>>;
  readonly isStarted: boolean;
  readonly steps: readonly CheckoutStep[];
  readonly couponCodes: readonly string[];
}

export const NOTHING_TOLD: BasketTold = { quantities: {}, isStarted: false, steps: [], couponCodes: [] };

/** An event of Segment's e-commerce specification; `what` tells it apart from others of the same basket and version. */
export interface BasketEvent {
  readonly event: string;
  readonly what: string;
  readonly properties: JsonObject;
  /** Undefined: when the basket was so. */
  readonly atMs?: number;
}

export function stateOfCart({ currency, lines }: ShopCart): BasketState {
  return { currency, lines };
}

export function stateOfCheckout(checkout: ShopCheckout): BasketState {
  const { currency, lines, cartToken, startedAtMs, totalMinor, taxMinor, discountMinor } = checkout;
  const { couponCodes, steps, recoveryUrl } = checkout;
  const isCompleted = checkout.completedAtMs !== undefined;
  return {
    ...{ currency, lines },
    checkout: {
      ...{ cartToken, startedAtMs, isCompleted, totalMinor, taxMinor, discountMinor, couponCodes, steps, recoveryUrl },
    },
  };
}

/** What is to be told of a cart after what was told: each line that grew was added, each that shrank was removed. Pure. */
export function tellCart(
  token: string,
  { state, told }: { state: BasketState; told: BasketTold },
): { events: BasketEvent[]; told: BasketTold } {
  const now = quantitiesOf(state.lines);
  const events: BasketEvent[] = [];
  for (const key of [...new Set([...Object.keys(told.quantities), ...Object.keys(now)])].sort()) {
    const before = told.quantities[key]?.quantity ?? 0;
    const after = now[key]?.quantity ?? 0;
    if (before === after) continue;
    const line = (after > before ? now[key] : told.quantities[key]) ?? now[key]!;
    const quantity = Math.abs(after - before);
    const properties = { cart_id: token, ...productOf({ ...line, quantity }, state.currency) };
    events.push({
      event: after > before ? 'Product Added' : 'Product Removed',
      what: `${key} ${before} ${after}`,
      properties: { ...properties, currency: state.currency },
    });
  }
  return { events, told: { ...told, quantities: now } };
}

/** What is to be told of a checkout: that it was started, how far it came, which codes it has. Pure. */
export function tellCheckout(
  token: string,
  { state, told }: { state: BasketState; told: BasketTold },
): { events: BasketEvent[]; told: BasketTold } {
  const { checkout, currency, lines } = state;
  if (checkout === undefined) return { events: [], told };
  const events: BasketEvent[] = [];
  if (!told.isStarted) {
    events.push({
      ...{ event: 'Checkout Started', what: 'started', atMs: checkout.startedAtMs },
      properties: startedOf(token, { checkout, currency, lines }),
    });
  }
  for (const step of checkout.steps.filter((one) => !told.steps.includes(one))) {
    const properties = { checkout_id: token, step: STEPS.indexOf(step) + 1, step_name: step };
    events.push({ event: 'Checkout Step Completed', what: step, properties });
  }
  for (const code of checkout.couponCodes.filter((one) => !told.couponCodes.includes(one))) {
    const discount = amountInMain(checkout.discountMinor, currency);
    const properties = { order_id: token, coupon_id: code, coupon_name: code, discount, currency };
    events.push({ event: 'Coupon Applied', what: `+${code}`, properties });
  }
  for (const code of told.couponCodes.filter((one) => !checkout.couponCodes.includes(one))) {
    const properties = { order_id: token, coupon_id: code, coupon_name: code };
    events.push({ event: 'Coupon Removed', what: `-${code}`, properties });
  }
  // A step once made is made.
  const steps = [...new Set([...told.steps, ...checkout.steps])];
  return { events, told: { ...told, isStarted: true, steps, couponCodes: checkout.couponCodes } };
}

const STEPS: readonly CheckoutStep[] = ['contact', 'address', 'shipping', 'payment'];

function startedOf(
  token: string,
  {
    checkout,
    currency,
    lines,
  }: { checkout: NonNullable<BasketState['checkout']>; currency: string; lines: BasketState['lines'] },
): JsonObject {
  const { totalMinor, taxMinor, discountMinor, couponCodes, cartToken, recoveryUrl } = checkout;
  const value = amountInMain(totalMinor, currency);
  return {
    ...{ order_id: token, checkout_id: token, value, revenue: value, currency },
    ...{ tax: amountInMain(taxMinor, currency), discount: amountInMain(discountMinor, currency) },
    ...(couponCodes.length > 0 && { coupon: couponCodes.join(',') }),
    ...(cartToken !== undefined && { cart_id: cartToken }),
    ...(recoveryUrl !== undefined && { recovery_url: recoveryUrl }),
    products: lines.map((line) => productOf(line, currency)),
  };
}

function productOf(line: ShopCartLine, currency: string): JsonObject {
  const { productId, variantId, sku, brand, variantTitle } = line;
  return {
    ...(productId !== undefined && { product_id: productId }),
    ...(variantId !== undefined && { variant_id: variantId }),
    ...(sku !== undefined && { sku }),
    ...{ name: line.name, price: amountInMain(line.priceMinor, currency), quantity: line.quantity },
    ...(brand !== undefined && { brand }),
    ...(variantTitle !== undefined && { variant: variantTitle }),
  };
}

/** The same thing on two lines counts together. */
function quantitiesOf(lines: readonly ShopCartLine[]): Record<string, ShopCartLine> {
  const quantities = new Map<string, ShopCartLine>();
  for (const line of lines) {
    const before = quantities.get(line.key)?.quantity ?? 0;
    quantities.set(line.key, { ...line, quantity: before + line.quantity });
  }
  return Object.fromEntries(quantities);
}
