import { type Flip, NEVER } from '../flip.ts';
import { countPending, type LeafKind, type LeafState, PENDING_MAX } from './leaf-kind.ts';

/** A saying of the trait: its time, 1 when it says the value and else 0, and the beginning of its JSON text. */
type Saying = readonly [atMs: number, isValue: number, text: string];

/** Of so many of the newest sayings each is remembered. */
const SAYINGS_MAX = 256;

/** As much of a JSON text as tells which of two sayings of the same instant is the greater. */
export const SAID_LENGTH = 200;

/**
 * State of `held`: [[atMs, isValue, text], ...], newest first, one for each instant (of several the greatest text); `isValue`
 * is 1 when the saying equals the value and else 0, `text` the first 200 UTF-16 units of the said value's JSON text. A sample
 * is [atMs, isValue, text].
 *
 * Every saying that has yet to come, the newest 256 that have, and of what is older the first of the unbroken run that
 * reaches them. Exact as long as no saying arrives that is dated before 256 others.
 */
export const heldKind: LeafKind = {
  insert(state, sample, nowMs) {
    const sayings = (state ?? []) as unknown as readonly Saying[];
    const [atMs, , text] = sample as unknown as Saying;
    let index = 0;
    while (index < sayings.length && sayings[index]![0] > atMs) index += 1;
    const isThere = sayings[index]?.[0] === atMs;
    if (isThere && sayings[index]![2] >= text) return sayings as unknown as LeafState;
    return trim(
      [...sayings.slice(0, index), sample as unknown as Saying, ...sayings.slice(isThere ? index + 1 : index)],
      nowMs,
    );
  },
  merge(states, nowMs) {
    const at = new Map<number, Saying>();
    for (const saying of (states as unknown as Saying[][]).flat()) {
      const before = at.get(saying[0]);
      if (before === undefined || saying[2] > before[2]) at.set(saying[0], saying);
    }
    return trim(
      [...at.values()].sort(([a], [b]) => b - a),
      nowMs,
    );
  },
};

function trim(sayings: readonly Saying[], nowMs: number): LeafState {
  const pending = countPending(sayings, nowMs);
  const farthest = Math.max(0, pending - PENDING_MAX);
  const end = pending + SAYINGS_MAX;
  if (sayings.length <= end) return (farthest === 0 ? sayings : sayings.slice(farthest)) as unknown as LeafState;
  const older = sayings.slice(end);
  const brokenAt = older.findIndex(([, isValue]) => isValue !== older[0]![1]);
  const runStart = older.at(brokenAt === -1 ? -1 : brokenAt - 1)!;
  return [...sayings.slice(farthest, end), runStart] as unknown as LeafState;
}

/** Whether the value has been held for at least, or for less than, so long. */
export function evaluateHeld(
  state: LeafState | undefined,
  { forMs, isAtLeast }: { readonly forMs: number; readonly isAtLeast: boolean },
  nowMs: number,
): Flip {
  const sayings = (state ?? []) as unknown as readonly Saying[];
  const first = countPending(sayings, nowMs);
  const comesMs = first === 0 ? NEVER : sayings[first - 1]![0];
  let startMs: number | undefined;
  for (let index = first; index < sayings.length && sayings[index]![1] === 1; index += 1) startMs = sayings[index]![0];
  if (startMs === undefined) return { holds: false, nextMs: comesMs };
  const isLong = nowMs - startMs >= forMs;
  return { holds: isLong === isAtLeast, nextMs: isLong ? comesMs : Math.min(comesMs, startMs + forMs) };
}
