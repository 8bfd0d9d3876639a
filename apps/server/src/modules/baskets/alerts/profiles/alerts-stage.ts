import { finalOwners, type Stage } from '../../../../platform/eventlog/index.ts';
import { insertReader, isFollowed } from '../edges/reader-store.ts';
import { handAlertsOver, moveAlerts } from './follow-store.ts';

/** Alerts follow their customers; and of whoever has customers the stock is followed. */
export function createAlertsStage(): Stage {
  const followed = new Set<number>();
  return {
    name: 'alerts',
    async run(batch) {
      const { sql, workspaceId, now } = batch;
      if (!followed.has(workspaceId)) {
        // Remembered only once it is committed.
        if (await isFollowed(sql, workspaceId)) followed.add(workspaceId);
        else await insertReader(sql, workspaceId);
      }
      await moveAlerts(sql, workspaceId, { moves: finalOwners(batch.merges), at: new Date(now) });
    },
    async rebuild({ sql, workspaceId, handovers, now }) {
      await handAlertsOver(sql, workspaceId, { handovers, at: new Date(now) });
    },
  };
}
