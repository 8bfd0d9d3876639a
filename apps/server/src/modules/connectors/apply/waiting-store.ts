import { open, seal, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import type { ShopRecord } from '../records.ts';
import type { OfConnector } from './applying.ts';

export interface WaitingRecord {
  /** `variant:17`, `inventory_item:17`, `sku:IPOD`, `order:1001`. */
  readonly awaits: string;
  /** What it is about: of two words about one thing the newer waits. */
  readonly key: string;
  readonly atMs: number;
  readonly record: ShopRecord;
}

export async function putWaiting(
  sql: Sql,
  of: OfConnector,
  { waiting, keys, at }: { waiting: readonly WaitingRecord[]; keys: WorkspaceKeys; at: Date },
): Promise<void> {
  if (waiting.length === 0) return;
  const byName = new Map(waiting.map((one) => [`${one.awaits}\n${one.key}`, one]));
  const rows = [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  await sql.query({
    name: 'connector_waiting_put',
    text: `insert into connector_waiting as w (workspace_id, connector_id, awaits, key, version_at, put_at, record)
           select $1, $2, n.awaits, n.key, n.at, $7, n.record
           from unnest($3::text[], $4::text[], $5::timestamptz[], $6::bytea[]) as n(awaits, key, at, record)
           on conflict (workspace_id, connector_id, awaits, key) do update
             set version_at = excluded.version_at, put_at = excluded.put_at, record = excluded.record
             where w.version_at <= excluded.version_at`,
    values: [
      ...[of.workspaceId, of.connectorId, rows.map(({ awaits }) => awaits), rows.map(({ key }) => key)],
      ...[rows.map(({ atMs }) => new Date(atMs))],
      ...[rows.map(({ record }) => seal(keys.wrapping, JSON.stringify(record))), at],
    ],
  });
}

/** What waited for these, and waits no more. */
export async function takeWaiting(
  sql: Sql,
  of: OfConnector,
  { came, keys }: { came: readonly string[]; keys: WorkspaceKeys },
): Promise<ShopRecord[]> {
  if (came.length === 0) return [];
  const { rows } = await sql.query<{ record: Buffer }>({
    name: 'connector_waiting_take',
    text: `delete from connector_waiting where workspace_id = $1 and connector_id = $2 and awaits = any($3::text[])
           returning record`,
    values: [of.workspaceId, of.connectorId, [...new Set(came)]],
  });
  return rows.map((row) => JSON.parse(open(keys.wrapping, row.record).toString('utf8')) as ShopRecord);
}

export async function countWaiting(sql: Sql, of: OfConnector): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    text: 'select count(*)::int as n from connector_waiting where workspace_id = $1 and connector_id = $2',
    values: [of.workspaceId, of.connectorId],
  });
  return rows[0]!.n;
}

/** What they wait for never came. Answers how many. By `connector_waiting_age`. */
export async function forgetWaiting(sql: Sql, old: { before: Date; limit: number }): Promise<number> {
  const { rowCount } = await sql.query({
    // every workspace: one loop works for all.
    text: `delete from connector_waiting where (workspace_id, connector_id, awaits, key) in (
             select workspace_id, connector_id, awaits, key from connector_waiting where put_at < $1 limit $2)`,
    values: [old.before, old.limit],
  });
  return rowCount;
}
