import type { JsonObject } from '../json.ts';
import { arrayLiteral, type Sql } from '../postgres/index.ts';
import type { PersonalSubject } from './personal-data.ts';

/** Where a table says whom a row is about. Names are code, never input. */
export type PersonalTable = PersonalColumns & (ToldTable | { readonly kind?: undefined; readonly untold: string });

export type ToldTable = PersonalColumns & {
  /** What an item of it is called in an export. */
  readonly kind: string;
};

interface PersonalColumns {
  readonly table: string;
  /** Columns with a profile, a node, or a list of nodes. Any of them makes a row hers. */
  readonly profiles?: readonly string[];
  readonly nodes?: readonly string[];
  /** Unique among hers, and never null. */
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
  /** The place behind it, as text: numbers of the engine are larger than ours. */
  readonly place: string;
  readonly [sealed: `sealed_${number}`]: Buffer | null;
}

/** Behind `after`, so that what comes and goes between two pages is neither skipped nor told twice. */
export async function pagePersonalRows(
  sql: Sql,
  workspaceId: number,
  page: { table: PersonalTable; subject: PersonalSubject; limit: number; after: string | undefined },
): Promise<PersonalRow[]> {
  const { table, subject } = page;
  const sealed = table.sealed ?? [];
  const place = table.order.map((column) => `'${column}', t.${column}`).join(', ');
  const { rows } = await sql.query<PersonalRow>({
    text: `select to_jsonb(t) - $6::text[] as row, jsonb_build_object(${place})::text as place
             ${sealed.map((column, at) => `, ${column} as sealed_${at}`).join('')}
           from ${table.table} t
           where workspace_id = $1 and (${isHers(table)}) and ($5::jsonb is null or
             (${table.order.map((column) => `t.${column}`).join(', ')}) >
             (select ${table.order.join(', ')} from jsonb_populate_record(null::${table.table}, $5::jsonb)))
           order by ${table.order.join(', ')} limit $4`,
    values: [
      workspaceId,
      subject.profileIds,
      arrayLiteral(subject.nodes),
      page.limit,
      page.after ?? null,
      ['workspace_id', ...sealed, ...(table.hidden ?? [])],
    ],
  });
  return rows;
}
