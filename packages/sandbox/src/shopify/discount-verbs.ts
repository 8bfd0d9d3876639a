import { toMinor } from '../twin/decimal.ts';
import type { ShopifyShop } from './shopify-shop.ts';
import type { ShopifyDiscount } from './shopify-state.ts';

export interface NewDiscount {
  readonly code: string;
  readonly percent?: number;
  /** `"10.00"`, where there is no percent. */
  readonly amount?: string;
  readonly minimum?: string;
  readonly usageLimit?: number;
  readonly oncePerCustomer?: boolean;
}

export function addDiscount(shop: ShopifyShop, given: NewDiscount): ShopifyDiscount {
  const { currency } = shop.identity;
  const head = shop.begin();
  const discount: ShopifyDiscount = {
    ...{ id: shop.newId(), code: given.code, kind: given.percent === undefined ? 'fixed_amount' : 'percentage' },
    value: given.percent === undefined ? toMinor(given.amount ?? '0', currency) : Math.round(given.percent * 100),
    minimumMinor: toMinor(given.minimum ?? '0', currency),
    ...{ usageLimit: given.usageLimit, oncePerCustomer: given.oncePerCustomer ?? false, used: 0 },
    ...{ createdAtMs: head.atMs, updatedAtMs: head.atMs },
  };
  shop.state.discounts.set(given.code.toUpperCase(), discount);
  shop.tell(head, 'discounts/create', {
    ...{ admin_graphql_api_id: `gid://shopify/DiscountCodeNode/${discount.id}`, title: given.code, status: 'ACTIVE' },
    ...{ created_at: new Date(head.atMs).toISOString(), updated_at: new Date(head.atMs).toISOString() },
  });
  return discount;
}
