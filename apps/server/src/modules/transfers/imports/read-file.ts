import type { ColumnMapping, ImportColumn, ImportOptions } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { isJsonObject, type Json } from '../../../platform/json.ts';
import { type ReadHead, readHead } from './detect-format.ts';
import type { ImportRow } from './import-store.ts';
import { planRows, type RowPlan } from './map-row.ts';
import { isTimeZone } from './parse-time.ts';
import { readBytes } from './piece-store.ts';
import { type RawRecord, splitRecords } from './split-records.ts';
import { suggestMapping } from './suggest-mapping.ts';
import { findMissing, findTargetFault } from './targets.ts';

/** Looked at to understand a file. */
const LOOK_BYTES = 1024 * 1024;
const LOOK_ROWS = 200;

type Head = Extract<ReadHead, { kind: 'head' }>;

/** How a caller wants a file read; what is left out is as the import has it. */
export interface Wish {
  readonly mapping?: readonly ColumnMapping[] | null | undefined;
  readonly options?: ImportOptions | undefined;
}

/** The beginning of an uploaded file, understood. */
export interface OpenedFile {
  readonly head: Head;
  readonly columns: readonly ImportColumn[];
  readonly mapping: readonly ColumnMapping[] | null;
  readonly options: ImportOptions;
  readonly missing: readonly string[];
}

type Opened =
  | { readonly kind: 'opened'; readonly file: OpenedFile }
  | { readonly kind: 'refused'; readonly message: string };

/** Reads the beginning of a file and what each column is to become. */
export async function openFile(ctx: Ctx, row: ImportRow, wish: Wish): Promise<Opened> {
  const keys = await ctx.keysOf(ctx.workspaceId);
  const of = { workspaceId: ctx.workspaceId, importId: row.id, keys };
  const bytes = await readBytes(ctx.sql, of, { place: 0, bytesMin: LOOK_BYTES });
  const isLast = bytes.length >= row.size_bytes;
  const options = wish.options ?? row.options;
  const head = readHead(bytes, { format: row.format, delimiter: options.delimiter, isLast });
  if (head.kind === 'refused') return head;
  const { records } = splitRecords(bytes.subarray(head.place), {
    ...{ delimiter: head.delimiter, line: head.line, isLast },
    recordsMax: LOOK_ROWS,
  });
  const columns = suggestMapping(row.kind, columnsOf(head, records));
  const suggested = head.delimiter === undefined ? null : columns.map(({ suggestion }) => suggestion);
  const mapping = wish.mapping ?? row.mapping ?? suggested;
  const targets = mapping ?? columns.map(({ suggestion }) => suggestion);
  const given = new Set([...targets.map(({ to }) => to), ...Object.keys(options.defaults ?? {})]);
  return { kind: 'opened', file: { head, columns, mapping, options, missing: findMissing(row.kind, given) } };
}

function columnsOf(head: Head, records: readonly RawRecord[]): { name: string; values: string[] }[] {
  if (head.delimiter !== undefined) {
    return head.names.map((name, index) => ({ name, values: records.map(({ cells }) => cells[index] ?? '') }));
  }
  const values = new Map<string, string[]>();
  for (const { cells } of records) {
    for (const [name, value] of Object.entries(parseLine(cells[0] ?? ''))) {
      const known = values.get(name) ?? [];
      known.push(textOf(value));
      values.set(name, known);
    }
  }
  return [...values].map(([name, texts]) => ({ name, values: texts }));
}

function parseLine(line: string): Record<string, Json> {
  try {
    const said = JSON.parse(line) as Json;
    return isJsonObject(said) ? said : {};
  } catch {
    return {};
  }
}

function textOf(value: Json): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value);
  } catch {
    // Nested so deep that it cannot be written out again: its row is told as bad when it is judged.
    return '';
  }
}

export type ReadPlan =
  | { readonly kind: 'plan'; readonly plan: RowPlan; readonly delimiter: string | undefined; readonly file: OpenedFile }
  | { readonly kind: 'refused'; readonly message: string };

/** How the rows of an import are to be read. */
export async function planOf(ctx: Ctx, row: ImportRow, wish: Wish): Promise<ReadPlan> {
  const opened = await openFile(ctx, row, wish);
  if (opened.kind === 'refused') return opened;
  const { head, mapping, options } = opened.file;
  const names = head.delimiter === undefined ? undefined : head.names;
  return {
    kind: 'plan',
    plan: planRows(row.kind, { names, mapping, options }),
    delimiter: head.delimiter,
    file: opened.file,
  };
}

/** As `planOf`; what is wrong with file, mapping or options is the caller's to put right. */
export async function requirePlan(ctx: Ctx, row: ImportRow, wish: Wish): Promise<Extract<ReadPlan, { kind: 'plan' }>> {
  requireFit(row, wish);
  const read = await planOf(ctx, row, wish);
  if (read.kind === 'refused') throw unfit('file', read.message);
  const { head, mapping, missing } = read.file;
  const unknown = (mapping ?? []).find(({ column }) => head.delimiter !== undefined && !head.names.includes(column));
  if (unknown !== undefined) {
    throw unfit(
      'mapping',
      `the file has no column "${unknown.column}"; it has ${head.names.map((name) => `"${name}"`).join(', ')}`,
    );
  }
  if (missing.length > 0) {
    throw unfit(
      'mapping',
      `nothing gives ${missing.join(', nor ')}; map a column to it or give it in options.defaults`,
    );
  }
  return read;
}

/** What can be told without the file. */
export function requireFit({ kind }: Pick<ImportRow, 'kind'>, { mapping, options }: Wish): void {
  const details: { field: string; message: string }[] = [];
  for (const [index, { to }] of (mapping ?? []).entries()) {
    const fault = findTargetFault(kind, to);
    if (fault !== undefined) details.push({ field: `mapping[${index}].to`, message: `"${to}" ${fault}` });
  }
  for (const to of Object.keys(options?.defaults ?? {})) {
    const fault = to === 'ignore' ? 'gives nothing; leave it out' : findTargetFault(kind, to);
    if (fault !== undefined) details.push({ field: `options.defaults.${to}`, message: fault });
  }
  const { timeZone } = options ?? {};
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    details.push({ field: 'options.timeZone', message: 'is no time zone; give one like "Europe/Berlin"' });
  }
  if (details.length > 0) throw new AppError('invalid', 'The import does not fit', { details });
}

function unfit(field: string, message: string): AppError {
  return new AppError('invalid', 'The import cannot be read so', { details: [{ field, message }] });
}
