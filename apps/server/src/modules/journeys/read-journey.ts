import { findGraphFaults, RUN_REASONS, type JourneyGraph } from '@segue/contract';

import type { Ctx } from '../../platform/context.ts';
import { publicId } from '../../platform/ids/index.ts';
import { findVersionGraph, type JourneyRow } from './journey-store.ts';
import { findMissing } from './publish-journey.ts';
import { countRuns, countVisits } from './run-store.ts';
import type { JourneyRun } from './types.ts';

export function presentJourney(journey: JourneyRow) {
  return {
    id: publicId('jrn', journey.id),
    name: journey.name,
    state: journey.state,
    version: journey.version,
    graph: journey.draft,
    createdAt: isoTime(journey.created_ms),
    updatedAt: isoTime(journey.updated_ms),
  };
}

/** With the published graph, what keeps the draft from being published, and counts of journey and steps. */
export async function presentWithCounts(ctx: Ctx, journey: JourneyRow) {
  const { sql, workspaceId } = ctx;
  const published =
    journey.version === null
      ? undefined
      : await findVersionGraph(sql, workspaceId, { journeyId: journey.id, version: journey.version });
  const faults = [...findGraphFaults(journey.draft), ...(await findMissing(ctx, journey.draft))];
  return {
    ...presentJourney(journey),
    publishedGraph: published ?? null,
    faults,
    ...(await countJourney(ctx, journey, published ?? journey.draft)),
  };
}

/** Counted from the runs themselves, so that they cannot drift from them. */
async function countJourney({ sql, workspaceId }: Ctx, journey: JourneyRow, graph: JourneyGraph) {
  const rows = await countRuns(sql, workspaceId, journey.id);
  const visits = new Map((await countVisits(sql, workspaceId, journey.id)).map((row) => [row.step_id, row]));
  const total = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  const exited = Object.fromEntries(
    RUN_REASONS.map((reason) => [reason, total((row) => (row.reason === reason ? row.runs : 0))]),
  );
  return {
    counts: {
      entered: total((row) => row.runs),
      active: total((row) => (row.reason === null ? row.runs : 0)),
      goals: total((row) => row.goals),
      exited,
    },
    steps: graph.steps.map(({ id, kind }) => ({
      id,
      kind,
      entered: visits.get(id)?.visits ?? 0,
      active: visits.get(id)?.active ?? 0,
    })),
  };
}

export function presentRun(run: JourneyRun) {
  return {
    id: publicId('run', run.id),
    journeyId: publicId('jrn', run.journeyId),
    version: run.version,
    profileId: publicId('prf', run.profileId),
    key: run.key === '' ? null : run.key,
    state: run.state,
    step: run.stepId,
    wakeAt: run.state === 'waiting' ? isoTime(run.wakeAt) : null,
    enteredAt: isoTime(run.enteredAt),
    endedAt: isoTime(run.endedAt),
    reason: run.reason,
    goalAt: isoTime(run.goalAt),
    path: run.path.map(([step, atMs]) => ({ step, at: isoTime(atMs) })),
  };
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
