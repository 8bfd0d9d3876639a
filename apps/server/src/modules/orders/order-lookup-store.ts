import { arrayLiteral, type Sql } from '../../platform/postgres/index.ts';
import type { ExternalRef } from '../catalog/index.ts';
import { type BookRow, bookRowOf, ORDER_COLUMNS, type RawOrderRow } from './order-store.ts';

/** By id, or as their sources call them; those that are not there are left out. */
export async function findBookRows(
  sql: Sql,
  workspaceId: number,
  { ids, refs }: { ids: readonly string[]; refs: readonly ExternalRef[] },
): Promise<BookRow[]> {
  if (ids.length + refs.length === 0) return [];
  const { rows } = await sql.query<RawOrderRow>({
    name: 'shop_order_find',
    text: `select ${ORDER_COLUMNS} from shop_order where workspace_id = $1 and version > 0 and (id = any($2::uuid[])
             or (source, source_order_id) in (select * from unnest($3::text[], $4::text[])))`,
    values: [workspaceId, arrayLiteral(ids), refs.map((ref) => ref.source), refs.map((ref) => ref.id)],
  });
  return rows.map(bookRowOf);
}

/** Of these orders those whose customers are known, by profile; all of as many profiles. By the primary key. */
export async function listPreorders(
  sql: Sql,
  workspaceId: number,
  page: { ids: readonly string[]; afterProfileId: string | null; limit: number },
): Promise<{ id: string; profileId: string; node: number; promisedAtMs: number | null }[]> {
  const { rows } = await sql.query<{ id: string; profile_id: string; node: number; promised_ms: number | null }>({
    text: `select id, profile_id, node, promised_ms from (
             select id, profile_id, node, (facts->'snapshot'->>'promisedAtMs')::bigint as promised_ms,
               dense_rank() over (order by profile_id) as place
             from shop_order where workspace_id = $1 and id = any($2::uuid[]) and profile_id is not null and node is not null
               and ($3::uuid is null or profile_id > $3)) o
           where place <= $4 order by profile_id, id`,
    values: [workspaceId, arrayLiteral(page.ids), page.afterProfileId, page.limit],
  });
  return rows.map((row) => ({
    ...{ id: row.id, profileId: row.profile_id, node: row.node, promisedAtMs: row.promised_ms },
  }));
}
