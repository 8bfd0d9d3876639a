import { type Flip, NEVER } from '../flip.ts';
import { flipInCalendar, type Window } from '../window.ts';
import { countPending, type LeafKind, type LeafState, PENDING_MAX } from './leaf-kind.ts';

/** An instant and what happened then: bit i for step i, bit (steps + i) for what must not come before step i. */
type Instant = readonly [atMs: number, roles: number];
/** What is left of forgotten instants: the steps up to `step` were done from `startMs` to `atMs`. */
type Prefix = readonly [atMs: number, step: number, startMs: number];

const INSTANTS_MAX = 256;
/** Forgetting makes room for more than one, so that it is not done at every event. */
const INSTANTS_BEFORE = 288;

/**
 * State of a sequence: [[atMs, roles], ..., prefix, ...]: instants newest first, one for each (roles of events of the same
 * instant together), then at most one prefix [atMs, step, startMs] for each step. In `roles` bit i (1, 2, 4 ...) says that an
 * event of step i happened, bit (number of steps + i) one that must not come before step i. A sample is [atMs, roles].
 *
 * Every instant that has yet to come and the newest 256 that have (up to 288, until the next 32 are forgotten together):
 * exact as long as a profile has no more. Of what is older only prefixes are known: for each step the sequence up to it that
 * began last, so that a sequence begun or done long ago stays so. What is not known any more: an event that arrives so late
 * that its place is among the forgotten ones, and which of several forgotten beginnings is near enough for a limit of time.
 *
 * `withinMs`: of each step, at most so long after the step before.
 */
export function sequenceKind(withinMs: readonly number[]): LeafKind {
  const settle = (entries: readonly (Instant | Prefix)[], nowMs: number): LeafState => {
    const instants = entries.filter((entry) => entry.length === 2).sort((a, b) => b[0] - a[0]);
    const prefixes = entries.filter((entry) => entry.length === 3);
    const pending = countPending(instants, nowMs);
    const kept = instants.slice(Math.max(0, pending - PENDING_MAX));
    const isTooMany = instants.length - pending > INSTANTS_BEFORE;
    const end = isTooMany ? kept.length - (instants.length - pending - INSTANTS_MAX) : kept.length;
    const left =
      isTooMany || prefixes.length > withinMs.length ? forget(withinMs, kept.slice(end), prefixes) : prefixes;
    return [...kept.slice(0, end), ...left] as unknown as LeafState;
  };
  const combine = (entries: readonly (Instant | Prefix)[], nowMs: number): LeafState => {
    const roles = new Map<number, number>();
    for (const entry of entries) {
      if (entry.length === 2) roles.set(entry[0], (roles.get(entry[0]) ?? 0) | entry[1]);
    }
    return settle([...roles, ...entries.filter((entry) => entry.length === 3)], nowMs);
  };
  return {
    insert(state, [atMs, said], nowMs) {
      const entries = (state ?? []) as unknown as readonly (Instant | Prefix)[];
      let index = 0;
      while (index < entries.length && entries[index]!.length === 2 && entries[index]![0] > atMs) index += 1;
      const there = entries[index];
      const known = there?.length === 2 && there[0] === atMs ? there[1] : undefined;
      const roles = (known ?? 0) | Number(said);
      if (roles === known) return entries as unknown as LeafState;
      const next = [
        ...entries.slice(0, index),
        [atMs, roles] as const,
        ...entries.slice(known === undefined ? index : index + 1),
      ];
      return next.length > INSTANTS_BEFORE ? settle(next, nowMs) : (next as unknown as LeafState);
    },
    merge: (states, nowMs) => combine((states as unknown as (Instant | Prefix)[][]).flat(), nowMs),
  };
}

/** Of each step the latest begun sequence up to it that nothing forgotten rules out. */
function forget(withinMs: readonly number[], gone: readonly Instant[], prefixes: readonly Prefix[]): readonly Prefix[] {
  const items = inOrder([...gone, ...prefixes]);
  const starts = latestStarts(items, withinMs);
  return withinMs.flatMap((_, step) => {
    let best: Prefix | undefined;
    let ruledOutBeforeMs = Number.NEGATIVE_INFINITY;
    for (let index = items.length - 1; index >= 0; index -= 1) {
      const [atMs] = items[index]!;
      if (atMs < ruledOutBeforeMs) break;
      const startMs = starts[step]![index]!;
      if (startMs > (best?.[2] ?? Number.NEGATIVE_INFINITY)) best = [atMs, step, startMs];
      const isLast = step + 1 === withinMs.length;
      if (!isLast && (rolesOf(items[index]!) & (1 << (withinMs.length + step + 1))) !== 0) ruledOutBeforeMs = atMs;
    }
    return best === undefined ? [] : [best];
  });
}

