import type { JourneyGraph, JourneyState } from '@segue/contract';

import type { Sql } from '../../platform/postgres/index.ts';

export interface JourneyRow {
  id: string;
  name: string;
  state: JourneyState;
  version: number | null;
  draft: JourneyGraph;
  created_ms: number;
  updated_ms: number;
}
const COLUMNS = 'id, name, state, version, draft, created_ms, updated_ms';

export interface LiveVersionRow {
  id: string;
  name: string;
  state: JourneyState;
  version: number;
  graph_version: number;
  graph: JourneyGraph;
}

/** The current version of every live journey, and every version on which runs still are. */
export async function listLiveVersions(sql: Sql, workspaceId: number): Promise<LiveVersionRow[]> {
  const { rows } = await sql.query<LiveVersionRow>({
    name: 'journey_live_versions',
    text: `select j.id, j.name, j.state, j.version, v.version as graph_version, v.graph
           from journey j join journey_version v on v.workspace_id = j.workspace_id and v.journey_id = j.id
           where j.workspace_id = $1 and (
             (j.state in ('published', 'paused') and v.version = j.version)
             or exists (
               select from journey_run r
               where r.workspace_id = $1 and r.journey_id = j.id and r.version = v.version and r.state < 3
             ))
           order by j.id, v.version`,
    values: [workspaceId],
  });
  return rows;
}

export async function insertJourney(
  sql: Sql,
  workspaceId: number,
  row: { id: string; name: string; draft: JourneyGraph; now: number },
): Promise<void> {
  await sql.query({
    text: `insert into journey (workspace_id, id, name, draft, created_ms, updated_ms) values ($1, $2, $3, $4::jsonb, $5, $5)`,
    values: [workspaceId, row.id, row.name, JSON.stringify(row.draft), row.now],
  });
}

export async function findJourney(sql: Sql, workspaceId: number, id: string): Promise<JourneyRow | undefined> {
  const { rows } = await sql.query<JourneyRow>({
    text: `select ${COLUMNS} from journey where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** Which of these there are, archived ones among them. */
export async function findJourneys(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql.query<{ id: string }>({
    text: 'select id from journey where workspace_id = $1 and id = any($2::uuid[])',
    values: [workspaceId, ids],
  });
  return new Set(rows.map((row) => row.id));
}

/** As `findJourney`, and nobody else changes it until the transaction ends. */
export async function lockJourney(sql: Sql, workspaceId: number, id: string): Promise<JourneyRow | undefined> {
  const { rows } = await sql.query<JourneyRow>({
    text: `select ${COLUMNS} from journey where workspace_id = $1 and id = $2 for update`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** Newest first, older than the cursor. */
export async function listJourneys(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; beforeId: string | undefined },
): Promise<JourneyRow[]> {
  const { rows } = await sql.query<JourneyRow>({
    text: `select ${COLUMNS} from journey where workspace_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`,
    values: [workspaceId, page.beforeId ?? null, page.limit],
  });
  return rows;
}

export async function saveDraft(
  sql: Sql,
  workspaceId: number,
  row: { id: string; name: string; draft: JourneyGraph; now: number },
): Promise<void> {
  await sql.query({
    text: `update journey set name = $3, draft = $4::jsonb, updated_ms = $5 where workspace_id = $1 and id = $2`,
    values: [workspaceId, row.id, row.name, JSON.stringify(row.draft), row.now],
  });
}

export async function saveState(
  sql: Sql,
  workspaceId: number,
  row: { id: string; state: JourneyState; version: number | null; now: number },
): Promise<void> {
  await sql.query({
    text: `update journey set state = $3, version = $4, updated_ms = $5 where workspace_id = $1 and id = $2`,
    values: [workspaceId, row.id, row.state, row.version, row.now],
  });
}

/** Makes the draft the next version; undefined when it is the newest version already. */
export async function insertVersion(
  sql: Sql,
  workspaceId: number,
  row: { journeyId: string; now: number },
): Promise<number | undefined> {
  const { rows } = await sql.query<{ version: number }>({
    text: `insert into journey_version (workspace_id, journey_id, version, graph, published_ms)
           select j.workspace_id, j.id, coalesce(j.version, 0) + 1, j.draft, $3 from journey j
           where j.workspace_id = $1 and j.id = $2 and not exists (
             select from journey_version v
             where v.workspace_id = $1 and v.journey_id = $2 and v.version = j.version and v.graph = j.draft)
           returning version`,
    values: [workspaceId, row.journeyId, row.now],
  });
  return rows[0]?.version;
}

/** The published graph. */
export async function findVersionGraph(
  sql: Sql,
  workspaceId: number,
  row: { journeyId: string; version: number },
): Promise<JourneyGraph | undefined> {
  const { rows } = await sql.query<{ graph: JourneyGraph }>({
    text: 'select graph from journey_version where workspace_id = $1 and journey_id = $2 and version = $3',
    values: [workspaceId, row.journeyId, row.version],
  });
  return rows[0]?.graph;
}
