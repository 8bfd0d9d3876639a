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
