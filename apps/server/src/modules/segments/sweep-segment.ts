import type { Services } from '../../platform/context.ts';
import { cutLanes, inSubjects } from '../../platform/eventlog/index.ts';
import { listProfileIdsAfter } from '../profiles/index.ts';
import { advanceMembers, quietLook } from './advance-members.ts';
import { blindIndexOf, segmentDefinitions } from './definitions.ts';
import { endSweep, forgetCandidates, forgetTouched, listTouched, readTransactions, saveFill } from './fill-store.ts';
import { markFolded } from './leaf-store.ts';
import { FAULT_REST_MS, lookOneByOne } from './look-one-by-one.ts';
import { forgetGone, saveEarlierWakes } from './member-store.ts';
import { compileIn } from './rule-world.ts';
import type { SegmentRow } from './segment-store.ts';

const SWEEP_PROFILES = 500;
/** No profile comes after it. */
const PROFILE_MAX = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * Looks at the next profiles a segment's rule has to be asked of. Where history answered it, those that something happened
 * to meanwhile, and those for whom a changed rule answers otherwise; else everybody. After the last one it is live. Who comes
 * later is asked when she comes, so however many do, the sweep ends.
 */
export async function sweepSegment(services: Services, segment: SegmentRow): Promise<number> {
  const { workspace_id: workspaceId, fill } = segment;
  if (fill.sweepFence === undefined) return raiseFence(services, segment);
  if (fill.lookedTo === undefined && !(await isOpen(services, fill.sweepFence))) return 0;
  const page = { afterId: fill.lookedTo ?? null, limit: SWEEP_PROFILES };
  const ids =
    fill.way === 'history'
      ? await listTouched(services.postgres, workspaceId, { ...page, segmentId: segment.id })
      : await listProfileIdsAfter(services.postgres, workspaceId, page);
  const last = ids.at(-1);
  if (last === undefined) return finish(services, segment);
  const failed = await lookOneByOne(services, ids, (some) => lookAt(services, workspaceId, some));
  const atMs = services.clock.now() + FAULT_REST_MS;
  await saveEarlierWakes(
    services.postgres,
    workspaceId,
    failed.map((profileId) => ({ profileId, atMs })),
  );
  const lookedTo = ids.length < SWEEP_PROFILES ? PROFILE_MAX : last;
  await saveFill(services.postgres, segment, { ...fill, lookedTo, ...(failed.length > 0 && { isPartial: true }) });
  return 1;
}

async function lookAt(services: Services, workspaceId: number, ids: readonly string[]): Promise<void> {
  await inSubjects(services, { workspaceId, ids }, async (batch) => {
    const definitions = await segmentDefinitions(batch);
    // Where history answered, who is otherwise than it says is so by what happened since.
    const looks = [...batch.subjects.values()].map((subject) => ({ ...quietLook(subject), cause: 'event' as const }));
    await advanceMembers(batch, definitions, { looks });
  });
}

/**
 * From this place on whoever begins knows that the rule is true of whoever is looked at. Those that began before may use up a
 * wake of the rule's, note whom they touched, or bring a profile back, behind a place the sweep has come to: it waits for them.
 */
async function raiseFence(services: Services, segment: SegmentRow): Promise<number> {
  const { next } = await readTransactions(services.postgres);
  return (await saveFill(services.postgres, segment, { ...segment.fill, sweepFence: next })) ? 1 : 0;
}

async function isOpen({ postgres }: Services, fence: number): Promise<boolean> {
  return (await readTransactions(postgres)).oldest >= fence;
}

async function finish(services: Services, segment: SegmentRow): Promise<number> {
  const { workspace_id: workspaceId, id, fill } = segment;
  if (fill.way === 'history') await forgetGone(services.postgres, workspaceId, id);
  const index = await blindIndexOf(services, workspaceId);
  await services.postgres.transaction(async (sql) => {
    await cutLanes(sql);
    if (!(await endSweep(sql, segment))) return;
    await forgetCandidates(sql, workspaceId, id);
    // Whoever history answered for, or failed, folds its states in when it is touched, so they go on lying ready.
    if (fill.way !== 'history' && fill.isPartial !== true) {
      await markFolded(sql, workspaceId, [...compileIn(segment.rule, segment.world, index).leaves.keys()]);
    }
    await forgetTouched(sql, workspaceId);
  });
  return 1;
}
