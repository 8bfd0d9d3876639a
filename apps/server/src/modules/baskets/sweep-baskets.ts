import type { Services } from '../../platform/context.ts';
import { deleteStaleSets } from './preferences/personal-store.ts';
import { abandonCarts, deleteStale } from './sweep-store.ts';

const DAY_MS = 24 * 3_600_000;
const ABANDONED_AFTER_MS = 30 * DAY_MS;
const FORGOTTEN_AFTER_MS = 120 * DAY_MS;
const AT_ONCE_MAX = 1_000;

/**
 * A round: guests' carts that nobody came back to are abandoned after 30 days, so that no rule speaks of them, and forgotten with
 * all other guests' baskets and preferences after 120; a word in between brings one back. Answers how many.
 */
export async function sweepBaskets({ postgres, clock }: Pick<Services, 'postgres' | 'clock'>): Promise<number> {
  const now = clock.now();
  const abandoned = await abandonCarts(postgres, { before: new Date(now - ABANDONED_AFTER_MS), limit: AT_ONCE_MAX });
  const forgotten = { before: new Date(now - FORGOTTEN_AFTER_MS), limit: AT_ONCE_MAX };
  const gone = await deleteStale(postgres, forgotten);
  return abandoned + gone + (await deleteStaleSets(postgres, forgotten));
}
