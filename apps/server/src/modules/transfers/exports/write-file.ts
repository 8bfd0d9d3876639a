import type { ExportFormat } from '@segue/contract';
import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import type { Json, JsonObject } from '../../../platform/json.ts';
import { columnType, columnValue } from './columns.ts';
import { csvLine } from './csv-line.ts';
import { toCellText } from './cell-text.ts';

export const FILE_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
};

type Pages = AsyncIterable<readonly JsonObject[]>;

/** Rows as CSV with a first line of names. */
export async function* writeCsv(pages: Pages, columns: readonly string[]): AsyncIterable<string> {
  yield csvLine(columns);
  for await (const rows of pages) {
    const lines = rows.map((row) => csvLine(columns.map((column) => toCellText(columnValue(row, column), column))));
    if (lines.length > 0) yield lines.join('');
  }
}

/** One JSON object a line: whole, or of what was asked for only. */
export async function* writeNdjson(pages: Pages, columns: readonly string[] | undefined): AsyncIterable<string> {
  for await (const rows of pages) {
    const lines = rows.map(
      (row) => `${JSON.stringify(columns === undefined ? withoutNulls(row) : pick(row, columns))}\n`,
    );
    if (lines.length > 0) yield lines.join('');
  }
}

function withoutNulls(row: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}

function pick(row: JsonObject, columns: readonly string[]): JsonObject {
  return Object.fromEntries(columns.map((column) => [column, columnValue(row, column) ?? null]));
}

/** In memory at once; small enough for hundreds of columns. */
const GROUP_ROWS = 10_000;

/** Rows as Parquet, a row group at a time; what the file holds is told at its end, as the format has it. */
export async function* writeParquet(pages: Pages, columns: readonly string[]): AsyncIterable<Uint8Array> {
  const writer = new ByteWriter();
  const sources = (rows: readonly JsonObject[]) =>
    columns.map((column) => {
      const type = columnType(column);
      return {
        name: column,
        type,
        nullable: true,
        data: rows.map((row) => parquetValue(columnValue(row, column), type)),
      };
    });
  const parquet = new ParquetWriter({
    writer,
    schema: schemaFromColumnData({ columnData: sources([]) }),
    createdBy: 'Segue',
  });
  const take = (): Uint8Array => {
    const bytes = Uint8Array.from(writer.getBytes());
    writer.index = 0;
    return bytes;
  };
  let group: JsonObject[] = [];
  for await (const rows of pages) {
    group.push(...rows);
    if (group.length < GROUP_ROWS) continue;
    await parquet.write({ columnData: sources(group), rowGroupSize: GROUP_ROWS * 2 });
    group = [];
    yield take();
  }
  if (group.length > 0) await parquet.write({ columnData: sources(group), rowGroupSize: GROUP_ROWS * 2 });
  await parquet.finish();
  yield take();
}

function parquetValue(value: Json | undefined, type: 'TIMESTAMP' | 'STRING' | 'JSON'): unknown {
  if (value === undefined || value === null) return undefined;
  if (type === 'JSON') return value;
  if (type === 'STRING') return typeof value === 'string' ? value : JSON.stringify(value);
  return typeof value === 'string' ? new Date(value) : undefined;
}
