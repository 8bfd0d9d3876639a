import type { Sql } from '../../../platform/postgres/index.ts';
import type { OfConnector } from './applying.ts';

export interface ShopCustomerRow {
  readonly kind: 'customer' | 'consent';
  readonly external_id: string;
  readonly version_at: Date;
  /** Of what was said, without when. */
  readonly hash: Buffer;
  readonly who: Buffer;
  readonly who_hashes: readonly Buffer[];
}

/** What is kept of them, locked: two deliveries must not both find a word new. */
export async function holdCustomers(
  sql: Sql,
  of: OfConnector,
  ids: readonly string[],
): Promise<Map<string, { atMs: number; hash: Buffer }>> {
  const { rows } = await sql.query<{ kind: string; external_id: string; version_at: Date; hash: Buffer }>({
    name: 'connector_customer_hold',
    text: `select kind, external_id, version_at, hash from connector_customer
           where workspace_id = $1 and connector_id = $2 and external_id = any($3::text[])
           order by kind, external_id for update`,
    values: [of.workspaceId, of.connectorId, ids],
  });
  return new Map(
    rows.map((row) => [`${row.kind}:${row.external_id}`, { atMs: row.version_at.getTime(), hash: row.hash }]),
  );
}

export async function putCustomers(sql: Sql, of: OfConnector, rows: readonly ShopCustomerRow[]): Promise<void> {
  if (rows.length === 0) return;
  const key = (row: ShopCustomerRow): string => `${row.kind}:${row.external_id}`;
  const sorted = [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  await sql.query({
    name: 'connector_customer_put',
    text: `insert into connector_customer (workspace_id, connector_id, kind, external_id, version_at, hash, who, who_hashes)
           select $1, $2, n.kind, n.id, n.at, n.hash, n.who,
             array(select decode(h, 'hex') from jsonb_array_elements_text(n.hashes) as h)
           from unnest($3::text[], $4::text[], $5::timestamptz[], $6::bytea[], $7::bytea[], $8::jsonb[])
             as n(kind, id, at, hash, who, hashes)
           on conflict (workspace_id, connector_id, kind, external_id) do update
             set version_at = excluded.version_at, hash = excluded.hash, who = excluded.who,
               who_hashes = excluded.who_hashes`,
    values: [
      ...[of.workspaceId, of.connectorId, sorted.map(({ kind }) => kind), sorted.map((row) => row.external_id)],
      ...[sorted.map((row) => row.version_at), sorted.map(({ hash }) => hash), sorted.map(({ who }) => who)],
      sorted.map((row) => JSON.stringify(row.who_hashes.map((hash) => hash.toString('hex')))),
    ],
  });
}

/** Deleted at the shop: nothing of her is kept here. */
export async function dropCustomers(sql: Sql, of: OfConnector, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query({
    text: 'delete from connector_customer where workspace_id = $1 and connector_id = $2 and external_id = any($3::text[])',
    values: [of.workspaceId, of.connectorId, ids],
  });
}
