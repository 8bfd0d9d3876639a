import { wholeSecond } from './instant.ts';
import { financialStatusOf, fulfilmentStatusOf } from './order-money.ts';
import { presentCheckout } from './present-cart.ts';
import { presentCustomer } from './present-customer.ts';
import { presentOrder } from './present-order.ts';
import { presentProduct } from './present-product.ts';
import { presentItem, presentLevel } from './present-stock.ts';
import type { ShopifyShop } from './shopify-shop.ts';
import type { ShopifyLevel, ShopifyOrder } from './shopify-state.ts';
import type { ShopifyObject } from './write-json.ts';

/** One thing of a list: what it is ordered and filtered by, and how it is said. */
export interface Listed {
  readonly id: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly processedAtMs?: number;
  matches(filter: string, value: string): boolean;
  present(): ShopifyObject;
}

export type Filters = Readonly<Record<string, string>>;

const DATE_FILTER = /^(created|updated|processed)_at_(min|max)$/;

/** Every list of the REST Admin API that the twin has; each in the order of its ids, so that a page never moves. */
export const REST_LISTS: Readonly<Record<string, (shop: ShopifyShop) => Listed[]>> = {
  products: (shop) =>
    [...shop.state.products.values()].map((one) => ({
      ...one,
      matches: (filter, value) => filter !== 'status' || value.split(',').includes(one.status),
      present: () => presentProduct(shop, one),
    })),
  customers: (shop) =>
    [...shop.state.customers.values()].map((one) => ({
      ...one,
      matches: () => true,
      present: () => presentCustomer(shop, one),
    })),
  orders: (shop) =>
    [...shop.state.orders.values()].map((one) => ({
      ...{ id: one.id, createdAtMs: one.createdAtMs, updatedAtMs: one.updatedAtMs, processedAtMs: one.createdAtMs },
      matches: (filter, value) => matchesOrder(one, filter, value),
      present: () => presentOrder(shop, one),
    })),
  checkouts: (shop) =>
    [...shop.state.checkouts.values()]
      .filter(({ completedAtMs }) => completedAtMs === undefined)
      .map((one) => ({ ...one, matches: () => true, present: () => presentCheckout(shop, one) })),
  inventory_items: (shop) =>
    [...shop.state.items.values()].map((one) => ({
      ...one,
      matches: () => true,
      present: () => presentItem(shop.identity, one),
    })),
  inventory_levels: (shop) =>
    [...shop.state.levels.values()].map((one) => ({
      ...{ id: levelId(one), createdAtMs: one.updatedAtMs, updatedAtMs: one.updatedAtMs },
      matches: (filter, value) =>
        (filter !== 'location_ids' || value.split(',').includes(one.locationId)) &&
        (filter !== 'inventory_item_ids' || value.split(',').includes(one.itemId)),
      present: () => presentLevel(shop.identity, one),
    })),
};

/** A level has no id of its own: the two it is of, in the order of their length. */
const levelId = ({ itemId, locationId }: ShopifyLevel): string => `${itemId}${locationId.padStart(20, '0')}`;

function matchesOrder(order: ShopifyOrder, filter: string, value: string): boolean {
  switch (filter) {
    case 'status': {
      if (value === 'any') return true;
      const status =
        order.cancelledAtMs !== undefined ? 'cancelled' : order.closedAtMs !== undefined ? 'closed' : 'open';
      return status === value;
    }
    case 'financial_status':
      return value === 'any' || value.split(',').includes(financialStatusOf(order));
    case 'fulfillment_status':
      return value === 'any' || value === (fulfilmentStatusOf(order) ?? 'unfulfilled');
    default:
      return true;
  }
}

/** Those that fit, in the order of their ids. */
export function listed(all: readonly Listed[], filters: Filters): Listed[] {
  const ids = filters['ids']?.split(',');
  return all
    .filter((one) => ids === undefined || ids.includes(one.id))
    .filter((one) => Object.entries(filters).every(([filter, value]) => fits(one, filter, value)))
    .sort((a, b) => compareIds(a.id, b.id));
}

function fits(one: Listed, filter: string, value: string): boolean {
  const [, what, edge] = DATE_FILTER.exec(filter) ?? [];
  if (what === undefined) return one.matches(filter, value);
  const atMs = what === 'created' ? one.createdAtMs : what === 'updated' ? one.updatedAtMs : one.processedAtMs;
  // Both ends count; nothing finer than a second is kept.
  const limit = wholeSecond(Date.parse(value));
  return atMs === undefined || (edge === 'min' ? wholeSecond(atMs) >= limit : wholeSecond(atMs) <= limit);
}

/** Decimal texts of any length. */
export function compareIds(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
