import type { Sql } from '../../../platform/postgres/index.ts';

export interface PoolRow {
  id: string;
  campaign_id: string;
  source: 'generated' | 'imported' | 'shared';
  pattern: string | null;
  per_code: number | null;
  codes: number;
  wanted: number;
  low_watermark: number | null;
  is_low: boolean;
  expires_at: Date | null;
  created_at: Date;
}

const COLUMNS =
  'id, campaign_id, source, pattern, per_code, codes, wanted, low_watermark, is_low, expires_at, created_at';

export async function insertPool(sql: Sql, workspaceId: number, pool: PoolRow): Promise<void> {
  await sql.query({
    text: `insert into coupon_pool (workspace_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    values: [
      workspaceId,
      pool.id,
      pool.campaign_id,
      pool.source,
      pool.pattern,
      pool.per_code,
      pool.codes,
      pool.wanted,
      pool.low_watermark,
      pool.is_low,
      pool.expires_at,
      pool.created_at,
    ],
  });
}

export async function findPool(sql: Sql, workspaceId: number, id: string): Promise<PoolRow | undefined> {
  const { rows } = await sql.query<PoolRow>({
    text: `select ${COLUMNS} from coupon_pool where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** Whoever locks it is alone with it until the transaction ends. */
export async function lockPool(sql: Sql, workspaceId: number, id: string): Promise<PoolRow | undefined> {
  const { rows } = await sql.query<PoolRow>({
    text: `select ${COLUMNS} from coupon_pool where workspace_id = $1 and id = $2 for update`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** Oldest first. */
export async function pagePools(
  sql: Sql,
  workspaceId: number,
  page: { campaignId: string; afterId: string | null; limit: number },
): Promise<PoolRow[]> {
  const { rows } = await sql.query<PoolRow>({
    text: `select ${COLUMNS} from coupon_pool
           where workspace_id = $1 and campaign_id = $2 and ($3::uuid is null or id > $3::uuid) order by id limit $4`,
    values: [workspaceId, page.campaignId, page.afterId, page.limit],
  });
  return rows;
}

export async function addCodesToPool(
  sql: Sql,
  workspaceId: number,
  pool: { id: string; codes: number; wanted: number },
): Promise<void> {
  await sql.query({
    text: 'update coupon_pool set codes = codes + $3, wanted = wanted + $4 where workspace_id = $1 and id = $2',
    values: [workspaceId, pool.id, pool.codes, pool.wanted],
  });
}

export async function setPoolLow(
  sql: Sql,
  workspaceId: number,
  pool: { id: string; isLow: boolean },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: 'update coupon_pool set is_low = $3 where workspace_id = $1 and id = $2 and is_low <> $3',
    values: [workspaceId, pool.id, pool.isLow],
  });
  return rowCount === 1;
}

/** So many codes of a pool can still be given away, counted up to `most`. By `coupon_code_free`. */
export async function countFreeCodes(
  sql: Sql,
  workspaceId: number,
  asked: { poolId: string; campaignId: string; most: number },
): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    name: 'coupon_pool_free',
    text: `select count(*)::integer as n from (
             select 1 from coupon_code where workspace_id = $1 and campaign_id = $2 and pool_id = $3
               and standing = 'free' and held = 0 and redeemed = 0 and not is_shared limit $4) f`,
    values: [workspaceId, asked.campaignId, asked.poolId, asked.most],
  });
  return rows[0]?.n ?? 0;
}

/** A pool that is not complete and that nobody works at, locked. */
export async function takeWantingPool(sql: Sql): Promise<(PoolRow & { workspace_id: number }) | undefined> {
  const { rows } = await sql.query<PoolRow & { workspace_id: number }>({
    // every workspace: one loop works for all.
    text: `select workspace_id, ${COLUMNS} from coupon_pool where wanted > codes and source = 'generated'
           limit 1 for update skip locked`,
  });
  return rows[0];
}

export interface LowPoolRow {
  workspace_id: number;
  id: string;
  campaign_id: string;
  free: number;
}

/** Complete pools with no more free codes than their watermark of which nobody was told. By `coupon_pool_watched`. */
export async function listLowPools(sql: Sql, limit: number): Promise<LowPoolRow[]> {
  const { rows } = await sql.query<LowPoolRow>({
    // every workspace: one loop works for all.
    text: `select p.workspace_id, p.id, p.campaign_id, f.free from coupon_pool p cross join lateral (
             select count(*)::integer as free from (
               select 1 from coupon_code c where c.workspace_id = p.workspace_id and c.campaign_id = p.campaign_id
                 and c.pool_id = p.id and c.standing = 'free' and c.held = 0 and c.redeemed = 0 and not c.is_shared
               limit p.low_watermark + 1) one) f
           where p.low_watermark is not null and not p.is_low and p.codes = p.wanted and p.codes > 0
             and f.free <= p.low_watermark
           limit $1`,
    values: [limit],
  });
  return rows;
}
