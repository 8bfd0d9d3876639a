import { RUN_REASONS, type RunReason } from '@segue/contract';

import type { JsonObject } from '../../platform/json.ts';
import { arrayLiteral, isRetryable, type Sql } from '../../platform/postgres/index.ts';
import type { JourneyRun, Move, RunState } from './types.ts';

const STATES = ['new', 'waiting', 'watching', 'ended'] as const satisfies readonly RunState[];
export const RUN_COLUMNS =
  'id, journey_id, version, profile_id, key, state, step_id, at_ms, wake_ms, entered_ms, ended_ms, reason, goal_ms, context, path, node_kind, node';

export interface RunRow {
  id: string;
  journey_id: string;
  version: number;
  profile_id: string;
  key: string;
  state: number;
  step_id: string | null;
  at_ms: number;
  wake_ms: number | null;
  entered_ms: number;
  ended_ms: number | null;
  reason: string | null;
  goal_ms: number | null;
  context: JsonObject;
  path: Move[];
  node_kind: number | null;
  node: number | null;
}

export function toRun(row: RunRow): JourneyRun {
  return {
    id: row.id,
    journeyId: row.journey_id,
    version: row.version,
    profileId: row.profile_id,
    key: row.key,
    state: STATES[row.state] ?? 'ended',
    stepId: row.step_id,
    atMs: row.at_ms,
    wakeAt: row.wake_ms,
    enteredAt: row.entered_ms,
    endedAt: row.ended_ms,
    reason: toReason(row.reason),
    goalAt: row.goal_ms,
    properties: row.context,
    path: row.path,
    node: row.node === null ? null : { kind: row.node_kind ?? 0, id: row.node },
  };
}

function toReason(text: string | null): RunReason | null {
  return RUN_REASONS.find((reason) => reason === text) ?? null;
}

/** A profile, journey and key of which it must be known whether a run ever was. */
export interface PastPlace {
  readonly profileId: string;
  readonly journeyId: string;
  readonly key: string;
}

/**
 * The runs of these profiles that have not ended, and one run of each past place. One statement, by index
 * journey_run_of_profile.
 */
export async function listRuns(
  sql: Sql,
  workspaceId: number,
  wanted: { profileIds: readonly string[]; past: readonly PastPlace[] },
): Promise<JourneyRun[]> {
  const { profileIds, past } = wanted;
  if (profileIds.length === 0 && past.length === 0) return [];
  const { rows } = await sql.query<RunRow>({
    name: 'journey_run_list_live',
    text: `select ${RUN_COLUMNS} from journey_run where workspace_id = $1 and profile_id = any($2::uuid[]) and state < 3
           union all
           select r.* from unnest($3::uuid[], $4::uuid[], $5::text[]) as p(profile_id, journey_id, key)
           cross join lateral (
             select ${RUN_COLUMNS} from journey_run
             where workspace_id = $1 and profile_id = p.profile_id and journey_id = p.journey_id and key = p.key and state = 3
             limit 1
           ) r`,
    values: [
      workspaceId,
      profileIds,
      past.map((place) => place.profileId),
      past.map((place) => place.journeyId),
      past.map((place) => place.key),
    ],
  });
  return rows.map(toRun);
}

const TYPES = [
  'uuid',
  'uuid',
  'integer',
  'uuid',
  'text',
  'smallint',
  'text',
  'bigint',
  'bigint',
  'bigint',
  'bigint',
  'text',
  'bigint',
  'jsonb',
  'jsonb',
  'smallint',
  'bigint',
] as const;
const ARRAYS = TYPES.map((type, index) => `$${index + 2}::${type}[]`).join(', ');

function columnsOf(runs: readonly JourneyRun[]): unknown[] {
  return [
    arrayLiteral(runs.map((run) => run.id)),
    arrayLiteral(runs.map((run) => run.journeyId)),
    arrayLiteral(runs.map((run) => run.version)),
    arrayLiteral(runs.map((run) => run.profileId)),
    runs.map((run) => run.key),
    arrayLiteral(runs.map((run) => STATES.indexOf(run.state))),
    runs.map((run) => run.stepId),
    arrayLiteral(runs.map((run) => run.atMs)),
    runs.map((run) => run.wakeAt),
    arrayLiteral(runs.map((run) => run.enteredAt)),
    runs.map((run) => run.endedAt),
    runs.map((run) => run.reason),
    runs.map((run) => run.goalAt),
    runs.map((run) => JSON.stringify(run.properties)),
    runs.map((run) => JSON.stringify(run.path)),
    runs.map((run) => run.node?.kind ?? null),
    runs.map((run) => run.node?.id ?? null),
  ];
}

