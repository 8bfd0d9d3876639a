import type { Sql } from '../../../platform/postgres/index.ts';
import type { BasketState, BasketTold } from './basket-diff.ts';
import type { OfConnector } from './applying.ts';

export type BasketKind = 'cart' | 'checkout';

export interface BasketRow {
  readonly kind: BasketKind;
  readonly token: string;
  readonly version_at: Date;
  readonly hash: string;
  readonly state: BasketState;
  readonly told: BasketTold;
  readonly who: Buffer;
  readonly who_hashes: readonly Buffer[];
}

/** Locked in one order. */
export async function holdBaskets(
  sql: Sql,
  of: OfConnector,
  keys: readonly { kind: BasketKind; token: string }[],
): Promise<BasketRow[]> {
  const { rows } = await sql.query<BasketRow>({
    name: 'connector_basket_hold',
    text: `select kind, token, version_at, hash, state, told, who, who_hashes from connector_basket
           where workspace_id = $1 and connector_id = $2
             and (kind, token) in (select * from unnest($3::text[], $4::text[]))
           order by kind, token for update`,
    values: [of.workspaceId, of.connectorId, keys.map(({ kind }) => kind), keys.map(({ token }) => token)],
  });
  return rows;
}

export async function putBaskets(sql: Sql, of: OfConnector, rows: readonly BasketRow[]): Promise<void> {
  if (rows.length === 0) return;
  const key = (row: BasketRow): string => `${row.kind}:${row.token}`;
  const sorted = [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  await sql.query({
    name: 'connector_basket_put',
    text: `insert into connector_basket (workspace_id, connector_id, kind, token, version_at, hash, state, told, who, who_hashes)
           select $1, $2, n.kind, n.token, n.at, n.hash, n.state, n.told, n.who,
             array(select decode(h, 'hex') from jsonb_array_elements_text(n.hashes) as h)
           from unnest($3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::jsonb[], $8::jsonb[], $9::bytea[],
             $10::jsonb[]) as n(kind, token, at, hash, state, told, who, hashes)
           on conflict (workspace_id, connector_id, kind, token) do update
             set version_at = excluded.version_at, hash = excluded.hash, state = excluded.state, told = excluded.told,
               who = excluded.who, who_hashes = excluded.who_hashes`,
    values: [
      ...[of.workspaceId, of.connectorId, sorted.map(({ kind }) => kind), sorted.map(({ token }) => token)],
      ...[sorted.map((row) => row.version_at), sorted.map(({ hash }) => hash)],
      ...[sorted.map(({ state }) => JSON.stringify(state)), sorted.map(({ told }) => JSON.stringify(told))],
      ...[sorted.map(({ who }) => who)],
      sorted.map((row) => JSON.stringify(row.who_hashes.map((hash) => hash.toString('hex')))),
    ],
  });
}

/** Nobody comes back to them. Answers how many. By `connector_basket_age`. */
export async function forgetBaskets(sql: Sql, old: { before: Date; limit: number }): Promise<number> {
  const { rowCount } = await sql.query({
    // every workspace: one loop works for all.
    text: `delete from connector_basket where (workspace_id, connector_id, kind, token) in (
             select workspace_id, connector_id, kind, token from connector_basket where version_at < $1 limit $2)`,
    values: [old.before, old.limit],
  });
  return rowCount;
}
