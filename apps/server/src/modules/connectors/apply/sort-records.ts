import type {
  ComplianceTopic,
  ShopCart,
  ShopCheckout,
  ShopCoupon,
  ShopHappening,
  ShopHonoured,
  ShopRecord,
} from '../records.ts';
import type { ShopCustomer } from '../customer-record.ts';
import type { ShopFulfilment, ShopOrder, ShopRefund } from '../order-record.ts';
import type { ShopLevel, ShopLocation, ShopProduct, ShopVariant } from '../product-record.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { hashOf, isNewer } from './hash-of.ts';

/** One word with what orders it among others about the same thing. */
export interface Told<T> {
  readonly id: string;
  readonly atMs: number;
  readonly hash: string;
  /** Undefined: it is gone. */
  readonly value: T | undefined;
}

export interface ToldVariant {
  readonly productId: string;
  readonly variant: ShopVariant;
}

/** What was told, by what it is about: of things that have a version only the newest word. */
export interface SortedRecords {
  readonly locations: readonly Told<ShopLocation>[];
  readonly products: readonly Told<ShopProduct>[];
  /** Deleted: a newer word brings them back. */
  readonly goneProducts: readonly Told<never>[];
  readonly variants: readonly Told<ToldVariant>[];
  readonly items: readonly Told<{ readonly sku: string | undefined }>[];
  readonly levels: readonly Told<ShopLevel>[];
  readonly customers: readonly Told<ShopCustomer>[];
  readonly orders: readonly Told<ShopOrder>[];
  readonly coupons: readonly Told<ShopCoupon>[];
  readonly refunds: readonly { readonly orderId: string; readonly refund: ShopRefund }[];
  readonly fulfilments: readonly { readonly orderId: string; readonly fulfilment: ShopFulfilment }[];
  readonly delivered: readonly { readonly orderId: string; readonly fulfilmentId: string; readonly atMs: number }[];
  /** Thrown away or back again, by when. */
  readonly goneOrders: readonly {
    readonly orderId: string;
    readonly of: 'deleted' | 'restored';
    readonly atMs: number;
  }[];
  /** Each version: what was in between happened too. */
  readonly carts: readonly ShopCart[];
  readonly checkouts: readonly ShopCheckout[];
  readonly happenings: readonly ShopHappening[];
  readonly honoured: readonly ShopHonoured[];
  readonly compliance: readonly { readonly topic: ComplianceTopic; readonly payload: JsonObject }[];
  readonly isUninstalled: boolean;
}

/** Pure. */
export function sortRecords(records: readonly ShopRecord[]): SortedRecords {
  const locations = new Newest<ShopLocation>();
  const products = new Newest<ShopProduct>();
  const variants = new Newest<ToldVariant>();
  const items = new Newest<{ sku: string | undefined }>();
  const levels = new Newest<ShopLevel>();
  const customers = new Newest<ShopCustomer>();
  const orders = new Newest<ShopOrder>();
  const coupons = new Newest<ShopCoupon>();
  const gone = new Newest<never>();
  for (const record of records) {
    if (record.kind === 'location') locations.add(record.location.id, record.location.atMs, record.location);
    if (record.kind === 'product') products.add(record.product.id, record.product.atMs, record.product);
    if (record.kind === 'variant') variants.add(record.variant.id, record.atMs, record);
    if (record.kind === 'item') items.add(record.id, record.atMs, { sku: record.sku });
    if (record.kind === 'level')
      levels.put({
        id: levelKey(record.level),
        atMs: record.level.atMs,
        value: record.level,
        hash: rankOf(record.level),
      });
    // A word about consent alone is another thing than the customer it is about.
    if (record.kind === 'customer') customers.add(customerKey(record.customer), record.customer.atMs, record.customer);
    if (record.kind === 'order') orders.add(record.order.id, record.order.atMs, record.order);
    if (record.kind === 'coupon') coupons.add(record.coupon.id, record.coupon.atMs, record.coupon);
    if (record.kind !== 'removed') continue;
    // A place is closed before it can be deleted.
    if (record.of === 'product') gone.add(record.id, record.atMs, undefined);
    if (record.of === 'customer') customers.add(record.id, record.atMs, undefined);
    if (record.of === 'coupon') coupons.add(record.id, record.atMs, undefined);
  }
  return {
    ...{
      locations: locations.all(),
      products: products.all(),
      goneProducts: gone.all(),
      variants: variants.all(),
      items: items.all(),
    },
    ...{ levels: levels.all(), customers: customers.all(), orders: orders.all(), coupons: coupons.all() },
    refunds: records.filter((record) => record.kind === 'refund'),
    fulfilments: records.filter((record) => record.kind === 'fulfilment'),
    delivered: records.filter((record) => record.kind === 'delivered'),
    goneOrders: records.flatMap(goneOrder),
    carts: records.flatMap((record) => (record.kind === 'cart' ? [record.cart] : [])),
    checkouts: records.flatMap((record) => (record.kind === 'checkout' ? [record.checkout] : [])),
    happenings: records.flatMap((record) => (record.kind === 'happening' ? [record.happening] : [])),
    honoured: records.flatMap((record) => (record.kind === 'honoured' ? [record.honoured] : [])),
    compliance: records.filter((record) => record.kind === 'compliance'),
    isUninstalled: records.some((record) => record.kind === 'uninstalled'),
  };
}

function goneOrder(record: ShopRecord): SortedRecords['goneOrders'] {
  if ((record.kind !== 'removed' && record.kind !== 'restored') || record.of !== 'order') return [];
  return [{ orderId: record.id, of: record.kind === 'removed' ? 'deleted' : 'restored', atMs: record.atMs }];
}

/** The same for the same item at the same place. Pure. */
export function levelKey({ of, locationId }: Pick<ShopLevel, 'of' | 'locationId'>): string {
  return `${of.kind}:${of.id}@${locationId ?? ''}`;
}

/** Of one instant the smaller count is the later one, as the inventory has it. Pure. */
function rankOf({ quantity }: ShopLevel): string {
  return String(1e12 - Math.min(1e11, Math.max(-1e11, quantity ?? 0)));
}

/** Pure. */
export function isConsentAlone({ traits, createdAtMs }: ShopCustomer): boolean {
  return createdAtMs === undefined && Object.keys(traits).length === 0;
}

function customerKey(customer: ShopCustomer): string {
  return isConsentAlone(customer) ? `consent:${customer.id}` : customer.id;
}

/** Of several words about one thing the newest. */
class Newest<T> {
  readonly #byId = new Map<string, Told<T>>();

  add(id: string, atMs: number, value: T | undefined): void {
    this.put({ id, atMs, value, hash: hashOf(value ?? null) });
  }

  put(told: Told<T>): void {
    if (isNewer(told, this.#byId.get(told.id))) this.#byId.set(told.id, told);
  }

  all(): Told<T>[] {
    return [...this.#byId.values()];
  }
}
