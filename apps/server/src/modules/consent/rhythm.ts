import { type Folding, foldMerges, type MergeMark, type Placed } from './fold-merges.ts';

/** What a customer said about how often, or when again, she wants to hear from us. */
export type Wish = Placed & WishValue;

export type WishValue =
  /** Nothing before this instant, in milliseconds; undefined ends a pause. */
  | { readonly kind: 'pause'; readonly until: number | undefined }
  | { readonly kind: 'frequency'; readonly isLessOften: boolean };

/** What counts of it for marketing messages. */
export interface Rhythm {
  readonly isLessOften: boolean;
  /** End of the last pause in milliseconds, passed or not. */
  readonly pausedUntil: number | undefined;
}

/** Of who never said anything. */
export const USUAL_RHYTHM: Rhythm = { isLessOften: false, pausedUntil: undefined };

/** How long the preference page pauses. */
export const PAUSE_MS = 30 * 86_400_000;

export function isPaused({ pausedUntil }: Rhythm, now: number): boolean {
  return pausedUntil !== undefined && pausedUntil > now;
}

interface Said<V> {
  readonly at: number;
  readonly value: V;
}

interface Wished {
  /** Its end; -Infinity: it was ended. */
  readonly pause: Said<number> | undefined;
  readonly frequency: Said<boolean> | undefined;
}

/**
 * What holds of all that a profile wished: the last word of each kind, of one instant the more reserved one, and after a
 * merge the more reserved of both sides until something is said after it.
 */
export function weighWishes(
  profileId: string,
  { wishes, merges }: { wishes: readonly Wish[]; merges: readonly MergeMark[] },
): Rhythm {
  const { standing } = foldMerges(profileId, { words: wishes, merges, folding: FOLDING });
  const until = standing.pause?.value;
  return {
    isLessOften: standing.frequency?.value ?? false,
    pausedUntil: until === undefined || until === -Infinity ? undefined : until,
  };
}

const FOLDING: Folding<Wish, Wished> = {
  empty: { pause: undefined, frequency: undefined },
  hear: (base, wishes) => wishes.reduce(hear, base),
  join: (from, into, merge) => ({
    pause: restrain([from.pause, into.pause], merge),
    frequency: restrain([from.frequency, into.frequency], merge),
  }),
};

function hear(base: Wished, wish: Wish): Wished {
  const at = wish.occurredAt;
  if (wish.kind === 'frequency') return { ...base, frequency: last(base.frequency, { at, value: wish.isLessOften }) };
  return { ...base, pause: last(base.pause, { at, value: wish.until ?? -Infinity }) };
}

function last<V extends number | boolean>(a: Said<V> | undefined, b: Said<V>): Said<V> {
  if (a === undefined || b.at > a.at) return b;
  return b.at === a.at && b.value > a.value ? b : a;
}

function restrain<V extends number | boolean>(
  sides: readonly (Said<V> | undefined)[],
  merge: MergeMark,
): Said<V> | undefined {
  const said = sides.filter((side) => side !== undefined);
  if (said.length < 2) return said[0];
  const value = said.map((side) => side.value).reduce((a, b) => (b > a ? b : a));
  return { value, at: Math.max(merge.saidAt, ...said.map((side) => side.at)) };
}
