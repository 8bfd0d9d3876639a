import { QUARTER_MS } from '../calendar.ts';
import type { Json } from '../../../platform/json.ts';
import { countPending, type LeafKind, type LeafState, PENDING_MAX } from './leaf-kind.ts';
import { addSum, addText, addValue, emptyTally, isOfTexts, microSum, type Tally, type TallyFunction } from './tally.ts';

/** A sample; a text with how often; or several numbers put together. */
export type Entry =
  | readonly [atMs: number, value: number | string]
  | readonly [atMs: number, text: string, times: number]
  | readonly [atMs: number, n: number, micro: string, least: number, greatest: number];

const ENTRIES_MAX = 4_096;
/** Putting together makes room for more than one, so that it is not done at every event. */
const ENTRIES_AFTER = 3_584;
/** Texts of a few events are not worth looking for repetitions. */
const REPEATED_FROM = 256;

/**
 * State of an aggregate over a window: [entry, ...], newest first: every sample that has yet to come, and those that the
 * window still reaches. An entry is a sample [atMs, value], value a number within +-1e12 (0 for `count`), or the JSON text of
 * a text, number or boolean of at most 1,000 UTF-8 bytes; or samples put together, at the time of the newest of them:
 * [atMs, n, sum in whole micro-units as a text, least, greatest] of numbers, [atMs, text, how often] of one text.
 *
 * Exact up to 4,096 samples of a profile in the window; beyond that the oldest are put together by quarters of an hour, so
 * that they may leave the window up to a quarter late. Calendar windows, whose bounds lie between quarters, stay exact. Of
 * `distinct` a text that comes again within a quarter is kept at its newest time, which no window can tell.
 */
export function aggregateWindowKind(kind: TallyFunction, windowMs: number): LeafKind {
  const trim = (entries: readonly Entry[], nowMs: number): LeafState => {
    const pending = countPending(entries, nowMs);
    let end = entries.length;
    while (end > pending && entries[end - 1]![0] <= nowMs - windowMs) end -= 1;
    const isAllKept = end === entries.length && pending <= PENDING_MAX;
    if (isAllKept && end - pending <= (kind === 'distinct' ? REPEATED_FROM : ENTRIES_MAX))
      return entries as unknown as LeafState;
    const ahead = entries.slice(Math.max(0, pending - PENDING_MAX), pending);
    const come = entries.slice(pending, end);
    const kept = kind === 'distinct' && come.length > REPEATED_FROM ? withoutRepeated(come) : come;
    return [...ahead, ...(kept.length > ENTRIES_MAX ? putTogether(kind, kept) : kept)] as unknown as LeafState;
  };
  return {
    insert(state, sample, nowMs) {
      const entries = (state ?? []) as unknown as readonly Entry[];
      const entry = sample as unknown as Entry;
      if (entry[0] <= nowMs - windowMs) return entries as unknown as LeafState;
      const index = placeOf(entries, entry);
      return trim([...entries.slice(0, index), entry, ...entries.slice(index)], nowMs);
    },
    merge: (states, nowMs) => trim((states as unknown as Entry[][]).flat().sort(byTime), nowMs),
  };
}

function byTime(a: Entry, b: Entry): number {
  if (a[0] !== b[0]) return b[0] - a[0];
  return a[1] === b[1] ? a.length - b.length : a[1] < b[1] ? -1 : 1;
}

function placeOf(entries: readonly Entry[], entry: Entry): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byTime(entries[middle]!, entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function withoutRepeated(newestFirst: readonly Entry[]): readonly Entry[] {
  const seen = new Set<string>();
  return newestFirst.filter(([atMs, text]) => {
    const key = `${Math.floor(atMs / QUARTER_MS)} ${text}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Quarter by quarter, the oldest first, until there is room. */
function putTogether(kind: TallyFunction, newestFirst: readonly Entry[]): readonly Entry[] {
  const oldest: Entry[] = [];
  let end = newestFirst.length;
  while (end > 0 && end + oldest.length > ENTRIES_AFTER) {
    const quarter = Math.floor(newestFirst[end - 1]![0] / QUARTER_MS);
    let start = end;
    while (start > 0 && Math.floor(newestFirst[start - 1]![0] / QUARTER_MS) === quarter) start -= 1;
    oldest.unshift(...asOne(kind, newestFirst.slice(start, end)));
    end = start;
  }
  return [...newestFirst.slice(0, end), ...oldest];
}

function asOne(kind: TallyFunction, entries: readonly Entry[]): readonly Entry[] {
  const [newest] = entries;
  if (newest === undefined || entries.length === 1) return entries;
  const tally = emptyTally();
  for (const entry of entries) addEntry(tally, entry);
  if (!isOfTexts(kind)) return [[newest[0], tally.n, String(microSum(tally)), tally.least, tally.greatest]];
  return [...tally.texts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([text, times]) => [newest[0], text, times] as const);
}

/** Counts an entry in, or out again; of the least and greatest nothing is taken out. */
export function addEntry(tally: Tally, entry: Entry, times: 1 | -1 = 1): void {
  if (entry.length === 2) return addValue(tally, entry[1], times);
  if (entry.length === 3) return addText(tally, entry[1], times * entry[2]);
  const [, n, micro, least, greatest] = entry;
  addSum(tally, { n, micro, least, greatest }, times);
}

export function windowEntries(state: LeafState | undefined): readonly Entry[] {
  return (state ?? []) as unknown as readonly Entry[];
}

/** Whether taking an entry out may change the least or greatest of what is left. */
export function isExtreme(tally: Tally, entry: Entry): boolean {
  const [least, greatest]: readonly (Json | undefined)[] =
    entry.length === 5 ? [entry[3], entry[4]] : [entry[1], entry[1]];
  return least === tally.least || greatest === tally.greatest;
}

/** What lies in [fromMs, untilMs). */
export function tallyBetween(newestFirst: readonly Entry[], fromMs: number, untilMs: number): Tally {
  const tally = emptyTally();
  for (const entry of newestFirst) if (entry[0] >= fromMs && entry[0] < untilMs) addEntry(tally, entry);
  return tally;
}
