import type { Json } from '../../../platform/json.ts';
import { type Flip, NEVER } from '../flip.ts';
import { flipInCalendar, type Moments, type Window } from '../window.ts';
import { tallyEver } from './aggregate-ever.ts';
import { addEntry, type Entry, isExtreme, tallyBetween, windowEntries } from './aggregate-window.ts';
import type { LeafState } from './leaf-kind.ts';
import { addValue, emptyTally, type Tally, tallied, type TallyFunction } from './tally.ts';

/** So many changes are looked at for one that flips; beyond them the answer may be early. */
const STEPS_MAX = 1_024;

export interface AggregateQuestion {
  readonly function: TallyFunction;
  readonly window: Window;
  /** The zone of a calendar window. */
  readonly zone: string;
  readonly holdsFor: (value: Json | undefined) => boolean;
}

/** Whether what a profile's values make together is as asked, and when time changes that. */
export function evaluateAggregate(state: LeafState | undefined, question: AggregateQuestion, nowMs: number): Flip {
  const { window, zone, holdsFor } = question;
  const holdsOf = (tally: Tally): boolean => holdsFor(tallied(question.function, tally));
  if (window.kind === 'ever') return evaluateEver(state, holdsOf, nowMs);
  const entries = windowEntries(state);
  const isOfExtremes = question.function === 'min' || question.function === 'max';
  if (window.kind === 'last') return evaluateLast(entries, { windowMs: window.ms, isOfExtremes, holdsOf }, nowMs);
  const holdsIn = (fromMs: number, untilMs: number): boolean => holdsOf(tallyBetween(entries, fromMs, untilMs));
  return flipInCalendar({ period: window.period, zone }, momentsOf(entries), { nowMs, holdsIn });
}

function momentsOf(newestFirst: readonly Entry[]): Moments {
  return {
    newestMs: newestFirst[0]?.[0] ?? Number.NEGATIVE_INFINITY,
    firstAfter(atMs) {
      let next = NEVER;
      for (const [entryMs] of newestFirst) {
        if (entryMs <= atMs) break;
        next = entryMs;
      }
      return next;
    },
  };
}

function evaluateEver(state: LeafState | undefined, holdsOf: (tally: Tally) => boolean, nowMs: number): Flip {
  const { tally, ahead } = tallyEver(state, nowMs);
  const holds = holdsOf(tally);
  for (let index = ahead.length - 1; index >= 0; index -= 1) {
    const [atMs, value] = ahead[index]!;
    addValue(tally, value);
    if (ahead[index - 1]?.[0] !== atMs && holdsOf(tally) !== holds) return { holds, nextMs: atMs };
  }
  return { holds, nextMs: NEVER };
}

interface LastWindow {
  readonly windowMs: number;
  /** Of the least and greatest nothing can be taken out: they are sought again. */
  readonly isOfExtremes: boolean;
  readonly holdsOf: (tally: Tally) => boolean;
}

/** Slides the window (now - W, now] ahead over the instants at which something comes into it or leaves it. */
function evaluateLast(
  newestFirst: readonly Entry[],
  { windowMs, isOfExtremes, holdsOf }: LastWindow,
  nowMs: number,
): Flip {
  let first = 0;
  while (first < newestFirst.length && newestFirst[first]![0] > nowMs) first += 1;
  let end = first;
  let tally = emptyTally();
  while (end < newestFirst.length && newestFirst[end]![0] > nowMs - windowMs) addEntry(tally, newestFirst[end++]!);
  const holds = holdsOf(tally);
  for (let step = 0; ; step += 1) {
    const atMs = Math.min(
      first > 0 ? newestFirst[first - 1]![0] : NEVER,
      end > 0 ? newestFirst[end - 1]![0] + windowMs : NEVER,
    );
    if (atMs === NEVER || step === STEPS_MAX) return { holds, nextMs: atMs };
    let isStale = false;
    while (first > 0 && newestFirst[first - 1]![0] <= atMs) addEntry(tally, newestFirst[--first]!);
    while (end > first && newestFirst[end - 1]![0] + windowMs <= atMs) {
      const gone = newestFirst[--end]!;
      isStale ||= isOfExtremes && isExtreme(tally, gone);
      addEntry(tally, gone, -1);
    }
    if (isStale) {
      tally = emptyTally();
      for (let index = first; index < end; index += 1) addEntry(tally, newestFirst[index]!);
    }
    if (holdsOf(tally) !== holds) return { holds, nextMs: atMs };
  }
}

/** What a profile's values make together at `nowMs`, and the first instant at which it may be something else. */
export function aggregateValue(
  state: LeafState | undefined,
  { function: kind, window, zone }: Omit<AggregateQuestion, 'holdsFor'>,
  nowMs: number,
): { readonly value: Json | undefined; readonly nextMs: number } {
  let value: Json | undefined;
  let isKnown = false;
  // Its own value now is what it is compared with: the first instant at which it differs is a flip.
  const { nextMs } = evaluateAggregate(
    state,
    {
      function: kind,
      window,
      zone,
      holdsFor(found) {
        if (!isKnown) value = found;
        isKnown = true;
        return found === value;
      },
    },
    nowMs,
  );
  return { value, nextMs };
}
