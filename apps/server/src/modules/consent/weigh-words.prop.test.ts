import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comesAfter, type MergeMark } from './fold-merges.ts';
import { decidePermission, statusToRecord } from './permission.ts';
import { splitMerges } from './split-merges.ts';
import { ALL_TOPICS } from './topic.ts';
import { hearWords, type SaidWord, type Standings, standingKey, weighWords } from './weigh-words.ts';

const TOPICS = ['news', 'sales', 'receipts'] as const;
const ADDRESSES = ['ada', 'bea'] as const;
/** Nobody says anything of it before the end. */
const FRESH = 'cora';
const isMarketing = (topic: string) => topic !== 'receipts';
type Mode = 'single' | 'double';

/** What can happen, in any order, with any times: old words arrive late, imports bring the past, merges are undone. */
const happening = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('word' as const),
      node: fc.nat(3),
      status: fc.constantFrom('granted' as const, 'denied' as const),
      topic: fc.constantFrom(...TOPICS, ALL_TOPICS),
      at: fc.nat(12),
      /** Confirmed for this address, or said of none in particular. */
      address: fc.option(fc.constantFrom<string>(...ADDRESSES), { nil: undefined }),
      asksConfirmation: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('merge' as const), from: fc.nat(3), into: fc.nat(3), at: fc.nat(12) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unmerge' as const), which: fc.nat(5) }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** Profiles as the stage keeps them: records and merges filed under whoever holds them, moved as it moves them. */
class Shop {
  readonly words: SaidWord[] = [];
  readonly owner = ['p0', 'p1', 'p2', 'p3'];
  marks: (MergeMark & { readonly profileId: string })[] = [];
  seq = 0;

  apply(one: Happening, mode: Mode): void {
    this.seq++;
    if (one.kind === 'word') this.say(one, mode);
    else if (one.kind === 'merge') this.merge(this.owner[one.from]!, this.owner[one.into]!, one.at);
    else if (this.marks.length > 0) this.unmerge(this.marks[one.which % this.marks.length]!);
  }

  private say(one: Extract<Happening, { kind: 'word' }>, mode: Mode): void {
    if (one.topic === ALL_TOPICS && one.status === 'granted') return;
    const isConfirmed = one.address !== undefined && one.status === 'granted';
    const said = { status: one.status, isConfirmed, asksConfirmation: one.asksConfirmation };
    const isDouble = mode === 'double' && isMarketing(one.topic);
    this.words.push({
      recordId: `r${String(this.seq).padStart(4, '0')}`,
      seq: this.seq,
      occurredAt: one.at,
      nodeId: one.node,
      saidBy: this.owner[one.node]!,
      channel: 'email',
      topic: one.topic,
      status: statusToRecord(said, { requiresConfirmation: isDouble }),
      isConfirmed,
      addressHash: isConfirmed ? one.address : undefined,
    });
  }

  private merge(from: string, into: string, saidAt: number): void {
    if (from === into) return;
    const [fromNodes, intoNodes] = [this.nodesOf(from), this.nodesOf(into)];
    this.marks = this.marks.map((mark) => (mark.profileId === from ? { ...mark, profileId: into } : mark));
    const merged = { fromProfile: from, intoProfile: into, fromNodes, intoNodes };
    this.marks.push({ ...merged, profileId: into, seq: this.seq, saidAt, mergedAt: this.seq });
    for (const node of fromNodes) this.owner[node] = into;
  }

  private unmerge(mark: MergeMark & { readonly profileId: string }): void {
    const from = mark.profileId;
    const nodes = mark.fromNodes.filter((node) => this.owner[node] === from);
    // The profile it was comes back, unless its name is taken by whoever was merged out of it meanwhile.
    const into = this.owner.includes(mark.fromProfile) ? `again${this.seq}` : mark.fromProfile;
    const mine = this.marks.filter((one) => one.profileId === from);
    const { staying, going } = splitMerges(mine, new Set(nodes));
    this.marks = [
      ...this.marks.filter((one) => one.profileId !== from),
      ...staying,
      ...going.map((one) => ({ ...one, profileId: into })),
    ];
    for (const node of nodes) this.owner[node] = into;
  }

  nodesOf(profile: string): number[] {
    return this.owner.flatMap((owner, node) => (owner === profile ? [node] : []));
  }

  wordsOf(profile: string): SaidWord[] {
    return this.words.filter((word) => this.owner[word.nodeId] === profile);
  }

  decide(profile: string, topic: string, ask: { address: string; mode: Mode; words?: readonly SaidWord[] }) {
    const merges = this.marks.filter((mark) => mark.profileId === profile);
    const words = ask.words ?? this.wordsOf(profile);
    const { standing } = weighWords(profile, { words, merges, isMarketing });
    return decidePermission({
      isMarketing: isMarketing(topic),
      silence: 'opt_in',
      requiresConfirmation: ask.mode === 'double' && isMarketing(topic),
      ofTopic: standing.get(standingKey('email', topic)),
      ofAll: standing.get(standingKey('email', ALL_TOPICS)),
      addressHash: ask.address,
      suppressions: [],
    });
  }
}

