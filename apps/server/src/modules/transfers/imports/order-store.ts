import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

interface Of {
  readonly workspace_id: number;
  readonly id: string;
}

/** Which of these orders have come to their end in rows an import took before. */
export async function findEndedOrders(sql: Sql, row: Of, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const { rows } = await sql.query<{ order_key: string }>({
    name: 'import_order_find',
    text: `select order_key from data_import_order
           where workspace_id = $1 and import_id = $2 and order_key = any($3::uuid[])`,
    values: [row.workspace_id, row.id, arrayLiteral(keys)],
  });
  return rows.map(({ order_key }) => order_key);
}

/** Repeats change nothing. */
export async function insertEndedOrders(sql: Sql, row: Of, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await sql.query({
    name: 'import_order_insert',
    text: `insert into data_import_order (workspace_id, import_id, order_key)
           select $1, $2, order_key from unnest($3::uuid[]) as k(order_key) on conflict do nothing`,
    values: [row.workspace_id, row.id, arrayLiteral(keys)],
  });
}

export async function dropEndedOrders(sql: Sql, row: Of): Promise<void> {
  await sql.query({
    text: 'delete from data_import_order where workspace_id = $1 and import_id = $2',
    values: [row.workspace_id, row.id],
  });
}
