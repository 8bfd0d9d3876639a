import { deriveKey, open, seal, type WorkspaceKeys } from '../../platform/crypto/index.ts';
import type { ConnectorSecrets } from './connector.ts';

/** The secrets as they lie in the table. */
export function sealSecrets(keys: WorkspaceKeys, secrets: ConnectorSecrets): Buffer {
  return seal(secretKey(keys), JSON.stringify(secrets));
}

export function openSecrets(keys: WorkspaceKeys, sealed: Buffer): ConnectorSecrets {
  return JSON.parse(open(secretKey(keys), sealed).toString('utf8')) as ConnectorSecrets;
}

/** What a webhook may be signed with now: the new secret, and for a while the one before. Pure. */
export function signingSecrets(secrets: ConnectorSecrets, nowMs: number): string[] {
  const { signing, previousSigning, previousUntilMs = 0 } = secrets;
  const previous = previousUntilMs > nowMs ? previousSigning : undefined;
  return [signing, previous].filter((secret) => secret !== undefined);
}

/** So long a replaced secret holds: Shopify goes on signing with the old one until the new one is rolled out. */
const ROTATION_MS = 7 * 24 * 3_600_000;

/** Pure. */
export function rotateSigning(secrets: ConnectorSecrets, next: string, nowMs: number): ConnectorSecrets {
  if (secrets.signing === next) return secrets;
  return { ...secrets, signing: next, previousSigning: secrets.signing, previousUntilMs: nowMs + ROTATION_MS };
}

function secretKey(keys: WorkspaceKeys): Buffer {
  return deriveKey(keys.wrapping, 'connector secrets');
}