/** The naive judge: which yes could a permission rest on, word by word? It knows no standings, only who said what when. */
class Judge {
  readonly #topic: string;
  constructor(topic: string) {
    this.#topic = topic;
  }

  mayRest(grant: SaidWord, words: readonly SaidWord[], merges: readonly MergeMark[]): boolean {
    const isUndone = words.some((word) => this.#denies(word) && word.occurredAt >= grant.occurredAt);
    return !isUndone && merges.every((merge) => !this.#isBarred(grant, merge, { words, merges }));
  }

  /** A yes from before a merge is barred where either side, by itself, had said something that was no valid yes. */
  #isBarred(
    grant: SaidWord,
    merge: MergeMark,
    { words, merges }: { words: readonly SaidWord[]; merges: readonly MergeMark[] },
  ): boolean {
    const inside = merges.filter(
      (one) => one.seq <= merge.seq && nodesOf(one).every((node) => nodesOf(merge).includes(node)),
    );
    // What was said before a merge within one side was said before the sides met.
    const isBefore = (word: SaidWord) =>
      inside.some((one) => nodesOf(one).includes(word.nodeId) && (word.seq < one.seq || word.occurredAt <= one.saidAt));
    if (!isBefore(grant)) return false;
    return [merge.fromNodes, merge.intoNodes].some((side) => {
      const said = words.filter((word) => side.includes(word.nodeId) && isBefore(word) && this.#isAbout(word));
      const inner = inside.filter((one) => one !== merge && nodesOf(one).every((node) => side.includes(node)));
      return said.length > 0 && !said.some((word) => word.status === 'granted' && this.mayRest(word, said, inner));
    });
  }

  #isAbout(word: SaidWord): boolean {
    return word.topic === this.#topic || this.#denies(word);
  }

  #denies(word: SaidWord): boolean {
    if (word.status !== 'denied') return false;
    return word.topic === this.#topic || (word.topic === ALL_TOPICS && isMarketing(this.#topic));
  }
}

function nodesOf(merge: MergeMark): readonly number[] {
  return [...merge.fromNodes, ...merge.intoNodes];
}

const run = (happenings: readonly Happening[], mode: Mode): Shop => {
  const shop = new Shop();
  for (const one of happenings) shop.apply(one, mode);
  return shop;
};
const mode = fc.constantFrom<Mode>('single', 'double');

/** Of standings that are kept as rows: neither what is empty nor any order is. */
const sorted = (standings: Standings) =>
  [...standings]
    .map(([key, { denial, pending, grants }]) => ({
      ...{ key, denial, pending },
      grants: grants.toSorted((a, b) => (a.recordId < b.recordId ? -1 : 1)),
    }))
    .filter(({ denial, pending, grants }) => denial !== undefined || pending !== undefined || grants.length > 0)
    .sort((a, b) => (a.key < b.key ? -1 : 1));

