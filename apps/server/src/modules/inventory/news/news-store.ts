import type { LevelKey } from '../levels/level.ts';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export interface ChangeRow {
  readonly workspace_id: number;
  readonly id: number;
  readonly item_id: string;
  readonly location_id: string;
  readonly is_due: boolean;
  readonly is_retold: boolean;
}

/** False: another process tells. Held until the transaction ends. */
export async function lockTeller(sql: Sql): Promise<boolean> {
  const { rows } = await sql.query<{ locked: boolean }>({
    name: 'stock_news_teller',
    text: `select pg_try_advisory_xact_lock(hashtextextended('stock news', 0)) as locked`,
  });
  return rows[0]!.locked;
}

export async function listChanges(sql: Sql, limit: number): Promise<ChangeRow[]> {
  const { rows } = await sql.query<ChangeRow>({
    name: 'stock_change_list',
    // every workspace: one loop works for all.
    text: 'select workspace_id, id, item_id, location_id, is_due, is_retold from stock_change order by id limit $1',
    values: [limit],
  });
  return rows;
}

export async function deleteChanges(sql: Sql, workspaceId: number, ids: readonly number[]): Promise<void> {
  await sql.query({
    name: 'stock_change_delete',
    text: 'delete from stock_change where workspace_id = $1 and id = any($2::bigint[])',
    values: [workspaceId, arrayLiteral(ids)],
  });
}

export interface ToldRow extends LevelKey {
  readonly available: number;
  /** Among all active locations. */
  readonly isCounted: boolean;
}

/** Levels that are told again, though what lies there is as it was. */
export type Retold = { readonly itemIds: readonly string[] } | { readonly locationId: string } | 'all';

/** What may be sold of these has changed: the next round tells it. */
export async function insertRetold(
  sql: Sql,
  workspaceId: number,
  { retold, at }: { retold: Retold; at: Date },
): Promise<void> {
  if (retold !== 'all' && 'itemIds' in retold && retold.itemIds.length === 0) return;
  await sql.query({
    text: `insert into stock_change (workspace_id, item_id, location_id, is_retold, at)
           select workspace_id, item_id, location_id, true, $2 from stock_level
           where workspace_id = $1 and ($3::uuid[] is null or item_id = any($3)) and ($4::uuid is null or location_id = $4)
           order by item_id, location_id`,
    values: [
      ...[workspaceId, at],
      retold !== 'all' && 'itemIds' in retold ? arrayLiteral(retold.itemIds) : null,
      retold !== 'all' && 'locationId' in retold ? retold.locationId : null,
    ],
  });
}

/** What was told last of these items, everywhere. */
export async function readTold(sql: Sql, workspaceId: number, itemIds: readonly string[]): Promise<ToldRow[]> {
  const { rows } = await sql.query<{ item_id: string; location_id: string; available: number; is_counted: boolean }>({
    name: 'stock_told_read',
    text: `select item_id, location_id, available, is_counted from stock_told
           where workspace_id = $1 and item_id = any($2::uuid[])`,
    values: [workspaceId, arrayLiteral(itemIds)],
  });
  return rows.map((row) => ({
    ...{ itemId: row.item_id, locationId: row.location_id },
    ...{ available: row.available, isCounted: row.is_counted },
  }));
}

/** One change of stock, in the order in which changes are told. */
export interface StockNews extends LevelKey {
  readonly seq: number;
  /** `due`: what is coming comes at another time, or not at all. */
  readonly kind: 'level' | 'due';
  /** Available at the location, and at all active ones. The same as before: what may be sold of it has changed. */
  readonly before: number;
  readonly after: number;
  readonly totalBefore: number;
  readonly totalAfter: number;
  readonly atMs: number;
}

/** News as they are found, with what is noted of them. */
export type FoundNews = Omit<StockNews, 'seq' | 'atMs'> & { readonly isCounted: boolean };

/** Adds news after those that are there, and notes what is told. Only the teller does. */
export async function insertNews(
  sql: Sql,
  workspaceId: number,
  { news, at }: { news: readonly FoundNews[]; at: Date },
): Promise<void> {
  if (news.length === 0) return;
  await sql.query({
    name: 'stock_news_insert',
    text: `with turn as (
             insert into stock_news_state as s (workspace_id, seq) values ($1, $2)
             on conflict (workspace_id) do update set seq = s.seq + $2 returning seq),
           n as (
             select * from unnest($3::text[], $4::uuid[], $5::uuid[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
               $11::boolean[])
               with ordinality as n(kind, item_id, location_id, before, after, total_before, total_after, is_counted, place)),
           told as (
             insert into stock_told (workspace_id, item_id, location_id, available, is_counted)
             select $1, n.item_id, n.location_id, n.after, n.is_counted from n where n.kind = 'level'
             on conflict (workspace_id, item_id, location_id) do update set available = excluded.available,
               is_counted = excluded.is_counted)
           insert into stock_news (workspace_id, seq, kind, item_id, location_id, before, after, total_before, total_after, at)
           select $1, turn.seq - $2 + n.place, n.kind, n.item_id, n.location_id, n.before, n.after, n.total_before,
             n.total_after, $10 from n, turn`,
    values: [
      ...[workspaceId, news.length, arrayLiteral(news.map((one) => one.kind))],
      ...[arrayLiteral(news.map((one) => one.itemId)), arrayLiteral(news.map((one) => one.locationId))],
      ...[arrayLiteral(news.map((one) => one.before)), arrayLiteral(news.map((one) => one.after))],
      ...[arrayLiteral(news.map((one) => one.totalBefore)), arrayLiteral(news.map((one) => one.totalAfter)), at],
      news.map((one) => one.isCounted),
    ],
  });
}

/** In the order they were told. By the primary key. */
export async function listStockNews(
  sql: Sql,
  workspaceId: number,
  { afterSeq, limit }: { afterSeq: number; limit: number },
): Promise<StockNews[]> {
  const { rows } = await sql.query<{
    seq: number;
    kind: 'level' | 'due';
    item_id: string;
    location_id: string;
    before: number;
    after: number;
    total_before: number;
    total_after: number;
    at: Date;
  }>({
    name: 'stock_news_list',
    text: `select seq, kind, item_id, location_id, before, after, total_before, total_after, at from stock_news
           where workspace_id = $1 and seq > $2 order by seq limit $3`,
    values: [workspaceId, afterSeq, limit],
  });
  return rows.map((row) => ({
    seq: row.seq,
    kind: row.kind,
    itemId: row.item_id,
    locationId: row.location_id,
    before: row.before,
    after: row.after,
    totalBefore: row.total_before,
    totalAfter: row.total_after,
    atMs: row.at.getTime(),
  }));
}

/** The place of the newest; 0: nothing was told yet. */
export async function lastStockSeq(sql: Sql, workspaceId: number): Promise<number> {
  const { rows } = await sql.query<{ seq: number }>({
    name: 'stock_news_last',
    text: 'select seq from stock_news_state where workspace_id = $1',
    values: [workspaceId],
  });
  return rows[0]?.seq ?? 0;
}

/** Answers how many. By `stock_news_age`. */
export async function forgetNews(sql: Sql, old: { before: Date; limit: number }): Promise<number> {
  const { rowCount } = await sql.query({
    // every workspace: one loop works for all.
    text: `delete from stock_news where (workspace_id, seq) in (
             select workspace_id, seq from stock_news where at < $1 limit $2)`,
    values: [old.before, old.limit],
  });
  return rowCount;
}
