import { describe, expect, it } from 'vitest';
import {
  type CallOutcome,
  DISABLE_AFTER_MS,
  type EndpointHealth,
  HEALTHY,
  paceCalls,
  planDelivery,
  planHealth,
  readRetryAfter,
  RETRY_DELAYS_MS,
} from './plan-delivery.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const HOUR_MS = 3_600_000;
const answered = (status: number, retryAfterMs?: number): CallOutcome => ({ status, retryAfterMs, reason: undefined });
const silence: CallOutcome = { status: undefined, retryAfterMs: undefined, reason: 'timeout' };
const at = (tries: number, random = 0) => ({ tries, now: NOW, random });

describe('a delivery', () => {
  it.each([200, 201, 204, 299])('ends with a %i', (status) => {
    expect(planDelivery(answered(status), at(1))).toEqual({ kind: 'delivered' });
  });

  it.each([100, 301, 302, 308, 400, 401, 404, 500, 503])('that is answered with %i is tried again', (status) => {
    expect(planDelivery(answered(status), at(1))).toEqual({ kind: 'retry', atMs: NOW + 5_000 });
  });

  it('is tried ten times over three days and more, each delay longer than the one before, and then has failed', () => {
    const delays = RETRY_DELAYS_MS.map((_, i) => {
      const next = planDelivery(silence, at(i + 1));
      return next.kind === 'retry' ? next.atMs - NOW : 0;
    });
    expect(delays).toEqual([...delays].sort((a, b) => a - b));
    expect(delays.slice(0, 4)).toEqual([5_000, 300_000, 1_800_000, 7_200_000]);
    expect(delays.reduce((a, b) => a + b) / HOUR_MS).toBeGreaterThan(72);
    expect(planDelivery(silence, at(10))).toEqual({ kind: 'failed' });
  });

  it('comes back up to a fifth later, never earlier, so that a crowd spreads out', () => {
    expect([0, 0.5, 1].map((random) => planDelivery(silence, at(2, random)))).toEqual(
      [300_000, 330_000, 360_000].map((ms) => ({ kind: 'retry', atMs: NOW + ms })),
    );
  });

  it.each([429, 503])('waits as long as a %i asks for, up to a day', (status) => {
    expect(planDelivery(answered(status, 90_000), at(1))).toEqual({ kind: 'retry', atMs: NOW + 90_000 });
    expect(planDelivery(answered(status, 1_000), at(1))).toEqual({ kind: 'retry', atMs: NOW + 5_000 });
    expect(planDelivery(answered(status, 99 * 24 * HOUR_MS), at(1))).toEqual({
      kind: 'retry',
      atMs: NOW + 24 * HOUR_MS,
    });
  });

  it('is not put off by a Retry-After of any other answer', () => {
    expect(planDelivery(answered(500, 90_000), at(1))).toEqual({ kind: 'retry', atMs: NOW + 5_000 });
  });

  it('has failed when the endpoint is gone', () => {
    expect(planDelivery(answered(410), at(1))).toEqual({ kind: 'failed' });
  });
});

describe('an endpoint', () => {
  const failAt = (health: EndpointHealth, now: number, outcome = silence) =>
    planHealth(health, outcome, { now, random: 0 });

  it('is well again after one success', () => {
    const failing = { failures: 40, failingSince: NOW - HOUR_MS, heldUntil: NOW };
    expect(planHealth(failing, answered(200), { now: NOW, random: 0 })).toEqual({
      health: HEALTHY,
      disableBecause: undefined,
    });
  });

  it('that keeps failing is asked ever more rarely, down to every five minutes', () => {
    let health: EndpointHealth = HEALTHY;
    const holds: number[] = [];
    for (let i = 0; i < 14; i++) {
      ({ health } = failAt(health, NOW));
      holds.push((health.heldUntil ?? NOW) - NOW);
    }
    expect(holds).toEqual([0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300, 300].map((s) => s * 1_000));
  });

  it('is disabled after five days of nothing but failures, not before', () => {
    const failing = { failures: 50, failingSince: NOW, heldUntil: undefined };
    expect(failAt(failing, NOW + DISABLE_AFTER_MS - 1).disableBecause).toBeUndefined();
    expect(failAt(failing, NOW + DISABLE_AFTER_MS).disableBecause).toBe('every attempt failed for 5 days');
  });

  it('that is hardly ever called is not disabled for a few failures, however far apart', () => {
    const failing = { failures: 3, failingSince: NOW, heldUntil: undefined };
    expect(failAt(failing, NOW + 2 * DISABLE_AFTER_MS).disableBecause).toBeUndefined();
  });

  it('is disabled at once when it says it is gone', () => {
    expect(failAt(HEALTHY, NOW, answered(410)).disableBecause).toBe('it answered 410 Gone');
  });

  it('rests as a whole when it asks for rest, for an hour at most', () => {
    expect(failAt(HEALTHY, NOW, answered(429, 30_000)).health.heldUntil).toBe(NOW + 30_000);
    expect(failAt(HEALTHY, NOW, answered(503, 24 * HOUR_MS)).health.heldUntil).toBe(NOW + HOUR_MS);
  });
});

describe('pace', () => {
  const well = { ratePerSecond: undefined, pacedAt: undefined, failures: 0, inFlight: 0 };

  it('leaves ten calls at once to an endpoint, one to a failing one', () => {
    expect(paceCalls(well, NOW).room).toBe(10);
    expect(paceCalls({ ...well, inFlight: 9 }, NOW).room).toBe(1);
    expect(paceCalls({ ...well, inFlight: 12 }, NOW).room).toBe(0);
    expect(paceCalls({ ...well, failures: 5 }, NOW).room).toBe(1);
    expect(paceCalls({ ...well, failures: 5, inFlight: 1 }, NOW).room).toBe(0);
  });

  it.each([1, 2, 3, 7, 10, 400])(
    'never gives more than %i calls a second, and loses none over time',
    (ratePerSecond) => {
      let pacedAt: number | undefined;
      const given: number[] = [];
      for (let now = NOW; now < NOW + 20_000; now += 10) {
        const pace = paceCalls({ ...well, ratePerSecond, pacedAt }, now);
        for (let i = 0; i < pace.room; i++) given.push(now);
        if (pace.room > 0) pacedAt = pace.pacedAfter(pace.room);
      }
      // A second's worth may have been saved up.
      for (const from of given)
        expect(given.filter((t) => t >= from && t < from + 1_000).length).toBeLessThanOrEqual(2 * ratePerSecond);
      expect(given.length).toBeLessThanOrEqual(21 * ratePerSecond);
      expect(given.length).toBeGreaterThan(17 * ratePerSecond);
    },
  );
});

it('Retry-After is read as seconds or as a date; anything else is nothing', () => {
  expect(readRetryAfter('120', NOW)).toBe(120_000);
  expect(readRetryAfter(new Date(NOW + 5_000).toUTCString(), NOW)).toBe(5_000);
  expect(readRetryAfter(new Date(NOW - 5_000).toUTCString(), NOW)).toBe(0);
  expect(
    [undefined, '', 'soon', '-1', '1.5', '2026-11-23', '1e9', '9'.repeat(40)].map((h) => readRetryAfter(h, NOW)),
  ).toEqual(Array.from({ length: 8 }));
});
