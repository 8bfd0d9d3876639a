import { arrayLiteral, type Sql } from '../../platform/postgres/index.ts';

/** The node so many steps ahead, or the last there is (`isLast`); undefined: none comes after. By the primary key. */
export async function findNodeAhead(
  sql: Sql,
  workspaceId: number,
  page: { after: number; steps: number },
): Promise<{ node: number; isLast: boolean } | undefined> {
  const { rows } = await sql.query<{ id: number | null; n: number }>({
    text: `select max(id) as id, count(*)::int as n from (
             select id from identity_node where workspace_id = $1 and id > $2 order by id limit $3) page`,
    values: [workspaceId, page.after, page.steps],
  });
  const { id, n } = rows[0]!;
  return id === null ? undefined : { node: id, isLast: n < page.steps };
}

/** The profiles whose last node lies in the range, each with all its nodes. */
export async function listOwnersIn(
  sql: Sql,
  workspaceId: number,
  range: { after: number; upTo: number },
): Promise<{ profile_id: string; nodes: number[] }[]> {
  const { rows } = await sql.query<{ profile_id: string; nodes: string }>({
    text: `select n.profile_id, string_agg(n.id::text, ',') as nodes
           from (select distinct profile_id from identity_node
                 where workspace_id = $1 and id > $2 and id <= $3 and profile_id is not null) p
           join identity_node n on n.workspace_id = $1 and n.profile_id = p.profile_id
           group by n.profile_id having max(n.id) <= $3`,
    values: [workspaceId, range.after, range.upTo],
  });
  return rows.map(({ profile_id, nodes }) => ({ profile_id, nodes: nodes.split(',').map(Number) }));
}

/** Of these profiles those that are there: neither merged away nor erased. */
export async function listExisting(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>({
    text: 'select id from profile where workspace_id = $1 and id = any($2::uuid[]) and merged_into is null',
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rows.map((row) => row.id);
}

/** How many profiles there are. */
export async function countProfiles(sql: Sql, workspaceId: number): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    text: 'select count(*)::int as n from profile where workspace_id = $1 and merged_into is null',
    values: [workspaceId],
  });
  return rows[0]!.n;
}

/** So many profiles drawn by lots, or all there are. Reads the table once. */
export async function drawProfiles(sql: Sql, workspaceId: number, limit: number): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>({
    text: 'select id from profile where workspace_id = $1 and merged_into is null order by random() limit $2',
    values: [workspaceId, limit],
  });
  return rows.map((row) => row.id);
}
