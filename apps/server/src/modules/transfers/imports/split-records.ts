import { isUtf8 } from 'node:buffer';

/** One row of a file as it stands there. */
export interface RawRecord {
  /** Of its first line, from 1. */
  readonly line: number;
  /** Where it begins and ends in the bytes given, its line break included. */
  readonly start: number;
  readonly end: number;
  /** Of NDJSON the one text of the line. */
  readonly cells: readonly string[];
  /** Why it cannot be read. */
  readonly fault: string | undefined;
}

export interface SplitOptions {
  /** Undefined: NDJSON, each line one cell. */
  readonly delimiter: string | undefined;
  /** The number of the first line. */
  readonly line: number;
  /** Whether the file ends where the bytes end: else a last row without a line break is left for later. */
  readonly isLast: boolean;
  readonly recordsMax: number;
  /** Whether the bytes begin inside a row already told as bad: its rest, up to the end of its line, is passed by. */
  readonly isInside?: boolean;
  /** Of one row without its line break. */
  readonly recordBytesMax?: number;
}

export interface Split {
  readonly records: readonly RawRecord[];
  /** Up to here the bytes are read: a border between rows, or `isInside`. */
  readonly end: number;
  /** The number of the line that begins there, or goes on there. */
  readonly line: number;
  /** The bytes end inside a line that is too long, which is told as bad already. */
  readonly isInside: boolean;
}

/** No row is longer: a quoted text that is still open after so much was never meant to be one. */
export const RECORD_BYTES_MAX = 256 * 1024;
/** Of a row that cannot be read. */
const SHOWN_BYTES_MAX = 4_096;
const [LF, CR, QUOTE, SPACE] = [10, 13, 34, 32];
const NOT_UTF8 = 'holds letters that are not UTF-8; save the file as UTF-8 and upload it again';

/**
 * The rows at the beginning of some bytes of CSV (RFC 4180, with any delimiter and any line break) or NDJSON. Lines that hold
 * nothing are passed by. A row that cannot be read ends with its first line, and the next begins there. What is answered does
 * not depend on where the bytes end, and any bytes longer than the longest row by a line break are read on in. Pure.
 */
export function splitRecords(bytes: Buffer, options: SplitOptions): Split {
  const cursor = new Cursor(bytes, options);
  if (cursor.isInside) cursor.passLine();
  const records: RawRecord[] = [];
  while (records.length < options.recordsMax && !cursor.isInside && cursor.at < bytes.length) {
    const record = cursor.next();
    if (record === undefined) break;
    if (record.fault !== undefined || record.cells.some((cell) => cell.trim() !== '')) records.push(record);
  }
  const isWhole = isUtf8(bytes.subarray(0, cursor.at));
  const checked = isWhole ? records : records.map((record) => withUtf8Fault(bytes, record));
  return { records: checked, end: cursor.at, line: cursor.line, isInside: cursor.isInside };
}

function withUtf8Fault(bytes: Buffer, record: RawRecord): RawRecord {
  if (record.fault !== undefined) return record;
  return isUtf8(bytes.subarray(record.start, record.end)) ? record : { ...record, fault: NOT_UTF8 };
}

type Cell =
  | { readonly kind: 'cell'; readonly text: string; readonly end: number; readonly breaks: number }
  | { readonly kind: 'fault'; readonly message: string }
  | { readonly kind: 'more' };

/** Walks over the bytes row by row. */
class Cursor {
  at = 0;
  line: number;
  isInside: boolean;
  readonly #bytes: Buffer;
  readonly #delimiter: number;
  readonly #isLast: boolean;
  readonly #bytesMax: number;

  constructor(bytes: Buffer, options: SplitOptions) {
    this.#bytes = bytes;
    this.#delimiter = options.delimiter === undefined ? -1 : options.delimiter.charCodeAt(0);
    this.#isLast = options.isLast;
    this.#bytesMax = options.recordBytesMax ?? RECORD_BYTES_MAX;
    this.line = options.line;
    this.isInside = options.isInside ?? false;
  }

