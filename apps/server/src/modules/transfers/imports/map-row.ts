import type { CellType, ColumnMapping, ImportKind, ImportOptions } from '@segue/contract';
import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import { openGuard } from '../formula-guard.ts';
import { readCell } from './read-cell.ts';
import { suggestColumn } from './suggest-mapping.ts';
import { typeOf } from './targets.ts';

/** How the rows of one import are read. */
export interface RowPlan {
  readonly kind: ImportKind;
  /** Of CSV, in the order of its columns; of NDJSON those that are mapped. */
  readonly fields: readonly Field[];
  /** NDJSON without a mapping: fields nobody foresaw are taken as their names say. */
  readonly takesOthers: boolean;
  /** Whether a row is cells, not one JSON object. */
  readonly isCells: boolean;
  readonly options: ImportOptions;
}

export interface Field {
  readonly column: string;
  /** Undefined: left out. */
  readonly path: readonly string[] | undefined;
  readonly to: string;
  readonly type: CellType;
}

/** What a row says, by target; `traits`, `properties` and `products` are objects. */
export type RowValues = Record<string, Json>;

export type MappedRow =
  | { readonly kind: 'row'; readonly values: RowValues }
  | { readonly kind: 'wrong'; readonly column: string; readonly message: string };

/** `names`: the columns of CSV in their order; undefined: NDJSON. Pure. */
export function planRows(
  kind: ImportKind,
  file: { names: readonly string[] | undefined; mapping: readonly ColumnMapping[] | null; options: ImportOptions },
): RowPlan {
  const { names, mapping, options } = file;
  const byColumn = new Map((mapping ?? []).map((one) => [one.column, one]));
  const fields = (names ?? [...byColumn.keys()]).map((column) =>
    toField(byColumn.get(column) ?? { column, to: 'ignore' }),
  );
  return { kind, fields, takesOthers: names === undefined && mapping === null, isCells: names !== undefined, options };
}

function toField(mapping: ColumnMapping): Field {
  const { column, to } = mapping;
  return { column, to, path: to === 'ignore' ? undefined : to.split('.'), type: typeOf(mapping) };
}

/** One row of CSV by its cells. Cells that are empty say nothing: they take nothing away. Pure. */
export function mapCells(plan: RowPlan, cells: readonly string[]): MappedRow {
  if (cells.length > plan.fields.length && cells.slice(plan.fields.length).some((cell) => cell.trim() !== '')) {
    const message = `has ${cells.length} cells where the first line has ${plan.fields.length} columns; put texts that hold the delimiter in quotes`;
    return { kind: 'wrong', column: '', message };
  }
  const values: RowValues = {};
  for (const [index, field] of plan.fields.entries()) {
    const text = openGuard((cells[index] ?? '').trim());
    if (field.path === undefined || text === '') continue;
    const cell = readCell(text, { type: field.type, name: field.path.at(-1)!, times: plan.options });
    if (cell.kind === 'wrong') return { kind: 'wrong', column: field.column, message: cell.message };
    const fault = put(values, field, cell.value);
    if (fault !== undefined) return { kind: 'wrong', column: field.column, message: fault };
  }
  return withDefaults(plan, values);
}

/** One line of NDJSON. Its values keep their types; of texts only times and amounts are read. Pure. */
export function mapJson(plan: RowPlan, line: string): MappedRow {
  const said = parseObject(line);
  if (said === undefined)
    return { kind: 'wrong', column: '', message: 'is no JSON object; write one object on each line' };
  const values: RowValues = {};
  for (const field of fieldsOf(plan, said)) {
    const value = valueAt(said, field.column);
    if (field.path === undefined || value === undefined || value === null || value === '') continue;
    const read = readJsonValue(plan, field, value);
    if (read.kind === 'wrong') return { kind: 'wrong', column: field.column, message: read.message };
    const fault = put(values, field, read.value);
    if (fault !== undefined) return { kind: 'wrong', column: field.column, message: fault };
  }
  return withDefaults(plan, values);
}

