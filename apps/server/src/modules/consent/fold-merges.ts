/** A word of a customer as far as merges matter to it. */
export interface Placed {
  /** Its place among words and merges as they became known. */
  readonly seq: number;
  /** When it was said, in milliseconds. */
  readonly occurredAt: number;
  /** The identifier node it was said under. */
  readonly nodeId: number;
  /** The profile it was recorded for. */
  readonly saidBy: string;
}

/** Two profiles that became one. */
export interface MergeMark {
  readonly seq: number;
  /** Event time of what showed that they are one, in milliseconds. */
  readonly saidAt: number;
  readonly mergedAt: number;
  readonly fromProfile: string;
  readonly intoProfile: string;
  readonly fromNodes: readonly number[];
  readonly intoNodes: readonly number[];
}

/** How what two profiles said becomes what one profile said. */
export interface Folding<W extends Placed, S> {
  readonly empty: S;
  /** Adds words to what held before them; their order must not matter. */
  hear(base: S, words: readonly W[]): S;
  /** The more restrictive of both, binding until something is said after the merge. */
  join(from: S, into: S, merge: MergeMark): S;
}

export interface MergeStep<S> {
  readonly merge: MergeMark;
  readonly from: S;
  readonly into: S;
  readonly joined: S;
}

/**
 * What holds for a profile, from everything that was said by those it was made of: a pure function of the set of words and
 * merges, whatever order they arrive in. A word is from before a merge when it was known before it or said before what
 * caused it; of those each side is judged by itself and the two joined. Later words are said by the one profile.
 */
export function foldMerges<W extends Placed, S>(
  profileId: string,
  { words, merges, folding }: { words: readonly W[]; merges: readonly MergeMark[]; folding: Folding<W, S> },
): { readonly standing: S; readonly steps: readonly MergeStep<S>[] } {
  const ordered = [...merges].sort((a, b) => a.seq - b.seq);
  const sides = new Map<string, Side<W, S>>();
  const sideOf = sideFinder(profileId, ordered);
  for (const word of words) openSide(sides, sideOf(word), folding).words.push(word);
  const steps = ordered.map((merge): MergeStep<S> => {
    const from = openSide(sides, merge.fromProfile, folding);
    const into = openSide(sides, merge.intoProfile, folding);
    const before = (word: W) => word.seq < merge.seq || word.occurredAt <= merge.saidAt;
    const judge = (side: Side<W, S>) => folding.hear(side.base, side.words.filter(before));
    const step = { merge, from: judge(from), into: judge(into) };
    const joined = folding.join(step.from, step.into, merge);
    const after = [...from.words, ...into.words].filter((word) => !before(word));
    sides.delete(merge.fromProfile);
    sides.set(merge.intoProfile, { base: joined, words: after });
    return { ...step, joined };
  });
  // One side is left, save after undoings that left two names: then neither may permit what the other forbids.
  const last = ordered.at(-1);
  const standing = [...sides.values()]
    .map((side) => folding.hear(side.base, side.words))
    .reduce<S | undefined>((a, b) => (a === undefined || last === undefined ? b : folding.join(a, b, last)), undefined);
  return { standing: standing ?? folding.empty, steps };
}

/**
 * Whether a word said at `occurredAt` and known only now comes after all of it, so that hearing it on top of what holds is
 * the same as judging everything anew: it was said after what caused each merge, and they made one profile.
 */
export function comesAfter(occurredAt: number, merges: readonly MergeMark[]): boolean {
  if (merges.some((merge) => merge.saidAt >= occurredAt)) return false;
  const names = new Set(merges.flatMap((merge) => [merge.fromProfile, merge.intoProfile]));
  for (const { fromProfile, intoProfile } of [...merges].sort((a, b) => a.seq - b.seq)) {
    names.delete(fromProfile);
    names.add(intoProfile);
  }
  return names.size <= 1;
}

interface Side<W, S> {
  readonly base: S;
  readonly words: W[];
}

function openSide<W extends Placed, S>(sides: Map<string, Side<W, S>>, id: string, folding: Folding<W, S>): Side<W, S> {
  const known = sides.get(id);
  if (known !== undefined) return known;
  const fresh = { base: folding.empty, words: [] };
  sides.set(id, fresh);
  return fresh;
}

/** The profile a word's node belonged to before the first merge that knows the node; else whom it was recorded for. */
function sideFinder(profileId: string, merges: readonly MergeMark[]): (word: Placed) => string {
  const firstOwner = new Map<number, string>();
  const names = new Set<string>();
  for (const merge of merges) {
    for (const node of merge.fromNodes) if (!firstOwner.has(node)) firstOwner.set(node, merge.fromProfile);
    for (const node of merge.intoNodes) if (!firstOwner.has(node)) firstOwner.set(node, merge.intoProfile);
    names.add(merge.fromProfile).add(merge.intoProfile);
  }
  // The last merge is the root of all of them: what no merge knows was said by the profile that came of it.
  const root = merges.at(-1)?.intoProfile ?? profileId;
  return ({ nodeId, saidBy }) => firstOwner.get(nodeId) ?? (names.has(saidBy) ? saidBy : root);
}
