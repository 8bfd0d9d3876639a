import type { Sql } from '../../../platform/postgres/index.ts';

export async function listCompaniesOf(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql.query<{ company_id: string }>({
    text: 'select distinct company_id from company_member where workspace_id = $1 and profile_id = any($2::uuid[])',
    values: [workspaceId, profileIds],
  });
  return rows.map((row) => row.company_id);
}

/** Companies that were only known by somebody's address and have nobody left: the address was all there was to them. */
export async function deleteForsakenCompanies(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const { rowCount } = await sql.query({
    text: `delete from company c where c.workspace_id = $1 and c.id = any($2::uuid[]) and c.group_id is null and not exists (
             select from company_member m where m.workspace_id = $1 and m.company_id = c.id)`,
    values: [workspaceId, ids],
  });
  return rowCount;
}
