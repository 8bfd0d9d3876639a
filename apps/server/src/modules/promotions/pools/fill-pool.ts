import type { Services } from '../../../platform/context.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import { drawCode } from '../codes/code-pattern.ts';
import { insertCodes } from '../codes/code-store.ts';
import { normaliseCode } from '../codes/code-text.ts';
import { addCodesToPool, countFreeCodes, type PoolRow, setPoolLow, takeWantingPool } from './pool-store.ts';

/** So many are drawn in one transaction. */
const AT_ONCE_MAX = 5_000;

/** Draws the next codes of a pool that is locked; answers how many. What was drawn before, here or elsewhere, is drawn again. */
export async function fillPool(
  sql: Sql,
  { workspaceId, pool, nowMs }: { workspaceId: number; pool: PoolRow; nowMs: number },
): Promise<number> {
  const { pattern } = pool;
  if (pattern === null) return 0;
  const missing = Math.min(AT_ONCE_MAX, pool.wanted - pool.codes);
  const drawn = new Map<string, string>();
  while (drawn.size < missing) {
    const code = drawCode(pattern);
    drawn.set(normaliseCode(code), code);
  }
  // Sorted, so that of one instant too they are listed in the order they were made.
  const ids = Array.from(drawn, () => newUuid(nowMs)).sort();
  const codes = [...drawn].map(([normalised, code], at) => ({
    id: ids[at]!,
    code,
    normalised,
    standing: 'free' as const,
  }));
  const inserted = await insertCodes(sql, workspaceId, { pool, codes });
  await addCodesToPool(sql, workspaceId, { id: pool.id, codes: inserted.size, wanted: 0 });
  await noteRefilled(sql, workspaceId, pool);
  return inserted.size;
}

/** With more free codes than the watermark it can run low anew. */
export async function noteRefilled(sql: Sql, workspaceId: number, pool: PoolRow): Promise<void> {
  const { low_watermark: watermark } = pool;
  if (!pool.is_low || watermark === null) return;
  const asked = { poolId: pool.id, campaignId: pool.campaign_id, most: watermark + 1 };
  if ((await countFreeCodes(sql, workspaceId, asked)) > watermark) {
    await setPoolLow(sql, workspaceId, { id: pool.id, isLow: false });
  }
}

/** A round: draws codes of a pool that is not complete. Answers how many. */
export async function runCouponGeneration(services: Services): Promise<number> {
  return services.postgres.transaction(async (sql) => {
    const pool = await takeWantingPool(sql);
    if (pool === undefined) return 0;
    await fillPool(sql, { workspaceId: pool.workspace_id, pool, nowMs: services.clock.now() });
    return 1;
  });
}
