import type { OperationId, PrivacyRequest, Profile } from '@segue/contract';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { runPrivacyRequests, type RequestWork } from '../modules/privacy/index.ts';
import { createRequestWork } from './request-work.ts';
import { createProfileReshaper } from './stages.ts';
import { type ApiWorld, type Example, type Keys, NOW, openApiWorld } from './testing/api-world.ts';
import { fillSegments } from './testing/fill-segments.ts';

let world: ApiWorld;
let keys: Keys;
let work: RequestWork;
let segment: string;
let journeys: { readonly marketing: string; readonly transactional: string };

beforeAll(async () => {
  world = await openApiWorld();
  work = createRequestWork(createProfileReshaper(world.services));
});
afterAll(() => world.close());

beforeEach(async () => {
  keys = await world.addWorkspace('Shop');
  const rule = { event: 'Looked', count: { atLeast: 1 } };
  segment = (await call<{ id: string }>('createSegment', { body: { name: 'Lookers', rule } })).id;
  await fillSegments(world.services);
  journeys = { marketing: await journey('marketing'), transactional: await journey('transactional') };
});

async function call<T>(id: OperationId, example: Example = {}): Promise<T> {
  const answer = await world.ask(id, keys.apiKey, example);
  if (answer.status >= 300) throw new Error(`${id}: ${answer.status} ${answer.text}`);
  return (answer.text === '' ? undefined : answer.json()) as T;
}

/** A published journey that writes about a topic an hour after she looked. */
async function journey(topic: string): Promise<string> {
  const template = await call<{ id: string }>('createTemplate', {
    body: { name: topic, subject: 'Still there?', html: '<p>Come back</p>' },
  });
  const graph = {
    entry: { kind: 'event', event: 'Looked' },
    reentry: 'always',
    start: 'wait',
    steps: [
      { id: 'wait', kind: 'delay', duration: { hours: 1 }, next: 'mail' },
      { id: 'mail', kind: 'send', channel: 'email', template: template.id, topic },
    ],
  };
  const { id } = await call<{ id: string }>('createJourney', { body: { name: topic, graph } });
  await call('publishJourney', { params: { id } });
  return id;
}

let serial = 0;
async function track(...batch: readonly object[]): Promise<void> {
  const payload = { writeKey: keys.writeKey, batch: batch.map((one) => ({ messageId: `m${++serial}`, ...one })) };
  expect((await world.app.inject({ method: 'POST', url: '/v1/batch', payload })).statusCode).toBe(200);
  await world.settle();
}

async function ask(kind: string, more: object = {}): Promise<PrivacyRequest> {
  const body = { kind, identifier: { kind: 'userId', value: 'ada' }, ...more };
  const { id } = await call<PrivacyRequest>('createPrivacyRequest', { body });
  while ((await runPrivacyRequests(world.services, work)) > 0);
  await world.settle();
  return call('getPrivacyRequest', { params: { id } });
}

const find = async (identifier: string): Promise<Profile> =>
  (await call<{ items: Profile[] }>('listProfiles', { query: { identifier } })).items[0]!;
const ada = () => find('userId:ada');
const countOf = async (operation: OperationId, id: string): Promise<number> =>
  (await call<{ items: unknown[] }>(operation, { params: { id } })).items.length;
const members = () => countOf('listSegmentMembers', segment);
const runs = async () => [
  await countOf('listJourneyRuns', journeys.marketing),
  await countOf('listJourneyRuns', journeys.transactional),
];
/** Each time a minute later. */
let minute = 0;
const looked = () => ({
  ...{ type: 'track', event: 'Looked', userId: 'ada' },
  timestamp: new Date(NOW - 3_600_000 + ++minute * 60_000).toISOString(),
});

