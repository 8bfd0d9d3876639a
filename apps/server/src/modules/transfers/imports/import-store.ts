import type { ColumnMapping, Import, ImportFormat, ImportKind, ImportOptions } from '@segue/contract';
import { isRetryable, type Sql } from '../../../platform/postgres/index.ts';
import { type Border, dropListing } from './listing-store.ts';
import { dropEndedOrders } from './order-store.ts';

export interface ImportRow {
  workspace_id: number;
  id: string;
  name: string;
  kind: ImportKind;
  format: ImportFormat;
  state: Import['state'];
  mapping: ColumnMapping[] | null;
  options: ImportOptions;
  source: number;
  size_bytes: number;
  place: number;
  lines: number;
  rows_read: number;
  rows_accepted: number;
  rows_rejected: number;
  reason: string | null;
  /** Where its profiles go, from the start on. */
  list_id: string | null;
  /** Known when every row is taken and the list is to be filled. */
  borders: Border[] | null;
  created_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
}

const COLUMNS = `workspace_id, id, name, kind, format, state, mapping, options, source, size_bytes, place, lines, rows_read,
  rows_accepted, rows_rejected, reason, list_id, borders, created_at, started_at, ended_at`;

export async function insertImport(
  sql: Sql,
  workspaceId: number,
  made: Pick<ImportRow, 'id' | 'name' | 'kind' | 'format' | 'mapping' | 'options' | 'source' | 'created_at'>,
): Promise<ImportRow> {
  const { rows } = await sql.query<ImportRow>({
    text: `insert into data_import (workspace_id, id, name, kind, format, state, mapping, options, source, created_at)
           values ($1, $2, $3, $4, $5, 'uploading', $6, $7, $8, $9) returning ${COLUMNS}`,
    values: [
      workspaceId,
      made.id,
      made.name,
      made.kind,
      made.format,
      made.mapping === null ? null : JSON.stringify(made.mapping),
      JSON.stringify(made.options),
      made.source,
      made.created_at,
    ],
  });
  return rows[0]!;
}

export async function findImport(
  sql: Sql,
  workspaceId: number,
  asked: { id: string; lock?: boolean },
): Promise<ImportRow | undefined> {
  const { rows } = await sql.query<ImportRow>({
    text: `select ${COLUMNS} from data_import where workspace_id = $1 and id = $2 ${asked.lock === true ? 'for update' : ''}`,
    values: [workspaceId, asked.id],
  });
  return rows[0];
}

/** Newest first. */
export async function pageImports(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; beforeId: string | undefined },
): Promise<ImportRow[]> {
  const { rows } = await sql.query<ImportRow>({
    text: `select ${COLUMNS} from data_import where workspace_id = $1 and ($3::uuid is null or id < $3)
           order by id desc limit $2`,
    values: [workspaceId, page.limit, page.beforeId ?? null],
  });
  return rows;
}

export async function beginImport(
  sql: Sql,
  row: ImportRow,
  start: {
    mapping: ColumnMapping[] | null;
    options: ImportOptions;
    listId: string | null;
    place: number;
    lines: number;
    at: Date;
  },
): Promise<ImportRow> {
  const { rows } = await sql.query<ImportRow>({
    text: `update data_import set state = 'running', mapping = $3, options = $4, place = $5, lines = $6, started_at = $7, list_id = $8
           where workspace_id = $1 and id = $2 returning ${COLUMNS}`,
    values: [
      row.workspace_id,
      row.id,
      start.mapping === null ? null : JSON.stringify(start.mapping),
      JSON.stringify(start.options),
      start.place,
      start.lines,
      start.at,
      start.listId,
    ],
  });
  return rows[0]!;
}

/** The end, whatever it is: nothing of the file is left. Undefined: it had ended already. */
export async function endImport(
  sql: Sql,
  row: ImportRow,
  end: { state: 'done' | 'cancelled' | 'failed'; reason: string | null; at: Date },
): Promise<ImportRow | undefined> {
  const { rows } = await sql.query<ImportRow>({
    text: `update data_import set state = $3, reason = $4, ended_at = $5, owner = null, lease_until = null
           where workspace_id = $1 and id = $2 and state in ('uploading', 'running') returning ${COLUMNS}`,
    values: [row.workspace_id, row.id, end.state, end.reason, end.at],
  });
  if (rows[0] !== undefined) {
    await sql.query({
      text: 'delete from data_import_piece where workspace_id = $1 and import_id = $2',
      values: [row.workspace_id, row.id],
    });
    await dropListing(sql, row);
    await dropEndedOrders(sql, row);
  }
  return rows[0];
}

/** Whether the database is at fault, for a while, and not what was to be stored. */
export const isPassingFault = (error: unknown): boolean => isRetryable(error);

/** A process that hangs is replaced after so long; a killed one at once. */
const LEASE_SECONDS = 30;

/** Takes a running import that nobody works on: the one that was worked on least lately, so that none holds up another. */
export async function takeImport(sql: Sql, processId: string): Promise<ImportRow | undefined> {
  const { rows } = await sql.query<ImportRow>({
    name: 'import_take',
    // every workspace: one loop works for all, by `data_import_running`.
    text: `update data_import set owner = $1, lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
           where (workspace_id, id) = (
             select workspace_id, id from data_import
             where state = 'running' and (owner is null or owner = $1 or lease_until < now()
               or not exists (select from pg_stat_activity a where a.application_name = 'segue ' || owner))
             order by lease_until nulls first, started_at, id limit 1 for update skip locked)
           returning ${COLUMNS}`,
    values: [processId],
  });
  return rows[0];
}

/** Moves the border between rows taken and rows to come; false: somebody else works on it, or it has ended. */
export async function moveImport(
  sql: Sql,
  row: Pick<ImportRow, 'workspace_id' | 'id' | 'place'>,
  to: { owner: string; place: number; lines: number; read: number; accepted: number; rejected: number },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    name: 'import_move',
    text: `update data_import set place = $5, lines = $6, rows_read = rows_read + $7, rows_accepted = rows_accepted + $8,
             rows_rejected = rows_rejected + $9, lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
           where workspace_id = $1 and id = $2 and place = $3 and owner = $4 and state = 'running'`,
    values: [row.workspace_id, row.id, row.place, to.owner, to.place, to.lines, to.read, to.accepted, to.rejected],
  });
  return rowCount === 1;
}

/** Imports nobody started for so long: what was uploaded for them goes. */
export async function listForsaken(sql: Sql, before: Date): Promise<ImportRow[]> {
  const { rows } = await sql.query<ImportRow>({
    // every workspace: retention is one for all.
    text: `select ${COLUMNS} from data_import where state = 'uploading' and created_at < $1 limit 100`,
    values: [before],
  });
  return rows;
}

/** Imports of a workspace whose file is still there. */
export async function listWithFile(sql: Sql, workspaceId: number): Promise<ImportRow[]> {
  const { rows } = await sql.query<ImportRow>({
    text: `select ${COLUMNS} from data_import where workspace_id = $1 and state in ('uploading', 'running') order by id`,
    values: [workspaceId],
  });
  return rows;
}
