import { isUtf8 } from 'node:buffer';
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

/** Everything, in windows of these sizes in turn, each grown until something of it can be read, as a file is read. */
function readInWindows(
  bytes: Buffer,
  delimiter: string | undefined,
  windows: { sizes: readonly number[]; recordsMax?: number; recordBytesMax?: number },
): (RawRecord & { place: number })[] {
  const { sizes, recordsMax = 3, ...limit } = windows;
  const records: (RawRecord & { place: number })[] = [];
  let [at, line, isInside, turn] = [0, 1, false, 0];
  for (let size = sizes[0]!; at < bytes.length;) {
    const window = bytes.subarray(at, at + size);
    const isLast = at + window.length === bytes.length;
    const split = splitRecords(window, { delimiter, line, isLast, recordsMax, isInside, ...limit });
    for (const record of split.records) records.push({ ...record, place: at + record.start });
    const { length } = sizes;
    size = split.end === 0 ? size + sizes[turn % length]! : sizes[turn++ % length]!;
    at += split.end;
    ({ line, isInside } = split);
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
      const records = readInWindows(bytes, file.delimiter, { sizes: [step] });
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
      const records = readInWindows(bytes, ',', { sizes: [step] });
      for (const [i, { start, end }] of records.entries()) expect(end, String(i)).toBeGreaterThan(start);
    }),
  );
});

interface Told {
  readonly place: number;
  readonly line: number;
  readonly isBad: boolean;
  /** Of a good row. */
  readonly cells: readonly string[] | undefined;
}

const CELL = / *"(?:[^"]|"")*"(?!") *|(?! *")[^,\n\r]*/.source;
const CSV_ROW = new RegExp(`(?:${CELL})(?:,(?:${CELL}))*(?=\\r|\\n|$)`, 'y');
const LINE = /[^\r\n]*/y;
const BREAK = /\r\n|\r|\n|$/y;

/** The whole file at once, a letter a byte: a row is what a pattern says is one, else its first line is bad. */
function readWhole(bytes: Buffer, isCsv: boolean, recordBytesMax: number): Told[] {
  const text = bytes.toString('latin1');
  const at = (pattern: RegExp, place: number): string | undefined => {
    pattern.lastIndex = place;
    return pattern.exec(text)?.[0];
  };
  const utf8 = (piece: string): string => Buffer.from(piece, 'latin1').toString('utf8');
  const told: Told[] = [];
  for (let place = 0; place < text.length;) {
    const found = at(isCsv ? CSV_ROW : LINE, place);
    const isRow = found !== undefined && found.length <= recordBytesMax;
    const row = isRow ? found : at(LINE, place)!;
    const end = place + row.length + at(BREAK, place + row.length)!.length;
    const cells = isCsv ? [...`,${row}`.matchAll(new RegExp(`,(${CELL})`, 'g'))].map(([, cell]) => cell!) : [row];
    const texts = cells.map((cell) =>
      isCsv && /^ *"/.test(cell) ? cell.trim().slice(1, -1).replaceAll('""', '"') : cell,
    );
    const isBad = !isRow || !isUtf8(bytes.subarray(place, end));
    const line = (text.slice(0, place).match(/\r\n|\r|\n/g)?.length ?? 0) + 1;
    if (isBad || texts.some((cell) => utf8(cell).trim() !== '')) {
      told.push({ place, line, isBad, cells: isBad ? undefined : texts.map(utf8) });
    }
    place = end;
  }
  return told;
}

const piece = fc.constantFrom(
  'a',
  'ü',
  '"',
  '"',
  '""',
  ',',
  ',',
  '\n',
  '\n',
  '\r\n',
  '\r',
  ' ',
  '"a"',
  '"b\n"',
  'long long long',
);
const badFile = fc
  .array(fc.oneof({ weight: 30, arbitrary: piece }, { weight: 1, arbitrary: fc.constant('\u00fc\0') }), {
    maxLength: 60,
  })
  // A letter that is not UTF-8.
  .map((pieces) => Buffer.concat(pieces.map((one) => (one.endsWith('\0') ? Buffer.from([0xfc]) : Buffer.from(one)))));

it.each([
  ['CSV', ','],
  ['NDJSON', undefined],
])('of %s each row is one, good or bad, and names its line, wherever a window ends', (_, delimiter) => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
  const limits = fc.record({
    recordsMax: fc.integer({ min: 1, max: 5 }),
    recordBytesMax: fc.integer({ min: 1, max: 30 }),
  });
  fc.assert(
    fc.property(badFile, sizes, limits, (bytes, sizes, limits) => {
      const read = readInWindows(bytes, delimiter, { sizes, ...limits });
      const told = read.map(({ place, line, fault, cells }) => {
        const isBad = fault !== undefined;
        return { place, line, isBad, cells: isBad ? undefined : cells };
      });
      expect(told).toEqual(readWhole(bytes, delimiter !== undefined, limits.recordBytesMax));
      // What is said of a bad row does not depend on the window either.
      const atOnce = readInWindows(bytes, delimiter, { ...limits, sizes: [bytes.length + 1], recordsMax: 1_000 });
      const said = ({ line, fault, cells }: RawRecord) => ({ line, fault, cells });
      expect(read.map(said)).toEqual(atOnce.map(said));
    }),
  );
});
