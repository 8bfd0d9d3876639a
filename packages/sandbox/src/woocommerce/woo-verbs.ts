import { cancelOrder, completeOrder, deleteOrder, failOrder, payOrder, refund } from './order-verbs.ts';
import { addCoupon, addCustomer, customerUpdate, deleteCustomer } from './people-verbs.ts';
import { cancelUnpaid, placeOrder } from './place-order.ts';
import { addProduct, changePrice, changeProduct, deleteProduct, setStock } from './product-verbs.ts';
import type { WooShop } from './woo-shop.ts';

/** Everything that shoppers and the merchant do in the shop. */
const VERBS = {
  ...{ addProduct, changeProduct, changePrice, setStock, deleteProduct, addCustomer, customerUpdate, deleteCustomer },
  ...{ addCoupon, placeOrder, payOrder, completeOrder, cancelOrder, failOrder, refund, deleteOrder, cancelUnpaid },
};

type Bound<F> = F extends (shop: WooShop, ...given: infer G) => infer R ? (...given: G) => R : never;
export type WooVerbs = { readonly [V in keyof typeof VERBS]: Bound<(typeof VERBS)[V]> };

export function bindWooVerbs(shop: WooShop): WooVerbs {
  const bound = Object.entries(VERBS).map(([name, verb]) => [
    name,
    (...given: never[]) => (verb as (shop: WooShop, ...given: never[]) => unknown)(shop, ...given),
  ]);
  return Object.fromEntries(bound) as WooVerbs;
}
