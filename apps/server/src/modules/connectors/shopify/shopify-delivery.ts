import type { DeliveryHead, RawDelivery, Verified } from '../connector.ts';
import { instantOf } from '../payload.ts';
import { isSignedBy, sha256 } from '../signature.ts';

/**
 * A webhook of Shopify (shopify.dev, "Delivery structure", "Verify the webhook"). Names of headers are matched in any case and
 * also without their old prefix, as the newer Events send them. Its secret is the app's, which may be in many shops: where the
 * shop is named, it must be this one.
 */
export function verifyShopify(
  delivery: RawDelivery,
  own: { readonly secrets: readonly string[]; readonly account: string },
): Verified {
  const header = (name: string): string | undefined =>
    delivery.headers[`x-shopify-${name}`] ?? delivery.headers[`shopify-${name}`];
  if (!isSignedBy(own.secrets, delivery.body, header('hmac-sha256'))) return { kind: 'refused' };
  const shop = header('shop-domain')?.toLowerCase();
  if (shop !== undefined && shop !== own.account) return { kind: 'refused' };
  return { kind: 'signed', head: headOf(header, delivery.body) };
}

function headOf(header: (name: string) => string | undefined, body: Buffer): DeliveryHead {
  const topic = topicOf(header('topic'), header('action'));
  const sha = sha256(body).toString('base64url');
  const eventId = header('event-id');
  const eventKey = eventId === undefined ? undefined : `${topic} ${eventId} ${sha}`;
  // Without an id of its own a delivery is what it says.
  const deliveryKey = header('webhook-id') ?? eventKey ?? `${topic} ${header('triggered-at') ?? ''} ${sha}`;
  return { topic, deliveryKey, eventKey, triggeredAtMs: instantOf(header('triggered-at')) };
}

/** `orders/create`; of an Event the noun and the verb stand apart. */
function topicOf(topic: string | undefined, action: string | undefined): string {
  const noun = (topic ?? '').trim().toLowerCase();
  return noun.includes('/') || action === undefined ? noun : `${noun}/${action.trim().toLowerCase()}`;
}
