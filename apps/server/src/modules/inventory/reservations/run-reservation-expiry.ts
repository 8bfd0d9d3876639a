import type { Services } from '../../../platform/context.ts';
import { endReservations } from './end-reservations.ts';
import { listExpired, lockOwners } from './reservation-store.ts';

const AT_ONCE_MAX = 200;

/** A round: lets go of what was held too long. Each hold ends once, whoever works on it. Answers how many were found. */
export async function runReservationExpiry(services: Services): Promise<number> {
  const at = new Date(services.clock.now());
  const expired = await listExpired(services.postgres, { at, limit: AT_ONCE_MAX });
  for (const workspaceId of new Set(expired.map((row) => row.workspace_id))) {
    const refs = expired.filter((row) => row.workspace_id === workspaceId).map((row) => row.owner_ref);
    await services.postgres.transaction(async (sql) => {
      // Held longer meanwhile, or ended: looked at again under the lock.
      const owners = await lockOwners(sql, workspaceId, [...refs].sort());
      const due = [...owners.values()].filter(
        (owner) => owner.state === 'active' && owner.expires_at !== null && owner.expires_at <= at,
      );
      const endings = due.map((owner) => ({ kind: 'expired' as const, ownerRef: owner.owner_ref }));
      await endReservations({ sql, workspaceId, now: at.getTime() }, endings);
    });
  }
  return expired.length;
}
