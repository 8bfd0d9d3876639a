import { toMinor } from '../twin/decimal.ts';
import type { WooShop } from './woo-shop.ts';
import type { WooAddress, WooCoupon, WooCustomer } from './woo-state.ts';

export interface CustomerFields {
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly address?: WooAddress;
}

export function addCustomer(shop: WooShop, given: CustomerFields & { readonly email: string }): WooCustomer {
  const atMs = shop.now();
  const customer: WooCustomer = {
    ...{ id: shop.newUserId(), username: given.email.replace(/@.*/, ''), email: given.email },
    ...{ firstName: given.firstName ?? '', lastName: given.lastName ?? '', address: given.address },
    ...{ createdAtMs: atMs, modifiedAtMs: atMs },
  };
  shop.state.customers.set(customer.id, customer);
  shop.tell('customer', 'created', customer.id);
  return customer;
}

export function customerUpdate(shop: WooShop, customerId: number, changes: CustomerFields): void {
  const customer = shop.state.customers.get(customerId);
  if (customer === undefined) throw new Error(`The shop has no customer ${customerId}`);
  Object.assign(customer, changes);
  customer.modifiedAtMs = shop.now();
  shop.tell('customer', 'updated', customerId);
}

export function deleteCustomer(shop: WooShop, customerId: number): void {
  if (!shop.state.customers.delete(customerId)) throw new Error(`The shop has no customer ${customerId}`);
  shop.tell('customer', 'deleted', customerId);
}

export interface NewCoupon {
  readonly code: string;
  readonly percent?: number;
  /** `"10.00"`, where there is no percent. */
  readonly amount?: string;
  readonly minimum?: string;
  readonly usageLimit?: number;
  readonly usageLimitPerUser?: number;
}

export function addCoupon(shop: WooShop, given: NewCoupon): WooCoupon {
  const { currency } = shop.identity;
  const atMs = shop.now();
  const coupon: WooCoupon = {
    ...{
      id: shop.newPostId(),
      code: given.code.toLowerCase(),
      kind: given.percent === undefined ? 'fixed_cart' : 'percent',
    },
    value: given.percent === undefined ? toMinor(given.amount ?? '0', currency) : Math.round(given.percent * 100),
    minimumMinor: toMinor(given.minimum ?? '0', currency),
    ...{ usageLimit: given.usageLimit, usageLimitPerUser: given.usageLimitPerUser, usedBy: [] },
    ...{ createdAtMs: atMs, modifiedAtMs: atMs },
  };
  shop.state.coupons.set(coupon.id, coupon);
  shop.tell('coupon', 'created', coupon.id);
  return coupon;
}
