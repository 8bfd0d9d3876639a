import { createHash } from 'node:crypto';
import { createContext, type Ctx, type Services } from '../../../platform/context.ts';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import type { Outbound } from '../../../platform/outbound/index.ts';
import { applyRows, archiveMissing } from './apply-rows.ts';
import { openCredentials } from './feed-credentials.ts';
import { FeedFault } from './feed-fault.ts';
import { feedMetrics } from './feed-metrics.ts';
import {
  claimFeeds,
  type FeedLease,
  type FeedRowOf,
  holdFeed,
  isDatabaseTrouble,
  releaseFeed,
  restFeed,
  takeWish,
} from './feed-store.ts';
import { FeedWork, LEASE_MS, LostFeed, StoppedFeed } from './feed-work.ts';
import { type FetchedFeed, fetchFeed } from './fetch-feed.ts';
import { keepRows } from './keep-rows.ts';
import { retryDelayMs } from './plan-retry.ts';
import { readFeedRows } from './read-feed-rows.ts';
import { deleteRows } from './row-store.ts';
import { type FeedRun, findOpenRun, insertRun } from './run-store.ts';
import { decode, unpack } from './unpack.ts';

const AT_ONCE_MAX = 4;
const RUNS_KEPT = 30;
const MINUTE_MS = 60_000;
const BYTES_MAX = 200 * 1024 * 1024;

export interface FeedDeps {
  readonly outbound: Outbound;
  /** Of this process. */
  readonly owner: string;
  readonly signal: AbortSignal;
  /** Of a file, packed and unpacked; 200 MB if left out. */
  readonly bytesMax?: number;
}

/**
 * A round: fetches what is due. A feed is kept whole before any of it is applied, and how far that is stands in the table: who goes on
 * after a crash fetches again, or applies the rest. Answers how many feeds.
 */
export async function runProductFeeds(services: Services, deps: FeedDeps): Promise<number> {
  const nowMs = services.clock.now();
  const claim = { owner: deps.owner, now: new Date(nowMs), until: new Date(nowMs + LEASE_MS), limit: AT_ONCE_MAX };
  const feeds = await claimFeeds(services.postgres, claim);
  await Promise.all(feeds.map((feed) => runFeed(services, deps, feed)));
  return feeds.length;
}

async function runFeed(services: Services, deps: FeedDeps, feed: FeedRowOf): Promise<void> {
  const ctx = createContext(services, feed.workspace_id, { kind: 'system', name: 'product feeds' });
  const lease = { workspaceId: feed.workspace_id, feedId: feed.id, owner: deps.owner };
  try {
    const work = await begin(ctx, deps, { feed, lease });
    try {
      await goThrough(work, deps);
    } catch (error) {
      if (error instanceof LostFeed || error instanceof StoppedFeed || isDatabaseTrouble(error)) throw error;
      if (!(error instanceof FeedFault))
        ctx.logger.error(
          { error, feed: publicId('pfd', feed.id) },
          'a product feed could not be stored; it is fetched again later',
        );
      await end(work, { state: 'failed', ...faultOf(error) });
    }
  } catch (error) {
    if (error instanceof StoppedFeed) await releaseFeed(ctx.sql, lease);
    else if (!(error instanceof LostFeed)) throw error;
  }
}

/** The run somebody left, or a new one. */
async function begin(
  ctx: Ctx,
  { signal }: FeedDeps,
  { feed, lease }: { feed: FeedRowOf; lease: FeedLease },
): Promise<FeedWork> {
  const run = await inTransaction(ctx, async (ctx) => {
    const at = new Date(ctx.clock.now());
    if (!(await holdFeed(ctx.sql, lease, new Date(at.getTime() + LEASE_MS)))) throw new LostFeed();
    const open = await findOpenRun(ctx.sql, lease);
    if (open !== undefined) return open;
    const wish = await takeWish(ctx.sql, lease);
    return insertRun(ctx.sql, lease, { id: newUuid(at.getTime()), wish, at, kept: RUNS_KEPT });
  });
  return new FeedWork(ctx, { feed, lease, run, signal });
}

async function goThrough(work: FeedWork, deps: FeedDeps): Promise<void> {
  if (work.run.state === 'fetching' && (await fetchRows(work, deps)) === 'unchanged')
    return end(work, { state: 'unchanged' });
  await applyRows(work);
  await archiveMissing(work);
  await end(work, { state: 'done' });
}

