import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether one of the secrets signed these bytes: base64 of HMAC-SHA256 over the body as it came (Shopify "Verify the webhook",
 * WooCommerce `class-wc-webhook.php`). Compared in constant time; every secret is tried, so that a rotation loses nothing.
 */
export function isSignedBy(secrets: readonly string[], body: Buffer, signature: string | undefined): boolean {
  const given = Buffer.from(signature ?? '', 'base64');
  let isSigned = false;
  for (const secret of secrets) {
    const wanted = createHmac('sha256', secret).update(body).digest();
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) isSigned = true;
  }
  return isSigned;
}

export function sha256(bytes: Buffer | string): Buffer {
  return createHash('sha256').update(bytes).digest();
}
