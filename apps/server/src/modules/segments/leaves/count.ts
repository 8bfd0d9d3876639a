import { QUARTER_MS } from '../calendar.ts';
import { type Flip, NEVER } from '../flip.ts';
import type { Keep } from '../leaf-plan.ts';
import { flipInCalendar, type Moments } from '../window.ts';
import { type LeafKind, type LeafState, PENDING_MAX } from './leaf-kind.ts';

/**
 * State of a count: times in milliseconds, newest first, equal ones as often as they were. A sample is [atMs].
 *
 * `newest`: every time that has yet to come, and so many of the newest that have. Exact for every later instant: a forgotten
 * time is older than that many others that have come, so a window that reaches it holds all of them.
 * `perQuarter`: every time that has yet to come, and so many of the newest within each quarter of an hour, as far back as the
 * span. Exact for windows that begin and end at quarters, up to the threshold.
 */
export function countKind(keep: Keep): LeafKind {
  const trim = (times: readonly number[], nowMs: number): readonly number[] =>
    'newest' in keep ? trimTimes(times, { capacity: keep.newest, nowMs }) : trimQuarters(times, keep, nowMs);
  return {
    insert(state, [atMs], nowMs) {
      const times = (state ?? []) as number[];
      let index = 0;
      while (index < times.length && times[index]! > atMs) index += 1;
      if ('newest' in keep && atMs <= nowMs && index >= keep.newest && times[index - keep.newest]! <= nowMs)
        return times;
      return trim([...times.slice(0, index), atMs, ...times.slice(index)], nowMs) as LeafState;
    },
    merge: (states, nowMs) =>
      trim(
        (states as number[][]).flat().sort((a, b) => b - a),
        nowMs,
      ) as LeafState,
  };
}

/** Trimming again, later, or after a merge forgets nothing else. */
export function trimTimes(
  newestFirst: readonly number[],
  { capacity, nowMs }: { readonly capacity: number; readonly nowMs: number },
): readonly number[] {
  const pending = firstCome(newestFirst, nowMs);
  const farthest = Math.max(0, pending - PENDING_MAX);
  const end = pending + capacity;
  return farthest === 0 && newestFirst.length <= end ? newestFirst : newestFirst.slice(farthest, end);
}

function trimQuarters(
  newestFirst: readonly number[],
  { perQuarter, spanMs }: Extract<Keep, { perQuarter: number }>,
  nowMs: number,
): readonly number[] {
  const pending = firstCome(newestFirst, nowMs);
  const kept = newestFirst.slice(Math.max(0, pending - PENDING_MAX), pending);
  let quarter = Number.NaN;
  let inQuarter = 0;
  for (let index = pending; index < newestFirst.length; index += 1) {
    const atMs = newestFirst[index]!;
    if (atMs <= nowMs - spanMs) break;
    const here = Math.floor(atMs / QUARTER_MS);
    inQuarter = here === quarter ? inQuarter + 1 : 1;
    quarter = here;
    if (inQuarter <= perQuarter) kept.push(atMs);
  }
  return kept.length === newestFirst.length ? newestFirst : kept;
}

/** Where what has come begins in a list of times that begins with the newest. */
function firstCome(newestFirst: readonly number[], nowMs: number): number {
  let index = 0;
  while (index < newestFirst.length && newestFirst[index]! > nowMs) index += 1;
  return index;
}

type HoldsFor = (times: number) => boolean;

/** Walks the instants at which a time comes into the window (now - W, now] or leaves it, until the count's truth changes. */
export function evaluateCount(
  newestFirst: readonly number[],
  { windowMs, holdsFor }: { readonly windowMs: number; readonly holdsFor: HoldsFor },
  nowMs: number,
): Flip {
  let first = firstCome(newestFirst, nowMs);
  let end = first;
  while (end < newestFirst.length && newestFirst[end]! > nowMs - windowMs) end += 1;
  const holds = holdsFor(end - first);
  for (;;) {
    const comesMs = first > 0 ? newestFirst[first - 1]! : NEVER;
    const leavesMs = end > 0 ? newestFirst[end - 1]! + windowMs : NEVER;
    const atMs = Math.min(comesMs, leavesMs);
    if (atMs === NEVER) return { holds, nextMs: NEVER };
    while (first > 0 && newestFirst[first - 1]! <= atMs) first -= 1;
    while (end > first && newestFirst[end - 1]! + windowMs <= atMs) end -= 1;
    if (holdsFor(end - first) !== holds) return { holds, nextMs: atMs };
  }
}

export function evaluateCalendarCount(
  newestFirst: readonly number[],
  calendar: Parameters<typeof flipInCalendar>[0],
  { holdsFor, nowMs }: { readonly holdsFor: HoldsFor; readonly nowMs: number },
): Flip {
  const holdsIn = (fromMs: number, untilMs: number): boolean =>
    holdsFor(newestFirst.filter((atMs) => atMs >= fromMs && atMs < untilMs).length);
  return flipInCalendar(calendar, momentsOf(newestFirst), { nowMs, holdsIn });
}

export function momentsOf(newestFirst: readonly number[]): Moments {
  return {
    newestMs: newestFirst[0] ?? Number.NEGATIVE_INFINITY,
    firstAfter(atMs) {
      const come = firstCome(newestFirst, atMs);
      return come === 0 ? NEVER : newestFirst[come - 1]!;
    },
  };
}
