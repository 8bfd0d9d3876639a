/** One row of a file, by the names of its columns. */
export interface FileRow {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** A file that cannot be read on: nothing of it is taken. */
export class UnreadableFile extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

const ROW_CHARS_MAX = 1_000_000;
const DELIMITERS = [',', ';', '\t'] as const;

/**
 * Cuts CSV (RFC 4180) into rows while it comes: quotes may hold line ends, lines may end in CRLF, the delimiter is the one the first
 * line has most of. Empty lines are passed over.
 */
export class CsvRows {
  #text = '';
  #line = 1;
  #delimiter: string | undefined;

  /** The rows that are whole now. `isLast`: nothing more comes. */
  *push(chunk: string, isLast: boolean): Iterable<FileRow> {
    this.#text += this.#delimiter === undefined && this.#text === '' ? chunk.replace(/^\uFEFF/, '') : chunk;
    let from = 0;
    while (from < this.#text.length) {
      const end = this.#endOf(from, isLast);
      if (end === undefined) break;
      const text = this.#text.slice(from, end).replace(/\r?\n$|\r$/, '');
      const line = this.#line;
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#line++;
      this.#line++;
      from = end;
      if (text === '') continue;
      this.#delimiter ??= delimiterOf(text);
      yield { line, cells: cellsOf(text, this.#delimiter) };
    }
    this.#text = this.#text.slice(from);
    if (this.#text.length > ROW_CHARS_MAX)
      throw new UnreadableFile(this.#line, 'has a row of more than 1,000,000 characters');
  }

  /** Behind the line end that no quotes hold. */
  #endOf(from: number, isLast: boolean): number | undefined {
    let isQuoted = false;
    for (let at = from; at < this.#text.length; at++) {
      const char = this.#text[at];
      if (char === '"') isQuoted = !isQuoted;
      else if (char === '\n' && !isQuoted) return at + 1;
    }
    if (!isLast) return undefined;
    if (isQuoted) throw new UnreadableFile(this.#line, 'has a quote that is never closed');
    return this.#text.length;
  }
}

function delimiterOf(header: string): string {
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}

/** Quotes are balanced. */
function cellsOf(text: string, delimiter: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') {
      // A doubled one within quotes is itself.
      if (isQuoted && text[at + 1] === '"') {
        cell += '"';
        at++;
      } else isQuoted = !isQuoted;
    } else if (char === delimiter && !isQuoted) {
      cells.push(cell);
      cell = '';
    } else cell += char;
  }
  return [...cells, cell];
}
