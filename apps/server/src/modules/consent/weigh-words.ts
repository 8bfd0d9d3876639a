import { type Folding, foldMerges, type MergeMark, type MergeStep, type Placed } from './fold-merges.ts';
import type { RecordStatus } from './consent-status.ts';
import { ALL_TOPICS } from './topic.ts';

/** A consent record as far as it matters to what counts. */
export interface SaidWord extends Placed {
  readonly recordId: string;
  readonly channel: string;
  readonly topic: string;
  readonly status: RecordStatus;
  readonly isConfirmed: boolean;
  /** The address a yes was confirmed for; undefined: said of none in particular. */
  readonly addressHash: string | undefined;
}

/** One thing that counts, and the record behind it. */
export interface Weight {
  readonly at: number;
  readonly recordId: string;
}

export interface Grant extends Weight {
  readonly isConfirmed: boolean;
  readonly addressHash: string | undefined;
}

/** What counts of one channel and topic: the last no, the yes that waits, and every yes after the no. */
export interface Standing {
  readonly denial: Weight | undefined;
  readonly pending: Weight | undefined;
  readonly grants: readonly Grant[];
}

/** By channel and topic: see `standingKey`. */
export type Standings = ReadonlyMap<string, Standing>;

export const NOTHING_SAID: Standing = { denial: undefined, pending: undefined, grants: [] };

export function standingKey(channel: string, topic: string): string {
  return `${channel}\n${topic}`;
}

