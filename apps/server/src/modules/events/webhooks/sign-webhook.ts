import { createHmac, randomBytes } from 'node:crypto';
import { deriveKey, open, seal, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import type { JsonObject } from '../../../platform/json.ts';

const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = 32;
/** So long both secrets sign after a rotation. */
export const SECRET_OVERLAP_MS = 24 * 3_600_000;

export function newSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** Seals what only the sender of webhooks may read: secrets and custom headers. */
export function sealForWebhooks(keys: WorkspaceKeys, text: string): Buffer {
  return seal(webhookKey(keys), text);
}

export function openForWebhooks(keys: WorkspaceKeys, sealed: Buffer): string {
  return open(webhookKey(keys), sealed).toString('utf8');
}

function webhookKey(keys: WorkspaceKeys): Buffer {
  return deriveKey(keys.wrapping, 'webhook');
}

export function openHeaders(keys: WorkspaceKeys, sealed: Buffer | null): Readonly<Record<string, string>> {
  return sealed === null ? {} : (JSON.parse(openForWebhooks(keys, sealed)) as Record<string, string>);
}

export function sealHeaders(keys: WorkspaceKeys, headers: Readonly<Record<string, string>>): Buffer | null {
  return Object.keys(headers).length === 0 ? null : sealForWebhooks(keys, JSON.stringify(headers satisfies JsonObject));
}

/**
 * The headers of one call as standard-webhooks 1.0.0 says ("Signature scheme", "Webhook headers"): HMAC-SHA256 over
 * `id.timestamp.body`, one signature for each secret. `now` in milliseconds; the header counts seconds.
 */
export function signWebhook(
  call: { id: string; body: string; secrets: readonly string[] },
  now: number,
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(now / 1_000));
  const signatures = call.secrets.map((secret) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${call.id}.${timestamp}.${call.body}`).digest('base64')}`;
  });
  return { 'webhook-id': call.id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
