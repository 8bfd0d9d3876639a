import type { Ctx } from '../../../platform/context.ts';
import { namesHer } from '../../../platform/personal-data/index.ts';
import { readHead } from './detect-format.ts';
import { type ImportRow, listWithFile } from './import-store.ts';
import { listPieces, readBytes, replacePiece } from './piece-store.ts';
import { RECORD_BYTES_MAX, splitRecords } from './split-records.ts';

const WINDOW_BYTES = 4 * RECORD_BYTES_MAX;
const STEP_ROWS = 1_000;
const [LF, CR, SPACE] = [10, 13, 32];

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Makes blank lines of the rows that name her in files not imported yet. Answers how many rows. */
export async function eraseFromFiles(ctx: Ctx, values: readonly string[]): Promise<number> {
  let rows = 0;
  for (const row of await listWithFile(ctx.sql, ctx.workspaceId)) {
    const spans = await findRows(ctx, row, values);
    if (spans.length > 0) await blank(ctx, row, spans);
    rows += spans.length;
  }
  return rows;
}

async function findRows(ctx: Ctx, row: ImportRow, values: readonly string[]): Promise<Span[]> {
  const of = { workspaceId: ctx.workspaceId, importId: row.id, keys: await ctx.keysOf(ctx.workspaceId) };
  const first = await readBytes(ctx.sql, of, { place: 0, bytesMin: WINDOW_BYTES });
  const { delimiter: told } = row.options;
  const head = readHead(first, { format: row.format, delimiter: told, isLast: first.length >= row.size_bytes });
  const delimiter = row.format === 'ndjson' ? undefined : head.kind === 'head' ? head.delimiter : ',';
  const spans: Span[] = [];
  let window = first;
  for (let place = 0; place < row.size_bytes;) {
    if (window.length < WINDOW_BYTES) window = await readBytes(ctx.sql, of, { place, bytesMin: WINDOW_BYTES });
    const isLast = place + window.length >= row.size_bytes;
    const split = splitRecords(window, { delimiter, line: 1, isLast, recordsMax: STEP_ROWS });
    if (split.end === 0) break;
    for (const { start, end } of split.records) {
      const text = window.toString('utf8', start, end);
      if (namesHer(text, values)) spans.push({ start: place + start, end: place + end });
    }
    place += split.end;
    window = window.subarray(split.end);
  }
  return spans;
}

/** Line breaks stay, so that every other row keeps its line. */
async function blank(ctx: Ctx, row: ImportRow, spans: readonly Span[]): Promise<void> {
  const of = { workspaceId: ctx.workspaceId, importId: row.id, keys: await ctx.keysOf(ctx.workspaceId) };
  for (const { start_byte: start, size_bytes: size } of await listPieces(ctx.sql, ctx.workspaceId, row.id)) {
    const inside = spans.filter((span) => span.start < start + size && span.end > start);
    if (inside.length === 0) continue;
    const bytes = Buffer.from((await readBytes(ctx.sql, of, { place: start, bytesMin: 1 })).subarray(0, size));
    for (const span of inside) blankSpan(bytes, { start: span.start - start, end: span.end - start });
    await replacePiece(ctx.sql, of, { start, bytes });
  }
}

function blankSpan(bytes: Buffer, { start, end }: Span): void {
  for (let at = Math.max(0, start); at < Math.min(bytes.length, end); at++) {
    if (bytes[at] !== LF && bytes[at] !== CR) bytes[at] = SPACE;
  }
}
