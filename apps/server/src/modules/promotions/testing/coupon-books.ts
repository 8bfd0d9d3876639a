import type { CouponWorld } from './coupon-world.ts';

/**
 * What must be so of coupons at every commit (the counts of codes, campaigns and customers are what redemptions and holds say,
 * and within their limits); answers what is not.
 */
export async function wrongCounts(world: CouponWorld): Promise<unknown[]> {
  return world.rows(`
    with held as (
      select k.code_id, k.campaign_id, k.amount_minor, h.profile_id, h.currency from coupon_hold_code k
      join coupon_hold h on h.workspace_id = k.workspace_id and h.owner_ref = k.owner_ref
      where h.workspace_id = $1 and h.state = 'held'),
    redeemed as (select * from coupon_redemption where workspace_id = $1 and state = 'redeemed'),
    codes as (
      select c.code as name, c.held, c.redeemed, c.per_code as most,
        (select count(*) from held h where h.code_id = c.id) as true_held,
        (select count(*) from redeemed r where r.code_id = c.id) as true_redeemed
      from coupon_code c where c.workspace_id = $1 and c.per_code is not null),
    campaigns as (
      select p.name, p.held, p.redeemed, p.total_limit as most,
        (select count(*) from held h where h.campaign_id = p.id) as true_held,
        (select count(*) from redeemed r where r.campaign_id = p.id) as true_redeemed
      from coupon_campaign p where p.workspace_id = $1 and (p.total_limit is not null or p.budget_limit is not null)),
    budgets as (
      select p.name, p.budget_held as held, p.budget_used as redeemed, p.budget_limit as most,
        (select coalesce(sum(amount_minor), 0) from held h where h.campaign_id = p.id and h.currency = p.budget_currency) as true_held,
        (select coalesce(sum(amount_minor), 0) from redeemed r
         where r.campaign_id = p.id and r.currency = p.budget_currency) as true_redeemed
      from coupon_campaign p where p.workspace_id = $1 and p.budget_limit is not null),
    tallies as (
      select t.campaign_id::text as name, 0 as held, sum(t.redeemed) as redeemed, null::bigint as most, 0 as true_held,
        (select count(*) from redeemed r where r.campaign_id = t.campaign_id) as true_redeemed
      from coupon_tally t where t.workspace_id = $1 group by t.campaign_id),
    spent as (
      select t.campaign_id::text as name, 0 as held, sum(t.amount_minor) as redeemed, null::bigint as most, 0 as true_held,
        (select coalesce(sum(amount_minor), 0) from redeemed r where r.campaign_id = t.campaign_id) as true_redeemed
      from coupon_tally t where t.workspace_id = $1 group by t.campaign_id),
    uses as (
      select p.name || ' ' || coalesce(u.profile_id, t.profile_id)::text as name, coalesce(u.over, 0) as held,
        coalesce(u.used, 0) as redeemed, p.profile_limit as most,
        greatest(coalesce(t.n, 0) - p.profile_limit, 0) as true_held, least(coalesce(t.n, 0), p.profile_limit) as true_redeemed
      from (select campaign_id, profile_id, count(*) as n from (
              select campaign_id, profile_id from held union all select campaign_id, profile_id from redeemed) a
            where profile_id is not null group by campaign_id, profile_id) t
      full join (select * from coupon_profile_use where workspace_id = $1) u using (campaign_id, profile_id)
      join coupon_campaign p on p.workspace_id = $1 and p.id = campaign_id and p.profile_limit is not null),
    counts as (
      select 'code' as what, * from codes union all select 'campaign', * from campaigns
      union all select 'budget', * from budgets union all select 'tally', * from tallies
      union all select 'spent', * from spent union all select 'use', * from uses)
    select * from counts
    where held <> true_held or redeemed <> true_redeemed or (what <> 'use' and held + redeemed > most) or redeemed > most`);
}