function rolesOf(item: Instant | Prefix): number {
  return item.length === 2 ? item[1] : 0;
}

function inOrder(entries: readonly (Instant | Prefix)[]): readonly (Instant | Prefix)[] {
  return entries.toSorted((a, b) => a[0] - b[0]);
}

/** For each step and item, oldest first: when the sequence that is done up to that step there began at the latest. */
function latestStarts(
  items: readonly (Instant | Prefix)[],
  withinMs: readonly number[],
): readonly (readonly number[])[] {
  const starts: number[][] = [];
  for (const [step, limitMs] of withinMs.entries()) {
    const before = starts[step - 1];
    const banned = 1 << (withinMs.length + step);
    starts.push(
      items.map((item, index) => {
        if (item.length === 3) return item[1] === step ? item[2] : Number.NEGATIVE_INFINITY;
        if ((item[1] & (1 << step)) === 0) return Number.NEGATIVE_INFINITY;
        return before === undefined ? item[0] : latestBefore(items, before, { index, limitMs, banned });
      }),
    );
  }
  return starts;
}

function latestBefore(
  items: readonly (Instant | Prefix)[],
  before: readonly number[],
  { index, limitMs, banned }: { readonly index: number; readonly limitMs: number; readonly banned: number },
): number {
  const atMs = items[index]![0];
  let best = Number.NEGATIVE_INFINITY;
  let earliestMs = atMs - limitMs;
  for (let at = index - 1; at >= 0 && items[at]![0] >= earliestMs; at -= 1) {
    if (items[at]![0] === atMs) continue;
    best = Math.max(best, before[at]!);
    if ((rolesOf(items[at]!) & banned) !== 0) earliestMs = items[at]![0];
  }
  return best;
}

/** Whole sequences [start, end], each begun later than those that ended before it. */
function wholeSequences(
  state: LeafState | undefined,
  withinMs: readonly number[],
): readonly (readonly [number, number])[] {
  const items = inOrder((state ?? []) as unknown as readonly (Instant | Prefix)[]);
  const starts = latestStarts(items, withinMs).at(-1)!;
  const whole: (readonly [number, number])[] = [];
  let latest = Number.NEGATIVE_INFINITY;
  for (const [index, [endMs]] of items.entries()) {
    if (starts[index]! <= latest) continue;
    latest = starts[index]!;
    if (whole.at(-1)?.[1] === endMs) whole.pop();
    whole.push([latest, endMs]);
  }
  return whole;
}

/** Whether all steps were done in order within the window, and when time changes that. */
export function evaluateSequence(
  state: LeafState | undefined,
  { withinMs, window, zone }: { readonly withinMs: readonly number[]; readonly window: Window; readonly zone: string },
  nowMs: number,
): Flip {
  if (state === undefined) return { holds: false, nextMs: NEVER };
  const whole = wholeSequences(state, withinMs);
  if (window.kind !== 'calendar') return evaluateLast(whole, window.kind === 'ever' ? NEVER : window.ms, nowMs);
  const moments = {
    newestMs: whole.at(-1)?.[1] ?? Number.NEGATIVE_INFINITY,
    firstAfter: (atMs: number) => whole.find(([, endMs]) => endMs > atMs)?.[1] ?? NEVER,
  };
  const holdsIn = (fromMs: number, untilMs: number): boolean =>
    whole.some(([startMs, endMs]) => startMs >= fromMs && endMs < untilMs);
  return flipInCalendar({ period: window.period, zone }, moments, { nowMs, holdsIn });
}

/** Each whole sequence holds from its end until its start leaves the window. */
function evaluateLast(whole: readonly (readonly [number, number])[], windowMs: number, nowMs: number): Flip {
  let untilMs = Number.NEGATIVE_INFINITY;
  for (const [startMs, endMs] of whole) {
    if (endMs <= nowMs || endMs <= untilMs) {
      if (startMs + windowMs > nowMs) untilMs = startMs + windowMs;
      continue;
    }
    if (untilMs > nowMs) break;
    if (startMs + windowMs > endMs) return { holds: false, nextMs: endMs };
  }
  return untilMs > nowMs ? { holds: true, nextMs: untilMs } : { holds: false, nextMs: NEVER };
}
