/**
 * When an event occurred on our clock: `receivedAt − (sentAt − timestamp)`, which takes out the skew of the sender's clock
 * (Segment's formula); never later than its receipt. Without `sentAt` the timestamp is taken as it is; what is no
 * date counts as not given.
 */
export function occurredAtMs(options: { timestamp: unknown; sentAt: unknown; receivedAtMs: number }): number {
  const { receivedAtMs } = options;
  const timestampMs = parseInstant(options.timestamp);
  if (timestampMs === undefined) return receivedAtMs;
  const sentAtMs = parseInstant(options.sentAt);
  const corrected = sentAtMs === undefined ? timestampMs : receivedAtMs - (sentAtMs - timestampMs);
  return Math.min(corrected, receivedAtMs);
}

/** ISO 8601 text or milliseconds since the epoch. */
export function parseInstant(value: unknown): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const ms = typeof value === 'number' ? value : Date.parse(value);
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? Math.floor(ms) : undefined;
}
