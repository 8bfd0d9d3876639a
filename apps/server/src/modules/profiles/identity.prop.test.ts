import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { NodeRef } from '../../platform/eventlog/index.ts';
import type { Json } from '../../platform/json.ts';
import { decideIdentity, type IdentityView } from './decide-identity.ts';
import { KIND_CODES, KIND_LIMITS, kindOfCode, normaliseIdentifier, RANKED_KINDS } from './identifier.ts';
import { currentTraits, joinTraits, mergeTimedTraits, type TimedTraits } from './profile-section.ts';

type Kind = keyof typeof KIND_CODES;
type Event = readonly NodeRef[];

/** Profiles in memory: what the stage does with a decision, as plainly as possible. */
class Memory implements IdentityView {
  readonly profiles = new Map<string, NodeRef[]>();
  #next = 0;

  ownerOf(nodeId: number): string | undefined {
    return [...this.profiles].find(([, nodes]) => nodes.some((node) => node.id === nodeId))?.[0];
  }
  nodesOf(id: string): readonly NodeRef[] {
    return this.profiles.get(id) ?? [];
  }
  limitOf(kind: number): number {
    return KIND_LIMITS[kindOfCode(kind)!];
  }

  hear(event: Event): string {
    const decision = decideIdentity(event, this);
    const id = decision.profileId ?? String(this.#next++).padStart(6, '0');
    const merged = decision.merge.flatMap((from) => this.profiles.get(from)!);
    for (const from of decision.merge) this.profiles.delete(from);
    this.profiles.set(id, [...this.nodesOf(id), ...merged, ...decision.attach]);
    return id;
  }

  /** Which nodes are together. */
  partition(): string[] {
    return [...this.profiles.values()]
      .map((nodes) =>
        nodes
          .map(({ id }) => id)
          .sort((a, b) => a - b)
          .join(' '),
      )
      .sort();
  }
}

const byStrength = (a: NodeRef, b: NodeRef) => a.kind - b.kind || a.id - b.id;

/** Nodes of a small world: many events touch the same ones. Limits are met often because the pool of addresses is large. */
const anyNode: fc.Arbitrary<NodeRef> = fc
  .tuple(
    fc.constantFrom<Kind>('userId', 'userId', 'loyaltyId', 'email', 'device', 'anonymousId', 'anonymousId'),
    fc.integer({ min: 0, max: 7 }),
  )
  .map(([kind, n]) => ({ kind: KIND_CODES[kind], id: KIND_CODES[kind] * 100 + n }));
const anyEvent: fc.Arbitrary<Event> = fc
  .uniqueArray(anyNode, { minLength: 1, maxLength: 4, selector: ({ id }) => id })
  .map((nodes) => nodes.sort(byStrength));

/** Each customer has nodes of her own, one user id at most; every event is of one customer. */
const conflictFree: fc.Arbitrary<Event[]> = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 3 }),
      fc.uniqueArray(
        fc.constantFrom<[Kind, number]>(
          ['userId', 0],
          ['email', 0],
          ['email', 1],
          ['phone', 0],
          ['anonymousId', 0],
          ['anonymousId', 1],
          ['anonymousId', 2],
        ),
        {
          minLength: 1,
          maxLength: 3,
          selector: ([kind, n]) => `${kind}${n}`,
        },
      ),
    ),
    { maxLength: 14 },
  )
  .map((events) =>
    events.map(([customer, nodes]) =>
      nodes
        .map(([kind, n]) => ({ kind: KIND_CODES[kind], id: KIND_CODES[kind] * 100 + customer * 10 + n }))
        .sort(byStrength),
    ),
  );

/** Identifiers seen together belong together, and so on along the chain: nothing else is known. */
function connected(events: readonly Event[]): string[] {
  let groups: Set<number>[] = [];
  for (const event of events) {
    const ids = event.map(({ id }) => id);
    const touched = groups.filter((group) => ids.some((id) => group.has(id)));
    groups = [
      ...groups.filter((group) => !touched.includes(group)),
      new Set([...ids, ...touched.flatMap((group) => [...group])]),
    ];
  }
  return groups.map((group) => [...group].sort((a, b) => a - b).join(' ')).sort();
}