/** When a topic was denied last, by itself or with all marketing; undefined: never since it was granted. */
export function lastDenial(said: {
  readonly isMarketing: boolean;
  readonly ofTopic: Standing | undefined;
  readonly ofAll: Standing | undefined;
}): number | undefined {
  const times = [said.ofTopic?.denial?.at, said.isMarketing ? said.ofAll?.denial?.at : undefined];
  const known = times.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** What somebody stands for on a topic. A no of the same instant is the last word. */
export type StandingKind = 'granted' | 'denied' | 'pending' | 'unasked';

export function kindOfStanding(own: Standing, ofAll: Standing | undefined): StandingKind {
  const deniedAt = Math.max(own.denial?.at ?? -Infinity, ofAll?.denial?.at ?? -Infinity);
  if (own.grants.some((grant) => grant.at > deniedAt)) return 'granted';
  if (own.pending !== undefined && own.pending.at > deniedAt) return 'pending';
  return deniedAt === -Infinity ? 'unasked' : 'denied';
}

/**
 * What counts of all that a profile said, and how each merge joined its sides: denied over pending over granted, and whoever
 * was never asked has no say. `isMarketing`: whether a no to all topics is about this one.
 */
export function weighWords(
  profileId: string,
  said: { words: readonly SaidWord[]; merges: readonly MergeMark[]; isMarketing: (topic: string) => boolean },
): { readonly standing: Standings; readonly steps: readonly MergeStep<Standings>[] } {
  const folding: Folding<SaidWord, Standings> = {
    empty: new Map(),
    hear: hearWords,
    join: (from, into, merge) => joinStandings({ from, into, merge, isMarketing: said.isMarketing }),
  };
  return foldMerges(profileId, { words: said.words, merges: said.merges, folding });
}

/** What counts once these words are said too; their order never matters. */
export function hearWords(base: Standings, words: readonly Omit<SaidWord, 'seq' | 'nodeId' | 'saidBy'>[]): Standings {
  const standings = new Map(base);
  for (const word of words) {
    const key = standingKey(word.channel, word.topic);
    standings.set(key, addWord(standings.get(key) ?? NOTHING_SAID, word));
  }
  return standings;
}

function addWord(standing: Standing, word: Omit<SaidWord, 'seq' | 'nodeId' | 'saidBy'>): Standing {
  const weight: Weight = { at: word.occurredAt, recordId: word.recordId };
  switch (word.status) {
    case 'denied':
      return dropDenied({ ...standing, denial: later(standing.denial, weight) });
    case 'pending':
      return dropDenied({ ...standing, pending: later(standing.pending, weight) });
    case 'granted': {
      const { isConfirmed, addressHash } = word;
      return dropDenied({ ...standing, grants: addGrant(standing.grants, { ...weight, isConfirmed, addressHash }) });
    }
  }
}

/** The newest of each way of saying yes. */
function addGrant(grants: readonly Grant[], grant: Grant): readonly Grant[] {
  const isAlike = (one: Grant) => one.isConfirmed === grant.isConfirmed && one.addressHash === grant.addressHash;
  const known = grants.find(isAlike);
  if (known === undefined) return [...grants, grant];
  return later(known, grant) === known ? grants : [...grants.filter((one) => one !== known), grant];
}

function dropDenied(standing: Standing): Standing {
  const { denial, pending, grants } = standing;
  if (denial === undefined) return standing;
  return {
    denial,
    pending: pending !== undefined && pending.at > denial.at ? pending : undefined,
    grants: grants.filter((grant) => grant.at > denial.at),
  };
}

/** Of one instant the record of the greater id, so that order never matters. */
export function later<W extends Weight>(a: W | undefined, b: W): W {
  if (a === undefined || b.at > a.at) return b;
  return b.at === a.at && b.recordId > a.recordId ? b : a;
}

interface Joining {
  readonly from: Standings;
  readonly into: Standings;
  readonly merge: MergeMark;
  readonly isMarketing: (topic: string) => boolean;
}

function joinStandings(joining: Joining): Standings {
  const { from, into } = joining;
  const joined = new Map<string, Standing>();
  for (const key of new Set([...from.keys(), ...into.keys()])) {
    const [channel, topic] = key.split('\n') as [string, string];
    joined.set(key, topic === ALL_TOPICS ? joinAll(joining, key) : joinTopic(joining, channel, topic));
  }
  return joined;
}

function joinAll({ from, into }: Joining, key: string): Standing {
  const [a, b] = [from.get(key)?.denial, into.get(key)?.denial];
  return { ...NOTHING_SAID, denial: b === undefined ? a : later(a, b) };
}

function joinTopic({ from, into, merge, isMarketing }: Joining, channel: string, topic: string): Standing {
  const sides = [from, into].map((standings) => {
    const own = standings.get(standingKey(channel, topic)) ?? NOTHING_SAID;
    const ofAll = isMarketing(topic) ? standings.get(standingKey(channel, ALL_TOPICS)) : undefined;
    return { own, ofAll, kind: kindOfStanding(own, ofAll) };
  });
  const denied = sides.filter((side) => side.kind === 'denied');
  const own = sides.map((side) => side.own);
  const denials = own.flatMap((one) => one.denial ?? []);
  if (denied.length > 0) {
    const behind = denied.flatMap(({ own, ofAll }) => [own.denial ?? [], ofAll?.denial ?? []].flat());
    // A no of the side that said yes again since counts too: a word that arrives late is not newer than it.
    const newest = [...behind, ...denials].reduce(later);
    return { ...NOTHING_SAID, denial: { ...newest, at: Math.max(newest.at, merge.saidAt) } };
  }
  const denial = denials.length === 0 ? undefined : denials.reduce(later);
  const pendings = sides.filter((side) => side.kind === 'pending').flatMap((side) => side.own.pending ?? []);
  if (pendings.length > 0) {
    const newest = pendings.reduce(later);
    return {
      denial,
      grants: [],
      pending: { ...newest, at: Math.max(newest.at, denial === undefined ? 0 : denial.at + 1) },
    };
  }
  return dropDenied({
    denial,
    pending: own.flatMap((one) => one.pending ?? []).reduce<Weight | undefined>(later, undefined),
    grants: own.flatMap((one) => one.grants).reduce<readonly Grant[]>(addGrant, []),
  });
}
