import type { SegmentRule } from '@segue/contract';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { History } from '../../platform/clickhouse/index.ts';
import { eventlogMigrations, inSubjects, readSubjects } from '../../platform/eventlog/index.ts';
import { httpMigrations } from '../../platform/http/index.ts';
import { newUuid, parsePublicId, publicId } from '../../platform/ids/index.ts';
import {
  createTestClock,
  createTestDatabase,
  createTestHistory,
  numberWorkspaces,
  serveRoutes,
  type TestClock,
  type TestDatabase,
  type TestHistory,
} from '../../testkit/index.ts';
import { accountsMigrations } from '../accounts/index.ts';
import { consentMigrations } from '../consent/index.ts';
import { eventsHistoryMigrations } from '../events/index.ts';
import { createIdentityGraphRoutes, profilesMigrations } from '../profiles/index.ts';
import { segmentsMigrations } from './migrations/index.ts';
import { createSegmentRoutes } from './routes.ts';
import { runBackFills } from './run-back-fills.ts';
import { runDueWakes } from './run-due-wakes.ts';
import { isMember, segmentSection } from './segment-section.ts';
import { SegmentShop, type SegmentWorkspace } from './testing/segment-world.ts';

let database: TestDatabase;
let history: TestHistory;
let clock: TestClock;
let shop: SegmentShop;
let workspaces = 0;
let here: SegmentWorkspace;
let app: FastifyInstance;

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
  await numberWorkspaces(database.postgres, 200);
  history = await createTestHistory(eventsHistoryMigrations);
  shop = await SegmentShop.open(database, history, clock);
});
afterAll(async () => {
  await shop.close();
  await Promise.all([database.drop(), history.drop()]);
});
beforeEach(() => {
  here = shop.workspace(++workspaces);
  app = routesOf(here);
});

/** Templates and journeys stand above this module. */
const noOrigins = { template: async () => new Set<string>(), journey: async () => new Set<string>() };
const routesOf = (workspace: SegmentWorkspace): FastifyInstance =>
  serveRoutes([createSegmentRoutes(noOrigins), createIdentityGraphRoutes(workspace.reshaper)], () => workspace.ctx);

interface Segment {
  id: string;
  status: string;
  members: number;
}

const get = async <T>(url: string, server = app) => (await server.inject({ method: 'GET', url })).json<T>();

/** Defines a segment; answers its internal id. */
async function define(name: string, rule: SegmentRule): Promise<string> {
  const response = await app.inject({ method: 'POST', url: '/api/v1/segments', payload: { name, rule } });
  expect(response.statusCode, response.body).toBe(201);
  return parsePublicId('seg', response.json<Segment>().id)!;
}

async function defineLive(name: string, rule: SegmentRule): Promise<string> {
  const id = await define(name, rule);
  await here.fill();
  return id;
}

const read = (id: string) => get<Segment>(`/api/v1/segments/${publicId('seg', id)}`);
const membersOf = async (id: string) => {
  const page = await get<{ items: { profileId: string }[] }>(`/api/v1/segments/${publicId('seg', id)}/members`);
  return page.items.map((item) => parsePublicId('prf', item.profileId)!);
};
const told = () => here.told.map(({ name, segment }) => `${name}: ${segment}`);
const rowsOf = async (table: string) => {
  const { rowCount } = await database.postgres.query({
    text: `select 1 from ${table} where workspace_id = $1`,
    values: [here.workspaceId],
  });
  return rowCount;
};

const tick = () => new Promise<number>((resolve) => setImmediate(resolve, -1));
const order = (...by: string[]) => ({ by, name: 'Order' });
const ordered = (atLeast: number, seconds?: number): SegmentRule => ({
  event: 'Order',
  count: { atLeast },
  ...(seconds !== undefined && { within: { seconds } }),
});