describe('identity', () => {
  it('puts together exactly what was seen together, in whatever order events without conflict come', () => {
    const ordered = conflictFree.chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
    );
    fc.assert(
      fc.property(ordered, ([events, shuffled]) => {
        for (const order of [events, shuffled]) {
          const memory = new Memory();
          for (const event of order) memory.hear(event);
          expect(memory.partition()).toEqual(connected(events));
        }
      }),
      { numRuns: propertyRuns(2_000) },
    );
  });

  it('never lets a profile hold two user ids, nor more of any kind than it may, under any events in any order', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40, size: 'max' }), (events) => {
        const memory = new Memory();
        for (const event of events) {
          memory.hear(event);
          for (const nodes of memory.profiles.values()) {
            for (const kind of RANKED_KINDS) {
              const held = new Set(nodes.filter((node) => node.kind === KIND_CODES[kind]).map(({ id }) => id));
              expect(held.size).toBeLessThanOrEqual(KIND_LIMITS[kind]);
            }
          }
        }
      }),
      { numRuns: propertyRuns(200) },
    );
  });

  it('gives an event to the owner of its strongest identifier, and each identifier to one profile at most', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40, size: 'max' }), (events) => {
        const memory = new Memory();
        for (const event of events) {
          const id = memory.hear(event);
          expect(memory.ownerOf(event[0]!.id)).toBe(id);
          const all = [...memory.profiles.values()].flat().map((node) => node.id);
          expect(new Set(all).size).toBe(all.length);
        }
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('never mixes the people who share a device, however their visits alternate', () => {
    const device: NodeRef = { kind: KIND_CODES.anonymousId, id: 1 };
    const person = (n: number): NodeRef => ({ kind: KIND_CODES.userId, id: 10 + n });
    const visits = fc.array(fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(visits, (people) => {
        const memory = new Memory();
        for (const who of people) memory.hear(who === undefined ? [device] : [person(who), device]);
        const known = new Set(people.filter((who) => who !== undefined));
        expect(new Set([...known].map((who) => memory.ownerOf(person(who).id))).size).toBe(known.size);
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('is not taken in by placeholders, however they are dressed', () => {
    const placeholders = fc.constantFrom(
      'null',
      'undefined',
      'none',
      'nan',
      'guest',
      'anonymous',
      'unknown',
      '[object object]',
      'not_authenticated',
    );
    const dressed = fc
      .tuple(
        placeholders,
        fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
        fc.constantFrom('', ' ', '\t', '\n'),
        fc.constantFrom('', '"', "'"),
      )
      .map(
        ([text, upper, pad, quote]) =>
          `${pad}${quote}${[...text].map((c, i) => (upper[i % 20] ? c.toUpperCase() : c)).join('')}${quote}${pad}`,
      );
    fc.assert(
      fc.property(dressed, fc.constantFrom(...RANKED_KINDS), (text, kind) => {
        expect(normaliseIdentifier(kind, text)).toBeUndefined();
      }),
    );
  });
});

describe('traits', () => {
  const name = fc.constantFrom('plan', 'city', 'constructor', 'toString', 'company');
  const value: fc.Arbitrary<Json> = fc.oneof(
    fc.constant(null),
    fc.constantFrom<Json>('a', 'b', 1, true, [], {}),
    fc.string(),
  );
  const traits: fc.Arbitrary<TimedTraits> = fc
    .array(fc.tuple(name, value, fc.integer({ min: 0, max: 3 })), { maxLength: 5 })
    .map((entries) => Object.fromEntries(entries.map(([key, json, at]) => [key, [json, at]])));

  it('come out the same in whatever order and grouping they are said, and however often', () => {
    fc.assert(
      fc.property(traits, traits, traits, (a, b, c) => {
        const whole = mergeTimedTraits(mergeTimedTraits(a, b), c);
        expect(mergeTimedTraits(c, mergeTimedTraits(b, a))).toEqual(whole);
        expect(mergeTimedTraits(whole, b)).toEqual(whole);
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('are what was said last, by the time of the event', () => {
    fc.assert(
      fc.property(fc.array(traits, { maxLength: 5 }), (said) => {
        const current = currentTraits(said.reduce(mergeTimedTraits, {}));
        for (const key of ['plan', 'city', 'constructor', 'toString', 'company']) {
          const all = said.flatMap((one) => (Object.hasOwn(one, key) ? [one[key]!] : []));
          const last = Math.max(...all.map(([, at]) => at));
          const candidates = all.filter(([, at]) => at === last).map(([json]) => JSON.stringify(json));
          const found = Object.hasOwn(current, key) ? JSON.stringify(current[key]) : 'null';
          expect([...candidates, ...(all.length === 0 ? ['null'] : [])]).toContain(found);
        }
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('taken back are gone, also when they were personal, until they are said again', () => {
    const personal: TimedTraits = { email: ['ada@shop.example', 5] };
    expect(currentTraits(joinTraits({ email: [null, 6] }, personal))).toEqual({});
    expect(currentTraits(joinTraits({ email: [null, 4] }, personal))).toEqual({ email: 'ada@shop.example' });
  });

  it('with a personal part inside are whole again', () => {
    const clear: TimedTraits = { company: [{ size: 3, staff: [{ role: 'owner' }, 'x'] }, 5] };
    const personal: TimedTraits = { company: [{ email: 'x@shop.example', staff: [{ phone: '1' }, null] }, 5] };
    expect(currentTraits(joinTraits(clear, personal))).toEqual({
      company: { size: 3, email: 'x@shop.example', staff: [{ role: 'owner', phone: '1' }, 'x'] },
    });
    expect(currentTraits(joinTraits({ company: [{ size: 4 }, 6] }, personal))).toEqual({ company: { size: 4 } });
  });
});
