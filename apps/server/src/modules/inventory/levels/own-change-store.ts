import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import { keyOf, type LevelKey } from './level.ts';

/** What a source that counts its stock has itself changed there, by its own clock. */
export interface OwnChange extends LevelKey {
  readonly source: string;
  readonly delta: number;
  readonly atMs: number;
}

/** Since the last count of each. By `stock_own_change_level`, under the locks of the levels. */
export async function readOwnChanges(
  sql: Sql,
  workspaceId: number,
  { source, keys }: { source: string; keys: readonly LevelKey[] },
): Promise<Map<string, { delta: number; atMs: number }[]>> {
  const { rows } = await sql.query<{ item_id: string; location_id: string; delta: number; at: Date }>({
    name: 'stock_own_change_read',
    text: `select item_id, location_id, delta, at from stock_own_change
           where workspace_id = $1 and source = $2 and item_id = any($3::uuid[])`,
    values: [workspaceId, source, arrayLiteral([...new Set(keys.map((key) => key.itemId))])],
  });
  const changes = new Map<string, { delta: number; atMs: number }[]>();
  for (const { item_id: itemId, location_id: locationId, delta, at } of rows) {
    const key = keyOf({ itemId, locationId });
    changes.set(key, [...(changes.get(key) ?? []), { delta, atMs: at.getTime() }]);
  }
  return changes;
}

export async function insertOwnChanges(sql: Sql, workspaceId: number, changes: readonly OwnChange[]): Promise<void> {
  if (changes.length === 0) return;
  await sql.query({
    name: 'stock_own_change_insert',
    text: `insert into stock_own_change (workspace_id, source, item_id, location_id, delta, at)
           select $1, c.* from unnest($2::text[], $3::uuid[], $4::uuid[], $5::bigint[], $6::timestamptz[]) as c`,
    values: [
      ...[workspaceId, changes.map((one) => one.source), arrayLiteral(changes.map((one) => one.itemId))],
      ...[arrayLiteral(changes.map((one) => one.locationId)), arrayLiteral(changes.map((one) => one.delta))],
      changes.map((one) => new Date(one.atMs)),
    ],
  });
}

/** What a count has in it. */
export async function deleteCounted(
  sql: Sql,
  workspaceId: number,
  { source, counts }: { source: string; counts: readonly (LevelKey & { readonly atMs: number })[] },
): Promise<void> {
  if (counts.length === 0) return;
  await sql.query({
    name: 'stock_own_change_counted',
    text: `delete from stock_own_change c
           using unnest($3::uuid[], $4::uuid[], $5::timestamptz[]) as n(item_id, location_id, at)
           where c.workspace_id = $1 and c.source = $2 and c.item_id = n.item_id and c.location_id = n.location_id
             and c.at < n.at`,
    values: [
      ...[workspaceId, source, arrayLiteral(counts.map((one) => one.itemId))],
      ...[arrayLiteral(counts.map((one) => one.locationId)), counts.map((one) => new Date(one.atMs))],
    ],
  });
}

/** Old ones become part of the count they follow: nobody tells a count of so long ago any more. Answers how many. */
export async function foldOwnChanges(sql: Sql, { before, limit }: { before: Date; limit: number }): Promise<number> {
  const { rowCount } = await sql.query({
    name: 'stock_own_change_fold',
    // every workspace: one loop works for all.
    text: `with old as (
             delete from stock_own_change where (workspace_id, id) in (
               select workspace_id, id from stock_own_change where at < $1 order by at limit $2 for update skip locked)
             returning workspace_id, source, item_id, location_id, delta),
           folded as (
             update stock_observation o set quantity = o.quantity + s.delta
             from (select workspace_id, source, item_id, location_id, sum(delta) as delta from old
                   group by 1, 2, 3, 4) s
             where o.workspace_id = s.workspace_id and o.source = s.source and o.item_id = s.item_id
               and o.location_id = s.location_id)
           select from old`,
    values: [before, limit],
  });
  return rowCount;
}
