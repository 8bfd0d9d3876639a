import type { SegmentRule } from '@segue/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { eventlogMigrations, inTransaction, readPositions, readSubjects } from '../../platform/eventlog/index.ts';
import { httpMigrations } from '../../platform/http/index.ts';
import { publicId } from '../../platform/ids/index.ts';
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
import { createSegment } from './create-segment.ts';
import { segmentsMigrations } from './migrations/index.ts';
import { runBackFills } from './run-back-fills.ts';
import { segmentSection } from './segment-section.ts';
import { listLeaves } from './leaf-store.ts';
import { SegmentShop, type SegmentWorkspace } from './testing/segment-world.ts';

let database: TestDatabase;
let history: TestHistory;
let clock: TestClock;
let shop: SegmentShop;
let workspaces = 0;
let here: SegmentWorkspace;

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
  await numberWorkspaces(database.postgres, 50);
  history = await createTestHistory(eventsHistoryMigrations);
  shop = await SegmentShop.open(database, history, clock);
});
afterAll(async () => {
  await shop.close();
  await Promise.all([database.drop(), history.drop()]);
});
beforeEach(() => {
  here = shop.workspace(++workspaces);
});

const define = (name: string, rule: SegmentRule) =>
  inTransaction(here.ctx, (ctx) => createSegment(ctx, { name, rule }));

const order = (...by: string[]) => ({ by, name: 'Order' });
const atLeast = (n: number, within?: { hours: number }): SegmentRule => ({
  event: 'Order',
  count: { atLeast: n },
  ...(within && { within }),
});

/** What segments keep of a profile, rows included, so that it can be laid beside another's. */
async function keptOf(profileId: string) {
  const { sql } = here.ctx;
  const values = [here.workspaceId, profileId];
  const members = await sql.query<{ name: string }>({
    text: `select s.name from segment_member m join segment s on s.workspace_id = m.workspace_id and s.id = m.segment_id
           where m.workspace_id = $1 and m.profile_id = $2 order by 1`,
    values,
  });
  const wakes = await sql.query<{ wake_at: Date }>({
    text: 'select wake_at from segment_wake where workspace_id = $1 and profile_id = $2',
    values,
  });
  const state = (await readSubjects(sql, here.workspaceId, [profileId])).get(profileId)?.get(segmentSection);
  return {
    members: members.rows.map(({ name }) => name),
    wakes: wakes.rows.map(({ wake_at }) => wake_at.getTime()),
    leaves: state?.leaves,
    member: [...(state?.member ?? [])].sort(),
    wakeMs: state?.wakeMs,
  };
}

const toldOf = (profileId: string) =>
  here.told.filter((told) => told.profileId === profileId).map(({ name, segment }) => `${name}: ${segment}`);

/** Somebody and her phone. */
const couple = (name: string) => [
  order(`userId:${name}`),
  order(`userId:${name}`),
  order(`anonymousId:${name}s phone`),
];
const signsIn = (name: string) => ({
  by: [`userId:${name}`, `anonymousId:${name}s phone`],
  type: 'identify' as const,
});

describe('after a merge', () => {
  it('one customer is in every segment for what both did, told of only what neither was in', async () => {
    await define('once', atLeast(1));
    await define('thrice', atLeast(3));
    await here.fill();
    await here.live(...couple('ada'), signsIn('ada'));
    const ada = await here.profileId('userId:ada');
    expect((await keptOf(ada)).members).toEqual(['once', 'thrice']);
    expect(toldOf(ada)).toEqual(['Segment Entered: once', 'Segment Entered: thrice']);
  });
});

describe('after an unmerge', () => {
  it('counts, members and wakes of both are as if they had never been one, and each flip is told once', async () => {
    await define('once', atLeast(1));
    await define('thrice', atLeast(3));
    await define('lately', atLeast(1, { hours: 2 }));
    await here.fill();
    await here.live(...couple('ada'), ...couple('twin'));
    await here.live(signsIn('ada'));
    const ada = await here.profileId('userId:ada');
    const before = here.told.length;
    const phone = await here.unmerge(ada);
    expect(phone).toBe(await here.profileId('anonymousId:adas phone'));
    // What came back was in its segments as part of the other.
    expect(here.told.slice(before)).toEqual([
      { name: 'Segment Left', segment: 'thrice', profileId: ada, cause: expect.any(String) },
    ]);
    for (const [profileId, twin] of [
      [ada, await here.profileId('userId:twin')],
      [phone, await here.profileId('anonymousId:twins phone')],
    ] as const) {
      const undisturbed = await keptOf(twin);
      expect(undisturbed.members).toEqual(['lately', 'once']);
      expect(await keptOf(profileId)).toEqual(undisturbed);
    }
    clock.advance(3 * 3_600_000);
    await here.wake();
    for (const said of ['userId:ada', 'anonymousId:adas phone', 'userId:twin', 'anonymousId:twins phone']) {
      expect((await keptOf(await here.profileId(said))).members, said).toEqual(['once']);
    }
    expect(here.told.filter(({ name, segment }) => name === 'Segment Left' && segment === 'lately')).toHaveLength(4);
  });

  it('in the midst of a back-fill every event is counted once, at whatever step of it', async () => {
    for (let step = 0; step < 4; step++) {
      here = shop.workspace(++workspaces);
      await here.live(...couple('ada'), signsIn('ada'));
      const ada = await here.profileId('userId:ada');
      await define('twice', { event: 'Order', count: { exactly: 2 } });
      await here.live(order('anonymousId:adas phone'));
      for (let done = 0; done < step; done++) {
        await archived();
        await runBackFills(shop.processes[0].services);
      }
      const phone = await here.unmerge(ada);
      await here.fill();
      for (const profileId of [ada, phone])
        expect((await keptOf(profileId)).members, `step ${step}`).toEqual(['twice']);
      await here.live(order('userId:ada'));
      expect((await keptOf(ada)).members, `step ${step}`).toEqual([]);
    }
  });
});