describe('a live segment', () => {
  it('asks at once about a trait that sessions set, whatever event set it', async () => {
    const id = await defineLive('from Bing', { trait: 'last_touch.source', op: 'equals', value: 'bing' });
    const page = (referrer: string) => ({ page: { url: 'https://shop.example/', referrer } });
    await here.live({ by: ['userId:ada'], type: 'page', context: page('') });
    expect(await membersOf(id)).toEqual([]);
    clock.advance(3_600_000);
    await here.live({ by: ['userId:ada'], type: 'page', context: page('https://www.bing.com/') });
    expect(await membersOf(id)).toEqual([await here.profileId('userId:ada')]);
    expect(told()).toEqual(['Segment Entered: from Bing']);
  });

  it('is entered and left by events, each told once', async () => {
    const id = await defineLive('gold', { trait: 'plan', op: 'equals', value: 'gold' });
    await here.live(
      { by: ['userId:ada'], type: 'identify', traits: { plan: 'gold' } },
      { by: ['userId:ada'], type: 'identify', traits: { plan: 'gold' } },
    );
    const ada = await here.profileId('userId:ada');
    expect(await membersOf(id)).toEqual([ada]);
    clock.advance(1);
    await here.live({ by: ['userId:ada'], type: 'identify', traits: { plan: 'basic' } });
    expect(await membersOf(id)).toEqual([]);
    expect(here.told).toEqual([
      { name: 'Segment Entered', segment: 'gold', profileId: ada, cause: 'event' },
      { name: 'Segment Left', segment: 'gold', profileId: ada, cause: 'event' },
    ]);
  });

  it('is left to the millisecond when only time passes', async () => {
    const id = await defineLive('recent', ordered(1, 60));
    await here.live(order('userId:ada'));
    expect(await membersOf(id)).toHaveLength(1);
    clock.advance(59_999);
    await here.wake();
    expect(await membersOf(id)).toHaveLength(1);
    clock.advance(1);
    await here.wake();
    expect(await membersOf(id)).toEqual([]);
    expect(told()).toEqual(['Segment Entered: recent', 'Segment Left: recent']);
    expect(await rowsOf('segment_wake')).toBe(0);
  });

  it('is entered to the millisecond when only time passes', async () => {
    const id = await defineLive('due', { trait: 'renewal', op: 'withinNext', value: { seconds: 10 } });
    const renewal = new Date(clock.now() + 30_000).toISOString();
    await here.live({ by: ['userId:ada'], type: 'identify', traits: { renewal } });
    clock.advance(19_999);
    await here.wake();
    expect(await membersOf(id)).toEqual([]);
    clock.advance(1);
    await here.wake();
    expect(await membersOf(id)).toHaveLength(1);
    clock.advance(10_000);
    await here.wake();
    expect(await membersOf(id)).toEqual([]);
  });

  it('reads personal traits, also those inside another, and does not mind an instant no calendar has', async () => {
    const byMail = await defineLive('by mail', { trait: 'email', op: 'endsWith', value: '@shop.example' });
    const byCompany = await defineLive('by company', { trait: 'company.email', op: 'exists' });
    await defineLive('far', { trait: 'until', op: 'withinLast', value: { days: 30 } });
    await here.live({
      by: ['userId:ada'],
      type: 'identify',
      traits: { company: { size: 3 }, until: 8_640_000_000_000_000 },
      personal: { email: 'ada@shop.example', company: { email: 'c@shop.example' } },
    });
    const ada = await here.profileId('userId:ada');
    expect([await membersOf(byMail), await membersOf(byCompany)]).toEqual([[ada], [ada]]);
    expect(await rowsOf('log_dead_letter')).toBe(0);
  });

  it('reads traits that are identifiers of the workspace’s own kind, which are sealed like any', async () => {
    await here.ctx.postgres.query({
      text: `insert into identity_kind (workspace_id, code, name) values ($1, 100, 'crmId')`,
      values: [here.ctx.workspaceId],
    });
    const byOwn = await defineLive('by own', { trait: 'crm_id', op: 'equals', value: 'C-7' });
    await here.live({ by: ['userId:ada'], type: 'identify', traits: { plan: 'plus' }, personal: { crm_id: 'C-7' } });
    expect(await membersOf(byOwn)).toEqual([await here.profileId('userId:ada')]);
  });

  it('shows its members page by page, and its count', async () => {
    const id = await defineLive('buyers', ordered(1));
    await here.say(...Array.from({ length: 7 }, (_, i) => order(`userId:u${i}`)));
    await here.settle();
    expect(await read(id)).toMatchObject({ status: 'live', members: 7 });
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const url = `/api/v1/segments/${publicId('seg', id)}/members?limit=3&cursor=${cursor}`;
      const page: { items: { profileId: string }[]; nextCursor: string | null } = await get(url);
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...page.items.map((item) => item.profileId));
      cursor = page.nextCursor;
    }
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
    const ofOne = await get<{ items: { name: string }[] }>(`/api/v1/profiles/${seen[0]}/segments`);
    expect(ofOne.items.map((item) => item.name)).toEqual(['buyers']);
  });

  it('is refused a name that is taken, and a malformed cursor, by the name of the field', async () => {
    await define('same', ordered(1));
    const again = await app.inject({
      method: 'POST',
      url: '/api/v1/segments',
      payload: { name: 'SAME', rule: ordered(2) },
    });
    expect(again.statusCode).toBe(409);
    expect(again.json()).toMatchObject({ code: 'conflict', errors: [{ field: 'name' }] });
    for (const key of [['not a uuid'], [1], [], 'text']) {
      const cursor = Buffer.from(JSON.stringify(key)).toString('base64url');
      const response = await app.inject({ method: 'GET', url: `/api/v1/segments?cursor=${cursor}` });
      expect(response.statusCode).toBe(400);
      expect(response.json()).toMatchObject({ errors: [{ field: 'cursor' }] });
    }
    await here.fill();
  });

  it('of one workspace takes in nobody of another', async () => {
    const id = await defineLive('buyers', ordered(1));
    const elsewhere = shop.workspace(++workspaces);
    await elsewhere.say(order('userId:ada'));
    await elsewhere.settle();
    expect(await membersOf(id)).toEqual([]);
    const response = await routesOf(elsewhere).inject({
      method: 'GET',
      url: `/api/v1/segments/${publicId('seg', id)}`,
    });
    expect(response.statusCode).toBe(404);
  });
});

