import { findPayload } from './resource-payload.ts';
import type { WooResource, WooShop } from './woo-shop.ts';

const PER_PAGE_DEFAULT = 10;
const PER_PAGE_MOST = 100;
const SECOND_MS = 1_000;

/** One thing of a list. */
export interface WooListed {
  readonly id: number;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  readonly title: string;
  matches(filter: string, value: string): boolean;
  present(): object;
}

export type WooPage =
  | {
      readonly kind: 'page';
      readonly items: readonly WooListed[];
      readonly total: number;
      readonly pages: number;
      readonly page: number;
    }
  | { readonly kind: 'refused'; readonly param: string };

/** What each list can be ordered by, the first one when nothing is said; customers know of no change. */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  orders: ['date', 'modified', 'id', 'title', 'include'],
  products: ['date', 'modified', 'id', 'title', 'include'],
  variations: ['date', 'modified', 'id', 'title', 'include'],
  coupons: ['date', 'modified', 'id', 'title', 'include'],
  customers: ['name', 'registered_date', 'id', 'include'],
};
const STATUSES: ReadonlySet<string> = new Set([
  ...[
    'any',
    'trash',
    'pending',
    'processing',
    'on-hold',
    'completed',
    'cancelled',
    'refunded',
    'failed',
    'checkout-draft',
  ],
]);

const anything = (): boolean => true;

export function wooList(shop: WooShop, name: string): WooListed[] | undefined {
  const { state } = shop;
  const present = (resource: WooResource, id: number) => () => findPayload(shop, resource, id) ?? {};
  switch (name) {
    case 'orders':
      return [...state.orders.values()].map((one) => ({
        ...{ id: one.id, createdAtMs: one.createdAtMs, modifiedAtMs: one.modifiedAtMs, title: String(one.id) },
        matches: (filter, value) =>
          (filter !== 'status' || value.split(',').some((status) => status === 'any' || status === one.status)) &&
          (filter !== 'customer' || Number(value) === one.customerId),
        present: present('order', one.id),
      }));
    case 'products':
      return [...state.products.values()].map((one) => ({
        ...{ id: one.id, createdAtMs: one.createdAtMs, modifiedAtMs: one.modifiedAtMs, title: one.name },
        matches: (filter, value) =>
          (filter !== 'sku' || value.split(',').includes(one.sku)) &&
          (filter !== 'status' || value === 'any' || value === one.status),
        present: present('product', one.id),
      }));
    case 'customers':
      return [...state.customers.values()].map((one) => ({
        ...{ id: one.id, createdAtMs: one.createdAtMs, modifiedAtMs: one.createdAtMs, title: one.username },
        matches: (filter, value) => filter !== 'email' || value === one.email,
        present: present('customer', one.id),
      }));
    case 'coupons':
      return [...state.coupons.values()].map((one) => ({
        ...{ id: one.id, createdAtMs: one.createdAtMs, modifiedAtMs: one.modifiedAtMs, title: one.code },
        matches: (filter, value) => filter !== 'code' || value.toLowerCase() === one.code,
        present: present('coupon', one.id),
      }));
    default:
      return undefined;
  }
}

export function wooVariations(shop: WooShop, productId: number): WooListed[] | undefined {
  return shop.state.products.get(productId)?.variations.map((one) => ({
    ...{ id: one.id, createdAtMs: one.createdAtMs, modifiedAtMs: one.modifiedAtMs, title: one.sku, matches: anything },
    present: () => findPayload(shop, 'product', one.id) ?? {},
  }));
}

export interface WooQuery {
  readonly name: string;
  readonly query: URLSearchParams;
  readonly utcOffsetMinutes: number;
}

/** A page of a list, by the rules of the REST API v3: dates as texts to the second, page numbers over whatever the order is now. */
export function wooPage(all: readonly WooListed[], { name, query, utcOffsetMinutes }: WooQuery): WooPage {
  const page = Number(query.get('page') ?? 1);
  const perPage = Number(query.get('per_page') ?? PER_PAGE_DEFAULT);
  if (!Number.isInteger(page) || page < 1) return { kind: 'refused', param: 'page' };
  if (!Number.isInteger(perPage) || perPage < 1 || perPage > PER_PAGE_MOST)
    return { kind: 'refused', param: 'per_page' };
  const orders = ORDERS[name] ?? [];
  const orderBy = query.get('orderby') ?? orders[0] ?? 'date';
  if (!orders.includes(orderBy)) return { kind: 'refused', param: 'orderby' };
  if (name === 'orders' && (query.get('status') ?? 'any').split(',').some((status) => !STATUSES.has(status)))
    return { kind: 'refused', param: 'status' };
  const direction = (query.get('order') ?? (name === 'customers' ? 'asc' : 'desc')) === 'asc' ? 1 : -1;
  const fitting = all
    .filter((one) => [...query].every(([filter, value]) => one.matches(filter, value)))
    .filter((one) => isIncluded(one, query) && (name === 'customers' || isWithin(one, query, utcOffsetMinutes)))
    .sort((a, b) => direction * compare(a, b, orderBy));
  const items = fitting.slice((page - 1) * perPage, page * perPage);
  return { kind: 'page', items, total: fitting.length, pages: Math.ceil(fitting.length / perPage), page };
}

function isIncluded({ id }: WooListed, query: URLSearchParams): boolean {
  const include = query.get('include');
  return (
    (include === null || include.split(',').includes(String(id))) &&
    !query.get('exclude')?.split(',').includes(String(id))
  );
}

/** Both ends are left out; `dates_are_gmt` says in which zone they are meant. */
function isWithin(one: WooListed, query: URLSearchParams, utcOffsetMinutes: number): boolean {
  const offsetMs = query.get('dates_are_gmt') === 'true' ? 0 : utcOffsetMinutes * 60_000;
  const text = (ms: number): string => new Date(ms + offsetMs).toISOString().slice(0, 19);
  const [created, modified] = [text(one.createdAtMs), text(one.modifiedAtMs)];
  const edge = (name: string): string | undefined => query.get(name)?.slice(0, 19);
  const [after, before] = [edge('after'), edge('before')];
  const [modifiedAfter, modifiedBefore] = [edge('modified_after'), edge('modified_before')];
  return (
    (after === undefined || created > after) &&
    (before === undefined || created < before) &&
    (modifiedAfter === undefined || modified > modifiedAfter) &&
    (modifiedBefore === undefined || modified < modifiedBefore)
  );
}

function compare(a: WooListed, b: WooListed, orderBy: string): number {
  const second = (ms: number): number => Math.floor(ms / SECOND_MS);
  switch (orderBy) {
    case 'modified':
      return second(a.modifiedAtMs) - second(b.modifiedAtMs) || a.id - b.id;
    case 'date':
    case 'registered_date':
      return second(a.createdAtMs) - second(b.createdAtMs) || a.id - b.id;
    case 'title':
    case 'name':
      return a.title < b.title ? -1 : a.title > b.title ? 1 : a.id - b.id;
    default:
      return a.id - b.id;
  }
}