export async function insertRuns(sql: Sql, workspaceId: number, runs: readonly JourneyRun[]): Promise<void> {
  if (runs.length === 0) return;
  await sql.query({
    name: 'journey_run_insert',
    text: `insert into journey_run (workspace_id, ${RUN_COLUMNS}) select $1, r.* from unnest(${ARRAYS}) as r`,
    values: [workspaceId, ...columnsOf(runs)],
  });
}

/** What of a run never changes is left alone. */
export async function updateRuns(sql: Sql, workspaceId: number, runs: readonly JourneyRun[]): Promise<void> {
  if (runs.length === 0) return;
  const { rowCount } = await sql.query({
    name: 'journey_run_update',
    text: `update journey_run j
           set profile_id = r.profile_id, state = r.state, step_id = r.step_id, at_ms = r.at_ms, wake_ms = r.wake_ms,
             ended_ms = r.ended_ms, reason = r.reason, goal_ms = r.goal_ms, path = r.path
           from unnest(${ARRAYS}) as r(${RUN_COLUMNS})
           where j.workspace_id = $1 and j.id = r.id`,
    values: [workspaceId, ...columnsOf(runs)],
  });
  if (rowCount !== runs.length) throw new Error(`wrote ${rowCount} of ${runs.length} runs`);
}

/** Whether a fault is the database's trouble, not that of what was read or written. */
export function isDatabaseTrouble(error: unknown): boolean {
  return isRetryable(error);
}

/** Workspaces in which a wait is over or an archived journey still has runs. */
export async function listWorkspacesWithDueRuns(sql: Sql, now: number): Promise<number[]> {
  const { rows } = await sql.query<{ workspace_id: number }>({
    name: 'journey_run_due_workspaces',
    // every workspace: this only finds those in which there is something to do.
    text: `select distinct j.workspace_id from journey j
           join journey_version v on v.workspace_id = j.workspace_id and v.journey_id = j.id
           where j.state in ('published', 'archived') and exists (
             select from journey_run r
             where r.workspace_id = v.workspace_id and r.journey_id = v.journey_id and r.version = v.version and r.state < 3
               and r.wake_ms <= case j.state when 'archived' then ${Number.MAX_SAFE_INTEGER} else $1::bigint end
           )`,
    values: [now],
  });
  return rows.map((row) => row.workspace_id);
}

/** One process wakes the runs of a workspace at a time; whoever comes second need not wait. Held until the transaction ends. */
export async function tryLockWaits(sql: Sql, workspaceId: number): Promise<boolean> {
  const { rows } = await sql.query<{ locked: boolean }>({
    name: 'journey_waits_lock',
    text: `select pg_try_advisory_xact_lock(hashtextextended('journey waits of workspace ' || $1::int, 0)) as locked`,
    values: [workspaceId],
  });
  return rows[0]?.locked === true;
}

/** Profiles whose waits are over, longest overdue first. By index journey_run_due, one range for each version. */
export async function listDueProfiles(
  sql: Sql,
  workspaceId: number,
  options: { now: number; runsMax: number },
): Promise<string[]> {
  const { rows } = await sql.query<{ profile_id: string }>({
    name: 'journey_run_due',
    text: `select d.profile_id from journey j
           join journey_version v on v.workspace_id = j.workspace_id and v.journey_id = j.id
           cross join lateral (
             select r.profile_id, r.wake_ms from journey_run r
             where r.workspace_id = $1 and r.journey_id = v.journey_id and r.version = v.version and r.state < 3
               and r.wake_ms <= case j.state when 'archived' then ${Number.MAX_SAFE_INTEGER} else $2::bigint end
             order by r.wake_ms limit $3
           ) d
           where j.workspace_id = $1 and j.state in ('published', 'archived')
           order by d.wake_ms limit $3`,
    values: [workspaceId, options.now, options.runsMax],
  });
  return [...new Set(rows.map((row) => row.profile_id))];
}

