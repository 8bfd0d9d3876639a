import { presentConsent, presentCustomer } from './present-customer.ts';
import type { ShopEventHead, ShopifyShop } from './shopify-shop.ts';
import type { ShopifyAddress, ShopifyConsent, ShopifyCustomer } from './shopify-state.ts';

export interface CustomerFields {
  readonly email?: string;
  readonly phone?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly tags?: readonly string[];
  readonly note?: string;
  readonly address?: ShopifyAddress;
}

export interface NewCustomer extends CustomerFields {
  readonly emailConsent?: Pick<ShopifyConsent, 'state'> & Partial<ShopifyConsent>;
}

export function addCustomer(shop: ShopifyShop, given: NewCustomer): ShopifyCustomer {
  const head = shop.begin();
  const customer: ShopifyCustomer = {
    ...{ id: shop.newId(), email: given.email, phone: given.phone, tags: given.tags ?? [], note: given.note },
    ...{ firstName: given.firstName ?? '', lastName: given.lastName ?? '', address: given.address },
    emailConsent:
      given.emailConsent === undefined
        ? undefined
        : { optInLevel: 'single_opt_in', atMs: head.atMs, ...given.emailConsent },
    ...{ smsConsent: undefined, createdAtMs: head.atMs, updatedAtMs: head.atMs },
  };
  shop.state.customers.set(customer.id, customer);
  shop.tell(head, 'customers/create', presentCustomer(shop, customer));
  return customer;
}

export function customerUpdate(shop: ShopifyShop, customerId: string, changes: CustomerFields): void {
  const customer = getCustomer(shop, customerId);
  Object.assign(customer, changes);
  tellCustomer(shop, customer, shop.begin());
}

/** She says yes or no to marketing. */
export function changeConsent(
  shop: ShopifyShop,
  customerId: string,
  {
    channel,
    state,
    optInLevel = 'single_opt_in',
  }: { channel: 'email' | 'sms' } & Pick<ShopifyConsent, 'state'> & Partial<ShopifyConsent>,
): void {
  const customer = getCustomer(shop, customerId);
  const head = shop.begin();
  const consent: ShopifyConsent = { state, optInLevel, atMs: head.atMs };
  if (channel === 'email') customer.emailConsent = consent;
  else customer.smsConsent = consent;
  const topic = channel === 'email' ? 'customers_email_marketing_consent/update' : 'customers_marketing_consent/update';
  shop.tell(head, topic, presentConsent(shop, customer, channel));
  tellCustomer(shop, customer, head);
}

export function deleteCustomer(shop: ShopifyShop, customerId: string): void {
  getCustomer(shop, customerId);
  shop.state.customers.delete(customerId);
  shop.tell(shop.begin(), 'customers/delete', { id: BigInt(customerId), tax_exemptions: [] });
}

/** Also whenever she bought: what she spent is part of her. */
export function tellCustomer(shop: ShopifyShop, customer: ShopifyCustomer, head: ShopEventHead): void {
  customer.updatedAtMs = head.atMs;
  shop.tell(head, 'customers/update', presentCustomer(shop, customer));
}

export function getCustomer(shop: ShopifyShop, customerId: string): ShopifyCustomer {
  const customer = shop.state.customers.get(customerId);
  if (customer === undefined) throw new Error(`The shop has no customer ${customerId}`);
  return customer;
}
