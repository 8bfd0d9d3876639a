import type { JourneyGraph, JourneyStep } from '@segue/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { unpackLines } from '../../platform/eventlog/block.ts';
import { decodeEvent, eventlogMigrations } from '../../platform/eventlog/index.ts';
import { httpMigrations } from '../../platform/http/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { accountsMigrations } from '../accounts/index.ts';
import { consentMigrations } from '../consent/index.ts';
import { contentMigrations } from '../content/index.ts';
import { messagingMigrations } from '../messaging/index.ts';
import { profilesMigrations } from '../profiles/index.ts';
import { createSegment, segmentsMigrations } from '../segments/index.ts';
import { journeysMigrations, runDueJourneyWaits } from './index.ts';
import { journeySendGuard } from './send-guard.ts';
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
const worlds: World[] = [];
beforeEach(async () => {
  database = await createTestDatabase(migrations);
  on = await open();
});
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  await database.drop();
});

async function open(): Promise<World> {
  const world = await openWorld(database.postgres, on === undefined || worlds.length === 0 ? undefined : on.clock);
  worlds.push(world);
  return world;
}

const ADA = [{ kind: 'userId', value: 'ada' }] as const;
const PHONE = [{ kind: 'anonymousId', value: 'phone' }] as const;
const filled = (cart: string, by: typeof ADA | typeof PHONE = ADA, minutesAgo = 0) => ({
  by,
  name: 'Cart Filled',
  properties: { cart_id: cart, cart_url: `https://shop.example/${cart}` },
  minutesAgo,
});
const ordered = (cart?: string, minutesAgo = 0) => ({
  by: ADA,
  name: 'Order Completed',
  properties: cart === undefined ? {} : { cart_id: cart },
  minutesAgo,
});

async function cartRecovery(over: Partial<JourneyGraph> = {}): Promise<JourneyGraph> {
  const template = await on.createTemplate();
  return {
    entry: { kind: 'event', event: 'Cart Filled' },
    reentry: 'afterEnd',
    goal: { event: 'Order Completed' },
    start: 'wait',
    steps: [
      { id: 'wait', kind: 'delay', duration: { hours: 1 }, next: 'mail' },
      {
        id: 'mail',
        kind: 'send',
        channel: 'email',
        template,
        topic: 'marketing',
        variables: { url: { property: 'cart_url' } },
      },
    ],
    ...over,
  };
}

const byKey = (a: readonly unknown[], b: readonly unknown[]) => String(a[0]).localeCompare(String(b[0]));

/** Names and reasons of what this module told the log about runs. */
async function told(): Promise<string[]> {
  const { rows } = await on.ctx.sql.query<{ payload: Buffer }>({
    text: 'select payload from log_block where log = 1 order by lane, first_seq',
  });
  return rows
    .flatMap(({ payload }) => unpackLines(payload))
    .map((line) => decodeEvent(line, { log: 1, lane: 0, seq: 0 }))
    .filter(({ name }) => name.startsWith('Journey '))
    .map(({ name, payload }) => `${name} ${JSON.stringify(payload.properties?.['reason'] ?? null)}`);
}