describe('profiles merged and parted in any order', () => {
  const SAID = ['anonymousId:a', 'anonymousId:b', 'anonymousId:c', 'anonymousId:d'];
  const RUNS = 12;
  const anyPlace = fc.integer({ min: 0, max: SAID.length - 1 });
  const anyDeed = fc.oneof(
    fc.record({ kind: fc.constant('order' as const), at: anyPlace, minutesAgo: fc.integer({ min: 0, max: 90 }) }),
    fc.record({ kind: fc.constant('merge' as const), at: anyPlace, other: anyPlace }),
    fc.record({ kind: fc.constant('part' as const), at: anyPlace }),
  );

  it('are always in the segments that the orders of their own identifiers make, with no row too many', async () => {
    let parted = 0;
    const ready = await makeReady(RUNS);
    await fc.assert(
      fc.asyncProperty(fc.array(anyDeed, { minLength: 6, maxLength: 14, size: 'max' }), async (deeds) => {
        here = ready.pop() ?? (await makeReady(1))[0]!;
        const orders = new Map<string, number[]>(SAID.map((said) => [said, []]));
        const startMs = clock.now();
        for (const deed of deeds) {
          const said = SAID[deed.at]!;
          if (deed.kind === 'order') {
            const atMs = startMs - deed.minutesAgo * 60_000;
            orders.get(said)!.push(atMs);
            await here.live({ ...order(said), atMs });
          }
          if (deed.kind === 'merge') await mergeByHand(said, SAID[deed.other]!);
          if (deed.kind === 'part' && (await isMerged(said))) {
            await here.unmerge(await here.profileId(said));
            parted += 1;
          }
          expect(await membersByOrders()).toEqual(await expectedMembers(orders));
        }
      }),
      { numRuns: RUNS },
    );
    expect(parted).toBeGreaterThan(5);
  });

  /** Workspaces of four visitors whose segments are live: what waits for the archive waits once for all of them. */
  async function makeReady(count: number): Promise<SegmentWorkspace[]> {
    const made = Array.from({ length: count }, () => shop.workspace(++workspaces));
    for (const workspace of made) {
      here = workspace;
      await define('twice', { event: 'Order', count: { exactly: 2 } });
      await define('lately', { event: 'Order', count: { atLeast: 2 }, within: { hours: 1 } });
    }
    for (const workspace of made) await workspace.fill();
    for (const workspace of made) await workspace.say(...SAID.map((said) => ({ by: [said], name: 'Viewed' })));
    await made[0]!.settle();
    return made;
  }

  async function mergeByHand(said: string, other: string): Promise<void> {
    const [into, from] = [await here.profileId(said), await here.profileId(other)];
    if (into === from) return;
    const app = serveRoutes([createIdentityGraphRoutes(here.reshaper)], () => here.ctx);
    const url = `/api/v1/profiles/${publicId('prf', into)}/merge`;
    const merged = await app.inject({ method: 'POST', url, payload: { with: publicId('prf', from) } });
    expect(merged.statusCode, merged.body).toBe(200);
    await here.settle();
  }

  async function isMerged(said: string): Promise<boolean> {
    const owners = await Promise.all(SAID.map((one) => here.profileId(one)));
    return owners.filter((owner) => owner === owners[SAID.indexOf(said)]).length > 1;
  }

  async function membersByOrders(): Promise<string[]> {
    const { rows } = await here.ctx.sql.query<{ name: string; profile_id: string }>({
      text: `select s.name, m.profile_id from segment_member m
             join segment s on s.workspace_id = m.workspace_id and s.id = m.segment_id where m.workspace_id = $1`,
      values: [here.workspaceId],
    });
    return rows.map(({ name, profile_id }) => `${profile_id} ${name}`).sort();
  }

  async function expectedMembers(orders: ReadonlyMap<string, readonly number[]>): Promise<string[]> {
    const times = new Map<string, number[]>();
    for (const [said, own] of orders) {
      const owner = await here.profileId(said);
      times.set(owner, [...(times.get(owner) ?? []), ...own]);
    }
    const since = clock.now() - 3_600_000;
    return [...times]
      .flatMap(([owner, all]) => [
        ...(all.length === 2 ? [`${owner} twice`] : []),
        ...(all.filter((atMs) => atMs > since).length >= 2 ? [`${owner} lately`] : []),
      ])
      .sort();
  }
});

/** A round of back-filling moves nothing before the archive has come by its cuts. */
async function archived(): Promise<void> {
  const cuts = (await listLeaves(here.ctx.sql, here.workspaceId)).flatMap(({ cut }) => cut);
  for (;;) {
    const positions = await readPositions(here.ctx.sql, 'archive');
    const isPast = cuts.every(([log, lane, seq]) =>
      positions.some((position) => position.log === log && position.lane === lane && position.seq >= seq),
    );
    if (isPast) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
