import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

/** What an event about an order earned by a rule. */
export interface RuleOrder {
  readonly orderId: string;
  readonly lotId: string;
  readonly accountId: string;
  readonly points: number;
  /** It went back, as the order came to nothing. */
  readonly isBack: boolean;
  readonly changes: number;
}

export async function readRuleOrders(sql: Sql, workspaceId: number, orderIds: readonly string[]): Promise<RuleOrder[]> {
  const { rows } = await sql.query<RuleOrder>({
    name: 'points_rule_order_read',
    text: `select order_id as "orderId", lot_id as "lotId", account_id as "accountId", points, is_back as "isBack", changes
           from points_rule_order where workspace_id = $1 and order_id = any($2::uuid[]) order by order_id, lot_id`,
    values: [workspaceId, arrayLiteral(orderIds)],
  });
  return rows;
}

export async function writeRuleOrders(sql: Sql, workspaceId: number, rows: readonly RuleOrder[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.query({
    name: 'points_rule_order_write',
    text: `insert into points_rule_order (workspace_id, order_id, lot_id, account_id, points, is_back, changes)
           select $1, w.* from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::boolean[], $7::integer[]) as w
           on conflict (workspace_id, order_id, lot_id) do update set is_back = excluded.is_back, changes = excluded.changes`,
    values: [
      workspaceId,
      arrayLiteral(rows.map((row) => row.orderId)),
      arrayLiteral(rows.map((row) => row.lotId)),
      arrayLiteral(rows.map((row) => row.accountId)),
      arrayLiteral(rows.map((row) => row.points)),
      rows.map((row) => row.isBack),
      arrayLiteral(rows.map((row) => row.changes)),
    ],
  });
}
