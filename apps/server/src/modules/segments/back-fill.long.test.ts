import { segmentRuleSchema, type SegmentRule } from '@segue/contract';
import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventlogMigrations, inSubjects } from '../../platform/eventlog/index.ts';
import type { Json, JsonObject } from '../../platform/json.ts';
import {
  createTestClock,
  createTestDatabase,
  createTestHistory,
  numberWorkspaces,
  type TestClock,
  type TestDatabase,
  type TestHistory,
} from '../../testkit/index.ts';
import { accountsMigrations } from '../accounts/index.ts';
import { eventsHistoryMigrations } from '../events/index.ts';
import { consentMigrations } from '../consent/index.ts';
import { listProfileIdsAfter, profilesMigrations } from '../profiles/index.ts';
import { catchUpMembers } from './catch-up-members.ts';
import { createSegment } from './create-segment.ts';
import { listMembers } from './member-store.ts';
import { segmentsMigrations } from './migrations/index.ts';
import { listActiveSegments } from './segment-store.ts';
import { updateSegment } from './update-segment.ts';
import { isMember } from './segment-section.ts';
import { arbitraryEvent, arbitraryRule, arbitraryTraits, EPOCH_MS, GRID_MS } from './testing/arbitrary-rule.ts';
import { arbitraryHistoryRule } from './testing/arbitrary-leaf.ts';
import { oracleHolds, type OracleEvent } from './testing/naive-oracle.ts';
import { SegmentShop, type SegmentWorkspace } from './testing/segment-world.ts';

let database: TestDatabase;
let history: TestHistory;
let clock: TestClock;
let shop: SegmentShop;
let workspaces = 0;

beforeAll(async () => {
  clock = createTestClock(EPOCH_MS);
  const migrations = [
    eventlogMigrations,
    accountsMigrations,
    profilesMigrations,
    consentMigrations,
    segmentsMigrations,
  ];
  database = await createTestDatabase(migrations.flat());
  await numberWorkspaces(database.postgres, 200);
  history = await createTestHistory(eventsHistoryMigrations);
  shop = await SegmentShop.open(database, history, clock);
});
afterAll(async () => {
  await shop.close();
  await Promise.all([database.drop(), history.drop()]);
});

const CUSTOMERS = 4;
/** How an event is signed: on either device, signed in, or signed in on a device, which joins the two. */
const SIGNATURES = [
  ['phone'],
  ['laptop'],
  ['phone'],
  ['laptop'],
  ['user'],
  ['user', 'phone'],
  ['user', 'laptop'],
] as const;

const identifier = (customer: number, what: string) =>
  what === 'user' ? `userId:c${customer}` : `anonymousId:${what}${customer}`;

interface Said {
  readonly by: readonly string[];
  readonly event: OracleEvent;
  readonly traits?: JsonObject;
}

const customer = fc.integer({ min: 0, max: CUSTOMERS - 1 });
const saidEvent: fc.Arbitrary<Said> = fc
  // What traits are said is another part of the scenario.
  .record({
    customer,
    signature: fc.constantFrom(...SIGNATURES),
    event: arbitraryEvent.filter((event) => event.type !== 'identify'),
  })
  .map(({ customer: n, signature, event }) => ({ by: signature.map((what) => identifier(n, what)), event }));
/** Once a customer, so that what the traits are does not depend on who was merged when. */
const saidTraits: fc.Arbitrary<readonly (JsonObject | undefined)[]> = fc
  .array(fc.option(arbitraryTraits, { nil: undefined }), { minLength: CUSTOMERS, maxLength: CUSTOMERS })
  .map((all) =>
    all.map(
      (traits) =>
        traits && (Object.fromEntries(Object.entries(traits).filter(([key]) => key !== '__proto__')) as JsonObject),
    ),
  );

/**
 * Segue's own events are tracked too, and customers tell their zones; the oracle does not know of them. Rules of other segments
 * have a test of their own.
 */
const UNKNOWN = /"event":\{"type":"track"\}|"segment":|"customer"/;
const isKnown = (one: SegmentRule) => !UNKNOWN.test(JSON.stringify(one)) && segmentRuleSchema.safeParse(one).success;
/** Half of them history can answer whole. */
const rule = fc.oneof(arbitraryRule, arbitraryHistoryRule).filter(isKnown);

const scenario = fc.record({
  waves: fc.array(fc.array(saidEvent, { minLength: 1, maxLength: 12 }), { minLength: 3, maxLength: 6 }),
  traits: saidTraits,
  /** Each rule is defined while the events of a wave are being processed. */
  rules: fc.array(fc.tuple(fc.nat(), rule), { minLength: 3, maxLength: 6, size: 'max' }),
  /** A segment gets another rule while the events of a wave are being processed. */
  changes: fc.array(fc.tuple(fc.nat(), fc.nat(), rule), { maxLength: 3 }),
  steps: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 6, maxLength: 6 }),
  eventsMax: fc.integer({ min: 2, max: 30 }),
});

