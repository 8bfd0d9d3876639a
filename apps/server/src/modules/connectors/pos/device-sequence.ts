/** How far a till's items have come. */
export interface SequenceState {
  /** Every one up to here is taken. */
  readonly through: number;
  /** Those taken beyond, ascending. */
  readonly ahead: readonly number[];
}

/** More of them are not taken before the gap is closed: what is missing must come some day. */
export const AHEAD_MAX = 10_000;
/** A till that jumps further has lost count. */
const JUMP_MAX = 1_000_000;

export type Place = 'next' | 'ahead' | 'repeat' | 'too_far';

/** Where an item stands among those taken. Pure. */
export function placeOf({ through, ahead }: SequenceState, sequence: number): Place {
  if (sequence <= through || ahead.includes(sequence)) return 'repeat';
  if (sequence === through + 1) return 'next';
  return ahead.length >= AHEAD_MAX || sequence > through + JUMP_MAX ? 'too_far' : 'ahead';
}

/** Pure. */
export function takeSequence(state: SequenceState, sequence: number): SequenceState {
  const ahead = [...state.ahead, sequence].sort((a, b) => a - b);
  let { through } = state;
  while (ahead[0] !== undefined && ahead[0] <= through + 1) through = Math.max(through, ahead.shift()!);
  return { through, ahead };
}

/** The first ones that have not come while later ones have. Pure. */
export function missingOf({ through, ahead }: SequenceState, most: number): number[] {
  const missing: number[] = [];
  let expected = through + 1;
  for (const sequence of ahead) {
    for (; expected < sequence && missing.length < most; expected++) missing.push(expected);
    expected = sequence + 1;
  }
  return missing;
}
