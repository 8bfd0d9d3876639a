import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { OfConnector } from './applying.ts';

/** What is known of an order beside the book: when, how much, whose. */
export interface ShopOrderRow {
  readonly external_id: string;
  readonly version_at: Date;
  readonly placed_at: Date;
  readonly total_minor: number;
  readonly is_counted: boolean;
  readonly who: Buffer;
  readonly who_hashes: readonly Buffer[];
}

/** Keeps the newest word of each. Buffers travel as one array each; of hashes there are few, so they go as JSON of hex. */
export async function upsertShopOrders(sql: Sql, of: OfConnector, rows: readonly ShopOrderRow[]): Promise<void> {
  if (rows.length === 0) return;
  const sorted = [...rows].sort((a, b) => (a.external_id < b.external_id ? -1 : 1));
  await sql.query({
    name: 'connector_order_upsert',
    text: `insert into connector_order as o (workspace_id, connector_id, external_id, version_at, placed_at, total_minor,
             is_counted, who, who_hashes)
           select $1, $2, n.id, n.at, n.placed, n.total, n.counted, n.who,
             array(select decode(h, 'hex') from jsonb_array_elements_text(n.hashes) as h)
           from unnest($3::text[], $4::timestamptz[], $5::timestamptz[], $6::bigint[], $7::boolean[], $8::bytea[], $9::jsonb[])
             as n(id, at, placed, total, counted, who, hashes)
           on conflict (workspace_id, connector_id, external_id) do update
             set version_at = excluded.version_at, placed_at = excluded.placed_at, total_minor = excluded.total_minor,
               is_counted = excluded.is_counted, who = excluded.who, who_hashes = excluded.who_hashes
             where o.version_at <= excluded.version_at`,
    values: [
      ...[of.workspaceId, of.connectorId, sorted.map((row) => row.external_id), sorted.map((row) => row.version_at)],
      ...[sorted.map((row) => row.placed_at), arrayLiteral(sorted.map((row) => row.total_minor))],
      ...[sorted.map((row) => row.is_counted), sorted.map((row) => row.who)],
      sorted.map((row) => JSON.stringify(row.who_hashes.map((hash) => hash.toString('hex')))),
    ],
  });
}

/** Whom orders name; without those that are not known yet. */
export async function listOrderOwners(
  sql: Sql,
  of: OfConnector,
  orderIds: readonly string[],
): Promise<Map<string, Buffer>> {
  if (orderIds.length === 0) return new Map();
  const { rows } = await sql.query<{ external_id: string; who: Buffer }>({
    name: 'connector_order_who',
    text: `select external_id, who from connector_order
           where workspace_id = $1 and connector_id = $2 and external_id = any($3::text[])`,
    values: [of.workspaceId, of.connectorId, orderIds],
  });
  return new Map(rows.map((row) => [row.external_id, row.who]));
}

/** By day (UTC) of when they were placed, by `connector_order_placed`. */
export async function countOrderDays(
  sql: Sql,
  of: OfConnector,
  range: { from: Date; to: Date },
): Promise<{ day: string; orders: number; total_minor: number }[]> {
  const { rows } = await sql.query<{ day: string; orders: number; total_minor: number }>({
    text: `select to_char(placed_at at time zone 'UTC', 'YYYY-MM-DD') as day, count(*)::int as orders,
             sum(total_minor)::bigint as total_minor
           from connector_order
           where workspace_id = $1 and connector_id = $2 and placed_at >= $3 and placed_at < $4 and is_counted
           group by 1 order by 1`,
    values: [of.workspaceId, of.connectorId, range.from, range.to],
  });
  return rows;
}
