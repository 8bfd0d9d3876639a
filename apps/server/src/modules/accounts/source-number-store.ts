import type { Sql } from '../../platform/postgres/index.ts';

/** A source with the number its events carry. */
export interface NumberedSource {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly isEnabled: boolean;
  readonly isTrusted: boolean;
}

/** All sources of a workspace, oldest first: a handful. */
export async function listNumberedSources(sql: Sql, workspaceId: number): Promise<NumberedSource[]> {
  const { rows } = await sql.query<NumberedSource>({
    name: 'source_numbers',
    text: `select id, number, name, enabled as "isEnabled", trusted as "isTrusted"
           from source where workspace_id = $1 order by number`,
    values: [workspaceId],
  });
  return rows;
}