describe('a merge', () => {
  it('adds up what both profiles were counted', async () => {
    const id = await defineLive('twice', ordered(2));
    await here.live(order('anonymousId:web'), order('userId:ada'));
    expect(await membersOf(id)).toEqual([]);
    await here.live({ by: ['userId:ada', 'anonymousId:web'], name: 'Viewed' });
    expect(await membersOf(id)).toEqual([await here.profileId('userId:ada')]);
    expect(told()).toEqual(['Segment Entered: twice']);
  });

  it('of two members tells of nothing: the customer was in and stays in', async () => {
    const id = await defineLive('buyers', ordered(1, 60));
    await here.live(order('anonymousId:web'), order('userId:ada'));
    await here.live({ by: ['userId:ada', 'anonymousId:web'], name: 'Viewed' });
    expect(await membersOf(id)).toEqual([await here.profileId('userId:ada')]);
    expect(told()).toEqual(['Segment Entered: buyers', 'Segment Entered: buyers']);
    expect(await rowsOf('segment_wake')).toBe(1);
  });

  it('of a member into a profile that was none keeps her in without telling again, and tells when she leaves', async () => {
    const id = await defineLive('buyers', ordered(1, 60));
    await here.live(order('anonymousId:web'), { by: ['userId:ada'], name: 'Viewed' });
    await here.live({ by: ['userId:ada', 'anonymousId:web'], name: 'Viewed' });
    const ada = await here.profileId('userId:ada');
    expect(await membersOf(id)).toEqual([ada]);
    clock.advance(60_000);
    await here.wake();
    expect(told()).toEqual(['Segment Entered: buyers', 'Segment Left: buyers']);
    expect(here.told[1]!.profileId).toBe(ada);
  });

  it('that makes a rule false ends the membership and tells so', async () => {
    const id = await defineLive('never bought', { not: ordered(1) });
    await here.live({ by: ['anonymousId:web'], name: 'Viewed' }, order('userId:ada'));
    expect(await membersOf(id)).toEqual([await here.profileId('anonymousId:web')]);
    await here.live({ by: ['userId:ada', 'anonymousId:web'], name: 'Viewed' });
    expect(await membersOf(id)).toEqual([]);
    expect(told().at(-1)).toBe('Segment Left: never bought');
  });
});

