import { setImmediate as breathe } from 'node:timers/promises';
import type { Ctx } from '../../../platform/context.ts';
import { identifierReaderOf } from '../../profiles/index.ts';
import type { ImportRow } from './import-store.ts';
import { NameJudge, type Reading } from './judge-names.ts';
import { BATCH_ROWS, openJudge } from './judge-rows.ts';
import type { NameFinder } from './name-finder.ts';
import { readBytes } from './piece-store.ts';
import { planOf } from './read-file.ts';
import { RECORD_BYTES_MAX, splitRecords } from './split-records.ts';

const WINDOW_BYTES = 4 * RECORD_BYTES_MAX;
/** More than the longest identifier takes, every letter of it escaped. */
const OVERLAP_BYTES = 8_192;

/** Bytes of a file, a row or several. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The rows of an uploaded file that are hers or name her, read as the import reads them. */
export async function findHerRows(ctx: Ctx, row: ImportRow, names: NameFinder): Promise<Span[]> {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const read = await planOf(ctx, row, row);
  const isRead = read.kind === 'plan';
  // From the first row on, whatever is imported already.
  const findEnded = () => Promise.resolve([]);
  const of = { importId: row.id, source: row.source, saidAtMs: row.created_at.getTime(), findEnded };
  const reading: Reading | undefined = isRead
    ? { plan: read.plan, judge: await openJudge(ctx, read.plan, of) }
    : undefined;
  const delimiter = isRead ? read.delimiter : row.format === 'ndjson' ? undefined : ',';
  const judge = new NameJudge(names, reader, reading);
  const walk = new Walk(ctx, { row, judge, delimiter });
  if (isRead) await walk.passHead(read.file.head);
  while (await walk.step()) await breathe();
  return walk.spans;
}

/** Goes through a file window by window. */
class Walk {
  readonly spans: Span[] = [];
  readonly #ctx: Ctx;
  readonly #row: ImportRow;
  readonly #judge: NameJudge;
  readonly #delimiter: string | undefined;
  #window: Buffer = Buffer.alloc(0);
  #place = 0;
  #line = 1;
  /** A line longer than any row, whose end is still to come. */
  #long: { start: number; tail: Buffer; isHers: boolean } | undefined;

  constructor(ctx: Ctx, of: { row: ImportRow; judge: NameJudge; delimiter: string | undefined }) {
    this.#ctx = ctx;
    this.#row = of.row;
    this.#judge = of.judge;
    this.#delimiter = of.delimiter;
  }

  /**
   * Of a file without a line of names the first row takes its place. Once the import runs, its columns are known by that line:
   * it stays until the end.
   */
  async passHead({ place, line }: { place: number; line: number }): Promise<void> {
    await this.#fill();
    const text = this.#window.toString('utf8', 0, place);
    if (this.#row.state === 'uploading' && this.#judge.isNamedInHead(text)) this.spans.push({ start: 0, end: place });
    this.#move(place, line);
  }

  /** False: that was the end. */
  async step(): Promise<boolean> {
    if (this.#place >= this.#row.size_bytes) return false;
    await this.#fill();
    const isLast = this.#place + this.#window.length >= this.#row.size_bytes;
    const from = { delimiter: this.#delimiter, line: this.#line, isLast };
    if (this.#long !== undefined) {
      const rest = splitRecords(this.#window, { ...from, isInside: true, recordsMax: 0 });
      this.#passLong(rest.end, rest.isInside);
      this.#move(rest.end, rest.line);
      return rest.end > 0;
    }
    const split = splitRecords(this.#window, { ...from, recordsMax: BATCH_ROWS });
    const rows = split.records.map((record) => ({
      record,
      raw: this.#window.toString('utf8', record.start, record.end),
    }));
    const long = split.isInside ? rows.pop() : undefined;
    const isEnd = long !== undefined || (isLast && split.end === this.#window.length);
    const { hers, taken } = await this.#judge.findHers(rows, isEnd);
    for (const { start, end } of hers) this.spans.push({ start: this.#place + start, end: this.#place + end });
    const next = rows[taken]?.record ?? { start: split.end, line: split.line };
    if (long !== undefined) {
      this.#long = { start: this.#place + long.record.start, tail: Buffer.alloc(0), isHers: false };
      this.#look(this.#window.subarray(long.record.start, split.end));
    }
    this.#move(next.start, next.line);
    return next.start > 0;
  }

  #passLong(bytes: number, goesOn: boolean): void {
    this.#look(this.#window.subarray(0, bytes));
    const { start, isHers } = this.#long!;
    if (goesOn) return;
    if (isHers) this.spans.push({ start, end: this.#place + bytes });
    this.#long = undefined;
  }

  /** An identifier may be cut in two where a window ends. */
  #look(bytes: Buffer): void {
    const long = this.#long!;
    const whole = Buffer.concat([long.tail, bytes]);
    long.isHers ||= this.#judge.mayStandUnread(whole.toString('utf8'));
    long.tail = whole.subarray(-OVERLAP_BYTES);
  }

  #move(bytes: number, line: number): void {
    this.#window = this.#window.subarray(bytes);
    this.#place += bytes;
    this.#line = line;
  }

  async #fill(): Promise<void> {
    if (this.#window.length >= WINDOW_BYTES) return;
    const { sql, workspaceId } = this.#ctx;
    const of = { workspaceId, importId: this.#row.id, keys: await this.#ctx.keysOf(workspaceId) };
    this.#window = await readBytes(sql, of, { place: this.#place, bytesMin: WINDOW_BYTES });
  }
}
