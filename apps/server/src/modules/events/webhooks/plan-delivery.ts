const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** After the first try, as the standard-webhooks specification recommends ("Deliverability and reliability"): 75 hours. */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];
/** Delays grow by up to this part, so that what failed together does not come back together. */
const JITTER = 0.2;
/** An endpoint may ask for rest, but not for ever. */
const RETRY_AFTER_MAX_MS = DAY_MS;
const HOLD_MAX_MS = HOUR_MS;
/** From so many failures in a row on, an endpoint is only asked now and then; what waits for it loses no tries meanwhile. */
export const FAILING_FROM_FAILURES = 5;
const HOLD_FIRST_MS = 5 * SECOND_MS;
const HOLD_LONGEST_MS = 5 * MINUTE_MS;
/** So long nothing but failures, and so many: nobody is there any more. */
export const DISABLE_AFTER_MS = 5 * DAY_MS;
const DISABLE_FROM_FAILURES = 10;

const GONE = 410;
const ASKING_FOR_REST: readonly number[] = [429, 503];

/** What became of one call. */
export interface CallOutcome {
  /** Undefined: no answer. */
  readonly status: number | undefined;
  /** From `Retry-After`. */
  readonly retryAfterMs: number | undefined;
  readonly reason: string | undefined;
}

export function isSuccess({ status }: Pick<CallOutcome, 'status'>): boolean {
  return status !== undefined && status >= 200 && status < 300;
}

export type NextStep =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly atMs: number }
  | { readonly kind: 'failed' };

/** What becomes of a delivery after its try number `tries` (from 1). `random` is from 0 to 1. Pure. */
export function planDelivery(outcome: CallOutcome, at: { tries: number; now: number; random: number }): NextStep {
  if (isSuccess(outcome)) return { kind: 'delivered' };
  if (outcome.status === GONE) return { kind: 'failed' };
  const delayMs = RETRY_DELAYS_MS[at.tries - 1];
  if (delayMs === undefined) return { kind: 'failed' };
  const backOffMs = delayMs * (1 + JITTER * at.random);
  return { kind: 'retry', atMs: Math.round(at.now + Math.max(backOffMs, restAskedMs(outcome))) };
}

function restAskedMs({ status, retryAfterMs = 0 }: CallOutcome): number {
  return status !== undefined && ASKING_FOR_REST.includes(status) ? Math.min(retryAfterMs, RETRY_AFTER_MAX_MS) : 0;
}

/** How an endpoint has been doing. Instants in milliseconds. */
export interface EndpointHealth {
  readonly failingSince: number | undefined;
  /** Failed calls since the last success. */
  readonly failures: number;
  /** Not called before this. */
  readonly heldUntil: number | undefined;
}

export const HEALTHY: EndpointHealth = { failingSince: undefined, failures: 0, heldUntil: undefined };

/** The health after a call, and whether that was the last one. Pure. */
export function planHealth(
  health: EndpointHealth,
  outcome: CallOutcome,
  at: { now: number; random: number },
): { readonly health: EndpointHealth; readonly disableBecause: string | undefined } {
  const { now, random } = at;
  if (isSuccess(outcome)) return { health: HEALTHY, disableBecause: undefined };
  const failures = health.failures + 1;
  const failingSince = health.failingSince ?? now;
  const doublings = failures - FAILING_FROM_FAILURES;
  const holdMs = doublings < 0 ? 0 : Math.min(HOLD_FIRST_MS * 2 ** doublings, HOLD_LONGEST_MS) * (1 + JITTER * random);
  const restMs = Math.max(holdMs, Math.min(restAskedMs(outcome), HOLD_MAX_MS));
  return {
    health: { failures, failingSince, heldUntil: restMs === 0 ? undefined : Math.round(now + restMs) },
    disableBecause: disableReason(outcome, { failures, failingForMs: now - failingSince }),
  };
}

function disableReason(
  { status }: CallOutcome,
  { failures, failingForMs }: { failures: number; failingForMs: number },
): string | undefined {
  if (status === GONE) return 'it answered 410 Gone';
  if (failures >= DISABLE_FROM_FAILURES && failingForMs >= DISABLE_AFTER_MS) {
    return 'every attempt failed for 5 days';
  }
  return undefined;
}

/** Milliseconds to wait by a `Retry-After` header: seconds or an HTTP date (RFC 9110 §10.2.3). Pure. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * SECOND_MS;
  const atMs = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - now);
}

/** A failing endpoint is asked once at a time. */
export const CALLS_WHILE_FAILING = 1;
export const CALLS_PER_ENDPOINT_MAX = 10;

/**
 * How many calls an endpoint may be given now, and up to where its rate is spent then: at most a second's worth at once,
 * and never more than `inFlight` leaves room for. Pure.
 */
export function paceCalls(
  endpoint: { ratePerSecond: number | undefined; pacedAt: number | undefined; failures: number; inFlight: number },
  now: number,
): { readonly room: number; readonly pacedAfter: (calls: number) => number | undefined } {
  const callsMax = endpoint.failures >= FAILING_FROM_FAILURES ? CALLS_WHILE_FAILING : CALLS_PER_ENDPOINT_MAX;
  const free = Math.max(0, callsMax - endpoint.inFlight);
  const { ratePerSecond } = endpoint;
  if (ratePerSecond === undefined) return { room: free, pacedAfter: () => undefined };
  const from = Math.max(endpoint.pacedAt ?? 0, now - SECOND_MS);
  const spare = Math.max(0, Math.floor(((now - from) * ratePerSecond) / SECOND_MS));
  return {
    room: Math.min(free, spare),
    pacedAfter: (calls) => Math.ceil(from + (calls * SECOND_MS) / ratePerSecond),
  };
}
