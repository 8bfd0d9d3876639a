import { arrayLiteral, type Sql } from '../../platform/postgres/index.ts';

interface Named {
  readonly profileIds: readonly string[];
  readonly nodes: readonly number[];
}

/** Filed under one of her profiles or nodes, merged ones too. By `basket_profile` and `basket_node`. */
export async function pageNamedBaskets(
  sql: Sql,
  workspaceId: number,
  page: { subject: Named; afterId: string | undefined; limit: number },
): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>({
    text: `select id from basket
           where workspace_id = $1 and (profile_id = any($2::uuid[]) or node = any($3::bigint[]))
             and ($4::uuid is null or id > $4) order by id limit $5`,
    values: [
      ...[workspaceId, arrayLiteral(page.subject.profileIds), arrayLiteral(page.subject.nodes)],
      ...[page.afterId ?? null, page.limit],
    ],
  });
  return rows.map((row) => row.id);
}

/** With their lines; what orders took out of them says nothing of her any more. */
export async function deleteNamedBaskets(sql: Sql, workspaceId: number, { profileIds, nodes }: Named): Promise<number> {
  const { rowCount } = await sql.query({
    text: `with hers as (
             select id from basket where workspace_id = $1 and (profile_id = any($2::uuid[]) or node = any($3::bigint[]))),
           gone as (
             delete from basket where workspace_id = $1
               and (id in (select id from hers) or merged_into in (select id from hers)) returning id),
           conversion as (
             update basket_conversion c set lines = '[]' from gone where c.workspace_id = $1 and c.basket_id = gone.id)
           select from gone`,
    values: [workspaceId, arrayLiteral(profileIds), arrayLiteral(nodes)],
  });
  return rowCount;
}
