import type { Json } from '../../../platform/json.ts';
import { calendarSpan } from '../calendar.ts';
import { type Flip, NEVER } from '../flip.ts';
import type { Window } from '../window.ts';
import { countPending, type LeafKind, type LeafState, PENDING_MAX } from './leaf-kind.ts';

/** A time, and what the event of that time was like: 1 or 0 for `having`; or the value's JSON text, empty without one. */
type Picked = readonly [atMs: number, said: Json];

/**
 * State of a pick: [[atMs, said], ...], newest first, one for each instant (of several the greatest `said`). `said` is 1 when
 * `having` holds and 0 when it does not, or the JSON text of the picked property ('' when it is no text, number or boolean,
 * or its JSON text has more than 1,000 UTF-8 bytes). A sample is [atMs, said].
 * `last`: every one that has yet to come, and the newest that has. `first`: the oldest one alone. Exact.
 */
export function pickKind(which: 'last' | 'first'): LeafKind {
  const trim = (picked: readonly Picked[], nowMs: number): LeafState => {
    if (which === 'first') return picked.slice(-1) as unknown as LeafState;
    const pending = countPending(picked, nowMs);
    const farthest = Math.max(0, pending - PENDING_MAX);
    const end = pending + 1;
    return (farthest === 0 && picked.length <= end ? picked : picked.slice(farthest, end)) as unknown as LeafState;
  };
  return {
    insert(state, [atMs, said = 0], nowMs) {
      const picked = (state ?? []) as unknown as readonly Picked[];
      let index = 0;
      while (index < picked.length && picked[index]![0] > atMs) index += 1;
      const there = picked[index];
      if (there?.[0] === atMs) {
        if (!isGreater(said, there[1])) return picked as unknown as LeafState;
        return trim([...picked.slice(0, index), [atMs, said], ...picked.slice(index + 1)], nowMs);
      }
      if (which === 'first' && index < picked.length) return picked as unknown as LeafState;
      if (which === 'last' && index > 0 && atMs <= nowMs && picked[index - 1]![0] <= nowMs)
        return picked as unknown as LeafState;
      return trim([...picked.slice(0, index), [atMs, said], ...picked.slice(index)], nowMs);
    },
    merge(states, nowMs) {
      const at = new Map<number, Json>();
      for (const [atMs, said] of (states as unknown as Picked[][]).flat()) {
        const before = at.get(atMs);
        if (before === undefined || isGreater(said, before)) at.set(atMs, said);
      }
      return trim(
        [...at].sort(([a], [b]) => b - a),
        nowMs,
      );
    },
  };
}

function isGreater(one: Json, other: Json): boolean {
  return (one as string | number) > (other as string | number);
}

/** The event that is the pick at `nowMs`, and when another will be. */
export function pickedAt(
  state: LeafState | undefined,
  nowMs: number,
): { readonly picked: Picked | undefined; readonly nextMs: number } {
  const newestFirst = (state ?? []) as unknown as readonly Picked[];
  const pending = countPending(newestFirst, nowMs);
  return { picked: newestFirst[pending], nextMs: pending === 0 ? NEVER : newestFirst[pending - 1]![0] };
}

/** When a picked event counts: the period is a condition on its time. */
export interface PickPeriod {
  readonly window: Window;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Whether the event lies in the period at `nowMs`, and when that can change. `zone`: of a calendar window. */
export function isInPeriod(
  atMs: number,
  { window, fromMs, untilMs }: PickPeriod,
  when: { zone: string; nowMs: number },
): Flip {
  const { zone, nowMs } = when;
  if (atMs < fromMs || atMs >= untilMs) return { holds: false, nextMs: NEVER };
  switch (window.kind) {
    case 'ever':
      return { holds: true, nextMs: NEVER };
    case 'last':
      return atMs > nowMs - window.ms ? { holds: true, nextMs: atMs + window.ms } : { holds: false, nextMs: NEVER };
    case 'calendar': {
      const span = calendarSpan(window.period, zone, nowMs);
      return {
        holds: atMs >= span.fromMs && atMs < span.untilMs,
        nextMs: atMs < span.fromMs ? NEVER : span.changesAtMs,
      };
    }
  }
}

export function evaluatePick(
  state: LeafState | undefined,
  period: PickPeriod,
  when: { zone: string; nowMs: number },
): Flip {
  const { picked, nextMs } = pickedAt(state, when.nowMs);
  if (picked === undefined || picked[1] === 0) return { holds: false, nextMs };
  const inPeriod = isInPeriod(picked[0], period, when);
  return { holds: inPeriod.holds, nextMs: Math.min(nextMs, inPeriod.nextMs) };
}
