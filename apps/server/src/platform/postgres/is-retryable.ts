/** SQLSTATEs of a transaction that lost a race. */
const lostRaces = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available
]);

/** SQLSTATEs after which the same work may succeed when it is done again from its start. */
const retryableStates = new Set([
  ...lostRaces,
  '25P03', // idle_in_transaction_session_timeout
]);

/** Whole classes: lost connections, a full disk or memory, an operator or a restart stepping in, failed reads and writes. */
const retryableClasses = /^(08|53|57|58)...$/;

const retryableSystemErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ENOENT', // the socket file of a server that is restarting
  'EPIPE',
  'ETIMEDOUT',
]);

// `pg` gives these no code.
const lostConnection =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired)/;

/** Whether a transaction lost a race: it is rolled back for certain, and its work can be done again at once. */
export function isLostRace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && lostRaces.has(error.code);
}

/**
 * Whether doing the work again may succeed: the connection was lost, the server restarts or is out of room, or the
 * transaction lost a race. The fault is never in the work itself, so nothing may be given up because of it.
 * A lost connection during COMMIT leaves the outcome unknown: work that is retried must find its own traces.
 */
export function isRetryable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isRetryable);
  if (!(error instanceof Error)) return false;
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code === 'string') {
    return retryableStates.has(code) || retryableSystemErrors.has(code) || retryableClasses.test(code);
  }
  return lostConnection.test(error.message);
}
