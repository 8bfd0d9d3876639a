import type { JsonObject } from '../json.ts';
import { arrayLiteral, type Sql } from '../postgres/index.ts';
import type { PersonalSubject } from './personal-data.ts';

/** Where a table says whom a row is about. Names are code, never input. */
export interface PersonalTable {
  readonly table: string;
  /** What an item of it is called in an export; undefined: it says nothing that others do not. */
  readonly kind?: string;
  /** Columns with a profile, a node, or a list of nodes. Any of them makes a row hers. */
  readonly profiles?: readonly string[];
  readonly nodes?: readonly string[];
  /** Unique among hers. */
  readonly order: readonly string[];
  /** Bytes that are opened for an export; all other bytes are left out of it. */
  readonly sealed?: readonly string[];
  readonly hidden?: readonly string[];
}

function isHers({ profiles = [], nodes = [] }: PersonalTable): string {
  return [
    ...profiles.map((column) => `${column} = any($2::uuid[])`),
    ...nodes.map((column) => `${column} = any($3::bigint[])`),
    // So that both are used, whatever the table has.
    '(cardinality($2::uuid[]) + cardinality($3::bigint[]) < 0)',
  ].join(' or ');
}

export async function deletePersonalRows(
  sql: Sql,
  workspaceId: number,
  { table, subject }: { table: PersonalTable; subject: PersonalSubject },
): Promise<number> {
  const { rowCount } = await sql.query({
    text: `delete from ${table.table} where workspace_id = $1 and (${isHers(table)})`,
    values: [workspaceId, subject.profileIds, arrayLiteral(subject.nodes)],
  });
  return rowCount;
}

export interface PersonalRow {
  readonly row: JsonObject;
  readonly [sealed: `sealed_${number}`]: Buffer | null;
}

export async function pagePersonalRows(
  sql: Sql,
  workspaceId: number,
  page: { table: PersonalTable; subject: PersonalSubject; limit: number; offset: number },
): Promise<PersonalRow[]> {
  const { table, subject } = page;
  const sealed = table.sealed ?? [];
  const { rows } = await sql.query<PersonalRow>({
    text: `select to_jsonb(t) - $6::text[] as row ${sealed.map((column, at) => `, ${column} as sealed_${at}`).join('')}
           from ${table.table} t where workspace_id = $1 and (${isHers(table)})
           order by ${table.order.join(', ')} limit $4 offset $5`,
    values: [
      workspaceId,
      subject.profileIds,
      arrayLiteral(subject.nodes),
      page.limit,
      page.offset,
      ['workspace_id', ...sealed, ...(table.hidden ?? [])],
    ],
  });
  return rows;
}