const worldOf = (profileId: string) => ({ zone: 'UTC', customerZone: 'UTC', profileId, segments: {}, computed: {} });

interface Defined {
  readonly id: string;
  rule: SegmentRule;
}

describe('a rule defined while events stream in', () => {
  it('has as members exactly those for whom it holds over everything that ever happened, then and as time goes on', async () => {
    let members = 0;
    let changed = 0;
    const ways = new Set<string>();
    await fc.assert(
      fc.asyncProperty(scenario, async ({ waves, traits, rules, changes, steps, eventsMax }) => {
        const here = shop.workspace(++workspaces);
        // A new workspace begins where the events do; nothing older stands in it.
        clock.advance(EPOCH_MS - clock.now());
        const said: Said[] = [];
        const defined: Defined[] = [];
        for (const [wave, events] of waves.entries()) {
          const own = wave < CUSTOMERS ? identify(wave, traits[wave]) : [];
          const now = [...events, ...own];
          said.push(...now);
          await here.say(...now.map(toShopEvent));
          const due = rules.filter(([when]) => when % waves.length === wave).map(([, one]) => one);
          const turns = changes.filter(([when]) => when % waves.length === wave);
          const define = async () => {
            await defineAll(here, due, defined);
            changed += await changeAll(here, turns, defined);
          };
          await Promise.all([here.settle(eventsMax), define(), fillOnce(here, ways)]);
          clock.advance(steps[wave]! * GRID_MS);
          await here.wake();
        }
        while (!(await isLive(here))) {
          await fillOnce(here, ways);
          await here.settle();
        }
        for (let step = 0; step < 6; step++) {
          await here.wake();
          members += await compare(here, said, defined);
          clock.advance(steps[step]! * GRID_MS + (step % 2));
        }
        await here.wake();
        await compareStates(here, defined);
      }),
      { numRuns: propertyRuns(8), endOnFailure: true },
    );
    expect(members).toBeGreaterThan(50);
    expect(changed).toBeGreaterThan(0);
    expect([...ways].sort()).toEqual(['history', 'sweep']);
  }, 120_000);

  async function isLive({ ctx, workspaceId }: SegmentWorkspace): Promise<boolean> {
    const segments = await listActiveSegments(ctx.sql, workspaceId);
    return segments.every(({ status, next_rule: next }) => status === 'live' && next === null);
  }

  async function fillOnce(here: SegmentWorkspace, ways: Set<string>): Promise<void> {
    await here.fillOnce();
    for (const { fill } of await listActiveSegments(here.ctx.sql, here.workspaceId)) if (fill.way) ways.add(fill.way);
  }

  function identify(n: number, traits: JsonObject | undefined): Said[] {
    if (traits === undefined) return [];
    const event: OracleEvent = {
      type: 'identify',
      name: '',
      occurredAt: EPOCH_MS,
      payload: { properties: {}, traits },
    };
    return [{ by: [identifier(n, 'user')], event, traits }];
  }

  function toShopEvent({ by, event, traits }: Said) {
    const properties = event.payload.properties as JsonObject;
    return {
      by,
      type: event.type as 'track',
      name: event.name,
      atMs: event.occurredAt,
      properties,
      ...(traits && { traits }),
      ...(event.payload.context && { context: event.payload.context as JsonObject }),
    };
  }

  async function defineAll(here: SegmentWorkspace, rules: readonly SegmentRule[], defined: Defined[]): Promise<void> {
    for (const one of rules) {
      const parsed = segmentRuleSchema.parse(one);
      const { id } = await createSegment(here.ctx, { name: `segment ${defined.length}`, rule: parsed });
      defined.push({ id, rule: parsed });
    }
  }

  async function changeAll(
    here: SegmentWorkspace,
    turns: readonly (readonly [number, number, SegmentRule])[],
    defined: readonly Defined[],
  ): Promise<number> {
    for (const [, which, one] of turns) {
      const turned = defined[which % Math.max(1, defined.length)];
      if (turned === undefined) continue;
      turned.rule = segmentRuleSchema.parse(one);
      await updateSegment(here.ctx, turned.id, { rule: turned.rule });
    }
    return turns.length;
  }

  /** Every profile against every rule; answers how many memberships there are. */
  async function compare(here: SegmentWorkspace, said: readonly Said[], defined: readonly Defined[]): Promise<number> {
    const { ctx } = here;
    const histories = new Map<string, { traits: Json; events: OracleEvent[] }>();
    for (const { by, event, traits } of said) {
      const id = await here.profileId(by[0]!);
      const known = histories.get(id) ?? { traits: {}, events: [] };
      histories.set(id, { traits: traits ?? known.traits, events: [...known.events, event] });
    }
    let members = 0;
    for (const one of defined) {
      const expected = [...histories]
        .filter(([id, past]) => oracleHolds(one.rule, { ...past, world: worldOf(id) }, clock.now()))
        .map(([id]) => id);
      const rows = await listMembers(ctx.sql, here.workspaceId, { segmentId: one.id, afterId: null, limit: 100 });
      const found = rows.map((row) => row.profile_id);
      expect(found, JSON.stringify(one.rule)).toEqual(expected.sort());
      members += found.length;
    }
    return members;
  }

  /** Once they are looked at, profiles know themselves what the rows say of them. */
  async function compareStates(here: SegmentWorkspace, defined: readonly Defined[]): Promise<void> {
    const { ctx, workspaceId } = here;
    const rows = new Map<string, readonly string[]>();
    for (const { id } of defined) {
      const members = await listMembers(ctx.sql, workspaceId, { segmentId: id, afterId: null, limit: 100 });
      rows.set(
        id,
        members.map((row) => row.profile_id),
      );
    }
    const ids = await listProfileIdsAfter(ctx.sql, workspaceId, { afterId: null, limit: 100 });
    await inSubjects(here.processes[0]!.services, { workspaceId, ids }, async (batch) => {
      await catchUpMembers(batch, batch.subjects.values());
      for (const { id, rule } of defined) {
        const members = [...batch.subjects.values()].filter((subject) => isMember(subject, id));
        expect(members.map((subject) => subject.id).sort(), JSON.stringify(rule)).toEqual(rows.get(id));
      }
    });
  }
});

