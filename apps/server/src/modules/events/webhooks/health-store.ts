import type { Sql } from '../../../platform/postgres/index.ts';

const HOUR_MS = 3_600_000;
const HOURS_SHOWN = 24;
/** Beyond this many, the exact number does not matter. */
const WAITING_MAX = 10_000;

export interface HealthRow {
  endpoint_id: string;
  waiting: number;
  succeeded: number;
  failed: number;
  filtered: number;
  took_ms_sum: number;
  took_ms_max: number | null;
}

/** How the last day went for each of these endpoints, and what is waiting. One query. */
export async function readHealth(
  sql: Sql,
  workspaceId: number,
  asked: { endpointIds: readonly string[]; now: number },
): Promise<ReadonlyMap<string, HealthRow>> {
  const { rows } = await sql.query<HealthRow>({
    text: `select e.id as endpoint_id, w.waiting, h.* from unnest($2::uuid[]) e(id)
           cross join lateral (
             select count(*)::int as waiting from (
               select from webhook_delivery d
               where d.workspace_id = $1 and d.endpoint_id = e.id and d.status = 'waiting' limit ${WAITING_MAX}
             ) counted
           ) w
           cross join lateral (
             select coalesce(sum(succeeded), 0)::int as succeeded, coalesce(sum(failed), 0)::int as failed,
               coalesce(sum(filtered), 0)::int as filtered,
               coalesce(sum(took_ms_sum), 0)::bigint as took_ms_sum, max(took_ms_max) as took_ms_max
             from webhook_hour h where h.workspace_id = $1 and h.endpoint_id = e.id and h.hour > $3
           ) h`,
    values: [workspaceId, asked.endpointIds, new Date(asked.now - HOURS_SHOWN * HOUR_MS)],
  });
  return new Map(rows.map((row) => [row.endpoint_id, row]));
}

/** Counts attempts of an endpoint. */
export async function countAttempts(
  sql: Sql,
  workspaceId: number,
  counted: { endpointId: string; attempts: readonly { isSuccess: boolean; tookMs: number }[]; now: number },
): Promise<void> {
  const { attempts } = counted;
  const succeeded = attempts.filter(({ isSuccess }) => isSuccess).length;
  const times = attempts.map(({ tookMs }) => tookMs);
  await sql.query({
    name: 'webhook_hour_count',
    text: `insert into webhook_hour as h (workspace_id, endpoint_id, hour, succeeded, failed, took_ms_sum, took_ms_max)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (workspace_id, endpoint_id, hour) do update set succeeded = h.succeeded + excluded.succeeded,
             failed = h.failed + excluded.failed, took_ms_sum = h.took_ms_sum + excluded.took_ms_sum,
             took_ms_max = greatest(h.took_ms_max, excluded.took_ms_max)`,
    values: [
      workspaceId,
      counted.endpointId,
      new Date(Math.floor(counted.now / HOUR_MS) * HOUR_MS),
      succeeded,
      attempts.length - succeeded,
      times.reduce((sum, ms) => sum + ms, 0),
      Math.max(...times),
    ],
  });
}

/** Beyond this many, the exact number does not matter. */
const WORK_COUNT_MAX = 100_000;

export interface WorkRow {
  waiting: number;
  sending: number;
  healthy: number;
  failing: number;
  disabled: number;
  due_since: Date | null;
}

/** How many deliveries have no outcome, how endpoints are, and since when the oldest delivery is due that could be sent. */
export async function countWork(sql: Sql, now: number): Promise<WorkRow> {
  // every workspace: whoever runs the server looks after all of them. Served by `webhook_delivery_due` and `webhook_delivery_sending`.
  const { rows } = await sql.query<WorkRow>({
    name: 'webhook_work_count',
    text: `select
             (select count(*)::int from (select from webhook_delivery where status = 'waiting' limit ${WORK_COUNT_MAX}) w) as waiting,
             (select count(*)::int from (select from webhook_delivery where status = 'sending' limit ${WORK_COUNT_MAX}) s) as sending,
             (count(*) filter (where enabled and failing_since is null))::int as healthy,
             (count(*) filter (where enabled and failing_since is not null))::int as failing,
             (count(*) filter (where not enabled))::int as disabled,
             min(oldest.due_at) as due_since
           from webhook_endpoint e
           left join lateral (
             select d.next_attempt_at as due_at from webhook_delivery d
             where d.workspace_id = e.workspace_id and d.endpoint_id = e.id and d.status = 'waiting'
               and e.enabled and (e.held_until is null or e.held_until <= $1) and d.next_attempt_at <= $1
             order by d.next_attempt_at limit 1
           ) oldest on true`,
    values: [new Date(now)],
  });
  return rows[0]!;
}
