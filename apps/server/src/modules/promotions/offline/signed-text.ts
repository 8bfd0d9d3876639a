import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { JsonObject } from '../../../platform/json.ts';
import { isJsonObject } from '../../../platform/json.ts';

/** A pair of keys for Ed25519 (RFC 8032): SPKI and PKCS #8, DER. */
export interface SigningKeys {
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
}

export function newSigningKeys(): SigningKeys {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  return { publicKey, privateKey };
}

/** `payload.signature`, both in base64url; what is signed is the first part as it stands there. Pure. */
export function signText(privateKey: Buffer, payload: JsonObject): string {
  const body = Buffer.from(JSON.stringify(payload)).toString('base64url');
  const key = createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' });
  return `${body}.${sign(null, Buffer.from(body), key).toString('base64url')}`;
}

/** The payload of a text that was signed with the other key of the pair; undefined: it was not. Pure. */
export function readSigned(publicKey: Buffer, text: string): JsonObject | undefined {
  const [body = '', signature = '', ...more] = text.trim().split('.');
  if (body === '' || signature === '' || more.length > 0) return undefined;
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  if (!verify(null, Buffer.from(body), key, Buffer.from(signature, 'base64url'))) return undefined;
  const payload: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
  return isJsonObject(payload) ? payload : undefined;
}
