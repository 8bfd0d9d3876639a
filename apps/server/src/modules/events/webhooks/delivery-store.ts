import type { StoredAttempt } from './attempt.ts';
import { CALLS_PER_ENDPOINT_MAX, CALLS_WHILE_FAILING, FAILING_FROM_FAILURES } from './plan-delivery.ts';
import { isRetryable, type Sql, type Transaction } from '../../../platform/postgres/index.ts';

/** Whether the database failed in passing, so that the same statement may succeed later. */
export const isPassingFault = isRetryable;

/** An event that is for an endpoint. */
export interface NewDelivery {
  readonly workspaceId: number;
  readonly endpointId: string;
  readonly id: string;
  readonly type: string;
  readonly eventName: string;
  readonly body: string;
  /** Personal values, sealed with the key of the node; null when none are sent. */
  readonly sealed: Buffer | null;
  /** Whose event it is, sealed or not: its deliveries end with her. Null: of nobody. */
  readonly nodeId: number | null;
}

/** Writes deliveries that are due at once; one that is there already stays as it is. One statement. */
export async function insertDeliveries(sql: Sql, deliveries: readonly NewDelivery[], now: number): Promise<void> {
  // every workspace: one batch of the log holds events of several.
  await sql.query({
    name: 'webhook_delivery_insert',
    text: `insert into webhook_delivery (workspace_id, endpoint_id, id, type, event_name, body, sealed, node_id, status, next_attempt_at, created_at)
           select d.*, 'waiting', $1, $1
           from unnest($2::int[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::bigint[]) d
           on conflict do nothing`,
    values: [
      new Date(now),
      deliveries.map((d) => d.workspaceId),
      deliveries.map((d) => d.endpointId),
      deliveries.map((d) => d.id),
      deliveries.map((d) => d.type),
      deliveries.map((d) => d.eventName),
      deliveries.map((d) => d.body),
      deliveries.map((d) => d.sealed),
      deliveries.map((d) => d.nodeId),
    ],
  });
}

export interface DueEndpointRow {
  workspace_id: number;
  id: string;
  url: string;
  headers: Buffer | null;
  secret: Buffer;
  previous_secret: Buffer | null;
  previous_until: Date | null;
  include_personal: boolean;
  rate_per_second: number | null;
  paced_at: Date | null;
  failures: number;
  in_flight: number;
}

/** Endpoints that have something due and room for it, whoever waited longest first. Locks them until the transaction ends. */
export async function lockDueEndpoints(
  sql: Transaction,
  at: { now: number; limit: number },
): Promise<DueEndpointRow[]> {
  // every workspace: one sender serves them all. Served by `webhook_delivery_due` and `webhook_delivery_sending`.
  const { rows } = await sql.query<DueEndpointRow>({
    name: 'webhook_endpoint_due',
    text: `select e.workspace_id, e.id, e.url, e.headers, e.secret, e.previous_secret, e.previous_until, e.include_personal,
             e.rate_per_second, e.paced_at, e.failures, busy.in_flight
           from webhook_endpoint e
           cross join lateral (
             select count(*)::int as in_flight from webhook_delivery d
             where d.workspace_id = e.workspace_id and d.endpoint_id = e.id and d.status = 'sending'
           ) busy
           where e.enabled and (e.held_until is null or e.held_until <= $1)
             and busy.in_flight < case when e.failures >= $3::int then $4::int else $5::int end
             and (e.rate_per_second is null or e.paced_at is null or e.paced_at + make_interval(secs => 1.0 / e.rate_per_second) <= $1)
             and exists (
               select from webhook_delivery d
               where d.workspace_id = e.workspace_id and d.endpoint_id = e.id and d.status = 'waiting' and d.next_attempt_at <= $1)
           order by e.claimed_at nulls first, e.id limit $2 for update of e skip locked`,
    values: [new Date(at.now), at.limit, FAILING_FROM_FAILURES, CALLS_WHILE_FAILING, CALLS_PER_ENDPOINT_MAX],
  });
  return rows;
}

