import type { SegmentRule } from '@segue/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { eventlogMigrations, inSubjects } from '../../platform/eventlog/index.ts';
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
import { consentMigrations } from '../consent/index.ts';
import { eventsHistoryMigrations } from '../events/index.ts';
import { noteFacts, profilesMigrations } from '../profiles/index.ts';
import { advanceMembers, quietLook } from './advance-members.ts';
import { archiveSegment } from './archive-segment.ts';
import { createSegment } from './create-segment.ts';
import { segmentDefinitions } from './definitions.ts';
import { listMembers, takeDueWakes } from './member-store.ts';
import { segmentsMigrations } from './migrations/index.ts';
import { EMPTY_STATE, segmentSection } from './segment-section.ts';
import { listActiveSegments, type SegmentRow } from './segment-store.ts';
import { sweepSegment } from './sweep-segment.ts';
import { SegmentShop, type SegmentWorkspace } from './testing/segment-world.ts';
import { updateSegment } from './update-segment.ts';

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

const order = (...by: string[]) => ({ by, name: 'Order' });
const atLeast = (n: number, within?: { minutes: number }): SegmentRule => ({
  event: 'Order',
  count: { atLeast: n },
  ...(within && { within }),
});
/** History cannot answer it: everybody is looked at. */
const UNANSWERABLE: SegmentRule = { not: { trait: 'born', op: 'withinLast', value: { days: 1 } } };

const define = async (name: string, rule: SegmentRule): Promise<string> =>
  (await createSegment(here.ctx, { name, rule })).id;

async function rowOf(id: string): Promise<SegmentRow> {
  return (await listActiveSegments(here.ctx.sql, here.workspaceId)).find((row) => row.id === id)!;
}

/** Back-fills until something is so of a segment. */
async function fillUntil(id: string, isSo: (row: SegmentRow) => boolean): Promise<void> {
  while (!isSo(await rowOf(id))) await here.fillOnce();
}

async function membersOf(segmentId: string): Promise<string[]> {
  const rows = await listMembers(here.ctx.sql, here.workspaceId, { segmentId, afterId: null, limit: 100 });
  return rows.map((row) => row.profile_id).sort();
}

/** What a profile keeps can no longer be counted on: whatever looks at it fails. */
async function spoil(profileId: string): Promise<void> {
  await inSubjects(here.ctx, { workspaceId: here.workspaceId, ids: [profileId] }, async (batch) => {
    const subject = batch.subjects.get(profileId)!;
    const { member: _lost, ...state } = subject.get(segmentSection) ?? EMPTY_STATE;
    subject.set<object>(segmentSection, state);
  });
}

describe('a back-fill comes to its end', () => {
  const STEPS_MAX = 8;

  it('however many new customers keep coming', async () => {
    await here.live(order('userId:ada'));
    for (const [name, rule] of [
      ['answered', atLeast(1)],
      ['looked at', UNANSWERABLE],
    ] as const) {
      const id = await define(name, rule);
      await fillUntil(id, ({ fill }) => fill.atMs !== undefined);
      // A round that waits for somebody's transaction makes no step.
      const places = new Set<string>();
      let comers = 0;
      while ((await rowOf(id)).status !== 'live' && places.size < STEPS_MAX) {
        await here.live(order(`userId:${name} ${++comers}`));
        await here.fillOnce();
        const { status, fill } = await rowOf(id);
        places.add(JSON.stringify([status, fill]));
      }
      expect((await rowOf(id)).status, name).toBe('live');
      expect(await membersOf(id)).toContain(await here.profileId(`userId:${name} ${comers}`));
    }
  });

  it('though one profile cannot be looked at, which alone waits', async () => {
    await here.live(order('userId:ada'), order('userId:bob'), order('userId:cem'));
    const [ada, bob, cem] = await Promise.all(['ada', 'bob', 'cem'].map((name) => here.profileId(`userId:${name}`)));
    const id = await define('ordered', { all: [atLeast(1), UNANSWERABLE] });
    await spoil(bob!);
    await fillUntil(id, ({ status }) => status === 'live');
    expect(await membersOf(id)).toEqual([ada!, cem!].sort());
    // Once it is repaired it is found by itself, with all its history.
    await inSubjects(here.ctx, { workspaceId: here.workspaceId, ids: [bob!] }, async (batch) => {
      batch.subjects.get(bob!)!.set(segmentSection, undefined);
    });
    clock.advance(60_000);
    await here.wake();
    expect(await membersOf(id)).toEqual([ada!, bob!, cem!].sort());
  });
});

