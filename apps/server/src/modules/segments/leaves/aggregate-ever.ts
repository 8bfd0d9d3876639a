import { DISTINCT_MAX } from '@segue/contract';

import { countPending, type LeafKind, type LeafState, PENDING_MAX } from './leaf-kind.ts';
import { addSum, addText, addValue, emptyTally, microSum, type Tally, type TallyFunction } from './tally.ts';

type Sample = readonly [atMs: number, value: number | string];

/** See `aggregateEverKind`. */
interface EverState {
  readonly n: number;
  readonly sum?: string;
  readonly least?: number;
  readonly greatest?: number;
  readonly texts?: readonly (readonly [text: string, n: number])[];
  readonly ahead?: readonly Sample[];
}

/**
 * State of an aggregate over all time: what came, put together, and what has yet to come as samples.
 * `count`: { n }; `sum`, `average`: { n, sum }, sum being whole micro-units as a text; `min`: { n, least }; `max`:
 * { n, greatest }; `distinct`, `mostFrequent`: { n, texts: [[JSON text, how often], ...] } by text. In each `ahead`:
 * [[atMs, value], ...], newest first, left out when empty. A sample is [atMs, value]: a number within +-1e12 (0 for
 * `count`), or the JSON text of a text, number or boolean of at most 1,000 UTF-8 bytes. How often a text was is 1 for
 * `distinct`.
 *
 * Exact. Of texts 1,024 are kept: for `distinct` the first by their text, for `mostFrequent` the most frequent (exact until
 * there were more).
 */
export function aggregateEverKind(kind: TallyFunction): LeafKind {
  const settle = (states: readonly EverState[], samples: readonly Sample[], nowMs: number): LeafState => {
    const tally = emptyTally();
    const ahead: Sample[] = [];
    for (const sample of [...states.flatMap((state) => state.ahead ?? []), ...samples]) {
      if (sample[0] > nowMs) ahead.push(sample);
      else addValue(tally, sample[1]);
    }
    for (const state of states) addState(tally, state);
    return encode(kind, tally, ahead.sort(byTime).slice(-PENDING_MAX));
  };
  return {
    insert(state, [atMs, value], nowMs) {
      if (state === undefined) return settle([], [[atMs, value as number | string]], nowMs);
      const ever = state as unknown as EverState;
      const isRepeated = kind === 'distinct' && atMs <= nowMs && ever.texts?.some(([text]) => text === value) === true;
      return isRepeated ? state : settle([ever], [[atMs, value as number | string]], nowMs);
    },
    merge: (states, nowMs) => settle(states as unknown as EverState[], [], nowMs),
  };
}

function byTime(a: Sample, b: Sample): number {
  return b[0] - a[0] || (a[1] < b[1] ? -1 : 1);
}

function addState(tally: Tally, { n, sum = '0', least = Infinity, greatest = -Infinity, texts = [] }: EverState): void {
  if (texts.length > 0) for (const [text, times] of texts) addText(tally, text, times);
  else addSum(tally, { n, micro: sum, least, greatest });
}

function encode(kind: TallyFunction, tally: Tally, samples: readonly Sample[]): LeafState {
  const ahead = samples.length === 0 ? {} : { ahead: samples };
  const { n } = tally;
  const state = ((): EverState => {
    switch (kind) {
      case 'count':
        return { n };
      case 'sum':
      case 'average':
        return { n, sum: String(microSum(tally)) };
      case 'min':
        return n === 0 ? { n } : { n, least: tally.least };
      case 'max':
        return n === 0 ? { n } : { n, greatest: tally.greatest };
      case 'distinct': {
        const texts = [...tally.texts.keys()].sort().slice(0, DISTINCT_MAX);
        return { n: texts.length, texts: texts.map((text) => [text, 1] as const) };
      }
      case 'mostFrequent': {
        const often = [...tally.texts].sort(([a, m], [b, o]) => o - m || (a < b ? 1 : -1)).slice(0, DISTINCT_MAX);
        return {
          n: often.reduce((sum, [, times]) => sum + times, 0),
          texts: often.sort(([a], [b]) => (a < b ? -1 : 1)),
        };
      }
    }
  })();
  return { ...state, ...ahead } as unknown as LeafState;
}

/** What had come at `nowMs`, and the first instant at which more will. */
export function tallyEver(
  state: LeafState | undefined,
  nowMs: number,
): { readonly tally: Tally; readonly ahead: readonly Sample[] } {
  const tally = emptyTally();
  if (state === undefined) return { tally, ahead: [] };
  const ever = state as unknown as EverState;
  addState(tally, ever);
  const samples = ever.ahead ?? [];
  const pending = countPending(samples, nowMs);
  for (const [, value] of samples.slice(pending)) addValue(tally, value);
  return { tally, ahead: samples.slice(0, pending) };
}
