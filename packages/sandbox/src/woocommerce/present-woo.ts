import { toDecimal } from '../twin/decimal.ts';
import type { WooIdentity } from './woo-shop.ts';
import type { WooAddress, WooCoupon, WooCustomer } from './woo-state.ts';

const MINUTE_MS = 60_000;

/** `date_created` and its like: in the shop's own zone, which they do not say, and in that of Greenwich. */
export function dates(identity: WooIdentity, name: string, atMs: number | undefined): Record<string, string | null> {
  const text = (ms: number): string => new Date(ms).toISOString().slice(0, 19);
  return {
    [name]: atMs === undefined ? null : text(atMs + identity.utcOffsetMinutes * MINUTE_MS),
    [`${name}_gmt`]: atMs === undefined ? null : text(atMs),
  };
}

export function links(identity: WooIdentity, path: string, up?: string): object {
  const base = `${identity.siteUrl}/wp-json/wc/v3`;
  return {
    self: [{ href: `${base}/${path}` }],
    collection: [{ href: `${base}/${path.replace(/\/[^/]*$/, '')}` }],
    ...(up !== undefined && { up: [{ href: `${base}/${up}` }] }),
  };
}

export function presentAddress(
  address: WooAddress | undefined,
  { email, names }: { email?: string; names?: { firstName: string; lastName: string } } = {},
): object {
  const {
    firstName = '',
    lastName = '',
    address1 = '',
    city = '',
    postcode = '',
    country = '',
    phone = '',
  } = {
    ...names,
    ...address,
  };
  return {
    ...{ first_name: firstName, last_name: lastName, company: '', address_1: address1, address_2: '', city },
    ...{ state: '', postcode, country },
    ...(email !== undefined && { email, phone }),
  };
}

export function presentCustomer(identity: WooIdentity, customer: WooCustomer, isPaying: boolean): object {
  const { id, email, firstName, lastName, username, address } = customer;
  const names = { firstName, lastName };
  return {
    ...{ id, ...dates(identity, 'date_created', customer.createdAtMs) },
    ...dates(identity, 'date_modified', customer.modifiedAtMs),
    ...{ email, first_name: firstName, last_name: lastName, role: 'customer', username },
    ...{ billing: presentAddress(address, { email, names }), shipping: presentAddress(address, { names }) },
    ...{ is_paying_customer: isPaying, avatar_url: '', meta_data: [], _links: links(identity, `customers/${id}`) },
  };
}

export function presentCoupon(identity: WooIdentity, coupon: WooCoupon): object {
  const { id, code, kind, value, minimumMinor, usedBy } = coupon;
  const { currency } = identity;
  return {
    ...{ id, code, amount: kind === 'percent' ? (value / 100).toFixed(2) : toDecimal(value, currency) },
    ...dates(identity, 'date_created', coupon.createdAtMs),
    ...dates(identity, 'date_modified', coupon.modifiedAtMs),
    ...{ discount_type: kind, description: '', ...dates(identity, 'date_expires', undefined) },
    ...{ usage_count: usedBy.length, individual_use: true, product_ids: [], excluded_product_ids: [] },
    ...{ usage_limit: coupon.usageLimit ?? null, usage_limit_per_user: coupon.usageLimitPerUser ?? null },
    ...{ limit_usage_to_x_items: null, free_shipping: false, product_categories: [], excluded_product_categories: [] },
    ...{
      exclude_sale_items: false,
      minimum_amount: toDecimal(minimumMinor, currency),
      maximum_amount: toDecimal(0, currency),
    },
    ...{
      email_restrictions: [],
      used_by: [...new Set(usedBy)],
      meta_data: [],
      _links: links(identity, `coupons/${id}`),
    },
  };
}
