import type { SegmentRule } from '@segue/contract';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';

import {
  eventlogMigrations,
  inSubjects,
  inTransaction,
  type Subject,
  type SubjectBatch,
} from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import {
  createTestClock,
  createTestDatabase,
  createTestHistory,
  numberWorkspaces,
  type TestDatabase,
  type TestHistory,
} from '../../testkit/index.ts';
import { accountsMigrations } from '../accounts/index.ts';
import { consentMigrations } from '../consent/index.ts';
import { eventsHistoryMigrations } from '../events/index.ts';
import {
  anchorNode,
  liftRestriction,
  objectToProfiling,
  profilesMigrations,
  rebuildProfile,
  restrict,
} from '../profiles/index.ts';
import { archiveSegment } from './archive-segment.ts';
import { createSegment } from './create-segment.ts';
import { listMembers } from './member-store.ts';
import { segmentsMigrations } from './migrations/index.ts';
import { previewSegment } from './preview-segment.ts';
import { SegmentShop, type SegmentWorkspace } from './testing/segment-world.ts';
import { reviseSegments, updateSegment } from './update-segment.ts';

let database: TestDatabase;
let history: TestHistory;
let shop: SegmentShop;
let here: SegmentWorkspace;
let workspaces = 0;
const clock = createTestClock(Date.UTC(2026, 10, 22, 9));

