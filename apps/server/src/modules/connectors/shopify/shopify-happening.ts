import type { Json, JsonObject } from '../../../platform/json.ts';
import type { NormaliseContext } from '../connector.ts';
import { idOf, instantOf, objectOf, requireId, requireObject, textOf } from '../payload.ts';
import type { ShopHappening } from '../records.ts';
import { whoOfShopify } from './shopify-customer.ts';

/**
 * Topics that move neither order nor stock: told as events of their own. Names of things people asked for keep the words of
 * Segment's specification, "Order …"; the rest is named after its noun.
 */
const EVENTS: Readonly<Record<string, string>> = {
  'returns/request': 'Return Requested',
  'returns/approve': 'Return Approved',
  'returns/decline': 'Return Declined',
  'returns/update': 'Return Updated',
  'returns/close': 'Return Closed',
  'returns/cancel': 'Return Cancelled',
  'returns/reopen': 'Return Reopened',
  'fulfillment_orders/placed_on_hold': 'Order Held',
  'fulfillment_orders/hold_released': 'Order Hold Released',
  'fulfillment_orders/line_items_prepared_for_pickup': 'Order Ready For Pickup',
  'fulfillment_orders/line_items_prepared_for_local_delivery': 'Order Ready For Local Delivery',
  'subscription_contracts/create': 'Subscription Created',
  'subscription_contracts/update': 'Subscription Updated',
  'subscription_billing_attempts/success': 'Subscription Charged',
  'subscription_billing_attempts/failure': 'Subscription Charge Failed',
  'subscription_billing_attempts/challenged': 'Subscription Charge Challenged',
  'draft_orders/create': 'Draft Order Created',
  'draft_orders/update': 'Draft Order Updated',
  'gift_cards/create': 'Gift Card Issued',
  'gift_cards/update': 'Gift Card Updated',
};

export function hasShopifyHappening(topic: string): boolean {
  return Object.hasOwn(EVENTS, topic);
}

export function readShopifyHappening(topic: string, payload: Json, context: NormaliseContext): ShopHappening {
  const given = requireObject(payload, 'the payload');
  const inner = INNER.map((name) => objectOf(given[name])).find((one) => one !== undefined) ?? given;
  const id = requireId(inner['id'] ?? inner['admin_graphql_api_id'], 'the payload');
  const atMs = instantOf(inner['updated_at']) ?? instantOf(given['updated_at']) ?? context.triggeredAtMs;
  const who = whoOfShopify(inner);
  return {
    id: `${topic}/${id}`,
    event: EVENTS[topic]!,
    atMs: atMs ?? context.receivedAtMs,
    orderId: orderIdOf(inner) ?? orderIdOf(given),
    who: { ...who, customerId: who.customerId ?? idOf(inner['customer_id'] ?? inner['admin_graphql_api_customer_id']) },
    properties: propertiesOf(topic, { id, inner, given }),
  };
}

const INNER = ['fulfillment_order', 'return', 'gift_card'];

function orderIdOf(of: JsonObject): string | undefined {
  return idOf(of['order_id']) ?? idOf(objectOf(of['order'])?.['id']) ?? idOf(of['admin_graphql_api_order_id']);
}

/** No names, addresses, codes or notes: what anybody may read of an event. */
function propertiesOf(
  topic: string,
  { id, inner, given }: { id: string; inner: JsonObject; given: JsonObject },
): JsonObject {
  const orderId = orderIdOf(inner) ?? orderIdOf(given);
  const noun = topic.split('/')[0]!.replace(/s$/, '');
  const fields = {
    [`${noun}_id`]: id,
    order_id: orderId,
    status: textOf(inner['status']),
    name: topic.startsWith('draft_orders/') || topic.startsWith('returns/') ? textOf(inner['name']) : undefined,
    location_id: idOf(inner['assigned_location_id'] ?? inner['location_id']),
    error_code: textOf(inner['error_code']),
    currency: textOf(inner['currency'] ?? inner['currency_code'])?.toUpperCase(),
    value: amountSaid(inner['total_price'] ?? inner['initial_value']),
    balance: amountSaid(inner['balance']),
    last_characters: textOf(inner['last_characters']),
    next_billing_at: textOf(inner['next_billing_date']),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;
}

/** Segment's events say amounts as numbers of the main unit. */
function amountSaid(value: Json | undefined): number | undefined {
  const amount = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof amount === 'number' && Number.isFinite(amount) ? amount : undefined;
}
