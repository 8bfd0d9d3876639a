import type { Json, JsonObject } from '../../../platform/json.ts';
import type { NormaliseContext } from '../connector.ts';
import type { ShopCustomer } from '../customer-record.ts';
import { gmtOf, objectOf, requireId, requireObject, textOf } from '../payload.ts';
import { addressOf } from './woo-order.ts';

/** A customer of WooCommerce (REST API v3, "Customers"). It keeps no word about being written to. */
export function readWooCustomer(payload: Json, context: NormaliseContext): ShopCustomer {
  const customer = requireObject(payload, 'the customer');
  const id = requireId(customer['id'], 'the customer');
  const billing = objectOf(customer['billing']);
  const createdAtMs = gmtOf(customer['date_created_gmt']);
  return {
    id,
    atMs: gmtOf(customer['date_modified_gmt']) ?? createdAtMs ?? context.receivedAtMs,
    createdAtMs,
    who: {
      customerId: id,
      email: textOf(customer['email']) ?? textOf(billing?.['email']),
      phone: textOf(billing?.['phone']),
      anonymousId: undefined,
    },
    traits: traitsOf(customer, createdAtMs),
    consents: [],
  };
}

function traitsOf(customer: JsonObject, createdAtMs: number | undefined): JsonObject {
  const address = addressOf(customer['shipping']) ?? addressOf(customer['billing']);
  const fields = {
    firstName: textOf(customer['first_name']),
    lastName: textOf(customer['last_name']),
    username: textOf(customer['username']),
    createdAt: createdAtMs === undefined ? undefined : new Date(createdAtMs).toISOString(),
    address:
      address === undefined
        ? undefined
        : withoutUndefined({
            street: address.street,
            city: address.city,
            state: address.region,
            postalCode: address.postcode,
            country: address.country,
          }),
  };
  return withoutUndefined(fields);
}

function withoutUndefined(fields: Record<string, Json | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;
}
