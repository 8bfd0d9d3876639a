import type { SegmentStatus } from '@segue/contract';
import type { Services } from '../../platform/context.ts';
import { cutLanes, inSubjects, readPositions } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { listProfileIdsAfter } from '../profiles/index.ts';
import { advanceMembers } from './advance-members.ts';
import { blindIndexOf, segmentDefinitions } from './definitions.ts';
import { historyLeafState, historyQuery } from './history-sql.ts';
import type { CountedEvents } from './leaf.ts';
import { compileRule } from './rule.ts';
import {
  copyLeafStates,
  type LeafRow,
  listLeaves,
  listToFill,
  lockLeaf,
  markFilled,
  type SegmentRow,
  setSegmentStatus,
  setSweptTo,
} from './segment-store.ts';
import { settleFolded } from './settle-folded.ts';

const SWEEP_PROFILES = 500;

/**
 * Carries every new segment a step further; answers how many steps it made, 0 when there are none or all must wait. One
 * that fails does not hold up the others.
 * filling: the history engine counts everything up to the cut, where processors took over; the result lies ready by node
 * and is folded into each profile when it is next touched. sweeping: every profile is touched once. Then it is live.
 * Each step is one transaction that can be repeated, so a crash costs one step.
 */
export async function runBackFills(services: Services): Promise<number> {
  let steps = 0;
  const faults: unknown[] = [];
  for (const segment of await listToFill(services.postgres)) {
    try {
      steps += segment.status === 'filling' ? await fill(services, segment) : await sweep(services, segment);
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0) throw faults[0];
  return steps;
}

async function fill(services: Services, segment: SegmentRow): Promise<number> {
  const index = await blindIndexOf(services, segment.workspace_id);
  const wanted = compileRule(segment.rule, index).leaves;
  const leaves = (await listLeaves(services.postgres, segment.workspace_id)).filter((leaf) =>
    wanted.has(leaf.leaf_key),
  );
  const empty = leaves.filter((leaf) => leaf.status === 'filling');
  if (!(await isArchived(services, empty))) return 0;
  for (const leaf of empty)
    await fillLeaf(services, segment.workspace_id, { leaf, counted: wanted.get(leaf.leaf_key)! });
  await services.postgres.transaction(async (sql) => {
    await cutLanes(sql);
    await markFilled(
      sql,
      segment.workspace_id,
      empty.map((leaf) => leaf.generation),
    );
    await moveOn(services, sql, { segment, to: 'sweeping' });
  });
  return 1;
}

function moveOn(services: Services, sql: Sql, step: { segment: SegmentRow; to: SegmentStatus }): Promise<boolean> {
  const { workspace_id: workspaceId, id, status: from } = step.segment;
  return setSegmentStatus(sql, { workspaceId, id, from, to: step.to, at: new Date(services.clock.now()) });
}

/** Whether the history holds everything up to the cuts. */
async function isArchived(services: Services, leaves: readonly LeafRow[]): Promise<boolean> {
  if (leaves.length === 0) return true;
  const archived = new Map(
    (await readPositions(services.postgres, 'archive')).map((p) => [`${p.log}/${p.lane}`, p.seq]),
  );
  return leaves.every((leaf) => leaf.cut.every(([log, lane, seq]) => (archived.get(`${log}/${lane}`) ?? 0) >= seq));
}

async function fillLeaf(
  services: Services,
  workspaceId: number,
  options: { leaf: LeafRow; counted: CountedEvents },
): Promise<void> {
  const { leaf, counted } = options;
  const nowMs = services.clock.now();
  const cut = leaf.cut.map(([log, lane, seq]) => ({ log, lane, seq }));
  const rows = await services.history.query(historyQuery(counted, { workspaceId, cut, nowMs }));
  await services.postgres.transaction(async (sql) => {
    // Once marked as filled it may have been folded into profiles: from then on it must not be written again. Until then
    // nobody reads it, so the copy need not stop the lanes.
    const now = await lockLeaf(sql, workspaceId, leaf.generation);
    if (now?.status !== 'filling') return;
    await copyLeafStates(sql, workspaceId, {
      generation: leaf.generation,
      states: rows.map((row) => historyLeafState(counted, row, nowMs)),
    });
  });
}

async function sweep(services: Services, segment: SegmentRow): Promise<number> {
  const workspaceId = segment.workspace_id;
  const ids = await listProfileIdsAfter(services.postgres, workspaceId, {
    afterId: segment.swept_to,
    limit: SWEEP_PROFILES,
  });
  const last = ids.at(-1);
  if (last === undefined) return finish(services, segment);
  await inSubjects(services, { workspaceId, ids }, async (batch) => {
    const definitions = await segmentDefinitions(batch);
    const looks = [...batch.subjects.values()].map((subject) => ({
      subject,
      events: [],
      merged: [],
      everyRule: false,
      node: undefined,
    }));
    await advanceMembers(batch, definitions, looks);
    await setSweptTo(batch.sql, { workspaceId, id: segment.id, sweptTo: last });
  });
  return 1;
}

async function finish(services: Services, segment: SegmentRow): Promise<number> {
  const workspaceId = segment.workspace_id;
  await services.postgres.transaction(async (sql) => {
    await cutLanes(sql);
    if (!(await moveOn(services, sql, { segment, to: 'live' }))) return;
    await settleFolded(sql, workspaceId);
  });
  return 1;
}
