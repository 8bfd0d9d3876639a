import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { cutLanes, inTransaction } from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { dropUnneededLeaves } from './leaf-owners.ts';
import { forgetRows } from './member-store.ts';
import { namedSegments } from './rule-world.ts';
import { archiveRow, findSegment, listActiveSegments, type SegmentRow } from './segment-store.ts';

/** Takes a segment away; what only it counted is forgotten. Refused while rules of other segments ask for it. */
export async function archiveSegment(ctx: Ctx, id: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId, postgres } = ctx;
    await cutLanes(sql);
    const segment = await findSegment(sql, workspaceId, id);
    if (segment === undefined) throw new AppError('not_found', 'There is no such segment');
    const users = usersOf(id, await listActiveSegments(sql, workspaceId));
    if (users.length > 0) throw inUse(users);
    await archiveRow(sql, { workspaceId, id, at: new Date(ctx.clock.now()) });
    const generations = await dropUnneededLeaves(sql, workspaceId);
    await recordAudit(ctx, { action: 'segment.archived', subject: publicId('seg', id) });
    // Batches hold such rows locked before they come to their cursors: under the cut both would wait for each other.
    ctx.afterCommit(() => forgetRows(postgres, workspaceId, { segmentId: id, generations }));
  });
}

/** The segments whose rules, now or once their change is through, name this one. */
export function usersOf(id: string, active: readonly SegmentRow[]): readonly SegmentRow[] {
  return usersBySegment(active).get(publicId('seg', id)) ?? [];
}

/** As `usersOf`, of every segment that is named, by public id. */
export function usersBySegment(active: readonly SegmentRow[]): ReadonlyMap<string, readonly SegmentRow[]> {
  const users = new Map<string, SegmentRow[]>();
  for (const row of active) {
    const rules = row.next_rule === null ? [row.rule] : [row.rule, row.next_rule];
    for (const id of new Set(rules.flatMap(namedSegments))) users.set(id, [...(users.get(id) ?? []), row]);
  }
  return users;
}

function inUse(users: readonly SegmentRow[]): AppError {
  return new AppError('conflict', 'Rules of other segments ask for this one', {
    details: users.map((user) => ({
      field: publicId('seg', user.id),
      message: `"${user.name}" asks for it: take it out of that rule, or archive that segment first`,
    })),
  });
}
