import type { AlertState, AlertType } from '@segue/contract';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { Place, StockAlert, ThresholdKind } from './alert.ts';

const QUEUED = `exists (select 1 from alert_run r where r.workspace_id = a.workspace_id and r.type = 'restock'
  and r.variant_id = a.variant_id and r.channel = a.channel and r.location_id is not distinct from a.location_id)`;

const COLUMNS = `a.id, a.profile_id, a.node, a.variant_id, a.location_id, a.type, a.channel, a.threshold_kind, a.threshold,
  a.baseline_minor, a.currency, a.due_at, a.state, a.tellings, a.told_at, a.source, a.created_at, a.ended_at, a.expires_at,
  a.type = 'restock' and a.state = 'active' and ${QUEUED} as is_queued`;

interface Row {
  readonly id: string;
  readonly profile_id: string;
  readonly node: number;
  readonly variant_id: string;
  readonly location_id: string | null;
  readonly type: AlertType;
  readonly channel: string;
  readonly threshold_kind: ThresholdKind | null;
  readonly threshold: number | null;
  readonly baseline_minor: number | null;
  readonly currency: string | null;
  readonly due_at: Date | null;
  readonly state: StockAlert['state'];
  readonly is_queued: boolean;
  readonly tellings: number;
  readonly told_at: Date | null;
  readonly source: string;
  readonly created_at: Date;
  readonly ended_at: Date | null;
  readonly expires_at: Date;
}

function alertOf(row: Row): StockAlert {
  const { threshold_kind: kind, threshold: value } = row;
  return {
    ...{
      id: row.id,
      profileId: row.profile_id,
      node: row.node,
      variantId: row.variant_id,
      locationId: row.location_id,
    },
    ...{ type: row.type, channel: row.channel, baselineMinor: row.baseline_minor, currency: row.currency },
    threshold: kind === null || value === null ? null : { kind, value },
    ...{ dueAt: row.due_at, state: row.state, isQueued: row.is_queued, tellings: row.tellings, toldAt: row.told_at },
    ...{ source: row.source, createdAt: row.created_at, endedAt: row.ended_at, expiresAt: row.expires_at },
  };
}

export type NewAlert = Omit<StockAlert, 'state' | 'isQueued' | 'tellings' | 'toldAt' | 'endedAt'> & {
  readonly lookAt: Date | null;
};

/** False: she has one of the kind already. By `stock_alert_one`. */
export async function insertAlert(sql: Sql, workspaceId: number, alert: NewAlert): Promise<boolean> {
  const { rowCount } = await sql.query({
    name: 'stock_alert_insert',
    text: `insert into stock_alert (workspace_id, id, profile_id, node, variant_id, location_id, type, channel,
             threshold_kind, threshold, baseline_minor, currency, due_at, source, created_at, expires_at, look_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) on conflict do nothing`,
    values: [
      ...[workspaceId, alert.id, alert.profileId, alert.node, alert.variantId, alert.locationId, alert.type],
      ...[alert.channel, alert.threshold?.kind ?? null, alert.threshold?.value ?? null, alert.baselineMinor],
      ...[alert.currency, alert.dueAt, alert.source, alert.createdAt, alert.expiresAt, alert.lookAt],
    ],
  });
  return rowCount > 0;
}

/** The one that is there of a kind. By `stock_alert_one`. */
export async function findActive(
  sql: Sql,
  workspaceId: number,
  kind: Pick<StockAlert, 'profileId' | 'variantId' | 'type' | 'locationId'>,
): Promise<StockAlert | undefined> {
  const { rows } = await sql.query<Row>({
    name: 'stock_alert_find_active',
    text: `select ${COLUMNS} from stock_alert a where a.workspace_id = $1 and a.profile_id = $2 and a.variant_id = $3
             and a.type = $4 and a.location_id is not distinct from $5::uuid and a.state = 'active'`,
    values: [workspaceId, kind.profileId, kind.variantId, kind.type, kind.locationId],
  });
  return rows[0] && alertOf(rows[0]);
}

export async function findAlert(sql: Sql, workspaceId: number, id: string): Promise<StockAlert | undefined> {
  const { rows } = await sql.query<Row>({
    name: 'stock_alert_find',
    text: `select ${COLUMNS} from stock_alert a where a.workspace_id = $1 and a.id = $2`,
    values: [workspaceId, id],
  });
  return rows[0] && alertOf(rows[0]);
}

export interface AlertFilter {
  readonly profileId?: string | undefined;
  readonly variantId?: string | undefined;
  readonly type?: AlertType | undefined;
  readonly state?: AlertState | undefined;
}

