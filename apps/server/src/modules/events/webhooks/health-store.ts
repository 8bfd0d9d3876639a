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
