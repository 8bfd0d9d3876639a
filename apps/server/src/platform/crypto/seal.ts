import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomFillSync } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const DATA_KEY_BYTES = 32;

const POOL_BYTES = 12_288;
const pool = Buffer.allocUnsafe(POOL_BYTES);
let poolOffset = POOL_BYTES;

/** Asking the system for a few bytes at a time cost 24 µs a key. What was handed out is wiped from the pool. */
function randomBytes(count: number): Buffer {
  if (poolOffset + count > POOL_BYTES) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  const taken = pool.subarray(poolOffset, poolOffset + count);
  const bytes = Buffer.from(taken);
  taken.fill(0);
  poolOffset += count;
  return bytes;
}

/** AES-256-GCM (NIST SP 800-38D): nonce (12) ‖ ciphertext ‖ tag (16). Random nonces: one key seals far fewer than 2^32 values. */
export function seal(key: Buffer, plain: Buffer | string): Buffer {
  const iv = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const body = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  // Of this mode it is empty.
  cipher.final();
  const sealed = Buffer.allocUnsafe(NONCE_BYTES + body.length + TAG_BYTES);
  iv.copy(sealed);
  body.copy(sealed, NONCE_BYTES);
  cipher.getAuthTag().copy(sealed, NONCE_BYTES + body.length);
  return sealed;
}

/** Opens what `seal` made; throws when the key is not the one or a bit was changed. */
export function open(key: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const body = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
  // Empty, or it throws.
  decipher.final();
  return body;
}

export function newDataKey(): Buffer {
  return randomBytes(DATA_KEY_BYTES);
}

/** A key for one purpose out of a stronger one (HKDF-SHA256, RFC 5869). */
export function deriveKey(secret: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), purpose, DATA_KEY_BYTES));
}

/** A keyed hash to look a value up by without storing it (blind index): first 16 bytes of HMAC-SHA256. */
export function blindHash(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest().subarray(0, 16);
}
