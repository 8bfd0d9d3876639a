import { CsvError, parse } from 'csv-parse/sync';

export type ReadListCsv =
  | { readonly kind: 'rows'; readonly rows: Record<string, string>[] }
  | { readonly kind: 'refused'; readonly message: string };

/**
 * The rows of a CSV text by the names in its first line (RFC 4180; also with semicolons, tabs and a byte order mark, as
 * spreadsheets write it). Lines that hold nothing are left out. Pure.
 */
export function readListCsv(text: string): ReadListCsv {
  try {
    const rows: Record<string, string>[] = parse(text, {
      bom: true,
      columns: (names: string[]) => names.map((name) => name.trim()),
      delimiter: [',', ';', '\t'],
      relax_column_count_less: true,
      skip_records_with_empty_values: true,
      trim: true,
    });
    if (rows.length === 0) return { kind: 'refused', message: 'has no rows; begin with a line of column names' };
    return { kind: 'rows', rows };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = (error as CsvError & { lines?: number }).lines;
    return {
      kind: 'refused',
      message: `cannot be read${line === undefined ? '' : ` at line ${line}`}: ${error.message}`,
    };
  }
}
