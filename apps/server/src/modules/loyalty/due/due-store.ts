import type { Sql } from '../../../platform/postgres/index.ts';

export interface DueLot {
  readonly workspaceId: number;
  readonly lotId: string;
}

/** Lots that become available, expire, or are to be told of, the longest due first. By its three indexes. */
export async function listDueLots(sql: Sql, { now, limit }: { now: Date; limit: number }): Promise<DueLot[]> {
  const due = (column: string, condition: string) =>
    `(select workspace_id, id, ${column} as at from loyalty_lot where ${column} <= $1 and ${condition} order by ${column} limit $2)`;
  const { rows } = await sql.query<DueLot>({
    name: 'loyalty_lot_list_due',
    // every workspace: one loop works for all.
    text: `select workspace_id as "workspaceId", id as "lotId" from (
             ${due('available_at', "state = 'pending'")}
             union all ${due('expires_at', "state = 'active' and expires_at is not null")}
             union all ${due('notice_at', "state = 'active' and notice_at is not null")}) as due
           order by at limit $2`,
    values: [now, limit],
  });
  return rows;
}
