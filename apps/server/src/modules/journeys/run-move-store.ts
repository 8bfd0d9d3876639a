import type { Handover } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { RUN_COLUMNS, type RunRow, toRun } from './run-store.ts';
import type { JourneyRun } from './types.ts';

/** Gives the runs of merged profiles, ended ones too, to those they were merged into. */
export async function moveRuns(sql: Sql, workspaceId: number, owners: ReadonlyMap<string, string>): Promise<void> {
  if (owners.size === 0) return;
  await sql.query({
    name: 'journey_run_move',
    text: `update journey_run r set profile_id = m.into_id
           from unnest($2::uuid[], $3::uuid[]) as m(from_id, into_id)
           where r.workspace_id = $1 and r.profile_id = m.from_id`,
    values: [workspaceId, [...owners.keys()], [...owners.values()]],
  });
}

/** Gives the runs of handed over nodes, ended ones too, to whom the nodes went. By index journey_run_of_profile. */
export async function moveRunsOfNodes(sql: Sql, workspaceId: number, handovers: readonly Handover[]): Promise<void> {
  const moves = handovers.flatMap(({ from, into, nodes }) =>
    nodes.map((node) => ({ from: from.id, into: into.id, node: node.id })),
  );
  if (moves.length === 0) return;
  await sql.query({
    name: 'journey_run_move_nodes',
    text: `update journey_run r set profile_id = m.into_id
           from unnest($2::uuid[], $3::uuid[], $4::bigint[]) as m(from_id, into_id, node)
           where r.workspace_id = $1 and r.profile_id = m.from_id and r.node = m.node`,
    values: [workspaceId, moves.map((m) => m.from), moves.map((m) => m.into), moves.map((m) => m.node)],
  });
}

/** When each profile last entered a journey without a key, and when such a run last ended (0: none did). */
export async function listLastRuns(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<{ profile_id: string; journey_id: string; entered_ms: number; ended_ms: number }[]> {
  const { rows } = await sql.query<{ profile_id: string; journey_id: string; entered_ms: number; ended_ms: number }>({
    name: 'journey_run_last',
    text: `select profile_id, journey_id, max(entered_ms) as entered_ms, max(coalesce(ended_ms, 0)) as ended_ms
           from journey_run where workspace_id = $1 and profile_id = any($2::uuid[]) and key = ''
           group by profile_id, journey_id`,
    values: [workspaceId, profileIds],
  });
  return rows;
}

/** Runs by id, whatever became of them. */
export async function findRuns(sql: Sql, workspaceId: number, runIds: readonly string[]): Promise<JourneyRun[]> {
  const { rows } = await sql.query<RunRow>({
    name: 'journey_run_find',
    text: `select ${RUN_COLUMNS} from journey_run where workspace_id = $1 and id = any($2::uuid[])`,
    values: [workspaceId, runIds],
  });
  return rows.map(toRun);
}
