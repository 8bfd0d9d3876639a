import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export interface PriceRow {
  readonly variant_id: string;
  readonly currency: string;
  readonly channel: string;
  readonly from_at: Date;
  readonly amount_minor: number | null;
  readonly compare_at_minor: number | null;
}

/** The newest price of each variant, currency and channel, future ones too. By the primary key. */
export async function readLastPrices(
  sql: Sql,
  workspaceId: number,
  variantIds: readonly string[],
): Promise<PriceRow[]> {
  if (variantIds.length === 0) return [];
  const { rows } = await sql.query<PriceRow>({
    name: 'price_last',
    text: `select distinct on (variant_id, currency, channel) variant_id, currency, channel, from_at, amount_minor,
             compare_at_minor from price_history where workspace_id = $1 and variant_id = any($2::uuid[])
           order by variant_id, currency, channel, from_at desc`,
    values: [workspaceId, arrayLiteral(variantIds)],
  });
  return rows;
}

/** What counts at an instant, by variant, currency and channel. By the primary key. */
export async function readPricesAt(
  sql: Sql,
  workspaceId: number,
  { variantIds, at }: { variantIds: readonly string[]; at: Date },
): Promise<PriceRow[]> {
  if (variantIds.length === 0) return [];
  const { rows } = await sql.query<PriceRow>({
    name: 'price_at',
    text: `select distinct on (variant_id, currency, channel) variant_id, currency, channel, from_at, amount_minor,
             compare_at_minor from price_history
           where workspace_id = $1 and variant_id = any($2::uuid[]) and from_at <= $3
           order by variant_id, currency, channel, from_at desc`,
    values: [workspaceId, arrayLiteral(variantIds), at],
  });
  return rows;
}

/** Every price of a variant, newest first. */
export async function listPriceHistory(
  sql: Sql,
  workspaceId: number,
  { variantId, limit }: { variantId: string; limit: number },
): Promise<PriceRow[]> {
  const { rows } = await sql.query<PriceRow>({
    text: `select variant_id, currency, channel, from_at, amount_minor, compare_at_minor from price_history
           where workspace_id = $1 and variant_id = $2 order by from_at desc, currency, channel limit $3`,
    values: [workspaceId, variantId, limit],
  });
  return rows;
}

/** Adds prices, and tells of those that change what was asked before. */
export async function insertPrices(
  sql: Sql,
  workspaceId: number,
  { rows, before, now }: { rows: readonly PriceRow[]; before: readonly (number | null)[]; now: Date },
): Promise<void> {
  if (rows.length === 0) return;
  await sql.query({
    name: 'price_insert',
    text: `with p as (
             select * from unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[], $7::bigint[],
               $8::bigint[]) as p(variant_id, currency, channel, from_at, amount_minor, compare_at_minor, before_minor)),
           told as (
             insert into price_change (workspace_id, variant_id, channel, currency, before_minor, after_minor, at)
             select $1, p.variant_id, p.channel, p.currency, p.before_minor, p.amount_minor, greatest(p.from_at, $9) from p
             where p.before_minor is distinct from p.amount_minor)
           insert into price_history (workspace_id, variant_id, currency, channel, from_at, amount_minor, compare_at_minor)
           select $1, p.variant_id, p.currency, p.channel, p.from_at, p.amount_minor, p.compare_at_minor from p
           on conflict (workspace_id, variant_id, currency, channel, from_at) do update
             set amount_minor = excluded.amount_minor, compare_at_minor = excluded.compare_at_minor`,
    values: [
      ...[workspaceId, arrayLiteral(rows.map((row) => row.variant_id)), rows.map((row) => row.currency)],
      ...[rows.map((row) => row.channel), rows.map((row) => row.from_at), rows.map((row) => row.amount_minor)],
      ...[rows.map((row) => row.compare_at_minor), before, now],
    ],
  });
}

/** A price that became another one. Null: there was none, or is none any more. */
export interface PriceChange {
  readonly workspaceId: number;
  readonly variantId: string;
  readonly channel: string;
  readonly currency: string;
  readonly beforeMinor: number | null;
  readonly afterMinor: number | null;
  readonly at: Date;
}

/** The oldest changes that have begun to count: whoever takes them deals with them in the same transaction. */
export async function takePriceChanges(sql: Sql, { at, limit }: { at: Date; limit: number }): Promise<PriceChange[]> {
  const { rows } = await sql.query<{
    workspace_id: number;
    variant_id: string;
    channel: string;
    currency: string;
    before_minor: number | null;
    after_minor: number | null;
    at: Date;
  }>({
    name: 'price_change_take',
    // every workspace: one loop works for all.
    text: `delete from price_change where (workspace_id, id) in (
             select workspace_id, id from price_change where at <= $1 order by id limit $2 for update skip locked)
           returning workspace_id, variant_id, channel, currency, before_minor, after_minor, at`,
    values: [at, limit],
  });
  return rows.map((row) => ({
    ...{ workspaceId: row.workspace_id, variantId: row.variant_id, channel: row.channel, currency: row.currency },
    ...{ beforeMinor: row.before_minor, afterMinor: row.after_minor, at: row.at },
  }));
}
