import type { Ctx } from '../context.ts';
import type { Json, JsonObject } from '../json.ts';
import type { PersonalDataKeeper, PersonalItem, PersonalSubject } from './personal-data.ts';
import {
  deletePersonalRows,
  pagePersonalRows,
  type PersonalRow,
  type PersonalTable,
  type ToldTable,
} from './personal-store.ts';

const PAGE_ROWS = 200;

/** Opens a sealed column of a page of rows; undefined where there is nothing to open. */
type Opener = (ctx: Ctx, column: string, rows: readonly SealedRow[]) => Promise<readonly (Json | undefined)[]>;

export interface SealedRow {
  readonly row: JsonObject;
  readonly sealed: Buffer | null;
}

/** Keeps what lies in tables that say whom a row is about. */
export function createTableKeeper(options: {
  name: string;
  /** Erased in this order. */
  tables: readonly PersonalTable[];
  open?: Opener;
}): PersonalDataKeeper {
  const { name, tables, open } = options;
  const untold = tables.flatMap((table) => (table.kind === undefined ? [[table.table, table.untold]] : []));
  return {
    name,
    untold: Object.fromEntries(untold) as Record<string, string>,
    async *export(ctx, subject) {
      for (const table of tables) if (table.kind !== undefined) yield* exportTable(ctx, { table, subject, open });
    },
    async erase(ctx, subject) {
      let rows = 0;
      for (const table of tables) rows += await deletePersonalRows(ctx.sql, ctx.workspaceId, { table, subject });
      return { rows };
    },
  };
}

async function* exportTable(
  ctx: Ctx,
  { table, subject, open }: { table: ToldTable; subject: PersonalSubject; open: Opener | undefined },
): AsyncIterable<PersonalItem> {
  for (let after: string | undefined; ;) {
    const page = { table, subject, limit: PAGE_ROWS, after };
    const rows = await pagePersonalRows(ctx.sql, ctx.workspaceId, page);
    const items = rows.map(({ row }) => readable(row));
    for (const [at, column] of (table.sealed ?? []).entries()) {
      const sealed = rows.map((row: PersonalRow) => ({ row: row.row, sealed: row[`sealed_${at}`] ?? null }));
      const opened = (await open?.(ctx, column, sealed)) ?? [];
      fill(items, camelCase(column), opened);
    }
    for (const data of items) yield { kind: table.kind, data };
    if (rows.length < PAGE_ROWS) return;
    after = rows.at(-1)!.place;
  }
}

function fill(items: readonly JsonObject[], name: string, values: readonly (Json | undefined)[]): void {
  for (const [at, value] of values.entries()) if (value !== undefined) items[at]![name] = value;
}

/** Columns as people write them, without those that say nothing. */
function readable(row: JsonObject): JsonObject {
  const kept = Object.entries(row).filter(([, value]) => value !== null);
  return Object.fromEntries(kept.map(([column, value]) => [camelCase(column), value]));
}

function camelCase(column: string): string {
  return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
