export type PreferenceAtom = string | number | boolean;
export type PreferenceValue = PreferenceAtom | PreferenceAtom[];

/** What was said last of one preference in one place. Null: nothing is preferred any more, and what is older brings nothing back. */
export interface Preference {
  readonly name: string;
  readonly value: PreferenceValue | null;
  readonly saidAtMs: number;
  readonly saidBy: string;
}

/** What somebody says of a preference. */
export interface PreferenceWord {
  readonly name: string;
  readonly value: PreferenceValue | null;
  /** Undefined: it is said on arrival, by who has seen all that was said before. */
  readonly saidAtMs: number | undefined;
}

/** Whether `a` is the later word: by instant, then by who said it, then by what was said, so that every reader agrees. Pure. */
export function isLaterPreference(a: Preference, b: Preference): boolean {
  if (a.saidAtMs !== b.saidAtMs) return a.saidAtMs > b.saidAtMs;
  if (a.saidBy !== b.saidBy) return a.saidBy > b.saidBy;
  return JSON.stringify(a.value) > JSON.stringify(b.value);
}

/** What is preferred by all that was said in whatever places: of two words on a name the later one. Any order, also twice. Pure. */
export function joinPreferences(said: Iterable<Preference>): Map<string, Preference> {
  const joined = new Map<string, Preference>();
  for (const preference of said) {
    const known = joined.get(preference.name);
    if (known === undefined || isLaterPreference(preference, known)) joined.set(preference.name, preference);
  }
  return joined;
}

/**
 * What a place keeps of a name after a word. `own`: what was said there, `seen`: what counts of all places. Undefined: it says
 * nothing new. Pure.
 */
export function sayPreference(
  { own, seen }: { own: Preference | undefined; seen: Preference | undefined },
  word: PreferenceWord & { readonly saidBy: string },
  nowMs: number,
): Preference | undefined {
  const { name, value, saidBy } = word;
  if (word.saidAtMs === undefined) {
    const isSame = JSON.stringify(seen?.value ?? null) === JSON.stringify(value);
    // Said once more of what counts by its own word already, or of what nobody ever preferred.
    if (isSame && (seen === undefined || isSameWord(own, seen))) return undefined;
    return { name, value, saidBy, saidAtMs: Math.max(nowMs, (seen?.saidAtMs ?? 0) + 1) };
  }
  // A clock that is ahead would win for ever.
  const said = { name, value, saidBy, saidAtMs: Math.min(word.saidAtMs, nowMs) };
  return own === undefined || isLaterPreference(said, own) ? said : undefined;
}

function isSameWord(a: Preference | undefined, b: Preference): boolean {
  return a !== undefined && !isLaterPreference(a, b) && !isLaterPreference(b, a);
}
