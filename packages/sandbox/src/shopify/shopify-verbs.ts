import { redactCustomer, redactShop, requestCustomerData, uninstall } from './app-verbs.ts';
import { startCheckout, updateCart, updateCheckout } from './cart-verbs.ts';
import { addLocation, addProduct, changePrice, changeProduct, closeLocation, deleteProduct } from './catalog-verbs.ts';
import { addCustomer, changeConsent, customerUpdate, deleteCustomer } from './customer-verbs.ts';
import { addDiscount } from './discount-verbs.ts';
import { cancelOrder, fulfil, moveShipment, payOrder, refund } from './order-verbs.ts';
import { placeOrder } from './place-order.ts';
import type { ShopifyShop } from './shopify-shop.ts';
import { setStock } from './stock-verbs.ts';

/** Everything that shoppers and the merchant do in the shop. */
const VERBS = {
  ...{ addLocation, closeLocation, addProduct, changeProduct, changePrice, deleteProduct, setStock, addDiscount },
  ...{ addCustomer, customerUpdate, changeConsent, deleteCustomer, updateCart, startCheckout, updateCheckout },
  ...{ placeOrder, payOrder, fulfil, moveShipment, refund, cancelOrder },
  ...{ requestCustomerData, redactCustomer, uninstall, redactShop },
};

type Bound<F> = F extends (shop: ShopifyShop, ...given: infer G) => infer R ? (...given: G) => R : never;
export type ShopifyVerbs = { readonly [V in keyof typeof VERBS]: Bound<(typeof VERBS)[V]> };

export function bindShopifyVerbs(shop: ShopifyShop): ShopifyVerbs {
  const bound = Object.entries(VERBS).map(([name, verb]) => [
    name,
    (...given: never[]) => (verb as (shop: ShopifyShop, ...given: never[]) => unknown)(shop, ...given),
  ]);
  return Object.fromEntries(bound) as ShopifyVerbs;
}
