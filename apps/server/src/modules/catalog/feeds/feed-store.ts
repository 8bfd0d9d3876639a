import { isRetryable, type Sql } from '../../../platform/postgres/index.ts';

/** The database is at fault, not what is written: the same is tried again later. */
export function isDatabaseTrouble(error: unknown): boolean {
  return isRetryable(error);
}

/** What was asked for beside the schedule; `shrink`: take it though it has become much shorter. */
export type FeedAsk = 'run' | 'shrink';

export interface FeedRowOf {
  readonly workspace_id: number;
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly credentials: Buffer | null;
  readonly currency: string | null;
  readonly interval_minutes: number;
  readonly archives_missing: boolean;
  readonly is_enabled: boolean;
  readonly due_at: Date;
  readonly wish: FeedAsk | null;
  readonly failures: number;
  readonly etag: string | null;
  readonly last_modified: string | null;
  readonly body_sha256: Buffer | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS = `workspace_id, id, name, url, credentials, currency, interval_minutes, archives_missing, is_enabled, due_at, wish,
  failures, etag, last_modified, body_sha256, created_at, updated_at`;

/** False: there is one of this name. */
export async function insertFeed(sql: Sql, row: FeedRowOf): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `insert into product_feed (workspace_id, id, name, url, credentials, currency, interval_minutes, archives_missing,
             is_enabled, due_at, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) on conflict (workspace_id, name) do nothing`,
    values: [
      ...[row.workspace_id, row.id, row.name, row.url, row.credentials, row.currency, row.interval_minutes],
      ...[row.archives_missing, row.is_enabled, row.due_at, row.created_at],
    ],
  });
  return rowCount === 1;
}

export async function findFeed(
  sql: Sql,
  workspaceId: number,
  { id, lock = false }: { id: string; lock?: boolean },
): Promise<FeedRowOf | undefined> {
  const { rows } = await sql.query<FeedRowOf>({
    text: `select ${COLUMNS} from product_feed where workspace_id = $1 and id = $2${lock ? ' for update' : ''}`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export async function pageFeeds(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; beforeId: string | undefined },
): Promise<FeedRowOf[]> {
  const { rows } = await sql.query<FeedRowOf>({
    text: `select ${COLUMNS} from product_feed where workspace_id = $1 and ($3::uuid is null or id < $3)
           order by id desc limit $2`,
    values: [workspaceId, page.limit, page.beforeId ?? null],
  });
  return rows;
}

/** What may be changed of it; what is known of its last file is forgotten, so that it is read with the new words. */
export async function updateFeed(sql: Sql, row: FeedRowOf): Promise<void> {
  await sql.query({
    text: `update product_feed set url = $3, credentials = $4, currency = $5, interval_minutes = $6, archives_missing = $7,
             is_enabled = $8, due_at = $9, wish = coalesce(wish, 'run'), failures = 0, etag = null, last_modified = null,
             body_sha256 = null, updated_at = $10
           where workspace_id = $1 and id = $2`,
    values: [
      ...[row.workspace_id, row.id, row.url, row.credentials, row.currency, row.interval_minutes],
      ...[row.archives_missing, row.is_enabled, row.due_at, row.updated_at],
    ],
  });
}

/** Makes it due. */
export async function askForFeed(
  sql: Sql,
  workspaceId: number,
  { id, ask, at }: { id: string; ask: FeedAsk; at: Date },
): Promise<void> {
  await sql.query({
    text: `update product_feed set due_at = $4, wish = case when wish = 'shrink' then wish else $3 end
           where workspace_id = $1 and id = $2`,
    values: [workspaceId, id, ask, at],
  });
}

/** With its runs, and what is not applied of it. */
export async function deleteFeed(sql: Sql, workspaceId: number, id: string): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: 'delete from product_feed where workspace_id = $1 and id = $2',
    values: [workspaceId, id],
  });
  return rowCount === 1;
}

/** Takes what is due and nobody works on, for a while. */
export async function claimFeeds(
  sql: Sql,
  claim: { owner: string; now: Date; until: Date; limit: number },
): Promise<FeedRowOf[]> {
  const { rows } = await sql.query<FeedRowOf>({
    name: 'product_feed_claim',
    // every workspace: one loop works for all, by `product_feed_due`.
    text: `update product_feed set lease_owner = $1, lease_until = $3
           where (workspace_id, id) in (
             select workspace_id, id from product_feed
             where is_enabled and due_at <= $2 and (lease_until is null or lease_until < $2)
             order by due_at, id limit $4 for update skip locked)
           returning ${COLUMNS}`,
    values: [claim.owner, claim.now, claim.until, claim.limit],
  });
  return rows;
}

export interface FeedLease {
  readonly workspaceId: number;
  readonly feedId: string;
  readonly owner: string;
}

/** Goes on holding it; false: somebody else has it meanwhile, or it is no more. Its row is locked until the transaction ends. */
export async function holdFeed(sql: Sql, lease: FeedLease, until: Date): Promise<boolean> {
  const { rowCount } = await sql.query({
    name: 'product_feed_hold',
    text: 'update product_feed set lease_until = $4 where workspace_id = $1 and id = $2 and lease_owner = $3',
    values: [lease.workspaceId, lease.feedId, lease.owner, until],
  });
  return rowCount === 1;
}

/** A run takes what was wished; what is wished from now on is for the next one. */
export async function takeWish(sql: Sql, lease: FeedLease): Promise<FeedAsk | null> {
  const { rows } = await sql.query<{ wish: FeedAsk | null }>({
    text: `update product_feed f set wish = null from product_feed was
           where f.workspace_id = $1 and f.id = $2 and was.workspace_id = f.workspace_id and was.id = f.id
           returning was.wish`,
    values: [lease.workspaceId, lease.feedId],
  });
  return rows[0]?.wish ?? null;
}

/** The end of a run: it is left to be due again, at once where somebody wished so meanwhile. */
export async function restFeed(
  sql: Sql,
  lease: FeedLease,
  rest: {
    dueAt: Date;
    failures: number;
    /** What the file is known by from now on; undefined: as before. */
    known: { etag: string | null; lastModified: string | null; bodySha256: Buffer | null } | undefined;
  },
): Promise<void> {
  await sql.query({
    name: 'product_feed_rest',
    text: `update product_feed set lease_owner = null, lease_until = null, failures = $4,
             due_at = case when wish is null then $3 else due_at end,
             etag = case when $5 and wish is null then $6 else etag end,
             last_modified = case when $5 and wish is null then $7 else last_modified end,
             body_sha256 = case when $5 and wish is null then $8 else body_sha256 end
           where workspace_id = $1 and id = $2`,
    values: [
      ...[lease.workspaceId, lease.feedId, rest.dueAt, rest.failures, rest.known !== undefined],
      ...[rest.known?.etag ?? null, rest.known?.lastModified ?? null, rest.known?.bodySha256 ?? null],
    ],
  });
}

/** Nobody works on it any more: the next one goes on at once. */
export async function releaseFeed(sql: Sql, lease: FeedLease): Promise<void> {
  await sql.query({
    text: `update product_feed set lease_owner = null, lease_until = null
           where workspace_id = $1 and id = $2 and lease_owner = $3`,
    values: [lease.workspaceId, lease.feedId, lease.owner],
  });
}
