import type { Sql } from '../../../platform/postgres/index.ts';

export interface ExpiringRow {
  program_id: string;
  expires_at: Date;
  points: number;
}

/** What of a customer expires next, by program and instant. */
export async function listExpiring(
  sql: Sql,
  workspaceId: number,
  { profileId, limit }: { profileId: string; limit: number },
): Promise<ExpiringRow[]> {
  const { rows } = await sql.query<ExpiringRow>({
    text: `select l.program_id, l.expires_at, sum(l.remaining)::bigint as points from loyalty_account a
           join loyalty_lot l on l.workspace_id = $1 and l.account_id = a.id and l.state = 'active' and l.expires_at is not null
           where a.workspace_id = $1 and a.profile_id = $2
           group by l.program_id, l.expires_at order by l.expires_at, l.program_id limit $3`,
    values: [workspaceId, profileId, limit],
  });
  return rows;
}
