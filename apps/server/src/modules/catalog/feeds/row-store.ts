import { cleanText } from '../../../platform/eventlog/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import type { FeedLease } from './feed-store.ts';

type OfFeed = Pick<FeedLease, 'workspaceId' | 'feedId'>;
type Cells = Readonly<Record<string, string>>;

export interface FetchedRow {
  /** From 1. */
  readonly place: number;
  readonly productRef: string;
  /** Undefined: it was refused. */
  readonly taken: { readonly variantRef: string; readonly cells: Cells } | undefined;
}

/** Answers the places of rows that bring an id which a row before brought. */
export async function insertRows(sql: Sql, of: OfFeed, rows: readonly FetchedRow[]): Promise<Set<number>> {
  if (rows.length === 0) return new Set();
  const told = rows.map(({ place, productRef, taken }) => ({
    ...{ place, product_ref: productRef, variant_ref: taken?.variantRef ?? null, cells: taken?.cells ?? null },
  }));
  const { rows: put } = await sql.query<{ place: number }>({
    name: 'product_feed_row_insert',
    text: `insert into product_feed_row (workspace_id, feed_id, place, product_ref, variant_ref, cells)
           select $1, $2, r.place, r.product_ref, r.variant_ref, r.cells
           from jsonb_to_recordset($3::jsonb) as r(place int, product_ref text, variant_ref text, cells jsonb)
           order by r.place on conflict do nothing returning place`,
    values: [of.workspaceId, of.feedId, cleanText(JSON.stringify(told))],
  });
  const known = new Set(put.map(({ place }) => place));
  return new Set(rows.flatMap(({ place }) => (known.has(place) ? [] : [place])));
}

export async function deleteRows(sql: Sql, of: OfFeed): Promise<void> {
  await sql.query({
    text: 'delete from product_feed_row where workspace_id = $1 and feed_id = $2',
    values: [of.workspaceId, of.feedId],
  });
}

export interface KeptRow {
  readonly place: number;
  readonly product_ref: string;
  readonly cells: Cells | null;
}

/** The next rows in the order of their products. By `product_feed_row_product`. */
export async function listNextRows(
  sql: Sql,
  of: OfFeed,
  { after, limit }: { after: string | null; limit: number },
): Promise<KeptRow[]> {
  const { rows } = await sql.query<KeptRow>({
    name: 'product_feed_row_next',
    // No ref is empty. A condition that may be absent would read from the beginning every time.
    text: `select place, product_ref, cells from product_feed_row
           where workspace_id = $1 and feed_id = $2 and product_ref > $3 order by product_ref, place limit $4`,
    values: [of.workspaceId, of.feedId, after ?? '', limit],
  });
  return rows;
}

/** By `product_feed_row_product`. */
export async function listRowsOfProduct(sql: Sql, of: OfFeed, productRef: string): Promise<KeptRow[]> {
  const { rows } = await sql.query<KeptRow>({
    text: `select place, product_ref, cells from product_feed_row
           where workspace_id = $1 and feed_id = $2 and product_ref = $3 order by place`,
    values: [of.workspaceId, of.feedId, productRef],
  });
  return rows;
}

/**
 * What the fetched rows name, by any of the names its source has for it. Sets and no joins: of rows just written nothing is estimated,
 * and nested loops over 4,000 products took 1.8 s; these are hashed, or go by the primary key of `external_ref`.
 */
const NAMED = `with named as materialized (
  select internal_id as id from external_ref
  where workspace_id = $1 and source = $3 and kind = 'product' and external_id = any(array(
    select distinct product_ref collate "default" from product_feed_row where workspace_id = $1 and feed_id = $2)))`;
const KNOWN = `from product p where p.workspace_id = $1 and p.source = $3 and p.status <> 'archived'`;
const IS_MISSING = 'p.id not in (select id from named)';

/** How many products of this source there are, and how many of them the fetched rows do not name. */
export async function countMissing(
  sql: Sql,
  of: OfFeed,
  source: string,
): Promise<{ readonly known: number; readonly missing: number }> {
  const { rows } = await sql.query<{ known: number; missing: number }>({
    text: `${NAMED} select count(*)::int as known, count(*) filter (where ${IS_MISSING})::int as missing ${KNOWN}`,
    values: [of.workspaceId, of.feedId, source],
  });
  return rows[0]!;
}

/** Those, in the order of their ids. */
export async function listMissing(
  sql: Sql,
  of: OfFeed,
  { source, after, limit }: { source: string; after: string | undefined; limit: number },
): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>({
    text: `${NAMED} select p.id ${KNOWN} and ($4::uuid is null or p.id > $4) and ${IS_MISSING} order by p.id limit $5`,
    values: [of.workspaceId, of.feedId, source, after ?? null, limit],
  });
  return rows.map(({ id }) => id);
}
