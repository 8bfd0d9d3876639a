import type { Json } from '../../../platform/json.ts';
import type { Connector, NormaliseContext, Normalised } from '../connector.ts';
import { parseLossless } from '../lossless-json.ts';
import { gmtOf, requireId, requireObject, UnfitPayload } from '../payload.ts';
import type { RemovedKind, ShopRecord } from '../records.ts';
import { readWooCoupon } from './woo-coupon.ts';
import { readWooCustomer } from './woo-customer.ts';
import { verifyWoo } from './woo-delivery.ts';
import { readWooOrder } from './woo-order.ts';
import { readWooProduct } from './woo-product.ts';
import { readWooReview } from './woo-review.ts';

type Read = (payload: Json, context: NormaliseContext) => readonly ShopRecord[];

const READS: Readonly<Record<string, Read>> = {
  order: readWooOrder,
  product: readWooProduct,
  customer: (payload, context) => [{ kind: 'customer', customer: readWooCustomer(payload, context) }],
  coupon: (payload, context) => [{ kind: 'coupon', coupon: readWooCoupon(payload, context) }],
  product_review: (payload, context) => [{ kind: 'happening', happening: readWooReview(payload, context) }],
};
const REMOVED: Readonly<Record<string, RemovedKind>> = {
  order: 'order',
  product: 'product',
  customer: 'customer',
  coupon: 'coupon',
};

/** WooCommerce: webhooks signed with a secret of their own, which are lossy; a REST API that is asked every few minutes. */
export const wooConnector: Connector = {
  kind: 'woocommerce',
  verify: verifyWoo,
  normalise({ topic, body }, context): Normalised {
    const payload = parse(body);
    const [resource = '', event = ''] = topic.split('.');
    // Whatever a shop hooks up itself: `{ action, arg }`. It says that something happened, not what is true now.
    if (resource === 'action') return { kind: 'ignored', reason: `${topic} is an action of the shop’s own` };
    if (event === 'deleted' && Object.hasOwn(REMOVED, resource)) {
      const gone = requireObject(payload, 'what was deleted');
      const id = requireId(gone['id'], 'what was deleted');
      // The body is the id alone: when it went is when it was told.
      const atMs = gmtOf(gone['date_modified_gmt']) ?? context.receivedAtMs;
      return { kind: 'records', records: [{ kind: 'removed', of: REMOVED[resource]!, id, atMs }] };
    }
    if (!Object.hasOwn(READS, resource))
      return { kind: 'ignored', reason: `nothing is made of ${topic || 'no topic'}` };
    const records = READS[resource]!(payload, context);
    return {
      kind: 'records',
      records: [...records, ...(topic === 'order.restored' ? [restored(payload, context)] : [])],
    };
  },
};

/** It has the instant of its last change, which may be before it was thrown away. */
function restored(payload: Json, { receivedAtMs }: NormaliseContext): ShopRecord {
  const id = requireId(requireObject(payload, 'the order')['id'], 'the order');
  return { kind: 'restored', of: 'order', id, atMs: receivedAtMs };
}

function parse(body: Buffer): Json {
  try {
    return parseLossless(body.toString('utf8'));
  } catch {
    throw new UnfitPayload('the body is no JSON');
  }
}

/** What the shop is asked to send. */
export const WOO_TOPICS: readonly string[] = ['order', 'product', 'customer', 'coupon'].flatMap((resource) =>
  ['created', 'updated', 'deleted', 'restored']
    .filter((event) => event !== 'restored' || resource === 'order' || resource === 'product')
    .map((event) => `${resource}.${event}`),
);
