import { createHmac } from 'node:crypto';

/** base64(HMAC-SHA256(secret, the bytes that are sent)): both Shopify and WooCommerce sign so. */
export function signBody(secret: string, body: Buffer): string {
  return createHmac('sha256', secret).update(body).digest('base64');
}
