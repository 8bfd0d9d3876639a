import type { Ctx } from '../../../platform/context.ts';
import { findExportPart } from './request-store.ts';
import { openPiece } from './sealed-request.ts';

/**
 * The items of a file, piece by piece, each in a statement of its own: no connection is held while somebody downloads. Throws
 * when a piece is gone, because she was erased meanwhile or its days are over: half a file must not look like a whole one.
 */
export async function* readExport(
  ctx: Ctx,
  { requestId, parts }: { requestId: string; parts: number },
): AsyncIterable<never[]> {
  const keys = await ctx.keysOf(ctx.workspaceId);
  for (let part = 0; part < parts; part++) {
    const sealed = await findExportPart(ctx.sql, ctx.workspaceId, { requestId, part });
    if (sealed === undefined) throw new Error(`piece ${part} of ${parts} of an export is gone`);
    yield openPiece(keys, sealed)['items'] as never[];
  }
}
