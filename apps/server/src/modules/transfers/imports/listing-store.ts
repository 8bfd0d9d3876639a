import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

interface Of {
  readonly workspace_id: number;
  readonly id: string;
}

/** How far a lane of the log reached when the last row of an import was taken. */
export interface Border {
  readonly log: number;
  readonly lane: number;
  readonly head: number;
}

/** Repeats change nothing. */
export async function insertListing(sql: Sql, row: Of, nodes: readonly number[]): Promise<void> {
  if (nodes.length === 0) return;
  await sql.query({
    name: 'import_listing_insert',
    text: `insert into data_import_listing (workspace_id, import_id, node)
           select $1, $2, node from unnest($3::bigint[]) as n(node) on conflict do nothing`,
    values: [row.workspace_id, row.id, arrayLiteral(nodes)],
  });
}

/** Takes some of them off; none: all are on the list. */
export async function takeListing(sql: Sql, row: Of, limit: number): Promise<number[]> {
  const { rows } = await sql.query<{ node: number }>({
    name: 'import_listing_take',
    text: `delete from data_import_listing where workspace_id = $1 and import_id = $2 and node in (
             select node from data_import_listing where workspace_id = $1 and import_id = $2 order by node limit $3)
           returning node`,
    values: [row.workspace_id, row.id, limit],
  });
  return rows.map(({ node }) => node);
}

export async function dropListing(sql: Sql, row: Of): Promise<void> {
  await sql.query({
    text: 'delete from data_import_listing where workspace_id = $1 and import_id = $2',
    values: [row.workspace_id, row.id],
  });
}

/** Somebody is erased: no import puts her on a list any more. */
export async function dropFromListings(sql: Sql, workspaceId: number, nodes: readonly number[]): Promise<number> {
  const { rowCount } = await sql.query({
    text: 'delete from data_import_listing where workspace_id = $1 and node = any($2::bigint[])',
    values: [workspaceId, arrayLiteral(nodes)],
  });
  return rowCount;
}

/** Where the logs must be processed to before the list is filled; false: the import is somebody else's, or has ended. */
export async function setBorders(
  sql: Sql,
  row: Of,
  set: { owner: string; borders: readonly Border[] },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `update data_import set borders = $4 where workspace_id = $1 and id = $2 and owner = $3 and state = 'running'`,
    values: [row.workspace_id, row.id, set.owner, JSON.stringify(set.borders)],
  });
  return rowCount === 1;
}
