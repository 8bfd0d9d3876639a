import type { ComputedTraitRule, LifecycleSettings, LifecycleStage } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventlogMigrations } from '../../../platform/eventlog/index.ts';
import { httpMigrations } from '../../../platform/http/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import {
  createTestClock,
  createTestDatabase,
  createTestHistory,
  numberWorkspaces,
  type TestClock,
  type TestDatabase,
  type TestHistory,
} from '../../../testkit/index.ts';
import { accountsMigrations } from '../../accounts/index.ts';
import { consentMigrations } from '../../consent/index.ts';
import { eventsHistoryMigrations } from '../../events/index.ts';
import { profilesMigrations, readProfiles } from '../../profiles/index.ts';
import { createSegment } from '../create-segment.ts';
import { listMembers } from '../member-store.ts';
import { segmentsMigrations } from '../migrations/index.ts';
import { LIFECYCLE_DEFAULTS } from '../lifecycle/lifecycle-defaults.ts';
import { updateLifecycle } from '../lifecycle/update-lifecycle.ts';
import { type SegmentWorkspace, SegmentShop } from '../testing/segment-world.ts';
import { archiveComputedTrait, createComputedTrait, updateComputedTrait } from './change-computed-traits.ts';
import { findComputedTrait } from './computed-trait-store.ts';

const DAY_MS = 86_400_000;
let database: TestDatabase;
let history: TestHistory;
let clock: TestClock;
let shop: SegmentShop;
let workspaces = 0;

beforeAll(async () => {
  clock = createTestClock(Date.UTC(2026, 10, 22, 9));
  const migrations = [
    eventlogMigrations,
    httpMigrations,
    accountsMigrations,
    profilesMigrations,
    consentMigrations,
    segmentsMigrations,
  ];
  database = await createTestDatabase(migrations.flat());
  await numberWorkspaces(database.postgres, 20);
  history = await createTestHistory(eventsHistoryMigrations);
  shop = await SegmentShop.open(database, history, clock);
});
afterAll(async () => {
  await shop.close();
  await Promise.all([database.drop(), history.drop()]);
});

const newWorkspace = (): SegmentWorkspace => shop.workspace(++workspaces);
const order = (by: string, atMs: number, total: number | string) => ({
  by: [by],
  name: 'Order Completed',
  atMs,
  properties: { total, city: total === 30 ? 'Haarlem' : 'Delft' },
});

async function traitsOf(here: SegmentWorkspace, said: string): Promise<JsonObject> {
  const [profile] = await readProfiles(here.ctx, [await here.profileId(said)]);
  return profile!.traits;
}

const RULES: Readonly<Record<string, ComputedTraitRule>> = {
  orders: { function: 'count', event: 'Order Completed' },
  orders_30d: { function: 'count', event: 'Order Completed', within: { days: 30 } },
  spent: { function: 'sum', event: 'Order Completed', property: 'total' },
  basket: { function: 'average', event: 'Order Completed', property: 'total' },
  least: { function: 'min', event: 'Order Completed', property: 'total' },
  most: { function: 'max', event: 'Order Completed', property: 'total' },
  cities: { function: 'distinct', event: 'Order Completed', property: 'city' },
  first_total: { function: 'first', event: 'Order Completed', property: 'total' },
  last_total: { function: 'last', event: 'Order Completed', property: 'total' },
  usual_city: { function: 'mostFrequent', event: 'Order Completed', property: 'city' },
  order_age: { function: 'daysSince', event: 'Order Completed' },
};

