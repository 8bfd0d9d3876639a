import { ClickHouseError } from '@clickhouse/client';

// TOO_MANY_SIMULTANEOUS_QUERIES: the engine refused before it began. The embedded engine answers so while its queue is full.
const refusedUnbegun = new Set([202]);

const lostConnection = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** ClickHouse's own number for what went wrong, as in `Code: 60`. */
export function historyErrorCode(error: unknown): number | undefined {
  if (!(error instanceof ClickHouseError)) return undefined;
  const code = Number(error.code);
  return Number.isInteger(code) ? code : undefined;
}

/**
 * Whether the engine could not be reached, was lost on the way, or refused for lack of room. Such a request may still
 * have run: only reads and inserts with a deduplication token are safe to repeat.
 */
export function isRetryableHistoryError(error: unknown): boolean {
  const code = historyErrorCode(error);
  if (code !== undefined) return refusedUnbegun.has(code);
  if (error instanceof AggregateError) return error.errors.some(isRetryableHistoryError);
  if (!(error instanceof Error)) return false;
  if (error.message === 'socket hang up') return true;
  return 'code' in error && typeof error.code === 'string' && lostConnection.has(error.code);
}

/** Whether the request certainly never reached the engine: safe to repeat whatever it was. */
export function neverArrived(error: unknown): boolean {
  if (refusedUnbegun.has(historyErrorCode(error) ?? -1)) return true;
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}
