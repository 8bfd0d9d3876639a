import type {
  Consent,
  OperationId,
  PreferenceLink,
  PresentedPermission,
  RejectedCount,
  SourceHealth,
} from '@segue/contract';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type ApiWorld, type Example, type Keys, openApiWorld } from './testing/api-world.ts';

let world: ApiWorld;
let keys: Keys;

beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  keys = await world.addWorkspace('Shop');
});

const ask = (id: OperationId, example: Example, apiKey = keys.apiKey) => world.ask(id, apiKey, example);

async function call<T>(id: OperationId, example: Example = {}): Promise<T> {
  const answer = await ask(id, example);
  if (answer.status >= 300) throw new Error(`${id}: ${answer.status} ${answer.text}`);
  return (answer.text === '' ? undefined : answer.json()) as T;
}

let serial = 0;
async function send(...batch: readonly object[]): Promise<void> {
  const payload = { writeKey: keys.writeKey, batch: batch.map((one) => ({ messageId: `m${++serial}`, ...one })) };
  expect((await world.app.inject({ method: 'POST', url: '/v1/batch', payload })).statusCode).toBe(200);
  await world.settle();
}

async function addAda(): Promise<string> {
  await send({ type: 'identify', userId: 'ada', traits: { email: 'ada@example.com' } });
  const { items } = await call<{ items: { id: string }[] }>('listProfiles', { query: { identifier: 'userId:ada' } });
  return items[0]!.id;
}

const permissionOf = async (id: string, topic = 'marketing') =>
  (await call<{ permissions: PresentedPermission[] }>('getPermissions', { params: { id } })).permissions.find(
    (one) => one.channel === 'email' && one.topic === topic,
  );

const press = (url: string, form: string) =>
  world.app.inject({
    method: 'POST',
    url: new URL(url).pathname.replace('/p/u/', '/p/topics/'),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: form,
  });

it('a shop gets a link to the preference page of its own customers alone, about an address of hers', async () => {
  const id = await addAda();
  const link = await call<PreferenceLink>('createPreferenceLink', { params: { id }, body: {} });
  expect(link).toEqual({
    url: expect.stringContaining('/p/u/'),
    channel: 'email',
    addressHash: expect.any(String),
    expiresAt: null,
  });
  expect((await world.app.inject({ method: 'GET', url: new URL(link.url).pathname })).statusCode).toBe(200);
  const named = { params: { id }, body: { channel: 'email', address: 'Ada@Example.com' } };
  expect(await call('createPreferenceLink', named)).toMatchObject({ addressHash: link.addressHash });

  expect((await press(link.url, 'action=save&choice=email:marketing')).statusCode).toBeLessThan(400);
  await world.settle();
  const { items } = await call<{ items: Consent[] }>('listProfileConsents', { params: { id } });
  expect(items).toMatchObject([{ status: 'granted', source: 'preference_page', isConfirmed: false }]);

  for (const [body, field] of [
    [{ channel: 'email', address: 'eve@example.com' }, 'address'],
    [{ channel: 'sms' }, 'channel'],
  ] as const) {
    const refused = await ask('createPreferenceLink', { params: { id }, body });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining(`"field":"${field}"`)]);
  }
  const other = await world.addWorkspace('Other');
  expect((await ask('createPreferenceLink', { params: { id }, body: {} }, other.apiKey)).status).toBe(404);
});

it('a link nobody mailed proves no mailbox: double opt-in stays what it is', async () => {
  const id = await addAda();
  await call('updateTopic', { params: { topic: 'marketing' }, body: { doubleOptIn: true } });
  const { url } = await call<PreferenceLink>('createPreferenceLink', { params: { id }, body: {} });
  await press(url, 'action=save&choice=email:marketing');
  await world.settle();
  expect(await permissionOf(id)).toMatchObject({ isPermitted: false });
});

it('a misspelt topic is refused by every call about consent, with the topics there are', async () => {
  const id = await addAda();
  const said = { channel: 'email', topic: 'marketng', status: 'granted', source: 'till' };
  const categoryTopics = [{ category: 'News', channel: 'email', topic: 'marketng' }];
  for (const [operation, example, field] of [
    ['recordConsent', { params: { id }, body: said }, 'topic'],
    ['updateConsentSettings', { body: { categoryTopics, optWords: [] } }, 'categoryTopics.0.topic'],
  ] as const) {
    const refused = await ask(operation, example);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain(`"field":"${field}"`);
    expect(refused.text).toContain('give one of marketing, transactional');
  }
  const row = { identifier: 'userId:ada', ...said, occurredAt: '2026-11-01T10:00:00Z' };
  expect(await call('importConsents', { body: { rows: [row] } })).toMatchObject({
    accepted: 0,
    errors: [{ row: 1, field: 'topic', message: expect.stringContaining('give one of marketing') }],
  });
  await call('createTopic', { body: { topic: 'marketng', name: 'So be it', kind: 'marketing' } });
  expect((await ask('recordConsent', { params: { id }, body: said })).status).toBe(204);
});

it('an event about a channel or topic there is not loses no word, and the health of its source tells of it', async () => {
  const id = await addAda();
  const said = (properties: object) => ({ type: 'track', event: 'Consent Updated', userId: 'ada', properties });
  await send(
    said({ channel: 'fax', topic: 'marketing', status: 'granted' }),
    said({ channel: 'email', topic: 'marketng', status: 'denied' }),
    said({ channel: 'email', topic: 'marketing', status: 'granted' }),
  );
  const { items } = await call<{ items: Consent[] }>('listProfileConsents', { params: { id } });
  expect(items).toHaveLength(3);
  const counts = (await call<{ items: RejectedCount[] }>('countRejectedEvents')).items;
  expect(counts.map(({ type, field, count }) => [type, field, count]).toSorted()).toEqual([
    ['track', 'properties.channel', 1],
    ['track', 'properties.topic', 1],
  ]);
  const health = await call<SourceHealth>('getSourceHealth', { params: { id: counts[0]!.sourceId! } });
  expect(health).toMatchObject({ rejectedLastHour: 2 });
});