function readJsonValue(plan: RowPlan, field: Field, value: Json) {
  const isRead = field.type === 'time' || field.type === 'number' || field.type === 'boolean';
  if (isRead && (typeof value === 'string' || (typeof value === 'number' && field.type === 'time'))) {
    return readCell(String(value).trim(), { type: field.type, name: field.column, times: plan.options });
  }
  return { kind: 'value' as const, value: field.type === 'text' && typeof value === 'number' ? String(value) : value };
}

function parseObject(line: string): JsonObject | undefined {
  try {
    const said = JSON.parse(line) as Json;
    return isJsonObject(said) ? said : undefined;
  } catch {
    return undefined;
  }
}

const suggested = new Map<string, Field>();
const SUGGESTED_MAX = 10_000;
/** A name may be as long as its row. */
const SUGGESTED_CHARS_MAX = 200;

function fieldsOf(plan: RowPlan, said: JsonObject): readonly Field[] {
  if (!plan.takesOthers) return plan.fields;
  return Object.keys(said).map((column) => {
    const key = `${plan.kind}\n${column}`;
    let field = suggested.get(key);
    if (field === undefined) {
      field = toField(suggestColumn(plan.kind, column));
      if (suggested.size < SUGGESTED_MAX && key.length <= SUGGESTED_CHARS_MAX) suggested.set(key, field);
    }
    return field;
  });
}

/** A field by its name, or by its path where no field is called so. */
function valueAt(said: JsonObject, column: string): Json | undefined {
  if (Object.hasOwn(said, column)) return said[column];
  let at: Json | undefined = said;
  for (const step of column.split('.')) {
    if (!isJsonObject(at) || !Object.hasOwn(at, step)) return undefined;
    at = at[step];
  }
  return at;
}

function put(values: RowValues, { path, to }: Field, value: Json): string | undefined {
  const [root, ...below] = path!;
  if (below.length === 0) return putWhole(values, to, value);
  let at = (values[root!] ??= {}) as JsonObject;
  if (Array.isArray(at)) return 'gives a field of a product where another column gives all products; map one of both';
  for (const step of below.slice(0, -1)) {
    const inner = Object.hasOwn(at, step) ? at[step] : undefined;
    at = isJsonObject(inner) ? inner : ((at[step] = {}) as JsonObject);
  }
  at[below.at(-1)!] = value;
  return undefined;
}

function putWhole(values: RowValues, to: string, value: Json): string | undefined {
  if (to === 'products') {
    if (!Array.isArray(value) || !value.every(isJsonObject))
      return 'is no list of products; write [{"sku":"…","price":1.5}]';
    values[to] = value;
  } else if (to === 'traits' || to === 'properties') {
    if (!isJsonObject(value)) return 'is no object; write it like {"name":"value"}';
    values[to] = { ...value, ...(values[to] as JsonObject | undefined) };
  } else if (to !== 'isConfirmed' && typeof value === 'object') {
    return 'is a list or an object where one value is needed';
  } else if (!Object.hasOwn(values, to)) {
    values[to] = value;
  }
  return undefined;
}

function withDefaults(plan: RowPlan, values: RowValues): MappedRow {
  const { defaults } = plan.options;
  if (defaults === undefined) return { kind: 'row', values };
  for (const [to, text] of Object.entries(defaults)) {
    const field = toField({ column: to, to });
    const [root, ...below] = field.path!;
    const given = below.length === 0 ? values[root!] : valueAt((values[root!] ?? {}) as JsonObject, below.join('.'));
    if (given !== undefined) continue;
    const cell = readCell(text, { type: field.type, name: to, times: plan.options });
    if (cell.kind === 'wrong') return { kind: 'wrong', column: to, message: `the default ${cell.message}` };
    put(values, field, cell.value);
  }
  return { kind: 'row', values };
}