describe('a published journey', () => {
  it('mails an hour after the cart was left, once, and tells that it was entered and left', async () => {
    const journeyId = await on.publish(await cartRecovery());
    await on.happen(filled('a'));
    await on.pass(59);
    expect(await on.messages()).toEqual([]);
    await on.pass(1);
    await on.pass(120);
    expect(await on.messages()).toHaveLength(1);
    const [run] = await on.runs(journeyId);
    expect(run).toMatchObject({
      state: 'watching',
      reason: 'completed',
      properties: { cart_url: 'https://shop.example/a' },
    });
    expect(run!.path.map(([step]) => step)).toEqual(['wait', 'mail']);
    expect(await told()).toEqual(['Journey Entered null', 'Journey Exited "completed"']);
  });

  it('sends nothing to the customer who buys before', async () => {
    const journeyId = await on.publish(await cartRecovery());
    await on.happen(filled('a'));
    await on.pass(30);
    await on.happen(ordered());
    expect(await on.runs(journeyId)).toMatchObject([{ state: 'ended', reason: 'goal', goalAt: on.clock.now() }]);
    await on.pass(120);
    expect(await on.messages()).toEqual([]);
  });

  it('stops a message that waits for the gate when the customer buys after the path has ended', async () => {
    const journeyId = await on.publish(await cartRecovery());
    await on.happen(filled('a'));
    await on.pass(60);
    const [run] = await on.runs(journeyId);
    const message = {
      id: 'm',
      source: { kind: 'journey', journeyId, version: 1, runId: run!.id, stepId: 'mail' },
    } as const;
    const ask = () =>
      on.services.postgres.transaction((sql) => journeySendGuard.findUnwanted(sql, on.ctx.workspaceId, [message]));
    expect(await ask()).toEqual(new Map());
    await on.happen(ordered());
    expect(await ask()).toEqual(new Map([['m', 'goal_reached']]));
    expect(await on.runs(journeyId)).toMatchObject([{ state: 'ended', reason: 'goal' }]);
  });

  it('ends only the run of the cart that was bought, and all of them for an order that names no cart', async () => {
    const journeyId = await on.publish(await cartRecovery({ key: 'cart_id' }));
    await on.happen(filled('a'), filled('b'), filled('c'));
    await on.happen(ordered('b'));
    const states = async () => (await on.runs(journeyId)).map((run) => [run.key, run.reason]).sort(byKey);
    expect(await states()).toEqual([
      ['a', null],
      ['b', 'goal'],
      ['c', null],
    ]);
    await on.happen(ordered());
    expect(await states()).toEqual([
      ['a', 'goal'],
      ['b', 'goal'],
      ['c', 'goal'],
    ]);
  });

  it('knows of an order that was processed before the entry it follows', async () => {
    const journeyId = await on.publish(
      await cartRecovery({ start: 'mail', steps: (await cartRecovery()).steps.slice(1) }),
    );
    await on.happen(ordered(undefined, 10));
    await on.happen(filled('a', ADA, 20));
    expect(await on.runs(journeyId)).toMatchObject([{ state: 'ended', reason: 'goal', path: [] }]);
    await on.happen(filled('b', ADA, 5));
    expect(await on.messages()).toHaveLength(1);
  });

  it('passes by an entry event that is older than it takes', async () => {
    const journeyId = await on.publish(await cartRecovery({ enterWithin: { minutes: 30 } }));
    await on.happen(filled('a', ADA, 31));
    expect(await on.runs(journeyId)).toEqual([]);
  });

  it('lets a profile in once, whatever the key, by the rule never', async () => {
    const once = await on.publish(await cartRecovery({ reentry: 'never' }));
    const oncePerCart = await on.publish(await cartRecovery({ reentry: 'never', key: 'cart_id' }));
    for (const cart of ['a', 'a', 'b']) {
      await on.happen(filled(cart));
      await on.pass(1);
      await on.happen(ordered());
      await on.pass(1);
    }
    expect((await on.runs(once)).map((run) => run.reason)).toEqual(['goal']);
    expect((await on.runs(oncePerCart)).map((run) => run.key)).toEqual(['a', 'b']);
  });

  it('goes on where it stood after a pause, during which nothing is sent and the goal still counts', async () => {
    const journeyId = await on.publish(await cartRecovery({ key: 'cart_id' }));
    await on.happen(filled('a'), filled('b'));
    const command = (name: string) => on.call('POST', `/api/v1/journeys/${publicId('jrn', journeyId)}/${name}`);
    expect((await command('pause')).status).toBe(200);
    await on.pass(90);
    await on.happen(ordered('b'), filled('c'));
    expect(await on.messages()).toEqual([]);
    expect((await on.runs(journeyId)).map((run) => [run.key, run.reason]).sort(byKey)).toEqual([
      ['a', null],
      ['b', 'goal'],
    ]);
    await command('resume');
    await on.pass(0);
    expect(await on.messages()).toHaveLength(1);
  });

  it('ends every run when it is archived', async () => {
    const journeyId = await on.publish(await cartRecovery());
    await on.happen(filled('a'));
    await on.call('POST', `/api/v1/journeys/${publicId('jrn', journeyId)}/archive`);
    await on.pass(0);
    expect(await on.runs(journeyId)).toMatchObject([{ state: 'ended', reason: 'archived' }]);
  });

  it('keeps runs on the version they entered, and starts new ones on the new', async () => {
    const graph = await cartRecovery({ key: 'cart_id' });
    const journeyId = await on.publish(graph);
    await on.happen(filled('a'));
    const path = `/api/v1/journeys/${publicId('jrn', journeyId)}`;
    await on.call('PATCH', path, { graph: { ...graph, start: 'end', steps: [{ id: 'end', kind: 'exit' }] } });
    expect((await on.call('POST', `${path}/publish`)).json).toMatchObject({ version: 2 });
    expect((await on.call('POST', `${path}/publish`)).json).toMatchObject({ version: 2 });
    await on.happen(filled('b'));
    await on.pass(60);
    const runs = await on.runs(journeyId);
    expect(runs.map((run) => [run.key, run.version, run.path.map(([step]) => step)] as const).sort(byKey)).toEqual([
      ['a', 1, ['wait', 'mail']],
      ['b', 2, ['end']],
    ]);
  });

  it('starts by a segment entered and stops by the segment left', async () => {
    const gold = await createSegment(on.ctx, { name: 'Gold', rule: { trait: 'plan', op: 'equals', value: 'gold' } });
    const segment = publicId('seg', gold.id);
    const graph = await cartRecovery({ exits: [{ kind: 'segmentLeft', segment }] });
    const [wait, { variables: _, ...mail }] = graph.steps as [JourneyStep, Extract<JourneyStep, { kind: 'send' }>];
    const journeyId = await on.publish({ ...graph, entry: { kind: 'segmentEntered', segment }, steps: [wait, mail] });
    await on.happen({ by: ADA, traits: { plan: 'gold' } });
    const profileId = await on.profileOf(ADA[0]);
    await on.flip(profileId, 'Segment Entered', segment);
    await on.pass(10);
    await on.flip(profileId, 'Segment Left', segment);
    expect(await on.runs(journeyId)).toMatchObject([{ state: 'ended', reason: 'exit_condition', profileId }]);
  });
});

