import type { Readable } from 'node:stream';
import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import { parseLossless } from '../lossless-json.ts';
import { CsvRows, UnreadableFile } from './csv-rows.ts';

/** A row of a file as fields; empty ones are not there. */
export type ReadRow =
  | { readonly kind: 'row'; readonly line: number; readonly fields: JsonObject }
  | { readonly kind: 'bad'; readonly line: number; readonly column: string; readonly message: string };

const LINE_CHARS_MAX = 1_000_000;
const NOT_TEXT = /[\0\p{Surrogate}]/u;

/** Reads a file row by row while it comes; never more of it than a row and a piece of the stream is held. */
export async function* readRows(
  file: Readable,
  { format, bytesMax }: { format: 'csv' | 'ndjson'; bytesMax: number },
): AsyncIterable<ReadRow> {
  const read = format === 'csv' ? csvReader() : ndjsonReader();
  const decoder = new TextDecoder();
  let size = 0;
  for await (const chunk of file) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size > bytesMax) throw new UnreadableFile(0, `is larger than ${bytesMax} bytes; send it in parts`);
    yield* read(decoder.decode(bytes, { stream: true }), false);
  }
  yield* read(decoder.decode(), true);
}

type Reader = (chunk: string, isLast: boolean) => Iterable<ReadRow>;

function csvReader(): Reader {
  const rows = new CsvRows();
  let names: readonly string[] | undefined;
  return function* (chunk, isLast) {
    for (const { line, cells } of rows.push(chunk, isLast)) {
      if (names === undefined) {
        names = cells.map((name) => name.trim().toLowerCase());
        continue;
      }
      if (cells.length > names.length) {
        yield {
          kind: 'bad',
          line,
          column: '',
          message: `has ${cells.length} cells, and the file ${names.length} columns`,
        };
        continue;
      }
      const fields = cells.flatMap((cell, at): [string, Json][] =>
        cell.trim() === '' ? [] : [[names![at]!, cell.trim()]],
      );
      yield judged(line, Object.fromEntries(fields));
    }
  };
}

function ndjsonReader(): Reader {
  let text = '';
  let line = 0;
  return function* (chunk, isLast) {
    text += chunk;
    const lines = text.split('\n');
    text = isLast ? '' : lines.pop()!;
    if (text.length > LINE_CHARS_MAX)
      throw new UnreadableFile(line + 1, 'has a line of more than 1,000,000 characters');
    for (const one of lines) {
      line++;
      if (one.trim() === '') continue;
      const fields = parse(one);
      if (fields === undefined) yield { kind: 'bad', line, column: '', message: 'is no JSON object' };
      else yield judged(line, fields);
    }
  };
}

function parse(line: string): JsonObject | undefined {
  try {
    const json = parseLossless(line);
    return isJsonObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function judged(line: number, fields: JsonObject): ReadRow {
  const column = Object.keys(fields).find((name) => NOT_TEXT.test(name) || NOT_TEXT.test(textsIn(fields[name]!)));
  if (column === undefined) return { kind: 'row', line, fields };
  return {
    kind: 'bad',
    line,
    column: NOT_TEXT.test(column) ? '' : column,
    message: 'holds a character that is not text',
  };
}

/** All texts within, one after the other. */
function textsIn(value: Json): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textsIn).join('\n');
  if (!isJsonObject(value)) return '';
  return Object.entries(value)
    .map(([name, inner]) => `${name}\n${textsIn(inner)}`)
    .join('\n');
}
