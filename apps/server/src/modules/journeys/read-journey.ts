import {
  findGraphFaults,
  type Journey,
  type JourneyGraph,
  type JourneyWithCounts,
  type PresentedRun,
  RUN_REASONS,
  type RunReason,
} from '@segue/contract';

import type { Ctx } from '../../platform/context.ts';
import { publicId } from '../../platform/ids/index.ts';
import { findIntended, type IntendedMessage } from '../messaging/index.ts';
import { findVersionGraph, type JourneyRow } from './journey-store.ts';
import { findMissing } from './publish-journey.ts';
import { countRuns, countVisits, type RunCountRow, type VisitRow } from './run-store.ts';
import { intentKeyOf } from './step.ts';
import type { JourneyRun } from './types.ts';

export function presentJourney(journey: JourneyRow): Journey {
  return {
    id: publicId('jrn', journey.id),
    name: journey.name,
    state: journey.state,
    version: journey.version,
    graph: journey.draft,
    createdAt: new Date(journey.created_ms).toISOString(),
    updatedAt: new Date(journey.updated_ms).toISOString(),
  };
}

/** With the published graph, what keeps the draft from being published, and counts of journey and steps. */
export async function presentWithCounts(
  ctx: Ctx,
  journey: JourneyRow,
  counted: CountedJourney,
): Promise<JourneyWithCounts> {
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
    ...presentCounts(counted, published ?? journey.draft),
  };
}

export interface CountedJourney {
  readonly runs: readonly RunCountRow[];
  readonly visits: readonly VisitRow[];
}

/** Counted from the runs themselves, so that they cannot drift from them. Reads every run of the journey. */
export async function countJourney({ sql, workspaceId }: Ctx, journeyId: string): Promise<CountedJourney> {
  return {
    runs: await countRuns(sql, workspaceId, journeyId),
    visits: await countVisits(sql, workspaceId, journeyId),
  };
}

function presentCounts(counted: CountedJourney, graph: JourneyGraph): Pick<JourneyWithCounts, 'counts' | 'steps'> {
  const rows = counted.runs;
  const visits = new Map(counted.visits.map((row) => [row.step_id, row]));
  const total = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  const exited = Object.fromEntries(
    RUN_REASONS.map((reason) => [reason, total((row) => (row.reason === reason ? row.runs : 0))]),
  ) as Record<RunReason, number>;
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

/** Pages of runs show what became of what each step sent. One query. */
export async function findRunMessages(
  { sql, workspaceId }: Ctx,
  runs: readonly JourneyRun[],
): Promise<ReadonlyMap<string, IntendedMessage>> {
  const keys = runs.flatMap((run) => run.path.map(([step], index) => intentKeyOf(run.id, step, index + 1)));
  return findIntended(sql, workspaceId, keys);
}

export function presentRun(run: JourneyRun, messages: ReadonlyMap<string, IntendedMessage>): PresentedRun {
  return {
    id: publicId('run', run.id),
    journeyId: publicId('jrn', run.journeyId),
    version: run.version,
    profileId: publicId('prf', run.profileId),
    key: run.key === '' ? null : run.key,
    state: run.state === 'new' ? 'waiting' : run.state,
    step: run.stepId,
    wakeAt: run.state === 'waiting' ? isoTime(run.wakeAt) : null,
    enteredAt: new Date(run.enteredAt).toISOString(),
    endedAt: isoTime(run.endedAt),
    reason: run.reason,
    goalAt: isoTime(run.goalAt),
    path: run.path.map(([step, atMs], index) => {
      const message = messages.get(intentKeyOf(run.id, step, index + 1));
      const shown = message === undefined ? null : { ...message, id: publicId('msg', message.id) };
      return { step, at: new Date(atMs).toISOString(), message: shown };
    }),
  };
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
