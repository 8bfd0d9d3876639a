/** What ClickHouse, Postgres and JavaScript all can hold begins here, and no customer did anything earlier. */
const EARLIEST_MS = 0;

/**
 * When an event occurred on our clock: `receivedAt − (sentAt − timestamp)`, which takes out the skew of the sender's clock
 * (Segment's formula); never later than its receipt, never before 1970. Without `sentAt` the timestamp is taken as it
 * is; what is no date counts as not given.
 */
export function occurredAtMs(options: { timestamp: unknown; sentAt: unknown; receivedAtMs: number }): number {
  const { receivedAtMs } = options;
  const timestampMs = parseInstant(options.timestamp);
  if (timestampMs === undefined) return receivedAtMs;
  const sentAtMs = parseInstant(options.sentAt);
  const corrected = sentAtMs === undefined ? timestampMs : receivedAtMs - (sentAtMs - timestampMs);
  return Math.max(EARLIEST_MS, Math.min(corrected, receivedAtMs));
}

/** Guards `Date.parse`, which finds a date in `Product 12` too. */
const ISO_DATE = /^\d{4}-\d\d-\d\d(?:$|[T ]\d)/;
const ZONE = /(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)$/i;

/** ISO 8601 text, UTC where it names no zone, or milliseconds since the epoch. */
export function parseInstant(value: unknown): number | undefined {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? parseText(value) : Number.NaN;
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? Math.floor(ms) : undefined;
}

function parseText(text: string): number {
  if (!ISO_DATE.test(text)) return Number.NaN;
  // A date alone is UTC by the standard, a date with a time is not: the server's zone would decide.
  return Date.parse(text.length === 10 || ZONE.test(text) ? text : `${text}Z`);
}
