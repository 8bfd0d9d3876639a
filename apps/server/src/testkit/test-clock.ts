import type { Clock } from '../platform/clock/index.ts';

export interface TestClock extends Clock {
  advance(ms: number): void;
}

/** A clock that stands still until it is told to move. */
export function createTestClock(startMs: number): TestClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    realDelayMs: (instantMs) => Math.max(0, instantMs - nowMs),
    advance: (ms) => {
      nowMs += ms;
    },
  };
}
