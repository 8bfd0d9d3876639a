import { CsvError, parse } from 'csv-parse/sync';
import { isJsonObject, type Json } from '../../../platform/json.ts';
import { normaliseCode } from '../codes/code-text.ts';

export type ReadRows =
  | { readonly kind: 'rows'; readonly rows: Record<string, Json>[] }
  | { readonly kind: 'refused'; readonly message: string };

/** The rows of a CSV text by the names in its first line (RFC 4180; also with semicolons or tabs, as spreadsheets write it). Pure. */
export function readCodeCsv(text: string): ReadRows {
  try {
    const rows: Record<string, string>[] = parse(text, {
      bom: true,
      columns: (names: string[]) => names.map((name) => name.trim().toLowerCase()),
      delimiter: [',', ';', '\t'],
      relax_column_count_less: true,
      skip_empty_lines: true,
      trim: true,
    });
    if (rows.length === 0) return { kind: 'refused', message: 'has no rows; begin with a line of column names' };
    return { kind: 'rows', rows };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { kind: 'refused', message: `cannot be read: ${error.message}` };
  }
}

/** The rows of a text with one JSON object a line. Pure. */
export function readCodeLines(text: string): ReadRows {
  const rows: Record<string, Json>[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const row = parseLine(line);
    if (row === undefined) return { kind: 'refused', message: `holds no JSON object in line ${at + 1}` };
    rows.push(row);
  }
  return rows.length === 0 ? { kind: 'refused', message: 'has no rows' } : { kind: 'rows', rows };
}

function parseLine(line: string): Record<string, Json> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export interface CodeRowRead {
  /** From 1. */
  readonly line: number;
  readonly code: string;
  readonly normalised: string;
  /** Like "email:ada@example.com", as it stands there. */
  readonly recipient: string | undefined;
}

export interface LineFault {
  readonly line: number;
  readonly message: string;
}

const LENGTH_MIN = 3;
const LENGTH_MAX = 64;

/** Understands the rows of a file of codes; one that repeats an earlier line is a fault that names it. Pure. */
export function readCodeRows(rows: readonly Readonly<Record<string, unknown>>[]): {
  read: CodeRowRead[];
  faults: LineFault[];
} {
  const read: CodeRowRead[] = [];
  const faults: LineFault[] = [];
  const lineOf = new Map<string, number>();
  for (const [at, row] of rows.entries()) {
    const line = at + 1;
    const given = row['code'];
    const code = typeof given === 'number' ? String(given) : typeof given === 'string' ? given.trim() : '';
    const normalised = normaliseCode(code);
    const before = lineOf.get(normalised);
    const message = faultOf({ code, normalised, before, recipient: row['recipient'] });
    if (message !== undefined) {
      faults.push({ line, message });
      continue;
    }
    lineOf.set(normalised, line);
    const recipient = typeof row['recipient'] === 'string' ? row['recipient'].trim() : '';
    read.push({ line, code, normalised, recipient: recipient === '' ? undefined : recipient });
  }
  return { read, faults };
}

function faultOf(row: {
  code: string;
  normalised: string;
  before: number | undefined;
  recipient: unknown;
}): string | undefined {
  if (row.code === '') return 'has no code; give it in the column "code"';
  if (row.normalised.length < LENGTH_MIN) return `is too short; use at least ${LENGTH_MIN} letters and digits`;
  if (row.code.length > LENGTH_MAX) return `is too long; use at most ${LENGTH_MAX} characters`;
  if (row.before !== undefined) return `repeats the code of line ${row.before}; leave one out`;
  const { recipient } = row;
  if (recipient === undefined || recipient === null || typeof recipient === 'string') return undefined;
  return 'has a recipient that is no text; write it like "email:ada@example.com"';
}