describe('a look that began before the rule was true of anybody', () => {
  it('holds up the end of the back-fill, so that no flip by time is lost', async () => {
    await here.live(order('userId:ada'));
    const id = await define('lately', atLeast(1, { minutes: 1 }));
    await fillUntil(id, ({ fill }) => fill.nodeTo !== undefined);
    const ada = await here.profileId('userId:ada');
    expect(await membersOf(id)).toEqual([ada]);
    clock.advance(60_000);
    let rounds = 0;
    await inSubjects(here.processes[0]!.services, { workspaceId: here.workspaceId, ids: [ada] }, async (batch) => {
      const definitions = await segmentDefinitions(batch);
      // Both processes go on meanwhile.
      for (; rounds < 8 && (await rowOf(id)).status !== 'live'; rounds++) await here.fillOnce();
      const due = await takeDueWakes(batch.sql, here.workspaceId, { profileIds: [ada], at: new Date(batch.now) });
      const looks = due.map((due) => ({ ...quietLook(batch.subjects.get(due)!), everyRule: true, woken: true }));
      await advanceMembers(batch, definitions, { looks });
    });
    await here.fill();
    await here.wake();
    expect(await membersOf(id)).toEqual([]);
    expect(here.told.map(({ name }) => name)).toEqual(['Segment Left']);
  });
});

it('a step of an earlier sweep does not end a later one', async () => {
  await here.live(order('userId:ada'));
  const id = await define('ordered', atLeast(1));
  await fillUntil(id, ({ status, fill }) => status === 'sweeping' && fill.lookedTo === undefined);
  const earlier = await rowOf(id);
  await here.fill();
  await updateSegment(here.ctx, id, { rule: atLeast(2) });
  await fillUntil(id, ({ status }) => status === 'sweeping');
  await sweepSegment(here.processes[0]!.services, {
    ...earlier,
    fill: { ...earlier.fill, sweepFence: 0, lookedTo: 'ffffffff-ffff-ffff-ffff-ffffffffffff' },
  });
  expect((await rowOf(id)).status).toBe('sweeping');
  await here.fill();
  expect(await membersOf(id)).toEqual([]);
});

it('a segment that is archived while its history is counted leaves nothing behind', async () => {
  // History judges nobody whose text is beyond ASCII.
  const sized = (size: string) => ({ by: [`userId:${size}`], name: 'Order', properties: { size } });
  await here.live(sized('SCHÖN'), sized('schon'));
  const id = await define('large', {
    event: 'Order',
    where: [{ property: 'size', op: 'in', value: ['schön', 'schon'], ignoreCase: true }],
    count: { atLeast: 1 },
  });
  const rowsOf = async (table: string): Promise<number> => {
    const text = `select count(*)::int as n from ${table} where workspace_id = $1`;
    return (await here.ctx.sql.query<{ n: number }>({ text, values: [here.workspaceId] })).rows[0]!.n;
  };
  await fillUntil(id, ({ fill }) => fill.nodeTo !== undefined);
  expect(await rowsOf('segment_candidate')).toBe(1);
  expect(await rowsOf('segment_member')).toBe(1);
  await archiveSegment(here.ctx, id);
  await here.fillOnce();
  for (const table of ['segment_member', 'segment_candidate', 'segment_leaf', 'leaf_state'])
    expect(await rowsOf(table), table).toBe(0);
});

describe('whoever a merge makes part of another while history is counted', () => {
  it('was in the new segment and goes on being in it: nothing is told', async () => {
    const phone = 'anonymousId:adas phone';
    await here.live(order('userId:ada'), order(phone), order(phone));
    const id = await define('twice', atLeast(2));
    await fillUntil(id, ({ fill }) => fill.way === 'history');
    expect(await membersOf(id)).toEqual([await here.profileId(phone)]);
    await here.live({ by: ['userId:ada', phone], type: 'identify' });
    const ada = await here.profileId('userId:ada');
    await here.fill();
    await here.settle();
    expect(await membersOf(id)).toEqual([ada]);
    expect(here.told).toEqual([]);
  });
});

describe('one profile that cannot be looked at', () => {
  it('keeps nobody else from leaving by time, nor from what changed about them', async () => {
    await here.live({ by: ['userId:ada'], name: 'Viewed' }, { by: ['userId:bob'], name: 'Viewed' });
    const ids = await Promise.all(['ada', 'bob'].map((name) => here.profileId(`userId:${name}`)));
    const [ada, bob] = ids as [string, string];
    const lately = await define('lately', { event: 'Order', count: { atLeast: 1 }, within: { minutes: 1 } });
    const reachable = await define('unreachable', {
      all: [{ not: { reachable: { channel: 'email' } } }, atLeast(1)],
    });
    await here.fill();
    await here.live(order('userId:ada'), order('userId:bob'));
    expect(await membersOf(lately)).toEqual([ada, bob].sort());
    expect(await membersOf(reachable)).toEqual([ada, bob].sort());
    await spoil(ada);
    clock.advance(60_000);
    await noteFacts({ sql: here.ctx.sql, workspaceId: here.workspaceId, now: clock.now() }, ids, ['$reachable']);
    await here.wake();
    expect(await membersOf(lately)).toEqual([ada]);
    const waits = await here.ctx.sql.query<{ wake_at: Date }>({
      text: 'select wake_at from segment_wake where workspace_id = $1 and profile_id = $2',
      values: [here.workspaceId, ada],
    });
    expect(waits.rows).toEqual([{ wake_at: new Date(clock.now() + 60_000) }]);
    const facts = await here.ctx.sql.query<{ profile_id: string }>({
      text: 'select profile_id from changed_fact where workspace_id = $1',
      values: [here.workspaceId],
    });
    expect(facts.rows).toEqual([{ profile_id: ada }]);
  });
});