describe('a merge of two profiles', () => {
  it('stops the run of one for what the other had bought, and moves runs that had ended', async () => {
    const journeyId = await on.publish(await cartRecovery({ key: 'cart_id' }));
    await on.happen(filled('old', PHONE, 50), filled('a', PHONE, 40));
    await on.happen({ ...ordered('old'), by: PHONE });
    await on.happen(ordered('a', 20));
    expect((await on.runs(journeyId)).map((run) => run.reason)).toEqual(['goal', null]);
    await on.happen({ by: [...ADA, ...PHONE] as never });
    const runs = await on.runs(journeyId);
    const ada = await on.profileOf(ADA[0]);
    expect(runs.map((run) => [run.key, run.reason, run.profileId])).toEqual([
      ['old', 'goal', ada],
      ['a', 'goal', ada],
    ]);
  });

  it('keeps the older of two runs with one key', async () => {
    const journeyId = await on.publish(await cartRecovery());
    await on.happen(filled('b', PHONE, 20));
    await on.happen(filled('a', ADA, 10));
    await on.happen({ by: [...ADA, ...PHONE] as never });
    const runs = await on.runs(journeyId);
    expect(runs.map((run) => run.reason)).toEqual([null, 'merged']);
    expect(new Set(runs.map((run) => run.profileId)).size).toBe(1);
    await on.pass(60);
    expect(await on.messages()).toHaveLength(1);
  });
});

describe('the waker', () => {
  it('moves each run once, however many processes wake at the same time', async () => {
    const journeyId = await on.publish(await cartRecovery());
    const other = await open();
    const shoppers = Array.from({ length: 30 }, (_, i) => [{ kind: 'anonymousId', value: `shopper ${i}` }] as const);
    await on.happen(...shoppers.map((by) => ({ ...filled('a'), by })));
    on.clock.advance(3_600_000);
    await Promise.all([on, other, on, other].map((world) => runDueJourneyWaits(world.services)));
    while ((await runDueJourneyWaits(other.services)) > 0);
    expect(await on.messages()).toHaveLength(30);
    expect((await on.runs(journeyId)).every((run) => run.path.length === 2)).toBe(true);
  });
});

describe('a wait that fails', () => {
  it('does not keep others from being served, and is tried again', async () => {
    await on.publish(await cartRecovery());
    await on.happen(filled('a'), filled('b', PHONE));
    const ada = await on.profileOf(ADA[0]);
    await on.ctx.sql.query({ text: `alter table message add constraint trap check (profile_id <> '${ada}')` });
    await on.pass(60);
    expect(await on.messages()).toHaveLength(1);
    await on.ctx.sql.query({ text: 'alter table message drop constraint trap' });
    await on.pass(1);
    expect(await on.messages()).toHaveLength(2);
  });
});

