/** The last word of a source about a level, and what it was told and has not said back yet. */
export interface Observation {
  readonly quantity: number;
  readonly observedAtMs: number;
  readonly told: number | null;
  /** Said while it was not known whether the source had taken what it was told. */
  readonly deferred: { readonly quantity: number; readonly atMs: number } | null;
}

export interface Observed {
  readonly quantity: number;
  readonly observedAtMs: number;
}

export type Judged =
  /** An older word, or the same again. */
  | { readonly kind: 'stale' }
  /** To be understood once it is known what became of what the source was told. */
  | { readonly kind: 'deferred'; readonly next: Observation }
  | { readonly kind: 'taken'; readonly next: Observation; readonly delta: number };

/**
 * What a source's word about a level means for ours: by how much it differs from its last word, since what it counts and we
 * do not cancels out. What is below nothing at the source is nothing here. What it was told by us is no news. Pure.
 */
export function judgeObservation(known: Observation, said: Observed): Judged {
  const isOlder =
    said.observedAtMs < known.observedAtMs ||
    // In one instant the smaller count is the later one more often than not, and it never sells what is gone.
    (said.observedAtMs === known.observedAtMs && said.quantity >= known.quantity);
  if (isOlder) return { kind: 'stale' };
  if (known.told === null) return take(known, said);
  if (said.quantity === known.told) return { kind: 'taken', next: { ...said, told: null, deferred: null }, delta: 0 };
  if (known.deferred !== null && said.observedAtMs < known.deferred.atMs) return { kind: 'stale' };
  return { kind: 'deferred', next: { ...known, deferred: { quantity: said.quantity, atMs: said.observedAtMs } } };
}

/** What becomes of what was told: the source took it, or did not. Pure. */
export function judgeTold(
  known: Observation,
  isTaken: boolean,
): { readonly next: Observation; readonly delta: number } {
  const base = isTaken && known.told !== null ? known.told : known.quantity;
  const { deferred } = known;
  if (deferred === null) return { next: { ...known, quantity: base, told: null }, delta: 0 };
  const next = { quantity: deferred.quantity, observedAtMs: deferred.atMs, told: null, deferred: null };
  return { next, delta: Math.max(0, deferred.quantity) - Math.max(0, base) };
}

function take(known: Observation, said: Observed): Judged {
  const next = { ...said, told: null, deferred: null };
  return { kind: 'taken', next, delta: Math.max(0, said.quantity) - Math.max(0, known.quantity) };
}
