import type { Json, JsonObject } from '../../../platform/json.ts';
import type { NormaliseContext } from '../connector.ts';
import type { ShopConsent, ShopCustomer, ShopWho } from '../customer-record.ts';
import type { ShopAddress } from '../order-record.ts';
import { idOf, instantOf, objectOf, objectsOf, requireId, requireObject, textOf, wholeOf } from '../payload.ts';

/** What a shop's own page may write into a cart, so that the visit and the cart are one customer's. */
const ANONYMOUS_ID_NAMES: ReadonlySet<string> = new Set(['segue_anonymous_id', 'anonymousId', 'anonymous_id']);

/** A customer as webhooks say it (shopify.dev, REST Admin API "Customer"). */
export function readShopifyCustomer(payload: Json, context: NormaliseContext): ShopCustomer {
  const customer = requireObject(payload, 'the customer');
  const id = requireId(customer['id'], 'the customer');
  const atMs = instantOf(customer['updated_at']) ?? context.triggeredAtMs ?? context.receivedAtMs;
  return {
    id,
    atMs,
    createdAtMs: instantOf(customer['created_at']),
    who: { ...whoOfCustomer(customer), customerId: id },
    traits: traitsOf(customer),
    consents: consentsOf(customer, atMs),
  };
}

/** `customers_marketing_consent/update` and its kin: the consent alone. */
export function readShopifyConsent(payload: Json, context: NormaliseContext): ShopCustomer {
  const said = requireObject(payload, 'the consent');
  const id = requireId(said['customer_id'] ?? said['id'], 'the consent');
  const email = textOf(said['email_address'] ?? said['email']);
  const phone = textOf(said['phone']);
  const atMs = instantOf(said['updated_at']) ?? context.triggeredAtMs ?? context.receivedAtMs;
  return {
    ...{ id, atMs, createdAtMs: undefined, traits: {} },
    who: { customerId: id, email, phone, anonymousId: undefined },
    consents: consentsOf(said, atMs),
  };
}

/** Whom an order, a checkout or a customer names. */
export function whoOfShopify(payload: JsonObject): ShopWho {
  const customer = objectOf(payload['customer']);
  const known = customer === undefined ? undefined : whoOfCustomer(customer);
  return {
    customerId: customer === undefined ? undefined : idOf(customer['id']),
    email: textOf(payload['email']) ?? textOf(payload['contact_email']) ?? known?.email,
    phone: textOf(payload['phone']) ?? known?.phone,
    anonymousId: anonymousIdOf(payload),
  };
}

function whoOfCustomer(customer: JsonObject): ShopWho {
  return {
    customerId: idOf(customer['id']),
    email: textOf(customer['email']),
    phone: textOf(customer['phone']),
    anonymousId: undefined,
  };
}

function anonymousIdOf(payload: JsonObject): string | undefined {
  const notes = [...objectsOf(payload['note_attributes']), ...objectsOf(payload['attributes'])];
  const listed = notes.find((note) => ANONYMOUS_ID_NAMES.has(textOf(note['name'] ?? note['key']) ?? ''));
  if (listed !== undefined) return textOf(listed['value']);
  const attributes = objectOf(payload['attributes']);
  const name = Object.keys(attributes ?? {}).find((key) => ANONYMOUS_ID_NAMES.has(key));
  return name === undefined ? undefined : textOf(attributes![name]);
}

function traitsOf(customer: JsonObject): JsonObject {
  const address = objectOf(customer['default_address']);
  const firstName = textOf(customer['first_name']);
  const lastName = textOf(customer['last_name']);
  const createdAt = instantOf(customer['created_at']);
  const tags = textOf(customer['tags']);
  return {
    ...(firstName !== undefined && { firstName }),
    ...(lastName !== undefined && { lastName }),
    ...(createdAt !== undefined && { createdAt: new Date(createdAt).toISOString() }),
    ...(tags !== undefined && { tags: tags.split(',').map((tag) => tag.trim()) }),
    ...(textOf(customer['note']) !== undefined && { note: textOf(customer['note'])! }),
    ...(textOf(customer['state']) !== undefined && { shopAccount: textOf(customer['state'])! }),
    ...(typeof customer['tax_exempt'] === 'boolean' && { taxExempt: customer['tax_exempt'] }),
    ...(typeof customer['verified_email'] === 'boolean' && { emailVerified: customer['verified_email'] }),
    ...(wholeOf(customer['orders_count']) !== undefined && { shopOrders: wholeOf(customer['orders_count'])! }),
    ...(address !== undefined && { address: addressTrait(address) }),
  };
}

function addressTrait(address: JsonObject): JsonObject {
  const street = [textOf(address['address1']), textOf(address['address2'])].filter((line) => line !== undefined);
  const fields = {
    street: street.length === 0 ? undefined : street.join(', '),
    city: textOf(address['city']),
    state: textOf(address['province_code']) ?? textOf(address['province']),
    postalCode: textOf(address['zip']),
    country: textOf(address['country_code']) ?? textOf(address['country']),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;
}

export function readShopifyAddress(value: Json | undefined): ShopAddress | undefined {
  const address = objectOf(value);
  if (address === undefined) return undefined;
  const names = [textOf(address['first_name']), textOf(address['last_name'])].filter((name) => name !== undefined);
  const street = [textOf(address['address1']), textOf(address['address2'])].filter((line) => line !== undefined);
  return {
    name: textOf(address['name']) ?? (names.length === 0 ? undefined : names.join(' ')),
    street: street.length === 0 ? undefined : street.join(', '),
    city: textOf(address['city']),
    region: textOf(address['province_code']) ?? textOf(address['province']),
    postcode: textOf(address['zip']),
    country: textOf(address['country_code']) ?? textOf(address['country']),
    phone: textOf(address['phone']),
  };
}

/**
 * What she said, at the instant she said it. `not_subscribed` is what a shop writes of who was never asked: it is no word of
 * hers. The older `accepts_marketing` counts only where it says when.
 */
function consentsOf(customer: JsonObject, atMs: number): ShopConsent[] {
  const email = readConsent(objectOf(customer['email_marketing_consent']), 'email', atMs);
  const sms = readConsent(objectOf(customer['sms_marketing_consent']), 'sms', atMs);
  const said = [email, sms].filter((consent) => consent !== undefined);
  const acceptedAt = instantOf(customer['accepts_marketing_updated_at']);
  if (email !== undefined || acceptedAt === undefined || typeof customer['accepts_marketing'] !== 'boolean')
    return said;
  const status = customer['accepts_marketing'] ? 'granted' : 'denied';
  const level = textOf(customer['marketing_opt_in_level']);
  return [...said, { channel: 'email', status, atMs: acceptedAt, level }];
}

const STATUSES: Readonly<Record<string, ShopConsent['status']>> = {
  subscribed: 'granted',
  unsubscribed: 'denied',
  redacted: 'denied',
};

function readConsent(
  consent: JsonObject | undefined,
  channel: ShopConsent['channel'],
  atMs: number,
): ShopConsent | undefined {
  const status = STATUSES[textOf(consent?.['state'])?.toLowerCase() ?? ''];
  if (consent === undefined || status === undefined) return undefined;
  const saidAt = instantOf(consent['consent_updated_at']);
  return { channel, status, atMs: saidAt ?? atMs, level: textOf(consent['opt_in_level'])?.toLowerCase() };
}
