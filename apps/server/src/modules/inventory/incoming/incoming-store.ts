import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export interface IncomingRow {
  readonly id: string;
  readonly item_id: string;
  readonly location_id: string;
  readonly quantity: number;
  readonly received: number;
  readonly cancelled: number;
  readonly due_at: Date | null;
  readonly reference: string | null;
}

const COLUMNS = 'id, item_id, location_id, quantity, received, cancelled, due_at, reference';

/** What is still coming of these, the soonest first; without a date last. By `incoming_stock_open`. */
export async function listIncoming(sql: Sql, workspaceId: number, itemIds: readonly string[]): Promise<IncomingRow[]> {
  if (itemIds.length === 0) return [];
  const { rows } = await sql.query<IncomingRow>({
    name: 'incoming_stock_open',
    text: `select ${COLUMNS} from incoming_stock
           where workspace_id = $1 and item_id = any($2::uuid[]) and received + cancelled < quantity
           order by item_id, due_at nulls last, id`,
    values: [workspaceId, arrayLiteral(itemIds)],
  });
  return rows;
}

export async function pageIncoming(
  sql: Sql,
  workspaceId: number,
  page: { beforeId: string | null; limit: number },
): Promise<IncomingRow[]> {
  const { rows } = await sql.query<IncomingRow>({
    text: `select ${COLUMNS} from incoming_stock where workspace_id = $1 and ($2::uuid is null or id < $2)
           order by id desc limit $3`,
    values: [workspaceId, page.beforeId, page.limit],
  });
  return rows;
}

/** False: this reference told of it before. */
export async function insertIncoming(
  sql: Sql,
  workspaceId: number,
  { row, at }: { row: IncomingRow; at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `insert into incoming_stock (workspace_id, id, item_id, location_id, quantity, due_at, reference, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    values: [workspaceId, row.id, row.item_id, row.location_id, row.quantity, row.due_at, row.reference, at],
  });
  return rowCount === 1;
}

export async function findIncoming(sql: Sql, workspaceId: number, id: string): Promise<IncomingRow | undefined> {
  const { rows } = await sql.query<IncomingRow>({
    text: `select ${COLUMNS} from incoming_stock where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export async function lockIncoming(sql: Sql, workspaceId: number, id: string): Promise<IncomingRow | undefined> {
  const { rows } = await sql.query<IncomingRow>({
    text: `select ${COLUMNS} from incoming_stock where workspace_id = $1 and id = $2 for update`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export async function updateIncoming(sql: Sql, workspaceId: number, row: IncomingRow): Promise<void> {
  await sql.query({
    text: 'update incoming_stock set received = $3, cancelled = $4, due_at = $5 where workspace_id = $1 and id = $2',
    values: [workspaceId, row.id, row.received, row.cancelled, row.due_at],
  });
}

/** Tells that dates of what is coming have changed. */
export async function insertDueChange(
  sql: Sql,
  workspaceId: number,
  change: { itemId: string; locationId: string; at: Date },
): Promise<void> {
  await sql.query({
    text: `insert into stock_change (workspace_id, item_id, location_id, is_due, at) values ($1, $2, $3, true, $4)`,
    values: [workspaceId, change.itemId, change.locationId, change.at],
  });
}
