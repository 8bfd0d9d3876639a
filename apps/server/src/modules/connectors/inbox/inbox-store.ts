import { arrayLiteral, isRetryable, type Sql } from '../../../platform/postgres/index.ts';
import type { OfConnector } from '../apply/applying.ts';

/** Whether the same work may succeed when it is done again: then nothing of it is at fault. */
export function isDatabaseTrouble(error: unknown): boolean {
  return isRetryable(error);
}

export type DeliveryState = 'pending' | 'done' | 'ignored' | 'faulted';

export interface NewDelivery {
  readonly id: string;
  readonly topic: string;
  readonly deliveryKey: string;
  readonly eventKey: string | undefined;
  readonly bodySha256: Buffer;
  readonly triggeredAt: Date | null;
  readonly receivedAt: Date;
  readonly raw: Buffer;
}

export interface DeliveryRow {
  readonly id: string;
  readonly topic: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly fault: string | null;
  readonly triggered_at: Date | null;
  readonly received_at: Date;
  readonly processed_at: Date | null;
}

export interface PendingRow extends DeliveryRow {
  readonly raw: Buffer;
}

const SHOWN = 'id, topic, state, attempts, fault, triggered_at, received_at, processed_at';

/** What came before, by its own key or by its event's, changes nothing. Answers how many are new. */
export async function insertDeliveries(sql: Sql, of: OfConnector, rows: readonly NewDelivery[]): Promise<number> {
  if (rows.length === 0) return 0;
  const { rowCount } = await sql.query({
    name: 'connector_inbox_insert',
    text: `insert into connector_inbox (workspace_id, connector_id, id, topic, delivery_key, event_key, body_sha256,
             triggered_at, received_at, raw, state)
           select $1, $2, d.id, d.topic, d.delivery_key, d.event_key, d.sha, d.triggered_at, d.received_at, d.raw, 'pending'
           from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::timestamptz[], $9::timestamptz[],
             $10::bytea[]) with ordinality as d(id, topic, delivery_key, event_key, sha, triggered_at, received_at, raw, place)
           order by d.place on conflict do nothing`,
    values: [
      ...[of.workspaceId, of.connectorId, arrayLiteral(rows.map(({ id }) => id)), rows.map(({ topic }) => topic)],
      ...[rows.map((row) => row.deliveryKey), rows.map((row) => row.eventKey ?? null)],
      ...[rows.map((row) => row.bodySha256), rows.map((row) => row.triggeredAt), rows.map((row) => row.receivedAt)],
      rows.map((row) => row.raw),
    ],
  });
  return rowCount;
}

/** Connectors with work: also those whose app is gone, for what they ask about data comes after that. The longest waiting first. */
export async function listPendingConnectors(sql: Sql, limit: number): Promise<OfConnector[]> {
  const { rows } = await sql.query<{ workspace_id: number; connector_id: string }>({
    name: 'connector_inbox_owners',
    // every workspace: one loop works for all, by `connector_inbox_pending`.
    text: `select c.workspace_id, c.id as connector_id from connector c
           cross join lateral (
             select i.seq from connector_inbox i
             where i.workspace_id = c.workspace_id and i.connector_id = c.id and i.state = 'pending'
             order by i.seq limit 1) first
           where c.state <> 'paused' order by first.seq limit $1`,
    values: [limit],
  });
  return rows.map((row) => ({ workspaceId: row.workspace_id, connectorId: row.connector_id }));
}

/** One process at a time works on a connector: its deliveries keep their order. False: another does. */
export async function lockInbox(sql: Sql, of: OfConnector): Promise<boolean> {
  const { rows } = await sql.query({
    name: 'connector_inbox_lock',
    text: `select 1 from connector where workspace_id = $1 and id = $2 and state <> 'paused'
           for no key update skip locked`,
    values: [of.workspaceId, of.connectorId],
  });
  return rows.length > 0;
}

/** The oldest ones. */
export async function listPending(sql: Sql, of: OfConnector, limit: number): Promise<PendingRow[]> {
  const { rows } = await sql.query<PendingRow>({
    name: 'connector_inbox_pending',
    text: `select ${SHOWN}, raw from connector_inbox
           where workspace_id = $1 and connector_id = $2 and state = 'pending' order by seq limit $3`,
    values: [of.workspaceId, of.connectorId, limit],
  });
  return rows;
}

