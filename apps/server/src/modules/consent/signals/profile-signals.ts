import { defineSection } from '../../../platform/eventlog/index.ts';
import type { SignalKind } from './read-signals.ts';

export type Categories = Readonly<Record<string, boolean>>;

type LastSignal = readonly [fingerprint: string, atMs: number, sinceMs?: number];

/** The signals' part of the subject's state. */
export interface SignalsState {
  /** The last of each kind: its fingerprint, when it was sent last by event time, and since when it was the last. */
  readonly last: Readonly<Partial<Record<SignalKind, LastSignal>>>;
  /** What she allows by category of the consent platform, and when she said so. */
  readonly categories?: readonly [Categories, atMs: number];
}

export const signalsSection = defineSection<SignalsState>('cs');

/** Of one instant several were the last: whatever is sent next is news. */
const SEVERAL = '';

/** Whether a recorded signal is the last of its kind, or one of those of one instant. Pure. */
export function isLast([last, lastMs, sinceMs]: LastSignal, of: { fingerprint: string; atMs: number }): boolean {
  return (last === of.fingerprint || last === SEVERAL) && (sinceMs ?? lastMs) === of.atMs;
}

/** Whether the last signal of this kind said something else, or this was said before anybody knew. Pure. */
export function isNews(
  state: SignalsState | undefined,
  { kind, fingerprint, atMs }: { readonly kind: SignalKind; readonly fingerprint: string; readonly atMs: number },
): boolean {
  const known = state?.last[kind];
  return known === undefined || known[0] !== fingerprint || atMs < (known[2] ?? known[1]);
}

/** When the last signal was sent again after one that arrives only now and says something else. Pure. */
export function repeatedAt(
  state: SignalsState | undefined,
  { kind, fingerprint, atMs }: { readonly kind: SignalKind; readonly fingerprint: string; readonly atMs: number },
): { readonly fingerprint: string; readonly atMs: number } | undefined {
  const known = state?.last[kind];
  if (known === undefined || known[0] === fingerprint || known[1] < atMs) return undefined;
  const [last, lastMs, sinceMs = lastMs] = known;
  return sinceMs <= atMs && sinceMs < lastMs ? { fingerprint: last, atMs: lastMs } : undefined;
}

/** The state after a signal; the newest by event time stands, whatever the order of arrival. Pure. */
export function withSignal(
  state: SignalsState | undefined,
  signal: {
    readonly kind: SignalKind;
    readonly fingerprint: string;
    readonly atMs: number;
    readonly categories?: Categories | undefined;
  },
): SignalsState {
  const before = state ?? { last: {} };
  const { kind, fingerprint, atMs, categories } = signal;
  const known = before.last[kind];
  if (known?.[0] === fingerprint) return sentAgain(before, signal, known);
  if (known !== undefined && known[1] > atMs) {
    // Something else was said in between, so it was the last only since it was sent again.
    const isBetween = known[2] !== undefined && known[2] <= atMs;
    return isBetween ? { ...before, last: { ...before.last, [kind]: [known[0], known[1]] } } : before;
  }
  return {
    ...before,
    last: { ...before.last, [kind]: [known?.[1] === atMs ? SEVERAL : fingerprint, atMs] },
    ...(categories !== undefined && { categories: [replaceCategories(before.categories, categories, atMs), atMs] }),
  };
}

/** The same again says nothing new, save until when and since when it was said. */
function sentAgain(
  before: SignalsState,
  { kind, fingerprint, atMs }: { kind: SignalKind; fingerprint: string; atMs: number },
  [, lastMs, since]: LastSignal,
): SignalsState {
  const sinceMs = since ?? lastMs;
  if (atMs >= sinceMs && atMs <= lastMs) return before;
  const last: LastSignal = [fingerprint, Math.max(atMs, lastMs), Math.min(atMs, sinceMs)];
  const { categories } = before;
  return {
    ...before,
    last: { ...before.last, [kind]: last },
    ...(kind === 'categories' && categories !== undefined && { categories: [categories[0], last[1]] }),
  };
}

/** A new word is the whole word: a category it does not name is no longer allowed. Of one instant both must allow. */
function replaceCategories(before: SignalsState['categories'], said: Categories, atMs: number): Categories {
  const silenced = Object.fromEntries(Object.keys(before?.[0] ?? {}).map((category) => [category, false]));
  const after = { ...silenced, ...said };
  return before !== undefined && before[1] === atMs ? bothAllow(before[0], after) : after;
}

/**
 * The state of two profiles that are one customer: of categories what both allow, one that either never named is false
 * (Segment, "Consent in Unify"); a profile that never said anything has no say. Pure.
 */
export function mergeSignals(a: SignalsState | undefined, b: SignalsState | undefined): SignalsState | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const last = { ...a.last };
  for (const [kind, theirs] of Object.entries(b.last) as [SignalKind, readonly [string, number]][]) {
    const ours = last[kind];
    if (ours === undefined || ours[1] < theirs[1]) last[kind] = theirs;
    else if (ours[1] === theirs[1] && ours[0] !== theirs[0]) last[kind] = [SEVERAL, ours[1]];
  }
  if (a.categories === undefined || b.categories === undefined) {
    const categories = a.categories ?? b.categories;
    return { last, ...(categories !== undefined && { categories }) };
  }
  return {
    last,
    categories: [bothAllow(a.categories[0], b.categories[0]), Math.max(a.categories[1], b.categories[1])],
  };
}

function bothAllow(a: Categories, b: Categories): Categories {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted();
  return Object.fromEntries(names.map((name) => [name, allows(a, name) && allows(b, name)]));
}

/** A category may be called `constructor`: only what was said counts. */
export function allows(categories: Categories, name: string): boolean {
  return Object.hasOwn(categories, name) && categories[name] === true;
}
