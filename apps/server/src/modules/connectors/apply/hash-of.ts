import { createHash } from 'node:crypto';

/** What tells two words of one instant apart: the larger one counts, whichever came first. Hexadecimal. Pure. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}

/** A message id that is the same for the same happening. Pure. */
export function messageIdOf(prefix: string, ...parts: readonly (string | number)[]): string {
  return `${prefix}-${hashOf(parts)}`;
}

interface Versioned {
  readonly atMs: number;
  readonly hash: string;
}

/** Whether one word is newer than another. Pure. */
export function isNewer(one: Versioned, than: Versioned | undefined): boolean {
  if (than === undefined || one.atMs > than.atMs) return true;
  return one.atMs === than.atMs && one.hash > than.hash;
}
