import { defineSection } from '../../../platform/eventlog/index.ts';
import type { SignalKind } from './read-signals.ts';

export type Categories = Readonly<Record<string, boolean>>;

/** The signals' part of the subject's state. */
export interface SignalsState {
  /** The last of each kind: its fingerprint and its event time. */
  readonly last: Readonly<Partial<Record<SignalKind, readonly [fingerprint: string, atMs: number]>>>;
  /** What she allows by category of the consent platform, and when she said so. */
  readonly categories?: readonly [Categories, atMs: number];
}

export const signalsSection = defineSection<SignalsState>('cs');

/** Whether the last signal of this kind said something else. Pure. */
export function isNews(
  state: SignalsState | undefined,
  signal: { readonly kind: SignalKind; readonly fingerprint: string },
): boolean {
  return state?.last[signal.kind]?.[0] !== signal.fingerprint;
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
  if (known !== undefined && (known[1] > atMs || (known[1] === atMs && known[0] > fingerprint))) return before;
  return {
    ...before,
    last: { ...before.last, [kind]: [fingerprint, atMs] },
    ...(categories !== undefined && { categories: [replaceCategories(before.categories, categories, atMs), atMs] }),
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
    if (ours === undefined || ours[1] < theirs[1] || (ours[1] === theirs[1] && ours[0] < theirs[0]))
      last[kind] = theirs;
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
