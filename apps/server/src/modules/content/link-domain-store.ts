import type { Sql } from '../../platform/postgres/index.ts';

export interface LinkDomainRow {
  host: string;
  verified_at: Date | null;
}

export async function findLinkDomain(sql: Sql, workspaceId: number): Promise<LinkDomainRow | undefined> {
  const { rows } = await sql.query<LinkDomainRow>({
    name: 'link_domain_find',
    text: 'select host, verified_at from link_domain where workspace_id = $1',
    values: [workspaceId],
  });
  return rows[0];
}

/** Another name has to be proved anew; the same one keeps its proof. */
export async function writeLinkDomain(
  sql: Sql,
  workspaceId: number,
  { host, now }: { host: string; now: number },
): Promise<void> {
  await sql.query({
    text: `insert into link_domain as d (workspace_id, host, updated_at) values ($1, $2, $3)
           on conflict (workspace_id) do update set host = excluded.host, updated_at = excluded.updated_at,
             verified_at = case when d.host = excluded.host then d.verified_at end`,
    values: [workspaceId, host, new Date(now)],
  });
}

export async function deleteLinkDomain(sql: Sql, workspaceId: number): Promise<void> {
  await sql.query({ text: 'delete from link_domain where workspace_id = $1', values: [workspaceId] });
}

/** Whether this was the proof that was waited for. */
export async function markLinkDomainVerified(
  sql: Sql,
  workspaceId: number,
  { host, now }: { host: string; now: number },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: 'update link_domain set verified_at = $3 where workspace_id = $1 and host = $2 and verified_at is null',
    values: [workspaceId, host, new Date(now)],
  });
  return rowCount > 0;
}
