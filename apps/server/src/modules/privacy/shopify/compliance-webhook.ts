import { createHmac, timingSafeEqual } from 'node:crypto';
import { isJsonObject, type Json } from '../../../platform/json.ts';
import type { Identifier, IdentifierReader } from '../../profiles/index.ts';

/** What Shopify asks of an app about data, by topic. */
export const TOPICS = {
  'customers/data_request': 'export',
  'customers/redact': 'erase',
  'shop/redact': 'erase_shop',
} as const;

export type ComplianceTopic = keyof typeof TOPICS;

export function isComplianceTopic(topic: string): topic is ComplianceTopic {
  return Object.hasOwn(TOPICS, topic);
}

/**
 * Whether Shopify signed this body: `X-Shopify-Hmac-Sha256` is the base64 of HMAC-SHA256 over the raw body under the app's
 * client secret (shopify.dev, "Deliver webhooks through HTTPS", "Verify the webhook").
 */
export function isSigned(secret: string, body: Buffer, signature: string | undefined): boolean {
  const given = Buffer.from(signature ?? '', 'base64');
  const wanted = createHmac('sha256', secret).update(body).digest();
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/**
 * Whom a payload names: `customer: { id, email, phone }` (shopify.dev, "Privacy law compliance"). The id counts only where
 * user ids are the shop's own: else it may be somebody else's.
 */
export function identifiersOf(
  payload: Json,
  options: { reader: IdentifierReader; matchCustomerId: boolean },
): Identifier[] {
  const customer = isJsonObject(payload) ? payload['customer'] : undefined;
  if (!isJsonObject(customer)) return [];
  const { reader, matchCustomerId } = options;
  const found = [
    ...(matchCustomerId ? [reader.read('userId', customer['id'])] : []),
    reader.read('email', customer['email']),
    reader.read('phone', customer['phone']),
  ];
  return found.filter((identifier) => identifier !== undefined);
}
