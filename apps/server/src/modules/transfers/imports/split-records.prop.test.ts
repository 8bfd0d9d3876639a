import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type RawRecord, splitRecords } from './split-records.ts';

const cell = fc.string({ unit: fc.constantFrom('a', 'ü', '"', ',', ';', '\n', '\r\n', ' ', '1', '') });
const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 });
const written = fc.record({
  rows: table,
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  lineBreak: fc.constantFrom('\n', '\r\n'),
  endsWithBreak: fc.boolean(),
});

function write({
  rows,
  delimiter,
  lineBreak,
  endsWithBreak,
}: {
  rows: string[][];
  delimiter: string;
  lineBreak: string;
  endsWithBreak: boolean;
}): string {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = rows.map((cells) => cells.map((text) => (/^[a1ü]*$/.test(text) ? text : quote(text))).join(delimiter));
  return lines.join(lineBreak) + (endsWithBreak ? lineBreak : '');
}

/** Everything, in windows that grow by so many bytes, as a file is read. */
function readInWindows(bytes: Buffer, delimiter: string, step: number): RawRecord[] {
  const records: RawRecord[] = [];
  for (let [at, line, size] = [0, 1, step]; at < bytes.length;) {
    const window = bytes.subarray(at, at + size);
    const isLast = at + window.length === bytes.length;
    const split = splitRecords(window, { delimiter, line, isLast, recordsMax: 3 });
    records.push(...split.records);
    size = split.end === 0 ? size + step : step;
    at += split.end;
    line = split.line;
  }
  return records;
}

it('what CSV says is read as an independent reader reads it, however the file is cut', () => {
  fc.assert(
    fc.property(written, fc.integer({ min: 1, max: 40 }), (file, step) => {
      const text = write(file);
      const expected = (parse(text, { delimiter: file.delimiter, relax_column_count: true }) as string[][]).filter(
        (cells) => cells.some((one) => one.trim() !== ''),
      );
      const bytes = Buffer.from(text);
      const records = readInWindows(bytes, file.delimiter, step);
      expect(records.map(({ cells }) => cells)).toEqual(expected);
      // The line each names is the line it begins in.
      const lineOf = (cells: readonly string[]) => records.find((record) => record.cells === cells)!.line;
      const starts = records.map(({ line }) => line);
      expect(starts).toEqual([...starts].sort((a, b) => a - b));
      for (const { cells } of records) expect(lineOf(cells)).toBeLessThanOrEqual(text.split(/\r\n|\n/).length);
    }),
  );
});

it('whatever bytes a file holds, reading it ends and passes over none of them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 60 }), (raw, step) => {
      const bytes = Buffer.from(raw);
      const records = readInWindows(bytes, ',', step);
      for (const [i, { start, end }] of records.entries()) expect(end, String(i)).toBeGreaterThan(start);
    }),
  );
});
