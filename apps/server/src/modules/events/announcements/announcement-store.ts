import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export interface AnnouncementRow {
  readonly workspace_id: number;
  readonly id: number;
  readonly source: number;
  readonly item: Buffer;
}

export async function insertAnnouncements(
  sql: Sql,
  workspaceId: number,
  announced: { source: number; items: readonly Buffer[] },
): Promise<void> {
  await sql.query({
    name: 'announcement_insert',
    text: `insert into announcement (workspace_id, source, item)
           select $1, $2, i.item from unnest($3::bytea[]) with ordinality as i(item, place) order by place`,
    values: [workspaceId, announced.source, announced.items],
  });
}

/** The oldest ones. */
export async function listAnnouncements(sql: Sql, limit: number): Promise<AnnouncementRow[]> {
  const { rows } = await sql.query<AnnouncementRow>({
    name: 'announcement_list',
    // every workspace: one loop works for all.
    text: 'select workspace_id, id, source, item from announcement order by id limit $1',
    values: [limit],
  });
  return rows;
}

/** Answers how many of them were still there. */
export async function deleteAnnouncements(sql: Sql, workspaceId: number, ids: readonly number[]): Promise<number> {
  const { rowCount } = await sql.query({
    name: 'announcement_delete',
    text: 'delete from announcement where workspace_id = $1 and id = any($2::bigint[])',
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rowCount;
}
