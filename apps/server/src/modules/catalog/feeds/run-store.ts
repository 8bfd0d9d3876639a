import type { Sql } from '../../../platform/postgres/index.ts';
import type { RowFault } from '../import/read-rows.ts';
import type { FeedAsk, FeedLease } from './feed-store.ts';

export type FeedRunState = 'fetching' | 'applying' | 'done' | 'unchanged' | 'failed';

export interface FeedRun {
  readonly id: string;
  readonly state: FeedRunState;
  readonly wish: FeedAsk | null;
  readonly begun_at: Date;
  readonly ended_at: Date | null;
  readonly http_status: number | null;
  readonly bytes: number;
  readonly rows: number;
  readonly refused: number;
  readonly products: number;
  readonly created: number;
  readonly changed: number;
  readonly archived: number;
  readonly kept: string | null;
  readonly fault: string | null;
  readonly errors: readonly RowFault[];
  readonly etag: string | null;
  readonly last_modified: string | null;
  readonly body_sha256: Buffer | null;
  readonly place: string | null;
}

type OfFeed = Pick<FeedLease, 'workspaceId' | 'feedId'>;

const COLUMNS = `id, state, wish, begun_at, ended_at, http_status, bytes, rows, refused, products, created, changed,
  archived, kept, fault, errors, etag, last_modified, body_sha256, place`;

/** The one that is not over; there is one at most. By `product_feed_run_open`. */
export async function findOpenRun(sql: Sql, of: OfFeed): Promise<FeedRun | undefined> {
  const { rows } = await sql.query<FeedRun>({
    text: `select ${COLUMNS} from product_feed_run
           where workspace_id = $1 and feed_id = $2 and state in ('fetching', 'applying')`,
    values: [of.workspaceId, of.feedId],
  });
  return rows[0];
}

/** Begins one; all but the newest are forgotten. */
export async function insertRun(
  sql: Sql,
  of: OfFeed,
  run: { id: string; wish: FeedAsk | null; at: Date; kept: number },
): Promise<FeedRun> {
  await sql.query({
    text: `delete from product_feed_run where workspace_id = $1 and feed_id = $2 and id in (
             select id from product_feed_run where workspace_id = $1 and feed_id = $2 order by id desc offset $3)`,
    values: [of.workspaceId, of.feedId, run.kept - 1],
  });
  const { rows } = await sql.query<FeedRun>({
    text: `insert into product_feed_run (workspace_id, feed_id, id, state, wish, begun_at)
           values ($1, $2, $3, 'fetching', $4, $5) returning ${COLUMNS}`,
    values: [of.workspaceId, of.feedId, run.id, run.wish, run.at],
  });
  return rows[0]!;
}

/** All that is known of it now. */
export async function updateRun(sql: Sql, of: OfFeed, run: FeedRun): Promise<void> {
  await sql.query({
    name: 'product_feed_run_update',
    text: `update product_feed_run set state = $4, wish = $5, ended_at = $6, http_status = $7, bytes = $8, rows = $9, refused = $10,
             products = $11, created = $12, changed = $13, archived = $14, kept = $15, fault = $16, errors = $17, etag = $18,
             last_modified = $19, body_sha256 = $20, place = $21
           where workspace_id = $1 and feed_id = $2 and id = $3`,
    values: [
      ...[of.workspaceId, of.feedId, run.id, run.state, run.wish, run.ended_at, run.http_status, run.bytes, run.rows],
      ...[run.refused, run.products, run.created, run.changed, run.archived, run.kept, run.fault],
      ...[JSON.stringify(run.errors), run.etag, run.last_modified, run.body_sha256, run.place],
    ],
  });
}

/** Newest first. */
export async function listRuns(sql: Sql, of: OfFeed, limit: number): Promise<FeedRun[]> {
  const { rows } = await sql.query<FeedRun>({
    text: `select ${COLUMNS} from product_feed_run where workspace_id = $1 and feed_id = $2 order by id desc limit $3`,
    values: [of.workspaceId, of.feedId, limit],
  });
  return rows;
}