/** Newest first. */
export async function pageAlerts(
  sql: Sql,
  workspaceId: number,
  { filter, beforeId, limit }: { filter: AlertFilter; beforeId: string | null; limit: number },
): Promise<StockAlert[]> {
  const { rows } = await sql.query<Row>({
    text: `select ${COLUMNS} from stock_alert a where a.workspace_id = $1 and ($2::uuid is null or a.id < $2)
             and ($3::uuid is null or a.profile_id = $3) and ($4::uuid is null or a.variant_id = $4)
             and ($5::text is null or a.type = $5)
             and ($6::text is null or a.state = case $6 when 'queued' then 'active' else $6 end)
             and ($6::text is distinct from 'queued' or (a.type = 'restock' and ${QUEUED}))
           order by a.id desc limit $7`,
    values: [
      ...[workspaceId, beforeId, filter.profileId ?? null, filter.variantId ?? null, filter.type ?? null],
      ...[filter.state ?? null, limit],
    ],
  });
  return rows.map(alertOf);
}

/** Answers whether it was active. */
export async function cancelActive(
  sql: Sql,
  workspaceId: number,
  { id, at }: { id: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `update stock_alert set state = 'cancelled', ended_at = $3, look_at = null
           where workspace_id = $1 and id = $2 and state = 'active'`,
    values: [workspaceId, id, at],
  });
  return rowCount > 0;
}

/** By `stock_alert_profile`. */
export async function countActive(sql: Sql, workspaceId: number, profileId: string): Promise<number> {
  const { rows } = await sql.query<{ count: number }>({
    name: 'stock_alert_count_active',
    text: `select count(*)::int as count from stock_alert where workspace_id = $1 and profile_id = $2 and state = 'active'`,
    values: [workspaceId, profileId],
  });
  return rows[0]!.count;
}

/** Who waits for a variant to be back in a place, who came first first. By `stock_alert_waiting`. */
export async function listWaiting(
  sql: Sql,
  workspaceId: number,
  asked: Place & { available: number; now: Date; limit: number },
): Promise<StockAlert[]> {
  const { rows } = await sql.query<Row>({
    name: 'stock_alert_list_waiting',
    text: `select ${COLUMNS} from stock_alert a where a.workspace_id = $1 and a.variant_id = $2 and a.type = 'restock'
             and a.state = 'active' and a.channel = $3 and a.location_id is not distinct from $4::uuid
             and (a.threshold is null or a.threshold <= $5) and a.expires_at > $6
           order by a.created_at, a.id limit $7`,
    values: [workspaceId, asked.variantId, asked.channel, asked.locationId, asked.available, asked.now, asked.limit],
  });
  return rows.map(alertOf);
}

/** Whether anybody waits there for no more than there is. By `stock_alert_waiting`. */
export async function hasWaiting(
  sql: Sql,
  workspaceId: number,
  { available, now, ...place }: Place & { readonly available: number; readonly now: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    name: 'stock_alert_has_waiting',
    text: `select 1 from stock_alert where workspace_id = $1 and variant_id = $2 and type = 'restock' and state = 'active'
             and channel = $3 and location_id is not distinct from $4::uuid and (threshold is null or threshold <= $5)
             and expires_at > $6 limit 1`,
    values: [workspaceId, place.variantId, place.channel, place.locationId, available, now],
  });
  return rowCount > 0;
}

export interface AskedPage {
  readonly variantId: string;
  readonly type: AlertType;
  /** Null: of any. */
  readonly channel: string | null;
  readonly afterId: string | null;
  readonly now: Date;
  readonly limit: number;
}

/** Who asked for something else of a variant, in the order of their alerts' ids. By `stock_alert_waiting`. */
export async function pageAsked(sql: Sql, workspaceId: number, asked: AskedPage): Promise<StockAlert[]> {
  const { rows } = await sql.query<Row>({
    name: 'stock_alert_page_asked',
    text: `select ${COLUMNS} from stock_alert a where a.workspace_id = $1 and a.variant_id = $2 and a.type = $3
             and a.state = 'active' and ($4::text is null or a.channel = $4) and ($5::uuid is null or a.id > $5)
             and a.expires_at > $6 order by a.id limit $7`,
    values: [workspaceId, asked.variantId, asked.type, asked.channel, asked.afterId, asked.now, asked.limit],
  });
  return rows.map(alertOf);
}