describe('a new segment', () => {
  it('finds those who were in before it was defined, without telling; who enters later is told', async () => {
    await here.live(order('userId:ada'), { by: ['userId:bob'], name: 'Viewed' });
    const id = await define('buyers', ordered(1));
    expect(await read(id)).toMatchObject({ status: 'filling', members: 0 });
    await here.fill();
    expect(await membersOf(id)).toEqual([await here.profileId('userId:ada')]);
    expect(told()).toEqual([]);
    await here.live(order('userId:bob'));
    expect(told()).toEqual(['Segment Entered: buyers']);
    // What history counted lies ready until she is touched.
    expect(await rowsOf('leaf_state')).toBe(1);
    await here.live({ by: ['userId:ada'], name: 'Viewed' });
    expect(await rowsOf('leaf_state')).toBe(0);
  });

  it('shares what is counted with another of the same events, and leaves it the count when it goes', async () => {
    await here.live(order('userId:ada'), order('userId:ada'));
    const once = await defineLive('once', ordered(1));
    const thrice = await defineLive('thrice', ordered(3));
    expect(await rowsOf('segment_leaf')).toBe(1);
    await app.inject({ method: 'DELETE', url: `/api/v1/segments/${publicId('seg', once)}` });
    expect(await rowsOf('segment_leaf')).toBe(1);
    await here.live(order('userId:ada'));
    expect(await membersOf(thrice)).toEqual([await here.profileId('userId:ada')]);
  });

  it('is filled once, though another process comes to the same step meanwhile', async () => {
    await here.live(order('userId:ada'));
    const id = await define('twice', ordered(2));
    const { services } = shop.processes[0];
    let open = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    let asked = 0;
    const query: History['query'] = async (question) => {
      const rows = await history.history.query<never>(question);
      asked++;
      await opened;
      return rows;
    };
    const slow = { ...services, history: { ...history.history, query } };
    const late = (async () => {
      while (asked === 0) if ((await runBackFills(slow)) === 0) await tick();
    })();
    while (asked === 0) await tick();
    // The first one has its answer and has not written it: the other makes nothing of the step.
    expect(await runBackFills(shop.processes[1].services)).toBe(0);
    await here.live({ by: ['userId:ada'], name: 'Viewed' });
    open();
    await late;
    await here.live({ by: ['userId:ada'], name: 'Viewed' });
    await here.fill();
    await here.live({ by: ['userId:ada'], type: 'identify' });
    expect(await membersOf(id)).toEqual([]);
    await here.live(order('userId:ada'));
    expect(await membersOf(id)).toEqual([await here.profileId('userId:ada')]);
  });

  it('is held up by no other whose history cannot be counted', async () => {
    await here.live(order('userId:ada'), { by: ['userId:ada'], type: 'page' });
    const broken = await define('broken', ordered(1));
    const values = [here.workspaceId];
    await database.postgres.query({ text: `update segment_leaf set cut = '{}' where workspace_id = $1`, values });
    const whole = await define('whole', { event: { type: 'page' } });
    let faults = 0;
    while ((await read(whole)).status !== 'live') await here.fillOnce().catch(() => faults++);
    expect(faults).toBeGreaterThan(0);
    expect(await membersOf(whole)).toHaveLength(1);
    expect(await read(broken)).toMatchObject({ status: 'filling' });
    await app.inject({ method: 'DELETE', url: `/api/v1/segments/${publicId('seg', broken)}` });
  });
});

describe('a profile counted anew from its history', () => {
  const rebuild = async (said: string) => {
    const id = publicId('prf', await here.profileId(said));
    return (await app.inject({ method: 'POST', url: `/api/v1/profiles/${id}/rebuild` })).statusCode;
  };
  const exactly = (times: number): SegmentRule => ({ event: 'Order', count: { exactly: times } });

  it('is as it was, and is mended when it was not', async () => {
    const twice = await defineLive('twice', exactly(2));
    await here.live(order('anonymousId:web'), order('userId:ada'), {
      by: ['userId:ada', 'anonymousId:web'],
      name: 'Viewed',
    });
    const ada = await here.profileId('userId:ada');
    expect(await rebuild('userId:ada')).toBe(204);
    expect(await membersOf(twice)).toEqual([ada]);
    await inSubjects(here.ctx, { workspaceId: here.workspaceId, ids: [ada] }, async (batch) => {
      batch.subjects.get(ada)!.set(segmentSection, { leaves: {}, member: [] });
    });
    await here.live({ by: ['userId:ada'], name: 'Viewed' });
    expect(await rebuild('userId:ada')).toBe(204);
    expect(await membersOf(twice)).toEqual([ada]);
    await here.live(order('userId:ada'));
    expect(await membersOf(twice)).toEqual([]);
  });

  it('while a new segment is being filled is counted once for it', async () => {
    const old = await defineLive('old', exactly(1));
    await here.live(order('userId:ada'), { by: ['userId:ada'], type: 'page' });
    const fresh = await define('fresh', { event: { type: 'page' }, count: { atLeast: 2 } });
    for (;;) {
      expect(await rebuild('userId:ada')).toBe(204);
      if ((await read(fresh)).status === 'live') break;
      // Step by step, so that a rebuild comes between any two.
      await runBackFills(shop.processes[0].services);
    }
    await here.settle();
    const ada = await here.profileId('userId:ada');
    expect([await membersOf(old), await membersOf(fresh)]).toEqual([[ada], []]);
    expect(told()).toEqual(['Segment Entered: old']);
  });
});