export interface ClaimedRow {
  workspace_id: number;
  endpoint_id: string;
  id: string;
  claim: string;
  body: string;
  sealed: Buffer | null;
  node_id: number | null;
  tries: number;
}

/** Takes up to `room` due deliveries of each endpoint: from now on they are this process's to send. */
export async function claimDeliveries(
  sql: Transaction,
  claim: {
    endpoints: readonly { workspaceId: number; id: string; room: number }[];
    owner: string;
    claimId: string;
    now: number;
  },
): Promise<ClaimedRow[]> {
  const { endpoints } = claim;
  // every workspace: one sender serves them all.
  const { rows } = await sql.query<ClaimedRow>({
    name: 'webhook_delivery_claim',
    // Materialized: joined the other way round, the choice would be made anew for every row, and the room be exceeded.
    text: `with due as materialized (
             select e.workspace_id, e.id as endpoint_id, chosen.id
             from unnest($1::int[], $2::uuid[], $3::int[]) e(workspace_id, id, room)
             cross join lateral (
               select w.id from webhook_delivery w
               where w.workspace_id = e.workspace_id and w.endpoint_id = e.id and w.status = 'waiting' and w.next_attempt_at <= $6
               order by w.next_attempt_at limit e.room for update skip locked
             ) chosen
           )
           update webhook_delivery d set status = 'sending', owner = $4, claim = $5, next_attempt_at = null, tries = d.tries + 1
           from due where d.workspace_id = due.workspace_id and d.endpoint_id = due.endpoint_id and d.id = due.id
           returning d.workspace_id, d.endpoint_id, d.id, d.claim, d.body, d.sealed, d.node_id, d.tries`,
    values: [
      endpoints.map((e) => e.workspaceId),
      endpoints.map((e) => e.id),
      endpoints.map((e) => e.room),
      claim.owner,
      claim.claimId,
      new Date(claim.now),
    ],
  });
  return rows;
}

export async function markClaimed(
  sql: Transaction,
  claimed: readonly { workspaceId: number; id: string; pacedAt: number | undefined }[],
  now: number,
): Promise<void> {
  // every workspace: one sender serves them all.
  await sql.query({
    name: 'webhook_endpoint_claimed',
    text: `update webhook_endpoint e set claimed_at = $1, paced_at = c.paced_at
           from unnest($2::int[], $3::uuid[], $4::timestamptz[]) c(workspace_id, id, paced_at)
           where e.workspace_id = c.workspace_id and e.id = c.id`,
    values: [
      new Date(now),
      claimed.map((c) => c.workspaceId),
      claimed.map((c) => c.id),
      claimed.map((c) => (c.pacedAt === undefined ? null : new Date(c.pacedAt))),
    ],
  });
}

/** How many attempts a delivery remembers. */
const ATTEMPTS_KEPT = 30;

export interface AttemptResult {
  readonly id: string;
  readonly claim: string;
  readonly attempt: StoredAttempt;
  readonly status: 'waiting' | 'delivered' | 'failed';
  readonly nextAttemptAt: number | undefined;
}

/**
 * Writes down what became of calls of an endpoint; answers those of them whose claim still held. Of the others somebody
 * else took the delivery over, and what he finds counts.
 */
