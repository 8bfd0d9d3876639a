import { isDeepStrictEqual } from 'node:util';

import type { SegmentRule } from '@segue/contract';

import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { cutLanes, inTransaction, type LanePosition, type TxCtx } from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { checkRule } from './check-rule.ts';
import { nameTaken } from './create-segment.ts';
import { dropUnneededLeaves } from './leaf-owners.ts';
import { registerLeaves } from './leaf-store.ts';
import { loadWorld } from './load-world.ts';
import { forgetRows } from './member-store.ts';
import { compileIn, type RuleWorld, worldOf } from './rule-world.ts';
import { findSegment, listActiveSegments, renameSegment, type SegmentRow, setRule } from './segment-store.ts';

/**
 * Renames a segment, or gives it another rule: the old one goes on being true until history has answered the new one; then
 * exactly those flip for whom the two differ. Segments whose rules ask for it change with it.
 */
export async function updateSegment(
  ctx: Ctx,
  id: string,
  change: { name?: string; rule?: SegmentRule },
): Promise<SegmentRow> {
  const { name, rule } = change;
  return inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId } = ctx;
    // Always: processors know the name, too.
    const cut = await cutLanes(sql);
    if ((await findSegment(sql, workspaceId, id)) === undefined) {
      throw new AppError('not_found', 'There is no such segment');
    }
    if (name !== undefined && !(await renameSegment(sql, { workspaceId, id, name }))) throw nameTaken();
    if (rule !== undefined) {
      await checkRule(ctx, { rule, id, active: await listActiveSegments(sql, workspaceId) });
      await reviseRules(ctx, { cut, changed: new Map([[id, rule]]) });
    }
    const detail = { changed: Object.keys(change) };
    await recordAudit(ctx, { action: 'segment.changed', subject: publicId('seg', id), detail });
    return (await findSegment(sql, workspaceId, id))!;
  });
}

/**
 * Has every rule whose meaning changed counted anew: because the workspace's time zone changed, or what a computed trait is.
 * Call it in the transaction of that change.
 */
export async function reviseSegments(ctx: TxCtx): Promise<void> {
  const active = await listActiveSegments(ctx.sql, ctx.workspaceId);
  if (active.length === 0) return;
  await reviseRules(ctx, { cut: await cutLanes(ctx.sql), changed: new Map() });
}

/** Under the cut: `changed` are new rules by segment; of all others those follow whose world is another one now. */
async function reviseRules(
  ctx: TxCtx,
  { cut, changed }: { cut: readonly LanePosition[]; changed: ReadonlyMap<string, SegmentRule> },
): Promise<void> {
  const { sql, workspaceId, postgres } = ctx;
  const active = (await listActiveSegments(sql, workspaceId)).map((segment) => {
    const rule = changed.get(segment.id);
    return { segment, rule: rule ?? newestRule(segment), isNew: rule !== undefined };
  });
  const whole = await loadWorld(
    sql,
    workspaceId,
    active.map(({ segment, rule }) => ({ ...segment, next_rule: rule })),
  );
  let isRevised = false;
  for (const { segment, rule, isNew } of active) {
    const world = worldOf(rule, whole);
    if (!(isNew && !isDeepStrictEqual(rule, newestRule(segment))) && isSameMeaning(rule, newestWorld(segment), world))
      continue;
    isRevised = true;
    await setRule(sql, { workspaceId, id: segment.id, rule, world, cut });
    await registerLeaves(sql, workspaceId, { keys: [...compileIn(rule, world).leaves.keys()], cut });
  }
  if (!isRevised) return;
  const generations = await dropUnneededLeaves(sql, workspaceId);
  // Batches hold such rows locked before they come to their cursors: under the cut both would wait for each other.
  ctx.afterCommit(() => forgetRows(postgres, workspaceId, { generations }));
}

function newestRule({ rule, next_rule: next }: SegmentRow): SegmentRule {
  return next ?? rule;
}

function newestWorld({ world, next_rule: next, next_world: nextWorld }: SegmentRow): RuleWorld {
  return next === null ? world : (nextWorld ?? {});
}

/** Calendar words, days that return and hours on the clock are read by the workspace's zone; everything else by none. */
const ZONED = /"(?:during|at|anniversaryWithin|daysSince)"/;

function isSameMeaning(rule: SegmentRule, before: RuleWorld, now: RuleWorld): boolean {
  const { zone: zoneBefore = 'UTC', ...restBefore } = before;
  const { zone: zoneNow = 'UTC', ...restNow } = now;
  if (!isDeepStrictEqual(restBefore, restNow)) return false;
  return zoneBefore === zoneNow || !ZONED.test(JSON.stringify([rule, restNow]));
}
