import type { ExportFormat, ExportSubject } from '@segue/contract';
import type { Sql } from '../../../platform/postgres/index.ts';

export interface ExportRow {
  id: string;
  what: ExportSubject;
  segment_id: string | null;
  format: ExportFormat;
  columns: string[] | null;
  from_at: Date | null;
  to_at: Date | null;
  created_at: Date;
}

/** With how far the newest download has come. */
export interface FoundExport extends ExportRow {
  looked_at: number;
  to_look_at: number | null;
  rows_written: number;
  started_at: Date | null;
  ended_at: Date | null;
}

const COLUMNS = 'id, what, segment_id, format, columns, from_at, to_at, created_at';
const PROGRESS = 'looked_at, to_look_at, rows_written, started_at, ended_at';

export async function insertExport(sql: Sql, workspaceId: number, row: ExportRow): Promise<void> {
  await sql.query({
    text: `insert into data_export (workspace_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      workspaceId,
      row.id,
      row.what,
      row.segment_id,
      row.format,
      row.columns === null ? null : JSON.stringify(row.columns),
      row.from_at,
      row.to_at,
      row.created_at,
    ],
  });
}

export async function findExport(sql: Sql, workspaceId: number, id: string): Promise<FoundExport | undefined> {
  const { rows } = await sql.query<FoundExport>({
    text: `select ${COLUMNS}, ${PROGRESS} from data_export where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** Newest first. */
export async function pageExports(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; beforeId: string | undefined },
): Promise<FoundExport[]> {
  const { rows } = await sql.query<FoundExport>({
    text: `select ${COLUMNS}, ${PROGRESS} from data_export where workspace_id = $1 and ($3::uuid is null or id < $3)
           order by id desc limit $2`,
    values: [workspaceId, page.limit, page.beforeId ?? null],
  });
  return rows;
}

/** A download begins; what was told of the one before is forgotten. */
export async function beginDownload(
  sql: Sql,
  workspaceId: number,
  begun: { id: string; toLookAt: number; at: Date },
): Promise<void> {
  await sql.query({
    text: `update data_export set looked_at = 0, to_look_at = $3, rows_written = 0, started_at = $4, ended_at = null
           where workspace_id = $1 and id = $2`,
    values: [workspaceId, begun.id, begun.toLookAt, begun.at],
  });
}

/** Of an older download that is still under way nothing is told. */
export async function moveDownload(
  sql: Sql,
  workspaceId: number,
  moved: { id: string; lookedAt: number; written: number; startedAt: Date; endedAt: Date | null },
): Promise<void> {
  await sql.query({
    name: 'export_move',
    text: `update data_export set looked_at = $3, rows_written = $4, ended_at = $5
           where workspace_id = $1 and id = $2 and started_at = $6`,
    values: [workspaceId, moved.id, moved.lookedAt, moved.written, moved.endedAt, moved.startedAt],
  });
}