export async function recordAttempts(
  sql: Sql,
  workspaceId: number,
  { endpointId, results, now }: { endpointId: string; results: readonly AttemptResult[]; now: number },
): Promise<ReadonlySet<string>> {
  const { rows } = await sql.query<{ id: string }>({
    name: 'webhook_delivery_record',
    text: `update webhook_delivery d set status = r.status, owner = null, claim = null, next_attempt_at = r.next_attempt_at,
             ended_at = case when r.status = 'waiting' then null else $3::timestamptz end, attempts = ${appended('r.attempt')}
           from unnest($4::uuid[], $5::uuid[], $6::text[], $7::timestamptz[], $8::text[]) r(id, claim, status, next_attempt_at, attempt)
           where d.workspace_id = $1 and d.endpoint_id = $2 and d.id = r.id and d.claim = r.claim and d.status = 'sending'
           returning d.id`,
    values: [
      workspaceId,
      endpointId,
      new Date(now),
      results.map((result) => result.id),
      results.map((result) => result.claim),
      results.map((result) => result.status),
      results.map(({ nextAttemptAt }) => (nextAttemptAt === undefined ? null : new Date(nextAttemptAt))),
      results.map((result) => JSON.stringify(result.attempt)),
    ],
  });
  return new Set(rows.map((row) => row.id));
}

function appended(attempt: string): string {
  return `case when jsonb_array_length(attempts) < ${ATTEMPTS_KEPT} then attempts else attempts - 0 end || jsonb_build_array(${attempt}::jsonb)`;
}

/** Writes how an endpoint is doing, after a call. */
export async function recordHealth(
  sql: Sql,
  workspaceId: number,
  after: {
    endpointId: string;
    failingSince: number | undefined;
    failures: number;
    heldUntil: number | undefined;
    hasSucceeded: boolean;
    /** Undefined without a failure. */
    failure: string | undefined;
    now: number;
  },
): Promise<void> {
  await sql.query({
    name: 'webhook_endpoint_health',
    text: `update webhook_endpoint set failing_since = $3, failures = $4, held_until = $5,
             last_success_at = case when $8::boolean then $7 else last_success_at end,
             last_failure_at = case when $6::text is null then last_failure_at else $7 end,
             last_failure = coalesce($6, last_failure)
           where workspace_id = $1 and id = $2`,
    values: [
      workspaceId,
      after.endpointId,
      after.failingSince === undefined ? null : new Date(after.failingSince),
      after.failures,
      after.heldUntil === undefined ? null : new Date(after.heldUntil),
      after.failure ?? null,
      new Date(after.now),
      after.hasSucceeded,
    ],
  });
}

const BEAT_FRESH_SECONDS = 10;
/** What no process survives, or none can write down, must not be called for ever. */
const STRANDED_TRIES_MAX = 10;

/**
 * Deliveries whose process ended before it knew, or forgot them, are due again, at once the first time: whether the call
 * arrived nobody knows, so it is repeated under the same id. Answers how many.
 */
export async function freeStranded(
  sql: Sql,
  at: { processId: string; claims: readonly string[]; now: number },
): Promise<number> {
  // every workspace: a process dies for all of them at once.
  const { rowCount } = await sql.query({
    name: 'webhook_delivery_free',
    text: `with dead as materialized (
             select o.owner from (select distinct owner from webhook_delivery where status = 'sending') o
             where o.owner <> $1
               and not exists (select from pg_stat_activity a where a.application_name = 'segue ' || o.owner)
               and not exists (
                 select from server_process p
                 where p.id = o.owner and p.beat_at > now() - make_interval(secs => ${BEAT_FRESH_SECONDS}))
           )
           update webhook_delivery set owner = null, claim = null, attempts = ${appended('$4')},
             status = case when tries < ${STRANDED_TRIES_MAX} then 'waiting' else 'failed' end,
             next_attempt_at = case when tries < ${STRANDED_TRIES_MAX} then $3::timestamptz + make_interval(mins => tries - 1) end,
             ended_at = case when tries < ${STRANDED_TRIES_MAX} then null else $3 end
           where status = 'sending' and (owner in (select owner from dead) or (owner = $1 and not claim = any($2::uuid[])))`,
    values: [
      at.processId,
      at.claims,
      new Date(at.now),
      JSON.stringify({
        at: new Date(at.now).toISOString(),
        result: 'unknown',
        status: null,
        reason: 'the process that sent it ended before it knew; it is sent again',
        tookMs: null,
        responseBody: null,
      } satisfies StoredAttempt),
    ],
  });
  return rowCount;
}
