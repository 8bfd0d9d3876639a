import type { Services } from '../../../platform/context.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import { insertExceptions } from '../exceptions/exception-store.ts';
import { listLowPools, setPoolLow } from './pool-store.ts';

const AT_ONCE_MAX = 100;

/**
 * A round: tells people of pools that have run low, once until they are filled again. Answers how many. Not where a code is
 * given away: who gives at the same time as others does not see theirs.
 */
export async function runPoolWatch(services: Services): Promise<number> {
  const pools = await listLowPools(services.postgres, AT_ONCE_MAX);
  const now = services.clock.now();
  for (const { workspace_id: workspaceId, id, campaign_id: campaignId, free } of pools) {
    await services.postgres.transaction(async (sql) => {
      if (!(await setPoolLow(sql, workspaceId, { id, isLow: true }))) return;
      const exception = {
        id: newUuid(now),
        kind: 'pool_low' as const,
        campaign_id: campaignId,
        ...{ code_id: null, redemption_id: null, profile_id: null, node: null, amount_minor: null, currency: null },
        detail: { poolId: publicId('cpl', id), free },
        dedupe_key: null,
        at: new Date(now),
      };
      await insertExceptions(sql, workspaceId, [exception]);
    });
  }
  return pools.length;
}
