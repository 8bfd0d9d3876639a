import type { RawDelivery, Verified } from '../connector.ts';
import { isSignedBy, sha256 } from '../signature.ts';

/**
 * A webhook of WooCommerce (`class-wc-webhook.php`). Its delivery id is made of webhook and second: two deliveries of one
 * second share it, so the body counts too. On creation it calls once without a signature, with a form that holds only
 * `webhook_id`: that asks whether anybody is there and says nothing.
 */
export function verifyWoo(
  { headers, body }: RawDelivery,
  own: { readonly secrets: readonly string[]; readonly account: string },
): Verified {
  if (isPing(headers['content-type'], body)) return { kind: 'ping' };
  const secrets = own.secrets.flatMap(spellingsOf);
  if (!isSignedBy(secrets, body, headers['x-wc-webhook-signature'])) return { kind: 'refused' };
  const topic = headers['x-wc-webhook-topic']?.trim().toLowerCase() ?? '';
  const parts = [headers['x-wc-webhook-source'], headers['x-wc-webhook-id'], headers['x-wc-webhook-delivery-id']];
  const deliveryKey = [...parts.map((part) => part ?? ''), sha256(body).toString('base64url')].join(' ');
  return { kind: 'signed', head: { topic, deliveryKey, eventKey: undefined, triggeredAtMs: undefined } };
}

function isPing(contentType: string | undefined, body: Buffer): boolean {
  const isForm = contentType?.toLowerCase().startsWith('application/x-www-form-urlencoded') ?? false;
  return isForm && /^webhook_id=\d{1,20}$/.test(body.toString('latin1').trim());
}

/** WordPress stores the secret with its special characters as entities, and signs with them decoded. */
function spellingsOf(secret: string): string[] {
  const decoded = secret
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#039;', "'")
    .replaceAll('&amp;', '&');
  return decoded === secret ? [secret] : [decoded, secret];
}
