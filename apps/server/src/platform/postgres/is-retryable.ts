/** SQLSTATEs after which the same work may succeed when it is done again from its start. */
const retryableStates = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '53300', // too_many_connections
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
]);

const retryableSystemErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT', // the socket file of a server that is restarting
  'EPIPE',
  'ETIMEDOUT',
]);

// `pg` gives these no code.
const lostConnection =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired)/;

/**
 * Whether doing the work again may succeed: the connection was lost, the server restarts, or the transaction lost a race.
 * A lost connection during COMMIT leaves the outcome unknown: work that is retried must find its own traces.
 */
export function isRetryable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isRetryable);
  if (!(error instanceof Error)) return false;
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code === 'string') {
    return retryableStates.has(code) || retryableSystemErrors.has(code) || /^08...$/.test(code);
  }
  return lostConnection.test(error.message);
}