describe('while the history of a new segment is counted', () => {
  const twice = (where: object) =>
    segmentRuleSchema.parse({
      event: 'Order Completed',
      where: [{ op: 'equals', ...where }],
      count: { atLeast: 2 },
    });
  const order = (by: string, properties: JsonObject) => ({ by: [by], name: 'Order Completed', properties });

  it('who enters or leaves it by what happens is told of, who was in before is not', async () => {
    const here = shop.workspace(++workspaces);
    const [ada, ben, cleo, dora] = ['userId:ada', 'userId:ben', 'userId:cleo', 'userId:dora'] as const;
    const shoes = { category: 'shoes' };
    await here.live(order(ada, shoes), order(ben, shoes), order(ben, shoes), order(dora, shoes), order(dora, shoes));
    const once = { event: 'Shoes Returned', count: { exactly: 0 } };
    const rule = segmentRuleSchema.parse({ all: [twice({ property: 'category', value: 'shoes' }), once] });
    const { id } = await createSegment(here.ctx, { name: 'Shoes twice', rule });
    // Ada enters, Cleo comes and enters, Dora leaves; Ben was in and something happens to him.
    await here.live(order(ada, shoes), order(cleo, shoes), order(cleo, shoes), order(ben, shoes));
    await here.live({ by: [dora], name: 'Shoes Returned' });
    await here.fill();
    const [adaId, benId, cleoId, doraId] = await Promise.all([ada, ben, cleo, dora].map((by) => here.profileId(by)));
    const byProfile = here.told.map(({ profileId, name, cause }) => [profileId, name, cause]).sort();
    expect(byProfile).toEqual(
      [
        [adaId, 'Segment Entered', 'event'],
        [cleoId, 'Segment Entered', 'event'],
        [doraId, 'Segment Left', 'event'],
      ].sort(),
    );
    const rows = await listMembers(here.ctx.sql, here.workspaceId, { segmentId: id, afterId: null, limit: 9 });
    expect(rows.map(({ profile_id, cause }) => [profile_id, cause]).sort()).toEqual(
      [
        [adaId, 'event'],
        [benId, 'already_in'],
        [cleoId, 'event'],
      ].sort(),
    );
  });

  it('nothing is told of whom history could not judge', async () => {
    const here = shop.workspace(++workspaces);
    const [ada, ben] = ['userId:ada', 'userId:ben'] as const;
    const size = { size: 'SCHÖN' };
    await here.live(order(ada, size), order(ada, size), order(ben, size), order(ben, size));
    const { id } = await createSegment(here.ctx, {
      name: 'Large',
      rule: twice({ property: 'size', value: 'schön', ignoreCase: true }),
    });
    await here.live(order(ben, size));
    await here.fill();
    expect(here.told).toEqual([]);
    const rows = await listMembers(here.ctx.sql, here.workspaceId, { segmentId: id, afterId: null, limit: 9 });
    expect(rows.map(({ cause }) => cause)).toEqual(['already_in', 'already_in']);
  });

  it('a value too large to count stops no rule, and counts for none', async () => {
    const here = shop.workspace(++workspaces);
    await here.live(order('userId:ada', { total: 1.7976931348623157e308 }), order('userId:ben', { total: 2 }));
    const rule: SegmentRule = {
      event: 'Order Completed',
      aggregate: { function: 'sum', property: 'total', op: 'atLeast', value: 1 },
    };
    const { id } = await createSegment(here.ctx, { name: 'Any', rule });
    await here.fill();
    expect(await listMembers(here.ctx.sql, here.workspaceId, { segmentId: id, afterId: null, limit: 9 })).toHaveLength(
      1,
    );
  });
});
