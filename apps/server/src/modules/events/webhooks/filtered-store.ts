import type { Transaction } from '../../../platform/postgres/index.ts';

/** The last of them are shown; the others are counted. */
const SHOWN_MAX = 10;
const HOUR_MS = 3_600_000;

/** An event kept from an endpoint, as the endpoint's health shows it. */
export interface ShownFiltered {
  readonly at: string;
  readonly eventId: string;
  readonly type: string;
  readonly name: string;
}

/** Events that consent kept from one endpoint. */
export interface Filtered {
  readonly workspaceId: number;
  readonly endpointId: string;
  /** In the order of the log. */
  readonly events: readonly ShownFiltered[];
}

/** Counts what was kept from endpoints and remembers the last of it. Two statements, whatever the number. */
export async function recordFiltered(sql: Transaction, filtered: readonly Filtered[], now: number): Promise<void> {
  if (filtered.length === 0) return;
  const rows = JSON.stringify(
    filtered.map(({ workspaceId, endpointId, events }) => ({
      workspace_id: workspaceId,
      endpoint_id: endpointId,
      filtered: events.length,
      last: events.slice(-SHOWN_MAX).toReversed(),
    })),
  );
  // every workspace: one batch of the log holds events of several. Locked in order, as two readers may meet here.
  await sql.query({
    name: 'webhook_endpoint_filtered',
    text: `with f as (
             select * from jsonb_to_recordset($1::jsonb) as f(workspace_id int, endpoint_id uuid, last jsonb)
           ), locked as (
             select e.workspace_id, e.id from webhook_endpoint e join f on f.workspace_id = e.workspace_id and f.endpoint_id = e.id
             order by e.workspace_id, e.id for update of e
           )
           update webhook_endpoint e set last_filtered = (
             select coalesce(jsonb_agg(t.one order by t.n), '[]')
             from jsonb_array_elements(f.last || e.last_filtered) with ordinality as t(one, n) where t.n <= ${SHOWN_MAX})
           from f join locked l on l.workspace_id = f.workspace_id and l.id = f.endpoint_id
           where e.workspace_id = f.workspace_id and e.id = f.endpoint_id`,
    values: [rows],
  });
  // every workspace: as above.
  await sql.query({
    name: 'webhook_hour_filtered',
    text: `insert into webhook_hour as h (workspace_id, endpoint_id, hour, succeeded, failed, took_ms_sum, took_ms_max, filtered)
           select f.workspace_id, f.endpoint_id, $2, 0, 0, 0, 0, f.filtered
           from jsonb_to_recordset($1::jsonb) as f(workspace_id int, endpoint_id uuid, filtered int)
           order by f.workspace_id, f.endpoint_id
           on conflict (workspace_id, endpoint_id, hour) do update set filtered = h.filtered + excluded.filtered`,
    values: [rows, new Date(Math.floor(now / HOUR_MS) * HOUR_MS)],
  });
}
