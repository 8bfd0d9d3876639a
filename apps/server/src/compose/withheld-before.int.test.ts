import type { OperationId, SegmentPreview } from '@segue/contract';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { runPrivacyRequests } from '../modules/privacy/index.ts';
import { listWithheld, lookForWithheld } from '../modules/profiles/index.ts';
import { createRequestWork } from './request-work.ts';
import { createProfileReshaper } from './stages.ts';
import { type ApiWorld, type Example, type Keys, NOW, openApiWorld } from './testing/api-world.ts';
import { fillSegments } from './testing/fill-segments.ts';

let world: ApiWorld;
let keys: Keys;
beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  keys = await world.addWorkspace('Shop');
});

async function call<T>(id: OperationId, example: Example = {}): Promise<T> {
  const answer = await world.ask(id, keys.apiKey, example);
  if (answer.status >= 300) throw new Error(`${id}: ${answer.status} ${answer.text}`);
  return (answer.text === '' ? undefined : answer.json()) as T;
}

let serial = 0;
async function track(...batch: readonly object[]): Promise<void> {
  const said = { type: 'track', event: 'Looked', timestamp: new Date(NOW - 3_600_000).toISOString() };
  const payload = {
    writeKey: keys.writeKey,
    batch: batch.map((one) => ({ messageId: `m${++serial}`, ...said, ...one })),
  };
  expect((await world.app.inject({ method: 'POST', url: '/v1/batch', payload })).statusCode).toBe(200);
  await world.settle();
}

async function ask(kind: string, userId: string, more: object = {}): Promise<void> {
  await call('createPrivacyRequest', { body: { kind, identifier: { kind: 'userId', value: userId }, ...more } });
  const work = createRequestWork(createProfileReshaper(world.services));
  while ((await runPrivacyRequests(world.services, work)) > 0);
  await world.settle();
}

const idOf = async (identifier: string): Promise<string> =>
  (await call<{ items: { id: string }[] }>('listProfiles', { query: { identifier } })).items[0]!.id;
const rule = { event: 'Looked', count: { atLeast: 1 } };
const previewed = async (): Promise<number> =>
  (await call<SegmentPreview>('previewSegment', { body: { rule } })).members;

/** The database as it was before anybody was noted: the migrations that came since have just run. */
async function forgetNotes(): Promise<void> {
  const { postgres } = world.services;
  await postgres.query({ text: 'update profile set is_withheld = false' });
  await postgres.query({ text: 'insert into withheld_look default values on conflict do nothing' });
}

it('whoever was restricted before it was noted is in no preview and no segment, once a process has started', async () => {
  await track({ userId: 'ada' }, { userId: 'bob' });
  await ask('restrict', 'ada');
  await forgetNotes();
  await lookForWithheld(world.services.postgres, 1);
  expect(await previewed()).toBe(1);
  const { id } = await call<{ id: string }>('createSegment', { body: { name: 'Lookers', rule } });
  await fillSegments(world.services);
  const members = await call<{ items: { profileId: string }[] }>('listSegmentMembers', { params: { id } });
  expect(members.items.map(({ profileId }) => profileId)).toEqual([await idOf('userId:bob')]);
});

it('finds whoever took an objection over from another, and looks once', async () => {
  await track({ anonymousId: 'tablet' }, { userId: 'ada' }, { userId: 'bob' });
  await ask('object', 'ada', { against: ['profiling'] });
  const tablet = await idOf('anonymousId:tablet');
  const ada = await idOf('userId:ada');
  const { merges } = await call<{ merges: { id: string }[] }>('mergeProfiles', {
    params: { id: tablet },
    body: { with: ada },
  });
  await call('unmergeProfiles', {
    params: { id: await idOf('anonymousId:tablet') },
    body: { merge: merges[0]!.id },
  });
  await world.settle();
  const { postgres } = world.services;
  const noted = async () => (await listWithheld(postgres, keys.workspaceId)).length;
  const before = await noted();
  await forgetNotes();
  expect([before, await noted()]).toEqual([2, 0]);
  const looks = await Promise.all([lookForWithheld(postgres, 2), lookForWithheld(postgres, 2)]);
  const { rowCount } = await postgres.query({ text: 'select from subject_state' });
  expect(looks[0]! + looks[1]!).toBe(rowCount);
  expect(await noted()).toBe(2);
  expect(await lookForWithheld(postgres)).toBe(0);
});
