import type { Services } from '../../platform/context.ts';
import { cutLanes, inSubjects } from '../../platform/eventlog/index.ts';
import { listProfileIdsAfter } from '../profiles/index.ts';
import { advanceMembers, quietLook } from './advance-members.ts';
import { blindIndexOf, segmentDefinitions } from './definitions.ts';
import { endSweep, forgetCandidates, forgetTouched, listTouched, saveFill } from './fill-store.ts';
import { markFolded } from './leaf-store.ts';
import { forgetGone } from './member-store.ts';
import { compileIn } from './rule-world.ts';
import type { SegmentRow } from './segment-store.ts';

const SWEEP_PROFILES = 500;

/**
 * Looks at the next profiles a segment's rule has to be asked of. Where history answered it, those that something happened
 * to meanwhile, and those for whom a changed rule answers otherwise; else everybody. After the last one it is live.
 */
export async function sweepSegment(services: Services, segment: SegmentRow): Promise<number> {
  const { workspace_id: workspaceId, fill } = segment;
  const page = { afterId: fill.lookedTo ?? null, limit: SWEEP_PROFILES };
  const ids =
    fill.way === 'history'
      ? await listTouched(services.postgres, workspaceId, { ...page, segmentId: segment.id })
      : await listProfileIdsAfter(services.postgres, workspaceId, page);
  const last = ids.at(-1);
  if (last === undefined) return finish(services, segment);
  await inSubjects(services, { workspaceId, ids }, async (batch) => {
    const definitions = await segmentDefinitions(batch);
    // Where history answered, who is otherwise than it says is so by what happened since.
    const looks = [...batch.subjects.values()].map((subject) => ({ ...quietLook(subject), cause: 'event' as const }));
    await advanceMembers(batch, definitions, { looks });
    await saveFill(batch.sql, segment, { ...fill, lookedTo: last });
  });
  return 1;
}

async function finish(services: Services, segment: SegmentRow): Promise<number> {
  const { workspace_id: workspaceId, id, fill } = segment;
  if (fill.way === 'history') await forgetGone(services.postgres, workspaceId, id);
  const index = await blindIndexOf(services, workspaceId);
  await services.postgres.transaction(async (sql) => {
    await cutLanes(sql);
    if (!(await endSweep(sql, segment))) return;
    await forgetCandidates(sql, workspaceId, id);
    // Whoever history answered for folds its states in when it is touched, so they go on lying ready.
    if (fill.way !== 'history') {
      await markFolded(sql, workspaceId, [...compileIn(segment.rule, segment.world, index).leaves.keys()]);
    }
    await forgetTouched(sql, workspaceId);
  });
  return 1;
}
