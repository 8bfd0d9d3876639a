/** Time that stands still until it is moved. */
export interface ManualClock {
  now(): number;
  advance(ms: number): void;
}

export function createManualClock(startMs = Date.UTC(2026, 10, 23, 10)): ManualClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
  };
}
