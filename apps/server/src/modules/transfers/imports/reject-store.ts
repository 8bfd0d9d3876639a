import type { Sql } from '../../../platform/postgres/index.ts';

export interface RejectRow {
  line: number;
  at_column: string;
  message: string;
  sealed: Buffer | null;
}

/** Further ones are counted, not kept. */
export const REJECTS_MAX = 100_000;

export async function insertRejects(
  sql: Sql,
  of: { workspaceId: number; importId: string },
  rejects: readonly RejectRow[],
): Promise<void> {
  if (rejects.length === 0) return;
  const hex = (bytes: Buffer | null): string | null => bytes && bytes.toString('hex');
  await sql.query({
    name: 'import_reject_insert',
    text: `insert into data_import_reject (workspace_id, import_id, line, at_column, message, sealed)
           select $1, $2, line, at_column, message, decode(sealed, 'hex')
           from unnest($3::bigint[], $4::text[], $5::text[], $6::text[]) as r(line, at_column, message, sealed)
           on conflict do nothing`,
    values: [
      of.workspaceId,
      of.importId,
      rejects.map(({ line }) => line),
      rejects.map(({ at_column }) => at_column),
      rejects.map(({ message }) => message),
      rejects.map(({ sealed }) => hex(sealed)),
    ],
  });
}

/** By line. */
export async function pageRejects(
  sql: Sql,
  of: { workspaceId: number; importId: string },
  page: { afterLine: number; limit: number },
): Promise<RejectRow[]> {
  const { rows } = await sql.query<RejectRow>({
    name: 'import_reject_page',
    text: `select line, at_column, message, sealed from data_import_reject
           where workspace_id = $1 and import_id = $2 and line > $3 order by line limit $4`,
    values: [of.workspaceId, of.importId, page.afterLine, page.limit],
  });
  return rows;
}

export async function deleteRejects(
  sql: Sql,
  of: { workspaceId: number; importId: string },
  lines: readonly number[],
): Promise<number> {
  if (lines.length === 0) return 0;
  const { rowCount } = await sql.query({
    text: 'delete from data_import_reject where workspace_id = $1 and import_id = $2 and line = any($3::bigint[])',
    values: [of.workspaceId, of.importId, lines],
  });
  return rowCount;
}

/** Imports of a workspace that have rejected rows. */
export async function listRejecting(sql: Sql, workspaceId: number): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>({
    text: `select id from data_import i where workspace_id = $1
             and exists (select from data_import_reject r where r.workspace_id = $1 and r.import_id = i.id) order by id`,
    values: [workspaceId],
  });
  return rows.map(({ id }) => id);
}

/** Forgets rejected rows of imports that ended before; answers how many. */
export async function forgetRejects(sql: Sql, options: { before: Date; limit: number }): Promise<number> {
  const { rowCount } = await sql.query({
    // every workspace: retention is one for all.
    text: `delete from data_import_reject where ctid = any(array(
             select r.ctid from data_import_reject r
             join data_import i on i.workspace_id = r.workspace_id and i.id = r.import_id
             where i.ended_at < $1 limit $2))`,
    values: [options.before, options.limit],
  });
  return rowCount;
}
