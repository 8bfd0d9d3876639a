import { compressSync, uncompressSync } from 'snappy';
import type { Sql } from '../../../platform/postgres/index.ts';
import type { FoundDrift, ObservedState } from './observed-state.ts';

/** One kind of event: of a source, a type and a name. */
export interface EventKind {
  readonly workspaceId: number;
  readonly source: number;
  readonly type: string;
  readonly name: string;
}

export interface ObservedRow {
  source: number;
  type: string;
  name: string;
  first_at: Date;
  last_at: Date;
  count: number;
  fields: number;
}

const COLUMNS = 'source, type, name, first_at, last_at, count, fields';

/** The kinds a source is known to send; few, by the observer's bound. */
export async function listKinds(
  sql: Sql,
  workspaceId: number,
  source: number,
): Promise<{ type: string; name: string }[]> {
  const { rows } = await sql.query<{ type: string; name: string }>({
    name: 'observed_kinds',
    text: 'select type, name from observed_event where workspace_id = $1 and source = $2',
    values: [workspaceId, source],
  });
  return rows;
}

export async function readStates(
  sql: Sql,
  kinds: readonly EventKind[],
): Promise<(EventKind & { state: ObservedState })[]> {
  if (kinds.length === 0) return [];
  const { rows } = await sql.query<EventKind & { state: Buffer }>({
    name: 'observed_states',
    text: `select o.workspace_id as "workspaceId", o.source, o.type, o.name, o.state
           from unnest($1::integer[], $2::integer[], $3::text[], $4::text[]) as k(workspace_id, source, type, name)
           join observed_event o using (workspace_id, source, type, name)`,
    values: columnsOf(kinds, ['workspaceId', 'source', 'type', 'name']),
  });
  return rows.map((row) => ({ ...row, state: unpack(row.state) }));
}

export interface SeenKind extends EventKind {
  readonly firstAt: number;
  readonly lastAt: number;
  readonly state: ObservedState;
}

export async function saveStates(sql: Sql, seen: readonly SeenKind[]): Promise<void> {
  if (seen.length === 0) return;
  await sql.query({
    name: 'observed_save',
    text: `insert into observed_event as o (workspace_id, source, type, name, first_at, last_at, count, fields, state)
           select * from unnest($1::integer[], $2::integer[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
             $7::bigint[], $8::integer[], $9::bytea[])
           on conflict (workspace_id, source, type, name) do update set
             first_at = least(o.first_at, excluded.first_at), last_at = greatest(o.last_at, excluded.last_at),
             count = excluded.count, fields = excluded.fields, state = excluded.state`,
    values: [
      ...columnsOf(seen, ['workspaceId', 'source', 'type', 'name']),
      seen.map(({ firstAt }) => new Date(firstAt)),
      seen.map(({ lastAt }) => new Date(lastAt)),
      seen.map(({ state }) => state.count),
      seen.map(({ state }) => Object.keys(state.fields).length),
      seen.map(({ state }) => compressSync(JSON.stringify(state))),
    ],
  });
}

export interface SourceSighting {
  readonly workspaceId: number;
  readonly source: number;
  count: number;
  firstAt: number;
  lastAt: number;
}

export async function addActivity(sql: Sql, sightings: readonly SourceSighting[]): Promise<void> {
  if (sightings.length === 0) return;
  await sql.query({
    name: 'source_activity_add',
    text: `insert into source_activity as a (workspace_id, source, count, first_at, last_at)
           select * from unnest($1::integer[], $2::integer[], $3::bigint[], $4::timestamptz[], $5::timestamptz[])
           on conflict (workspace_id, source) do update set count = a.count + excluded.count,
             first_at = least(a.first_at, excluded.first_at), last_at = greatest(a.last_at, excluded.last_at)`,
    values: [
      ...columnsOf(sightings, ['workspaceId', 'source', 'count']),
      sightings.map(({ firstAt }) => new Date(firstAt)),
      sightings.map(({ lastAt }) => new Date(lastAt)),
    ],
  });
}

export interface ActivityRow {
  first_at: Date;
  last_at: Date;
  count: number;
}