/** What is processed keeps its ids and hash, so that a repeat is known, and nothing of what it said. */
export async function endDeliveries(
  sql: Sql,
  of: OfConnector,
  ended: readonly { id: string; state: 'done' | 'ignored'; fault: string | null; at: Date }[],
): Promise<void> {
  if (ended.length === 0) return;
  await sql.query({
    name: 'connector_inbox_end',
    text: `update connector_inbox i set state = d.state, fault = d.fault, processed_at = d.at, raw = null,
             attempts = i.attempts + 1
           from unnest($3::uuid[], $4::text[], $5::text[], $6::timestamptz[]) as d(id, state, fault, at)
           where i.workspace_id = $1 and i.connector_id = $2 and i.id = d.id`,
    values: [
      ...[of.workspaceId, of.connectorId, arrayLiteral(ended.map(({ id }) => id)), ended.map(({ state }) => state)],
      ...[ended.map(({ fault }) => fault), ended.map(({ at }) => at)],
    ],
  });
}

/** Keeps what it said: it is processed again when somebody asks for it. */
export async function setDeliveryAside(
  sql: Sql,
  of: OfConnector,
  fault: { id: string; reason: string; at: Date },
): Promise<void> {
  await sql.query({
    text: `update connector_inbox set state = 'faulted', fault = $4, processed_at = $5, attempts = attempts + 1
           where workspace_id = $1 and connector_id = $2 and id = $3 and state = 'pending'`,
    values: [of.workspaceId, of.connectorId, fault.id, fault.reason, fault.at],
  });
}

/** Answers how many. `id` undefined: every one that was set aside. */
export async function reviveDeliveries(sql: Sql, of: OfConnector, id: string | undefined): Promise<number> {
  const { rowCount } = await sql.query({
    text: `update connector_inbox set state = 'pending', fault = null, processed_at = null
           where workspace_id = $1 and connector_id = $2 and state = 'faulted' and ($3::uuid is null or id = $3)`,
    values: [of.workspaceId, of.connectorId, id ?? null],
  });
  return rowCount;
}

export async function findDelivery(sql: Sql, of: OfConnector, id: string): Promise<DeliveryRow | undefined> {
  const { rows } = await sql.query<DeliveryRow>({
    text: `select ${SHOWN} from connector_inbox where workspace_id = $1 and connector_id = $2 and id = $3`,
    values: [of.workspaceId, of.connectorId, id],
  });
  return rows[0];
}

export async function pageDeliveries(
  sql: Sql,
  of: OfConnector,
  page: { limit: number; beforeId: string | undefined; state: DeliveryState | undefined },
): Promise<DeliveryRow[]> {
  const { rows } = await sql.query<DeliveryRow>({
    text: `select ${SHOWN} from connector_inbox
           where workspace_id = $1 and connector_id = $2 and ($4::uuid is null or id < $4)
             and ($5::text is null or state = $5)
           order by id desc limit $3`,
    values: [of.workspaceId, of.connectorId, page.limit, page.beforeId ?? null, page.state ?? null],
  });
  return rows;
}

export interface InboxHealth {
  readonly pending: number;
  readonly faulted: number;
  readonly oldest_at: Date | null;
  readonly last_at: Date | null;
}

export async function readInboxHealth(sql: Sql, of: OfConnector): Promise<InboxHealth> {
  const { rows } = await sql.query<InboxHealth>({
    text: `select count(*) filter (where state = 'pending')::int as pending,
             count(*) filter (where state = 'faulted')::int as faulted,
             min(received_at) filter (where state = 'pending') as oldest_at, max(received_at) as last_at
           from connector_inbox where workspace_id = $1 and connector_id = $2`,
    values: [of.workspaceId, of.connectorId],
  });
  return rows[0]!;
}

/** Answers how many. By `connector_inbox_age`. */
export async function forgetDeliveries(
  sql: Sql,
  old: { doneBefore: Date; faultedBefore: Date; limit: number },
): Promise<number> {
  const { rowCount } = await sql.query({
    // every workspace: one loop works for all.
    text: `delete from connector_inbox where (workspace_id, connector_id, id) in (
             select workspace_id, connector_id, id from connector_inbox
             where state <> 'pending' and received_at < $1 and (state <> 'faulted' or received_at < $2) limit $3)`,
    values: [old.doneBefore, old.faultedBefore, old.limit],
  });
  return rowCount;
}

/** What still holds what a shop said, for whoever looks for a customer in it. */
export async function listKeptRaw(
  sql: Sql,
  workspaceId: number,
  page: { afterId: string | undefined; limit: number },
): Promise<{ connector_id: string; id: string; topic: string; state: DeliveryState; raw: Buffer }[]> {
  const { rows } = await sql.query<{
    connector_id: string;
    id: string;
    topic: string;
    state: DeliveryState;
    raw: Buffer;
  }>({
    text: `select connector_id, id, topic, state, raw from connector_inbox
           where workspace_id = $1 and raw is not null and ($2::uuid is null or id > $2) order by id limit $3`,
    values: [workspaceId, page.afterId ?? null, page.limit],
  });
  return rows;
}

export async function deleteDeliveries(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<number> {
  const { rowCount } = await sql.query({
    text: 'delete from connector_inbox where workspace_id = $1 and id = any($2::uuid[])',
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rowCount;
}
