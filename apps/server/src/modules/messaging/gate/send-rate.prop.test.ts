import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextSlotMs, spend } from './send-rate.ts';

const rate = fc.record({
  channel: fc.constant('email'),
  perSecond: fc.constantFrom(0.5, 1, 3, 10, 80),
  burst: fc.integer({ min: 1, max: 20 }),
});
const waits = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 80 });

/** Instants at which messages go that come after these waits, each as soon as it may. */
function departures(of: Parameters<typeof nextSlotMs>[0], gaps: readonly number[]): number[] {
  let spentUntilMs = 0;
  let cameAtMs = 1_000_000;
  let wentAtMs = 0;
  return gaps.map((waitMs) => {
    cameAtMs += waitMs;
    wentAtMs = nextSlotMs(of, spentUntilMs, Math.max(cameAtMs, wentAtMs));
    spentUntilMs = spend(of, spentUntilMs, wentAtMs);
    return wentAtMs;
  });
}

test('no stretch of time sees more messages than the burst and what the rate gives in it', () => {
  fc.assert(
    fc.property(rate, waits, (one, gaps) => {
      const went = departures(one, gaps);
      for (const [first, fromMs] of went.entries())
        for (const [last, toMs] of went.entries()) {
          if (last < first) continue;
          // A slot is told in whole milliseconds, rounded up.
          expect(last - first + 1).toBeLessThanOrEqual(one.burst + ((toMs - fromMs) / 1_000) * one.perSecond + 1e-6);
        }
    }),
  );
});

test('a message never waits where a bucket that is refilled all the time would have let it go', () => {
  fc.assert(
    fc.property(rate, waits, (one, gaps) => {
      let tokens: number = one.burst;
      let atMs = 1_000_000;
      for (const [at, wentAtMs] of departures(one, gaps).entries()) {
        tokens = Math.min(one.burst, tokens + ((wentAtMs - atMs) / 1_000) * one.perSecond) - 1;
        atMs = wentAtMs;
        expect(tokens, `message ${at}`).toBeGreaterThanOrEqual(-1e-6);
        // One that had to wait went as soon as there was a token: within the millisecond.
        const cameAtMs = 1_000_000 + gaps.slice(0, at + 1).reduce((sum, gap) => sum + gap, 0);
        if (wentAtMs > cameAtMs && tokens > one.perSecond / 1_000 + 1e-6 && at > 0) {
          const before = departures(one, gaps)[at - 1] ?? 0;
          expect(wentAtMs).toBe(Math.max(before, cameAtMs));
        }
      }
    }),
  );
});
