import { newUuid } from '../../platform/ids/index.ts';
import { arrayLiteral, type Sql } from '../../platform/postgres/index.ts';
import type { ExternalRef } from '../catalog/index.ts';
import { type BookRow, bookRowOf, ORDER_COLUMNS, type RawOrderRow } from './order-store.ts';

/** A locked row, and whether it was not there before this transaction. */
export interface ClaimedRow {
  readonly row: BookRow;
  readonly isNew: boolean;
}

/** The orders of these names, locked; those nobody has told of yet are there from now on, empty. In one order for all. */
export async function lockOrders(
  sql: Sql,
  workspaceId: number,
  named: { refs: readonly ExternalRef[]; at: Date },
): Promise<BookRow[]> {
  return (await claimOrders(sql, workspaceId, named)).map(({ row }) => row);
}

/** As `lockOrders`. */
export async function claimOrders(
  sql: Sql,
  workspaceId: number,
  { refs, at }: { refs: readonly ExternalRef[]; at: Date },
): Promise<ClaimedRow[]> {
  const distinct = [...new Map(refs.map((ref) => [nameOf(ref), ref])).values()];
  const made = await sql.query<Pick<RawOrderRow, 'id' | 'source' | 'source_order_id'>>({
    name: 'shop_order_shell',
    text: `insert into shop_order (workspace_id, id, source, source_order_id, created_at, updated_at)
           select $1, o.id, o.source, o.source_order_id, $5, $5
           from unnest($2::uuid[], $3::text[], $4::text[]) as o(id, source, source_order_id)
           order by o.source, o.source_order_id on conflict (workspace_id, source, source_order_id) do nothing
           returning id, source, source_order_id`,
    values: [
      ...[workspaceId, arrayLiteral(distinct.map(() => newUuid(at.getTime()))), distinct.map((ref) => ref.source)],
      ...[distinct.map((ref) => ref.id), at],
    ],
  });
  const fresh = made.rows.map((row) => bookRowOf({ ...row, ...EMPTY_ROW }));
  const known = new Set(fresh.map((row) => nameOf({ source: row.source, id: row.sourceOrderId })));
  const others = distinct.filter((ref) => !known.has(nameOf(ref)));
  return [
    ...fresh.map((row) => ({ row, isNew: true })),
    ...(await lockKnown(sql, workspaceId, others)).map((row) => ({ row, isNew: false })),
  ];
}

const EMPTY_ROW = { version: 0, profile_id: null, node: null, who: null, addresses: null, facts: {} } as const;

function nameOf({ source, id }: ExternalRef): string {
  return `${source}\0${id}`;
}

async function lockKnown(sql: Sql, workspaceId: number, refs: readonly ExternalRef[]): Promise<BookRow[]> {
  if (refs.length === 0) return [];
  const { rows } = await sql.query<RawOrderRow>({
    name: 'shop_order_lock',
    text: `select ${ORDER_COLUMNS} from shop_order
           where workspace_id = $1 and (source, source_order_id) in (select * from unnest($2::text[], $3::text[]))
           order by source, source_order_id for update`,
    values: [workspaceId, refs.map((ref) => ref.source), refs.map((ref) => ref.id)],
  });
  return rows.map(bookRowOf);
}

/** Rows that nothing came of. */
export async function forgetShells(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query({
    name: 'shop_order_forget_shell',
    text: 'delete from shop_order where workspace_id = $1 and id = any($2::uuid[]) and version = 0',
    values: [workspaceId, arrayLiteral(ids)],
  });
}

/** A place in the transaction that `undoTrying` comes back to. */
export async function beginTrying(sql: Sql): Promise<void> {
  await sql.query({ text: 'savepoint orders_tried' });
}

export async function undoTrying(sql: Sql): Promise<void> {
  await sql.query({ text: 'rollback to savepoint orders_tried' });
}
