import { finalOwners, type Stage } from '../../../platform/eventlog/index.ts';
import { dropProfileUses, handCouponsOver, moveCoupons } from './follow-store.ts';
import { recountUses } from './recount-uses.ts';

/** Holds, redemptions and codes follow their customers, and what one customer may use is looked at again. */
export function createPromotionsStage(): Stage {
  return {
    name: 'promotions',
    async run(batch) {
      const moves = finalOwners(batch.merges);
      if (moves.size === 0) return;
      const { sql, workspaceId } = batch;
      await moveCoupons(sql, workspaceId, moves);
      const dropped = await dropProfileUses(sql, workspaceId, [...moves.keys()]);
      const overBefore = ({ campaignId, profileId }: { campaignId: string; profileId: string }) =>
        dropped
          .filter((one) => one.campaignId === campaignId && moves.get(one.profileId) === profileId)
          .reduce((sum, one) => sum + one.over, 0);
      await recountUses(batch, { profileIds: [...new Set(moves.values())], kind: 'merged_over_limit', overBefore });
    },
    async rebuild(batch) {
      const { handovers, sql, workspaceId } = batch;
      if (handovers.length === 0) return;
      await handCouponsOver(sql, workspaceId, handovers);
      const profileIds = [...new Set(handovers.flatMap(({ from, into }) => [from.id, into.id]))];
      await recountUses(batch, { profileIds, kind: 'merged_over_limit' });
    },
  };
}
