import { isUtf8 } from 'node:buffer';
import type { ImportFormat } from '@segue/contract';
import { splitRecords } from './split-records.ts';

export type ReadHead =
  | {
      readonly kind: 'head';
      /** Undefined: NDJSON. */
      readonly delimiter: string | undefined;
      /** Of CSV, as its first row names them. */
      readonly names: readonly string[];
      /** Where the first row after the head begins, and the number of its line. */
      readonly place: number;
      readonly line: number;
    }
  | { readonly kind: 'refused'; readonly message: string };

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const DELIMITERS = [',', ';', '\t', '|'] as const;
const COLUMNS_MAX = 1_000;
/** A letter of UTF-8 may be cut in two where a piece ends. */
const LETTER_BYTES_MAX = 4;

/**
 * Understands the beginning of a file: its encoding, which must be UTF-8 with or without byte order mark, and of CSV its
 * delimiter and the names of its columns. `isLast`: whether the bytes are the whole file. Pure.
 */
export function readHead(
  bytes: Buffer,
  file: { format: ImportFormat; delimiter?: string | undefined; isLast: boolean },
): ReadHead {
  const foreign = findForeign(bytes, file.isLast);
  if (foreign !== undefined) return refused(foreign);
  const begin = bytes.subarray(0, 3).equals(BOM) ? 3 : 0;
  if (file.format === 'ndjson') return { kind: 'head', delimiter: undefined, names: [], place: begin, line: 1 };
  const rest = bytes.subarray(begin);
  const delimiter = file.delimiter ?? detectDelimiter(rest);
  const split = splitRecords(rest, { delimiter, line: 1, isLast: file.isLast, recordsMax: 1 });
  const [head] = split.records;
  if (head === undefined) return refused('is empty; begin with a line of column names');
  if (head.fault !== undefined) return refused(`has a first row that ${head.fault} (line ${head.line})`);
  const names = head.cells.map((cell) => cell.trim());
  while (names.at(-1) === '') names.pop();
  if (names.length > COLUMNS_MAX) return refused(`has ${names.length} columns; leave at most ${COLUMNS_MAX}`);
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (names.includes('')) return refused(`has no name for column ${names.indexOf('') + 1}; name it in the first line`);
  if (twice !== undefined) return refused(`has two columns called "${twice}"; rename one`);
  return { kind: 'head', delimiter, names, place: begin + split.end, line: split.line };
}

function refused(message: string): ReadHead {
  return { kind: 'refused', message: `the file ${message}` };
}

/** Files of other encodings are refused, not guessed: a guess turns every umlaut into rubbish in silence. */
function findForeign(bytes: Buffer, isLast: boolean): string | undefined {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) return 'is UTF-16; save it as UTF-8 ("CSV UTF-8" in Excel)';
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return 'is a spreadsheet or an archive; save it as "CSV UTF-8"';
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'is compressed; unpack it first';
  if (bytes.subarray(0, 1_000).includes(0)) return 'is not text; save it as "CSV UTF-8"';
  const cuts = isLast ? [0] : [...Array(LETTER_BYTES_MAX).keys()];
  if (cuts.some((cut) => isUtf8(bytes.subarray(0, bytes.length - cut)))) return undefined;
  // One bad line further down is that line's fault, an umlaut in the head or all over is the file's.
  const head = bytes.subarray(0, Math.min(bytes.length, 4_096));
  const firstLine = head.subarray(0, Math.max(0, head.indexOf(10)));
  return isUtf8(firstLine) && countBadLines(bytes) <= 1
    ? undefined
    : 'is not UTF-8; save it as UTF-8 ("CSV UTF-8" in Excel)';
}

function countBadLines(bytes: Buffer): number {
  let bad = 0;
  for (let from = 0; from < bytes.length && bad < 2;) {
    const at = bytes.indexOf(10, from);
    const to = at < 0 ? bytes.length : at;
    if (at >= 0 && !isUtf8(bytes.subarray(from, to))) bad++;
    from = to + 1;
  }
  return bad;
}

/** What parts the first line, outside of quotes, into most cells. */
function detectDelimiter(bytes: Buffer): string {
  let best: string = DELIMITERS[0];
  let most = 1;
  for (const delimiter of DELIMITERS) {
    const split = splitRecords(bytes, { delimiter, line: 1, isLast: true, recordsMax: 1 });
    const count = split.records[0]?.cells.length ?? 0;
    if (count > most) [best, most] = [delimiter, count];
  }
  return best;
}