beforeAll(async () => {
  const migrations = [
    eventlogMigrations,
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
beforeEach(async () => {
  here = shop.workspace(++workspaces);
  const orders = (by: string, count: number) => Array.from({ length: count }, () => ({ by: [by], name: 'Order' }));
  await here.live(...orders('userId:ada', 1), ...orders('userId:bob', 2), ...orders('userId:cem', 3));
});

const atLeast = (count: number): SegmentRule => ({ event: 'Order', count: { atLeast: count } });

async function defineLive(name: string, rule: SegmentRule): Promise<string> {
  const { id } = await createSegment(here.ctx, { name, rule });
  await here.fill();
  return id;
}

async function membersOf(segmentId: string): Promise<Record<string, string>> {
  const rows = await listMembers(here.ctx.sql, here.workspaceId, { segmentId, afterId: null, limit: 100 });
  const names = new Map<string, string>();
  for (const name of ['ada', 'bob', 'cem']) names.set(await here.profileId(`userId:${name}`), name);
  return Object.fromEntries(rows.map((row) => [names.get(row.profile_id)!, row.cause]));
}

async function told(): Promise<string[]> {
  const names = new Map<string, string>();
  for (const name of ['ada', 'bob', 'cem']) names.set(await here.profileId(`userId:${name}`), name);
  return here.told.map((one) => `${names.get(one.profileId)} ${one.name}: ${one.segment}, ${one.cause}`).sort();
}

it('a changed rule flips exactly those for whom the two differ, and tells why', async () => {
  const id = await defineLive('buyers', atLeast(2));
  expect(await membersOf(id)).toEqual({ bob: 'already_in', cem: 'already_in' });
  await updateSegment(here.ctx, id, { rule: { event: 'Order', count: { atMost: 2 } } });
  // The old rule goes on being true until the history of the new one is there.
  expect(await membersOf(id)).toEqual({ bob: 'already_in', cem: 'already_in' });
  await here.fill();
  await here.settle();
  expect(await membersOf(id)).toEqual({ ada: 'rule_changed', bob: 'already_in' });
  expect(await told()).toEqual(['ada Segment Entered: buyers, rule_changed', 'cem Segment Left: buyers, rule_changed']);
});

it('of several changes in a row only the last becomes true', async () => {
  const id = await defineLive('buyers', atLeast(2));
  await updateSegment(here.ctx, id, { rule: atLeast(1) });
  await here.fillOnce();
  await updateSegment(here.ctx, id, { rule: { event: 'Viewed' } });
  await here.fillOnce();
  await updateSegment(here.ctx, id, { rule: atLeast(3) });
  await here.fill();
  await here.settle();
  expect(await membersOf(id)).toEqual({ cem: 'already_in' });
  expect(await told()).toEqual(['bob Segment Left: buyers, rule_changed']);
});

it('whoever enters or leaves by an event or by time is told so', async () => {
  const id = await defineLive('lately', { event: 'Viewed', within: { seconds: 60 } });
  await here.live({ by: ['userId:ada'], name: 'Viewed' });
  expect(await membersOf(id)).toEqual({ ada: 'event' });
  clock.advance(60_000);
  await here.wake();
  expect(await told()).toEqual(['ada Segment Entered: lately, event', 'ada Segment Left: lately, time']);
});

it('a segment that asks for another changes with it, and keeps it from being archived', async () => {
  const inner = await defineLive('inner', atLeast(3));
  const outer = await defineLive('outer', { not: { segment: publicId('seg', inner) } });
  expect(await membersOf(outer)).toEqual({ ada: 'already_in', bob: 'already_in' });
  await expect(archiveSegment(here.ctx, inner)).rejects.toMatchObject({ code: 'conflict' });
  await updateSegment(here.ctx, inner, { rule: atLeast(2) });
  await here.fill();
  await here.settle();
  expect(await membersOf(outer)).toEqual({ ada: 'already_in' });
  expect(await told()).toEqual(['bob Segment Entered: inner, rule_changed', 'bob Segment Left: outer, rule_changed']);
  await archiveSegment(here.ctx, outer);
  await archiveSegment(here.ctx, inner);
});

it('another time zone changes who is in by a calendar word', async () => {
  const id = await defineLive('today', { event: 'Order', during: 'today' });
  expect(Object.keys(await membersOf(id)).sort()).toEqual(['ada', 'bob', 'cem']);
  await inTransaction(here.ctx, async (ctx) => {
    // Of the day that has just begun on this island nothing has happened yet, nor has anything an hour later.
    clock.advance(3_600_000);
    await ctx.sql.query({
      text: `update workspace set time_zone = 'Pacific/Kiritimati' where id = $1 /* workspace_id is this table's id */`,
      values: [here.workspaceId],
    });
    await reviseSegments(ctx);
  });
  await here.fill();
  await here.settle();
  expect(await membersOf(id)).toEqual({});
});

it('a preview counts exactly, and defines nothing', async () => {
  await vi.waitFor(async () => {
    const preview = await previewSegment(here.ctx, atLeast(2));
    expect(preview).toMatchObject({ members: 2, profiles: 3, isExact: true, low: 2, high: 2 });
    expect(preview.sample).toHaveLength(2);
  });
  // What history cannot answer is asked of everybody where there are few.
  const looked = await previewSegment(here.ctx, {
    all: [atLeast(1), { not: { trait: 'born', op: 'withinLast', value: { days: 1 } } }],
  });
  expect(looked).toMatchObject({ members: 3, isExact: true });
});

it('a preview of a large workspace asks some, and says within which bounds all of them lie', async () => {
  const limits = { askedMax: 2, drawn: 3, blockNodes: 1 };
  await vi.waitFor(async () => {
    const preview = await previewSegment(here.ctx, atLeast(1), limits);
    expect(preview).toMatchObject({ profiles: 3, isExact: false, members: 3, low: 3, high: 3 });
  });
  const none = await previewSegment(here.ctx, atLeast(900), limits);
  expect(none).toMatchObject({ members: 0, isExact: false, low: 0, sample: [] });
});

async function inBob(change: (batch: SubjectBatch, subject: Subject) => boolean | Promise<boolean>): Promise<void> {
  const bob = await here.profileId('userId:bob');
  await inSubjects(here.ctx, { workspaceId: here.workspaceId, ids: [bob] }, async (batch) =>
    change(batch, batch.subjects.get(bob)!),
  );
}

async function liftFromBob(): Promise<void> {
  await inBob(liftRestriction);
  const bob = await here.profileId('userId:bob');
  await inTransaction(here.ctx, (ctx) => rebuildProfile(ctx, here.reshaper, bob));
  await here.settle();
}

it('whoever was in it from the first is told to leave when he objects to profiling', async () => {
  const id = await defineLive('buyers', atLeast(2));
  await inBob((batch, subject) =>
    objectToProfiling(batch, subject, { isObjected: true, source: 'api', node: anchorNode(subject) }),
  );
  await here.settle();
  expect(await membersOf(id)).toEqual({ cem: 'already_in' });
  expect(await told()).toContain('bob Segment Left: buyers, event');
});

it('whoever was in it from the first and is restricted stays where he was, and leaves what time took him out of after', async () => {
  const lately = await defineLive('lately', { event: 'Order', within: { minutes: 1 } });
  const buyers = await defineLive('buyers', { any: [atLeast(2), { event: 'Order', within: { minutes: 1 } }] });
  await inBob(restrict);
  clock.advance(61_000);
  await here.wake();
  expect(await membersOf(lately)).toEqual({ bob: 'already_in' });
  expect(await membersOf(buyers)).toEqual({ bob: 'already_in', cem: 'already_in' });
  here.told.length = 0;
  await liftFromBob();
  expect(await membersOf(lately)).toEqual({});
  expect(await membersOf(buyers)).toEqual({ bob: 'already_in', cem: 'already_in' });
  expect((await told()).filter((one) => one.startsWith('bob'))).toEqual(['bob Segment Left: lately, time']);
});

it('whoever is restricted when a segment is defined is neither in it nor counted beforehand, until that is lifted', async () => {
  await inBob(restrict);
  await vi.waitFor(async () => {
    const preview = await previewSegment(here.ctx, atLeast(2));
    const cem = publicId('prf', await here.profileId('userId:cem'));
    expect(preview).toMatchObject({ members: 1, isExact: true, sample: [cem] });
  });
  const id = await defineLive('buyers', atLeast(2));
  expect(await membersOf(id)).toEqual({ cem: 'already_in' });
  await liftFromBob();
  expect(Object.keys(await membersOf(id)).sort()).toEqual(['bob', 'cem']);
  expect(await previewSegment(here.ctx, atLeast(2))).toMatchObject({ members: 2, isExact: true });
});
