import type { ShopifyShop } from './shopify-shop.ts';
import type { ShopifyState } from './shopify-state.ts';

/** She asks what is kept of her. */
export function requestCustomerData(shop: ShopifyShop, customerId: string): void {
  const { of, orders } = ofCustomer(shop, customerId);
  shop.tell(shop.begin(), 'customers/data_request', {
    ...of,
    orders_requested: orders,
    data_request: { id: BigInt(shop.newId()) },
  });
}

/** She, or the merchant for her, asks for her erasure. */
export function redactCustomer(shop: ShopifyShop, customerId: string): void {
  const { of, orders } = ofCustomer(shop, customerId);
  shop.tell(shop.begin(), 'customers/redact', { ...of, orders_to_redact: orders });
}

/** The merchant takes the app off; 48 hours later Shopify asks for everything to be erased: `redactShop`. */
export function uninstall(shop: ShopifyShop): void {
  const { id, domain, name } = shop.identity;
  shop.tell(shop.begin(), 'app/uninstalled', { id: BigInt(id), name, domain, myshopify_domain: domain });
}

export function redactShop(shop: ShopifyShop): void {
  shop.tell(shop.begin(), 'shop/redact', ofShop(shop));
}

const ofShop = ({ identity }: ShopifyShop) => ({ shop_id: BigInt(identity.id), shop_domain: identity.domain });

function ofCustomer(shop: ShopifyShop, customerId: string) {
  const customer = shop.state.customers.get(customerId);
  if (customer === undefined) throw new Error(`The shop has no customer ${customerId}`);
  const { email = null, phone = null } = customer;
  const orders = ordersOf(shop.state, customerId);
  return { of: { ...ofShop(shop), customer: { id: BigInt(customerId), email, phone } }, orders };
}

function ordersOf(state: ShopifyState, customerId: string): bigint[] {
  return [...state.orders.values()].filter((order) => order.customerId === customerId).map(({ id }) => BigInt(id));
}
