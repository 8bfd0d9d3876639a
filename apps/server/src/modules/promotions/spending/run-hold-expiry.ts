import type { Services } from '../../../platform/context.ts';
import { deleteOldHolds, isLostRace, lockDueHolds } from './hold-store.ts';
import { giveBack } from './release-holds.ts';

const AT_ONCE_MAX = 200;
/** An order may be paid so long after its cart's hold expired; after that nothing remembers what it held. */
const REMEMBERED_MS = 30 * 24 * 60 * 60_000;

/** A round: gives back what holds took whose time is over, each exactly once by whichever process. Answers how many. */
export async function runHoldExpiry(services: Services): Promise<number> {
  const now = services.clock.now();
  try {
    return await services.postgres.transaction(async (sql) => {
      const holds = await lockDueHolds(sql, new Date(now), AT_ONCE_MAX);
      const [first] = holds;
      if (first === undefined) return 0;
      const batch = { workspaceId: first.workspace_id, sql, now, keysOf: (id: number) => services.keysOf(id) };
      await giveBack(batch, holds, 'expired');
      return holds.length;
    });
  } catch (error) {
    // It was rolled back whole: the next round does it again.
    if (isLostRace(error)) return 1;
    throw error;
  }
}

/** A round: forgets holds that were over long ago. */
export async function forgetOldHolds(services: Services): Promise<number> {
  const before = new Date(services.clock.now() - REMEMBERED_MS);
  return deleteOldHolds(services.postgres, before, AT_ONCE_MAX * 10);
}