  /** Undefined: the rest of the row is not there yet. */
  next(): RawRecord | undefined {
    const [start, line] = [this.at, this.line];
    const cells: string[] = [];
    let breaks = 0;
    for (let at = start; ;) {
      const cell = this.#readCell(at, start + this.#bytesMax);
      if (cell.kind === 'fault') return this.#faulty(start, cell.message);
      if (cell.kind === 'more') return undefined;
      cells.push(cell.text);
      breaks += cell.breaks;
      if (this.#bytes[cell.end] === this.#delimiter) {
        at = cell.end + 1;
        continue;
      }
      const end = this.#pastBreak(cell.end);
      if (end === undefined) return undefined;
      this.at = end;
      this.line = line + breaks + 1;
      return { line, start, end, cells, fault: undefined };
    }
  }

  /** Goes on behind the line the cursor is in, or stays inside where its end is not there yet. */
  passLine(): void {
    const at = this.#lineEnd(this.at);
    const end = at < this.#bytes.length || this.#isLast ? this.#pastBreak(at) : undefined;
    this.at = end ?? at;
    this.isInside = end === undefined;
    if (end !== undefined) this.line++;
  }

  /** `limit`: where the row must end at the latest. */
  #readCell(from: number, limit: number): Cell {
    const bytes = this.#bytes;
    const stop = Math.min(bytes.length, limit + 1);
    let at = from;
    while (this.#delimiter >= 0 && at < stop && bytes[at] === SPACE) at++;
    if (this.#delimiter >= 0 && at < stop && bytes[at] === QUOTE) return this.#readQuoted(at + 1, limit);
    while (at < stop && bytes[at] !== this.#delimiter && bytes[at] !== LF && bytes[at] !== CR) at++;
    if (at > limit) return this.#tooLong();
    if (at === bytes.length && !this.#isLast) return { kind: 'more' };
    return { kind: 'cell', text: bytes.toString('utf8', from, at), end: at, breaks: 0 };
  }

  #readQuoted(from: number, limit: number): Cell {
    const bytes = this.#bytes;
    let close = bytes.indexOf(QUOTE, from);
    let isDoubled = false;
    while (close >= 0 && close < limit && bytes[close + 1] === QUOTE) {
      isDoubled = true;
      close = bytes.indexOf(QUOTE, close + 2);
    }
    if (close < 0 || close >= limit) return this.#unclosed(limit);
    let end = close + 1;
    while (end <= limit && bytes[end] === SPACE) end++;
    if (end > limit) return this.#tooLong();
    if (end === bytes.length && !this.#isLast) return { kind: 'more' };
    const after = bytes[end];
    if (end < bytes.length && after !== this.#delimiter && after !== LF && after !== CR) {
      return { kind: 'fault', message: 'has letters after a closing quote; write a quote inside a text twice' };
    }
    const text = bytes.toString('utf8', from, close);
    return { kind: 'cell', text: isDoubled ? text.replaceAll('""', '"') : text, end, breaks: countBreaks(text) };
  }

  #unclosed(limit: number): Cell {
    if (!this.#isLast && this.#bytes.length < limit) return { kind: 'more' };
    return { kind: 'fault', message: 'opens a quote that is never closed; close it, or write it twice inside quotes' };
  }

  #tooLong(): Cell {
    return { kind: 'fault', message: `is longer than ${this.#bytesMax} bytes; shorten it` };
  }

  /** The row ends with its first line: what follows may be good. A line longer than any row is told before its end is there. */
  #faulty(start: number, fault: string): RawRecord | undefined {
    const { line } = this;
    this.passLine();
    if (this.isInside && this.#bytes.length - start <= this.#bytesMax + 1) {
      [this.at, this.isInside] = [start, false];
      return undefined;
    }
    const shown = Math.min(this.#lineEnd(start), start + Math.min(SHOWN_BYTES_MAX, this.#bytesMax));
    return { line, start, end: this.at, cells: [this.#bytes.toString('utf8', start, shown)], fault };
  }

  #lineEnd(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    while (at < bytes.length && bytes[at] !== LF && bytes[at] !== CR) at++;
    return at;
  }

  /** Undefined: whether a line feed follows is not known yet. */
  #pastBreak(at: number): number | undefined {
    const bytes = this.#bytes;
    if (bytes[at] !== CR) return Math.min(at + 1, bytes.length);
    if (at + 1 === bytes.length && !this.#isLast) return undefined;
    return bytes[at + 1] === LF ? at + 2 : at + 1;
  }
}

function countBreaks(text: string): number {
  if (!text.includes('\n') && !text.includes('\r')) return 0;
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}
