import { toDecimal } from '../twin/decimal.ts';
import { instantText } from './instant.ts';
import { paidOf, refundedOf } from './order-money.ts';
import type { ShopifyShop } from './shopify-shop.ts';
import type { ShopifyAddress, ShopifyConsent, ShopifyCustomer, ShopifyOrder } from './shopify-state.ts';
import type { ShopifyObject } from './write-json.ts';

/** A customer as webhooks and the REST Admin API say it. */
export function presentCustomer(shop: ShopifyShop, customer: ShopifyCustomer): ShopifyObject {
  const { utcOffsetMinutes, currency } = shop.identity;
  const orders = ordersOf(shop, customer.id);
  const last = orders.at(-1);
  const spent = orders.reduce((sum, order) => sum + paidOf(order) - refundedOf(order), 0);
  const address = customer.address === undefined ? undefined : customerAddress(customer.id, customer.address);
  return {
    ...{ id: BigInt(customer.id), email: customer.email ?? null },
    created_at: instantText(customer.createdAtMs, utcOffsetMinutes),
    updated_at: instantText(customer.updatedAtMs, utcOffsetMinutes),
    ...{ first_name: customer.firstName, last_name: customer.lastName, orders_count: orders.length },
    ...{ state: 'disabled', total_spent: toDecimal(spent, currency) },
    ...{ last_order_id: last === undefined ? null : BigInt(last.id), note: customer.note ?? null },
    ...{ verified_email: true, multipass_identifier: null, tax_exempt: false, tags: customer.tags.join(', ') },
    ...{ last_order_name: last === undefined ? null : `#${last.number}`, currency, phone: customer.phone ?? null },
    addresses: address === undefined ? [] : [address],
    tax_exemptions: [],
    email_marketing_consent: customer.email === undefined ? null : consentOf(customer.emailConsent, utcOffsetMinutes),
    sms_marketing_consent:
      customer.phone === undefined
        ? null
        : { ...consentOf(customer.smsConsent, utcOffsetMinutes), consent_collected_from: 'SHOPIFY' },
    admin_graphql_api_id: `gid://shopify/Customer/${customer.id}`,
    ...(address !== undefined && { default_address: address }),
  };
}

/** What `customers_email_marketing_consent/update` and its kin say. */
export function presentConsent(shop: ShopifyShop, customer: ShopifyCustomer, channel: 'email' | 'sms'): ShopifyObject {
  const { utcOffsetMinutes } = shop.identity;
  const id = BigInt(customer.id);
  return channel === 'email'
    ? {
        ...{ customer_id: id, email_address: customer.email ?? null },
        email_marketing_consent: consentOf(customer.emailConsent, utcOffsetMinutes),
      }
    : {
        ...{ id, phone: customer.phone ?? null },
        sms_marketing_consent: {
          ...consentOf(customer.smsConsent, utcOffsetMinutes),
          consent_collected_from: 'SHOPIFY',
        },
      };
}

function consentOf(consent: ShopifyConsent | undefined, utcOffsetMinutes: number) {
  return {
    state: consent?.state ?? 'not_subscribed',
    opt_in_level: consent?.optInLevel ?? 'single_opt_in',
    consent_updated_at: consent === undefined ? null : instantText(consent.atMs, utcOffsetMinutes),
  };
}

function ordersOf(shop: ShopifyShop, customerId: string): ShopifyOrder[] {
  return [...shop.state.orders.values()].filter((order) => order.customerId === customerId);
}

function customerAddress(customerId: string, address: ShopifyAddress): ShopifyObject {
  return { id: BigInt(customerId) + 1n, customer_id: BigInt(customerId), ...presentAddress(address), default: true };
}

export function presentAddress(address: ShopifyAddress): ShopifyObject {
  const { firstName, lastName, address1, city, zip, countryCode, phone = null } = address;
  return {
    ...{ first_name: firstName, last_name: lastName, company: null, address1, address2: null, city, province: null },
    ...{ country: countryCode, zip, phone, name: `${firstName} ${lastName}`.trim(), province_code: null },
    ...{ country_code: countryCode, country_name: countryCode, latitude: null, longitude: null },
  };
}
