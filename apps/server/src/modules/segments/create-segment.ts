import type { SegmentRule } from '@segue/contract';

import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { cutLanes, inTransaction } from '../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { checkRule } from './check-rule.ts';
import { registerLeaves } from './leaf-store.ts';
import { loadWorld } from './load-world.ts';
import { compileIn, worldOf } from './rule-world.ts';
import { findSegment, insertSegment, listActiveSegments, type SegmentRow } from './segment-store.ts';

/**
 * Defines a segment. It counts live from this very place in every lane; what came before is answered by history, and until
 * that is done its status is `filling`, then `sweeping`, then `live`.
 */
export async function createSegment(ctx: Ctx, input: { name: string; rule: SegmentRule }): Promise<SegmentRow> {
  const { name, rule } = input;
  const id = newUuid(ctx.clock.now());
  return inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId } = ctx;
    const cut = await cutLanes(sql);
    const active = await listActiveSegments(sql, workspaceId);
    await checkRule(ctx, { rule, active });
    const world = worldOf(rule, await loadWorld(sql, workspaceId, active));
    const createdAt = new Date(ctx.clock.now());
    if (!(await insertSegment(sql, { workspaceId, id, name, rule, world, cut, createdAt }))) throw nameTaken();
    await registerLeaves(sql, workspaceId, { keys: [...compileIn(rule, world).leaves.keys()], cut });
    await recordAudit(ctx, { action: 'segment.created', subject: publicId('seg', id) });
    return (await findSegment(sql, workspaceId, id))!;
  });
}

export function nameTaken(): AppError {
  return new AppError('conflict', 'Another segment has this name', {
    details: [{ field: 'name', message: 'choose a name that is not taken' }],
  });
}