/** Locks those that are still active and still theirs, in the order of their ids. */
export async function holdActive(
  sql: Sql,
  workspaceId: number,
  alerts: readonly Pick<StockAlert, 'id' | 'profileId'>[],
): Promise<Set<string>> {
  if (alerts.length === 0) return new Set();
  const { rows } = await sql.query<{ id: string }>({
    name: 'stock_alert_hold',
    text: `select a.id from stock_alert a join unnest($2::uuid[], $3::uuid[]) as h(id, profile_id)
             on h.id = a.id and h.profile_id = a.profile_id
           where a.workspace_id = $1 and a.state = 'active' order by a.id for update of a`,
    values: [
      workspaceId,
      arrayLiteral(alerts.map((alert) => alert.id)),
      arrayLiteral(alerts.map((alert) => alert.profileId)),
    ],
  });
  return new Set(rows.map((row) => row.id));
}

export interface Told {
  readonly id: string;
  /** What she knows from now on. */
  readonly baselineMinor?: number;
  readonly dueAt?: Date | null;
}

/** Notes that they were told. `isOver`: once and no more. */
export async function markTold(
  sql: Sql,
  workspaceId: number,
  { told, edge, isOver, at }: { told: readonly Told[]; edge: number; isOver: boolean; at: Date },
): Promise<void> {
  if (told.length === 0) return;
  await sql.query({
    name: 'stock_alert_told',
    text: `update stock_alert a set tellings = a.tellings + 1, told_at = $4, edge = $3, look_at = null,
             baseline_minor = coalesce(t.baseline_minor, a.baseline_minor),
             due_at = case when t.is_due then t.due_at else a.due_at end,
             state = case when $5 then 'sent' else a.state end, ended_at = case when $5 then $4::timestamptz end
           from unnest($2::uuid[], $6::bigint[], $7::boolean[], $8::timestamptz[]) as t(id, baseline_minor, is_due, due_at)
           where a.workspace_id = $1 and a.id = t.id`,
    values: [
      ...[workspaceId, arrayLiteral(told.map((one) => one.id)), edge, at, isOver],
      ...[told.map((one) => one.baselineMinor ?? null), told.map((one) => one.dueAt !== undefined)],
      told.map((one) => one.dueAt ?? null),
    ],
  });
}

/** Takes those it is time to look at once more, whose edge may have come while they were being made. By `stock_alert_look`. */
export async function takeLooks(
  sql: Sql,
  { now, limit }: { now: Date; limit: number },
): Promise<(Place & { workspaceId: number; type: AlertType })[]> {
  const { rows } = await sql.query<Row & { workspace_id: number }>({
    name: 'stock_alert_take_looks',
    // every workspace: one loop works for all.
    text: `with due as (
             select workspace_id, id from stock_alert where look_at <= $1 order by look_at limit $2 for update skip locked)
           update stock_alert a set look_at = null from due
           where a.workspace_id = due.workspace_id and a.id = due.id
           returning a.workspace_id, a.type, a.variant_id, a.location_id, a.channel`,
    values: [now, limit],
  });
  return rows.map((row) => ({
    ...{ workspaceId: row.workspace_id, type: row.type, channel: row.channel },
    ...{ variantId: row.variant_id, locationId: row.location_id },
  }));
}

/** Ends those nobody heard of for too long. By `stock_alert_expiry`. */
export async function expireAlerts(sql: Sql, { now, limit }: { now: Date; limit: number }): Promise<number> {
  const { rowCount } = await sql.query({
    name: 'stock_alert_expire',
    // every workspace: one loop works for all.
    text: `with due as (
             select workspace_id, id from stock_alert where state = 'active' and expires_at <= $1
             order by expires_at limit $2 for update skip locked)
           update stock_alert a set state = 'expired', ended_at = $1, look_at = null from due
           where a.workspace_id = due.workspace_id and a.id = due.id`,
    values: [now, limit],
  });
  return rowCount;
}

/** Forgets what ended long ago. By `stock_alert_ended`. */
export async function forgetEnded(sql: Sql, { before, limit }: { before: Date; limit: number }): Promise<number> {
  const { rowCount } = await sql.query({
    // every workspace: one loop works for all.
    text: `delete from stock_alert where (workspace_id, id) in (
             select workspace_id, id from stock_alert where ended_at < $1 limit $2)`,
    values: [before, limit],
  });
  return rowCount;
}

/** By type. By `stock_alert_waiting` where a variant is named. */
export async function countWaiting(
  sql: Sql,
  workspaceId: number,
  variantId: string | null,
): Promise<Map<AlertType, number>> {
  const { rows } = await sql.query<{ type: AlertType; count: number }>({
    text: `select type, count(*)::int as count from stock_alert
           where workspace_id = $1 and state = 'active' and ($2::uuid is null or variant_id = $2) group by type`,
    values: [workspaceId, variantId],
  });
  return new Map(rows.map((row) => [row.type, row.count]));
}