/** Puts the waits of a profile that are over off to a later instant. */
export async function postponeWaits(
  sql: Sql,
  workspaceId: number,
  wait: { profileId: string; now: number; untilMs: number },
): Promise<void> {
  await sql.query({
    text: `update journey_run set wake_ms = $4
           where workspace_id = $1 and profile_id = $2 and state < 3 and wake_ms <= $3`,
    values: [workspaceId, wait.profileId, wait.now, wait.untilMs],
  });
}

export interface RunFilter {
  readonly journeyId: string | undefined;
  readonly profileId: string | undefined;
  readonly state: 'waiting' | 'watching' | 'ended' | undefined;
}

/** Newest first, older than the cursor. By index journey_run_of_journey or journey_run_of_profile. */
export async function pageRuns(
  sql: Sql,
  workspaceId: number,
  page: RunFilter & { limit: number; beforeId: string | undefined },
): Promise<JourneyRun[]> {
  const { rows } = await sql.query<RunRow>({
    text: `select ${RUN_COLUMNS} from journey_run
           where workspace_id = $1 and ($2::uuid is null or journey_id = $2) and ($3::uuid is null or profile_id = $3)
             and ($4::smallint is null or state = $4) and ($5::uuid is null or id < $5)
           order by id desc limit $6`,
    values: [
      workspaceId,
      page.journeyId ?? null,
      page.profileId ?? null,
      page.state === undefined ? null : STATES.indexOf(page.state),
      page.beforeId ?? null,
      page.limit,
    ],
  });
  return rows.map(toRun);
}

export interface RunCountRow {
  state: number;
  reason: string | null;
  runs: number;
  goals: number;
}

export async function countRuns(sql: Sql, workspaceId: number, journeyId: string): Promise<RunCountRow[]> {
  const { rows } = await sql.query<RunCountRow>({
    text: `select state, reason, count(*) as runs, count(goal_ms) as goals from journey_run
           where workspace_id = $1 and journey_id = $2 group by state, reason`,
    values: [workspaceId, journeyId],
  });
  return rows;
}

export interface VisitRow {
  step_id: string;
  visits: number;
  active: number;
}

/** How many visits each step had, and how many runs wait there now. */
export async function countVisits(sql: Sql, workspaceId: number, journeyId: string): Promise<VisitRow[]> {
  const { rows } = await sql.query<VisitRow>({
    text: `select p.move ->> 0 as step_id, count(*) as visits,
             count(*) filter (where r.state = 1 and p.n = jsonb_array_length(r.path)) as active
           from journey_run r cross join lateral jsonb_array_elements(r.path) with ordinality as p(move, n)
           where r.workspace_id = $1 and r.journey_id = $2 group by 1`,
    values: [workspaceId, journeyId],
  });
  return rows;
}

/** Of these runs, what the send guard asks. */
export async function listRunStates(
  sql: Sql,
  workspaceId: number,
  runIds: readonly string[],
): Promise<{ id: string; state: number; reason: string | null; journey_state: string }[]> {
  const { rows } = await sql.query<{ id: string; state: number; reason: string | null; journey_state: string }>({
    name: 'journey_run_states',
    text: `select r.id, r.state, r.reason, j.state as journey_state from journey_run r
           join journey j on j.workspace_id = r.workspace_id and j.id = r.journey_id
           where r.workspace_id = $1 and r.id = any($2::uuid[])`,
    values: [workspaceId, runIds],
  });
  return rows;
}

const COUNTED_MAX = 100_000;

/** How many runs' waits are over, no further than is worth knowing. By index journey_run_due, one range for each version. */
export async function countDueRuns(sql: Sql, now: number): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    name: 'journey_run_count_due',
    // every workspace: one worker serves them all.
    text: `select count(*)::int as n from (
             select from journey j
             join journey_version v on v.workspace_id = j.workspace_id and v.journey_id = j.id
             join journey_run r on r.workspace_id = v.workspace_id and r.journey_id = v.journey_id and r.version = v.version
             where j.state in ('published', 'archived') and r.state < 3
               and r.wake_ms <= case j.state when 'archived' then ${Number.MAX_SAFE_INTEGER} else $1::bigint end
             limit ${COUNTED_MAX}
           ) due`,
    values: [now],
  });
  return rows[0]!.n;
}
