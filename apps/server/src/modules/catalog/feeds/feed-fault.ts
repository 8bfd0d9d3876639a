/** A feed that cannot be fetched or read to its end: nothing of it is taken. The message completes "the feed …". */
export class FeedFault extends Error {
  readonly httpStatus: number | undefined;
  /** The server asks not to be called before. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, known: { httpStatus?: number; retryAfterMs?: number } = {}) {
    super(message);
    this.httpStatus = known.httpStatus;
    this.retryAfterMs = known.retryAfterMs;
  }
}
