import { arrayLiteral, type Sql } from '../../platform/postgres/index.ts';
import { type BookRow, bookRowOf, ORDER_COLUMNS, type RawOrderRow } from './order-store.ts';

/** Filed under one of her profiles or nodes. By `shop_order_profile` and `shop_order_node`. */
export async function pageNamedOrders(
  sql: Sql,
  workspaceId: number,
  page: {
    subject: { profileIds: readonly string[]; nodes: readonly number[] };
    afterId: string | undefined;
    limit: number;
  },
): Promise<BookRow[]> {
  const { rows } = await sql.query<RawOrderRow>({
    text: `select ${ORDER_COLUMNS} from shop_order
           where workspace_id = $1 and (profile_id = any($2::uuid[]) or node = any($3::bigint[]))
             and ($4::uuid is null or id > $4) order by id limit $5`,
    values: [
      ...[workspaceId, arrayLiteral(page.subject.profileIds), arrayLiteral(page.subject.nodes)],
      ...[page.afterId ?? null, page.limit],
    ],
  });
  return rows.map(bookRowOf);
}

/** Whose customer is told and not found yet. By `shop_order_unowned`. */
export async function pageUnowned(
  sql: Sql,
  workspaceId: number,
  page: { afterId: string | undefined; limit: number },
): Promise<BookRow[]> {
  const { rows } = await sql.query<RawOrderRow>({
    text: `select ${ORDER_COLUMNS} from shop_order
           where workspace_id = $1 and profile_id is null and who is not null and ($2::uuid is null or id > $2)
           order by id limit $3`,
    values: [workspaceId, page.afterId ?? null, page.limit],
  });
  return rows.map(bookRowOf);
}

/** Her orders, and these, stay and say nothing of a person any more. Answers how many. */
export async function forgetCustomer(
  sql: Sql,
  workspaceId: number,
  { subject, ids }: { subject: { profileIds: readonly string[]; nodes: readonly number[] }; ids: readonly string[] },
): Promise<number> {
  const { rowCount } = await sql.query({
    text: `update shop_order set profile_id = null, node = null, who = null, addresses = null, cart_token = null,
             facts = jsonb_set(facts #- '{snapshot,cartToken}' #- '{snapshot,checkoutToken}', '{fulfilments}', coalesce((
               select jsonb_object_agg(key, value - 'trackingNumber' - 'trackingUrl') from jsonb_each(facts -> 'fulfilments')),
               '{}'))
           where workspace_id = $1 and (profile_id = any($2::uuid[]) or node = any($3::bigint[]) or id = any($4::uuid[]))`,
    values: [workspaceId, arrayLiteral(subject.profileIds), arrayLiteral(subject.nodes), arrayLiteral(ids)],
  });
  return rowCount;
}
