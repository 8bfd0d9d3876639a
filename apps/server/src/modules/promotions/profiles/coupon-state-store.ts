import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export interface CouponStateRow {
  profile_id: string;
  campaign_id: string;
  states: ('assigned' | 'redeemed')[];
}

/** What customers have of each campaign. By `coupon_assignment_profile` and `coupon_redemption_profile`. */
export async function listCouponStates(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<CouponStateRow[]> {
  if (profileIds.length === 0) return [];
  const { rows } = await sql.query<CouponStateRow>({
    name: 'coupon_states',
    text: `select profile_id, campaign_id, array_agg(distinct state) as states from (
             select profile_id, campaign_id, 'assigned' as state from coupon_assignment
             where workspace_id = $1 and profile_id = any($2::uuid[])
             union all
             select profile_id, campaign_id, 'redeemed' from coupon_redemption
             where workspace_id = $1 and profile_id = any($2::uuid[]) and state <> 'voided') s
           group by profile_id, campaign_id`,
    values: [workspaceId, arrayLiteral(profileIds)],
  });
  return rows;
}
