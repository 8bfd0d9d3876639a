import type { Sql } from '../../../platform/postgres/index.ts';

export async function pageRejectedItems(
  sql: Sql,
  workspaceId: number,
  page: { afterId: string | undefined; limit: number },
): Promise<{ id: string; item_sealed: Buffer }[]> {
  const { rows } = await sql.query<{ id: string; item_sealed: Buffer }>({
    text: `select id, item_sealed from rejected_event
           where workspace_id = $1 and ($2::uuid is null or id > $2) order by id limit $3`,
    values: [workspaceId, page.afterId ?? null, page.limit],
  });
  return rows;
}

export async function deleteRejections(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const { rowCount } = await sql.query({
    text: 'delete from rejected_event where workspace_id = $1 and id = any($2::uuid[])',
    values: [workspaceId, ids],
  });
  return rowCount;
}
