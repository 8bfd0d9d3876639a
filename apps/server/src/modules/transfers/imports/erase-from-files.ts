import type { Ctx } from '../../../platform/context.ts';
import { findHerRows, type Span } from './find-her-rows.ts';
import { type ImportRow, listWithFile } from './import-store.ts';
import type { NameFinder } from './name-finder.ts';
import { listPieces, readBytes, replacePiece } from './piece-store.ts';

const [LF, CR, SPACE] = [10, 13, 32];

/** Makes blank lines of her rows in files not imported yet. Answers how many rows. */
export async function eraseFromFiles(ctx: Ctx, names: NameFinder): Promise<number> {
  let rows = 0;
  for (const row of await listWithFile(ctx.sql, ctx.workspaceId)) {
    const spans = await findHerRows(ctx, row, names);
    if (spans.length > 0) await blank(ctx, row, spans);
    rows += spans.length;
  }
  return rows;
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