describe('an archived segment', () => {
  const archive = (id: string) => app.inject({ method: 'DELETE', url: `/api/v1/segments/${publicId('seg', id)}` });

  it('is gone from every answer, and all that was counted for it is forgotten', async () => {
    const id = await defineLive('buyers', ordered(1, 60));
    await here.live(order('userId:ada'));
    const ada = await here.profileId('userId:ada');
    const subject = async () => (await readSubjects(here.ctx.sql, here.workspaceId, [ada])).get(ada)!;
    expect(isMember(await subject(), id)).toBe(true);
    expect((await archive(id)).statusCode).toBe(204);
    for (const path of ['', '/members']) {
      const response = await app.inject({ method: 'GET', url: `/api/v1/segments/${publicId('seg', id)}${path}` });
      expect(response.statusCode).toBe(404);
    }
    expect((await archive(id)).statusCode).toBe(404);
    expect(await get<{ items: [] }>(`/api/v1/profiles/${publicId('prf', ada)}/segments`)).toMatchObject({ items: [] });
    for (const table of ['segment_member', 'segment_leaf', 'leaf_state']) expect(await rowsOf(table)).toBe(0);
    await here.live({ by: ['userId:ada'], name: 'Viewed' });
    expect(isMember(await subject(), id)).toBe(false);
    clock.advance(60_000);
    await here.wake();
    expect(told()).toEqual(['Segment Entered: buyers']);
    expect(await rowsOf('segment_wake')).toBe(0);
  });

  it('defined anew counts the whole history again, and nothing of what profiles still held', async () => {
    const first = await defineLive('twice', ordered(2));
    await here.live(order('userId:ada'));
    await archive(first);
    await here.live({ by: ['userId:bob'], name: 'Viewed' });
    const second = await defineLive('twice', ordered(2));
    expect(await membersOf(second)).toEqual([]);
    await here.live(order('userId:ada'));
    expect(await membersOf(second)).toEqual([await here.profileId('userId:ada')]);
  });

  it('can be archived while batches flip its memberships', async () => {
    for (let round = 0; round < 4; round++) {
      const id = await defineLive(`round ${round}`, { trait: 'plan', op: 'equals', value: 'gold' });
      for (const plan of ['gold', 'basic']) {
        clock.advance(1);
        await here.say(
          ...Array.from({ length: 40 }, (_, i) => ({
            by: [`userId:u${i}`],
            type: 'identify' as const,
            traits: { plan },
          })),
        );
        const [response] = await Promise.all([plan === 'basic' ? archive(id) : undefined, here.settle(20)]);
        if (response !== undefined) expect(response.statusCode).toBe(204);
      }
      expect(await rowsOf('segment_member')).toBe(0);
    }
  });
});

describe('wakes', () => {
  it('of nobody are dropped: they do not come up again in every round', async () => {
    await defineLive('recent', ordered(1, 60));
    await database.postgres.query({
      text: 'insert into segment_wake (workspace_id, profile_id, wake_at) values ($1, $2, $3)',
      values: [here.workspaceId, newUuid(0), new Date(clock.now())],
    });
    const { services } = shop.processes[0];
    expect(await runDueWakes(services)).toBe(1);
    expect(await runDueWakes(services)).toBe(0);
  });
});