/** Fetches it whole, or finds that it is as it was. */
async function fetchRows(work: FeedWork, deps: FeedDeps): Promise<'whole' | 'unchanged'> {
  const { feed, ctx, run } = work;
  const isAnyWanted = run.wish === 'shrink';
  const keys = await ctx.keysOf(ctx.workspaceId);
  const fetched = await fetchFeed(deps.outbound, {
    url: feed.url,
    credentials: feed.credentials === null ? undefined : openCredentials(keys, feed.credentials),
    etag: isAnyWanted ? null : feed.etag,
    lastModified: isAnyWanted ? null : feed.last_modified,
  });
  if (fetched.kind === 'unchanged') {
    await work.step(async () => ({ http_status: fetched.status }));
    return 'unchanged';
  }
  const read = await readBody(work, fetched, deps.bytesMax ?? BYTES_MAX);
  if (work.run.rows === 0) throw new FeedFault('has no rows; begin it with a line of column names, or give items');
  if (work.run.refused === work.run.rows) throw new FeedFault('has no row without a fault; see its errors');
  const isSame = !isAnyWanted && feed.body_sha256?.equals(read.sha256) === true;
  const { etag, lastModified } = fetched;
  await work.step(async () => ({
    ...{ state: isSame ? 'fetching' : 'applying', bytes: read.bytes, body_sha256: read.sha256 },
    ...{ etag, last_modified: lastModified },
  }));
  return isSame ? 'unchanged' : 'whole';
}

async function readBody(work: FeedWork, fetched: Extract<FetchedFeed, { kind: 'body' }>, bytesMax: number) {
  const { body, contentType, status } = fetched;
  const hash = createHash('sha256');
  let bytes = 0;
  async function* watched(): AsyncGenerator<Buffer> {
    for await (const chunk of unpack(limited(body, bytesMax))) {
      await work.stay();
      bytes += chunk.length;
      if (bytes > bytesMax) throw new FeedFault(`has more than ${sizeOf(bytesMax)}; part it into several feeds`);
      hash.update(chunk);
      yield chunk;
    }
  }
  const stop = () => void body.destroy(new StoppedFeed());
  work.signal.addEventListener('abort', stop, { once: true });
  try {
    await work.step(async () => ({ http_status: status }));
    await keepRows(work, readFeedRows(decode(watched(), contentType)));
  } finally {
    work.signal.removeEventListener('abort', stop);
    body.destroy();
  }
  return { bytes, sha256: hash.digest() };
}

async function* limited(body: AsyncIterable<Buffer>, bytesMax: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch(brokenOff);
      if (next.done === true) return;
      bytes += next.value.length;
      if (bytes > bytesMax) throw new FeedFault(`has more than ${sizeOf(bytesMax)}; part it into several feeds`);
      yield next.value;
    }
  } finally {
    await chunks.return?.();
  }
}

function brokenOff(error: unknown): never {
  if (error instanceof StoppedFeed) throw error;
  const { code } = error as NodeJS.ErrnoException;
  throw new FeedFault(`breaks off: ${code === 'ETIMEDOUT' ? 'it takes too long' : 'the connection was lost'}`);
}

function sizeOf(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${Math.floor(bytes / 1024 / 1024)} MB` : `${bytes} bytes`;
}

function faultOf(error: unknown): Omit<FeedEnd, 'state'> {
  if (!(error instanceof FeedFault)) return { fault: 'the feed could not be stored; the log of the server says why' };
  const { message, httpStatus, retryAfterMs } = error;
  return { fault: `the feed ${message}`, ...(httpStatus !== undefined && { http_status: httpStatus }), retryAfterMs };
}

interface FeedEnd extends Pick<Partial<FeedRun>, 'fault' | 'http_status'> {
  readonly state: 'done' | 'unchanged' | 'failed';
  readonly retryAfterMs?: number | undefined;
}

/** The run is over, and the feed rests until it is due again. */
async function end(work: FeedWork, { retryAfterMs, ...outcome }: FeedEnd): Promise<void> {
  const { ctx, feed, lease } = work;
  const nowMs = ctx.clock.now();
  const failures = outcome.state === 'failed' ? feed.failures + 1 : 0;
  const intervalMinutes = feed.interval_minutes;
  const restMs =
    failures === 0 ? intervalMinutes * MINUTE_MS : retryDelayMs(failures, { intervalMinutes, retryAfterMs });
  await work.step(async ({ sql }) => {
    const { etag, last_modified: lastModified, body_sha256: bodySha256 } = work.run;
    const isKnown = outcome.state !== 'failed' && bodySha256 !== null;
    const known = isKnown ? { etag, lastModified, bodySha256 } : undefined;
    await deleteRows(sql, lease);
    await restFeed(sql, lease, { dueAt: new Date(nowMs + restMs), failures, known });
    return { ...outcome, ended_at: new Date(nowMs) };
  });
  const { runs, rows, bytes } = feedMetrics(ctx);
  runs.inc({ outcome: outcome.state });
  rows.inc({ outcome: 'taken' }, work.run.rows - work.run.refused);
  rows.inc({ outcome: 'refused' }, work.run.refused);
  bytes.inc(work.run.bytes);
}
