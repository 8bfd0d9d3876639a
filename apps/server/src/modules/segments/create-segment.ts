import type { SegmentRule } from '@segue/contract';

import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { cutLanes, inTransaction } from '../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { forgetRows } from './member-store.ts';
import { compileRule } from './rule.ts';
import {
  deleteLeaves,
  findSegment,
  insertSegment,
  listActiveSegments,
  listLeaves,
  registerLeaves,
  type SegmentRow,
  setSegmentStatus,
} from './segment-store.ts';
import { refuseSealedFilters } from './sealed-filters.ts';
import { settleFolded } from './settle-folded.ts';

/**
 * Defines a segment. It counts live from this very place in every lane; what came before is counted from history, and
 * until that is done its status is `filling`, then `sweeping`, then `live`.
 */
export async function createSegment(ctx: Ctx, input: { name: string; rule: SegmentRule }): Promise<SegmentRow> {
  refuseSealedFilters(input.rule);
  const id = newUuid(ctx.clock.now());
  const leafKeys = [...compileRule(input.rule).leaves.keys()];
  return inTransaction(ctx, async (ctx) => {
    const cut = await cutLanes(ctx.sql);
    const inserted = await insertSegment(ctx.sql, {
      workspaceId: ctx.workspaceId,
      id,
      name: input.name,
      rule: input.rule,
      status: 'filling',
      createdAt: new Date(ctx.clock.now()),
    });
    if (!inserted) {
      throw new AppError('conflict', 'Another segment has this name', {
        details: [{ field: 'name', message: 'choose a name that is not taken' }],
      });
    }
    await registerLeaves(ctx.sql, ctx.workspaceId, { keys: leafKeys, cut });
    await recordAudit(ctx, { action: 'segment.created', subject: publicId('seg', id) });
    return (await findSegment(ctx.sql, ctx.workspaceId, id))!;
  });
}

/** Takes a segment away; what only it counted is forgotten. */
export async function archiveSegment(ctx: Ctx, id: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    await cutLanes(ctx.sql);
    const segment = await findSegment(ctx.sql, ctx.workspaceId, id);
    if (segment === undefined) throw new AppError('not_found', 'There is no such segment');
    await setSegmentStatus(ctx.sql, {
      workspaceId: ctx.workspaceId,
      id,
      from: segment.status,
      to: 'archived',
      at: new Date(ctx.clock.now()),
    });
    const remaining = await listActiveSegments(ctx.sql, ctx.workspaceId);
    const needed = new Set(remaining.flatMap((segment) => [...compileRule(segment.rule).leaves.keys()]));
    const unneeded = (await listLeaves(ctx.sql, ctx.workspaceId)).filter((leaf) => !needed.has(leaf.leaf_key));
    const generations = unneeded.map((leaf) => leaf.generation);
    await deleteLeaves(ctx.sql, ctx.workspaceId, generations);
    await settleFolded(ctx.sql, ctx.workspaceId);
    await recordAudit(ctx, { action: 'segment.archived', subject: publicId('seg', id) });
    const { postgres, workspaceId } = ctx;
    // Batches hold such rows locked before they come to their cursors: under the cut both would wait for each other.
    ctx.afterCommit(() => forgetRows(postgres, workspaceId, { segmentId: id, generations }));
  });
}
