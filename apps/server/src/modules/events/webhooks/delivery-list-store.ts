import type { WebhookDeliveryStatus } from '@segue/contract';
import type { Sql } from '../../../platform/postgres/index.ts';
import type { StoredAttempt } from './attempt.ts';

export interface DeliveryRow {
  id: string;
  type: string;
  event_name: string;
  status: WebhookDeliveryStatus;
  attempts: StoredAttempt[];
  replays: number;
  node_id: number | null;
  next_attempt_at: Date | null;
  created_at: Date;
  ended_at: Date | null;
}

export interface DeliveryRowWithBody extends DeliveryRow {
  body: string;
  sealed: Buffer | null;
}

const COLUMNS = 'id, type, event_name, status, attempts, replays, node_id, next_attempt_at, created_at, ended_at';

export interface DeliveryFilter {
  readonly status: WebhookDeliveryStatus | undefined;
  readonly eventName: string | undefined;
  readonly since: Date | undefined;
}

/** Newest event first. */
export async function pageDeliveries(
  sql: Sql,
  workspaceId: number,
  page: { endpointId: string; filter: DeliveryFilter; limit: number; beforeId: string | undefined },
): Promise<DeliveryRow[]> {
  const { filter } = page;
  const values: unknown[] = [workspaceId, page.endpointId, page.limit];
  const conditions = Object.entries({
    'id <': page.beforeId,
    'status =': filter.status,
    'event_name =': filter.eventName,
    'created_at >=': filter.since,
  }).flatMap(([condition, value]) => (value === undefined ? [] : [`and ${condition} $${values.push(value)}`]));
  const { rows } = await sql.query<DeliveryRow>({
    text: `select ${COLUMNS} from webhook_delivery where workspace_id = $1 and endpoint_id = $2 ${conditions.join(' ')}
           order by id desc limit $3`,
    values,
  });
  return rows;
}

export async function findDelivery(
  sql: Sql,
  workspaceId: number,
  { endpointId, id }: { endpointId: string; id: string },
): Promise<DeliveryRowWithBody | undefined> {
  const { rows } = await sql.query<DeliveryRowWithBody>({
    text: `select ${COLUMNS}, body, sealed from webhook_delivery where workspace_id = $1 and endpoint_id = $2 and id = $3`,
    values: [workspaceId, endpointId, id],
  });
  return rows[0];
}

const REPLAY = `status = 'waiting', next_attempt_at = $3, ended_at = null, tries = 0, replays = replays + 1`;

/** Makes a delivery due once more; false when it is under way. */
export async function replayDelivery(
  sql: Sql,
  workspaceId: number,
  at: { endpointId: string; id: string; now: number },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `update webhook_delivery set ${REPLAY}
           where workspace_id = $1 and endpoint_id = $2 and id = $4 and status <> 'sending'`,
    values: [workspaceId, at.endpointId, new Date(at.now), at.id],
  });
  return rowCount === 1;
}

/** Makes what ended since an instant due once more, oldest first; answers the ids. What is on its way stays. */
export async function replayDeliveries(
  sql: Sql,
  workspaceId: number,
  at: {
    endpointId: string;
    since: Date;
    statuses: readonly WebhookDeliveryStatus[];
    afterId: string | undefined;
    limit: number;
    now: number;
  },
): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>({
    text: `update webhook_delivery set ${REPLAY}
           where workspace_id = $1 and endpoint_id = $2 and id = any(array(
             select id from webhook_delivery
             where workspace_id = $1 and endpoint_id = $2 and status = any($4::text[]) and created_at >= $5
               and ($6::uuid is null or id > $6)
             order by id limit $7 for update))
           returning id`,
    values: [workspaceId, at.endpointId, new Date(at.now), at.statuses, at.since, at.afterId ?? null, at.limit],
  });
  return rows.map((row) => row.id).sort();
}

/** Forgets a slice of what is old, and of what was for endpoints that are gone; answers how many rows went. */
export async function deleteOldDeliveries(sql: Sql, at: { before: Date; limit: number }): Promise<number> {
  // every workspace: age alone decides.
  const { rowCount: old } = await sql.query({
    text: `delete from webhook_delivery where ctid = any(array(
             select ctid from webhook_delivery where created_at < $1 and status <> 'sending' limit $2))`,
    values: [at.before, at.limit],
  });
  // every workspace: what belongs to no endpoint.
  const { rowCount: orphaned } = await sql.query({
    text: `with gone as (
             select workspace_id, endpoint_id from (select distinct workspace_id, endpoint_id from webhook_hour) h
             where not exists (select from webhook_endpoint e where e.workspace_id = h.workspace_id and e.id = h.endpoint_id)
           )
           delete from webhook_delivery where ctid = any(array(
             select d.ctid from webhook_delivery d join gone g using (workspace_id, endpoint_id) limit $1))`,
    values: [at.limit],
  });
  // every workspace: age alone decides.
  const { rowCount: hours } = await sql.query({
    text: 'delete from webhook_hour where ctid = any(array(select ctid from webhook_hour where hour < $1 limit $2))',
    values: [at.before, at.limit],
  });
  return old + orphaned + hours;
}
