/** A truth and the earliest instant it can flip: may be early, never late. `NEVER`: not by time alone. */
export interface Flip {
  readonly holds: boolean;
  readonly nextMs: number;
}

export const NEVER = Number.POSITIVE_INFINITY;

/** How many instants are looked at ahead for one that flips; beyond them the answer may be early, which costs one wake. */
export const LOOK_AHEAD_MAX = 64;