export async function findActivity(sql: Sql, workspaceId: number, source: number): Promise<ActivityRow | undefined> {
  const { rows } = await sql.query<ActivityRow>({
    text: 'select first_at, last_at, count from source_activity where workspace_id = $1 and source = $2',
    values: [workspaceId, source],
  });
  return rows[0];
}

export async function listObservedRows(
  sql: Sql,
  workspaceId: number,
  page: { source: number; after: readonly [type: string, name: string] | undefined; limit: number },
): Promise<ObservedRow[]> {
  const { rows } = await sql.query<ObservedRow>({
    text: `select ${COLUMNS} from observed_event
           where workspace_id = $1 and source = $2 and ($3::text is null or (type, name) > ($3, $4::text))
           order by type, name limit $5`,
    values: [workspaceId, page.source, page.after?.[0] ?? null, page.after?.[1] ?? null, page.limit],
  });
  return rows;
}

export async function findObserved(
  sql: Sql,
  kind: EventKind,
): Promise<(ObservedRow & { state: ObservedState }) | undefined> {
  const { rows } = await sql.query<ObservedRow & { state: Buffer }>({
    text: `select ${COLUMNS}, state from observed_event
           where workspace_id = $1 and source = $2 and type = $3 and name = $4`,
    values: [kind.workspaceId, kind.source, kind.type, kind.name],
  });
  const row = rows[0];
  return row === undefined ? undefined : { ...row, state: unpack(row.state) };
}

/** The states of all kinds with one of these names, whatever their source. */
export async function readStatesOfNames(
  sql: Sql,
  workspaceId: number,
  names: readonly string[],
): Promise<(ObservedRow & { state: ObservedState })[]> {
  const { rows } = await sql.query<ObservedRow & { state: Buffer }>({
    text: `select ${COLUMNS}, state from observed_event where workspace_id = $1 and name = any($2)`,
    values: [workspaceId, names],
  });
  return rows.map((row) => ({ ...row, state: unpack(row.state) }));
}

export interface NewDrift extends EventKind, FoundDrift {
  readonly id: string;
}

/** One that ended and begins again is told again. */
export async function beginDrifts(sql: Sql, drifts: readonly NewDrift[], at: number): Promise<void> {
  if (drifts.length === 0) return;
  await sql.query({
    name: 'drift_begin',
    text: `insert into event_drift as d (workspace_id, id, source, type, name, kind, path, json_type, noticed_at)
           select u.*, $9::timestamptz from unnest($1::integer[], $2::uuid[], $3::integer[], $4::text[], $5::text[],
             $6::text[], $7::text[], $8::text[]) u
           on conflict (workspace_id, source, type, name, kind, path, json_type)
             do update set noticed_at = excluded.noticed_at, ended_at = null, acknowledged_at = null`,
    values: [
      ...columnsOf(drifts, ['workspaceId', 'id', 'source', 'type', 'name', 'kind', 'path', 'jsonType']),
      new Date(at),
    ],
  });
}

export async function endDrifts(sql: Sql, drifts: readonly (EventKind & FoundDrift)[], at: number): Promise<void> {
  if (drifts.length === 0) return;
  await sql.query({
    name: 'drift_end',
    text: `update event_drift d set ended_at = $8
           from unnest($1::integer[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
             as u(workspace_id, source, type, name, kind, path, json_type)
           where d.workspace_id = u.workspace_id and d.source = u.source and d.type = u.type and d.name = u.name
             and d.kind = u.kind and d.path = u.path and d.json_type = u.json_type`,
    values: [...columnsOf(drifts, ['workspaceId', 'source', 'type', 'name', 'kind', 'path', 'jsonType']), new Date(at)],
  });
}

function columnsOf<T>(rows: readonly T[], columns: readonly (keyof T)[]): unknown[][] {
  return columns.map((column) => rows.map((row) => row[column]));
}

function unpack(state: Buffer): ObservedState {
  return JSON.parse(uncompressSync(state, { asBuffer: false }) as string) as ObservedState;
}