it('who objects to profiling is in no segment and begins no journey of marketing; what concerns her orders goes on', async () => {
  await track(looked());
  expect([await members(), await runs()]).toEqual([1, [1, 1]]);
  expect(await ask('object', { against: ['profiling'] })).toMatchObject({ state: 'done', counts: { profiling: 1 } });
  expect(await members()).toBe(0);
  await track(looked(), { type: 'identify', userId: 'ada', traits: { plan: 'gold' } });
  expect([await members(), await runs()]).toEqual([0, [1, 2]]);
  const { id, profilingObjectedAt } = await ada();
  expect(profilingObjectedAt).toMatch(/^2026-/);
  expect(await call('getPermissions', { params: { id } })).toMatchObject({ profilingObjectedAt });
  // Marketing itself is another matter.
  const consents = await call<{ items: unknown[] }>('listProfileConsents', { params: { id } });
  expect(consents.items).toEqual([]);
});

it('an objection to direct marketing is one to the profiling for it, unless it says otherwise', async () => {
  await track(looked());
  expect(await ask('object', { against: ['marketing'] })).toMatchObject({ counts: { channels: 11 } });
  expect([await members(), (await ada()).profilingObjectedAt]).toEqual([1, null]);
  expect(await ask('object')).toMatchObject({ counts: { channels: 11, profiling: 1 } });
  expect(await members()).toBe(0);
  expect(await ask('object')).toMatchObject({ counts: { profiling: 0 } });
});

it('whoever parts again from a profile that objected keeps the objection, on both sides, though one of them said it', async () => {
  await track(
    { ...looked(), userId: undefined, anonymousId: 'tablet' },
    { type: 'identify', userId: 'ada', traits: { plan: 'gold' } },
  );
  await ask('object', { against: ['profiling'] });
  expect(await members()).toBe(1);
  const whole = await call<{ merges: { id: string }[] }>('mergeProfiles', {
    params: { id: (await find('anonymousId:tablet')).id },
    body: { with: (await ada()).id },
  });
  await world.settle();
  expect([await members(), (await find('anonymousId:tablet')).profilingObjectedAt]).toEqual([0, expect.any(String)]);

  await call('unmergeProfiles', {
    params: { id: (await find('anonymousId:tablet')).id },
    body: { merge: whole.merges[0]!.id },
  });
  await world.settle();
  await track({ ...looked(), userId: undefined, anonymousId: 'tablet' }, looked());
  const parted = [await ada(), await find('anonymousId:tablet')];
  expect(new Set(parted.map(({ id }) => id)).size).toBe(2);
  expect(parted).toMatchObject([
    { profilingObjectedAt: expect.any(String) },
    { profilingObjectedAt: expect.any(String) },
  ]);
  expect([await members(), await countOf('listJourneyRuns', journeys.marketing)]).toEqual([0, 1]);
});

it('it survives a merge and ends only with a reason, which the audit log keeps; then everything counts that happened', async () => {
  await track({ ...looked(), userId: undefined, anonymousId: 'phone' });
  const device = { kind: 'anonymousId', value: 'phone' };
  const { id } = await call<PrivacyRequest>('createPrivacyRequest', {
    body: { kind: 'object', against: ['profiling'], identifier: device },
  });
  while ((await runPrivacyRequests(world.services, work)) > 0);
  expect(await call('getPrivacyRequest', { params: { id } })).toMatchObject({ counts: { profiling: 1 } });
  await track({ type: 'identify', userId: 'ada', traits: { plan: 'gold' } });
  await track({ type: 'identify', userId: 'ada', anonymousId: 'phone' });
  await track(looked());
  expect([await members(), (await ada()).profilingObjectedAt]).toEqual([0, expect.any(String)]);

  const without = await world.ask('createPrivacyRequest', keys.apiKey, {
    body: { kind: 'unobject', identifier: { kind: 'userId', value: 'ada' } },
  });
  expect([without.status, without.text]).toEqual([400, expect.stringContaining('give the reason')]);
  const reason = 'she asked for it by telephone';
  expect(await ask('unobject', { reason })).toMatchObject({ state: 'done', counts: { profiling: 1 } });
  expect([await members(), (await ada()).profilingObjectedAt]).toEqual([1, null]);
  const audit = await call<{ items: { detail: object }[] }>('listAuditEntries', {
    query: { action: 'privacy_request.received' },
  });
  expect(audit.items).toContainEqual(expect.objectContaining({ detail: expect.objectContaining({ reason }) }));
});
