import type { AlertType } from '@segue/contract';
import { arrayLiteral, type Sql } from '../../../../platform/postgres/index.ts';

/** That somebody was told of something. */
export interface TellingRow {
  readonly id: string;
  /** Null: she asked for nothing, it lay in her cart. */
  readonly alertId: string | null;
  readonly profileId: string;
  readonly node: number;
  readonly variantId: string;
  readonly locationId: string | null;
  readonly type: AlertType;
  readonly channel: string;
  readonly edge: number;
  readonly priceMinor: number | null;
  readonly currency: string | null;
  readonly dueAt: Date | null;
}

/** Answers the ids of those nobody was told of before. */
export async function insertTellings(
  sql: Sql,
  workspaceId: number,
  { tellings, at }: { tellings: readonly TellingRow[]; at: Date },
): Promise<Set<string>> {
  if (tellings.length === 0) return new Set();
  const of = <K extends keyof TellingRow>(key: K) => tellings.map((one) => one[key]);
  const { rows } = await sql.query<{ id: string }>({
    name: 'alert_telling_insert',
    text: `insert into alert_telling (workspace_id, id, alert_id, profile_id, node, variant_id, location_id, type, channel,
             edge, price_minor, currency, due_at, told_at)
           select $1, t.*, $14::timestamptz from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::uuid[], $7::uuid[],
             $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::text[], $13::timestamptz[]) as t
           on conflict do nothing returning id`,
    values: [
      ...[workspaceId, of('id'), of('alertId'), of('profileId'), of('node'), of('variantId'), of('locationId')],
      ...[of('type'), of('channel'), of('edge'), of('priceMinor'), of('currency'), of('dueAt'), at],
    ],
  });
  return new Set(rows.map((row) => row.id));
}

export interface LastTelling {
  /** Null: she was told for what she holds. */
  readonly alertId: string | null;
  readonly profileId: string;
  readonly variantId: string;
  readonly type: AlertType;
  readonly locationId: string | null;
  readonly channel: string;
  readonly edge: number;
  readonly priceMinor: number | null;
  readonly currency: string | null;
  readonly dueAt: Date | null;
  readonly toldAt: Date;
}

/** What each was told last of a variant in a way. By `alert_telling_profile`. */
export async function readLastTellings(
  sql: Sql,
  workspaceId: number,
  asked: readonly { readonly profileId: string; readonly variantId: string; readonly type: AlertType }[],
): Promise<LastTelling[]> {
  if (asked.length === 0) return [];
  const { rows } = await sql.query<LastTelling>({
    name: 'alert_telling_last',
    text: `select distinct on (t.profile_id, t.variant_id, t.type) t.alert_id as "alertId", t.profile_id as "profileId", t.variant_id as "variantId",
             t.type, t.location_id as "locationId", t.channel, t.edge, t.price_minor as "priceMinor", t.currency,
             t.due_at as "dueAt", t.told_at as "toldAt"
           from alert_telling t join unnest($2::uuid[], $3::uuid[], $4::text[]) as a(profile_id, variant_id, type)
             using (profile_id, variant_id, type)
           where t.workspace_id = $1 order by t.profile_id, t.variant_id, t.type, t.told_at desc, t.edge desc`,
    values: [
      ...[workspaceId, arrayLiteral(asked.map((one) => one.profileId))],
      ...[arrayLiteral(asked.map((one) => one.variantId)), arrayLiteral(asked.map((one) => one.type))],
    ],
  });
  return rows;
}

/** How many were told since then and how many of them bought for it, by type. By `alert_telling_told`. */
export async function countTellings(
  sql: Sql,
  workspaceId: number,
  { since, variantId }: { since: Date; variantId: string | null },
): Promise<Map<AlertType, { told: number; converted: number }>> {
  const { rows } = await sql.query<{ type: AlertType; told: number; converted: number }>({
    text: `select type, count(*)::int as told, count(converted_at)::int as converted from alert_telling
           where workspace_id = $1 and told_at >= $2 and ($3::uuid is null or variant_id = $3) group by type`,
    values: [workspaceId, since, variantId],
  });
  return new Map(rows.map(({ type, ...counts }) => [type, counts]));
}

/** Forgets tellings of long ago. */
export async function forgetTellings(sql: Sql, { before, limit }: { before: Date; limit: number }): Promise<number> {
  const { rowCount } = await sql.query({
    // every workspace: one loop works for all.
    text: `delete from alert_telling where (workspace_id, id) in (
             select workspace_id, id from alert_telling where told_at < $1 limit $2)`,
    values: [before, limit],
  });
  return rowCount;
}
