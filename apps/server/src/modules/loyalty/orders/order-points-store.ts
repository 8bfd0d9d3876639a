import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

/** What an order has earned in a program so far. */
export interface OrderPoints {
  readonly orderId: string;
  readonly programId: string;
  readonly accountId: string;
  /** Of the terms it is judged by. */
  readonly version: number;
  /** Of its lines, as they were when they were first seen; ten-thousandths. */
  readonly multipliers: Readonly<Record<string, number>>;
  readonly earned: number;
  readonly deliveredAtMs: number | null;
}

interface Row extends Omit<OrderPoints, 'deliveredAtMs'> {
  readonly deliveredAt: Date | null;
}

/** Of orders that are locked by who changes them. */
export async function readOrderPoints(
  sql: Sql,
  workspaceId: number,
  orderIds: readonly string[],
): Promise<OrderPoints[]> {
  const { rows } = await sql.query<Row>({
    name: 'loyalty_order_read',
    text: `select order_id as "orderId", program_id as "programId", account_id as "accountId", version, multipliers, earned,
             delivered_at as "deliveredAt" from loyalty_order where workspace_id = $1 and order_id = any($2::uuid[])`,
    values: [workspaceId, arrayLiteral(orderIds)],
  });
  return rows.map(({ deliveredAt, ...row }) => ({ ...row, deliveredAtMs: deliveredAt?.getTime() ?? null }));
}

export async function writeOrderPoints(sql: Sql, workspaceId: number, rows: readonly OrderPoints[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.query({
    name: 'loyalty_order_write',
    text: `insert into loyalty_order (workspace_id, order_id, program_id, account_id, version, multipliers, earned, delivered_at)
           select $1, w.* from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::integer[], $6::jsonb[], $7::bigint[],
             $8::timestamptz[]) as w
           on conflict (workspace_id, order_id, program_id) do update set multipliers = excluded.multipliers,
             earned = excluded.earned, delivered_at = excluded.delivered_at`,
    values: [
      workspaceId,
      arrayLiteral(rows.map((row) => row.orderId)),
      arrayLiteral(rows.map((row) => row.programId)),
      arrayLiteral(rows.map((row) => row.accountId)),
      arrayLiteral(rows.map((row) => row.version)),
      rows.map((row) => JSON.stringify(row.multipliers)),
      arrayLiteral(rows.map((row) => row.earned)),
      rows.map((row) => (row.deliveredAtMs === null ? null : new Date(row.deliveredAtMs))),
    ],
  });
}
