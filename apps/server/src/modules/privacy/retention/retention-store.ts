import type { RetentionRule } from '@segue/contract';
import type { Sql } from '../../../platform/postgres/index.ts';

export interface RetentionRow {
  workspace_id: number;
  rules: RetentionRule[];
  export_days: number;
}

export async function findRetention(sql: Sql, workspaceId: number): Promise<RetentionRow | undefined> {
  const { rows } = await sql.query<RetentionRow>({
    text: 'select workspace_id, rules, export_days from event_retention where workspace_id = $1',
    values: [workspaceId],
  });
  return rows[0];
}

/** From `at` on the rules are due. */
export async function saveRetention(sql: Sql, row: RetentionRow, at: Date): Promise<void> {
  await sql.query({
    text: `insert into event_retention (workspace_id, rules, export_days, next_at) values ($1, $2::jsonb, $3, $4)
           on conflict (workspace_id) do update
           set rules = excluded.rules, export_days = excluded.export_days, next_at = excluded.next_at`,
    values: [row.workspace_id, JSON.stringify(row.rules), row.export_days, at],
  });
}

/** Takes the workspace whose rules are due longest; they are due again at `next`. */
export async function takeDueRetention(sql: Sql, now: Date, next: Date): Promise<RetentionRow | undefined> {
  const { rows } = await sql.query<RetentionRow>({
    // every workspace: one loop works for all, by `event_retention_due`.
    text: `update event_retention set next_at = $2
           where workspace_id = (select workspace_id from event_retention where next_at <= $1
                                 order by next_at limit 1 for update skip locked)
           returning workspace_id, rules, export_days`,
    values: [now, next],
  });
  return rows[0];
}

export async function setRetentionDue(sql: Sql, workspaceId: number, at: Date): Promise<void> {
  await sql.query({
    text: 'update event_retention set next_at = $2 where workspace_id = $1',
    values: [workspaceId, at],
  });
}

/** Removes files of exports that are older than their workspace keeps them; answers how many pieces. */
export async function forgetExportParts(sql: Sql, asked: { now: Date; days: number; limit: number }): Promise<number> {
  const { rowCount } = await sql.query({
    // every workspace: one loop works for all.
    text: `delete from privacy_export_part where (workspace_id, request_id, part) in (
             select p.workspace_id, p.request_id, p.part
             from privacy_export_part p left join event_retention r on r.workspace_id = p.workspace_id
             where p.created_at < $1::timestamptz - coalesce(r.export_days, $2) * interval '1 day' limit $3)`,
    values: [asked.now, asked.days, asked.limit],
  });
  return rowCount;
}
