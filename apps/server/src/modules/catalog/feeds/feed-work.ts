import type { Ctx } from '../../../platform/context.ts';
import { inTransaction, type TxCtx } from '../../../platform/eventlog/index.ts';
import { retryLostRace } from '../../../platform/jobs/index.ts';
import { type FeedLease, type FeedRowOf, holdFeed } from './feed-store.ts';
import { type FeedRun, updateRun } from './run-store.ts';

/** So long nobody else takes a feed whose process is silent. */
export const LEASE_MS = 5 * 60_000;
const RENEWED_AFTER_MS = 60_000;

/** Somebody else works on it, or it is no more: nothing of it may be touched. */
export class LostFeed extends Error {}
/** The process ends: what is done stays done. */
export class StoppedFeed extends Error {}

/** One run of one feed in this process. */
export class FeedWork {
  readonly ctx: Ctx;
  readonly feed: FeedRowOf;
  readonly lease: FeedLease;
  readonly signal: AbortSignal;
  /** As it is in the table. */
  run: FeedRun;
  #heldAtMs: number;

  constructor(ctx: Ctx, known: { feed: FeedRowOf; lease: FeedLease; run: FeedRun; signal: AbortSignal }) {
    this.ctx = ctx;
    this.feed = known.feed;
    this.lease = known.lease;
    this.run = known.run;
    this.signal = known.signal;
    this.#heldAtMs = ctx.clock.now();
  }

  /** What the products of it are known by. */
  get source(): string {
    return `feed:${this.feed.name}`;
  }

  /** One transaction of whoever holds the feed; what it answers is noted of the run. */
  async step(work: (ctx: TxCtx) => Promise<Partial<FeedRun>>): Promise<void> {
    if (this.signal.aborted) throw new StoppedFeed();
    this.run = await retryLostRace(() =>
      inTransaction(this.ctx, async (ctx) => {
        await this.#hold(ctx.sql);
        const run = { ...this.run, ...(await work(ctx)) };
        await updateRun(ctx.sql, this.lease, run);
        return run;
      }),
    );
  }

  /** Goes on holding it while nothing is written for long. */
  async stay(): Promise<void> {
    if (this.signal.aborted) throw new StoppedFeed();
    if (this.ctx.clock.now() - this.#heldAtMs >= RENEWED_AFTER_MS) await this.#hold(this.ctx.sql);
  }

  async #hold(sql: Ctx['sql']): Promise<void> {
    const nowMs = this.ctx.clock.now();
    if (!(await holdFeed(sql, this.lease, new Date(nowMs + LEASE_MS)))) throw new LostFeed();
    this.#heldAtMs = nowMs;
  }
}
