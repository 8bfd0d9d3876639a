import { segmentRuleSchema, type SegmentRule } from '@segue/contract';
import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventlogMigrations, readSubjects } from '../../platform/eventlog/index.ts';
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
import { profilesMigrations } from '../profiles/index.ts';
import { createSegment } from './create-segment.ts';
import { listMembers } from './member-store.ts';
import { segmentsMigrations } from './migrations/index.ts';
import { isMember } from './segment-section.ts';
import { arbitraryEvent, arbitraryRule, arbitraryTraits, EPOCH_MS, GRID_MS } from './testing/arbitrary-rule.ts';
import { oracleHolds, type OracleEvent } from './testing/naive-oracle.ts';
import { SegmentShop, type SegmentWorkspace } from './testing/segment-world.ts';

let database: TestDatabase;
let history: TestHistory;
let clock: TestClock;
let shop: SegmentShop;
let workspaces = 0;

beforeAll(async () => {
  clock = createTestClock(EPOCH_MS);
  const migrations = [eventlogMigrations, accountsMigrations, profilesMigrations, segmentsMigrations];
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
  .record({ customer, signature: fc.constantFrom(...SIGNATURES), event: arbitraryEvent })
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

/** Segue's own events are tracked too; the oracle does not know of them. */
const rule = arbitraryRule.filter((one) => !JSON.stringify(one).includes('"event":{"type":"track"}'));

const scenario = fc.record({
  waves: fc.array(fc.array(saidEvent, { minLength: 1, maxLength: 12 }), { minLength: 3, maxLength: 6 }),
  traits: saidTraits,
  /** Each rule is defined while the events of a wave are being processed. */
  rules: fc.array(fc.tuple(fc.nat(), rule), { minLength: 3, maxLength: 6, size: 'max' }),
  steps: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 6, maxLength: 6 }),
  eventsMax: fc.integer({ min: 2, max: 30 }),
});

interface Defined {
  readonly id: string;
  readonly rule: SegmentRule;
}

describe('a rule defined while events stream in', () => {
  it('has as members exactly those for whom it holds over everything that ever happened, then and as time goes on', async () => {
    let members = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async ({ waves, traits, rules, steps, eventsMax }) => {
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
          await Promise.all([here.settle(eventsMax), defineAll(here, due, defined), here.fillOnce()]);
          clock.advance(steps[wave]! * GRID_MS);
          await here.wake();
        }
        await here.fill();
        for (let step = 0; step < 6; step++) {
          await here.wake();
          members += await compare(here, said, defined);
          clock.advance(steps[step]! * GRID_MS + (step % 2));
        }
      }),
      { numRuns: propertyRuns(8), endOnFailure: true },
    );
    expect(members).toBeGreaterThan(50);
  });

  function identify(n: number, traits: JsonObject | undefined): Said[] {
    if (traits === undefined) return [];
    const event: OracleEvent = { type: 'identify', name: '', occurredAt: EPOCH_MS, payload: { properties: {} } };
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
    };
  }

  async function defineAll(here: SegmentWorkspace, rules: readonly SegmentRule[], defined: Defined[]): Promise<void> {
    for (const one of rules) {
      const parsed = segmentRuleSchema.parse(one);
      const { id } = await createSegment(here.ctx, { name: `segment ${defined.length}`, rule: parsed });
      defined.push({ id, rule: parsed });
    }
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
    const subjects = await readSubjects(ctx.sql, here.workspaceId, [...histories.keys()]);
    let members = 0;
    for (const one of defined) {
      const expected = [...histories].filter(([, past]) => oracleHolds(one.rule, past, clock.now())).map(([id]) => id);
      const rows = await listMembers(ctx.sql, here.workspaceId, { segmentId: one.id, afterId: null, limit: 100 });
      const found = rows.map((row) => row.profile_id);
      expect(found, JSON.stringify(one.rule)).toEqual(expected.sort());
      expect(
        [...subjects.values()]
          .filter((s) => isMember(s, one.id))
          .map((s) => s.id)
          .sort(),
      ).toEqual(found);
      members += found.length;
    }
    return members;
  }
});