describe('what counts of all that was said', () => {
  it('no order of opt-in, opt-out, confirmation, merge, unmerge and import permits what the last word forbids', () => {
    let permitted = 0;
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 18 }), mode, (happenings, mode) => {
        const shop = run(happenings, mode);
        for (const profile of new Set(shop.owner)) {
          const words = shop.wordsOf(profile);
          const merges = shop.marks.filter((mark) => mark.profileId === profile);
          for (const [topic, address] of TOPICS.flatMap((one) => ADDRESSES.map((two) => [one, two] as const))) {
            if (shop.decide(profile, topic, { address, mode }).decision.kind !== 'permitted') continue;
            permitted++;
            const isDouble = mode === 'double' && isMarketing(topic);
            const judge = new Judge(topic);
            const bases = words.filter(
              (word) =>
                word.topic === topic &&
                word.status === 'granted' &&
                (word.addressHash === address || (word.addressHash === undefined && !isDouble)) &&
                judge.mayRest(word, words, merges),
            );
            expect(bases, `${profile} ${topic} ${address}`).not.toEqual([]);
          }
        }
      }),
      { numRuns: propertyRuns(4_000) },
    );
    // It would prove nothing of a gate that never opens.
    expect(permitted).toBeGreaterThan(100);
  });

  it('a yes after everything permits, for its address and no other, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 14 }), mode, fc.nat(3), (happenings, mode, node) => {
        const yes = { kind: 'word', node, status: 'granted', topic: 'news', at: 50, asksConfirmation: true } as const;
        const shop = run([...happenings, { ...yes, address: FRESH }], mode);
        const before = run(happenings, mode);
        const profile = shop.owner[node]!;
        expect(shop.decide(profile, 'news', { address: FRESH, mode }).decision.kind).toBe('permitted');
        for (const address of ADDRESSES) {
          const kindOf = (one: Shop) => one.decide(profile, 'news', { address, mode }).decision.kind === 'permitted';
          expect(kindOf(shop)).toBe(kindOf(before));
        }
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('is the same whatever order the records are read in', () => {
    fc.assert(
      fc.property(
        fc.array(happening, { maxLength: 14 }),
        mode,
        fc.infiniteStream(fc.nat()),
        (happenings, mode, order) => {
          const shop = run(happenings, mode);
          for (const profile of new Set(shop.owner)) {
            const words = shop.wordsOf(profile);
            const shuffled = words.map((word) => ({ word, at: order.next().value })).sort((a, b) => a.at - b.at);
            for (const topic of TOPICS) {
              const ask = { address: 'ada', mode };
              expect(shop.decide(profile, topic, { ...ask, words: shuffled.map(({ word }) => word) })).toEqual(
                shop.decide(profile, topic, ask),
              );
            }
          }
        },
      ),
      { numRuns: propertyRuns(500) },
    );
  });

  it('is the same when words that come after everything are heard on top of what held', () => {
    let heard = 0;
    const later = fc.array(happening, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(happening, { maxLength: 14 }),
        later,
        fc.nat(14),
        mode,
        (happenings, words, sinceAt, mode) => {
          const before = run(happenings, mode);
          const said = words.flatMap((one) => (one.kind === 'word' ? [{ ...one, at: one.at + sinceAt }] : []));
          const after = run([...happenings, ...said], mode);
          for (const profile of new Set(before.owner)) {
            const merges = before.marks.filter((mark) => mark.profileId === profile);
            const known = before.wordsOf(profile);
            const all = after.wordsOf(profile);
            const fresh = all.slice(known.length);
            if (!fresh.every((word) => comesAfter(word.occurredAt, merges))) continue;
            heard += merges.length > 0 ? fresh.length : 0;
            const weigh = (counted: readonly SaidWord[]) =>
              weighWords(profile, { words: counted, merges, isMarketing }).standing;
            expect(sorted(hearWords(weigh(known), fresh))).toEqual(sorted(weigh(all)));
          }
        },
      ),
      { numRuns: propertyRuns(1_000) },
    );
    expect(heard).toBeGreaterThan(50);
  });

  it('a merge of somebody who never said anything changes nothing', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 10 }), mode, (happenings, mode) => {
        // Node 3 stays silent.
        const said = happenings.filter((one) => one.kind === 'word' && one.node < 3);
        const before = run(said, mode);
        const after = run([...said, { kind: 'merge', from: 3, into: 0, at: 12 }], mode);
        for (const topic of TOPICS) {
          for (const address of ADDRESSES)
            expect(after.decide('p0', topic, { address, mode }).decision).toEqual(
              before.decide('p0', topic, { address, mode }).decision,
            );
        }
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('undoing a merge gives back what each side had said', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 10 }), mode, fc.nat(12), (happenings, mode, at) => {
        const said = happenings.filter((one) => one.kind === 'word');
        const before = run(said, mode);
        const after = run([...said, { kind: 'merge', from: 1, into: 0, at }, { kind: 'unmerge', which: 0 }], mode);
        for (const profile of before.owner) {
          for (const topic of TOPICS)
            expect(after.decide(profile, topic, { address: 'ada', mode })).toEqual(
              before.decide(profile, topic, { address: 'ada', mode }),
            );
        }
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});

describe('of two profiles that become one', () => {
  const word = (node: number, status: SaidWord['status'], at: number): Happening => ({
    ...{ kind: 'word', node, topic: 'news', at, address: undefined, asksConfirmation: status === 'pending' },
    status: status === 'denied' ? 'denied' : 'granted',
  });
  const merge: Happening = { kind: 'merge', from: 1, into: 0, at: 10 };
  const kinds = ['granted', 'pending', 'denied'] as const;
  const decideAfter = (...happenings: Happening[]) =>
    run(happenings, 'single').decide('p0', 'news', { address: 'ada', mode: 'single' });

  it('the denied one wins over the pending one, and that over the granted one, whoever said it later', () => {
    for (const [a, mine] of kinds.entries()) {
      for (const [b, theirs] of kinds.entries()) {
        for (const [t1, t2] of [
          [1, 2],
          [2, 1],
        ] as const) {
          const { consent } = decideAfter(word(0, mine, t1), word(1, theirs, t2), merge);
          expect(consent).toBe(kinds[Math.max(a, b)]);
        }
      }
    }
  });

  it('an older yes that arrives late permits nothing, a yes said after the merge does', () => {
    const said = [word(0, 'granted', 5), word(1, 'denied', 3), merge];
    expect(decideAfter(...said, word(0, 'granted', 9)).consent).toBe('denied');
    expect(decideAfter(...said, word(0, 'granted', 11)).consent).toBe('granted');
  });

  it('an older no that arrives late forbids', () => {
    expect(decideAfter(word(0, 'granted', 5), merge, word(1, 'denied', 3)).consent).toBe('denied');
    expect(decideAfter(word(0, 'granted', 5), merge, word(0, 'denied', 3)).consent).toBe('granted');
  });
});
