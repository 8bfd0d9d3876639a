import type { Json } from '../../../platform/json.ts';
import type { Connector, NormaliseContext, Normalised } from '../connector.ts';
import { parseLossless } from '../lossless-json.ts';
import { instantOf, requireId, requireObject, textOf, UnfitPayload } from '../payload.ts';
import { refineVersions } from '../refine-versions.ts';
import type { ComplianceTopic, RemovedKind, ShopRecord } from '../records.ts';
import { readShopifyCart, readShopifyCheckout } from './shopify-cart.ts';
import { readShopifyDiscountCode, readShopifyPriceRule } from './shopify-coupon.ts';
import { readShopifyConsent, readShopifyCustomer } from './shopify-customer.ts';
import { verifyShopify } from './shopify-delivery.ts';
import { hasShopifyHappening, readShopifyHappening } from './shopify-happening.ts';
import { readShopifyFulfilment, readShopifyOrder, readShopifyRefund } from './shopify-order.ts';
import { readShopifyProduct } from './shopify-product.ts';
import { readShopifyLevel, readShopifyLocation } from './shopify-stock.ts';

type Read = (payload: Json, context: NormaliseContext) => readonly ShopRecord[];

const order: Read = (payload, context) => [{ kind: 'order', order: readShopifyOrder(payload, context) }];
const product: Read = (payload, context) => [{ kind: 'product', product: readShopifyProduct(payload, context) }];
const customer: Read = (payload, context) => [{ kind: 'customer', customer: readShopifyCustomer(payload, context) }];
const consent: Read = (payload, context) => [{ kind: 'customer', customer: readShopifyConsent(payload, context) }];
const cart: Read = (payload, context) => [{ kind: 'cart', cart: readShopifyCart(payload, context) }];
const checkout: Read = (payload, context) => [{ kind: 'checkout', checkout: readShopifyCheckout(payload, context) }];
const fulfilment: Read = (payload, context) => [{ kind: 'fulfilment', ...readShopifyFulfilment(payload, context) }];
const level =
  (isGone: boolean): Read =>
  (payload, context) => [{ kind: 'level', level: readShopifyLevel(payload, context, isGone) }];
const location =
  (isActive: boolean): Read =>
  (payload, context) => [{ kind: 'location', location: readShopifyLocation(payload, context, isActive) }];
const removed =
  (of: RemovedKind): Read =>
  (payload, context) => {
    const gone = requireObject(payload, 'the payload');
    const id = of === 'checkout' ? textOf(gone['token']) : undefined;
    const atMs = instantOf(gone['updated_at']) ?? instantOf(gone['deleted_at']) ?? context.triggeredAtMs;
    return [
      { kind: 'removed', of, id: id ?? requireId(gone['id'], 'what was deleted'), atMs: atMs ?? context.receivedAtMs },
    ];
  };
const item: Read = (payload, context) => {
  const one = requireObject(payload, 'the item');
  const atMs = instantOf(one['updated_at']) ?? context.triggeredAtMs ?? context.receivedAtMs;
  return [{ kind: 'item', id: requireId(one['id'], 'the item'), sku: textOf(one['sku']), atMs }];
};
const refund: Read = (payload, context) => {
  const orderId = requireId(requireObject(payload, 'the refund')['order_id'], 'the order of the refund');
  return [{ kind: 'refund', orderId, refund: readShopifyRefund(payload, { currency: undefined, context }) }];
};
/** `DELIVERED` of a parcel: the fulfilment it belongs to, as far as the payload knows it. */
const fulfilmentEvent: Read = (payload, context) => {
  const event = requireObject(payload, 'the event of the fulfilment');
  const status = textOf(event['status'])?.toLowerCase();
  const orderId = requireId(event['order_id'], 'the order of the fulfilment');
  const id = requireId(event['fulfillment_id'], 'the fulfilment');
  const atMs = instantOf(event['happened_at']) ?? instantOf(event['created_at']) ?? context.receivedAtMs;
  if (status === 'delivered') return [{ kind: 'delivered', orderId, fulfilmentId: id, atMs }];
  const properties = { order_id: orderId, fulfillment_id: id, status: status ?? 'unknown' };
  const who = { customerId: undefined, email: undefined, phone: undefined, anonymousId: undefined };
  const happening = {
    id: `fulfillment_events/${requireId(event['id'], 'the event')}`,
    event: 'Shipment Updated',
    atMs,
  };
  return [{ kind: 'happening', happening: { ...happening, orderId, who, properties } }];
};
const compliance =
  (topic: ComplianceTopic): Read =>
  (payload) => [{ kind: 'compliance', topic, payload: requireObject(payload, 'the request') }];
const uninstalled: Read = (_payload, context) => [
  { kind: 'uninstalled', atMs: context.triggeredAtMs ?? context.receivedAtMs },
];

