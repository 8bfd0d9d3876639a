/** The only source of time. Milliseconds since the epoch, UTC. */
export interface Clock {
  now(): number;
  /** How many real milliseconds pass until this clock shows `instantMs`; 0 when it already does. */
  realDelayMs(instantMs: number): number;
}

/** A clock that ran from `virtualStartMs` at the real instant `realStartMs`, `scale` times as fast as real time. */
export interface ScaledClockSettings {
  readonly scale: number;
  readonly realStartMs: number;
  readonly virtualStartMs: number;
}

export function createSystemClock(): Clock {
  return {
    now: () => Date.now(),
    realDelayMs: (instantMs) => Math.max(0, instantMs - Date.now()),
  };
}

export function createScaledClock(settings: ScaledClockSettings): Clock {
  const { scale, realStartMs, virtualStartMs } = settings;
  const now = () => Math.floor(virtualStartMs + (Date.now() - realStartMs) * scale);
  return {
    now,
    realDelayMs: (instantMs) => Math.max(0, Math.ceil((instantMs - now()) / scale)),
  };
}
