import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimit } from './rate-limit.ts';

const request = fc.record({ waitMs: fc.nat(3_000), events: fc.nat(500) });

describe('the rate limit', () => {
  it('never lets more through than rate × time, one burst and one request; a workspace never pays for another', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 60 }), fc.integer({ min: 1, max: 100 }), (requests, perSecond) => {
        const limit = new RateLimit(perSecond);
        let nowMs = 1_000;
        let taken = 0;
        for (const { waitMs, events } of requests) {
          nowMs += waitMs;
          if (limit.take(1, events, nowMs) === undefined) taken += Math.max(1, events);
        }
        expect(taken).toBeLessThanOrEqual(perSecond * (10 + (nowMs - 1_000) / 1_000) + 500);
        expect(limit.take(2, 1, nowMs)).toBeUndefined();
      }),
    );
  });

  it('a request that comes back when it was told to is taken, if nobody else came', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 30 }), fc.integer({ min: 1, max: 100 }), (requests, perSecond) => {
        const limit = new RateLimit(perSecond);
        let nowMs = 0;
        for (const { waitMs, events } of requests) {
          nowMs += waitMs;
          const seconds = limit.take(1, events, nowMs);
          if (seconds === undefined) continue;
          expect(Number.isInteger(seconds) && seconds >= 1).toBe(true);
          nowMs += seconds * 1_000 + 1;
          expect(limit.take(1, events, nowMs)).toBeUndefined();
        }
      }),
    );
  });

  it('of 0 is none; a clock that goes back takes nothing away', () => {
    const none = new RateLimit(0);
    for (let n = 0; n < 100; n++) expect(none.take(1, 1_000_000, 0)).toBeUndefined();
    const limit = new RateLimit(10);
    expect(limit.take(1, 50, 5_000)).toBeUndefined();
    expect(limit.take(1, 40, 0)).toBeUndefined();
  });
});
