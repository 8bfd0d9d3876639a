import type { Services } from '../../platform/context.ts';
import { deleteRunOut } from './sign-in/sign-in-limit-store.ts';

/** Longer than any window or lock. */
const LIMITS_KEPT_MS = 3_600_000;

/** Forgets sessions, proofs and counts of tries that have run out; answers how many. */
export async function sweepSignIn({ postgres, clock }: Services): Promise<number> {
  return deleteRunOut(postgres, new Date(clock.now() - LIMITS_KEPT_MS));
}