/** What becomes of each topic. */
const READS: Readonly<Record<string, Read>> = {
  'orders/create': order,
  'orders/updated': order,
  'orders/paid': order,
  'orders/cancelled': order,
  'orders/fulfilled': order,
  'orders/partially_fulfilled': order,
  'orders/delete': removed('order'),
  'refunds/create': refund,
  'fulfillments/create': fulfilment,
  'fulfillments/update': fulfilment,
  'fulfillment_events/create': fulfilmentEvent,
  'carts/create': cart,
  'carts/update': cart,
  'checkouts/create': checkout,
  'checkouts/update': checkout,
  'checkouts/delete': removed('checkout'),
  'products/create': product,
  'products/update': product,
  'products/delete': removed('product'),
  'inventory_items/create': item,
  'inventory_items/update': item,
  'inventory_levels/connect': level(false),
  'inventory_levels/update': level(false),
  'inventory_levels/disconnect': level(true),
  'locations/create': location(true),
  'locations/update': location(true),
  'locations/activate': location(true),
  'locations/deactivate': location(false),
  'locations/delete': removed('location'),
  'customers/create': customer,
  'customers/update': customer,
  'customers/enable': customer,
  'customers/disable': customer,
  'customers/delete': removed('customer'),
  'customers_marketing_consent/update': consent,
  'customers_email_marketing_consent/update': consent,
  'price_rules/create': (payload, context) => [{ kind: 'coupon', coupon: readShopifyPriceRule(payload, context) }],
  'price_rules/update': (payload, context) => [{ kind: 'coupon', coupon: readShopifyPriceRule(payload, context) }],
  'price_rules/delete': removed('coupon'),
  'discount_codes/create': (payload, context) => [
    { kind: 'coupon', coupon: readShopifyDiscountCode(payload, context) },
  ],
  'app/uninstalled': uninstalled,
  'customers/data_request': compliance('customers/data_request'),
  'customers/redact': compliance('customers/redact'),
  'shop/redact': compliance('shop/redact'),
};

/** Topics whose payload says nothing that another topic does not say whole. */
const SAID_ELSEWHERE: Readonly<Record<string, string>> = {
  'orders/edited': 'orders/updated',
  'order_transactions/create': 'orders/updated',
  'variants/in_stock': 'inventory_levels/update',
  'variants/out_of_stock': 'inventory_levels/update',
  'inventory_items/delete': 'products/update',
  'fulfillment_orders/moved': 'fulfillments/create',
  'fulfillment_orders/cancelled': 'orders/updated',
  'selling_plan_groups/create': 'products/update',
  'selling_plan_groups/update': 'products/update',
  'selling_plan_groups/delete': 'products/update',
  'draft_orders/delete': 'orders/updated',
  'shop/update': 'the settings of the connector',
  'bulk_operations/finish': 'the back-fill that asked for it',
};

/** Shopify: webhooks signed with the app's client secret, an Admin API in GraphQL. */
export const shopifyConnector: Connector = {
  kind: 'shopify',
  verify: verifyShopify,
  normalise({ topic, body }, context): Normalised {
    const elsewhere = Object.hasOwn(SAID_ELSEWHERE, topic) ? SAID_ELSEWHERE[topic] : undefined;
    if (elsewhere !== undefined) return { kind: 'ignored', reason: `${topic} is said by ${elsewhere}` };
    const payload = parse(body);
    if (Object.hasOwn(READS, topic)) {
      return { kind: 'records', records: refineVersions(READS[topic]!(payload, context), context) };
    }
    if (!hasShopifyHappening(topic)) return { kind: 'ignored', reason: `nothing is made of ${topic || 'no topic'}` };
    return {
      kind: 'records',
      records: [{ kind: 'happening', happening: readShopifyHappening(topic, payload, context) }],
    };
  },
};

function parse(body: Buffer): Json {
  try {
    return parseLossless(body.toString('utf8'));
  } catch {
    throw new UnfitPayload('the body is no JSON');
  }
}

/** What the shop is asked to send. Compliance topics are set in the app itself; some need rights not every app has. */
export const SHOPIFY_TOPICS: readonly string[] = [
  ...Object.keys(READS).filter(
    (topic) => !/^(customers\/(data_request|redact)|shop\/redact|price_rules\/)/.test(topic),
  ),
  ...['orders/edited', 'returns/request', 'returns/approve', 'returns/decline', 'returns/close', 'returns/cancel'],
  ...['fulfillment_orders/placed_on_hold', 'fulfillment_orders/hold_released'],
  'fulfillment_orders/line_items_prepared_for_pickup',
].filter((topic) => topic !== 'discount_codes/create' && topic !== 'customers_email_marketing_consent/update');
