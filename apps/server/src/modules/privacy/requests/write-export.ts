import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { listProfileFamily } from '../erasure/erasure-store.ts';
import { changeRequest, deleteExportParts, insertExportPart, renewLease, type RequestRow } from './request-store.ts';
import type { Exporting } from './request-work.ts';
import { sealPiece } from './sealed-request.ts';

const PIECE_ITEMS = 200;
const PIECE_CHARS = 1_000_000;

/**
 * `gone`: somebody it tells of is being erased, or became part of another meanwhile: to be asked again.
 * `too_early`: some of it cannot be read yet, because the archive is too far behind.
 * `taken_away`: another process works on the request since.
 */
type Written =
  | { readonly kind: 'written'; readonly items: number }
  | { readonly kind: 'gone' | 'too_early'; readonly about: readonly string[] }
  | { readonly kind: 'taken_away' };

/**
 * Writes the file of an export piece by piece, each in a transaction of its own: nothing is locked and no snapshot is held
 * while the history is read. Whoever begins again begins with an empty file. A piece is written only by who still holds
 * the request, and only while nobody it tells of is erased; holding is renewed with each.
 */
export async function writeExport(
  ctx: Ctx,
  {
    row,
    profileIds,
    leaseMs,
    exporting,
  }: { row: RequestRow; profileIds: readonly string[]; leaseMs: number; exporting: Exporting },
): Promise<Written> {
  const keys = await ctx.keysOf(ctx.workspaceId);
  // Whom the file tells of: it goes with any of them.
  const about = await listFamilies(ctx, profileIds);
  const isBegun = await inTransaction(ctx, async (ctx) => {
    const isHeld = await changeRequest(ctx.sql, row, { state: 'running', progress: { ...row.progress, about } });
    if (isHeld) await deleteExportParts(ctx.sql, ctx.workspaceId, row.id);
    return isHeld;
  });
  if (!isBegun) return { kind: 'taken_away' };
  const until = (): Date => new Date(ctx.clock.now() + leaseMs);
  const at = new Date(ctx.clock.now());
  let number = 0;
  const write = (items: JsonObject[]): Promise<boolean> =>
    insertExportPart(ctx.sql, row, { number: number++, sealed: sealPiece(keys, { items }), at, about, until: until() });
  const stopped = async (): Promise<Written> =>
    (await renewLease(ctx.sql, row, until())) ? { kind: 'gone', about } : { kind: 'taken_away' };

  let [items, chars, count]: [JsonObject[], number, number] = [[], 0, 0];
  try {
    for await (const item of exportEach(ctx, exporting, profileIds)) {
      count += 1;
      chars += JSON.stringify(item).length;
      if (items.push(item) < PIECE_ITEMS && chars < PIECE_CHARS) continue;
      if (!(await write(items))) return await stopped();
      [items, chars] = [[], 0];
    }
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') return { kind: 'too_early', about };
    throw error;
  }
  if (!(await write(items))) return stopped();
  const now = await listFamilies(ctx, profileIds);
  return now.join() === about.join() ? { kind: 'written', items: count } : { kind: 'gone', about };
}

async function* exportEach(ctx: Ctx, exporting: Exporting, profileIds: readonly string[]): AsyncIterable<JsonObject> {
  for (const profileId of profileIds) yield* exporting.export(ctx, profileId);
}

async function listFamilies(ctx: Ctx, profileIds: readonly string[]): Promise<string[]> {
  const ids = new Set<string>();
  for (const profileId of profileIds) {
    for (const id of await listProfileFamily(ctx.sql, ctx.workspaceId, profileId)) ids.add(id);
  }
  return [...ids].sort();
}
