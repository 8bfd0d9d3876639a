import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { LevelKey } from '../levels/level.ts';

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

/** How many of them are new; of the others this reference told before. */
export async function insertIncoming(
  sql: Sql,
  workspaceId: number,
  { rows, at }: { rows: readonly IncomingRow[]; at: Date },
): Promise<number> {
  const { rowCount } = await sql.query({
    text: `insert into incoming_stock (workspace_id, id, item_id, location_id, quantity, due_at, reference, created_at)
           select $1, i.id, i.item_id, i.location_id, i.quantity, i.due_at, i.reference, $8
           from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::timestamptz[], $7::text[])
             as i(id, item_id, location_id, quantity, due_at, reference) order by i.item_id on conflict do nothing`,
    values: [
      ...[workspaceId, arrayLiteral(rows.map((row) => row.id)), arrayLiteral(rows.map((row) => row.item_id))],
      ...[arrayLiteral(rows.map((row) => row.location_id)), arrayLiteral(rows.map((row) => row.quantity))],
      ...[rows.map((row) => row.due_at), rows.map((row) => row.reference), at],
    ],
  });
  return rowCount;
}

/** In one order for all. */
export async function lockIncoming(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<IncomingRow[]> {
  const { rows } = await sql.query<IncomingRow>({
    text: `select ${COLUMNS} from incoming_stock where workspace_id = $1 and id = any($2::uuid[]) order by id for update`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rows;
}

export async function updateIncoming(sql: Sql, workspaceId: number, rows: readonly IncomingRow[]): Promise<void> {
  await sql.query({
    text: `update incoming_stock i set received = n.received, cancelled = n.cancelled, due_at = n.due_at
           from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::timestamptz[]) as n(id, received, cancelled, due_at)
           where i.workspace_id = $1 and i.id = n.id`,
    values: [
      ...[workspaceId, arrayLiteral(rows.map((row) => row.id)), arrayLiteral(rows.map((row) => row.received))],
      ...[arrayLiteral(rows.map((row) => row.cancelled)), rows.map((row) => row.due_at)],
    ],
  });
}

/** Tells that dates of what is coming have changed. */
export async function insertDueChanges(
  sql: Sql,
  workspaceId: number,
  { keys, at }: { keys: readonly LevelKey[]; at: Date },
): Promise<void> {
  if (keys.length === 0) return;
  await sql.query({
    text: `insert into stock_change (workspace_id, item_id, location_id, is_due, at)
           select $1, k.item_id, k.location_id, true, $4 from unnest($2::uuid[], $3::uuid[]) as k(item_id, location_id)`,
    values: [
      ...[workspaceId, arrayLiteral(keys.map((key) => key.itemId))],
      ...[arrayLiteral(keys.map((key) => key.locationId)), at],
    ],
  });
}
