import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { NodeRef } from '../../platform/eventlog/index.ts';
import type { Json } from '../../platform/json.ts';
import { normaliseIdentifier, KIND_CODES, RANKED_KINDS } from './identifier.ts';
import { MERGES_MAX, NODES_MAX } from './identity-limits.ts';
import { DEFAULT_IDENTITY_RULES } from './identity-rules.ts';
import { currentTraits, joinTraits, mergeTimedTraits, NODE_FLAGS, type TimedTraits } from './profile-section.ts';
import { PeopleInMemory } from './testing/people-in-memory.ts';

type Kind = keyof typeof KIND_CODES;
interface Heard {
  readonly nodes: readonly NodeRef[];
  readonly claims: readonly number[];
  readonly occurredAt: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const node = (kind: Kind, n: number): NodeRef => ({ kind: KIND_CODES[kind], id: KIND_CODES[kind] * 10_000 + n });
const byStrength = (a: NodeRef, b: NodeRef) => a.kind - b.kind || a.id - b.id;
const said = (nodes: readonly NodeRef[], occurredAt = 0, claims: readonly number[] = []): Heard => ({
  nodes,
  claims,
  occurredAt,
});

/** Nodes of a small world: many events touch the same ones. Limits are met often because there are many addresses. */
const anyNode: fc.Arbitrary<NodeRef> = fc
  .tuple(
    fc.constantFrom<Kind>('userId', 'userId', 'loyaltyId', 'email', 'device', 'anonymousId', 'anonymousId'),
    fc.integer({ min: 0, max: 7 }),
  )
  .map(([kind, n]) => node(kind, n));
const anyEvent: fc.Arbitrary<Heard> = fc
  .tuple(
    fc.uniqueArray(anyNode, { minLength: 1, maxLength: 4, selector: ({ id }) => id }),
    fc.integer({ min: 0, max: 20 * 24 }),
    fc.boolean(),
  )
  .map(([unsorted, hour, isTrusted]) => {
    const nodes = unsorted.sort(byStrength);
    const claims = isTrusted ? [] : nodes.flatMap(({ kind }, place) => (kind === KIND_CODES.email ? [place] : []));
    return { nodes, claims, occurredAt: hour * HOUR_MS };
  });
const anyEvents = fc.array(anyEvent, { maxLength: 40, size: 'max' });

/** Each customer has nodes of her own, one user id at most; every event is of one customer. */
const conflictFree: fc.Arbitrary<Heard[]> = fc
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
        { minLength: 1, maxLength: 3, selector: ([kind, n]) => `${kind}${n}` },
      ),
      fc.integer({ min: 0, max: 30 }),
    ),
    { maxLength: 14 },
  )
  .map((events) =>
    events.map(([customer, nodes, day]) =>
      said(nodes.map(([kind, n]) => node(kind, customer * 10 + n)).sort(byStrength), day * DAY_MS),
    ),
  );

/** Identifiers seen together belong together, and so on along the chain: nothing else is known. */
function connected(events: readonly Heard[]): string[] {
  let groups: Set<number>[] = [];
  for (const { nodes } of events) {
    const ids = nodes.map(({ id }) => id);
    const touched = groups.filter((group) => ids.some((id) => group.has(id)));
    groups = [
      ...groups.filter((group) => !touched.includes(group)),
      new Set([...ids, ...touched.flatMap((group) => [...group])]),
    ];
  }
  return groups.map((group) => [...group].sort((a, b) => a - b).join(' ')).sort();
}

const isDevice = (kind: number) => kind === KIND_CODES.device || kind === KIND_CODES.anonymousId;

