import { createHmac } from 'node:crypto';
import type { Services } from '../../../platform/context.ts';
import { deriveKey } from '../../../platform/crypto/index.ts';
import { isLocked, LOCK_MS, type RateRule } from './lockout.ts';
import { countCall, countFailure, findFailures, forgetFailures } from './sign-in-limit-store.ts';

/** How often a password may be tried. Addresses and places are kept as keyed hashes only. */
export interface SignInLimits {
  isLocked(email: string): Promise<boolean>;
  countFailure(email: string): Promise<void>;
  forgetFailures(email: string): Promise<void>;
  /** Answers how many seconds to wait when this was one call too many. */
  countCall(kind: string, ip: string, rule: RateRule): Promise<number | undefined>;
}

export function createSignInLimits(services: Pick<Services, 'postgres' | 'clock'>, secret: Buffer): SignInLimits {
  const { postgres, clock } = services;
  const key = deriveKey(secret, 'segue sign-in limits');
  const hash = (text: string) => createHmac('sha256', key).update(text).digest();
  return {
    async isLocked(email) {
      return isLocked(await findFailures(postgres, hash(email)), clock.now());
    },
    async countFailure(email) {
      const nowMs = clock.now();
      await countFailure(postgres, hash(email), { at: new Date(nowMs), forgottenBefore: new Date(nowMs - LOCK_MS) });
    },
    forgetFailures: (email) => forgetFailures(postgres, hash(email)),
    async countCall(kind, ip, rule) {
      const nowMs = clock.now();
      const refused = await countCall(postgres, { key: hash(`${kind} ${ip}`), rule, nowMs });
      return refused && Math.max(1, Math.ceil((refused.refusedUntilMs - nowMs) / 1000));
    },
  };
}