describe('computed traits', () => {
  it('are exact over history, live and late events, a merge and its undoing, and while only time passes', async () => {
    const here = newWorkspace();
    const now = clock.now();
    await here.live(order('userId:ada', now - 40 * DAY_MS, 10), order('userId:ada', now - 10 * DAY_MS, '30'));
    for (const [name, rule] of Object.entries(RULES)) await createComputedTrait(here.ctx, { name, rule });
    expect(await traitsOf(here, 'userId:ada')).toEqual({});
    // One that comes while history is being counted.
    await here.live(order('userId:ada', now, 30));
    await here.fill();
    expect(await traitsOf(here, 'userId:ada')).toEqual({
      orders: 3,
      orders_30d: 2,
      spent: 70,
      basket: 70 / 3,
      least: 10,
      most: 30,
      cities: 2,
      first_total: 10,
      last_total: 30,
      usual_city: 'Delft',
      order_age: 0,
    });
    await here.live(order('userId:ada', now - 50 * DAY_MS, 5));
    expect(await traitsOf(here, 'userId:ada')).toMatchObject({ orders: 4, spent: 75, first_total: 5, last_total: 30 });
    clock.advance(20 * DAY_MS);
    expect(await traitsOf(here, 'userId:ada')).toMatchObject({ orders: 4, orders_30d: 1, order_age: 20 });
    await here.live(order('anonymousId:device', now - 60 * DAY_MS, 1));
    await here.live({ by: ['userId:ada', 'anonymousId:device'], type: 'identify' });
    const ada = await here.profileId('userId:ada');
    expect(await traitsOf(here, 'userId:ada')).toMatchObject({ orders: 5, spent: 76, first_total: 1, least: 1 });
    await here.unmerge(ada);
    const parts = [await traitsOf(here, 'userId:ada'), await traitsOf(here, 'anonymousId:device')];
    expect(parts.map((traits) => traits['orders']).sort()).toEqual([1, 4]);
  });

  it('are refused where they ask what is sealed, whether new or changed, with the node named', async () => {
    const here = newWorkspace();
    const rule: ComputedTraitRule = { function: 'last', event: 'Order Completed', property: 'email' };
    const refused = { code: 'invalid', details: [{ field: 'rule.property' }] };
    await expect(createComputedTrait(here.ctx, { name: 'last_email', rule })).rejects.toMatchObject(refused);
    const { id } = await createComputedTrait(here.ctx, { name: 'orders', rule: RULES['orders']! });
    await expect(updateComputedTrait(here.ctx, id, { rule })).rejects.toMatchObject(refused);
  });

  it('flip rules that ask for them at the instant, and follow a changed rule', async () => {
    const here = newWorkspace();
    const now = clock.now();
    await here.live(order('userId:eve', now - 10 * DAY_MS, 10), order('userId:eve', now - 5 * DAY_MS, 20));
    const trait = await createComputedTrait(here.ctx, { name: 'orders_30d', rule: RULES['orders_30d']! });
    const segment = await createSegment(here.ctx, {
      name: 'Two in a month',
      rule: { trait: 'orders_30d', op: 'atLeast', value: 2 },
    });
    await here.fill();
    const members = () =>
      listMembers(here.ctx.sql, here.workspaceId, { segmentId: segment.id, afterId: null, limit: 10 });
    expect(await members()).toHaveLength(1);
    await expect(archiveComputedTrait(here.ctx, trait.id)).rejects.toMatchObject({
      code: 'conflict',
      details: [{ field: publicId('seg', segment.id) }],
    });
    clock.advance(20 * DAY_MS - 1);
    await here.wake();
    expect(await members()).toHaveLength(1);
    clock.advance(1);
    await here.wake();
    expect(await members()).toHaveLength(0);
    expect(here.told.map(({ name }) => name)).toEqual(['Segment Left']);
    await updateComputedTrait(here.ctx, trait.id, { rule: { ...RULES['orders_30d']!, within: { days: 60 } } });
    expect((await findComputedTrait(here.ctx.sql, here.workspaceId, trait.id))!.is_filling).toBe(true);
    await here.fill();
    await here.wake();
    expect(await members()).toHaveLength(1);
    expect(await traitsOf(here, 'userId:eve')).toMatchObject({ orders_30d: 2 });
  });
});

describe('lifecycle stages', () => {
  const SETTINGS: LifecycleSettings = { ...LIFECYCLE_DEFAULTS, loyalOrders: 3 };
  type Entered = { stage: LifecycleStage; previous: LifecycleStage };

  it('are entered once each through a year in which mostly time passes', async () => {
    const here = newWorkspace();
    const stageOf = async (said: string) => (await traitsOf(here, said))['lifecycle_stage'];
    const entered: Entered[] = [];
    here.hear('Lifecycle Stage Entered', (properties) => {
      entered.push({ stage: properties['stage'], previous: properties['previous_stage'] } as unknown as Entered);
    });
    const pass = async (days: number) => {
      for (let day = 0; day < days; day += 5) {
        clock.advance(5 * DAY_MS);
        await here.wake();
      }
    };
    await here.live(order('userId:old', clock.now() - 5 * DAY_MS, 10));
    await updateLifecycle(here.ctx, SETTINGS);
    await here.fill();
    await here.settle();
    // Who was in a stage when the settings were made is not told of.
    expect(entered).toEqual([]);
    expect(await stageOf('userId:old')).toBe('first_time');
    await here.live({ by: ['email:zoe@example.com', 'userId:zoe'], type: 'identify' });
    await here.settle();
    expect(entered.splice(0)).toEqual([{ stage: 'lead', previous: 'visitor' }]);
    await here.live(order('userId:zoe', clock.now(), 10));
    // By a clock that runs ahead: they count once they have come.
    await here.live(order('userId:zoe', clock.now() + 1, 10), order('userId:zoe', clock.now() + 2, 10));
    clock.advance(1_000);
    await here.wake();
    expect(entered.splice(0).map(({ stage }) => stage)).toEqual(['first_time', 'loyal']);
    await pass(85);
    expect(entered.splice(0)).toEqual([{ stage: 'at_risk', previous: 'first_time' }]);
    await pass(10);
    expect(entered.splice(0)).toEqual([{ stage: 'at_risk', previous: 'loyal' }]);
    await pass(90);
    expect(entered.splice(0)).toEqual([
      { stage: 'lapsed', previous: 'at_risk' },
      { stage: 'lapsed', previous: 'at_risk' },
    ]);
    await here.live(order('userId:zoe', clock.now(), 10));
    await here.settle();
    expect(await stageOf('userId:zoe')).toBe('won_back');
    await pass(35);
    expect(entered.splice(0)).toEqual([
      { stage: 'won_back', previous: 'lapsed' },
      { stage: 'loyal', previous: 'won_back' },
    ]);
    await pass(145);
    expect(entered.splice(0).map(({ stage }) => stage)).toEqual(['at_risk', 'lapsed']);
    // Other settings find other stages, and tell of none.
    await updateLifecycle(here.ctx, { ...SETTINGS, lapsedAfter: { days: 1_000 } });
    await here.fill();
    await here.settle();
    expect(await stageOf('userId:zoe')).toBe('at_risk');
    expect(entered).toEqual([]);
  });
});
