import { createHash } from 'node:crypto';

const LOTS = 10_000n;

/**
 * The lot a profile draws, 0 to 9,999: the first eight bytes of SHA-256 of `salt + "\0" + profileId`, as a big-endian whole
 * number, modulo 10,000. The same salt draws the same lots, another one draws anew.
 */
export function lotOf(salt: string, profileId: string): number {
  const digest = createHash('sha256').update(`${salt}\0${profileId}`).digest();
  return Number(digest.readBigUInt64BE(0) % LOTS);
}
