import fc from 'fast-check';

/** How close together a case's instants lie. */
export interface Scale {
  readonly epochMs: number;
  readonly gridMs: number;
  readonly steps: number;
  /** Instants of the grid, and what they may be moved by. */
  readonly nudgesMs: readonly number[];
  /** A length of time in multiples of the grid. */
  span(n: number): { seconds: number } | { hours: number };
}

/** Every generated instant lies on a half-second grid after this one, so that edges of windows are met exactly. */
export const EPOCH_MS = Date.UTC(2026, 10, 22);
export const GRID_MS = 500;
export const FINE: Scale = {
  epochMs: EPOCH_MS,
  gridMs: GRID_MS,
  steps: 40,
  nudgesMs: [0],
  span: (n) => ({ seconds: n }),
};

/** Eleven days in which clocks are put back in Europe (25 October) and, at midnight, in Egypt (29 October). */
export const COARSE: Scale = {
  epochMs: Date.UTC(2026, 9, 20),
  gridMs: 3 * 3_600_000,
  steps: 88,
  nudgesMs: [0, 0, -3_600_000, -7_200_000, -1, -7_200_001, -9_000_000],
  span: (n) => ({ hours: n * 6 }),
};

export function instantOn({ epochMs, gridMs, steps, nudgesMs }: Scale): fc.Arbitrary<number> {
  return fc
    .tuple(fc.integer({ min: 0, max: steps }), fc.constantFrom(...nudgesMs))
    .map(([step, nudgeMs]) => epochMs + step * gridMs + nudgeMs);
}

/** Berlin, Cairo and Lord Howe put their clocks; Kathmandu and Lord Howe are no whole hours away. */
export const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Africa/Cairo',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/New_York',
] as const;