describe('identity', () => {
  it('puts together exactly what was seen together, in whatever order events without conflict come', () => {
    const ordered = conflictFree.chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
    );
    fc.assert(
      fc.property(ordered, ([events, shuffled]) => {
        for (const order of [events, shuffled]) {
          const people = new PeopleInMemory();
          for (const event of order) people.hear(event);
          expect(people.partition()).toEqual(connected(events));
        }
      }),
      { numRuns: propertyRuns(2_000) },
    );
  });

  it('never lets a profile hold more of any kind than it may, nor two user ids, under any events in any order', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const people = new PeopleInMemory();
        for (const event of events) people.hear(event);
        for (const { nodes } of people.profiles.values()) {
          for (const { code, limit, perDays } of DEFAULT_IDENTITY_RULES.kinds) {
            const times = nodes.filter(([kind]) => kind === code).map(([, , atMs]) => atMs!);
            const windowMs = perDays === undefined ? Number.POSITIVE_INFINITY : perDays * DAY_MS;
            for (const from of times) {
              const within = times.filter((atMs) => perDays === undefined || (atMs >= from && atMs - from < windowMs));
              expect(within.length).toBeLessThanOrEqual(limit);
            }
          }
        }
      }),
      { numRuns: propertyRuns(400) },
    );
  });

  it('gives an event to the owner of its strongest identifier, and each identifier to one profile at most', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const people = new PeopleInMemory();
        for (const event of events) {
          const { id, isQuarantined } = people.hear(event);
          if (!isQuarantined) expect(people.ownerOf(event.nodes[0]!.id)).toBe(id);
          const all = [...people.profiles.values()].flatMap(({ nodes }) => nodes.map(([, held]) => held));
          expect(new Set(all).size).toBe(all.length);
          for (const { nodes } of people.profiles.values()) expect(nodes.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('never joins two who are known because of what somebody typed', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const people = new PeopleInMemory();
        for (const event of events) {
          const before = new Map([...people.profiles].map(([id, { nodes }]) => [id, nodes]));
          const owners = new Map(event.nodes.map(({ id }) => [id, people.ownerOf(id)]));
          const { merged, id } = people.hear(event);
          if (merged.length === 0) continue;
          const known = [...merged, id].filter((one) => before.get(one)?.some(([kind]) => !isDevice(kind)) === true);
          const proves = (one: string) =>
            event.nodes.some(
              (held, place) =>
                owners.get(held.id) === one &&
                !event.claims.includes(place) &&
                (before.get(one)!.find(([, other]) => other === held.id)![3] ?? 0) === 0,
            );
          if (known.length > 1) for (const one of known) expect(proves(one)).toBe(true);
        }
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('gives a stranger nothing of a customer whose address she typed, in however many steps', () => {
    const [card, mail] = [node('loyaltyId', 0), node('email', 0)];
    const hers = [node('userId', 1), node('email', 1), node('phone', 1), node('device', 1), node('anonymousId', 1)];
    const heard = fc
      .tuple(fc.subarray([mail, ...hers], { minLength: 1 }), fc.integer({ min: 0, max: 24 }))
      .map(([unsorted, hour]) => {
        const nodes = unsorted.sort(byStrength);
        const isTyped = ({ kind }: NodeRef) => kind === KIND_CODES.email || kind === KIND_CODES.phone;
        const claims = nodes.flatMap((one, place) => (isTyped(one) ? [place] : []));
        return said(nodes, hour * HOUR_MS, claims);
      });
    fc.assert(
      fc.property(fc.array(heard, { maxLength: 12, size: 'max' }), (events) => {
        const people = new PeopleInMemory();
        people.hear(said([card, mail]));
        for (const event of events) people.hear(event);
        const { nodes } = people.stateOf(people.ownerOf(card.id)!);
        expect(people.ownerOf(mail.id)).toBe(people.ownerOf(card.id));
        expect(
          nodes
            .filter(([kind]) => !isDevice(kind))
            .map(([, id]) => id)
            .sort(),
        ).toEqual([card.id, mail.id].sort());
        for (const [kind, , , flags] of nodes) if (isDevice(kind)) expect(flags).toBe(NODE_FLAGS.claimed);
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('never follows a device that was seen with two people: nothing comes to anybody by it', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const people = new PeopleInMemory();
        for (const event of events) {
          const idle = people.idleNodes();
          const without = { ...event, nodes: event.nodes.filter(({ id }) => !idle.has(id)) };
          const claims = event.claims.map((place) => without.nodes.indexOf(event.nodes[place]!)).filter((i) => i >= 0);
          const other = people.copy();
          const { id } = people.hear(event);
          if (idle.has(event.nodes[0]!.id) || without.nodes.length === event.nodes.length) continue;
          expect(other.hear({ ...without, claims }).id).toBe(id);
          // A device that just turned out to be a till leaves on its own account.
          const settled = (of: PeopleInMemory) => of.partition((flags) => (flags & NODE_FLAGS.quarantined) === 0);
          if (people.quarantined().size === other.quarantined().size) expect(settled(people)).toEqual(settled(other));
        }
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('never mixes the people who share devices, however their visits alternate', () => {
    const visit = fc.record({
      who: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
      isAddressed: fc.boolean(),
      device: fc.integer({ min: 0, max: 2 }),
      minute: fc.integer({ min: 0, max: 300 }),
    });
    fc.assert(
      fc.property(fc.array(visit, { minLength: 1, maxLength: 30, size: 'max' }), (visits) => {
        const people = new PeopleInMemory();
        for (const { who, isAddressed, device, minute } of visits) {
          const own = who === undefined ? [] : [node('userId', who), ...(isAddressed ? [node('email', who)] : [])];
          people.hear(said([...own, node('anonymousId', device)], minute * 60_000));
        }
        for (const { nodes } of people.profiles.values()) {
          const whose = nodes.filter(([kind]) => !isDevice(kind)).map(([, id]) => id % 10_000);
          expect(new Set(whose).size).toBeLessThanOrEqual(1);
          const isQuarantined = nodes.some(([, , , flags = 0]) => (flags & NODE_FLAGS.quarantined) !== 0);
          if (isQuarantined) expect(nodes).toHaveLength(1);
        }
        // A till is what was seen with more people within an hour than a household has, no matter in which order.
        for (const id of people.quarantined()) {
          const seen = visits.filter(({ device }) => node('anonymousId', device).id === id);
          const first = seen.findIndex(({ who }) => who !== undefined);
          // The visit by which it became known is hers who signed in first, though she had not yet.
          const times = seen.flatMap(({ who = seen[first]?.who, minute }, i) =>
            who !== undefined && (seen[i]!.who !== undefined || i === 0) ? [[who, minute] as const] : [],
          );
          const most = Math.max(
            ...times.map(
              ([, from]) => new Set(times.filter(([, at]) => at >= from && at - from < 60).map(([who]) => who)).size,
            ),
          );
          expect(most).toBeGreaterThan(DEFAULT_IDENTITY_RULES.userIdsPerHourMax);
        }
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('bounds what one profile comes of, whether everything meets in one, in a chain, in a circle or in a tree', () => {
    const webs = Array.from({ length: 256 }, (_, i) => node('anonymousId', i));
    const shapes: Record<string, readonly (readonly [number, number])[]> = {
      star: webs.slice(1).map((_, i) => [0, i + 1]),
      chain: webs.slice(1).map((_, i) => [i, i + 1]),
      circle: webs.map((_, i) => [i, (i + 1) % webs.length]),
      tree: Array.from({ length: 8 }, (_, level) => 2 ** level).flatMap((step) =>
        Array.from({ length: webs.length / (2 * step) }, (_, i): [number, number] => [
          2 * i * step,
          (2 * i + 1) * step,
        ]),
      ),
    };
    for (const pairs of Object.values(shapes)) {
      const people = new PeopleInMemory();
      // Two days between any two: no more of them within a week than may be.
      for (const [i, web] of webs.entries()) people.hear(said([web], i * 2 * DAY_MS));
      const reasons = pairs.flatMap(([a, b]) => people.hear(said([webs[a]!, webs[b]!], 0)).reasons);
      const merges = [...people.profiles.values()].map((state) => state.merges ?? 0);
      expect(Math.max(...merges)).toBeLessThanOrEqual(MERGES_MAX);
      expect(new Set(reasons)).toEqual(new Set(['merge_limit']));
      expect(people.profiles.size).toBeGreaterThanOrEqual(Math.ceil(webs.length / (MERGES_MAX + 1)));
    }
  });

  it('bounds what one profile holds', () => {
    const people = new PeopleInMemory();
    const ada = node('userId', 0);
    for (let i = 0; i < NODES_MAX + 50; i++) people.hear(said([ada, node('anonymousId', i)], i * 2 * DAY_MS));
    expect([...people.profiles.values()].map(({ nodes }) => nodes.length)).toEqual([NODES_MAX]);
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
