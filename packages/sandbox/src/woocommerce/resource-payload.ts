import { presentOrder } from './present-order.ts';
import { presentProduct, presentVariation } from './present-product.ts';
import { presentCoupon, presentCustomer } from './present-woo.ts';
import type { WooResource, WooShop } from './woo-shop.ts';

/** What the REST API would answer about it now; where it is gone, the refusal itself. */
export function resourcePayload(shop: WooShop, resource: WooResource, id: number): object {
  return findPayload(shop, resource, id) ?? goneOf(resource);
}

export function findPayload({ identity, state }: WooShop, resource: WooResource, id: number): object | undefined {
  switch (resource) {
    case 'order': {
      const order = state.orders.get(id);
      return order && presentOrder(identity, order);
    }
    case 'coupon': {
      const coupon = state.coupons.get(id);
      return coupon && presentCoupon(identity, coupon);
    }
    case 'customer': {
      const customer = state.customers.get(id);
      const isPaying = [...state.orders.values()].some(
        ({ customerId, paidAtMs }) => customerId === id && paidAtMs !== undefined,
      );
      return customer && presentCustomer(identity, customer, isPaying);
    }
    case 'product': {
      const product = state.products.get(id);
      if (product !== undefined) return presentProduct(identity, product);
      for (const parent of state.products.values()) {
        const variation = parent.variations.find((one) => one.id === id);
        if (variation !== undefined) return presentVariation(identity, parent, variation);
      }
      return undefined;
    }
  }
}

const POST_TYPES: Readonly<Record<WooResource, string>> = {
  ...{ order: 'shop_order', product: 'product', coupon: 'shop_coupon', customer: '' },
};

export function goneOf(resource: WooResource): object {
  const type = POST_TYPES[resource];
  return {
    code: type === '' ? 'woocommerce_rest_invalid_id' : `woocommerce_rest_${type}_invalid_id`,
    message: 'Invalid ID.',
    data: { status: 404 },
  };
}
