import type { JourneyGraph } from '@segue/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { eventlogMigrations } from '../../platform/eventlog/index.ts';
import { httpMigrations } from '../../platform/http/index.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { accountsMigrations } from '../accounts/index.ts';
import { consentMigrations } from '../consent/index.ts';
import { contentMigrations } from '../content/index.ts';
import { messagingMigrations } from '../messaging/index.ts';
import { profilesMigrations } from '../profiles/index.ts';
import { segmentsMigrations } from '../segments/index.ts';
import { journeysMigrations, runDueJourneyWaits } from './index.ts';
import { openWorld, type World } from './testing/world.ts';

const migrations = [
  eventlogMigrations,
  httpMigrations,
  accountsMigrations,
  profilesMigrations,
  consentMigrations,
  segmentsMigrations,
  contentMigrations,
  messagingMigrations,
  journeysMigrations,
].flat();

let database: TestDatabase;
let on: World;
beforeEach(async () => {
  database = await createTestDatabase(migrations);
  on = await openWorld(database.postgres);
});
afterEach(async () => {
  await on.close();
  await database.drop();
});

const user = (value: string) => ({ kind: 'userId', value }) as const;
const device = (value: string) => ({ kind: 'anonymousId', value }) as const;
type Who = ReturnType<typeof user> | ReturnType<typeof device>;
const filled = (who: Who, minutesAgo = 0) => ({ by: [who], name: 'Cart Filled', properties: {}, minutesAgo });

async function recovery(change: Partial<JourneyGraph> = {}): Promise<JourneyGraph> {
  return {
    entry: { kind: 'event', event: 'Cart Filled' },
    reentry: 'afterEnd',
    goal: { event: 'Order Completed' },
    start: 'wait',
    steps: [
      { id: 'wait', kind: 'delay', duration: { hours: 1 }, next: 'mail' },
      { id: 'mail', kind: 'send', channel: 'email', template: await on.createTemplate(), topic: 'service' },
    ],
    ...change,
  };
}

const states = async (journeyId: string) =>
  (await on.runs(journeyId)).map(({ profileId, state, reason }) => ({ profileId, state, reason }));
const refusals = async () => {
  const { rows } = await on.ctx.sql.query<{ status: string; reason: string | null; profile_id: string }>({
    text: `select m.status, m.reason, m.profile_id from message m
           join journey_run r on r.workspace_id = m.workspace_id and r.id = m.run_id
           where m.workspace_id = $1 order by r.entered_ms, m.id`,
    values: [on.ctx.workspaceId],
  });
  return rows;
};

describe('after a merge', () => {
  it('a message that waits for a run that ended for it is withdrawn at once', async () => {
    const graph = await recovery();
    const template = await on.createTemplate();
    const journeyId = await on.publish({
      ...graph,
      start: 'first',
      steps: [
        { id: 'first', kind: 'send', channel: 'email', template, topic: 'service', next: 'wait' },
        ...graph.steps,
      ],
    });
    await on.happen(filled(user('ada'), 10), filled(device('phone'), 5));
    expect((await refusals()).map(({ status }) => status)).toEqual(['queued', 'queued']);
    await on.happen({ by: [user('ada'), device('phone')] });
    const ada = await on.profileOf(user('ada'));
    expect(await states(journeyId)).toEqual([
      { profileId: ada, state: 'waiting', reason: null },
      { profileId: ada, state: 'ended', reason: 'merged' },
    ]);
    expect(await refusals()).toEqual([
      { status: 'queued', reason: null, profile_id: ada },
      { status: 'refused', reason: 'run_merged', profile_id: ada },
    ]);
  });

  it('the customer gets a step once, though the runs of both had come to their ends', async () => {
    const graph = await recovery();
    await on.publish({ ...graph, start: 'mail', steps: graph.steps.slice(1) });
    await on.happen(filled(user('ada'), 10), filled(device('phone'), 5));
    await on.happen({ by: [user('ada'), device('phone')] });
    expect((await refusals()).map(({ status, reason }) => [status, reason])).toEqual([
      ['queued', null],
      ['refused', 'sent_by_merged_run'],
    ]);
  });

  it('what one was in counts for the other: by the rule never nobody gets in twice', async () => {
    const journeyId = await on.publish(await recovery({ reentry: 'never' }));
    await on.happen(filled(device('phone'), 5));
    await on.happen({ by: [user('ada'), device('phone')] });
    await on.happen({ by: [user('ada')], name: 'Order Completed', properties: {} });
    await on.happen(filled(user('ada')));
    expect((await states(journeyId)).map(({ reason }) => reason)).toEqual(['goal']);
  });
});

describe('a batch without a merge', () => {
  it('asks nothing that only a merge needs to know', async () => {
    await on.publish(await recovery());
    await on.happen(...Array.from({ length: 20 }, (_, n) => filled(device(`${n}`))));
    await on.accept(...Array.from({ length: 20 }, (_, n) => filled(device(`${n}`))));
    on.statements.length = 0;
    await on.process();
    const asked = on.statements.filter((name) => /^(journey_run|message|cap_window|company_node)_/.test(name));
    expect(asked).toEqual(['journey_run_list_live']);
  });
});

