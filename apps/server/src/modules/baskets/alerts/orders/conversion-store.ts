import { arrayLiteral, type Sql } from '../../../../platform/postgres/index.ts';

/** A variant a customer bought. */
export interface Bought {
  readonly profileId: string;
  readonly variantId: string;
  readonly orderId: string;
  readonly placedAt: Date;
}

/**
 * Counts each purchase for what its customer was told last of the variant, and ends what she waits for: converted where she was
 * told, else cancelled. Dates of a pre-order concern her more than ever. By `alert_telling_profile` and `stock_alert_profile`.
 */
export async function convertAlerts(
  sql: Sql,
  workspaceId: number,
  { bought, windowMs, at }: { bought: readonly Bought[]; windowMs: number; at: Date },
): Promise<void> {
  const values = [
    ...[
      workspaceId,
      arrayLiteral(bought.map((one) => one.profileId)),
      arrayLiteral(bought.map((one) => one.variantId)),
    ],
    ...[arrayLiteral(bought.map((one) => one.orderId)), bought.map((one) => one.placedAt)],
    bought.map((one) => new Date(one.placedAt.getTime() - windowMs)),
  ];
  await sql.query({
    name: 'alert_telling_convert',
    text: `with last as (
             select distinct on (b.profile_id, b.variant_id) t.id, b.order_id
             from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[])
               as b(profile_id, variant_id, order_id, placed_at, since)
             join alert_telling t on t.workspace_id = $1 and t.profile_id = b.profile_id and t.variant_id = b.variant_id
               and t.told_at between b.since and b.placed_at
             order by b.profile_id, b.variant_id, t.told_at desc, t.id),
           held as (
             select t.id, last.order_id from alert_telling t join last on last.id = t.id
             where t.workspace_id = $1 and t.converted_at is null order by t.id for update of t)
           update alert_telling t set order_id = held.order_id, converted_at = $7 from held
           where t.workspace_id = $1 and t.id = held.id`,
    values: [...values, at],
  });
  await sql.query({
    name: 'stock_alert_convert',
    text: `with held as (
             select a.id, a.told_at is not null and a.told_at >= b.since as is_told from stock_alert a
             join unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[])
               as b(profile_id, variant_id, order_id, placed_at, since)
               on b.profile_id = a.profile_id and b.variant_id = a.variant_id
             where a.workspace_id = $1 and a.created_at <= b.placed_at and a.type <> 'preorder'
               and (a.state = 'active' or (a.state = 'sent' and a.told_at between b.since and b.placed_at))
             order by a.id for update of a)
           update stock_alert a set state = case when h.is_told then 'converted' else 'cancelled' end,
             ended_at = coalesce(a.ended_at, $7), look_at = null
           from (select id, bool_or(is_told) as is_told from held group by id) as h where a.workspace_id = $1 and a.id = h.id`,
    values: [...values, at],
  });
}

/** What orders counted for counts no more. By `alert_telling_order`. */
export async function unconvertAlerts(sql: Sql, workspaceId: number, orderIds: readonly string[]): Promise<void> {
  await sql.query({
    name: 'alert_telling_unconvert',
    text: `with held as (
             select id, alert_id from alert_telling where workspace_id = $1 and order_id = any($2::uuid[]) order by id for update),
           t as (
             update alert_telling t set order_id = null, converted_at = null from held
             where t.workspace_id = $1 and t.id = held.id)
           update stock_alert a set state = 'sent' where a.workspace_id = $1 and a.state = 'converted'
             and a.id in (select alert_id from held)`,
    values: [workspaceId, arrayLiteral(orderIds)],
  });
}
