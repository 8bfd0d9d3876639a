import type { Sql } from '../../../platform/postgres/index.ts';
import type { ShownFiltered } from './filtered-store.ts';
import type { EndpointDefinition, EventFilter } from './match-events.ts';

export interface EndpointRow {
  id: string;
  url: string;
  description: string;
  events: EventFilter[];
  source_id: string | null;
  source_number: number | null;
  headers: Buffer | null;
  header_names: string[];
  rate_per_second: number | null;
  include_personal: boolean;
  consent_categories: string[];
  is_advertising: boolean;
  last_filtered: ShownFiltered[];
  secret: Buffer;
  previous_secret: Buffer | null;
  previous_until: Date | null;
  enabled: boolean;
  disabled_at: Date | null;
  disabled_reason: string | null;
  failing_since: Date | null;
  failures: number;
  last_success_at: Date | null;
  last_failure_at: Date | null;
  last_failure: string | null;
  held_until: Date | null;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = `id, url, description, events, source_id, source_number, headers, header_names, rate_per_second, include_personal,
  secret, previous_secret, previous_until, enabled, disabled_at, disabled_reason, failing_since, failures, last_success_at,
  last_failure_at, last_failure, held_until, created_at, updated_at, consent_categories, is_advertising, last_filtered`;

export type NewEndpoint = Pick<
  EndpointRow,
  | 'id'
  | 'url'
  | 'description'
  | 'events'
  | 'source_id'
  | 'source_number'
  | 'headers'
  | 'header_names'
  | 'rate_per_second'
  | 'include_personal'
  | 'consent_categories'
  | 'is_advertising'
  | 'secret'
  | 'created_at'
>;

/** The heads of all lanes, as `starts` keeps them: what is appended from now on lies behind. */
const HEADS = `(select jsonb_agg(jsonb_build_array(log, lane, head)) from log_lane)`;

export async function insertEndpoint(sql: Sql, workspaceId: number, row: NewEndpoint): Promise<void> {
  await sql.query({
    text: `insert into webhook_endpoint (workspace_id, id, url, description, events, source_id, source_number, headers, header_names,
             rate_per_second, include_personal, secret, created_at, updated_at, starts, consent_categories, is_advertising)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, ${HEADS}, $14, $15)`,
    values: [
      workspaceId,
      row.id,
      row.url,
      row.description,
      JSON.stringify(row.events),
      row.source_id,
      row.source_number,
      row.headers,
      row.header_names,
      row.rate_per_second,
      row.include_personal,
      row.secret,
      row.created_at,
      row.consent_categories,
      row.is_advertising,
    ],
  });
}

/** Keeps others from adding one meanwhile; answers how many there are. */
export async function countEndpoints(sql: Sql, workspaceId: number): Promise<number> {
  await sql.query({
    text: `select pg_advisory_xact_lock(hashtextextended('webhooks of ' || $1, 0))`,
    values: [workspaceId],
  });
  const { rows } = await sql.query<{ n: number }>({
    text: 'select count(*)::int as n from webhook_endpoint where workspace_id = $1',
    values: [workspaceId],
  });
  return rows[0]!.n;
}

/** Newest first. */
export async function pageEndpoints(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; beforeId: string | undefined },
): Promise<EndpointRow[]> {
  const { rows } = await sql.query<EndpointRow>({
    text: `select ${COLUMNS} from webhook_endpoint where workspace_id = $1 and ($2::uuid is null or id < $2)
           order by id desc limit $3`,
    values: [workspaceId, page.beforeId ?? null, page.limit],
  });
  return rows;
}

