/** A workspace may send this many seconds' worth at once: clients that come back after an outage bring what they kept. */
const BURST_SECONDS = 10;
const BUCKETS_MAX = 10_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * Events per second and workspace, in this process. A request is taken while anything is left, however many events it
 * holds, and the next ones wait for what it took too much: so no batch is too large ever to be taken.
 */
export class RateLimit {
  readonly #perSecond: number;
  readonly #buckets = new Map<number, Bucket>();

  /** 0: no limit. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Takes the events, or says in how many whole seconds to come back. */
  take(workspaceId: number, events: number, nowMs: number): number | undefined {
    if (this.#perSecond === 0) return undefined;
    const capacity = this.#perSecond * BURST_SECONDS;
    const bucket = this.#buckets.get(workspaceId) ?? this.#add(workspaceId, { tokens: capacity, atMs: nowMs });
    const elapsedMs = Math.max(0, nowMs - bucket.atMs);
    bucket.tokens = Math.min(capacity, bucket.tokens + (elapsedMs / 1000) * this.#perSecond);
    bucket.atMs = nowMs;
    if (bucket.tokens <= 0) return Math.max(1, Math.ceil(-bucket.tokens / this.#perSecond));
    bucket.tokens -= Math.max(1, events);
    return undefined;
  }

  #add(workspaceId: number, bucket: Bucket): Bucket {
    if (this.#buckets.size >= BUCKETS_MAX) this.#buckets.clear();
    this.#buckets.set(workspaceId, bucket);
    return bucket;
  }
}
