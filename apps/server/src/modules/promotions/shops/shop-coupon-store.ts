import type { CouponTerms } from '@segue/contract';
import type { Sql } from '../../../platform/postgres/index.ts';

export interface ShopCampaignRow {
  id: string;
  source_ref: string;
  source_at: Date;
  version: number;
  terms: CouponTerms;
}

/** Coupons a shop has told of before, locked until the transaction ends. */
export async function lockShopCampaigns(
  sql: Sql,
  workspaceId: number,
  { source, refs }: { source: string; refs: readonly string[] },
): Promise<ShopCampaignRow[]> {
  // One delivery of a shop at a time: what one makes the next one finds.
  await sql.query({
    text: 'select pg_advisory_xact_lock(hashtextextended($2, $1)) /* workspace_id is the seed */',
    values: [workspaceId, `coupon shop ${source}`],
  });
  await sql.query({
    text: `select from coupon_campaign where workspace_id = $1 and source = $2 and source_ref = any($3::text[])
           order by id for update`,
    values: [workspaceId, source, refs],
  });
  const { rows } = await sql.query<ShopCampaignRow>({
    text: `select c.id, c.source_ref, c.source_at, c.version, v.terms from coupon_campaign c
           join coupon_campaign_version v on v.workspace_id = c.workspace_id and v.campaign_id = c.id and v.version = c.version
           where c.workspace_id = $1 and c.source = $2 and c.source_ref = any($3::text[])`,
    values: [workspaceId, source, refs],
  });
  return rows;
}

/** Says of a campaign what its shop calls it. */
export async function fileUnderShop(
  sql: Sql,
  workspaceId: number,
  campaign: { id: string; source: string; sourceRef: string; sourceAt: Date },
): Promise<void> {
  await sql.query({
    text: `update coupon_campaign set source = $3, source_ref = $4, source_at = $5 where workspace_id = $1 and id = $2`,
    values: [workspaceId, campaign.id, campaign.source, campaign.sourceRef, campaign.sourceAt],
  });
}

export async function updateShopCampaign(
  sql: Sql,
  workspaceId: number,
  campaign: { id: string; state: 'active' | 'archived'; version: number; sourceAt: Date; at: Date },
): Promise<void> {
  await sql.query({
    text: `update coupon_campaign set state = $3, version = $4, source_at = $5, updated_at = $6
           where workspace_id = $1 and id = $2`,
    values: [workspaceId, campaign.id, campaign.state, campaign.version, campaign.sourceAt, campaign.at],
  });
}
