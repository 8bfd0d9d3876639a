import type { Sql } from '../../../platform/postgres/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { OfConnector } from '../apply/applying.ts';

export type JobKind = 'back_fill' | 'poll' | 'health' | 'reconcile';
export type JobState = 'waiting' | 'running' | 'done' | 'failed';

export interface JobRow {
  readonly workspace_id: number;
  readonly connector_id: string;
  readonly id: string;
  readonly kind: JobKind;
  readonly state: JobState;
  readonly resource: string | null;
  readonly since: Date | null;
  readonly begun_at: Date | null;
  readonly place: JsonObject | null;
  readonly records: number;
  readonly attempts: number;
  readonly result: JsonObject | null;
  readonly fault: string | null;
  readonly due_at: Date;
  readonly created_at: Date;
  readonly ended_at: Date | null;
}

const COLUMNS = `workspace_id, connector_id, id, kind, state, resource, since, begun_at, place, records, attempts, result, fault,
  due_at, created_at, ended_at`;

export interface NewJob {
  readonly id: string;
  readonly kind: JobKind;
  readonly resource: string | null;
  readonly since: Date | null;
  readonly place: JsonObject | null;
  readonly dueAt: Date;
  readonly at: Date;
}

/** Of polls and looks at health there is one each: a second one changes nothing. */
export async function insertJobs(sql: Sql, of: OfConnector, jobs: readonly NewJob[]): Promise<JobRow[]> {
  const { rows } = await sql.query<JobRow>({
    text: `insert into connector_job (workspace_id, connector_id, id, kind, state, resource, since, place, due_at, created_at)
           select $1, $2, n.id, n.kind, 'waiting', n.resource, n.since, n.place, n.due, n.at
           from unnest($3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[], $8::timestamptz[],
             $9::timestamptz[]) as n(id, kind, resource, since, place, due, at)
           on conflict do nothing returning ${COLUMNS}`,
    values: [
      ...[of.workspaceId, of.connectorId, jobs.map(({ id }) => id), jobs.map(({ kind }) => kind)],
      ...[jobs.map(({ resource }) => resource), jobs.map(({ since }) => since)],
      ...[jobs.map(({ place }) => (place === null ? null : JSON.stringify(place)))],
      ...[jobs.map(({ dueAt }) => dueAt), jobs.map(({ at }) => at)],
    ],
  });
  return rows;
}

/** Takes what is due and nobody works on, for a while. */
export async function claimJobs(
  sql: Sql,
  claim: { owner: string; now: Date; until: Date; limit: number },
): Promise<JobRow[]> {
  const { rows } = await sql.query<JobRow>({
    name: 'connector_job_claim',
    // every workspace: one loop works for all, by `connector_job_due`.
    text: `update connector_job j set state = 'running', lease_owner = $1, lease_until = $3, attempts = attempts + 1,
             begun_at = coalesce(j.begun_at, $2)
           where (workspace_id, connector_id, id) in (
             select d.workspace_id, d.connector_id, d.id from connector_job d
             join connector c on c.workspace_id = d.workspace_id and c.id = d.connector_id and c.state = 'active'
             where d.state in ('waiting', 'running') and d.due_at <= $2
               and (d.lease_until is null or d.lease_until < $2)
             order by d.due_at, d.id limit $4 for update of d skip locked)
           returning ${COLUMNS}`,
    values: [claim.owner, claim.now, claim.until, claim.limit],
  });
  return rows;
}

/** What a step of work left behind. False: somebody else has it meanwhile. */
export async function moveJob(
  sql: Sql,
  job: JobRow,
  to: {
    owner: string;
    state: JobState;
    since: Date | null;
    begunAt: Date | null;
    place: JsonObject | null;
    records: number;
    result: JsonObject | null;
    fault: string | null;
    attempts: number;
    dueAt: Date;
    endedAt: Date | null;
  },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    name: 'connector_job_move',
    text: `update connector_job set state = $5, since = $6, begun_at = $7, place = $8, records = $9, result = $10, fault = $11,
             attempts = $12, due_at = $13, ended_at = $14, lease_owner = null, lease_until = null
           where workspace_id = $1 and connector_id = $2 and id = $3 and lease_owner = $4`,
    values: [
      ...[job.workspace_id, job.connector_id, job.id, to.owner, to.state, to.since, to.begunAt],
      ...[to.place === null ? null : JSON.stringify(to.place), to.records],
      ...[to.result === null ? null : JSON.stringify(to.result), to.fault, to.attempts, to.dueAt, to.endedAt],
    ],
  });
  return rowCount === 1;
}

export async function findJob(sql: Sql, of: OfConnector, id: string): Promise<JobRow | undefined> {
  const { rows } = await sql.query<JobRow>({
    text: `select ${COLUMNS} from connector_job where workspace_id = $1 and connector_id = $2 and id = $3`,
    values: [of.workspaceId, of.connectorId, id],
  });
  return rows[0];
}

/** The newest ones. */
export async function listJobs(sql: Sql, of: OfConnector, limit: number): Promise<JobRow[]> {
  const { rows } = await sql.query<JobRow>({
    text: `select ${COLUMNS} from connector_job where workspace_id = $1 and connector_id = $2 order by id desc limit $3`,
    values: [of.workspaceId, of.connectorId, limit],
  });
  return rows;
}

export async function nextPollAt(sql: Sql, of: OfConnector): Promise<Date | null> {
  const { rows } = await sql.query<{ at: Date | null }>({
    text: `select min(due_at) as at from connector_job
           where workspace_id = $1 and connector_id = $2 and kind = 'poll' and state in ('waiting', 'running')`,
    values: [of.workspaceId, of.connectorId],
  });
  return rows[0]?.at ?? null;
}

/** Nothing more is asked of a shop that is gone, or cannot be asked. */
export async function endStandingJobs(sql: Sql, of: OfConnector, at: Date): Promise<void> {
  await sql.query({
    text: `update connector_job set state = 'done', ended_at = $3, lease_owner = null, lease_until = null
           where workspace_id = $1 and connector_id = $2 and state in ('waiting', 'running')`,
    values: [of.workspaceId, of.connectorId, at],
  });
}

/** Answers how many. */
export async function forgetJobs(sql: Sql, old: { before: Date; limit: number }): Promise<number> {
  const { rowCount } = await sql.query({
    // every workspace: one loop works for all.
    text: `delete from connector_job where (workspace_id, connector_id, id) in (
             select workspace_id, connector_id, id from connector_job where ended_at < $1 limit $2)`,
    values: [old.before, old.limit],
  });
  return rowCount;
}