describe('after an unmerge', () => {
  it('each has the runs its own events began, and what it remembers is as if they had never been one', async () => {
    const journeyId = await on.publish(await recovery());
    const couple = (name: string) => [filled(user(name), 20), filled(device(`${name}s phone`), 10)];
    await on.happen(...couple('ada'), ...couple('twin'));
    await on.happen({ by: [user('ada'), device('adas phone')] });
    const ada = await on.profileOf(user('ada'));
    const merged = (await on.runs(journeyId)).filter(({ profileId }) => profileId === ada);
    expect(merged.map(({ reason }) => reason)).toEqual([null, 'merged']);
    const phone = await on.unmerge(ada);
    expect(phone).toBe(await on.profileOf(device('adas phone')));
    expect((await on.runs(journeyId)).filter(({ profileId }) => [ada, phone].includes(profileId))).toMatchObject([
      { profileId: ada, state: 'waiting' },
      { profileId: phone, state: 'ended', reason: 'merged' },
    ]);
    const twin = await on.profileOf(user('twin'));
    const twinsPhone = await on.profileOf(device('twins phone'));
    expect(await on.sectionOf(ada)).toEqual(await on.sectionOf(twin));
    const [memory, undisturbed] = [await on.sectionOf(phone), await on.sectionOf(twinsPhone)];
    expect(memory?.m).toEqual(undisturbed?.m);
    // What the merge ended stays ended.
    expect([memory?.n, undisturbed?.n]).toEqual([0, 1]);
    await on.pass(120);
    expect((await refusals()).filter(({ profile_id }) => [ada, phone].includes(profile_id))).toHaveLength(1);
    // It may come again as anybody may whose run has ended.
    await on.happen(filled(device('adas phone')));
    expect((await states(journeyId)).filter(({ profileId }) => profileId === phone)).toMatchObject([
      { state: 'ended' },
      { state: 'waiting' },
    ]);
  });

  it('a run goes on where it stood, and what waits to be sent goes with it, once', async () => {
    const journeyId = await on.publish(await recovery());
    await on.happen(filled(device('phone'), 30));
    await on.happen({ by: [user('ada')] });
    const phone = await on.profileOf(device('phone'));
    await on.happen({ by: [user('ada'), device('phone')] });
    const ada = await on.profileOf(user('ada'));
    await on.pass(40);
    expect(await refusals()).toEqual([{ status: 'queued', reason: null, profile_id: ada }]);
    expect(await on.unmerge(ada)).toBe(phone);
    expect(await refusals()).toEqual([{ status: 'queued', reason: null, profile_id: phone }]);
    expect(await states(journeyId)).toMatchObject([{ profileId: phone, state: 'watching' }]);
    expect(await on.sectionOf(ada)).toBeUndefined();
    // The goal of one ends no run of the other any more.
    await on.happen({ by: [user('ada')], name: 'Order Completed', properties: {} });
    expect(await states(journeyId)).toMatchObject([{ state: 'watching', reason: 'completed' }]);
    await on.happen({ by: [device('phone')], name: 'Order Completed', properties: {} });
    expect(await states(journeyId)).toMatchObject([{ state: 'ended', reason: 'goal' }]);
    expect(await refusals()).toHaveLength(1);
  });

  it('at the very moment at which waits are over, each run still sends once and ends up with whose it is', async () => {
    const other = await openWorld(database.postgres, on.clock);
    // Both share one pool here: a key first read in the midst would wait for a connection that all the others hold.
    await other.services.keysOf(other.ctx.workspaceId);
    const journeyId = await on.publish(await recovery());
    const names = Array.from({ length: 12 }, (_, n) => `shopper ${n}`);
    await on.happen(...names.flatMap((name) => [filled(user(name), 20), filled(device(name), 10)]));
    await on.happen(...names.map((name) => ({ by: [user(name), device(name)] })));
    const profiles = await Promise.all(names.map((name) => on.profileOf(user(name))));
    on.clock.advance(3_600_000);
    const wakeAll = async () => {
      while ((await runDueJourneyWaits(other.services)) > 0);
    };
    await Promise.all([wakeAll(), ...profiles.map((profileId) => on.unmerge(profileId)), wakeAll()]);
    await on.pass(0);
    const runs = await on.runs(journeyId);
    expect(runs).toHaveLength(24);
    for (const run of runs) {
      const { rows } = await on.ctx.sql.query<{ profile_id: string }>({
        text: 'select profile_id from identity_node where workspace_id = $1 and id = $2',
        values: [on.ctx.workspaceId, run.node!.id],
      });
      expect(rows).toEqual([{ profile_id: run.profileId }]);
    }
    const sent = await refusals();
    expect(sent.map(({ profile_id }) => profile_id).sort()).toEqual([...profiles].sort());
    await other.close();
  });

  it('merged and parted again and again, a run is never in two places, moves once for a cause and sends once', async () => {
    const journeyId = await on.publish(await recovery());
    await on.happen(filled(device('phone'), 30), filled(user('ada'), 20));
    for (let round = 0; round < 3; round++) {
      const ada = await on.profileOf(user('ada'));
      await on.merge(ada, await on.profileOf(device('phone')));
      expect(await on.profileOf(device('phone'))).toBe(ada);
      await on.unmerge(ada);
      const waiting = (await on.runs(journeyId)).filter(({ state }) => state === 'waiting');
      expect(waiting).toHaveLength(1);
    }
    await on.pass(60);
    await on.pass(60);
    const runs = await on.runs(journeyId);
    expect(runs.every(({ path }) => new Set(path.map(([, , cause]) => cause)).size === path.length)).toBe(true);
    expect(await on.messages()).toHaveLength(1);
  });
});