export async function findEndpoint(
  sql: Sql,
  workspaceId: number,
  { id, lock = false }: { id: string; lock?: boolean | undefined },
): Promise<EndpointRow | undefined> {
  const { rows } = await sql.query<EndpointRow>({
    text: `select ${COLUMNS} from webhook_endpoint where workspace_id = $1 and id = $2 ${lock ? 'for update' : ''}`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export type EndpointChange = Partial<Omit<NewEndpoint, 'id' | 'created_at' | 'secret'>>;
const CHANGEABLE = [
  'url',
  'description',
  'events',
  'source_id',
  'source_number',
  'headers',
  'header_names',
  'rate_per_second',
  'include_personal',
  'consent_categories',
  'is_advertising',
] as const;

/** Writes only what is given. */
export async function updateEndpoint(
  sql: Sql,
  workspaceId: number,
  { id, change, now }: { id: string; change: EndpointChange; now: number },
): Promise<void> {
  const values: unknown[] = [workspaceId, id, new Date(now)];
  const sets = CHANGEABLE.filter((column) => change[column] !== undefined).map((column) => {
    const value = change[column];
    return `${column} = $${values.push(column === 'events' ? JSON.stringify(value) : value)}`;
  });
  await sql.query({
    text: `update webhook_endpoint set ${['updated_at = $3', ...sets].join(', ')} where workspace_id = $1 and id = $2`,
    values,
  });
}

export async function deleteEndpoint(sql: Sql, workspaceId: number, id: string): Promise<void> {
  await sql.query({
    text: 'delete from webhook_endpoint where workspace_id = $1 and id = $2',
    values: [workspaceId, id],
  });
}

/** Begins anew: what it failed at is forgotten, and what happened meanwhile is not for it. */
export async function enableEndpoint(sql: Sql, workspaceId: number, at: { id: string; now: number }): Promise<void> {
  await sql.query({
    text: `update webhook_endpoint set enabled = true, disabled_at = null, disabled_reason = null, failing_since = null,
             failures = 0, held_until = null, updated_at = $3, starts = ${HEADS}
           where workspace_id = $1 and id = $2`,
    values: [workspaceId, at.id, new Date(at.now)],
  });
}

export async function disableEndpoint(
  sql: Sql,
  workspaceId: number,
  at: { id: string; reason: string; now: number },
): Promise<void> {
  await sql.query({
    text: `update webhook_endpoint set enabled = false, disabled_at = $4, disabled_reason = $3, updated_at = $4
           where workspace_id = $1 and id = $2`,
    values: [workspaceId, at.id, at.reason, new Date(at.now)],
  });
}

export async function rotateSecret(
  sql: Sql,
  workspaceId: number,
  at: { id: string; secret: Buffer; previousUntil: number; now: number },
): Promise<void> {
  await sql.query({
    text: `update webhook_endpoint set previous_secret = secret, previous_until = $4, secret = $3, updated_at = $5
           where workspace_id = $1 and id = $2`,
    values: [workspaceId, at.id, at.secret, new Date(at.previousUntil), new Date(at.now)],
  });
}

/** Somebody says it works again: it is asked at once. */
export async function liftHold(sql: Sql, workspaceId: number, id: string): Promise<void> {
  await sql.query({
    text: 'update webhook_endpoint set held_until = null where workspace_id = $1 and id = $2',
    values: [workspaceId, id],
  });
}

interface DefinitionRow {
  workspace_id: number;
  id: string;
  events: EventFilter[];
  source_number: number | null;
  include_personal: boolean;
  consent_categories: string[];
  is_advertising: boolean;
  starts: [number, number, number][] | null;
}

/** What is enabled. */
export async function listDefinitions(sql: Sql): Promise<EndpointDefinition[]> {
  // every workspace: one reader serves them all.
  const { rows } = await sql.query<DefinitionRow>({
    text: `select workspace_id, id, events, source_number, include_personal, consent_categories, is_advertising, starts
           from webhook_endpoint where enabled`,
  });
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    id: row.id,
    events: row.events,
    sourceNumber: row.source_number ?? undefined,
    includePersonal: row.include_personal,
    consent: { categories: row.consent_categories, isAdvertising: row.is_advertising },
    startsAfter: new Map((row.starts ?? []).map(([log, lane, seq]) => [`${log}/${lane}`, seq])),
  }));
}
