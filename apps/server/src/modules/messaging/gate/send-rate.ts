/** How fast messages may be handed over on a channel, by all processes together. */
export interface SendRate {
  readonly channel: string;
  readonly perSecond: number;
  /** So many may go at once after a rest. */
  readonly burst: number;
}

/**
 * When the next message may go: at once, or at the returned instant. `spentUntilMs` is where the spending stands: each message
 * moves it on by the time one takes (generic cell rate algorithm, ITU-T I.371: the theoretical arrival time). Pure.
 */
export function nextSlotMs({ perSecond, burst }: SendRate, spentUntilMs: number, nowMs: number): number {
  const oneMs = 1_000 / perSecond;
  return Math.max(nowMs, Math.ceil(spentUntilMs - (burst - 1) * oneMs));
}

/** Where the spending stands after one message went at `nowMs`. */
export function spend({ perSecond }: SendRate, spentUntilMs: number, nowMs: number): number {
  return Math.max(spentUntilMs, nowMs) + 1_000 / perSecond;
}
