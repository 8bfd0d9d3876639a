import { createHmac } from 'node:crypto';
import type { Services } from '../../../platform/context.ts';
import { deriveKey } from '../../../platform/crypto/index.ts';
import { FAILURES_MAX, LOCK_MS, type RateRule } from './lockout.ts';
import { countCall, countTry, forgetTries } from './sign-in-limit-store.ts';

/** How often a password may be tried. Addresses and places are kept as keyed hashes only. */
export interface SignInLimits {
  /**
   * Counts a try before it is made, so that many at once are no more than one after the other. False: the address is
   * locked, whether or not somebody has it, and even the right password must not be tried.
   */
  mayTry(email: string): Promise<boolean>;
  /** After the right password. */
  forgetTries(email: string): Promise<void>;
  /** Answers how many seconds to wait when this was one call too many. */
  countCall(kind: string, ip: string, rule: RateRule): Promise<number | undefined>;
}

export function createSignInLimits(services: Pick<Services, 'postgres' | 'clock'>, secret: Buffer): SignInLimits {
  const { postgres, clock } = services;
  const key = deriveKey(secret, 'segue sign-in limits');
  const hash = (text: string) => createHmac('sha256', key).update(text).digest();
  return {
    async mayTry(email) {
      const nowMs = clock.now();
      const [at, forgottenAt] = [new Date(nowMs), new Date(nowMs - LOCK_MS)];
      const tries = await countTry(postgres, hash(email), { at, forgottenAt, triesMax: FAILURES_MAX });
      return tries <= FAILURES_MAX;
    },
    forgetTries: (email) => forgetTries(postgres, hash(email)),
    async countCall(kind, ip, rule) {
      const nowMs = clock.now();
      const refused = await countCall(postgres, { key: hash(`${kind} ${ip}`), rule, nowMs });
      return refused && Math.max(1, Math.ceil((refused.refusedUntilMs - nowMs) / 1000));
    },
  };
}
