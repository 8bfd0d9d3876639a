import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Outcome } from './profile-runs.ts';
import { arbitraryGraph, arbitraryShopEvent, EPOCH_MS, HORIZON_MIN, MINUTE_MS } from './testing/arbitrary-journey.ts';
import { liveWith, shopEvent, StoredProfile } from './testing/run-history.ts';
import type { JourneyRun } from './types.ts';

const NODES = 4;
const anyNode = fc.integer({ min: 0, max: NODES - 1 });
/** What happens: an event under a node, two people taken for one, an identifier set apart or given away, time passing. */
const anyDeed = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('event' as const), event: arbitraryShopEvent, node: anyNode }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('merge' as const), node: anyNode, other: anyNode }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('part' as const), node: anyNode }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('give' as const), node: anyNode, other: anyNode }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wake' as const) }) },
);

type Deed = typeof anyDeed extends fc.Arbitrary<infer D> ? D : never;

/** Profiles and whose each identifier is, as the stage and a rebuild move runs between them. */
class People {
  readonly #profiles = new Map<string, StoredProfile>();
  readonly #owners: string[] = [];
  /** What profiles that are gone had wished. */
  readonly #past: Outcome[] = [];
  readonly #live;
  #made = 0;

  constructor(live: ReturnType<typeof liveWith>) {
    this.#live = live;
    for (let node = 0; node < NODES; node++) this.#owners.push(this.#add());
  }

  #add(): string {
    const id = `p${this.#made++}`;
    this.#profiles.set(id, new StoredProfile(this.#live, id));
    return id;
  }

  get all(): StoredProfile[] {
    return [...this.#profiles.values()];
  }

  get outcomes(): Outcome[] {
    return [...this.#past, ...this.all.flatMap((profile) => profile.outcomes)];
  }

  ownerOf(node: number): StoredProfile {
    return this.#profiles.get(this.#owners[node]!)!;
  }

  merge(node: number, other: number, now: number): void {
    const [into, from] = [this.ownerOf(node), this.ownerOf(other)];
    if (into === from) return;
    const opened = into.open(now);
    opened.absorb(from.open(now));
    into.runs.push(...from.runs.filter(({ state }) => state === 'ended').map((run) => this.#as(into, run)));
    into.save(opened);
    this.#owners.forEach((owner, n) => owner === from.profileId && (this.#owners[n] = into.profileId));
    this.#past.push(...from.outcomes);
    this.#profiles.delete(from.profileId);
  }

  /** Undefined `other`: it goes to nobody known, as by an unmerge. */
  give(node: number, other: number | undefined, now: number): void {
    const from = this.ownerOf(node);
    const into = other === undefined ? this.#profiles.get(this.#add())! : this.ownerOf(other);
    if (into === from) return;
    const [giving, taking] = [from.open(now), into.open(now)];
    taking.receive(giving.release(new Set([node])));
    const stays = ({ node: began }: JourneyRun) => began?.id !== node;
    into.runs.push(
      ...from.runs.filter((run) => run.state === 'ended' && !stays(run)).map((run) => this.#as(into, run)),
    );
    from.runs = from.runs.filter((run) => run.state !== 'ended' || stays(run));
    from.runs = from.runs.filter((run) => run.state === 'ended');
    from.save(giving);
    into.save(taking);
    this.#owners[node] = into.profileId;
  }

  live(deed: Deed, at: { seq: number; now: number }): void {
    switch (deed.kind) {
      case 'event': {
        const event = { ...shopEvent(deed.event, { lane: deed.node, seq: at.seq }), occurredAt: at.now };
        const nodes = [{ kind: 90, id: deed.node }];
        return void this.ownerOf(deed.node).hear([{ ...event, nodes } as never], at.now);
      }
      case 'merge':
        return this.merge(deed.node, deed.other, at.now);
      case 'part':
        return this.give(deed.node, undefined, at.now);
      case 'give':
        return this.give(deed.node, deed.other, at.now);
      case 'wake':
        for (const profile of this.all) profile.wakeDue(at.now);
    }
  }

  /** `before`: whose each run was. Answers how many moved. */
  requireOrder(before: ReadonlyMap<string, string>): number {
    const runs = this.all.flatMap((profile) => profile.runs.map((run) => ({ run, profile })));
    expect(new Set(runs.map(({ run }) => run.id)).size).toBe(runs.length);
    expect(runs.filter(({ run }) => before.has(run.id)).length).toBe(before.size);
    const waiting = runs.filter(({ run }) => run.state === 'waiting');
    const places = waiting.map(({ run }) => `${run.profileId} ${run.key}`);
    expect(new Set(places).size).toBe(places.length);
    for (const { run, profile } of runs) {
      expect(run.profileId).toBe(profile.profileId);
      expect(this.ownerOf(run.node!.id)).toBe(profile);
    }
    return runs.filter(({ run }) => before.has(run.id) && before.get(run.id) !== run.profileId).length;
  }

  #as(profile: StoredProfile, run: JourneyRun): JourneyRun {
    return { ...run, profileId: profile.profileId };
  }
}

describe('runs that go with the identifier they began with', () => {
  it('are in one place each, never two at once of one key, move once for a cause and wish each message once', () => {
    const seen = { runs: 0, merged: 0, moved: 0 };
    fc.assert(
      fc.property(arbitraryGraph, fc.array(anyDeed, { minLength: 4, maxLength: 24, size: 'max' }), (graph, deeds) => {
        const people = new People(liveWith(graph));
        let [seq, now] = [0, EPOCH_MS];
        for (const deed of deeds) {
          now += 5 * MINUTE_MS;
          const before = new Map(people.all.flatMap(({ runs, profileId }) => runs.map(({ id }) => [id, profileId])));
          people.live(deed, { seq: ++seq, now });
          seen.moved += people.requireOrder(before);
        }
        for (const profile of people.all) profile.wakeDue(now + HORIZON_MIN * MINUTE_MS);
        const runs = people.all.flatMap((profile) => profile.runs);
        for (const { path } of runs) {
          const causes = path.map(([, , cause]) => cause).filter((cause) => cause !== '');
          expect(new Set(causes).size).toBe(causes.length);
        }
        const wishes = people.outcomes.flatMap(({ effect }) => (effect.kind === 'send' ? [effect.intentKey] : []));
        expect(new Set(wishes).size).toBe(wishes.length);
        seen.runs += runs.length;
        seen.merged += runs.filter(({ reason }) => reason === 'merged').length;
      }),
      { numRuns: propertyRuns(1_500) },
    );
    expect(Math.min(seen.runs, seen.moved)).toBeGreaterThan(100);
    expect(seen.merged).toBeGreaterThan(20);
  });
});