describe('the stage', () => {
  it('asks each table once for a whole batch, and none for events no journey hears', async () => {
    await on.publish(await cartRecovery());
    const shoppers = Array.from({ length: 20 }, (_, i) => [{ kind: 'anonymousId', value: `shopper ${i}` }] as const);
    await on.happen(...shoppers.map((by) => ({ ...filled('a'), by })));
    await on.accept(...shoppers.map((by) => ({ ...ordered(), by })));
    on.statements.length = 0;
    await on.process();
    const ofRuns = on.statements.filter((name) => name.startsWith('journey_'));
    expect(ofRuns).toEqual(['journey_run_list_live', 'journey_run_update']);
    await on.accept(...shoppers.map((by) => ({ by, name: 'Page Seen' })));
    on.statements.length = 0;
    await on.process();
    expect(on.statements.filter((name) => name.startsWith('journey_'))).toEqual([]);
  });
});

describe('the API', () => {
  it('keeps a faulty draft, says what is wrong with which step, and does not publish it', async () => {
    const graph = await cartRecovery({
      steps: [
        { id: 'wait', kind: 'delay', duration: { hours: 1 }, next: 'nowhere' },
        { id: 'mail', kind: 'send', channel: 'email', template: `tpl_${'9'.repeat(32)}`, topic: 'marketing' },
      ],
    });
    const created = await on.call('POST', '/api/v1/journeys', { name: 'Faulty', graph });
    expect(created.status).toBe(201);
    const faults = (created.json as { faults: { field: string; message: string }[] }).faults;
    expect(faults).toEqual([
      { field: 'steps[0].next', message: expect.stringContaining('step "wait" leads to "nowhere"') },
      { field: 'steps[1]', message: expect.stringContaining('step "mail" cannot be reached') },
      { field: 'steps[1].template', message: expect.stringContaining('step "mail" names the template') },
    ]);
    const refused = await on.call('POST', `/api/v1/journeys/${(created.json as { id: string }).id}/publish`);
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.json)).toContain('graph.steps[0].next');
  });

  it('shows nothing of one workspace to another', async () => {
    const journeyId = await on.publish(await cartRecovery());
    await on.happen(filled('a'));
    on.caller = { ...on.ctx, workspaceId: on.ctx.workspaceId + 1 };
    const path = `/api/v1/journeys/${publicId('jrn', journeyId)}`;
    for (const url of [path, `${path}/runs`]) expect((await on.call('GET', url)).status).toBe(404);
    for (const command of ['publish', 'pause', 'resume', 'archive'])
      expect((await on.call('POST', `${path}/${command}`)).status).toBe(404);
    expect((await on.call('PATCH', path, { name: 'Theirs' })).status).toBe(404);
    expect((await on.call('GET', '/api/v1/journeys')).json).toEqual({ items: [], nextCursor: null });
  });

  it('counts from the runs: entered, active, goals, exits by reason, and each step', async () => {
    const journeyId = await on.publish(await cartRecovery({ key: 'cart_id' }));
    await on.happen(filled('a'), filled('b'));
    await on.happen(ordered('a'));
    await on.pass(60);
    await on.happen(filled('c'));
    const { json } = await on.call('GET', `/api/v1/journeys/${publicId('jrn', journeyId)}`);
    expect(json).toMatchObject({
      state: 'published',
      counts: { entered: 3, active: 1, goals: 1, exited: { goal: 1, completed: 1, merged: 0 } },
      steps: [
        { id: 'wait', entered: 3, active: 1 },
        { id: 'mail', entered: 1, active: 0 },
      ],
    });
    const profileId = publicId('prf', await on.profileOf(ADA[0]));
    const first = (await on.call('GET', `/api/v1/profiles/${profileId}/runs?limit=2`)).json as {
      items: { key: string }[];
      nextCursor: string;
    };
    const rest = (await on.call('GET', `/api/v1/profiles/${profileId}/runs?limit=2&cursor=${first.nextCursor}`))
      .json as typeof first;
    expect([...first.items, ...rest.items].map((run) => run.key).sort()).toEqual(['a', 'b', 'c']);
    expect(rest.nextCursor).toBeNull();
  });
});
