import { createHmac } from 'node:crypto';
import type { OperationId, PrivacyRequest } from '@segue/contract';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { signInAs } from '../modules/accounts/testing/sign-in-as.ts';
import { type RequestWork, runEventRetention, runPrivacyRequests } from '../modules/privacy/index.ts';
import { createRequestWork } from './request-work.ts';
import { createProfileReshaper } from './stages.ts';
import { type Answer, type ApiWorld, type Example, type Keys, NOW, openApiWorld } from './testing/api-world.ts';

const EMAIL = 'grace.hidden@customer.example';
const PHONE = '+15556251199';
const SECRET = 'shpss_0123456789abcdef';

let world: ApiWorld;
let keys: Keys;
let work: RequestWork;
/** Whom anything was told of, or who was erased. */
const touched: string[] = [];

beforeAll(async () => {
  world = await openApiWorld();
  const touch = (profileId: string): void => void touched.push(`prf_${profileId.replaceAll('-', '')}`);
  work = {
    ...createRequestWork(createProfileReshaper(world.services)),
    erasing: {
      erase: (_ctx, profileId) => Promise.resolve(touch(profileId)).then(() => true),
      end: () => Promise.resolve({ profiles: 1 }),
      suppress: () => Promise.resolve(),
    },
    exporting: {
      async *export(_ctx, profileId) {
        touch(profileId);
        yield { profileId };
      },
    },
  };
});
afterAll(() => world.close());
beforeEach(async () => {
  keys = await world.addWorkspace('Shop');
  touched.length = 0;
});

async function call<T = PrivacyRequest>(id: OperationId, example: Example = {}): Promise<T> {
  const answer = await world.ask(id, keys.apiKey, example);
  if (answer.status >= 300) throw new Error(`${id}: ${answer.status} ${answer.text}`);
  return answer.json();
}

let serial = 0;
async function send(writeKey: string, event: object): Promise<void> {
  const payload = { writeKey, batch: [{ messageId: `m${++serial}`, ...event }] };
  expect((await world.app.inject({ method: 'POST', url: '/v1/batch', payload })).statusCode).toBe(200);
  await world.settle();
}

async function sourceOf(kind: 'server' | 'website'): Promise<string> {
  const made = await call<{ writeKey: { key: string } }>('createSource', { body: { name: kind, kind } });
  return made.writeKey.key;
}

const findId = async (identifier: string): Promise<string | undefined> =>
  (await call<{ items: { id: string }[] }>('listProfiles', { query: { identifier } })).items[0]?.id;

async function runAll(): Promise<void> {
  while ((await runPrivacyRequests(world.services, work)) > 0);
}

async function ask(kind: string, identifier: object = { kind: 'email', value: EMAIL }): Promise<PrivacyRequest> {
  const { id } = await call('createPrivacyRequest', { body: { kind, identifier } });
  await runAll();
  return call('getPrivacyRequest', { params: { id } });
}

async function approve(id: string, role: 'owner' | 'admin' | 'marketer' = 'admin'): Promise<Answer> {
  const { cookie, origin } = await signInAs(world, keys.workspaceId, role);
  const answer = await world.ask('approvePrivacyRequest', undefined, { params: { id }, headers: { cookie, origin } });
  await runAll();
  return answer;
}

/** Grace typed an address into a form of the website: it may be anybody's. */
async function claim(traits: object = { email: EMAIL }): Promise<string> {
  await send(keys.writeKey, { type: 'identify', userId: 'grace', traits });
  return (await findId('userId:grace'))!;
}

it.each(['export', 'erase'])(
  'who only typed an address in does not get another to %s all of its holder',
  async (kind) => {
    const grace = await claim();
    const waiting = await ask(kind);
    expect(waiting).toMatchObject({ state: 'waiting', waitingFor: 'approval', waitingReason: 'claimed_identifier' });
    expect([waiting.profileId, touched]).toEqual([grace, []]);
    expect((await approve(waiting.id)).status).toBe(200);
    expect(await call('getPrivacyRequest', { params: { id: waiting.id } })).toMatchObject({
      state: 'done',
      waitingFor: null,
      waitingReason: null,
    });
    expect(touched).toEqual([grace]);
  },
);

it('a request that waits for approval can be cancelled, and then nobody is touched', async () => {
  await claim();
  const { id } = await ask('erase');
  expect(await call('cancelPrivacyRequest', { params: { id } })).toMatchObject({ state: 'cancelled' });
  await runAll();
  expect([touched, (await approve(id)).status]).toEqual([[], 409]);
});

it("Shopify's webhooks wait as well when all they name is claimed, and do not when anything they name is proven", async () => {
  const grace = await claim({ email: EMAIL, phone: PHONE });
  const path = await account();
  expect(await hook(path, 'customers/redact', 'w1')).toBe(200);
  await runAll();
  const listed = async (kind: string) =>
    (await call<{ items: PrivacyRequest[] }>('listPrivacyRequests', { query: { kind } })).items;
  expect(await listed('erase')).toMatchObject([
    { kind: 'erase', state: 'waiting', waitingReason: 'claimed_identifier', profileId: grace },
  ]);
  expect(touched).toEqual([]);
  await send(await sourceOf('server'), { type: 'identify', userId: 'grace', traits: { phone: PHONE } });
  expect(await hook(path, 'customers/data_request', 'w2')).toBe(200);
  await runAll();
  expect(await listed('export')).toMatchObject([{ state: 'done', outcome: 'done' }]);
  expect(touched).toEqual([grace]);
});

it('a request goes by itself by what is proven, by the profile, and of who is known by nothing but the claim', async () => {
  const grace = await claim();
  expect(await ask('export', { kind: 'userId', value: 'grace' })).toMatchObject({ state: 'done' });
  const { id } = await call('createPrivacyRequest', { body: { kind: 'export', profile: grace } });
  await runAll();
  expect(await call('getPrivacyRequest', { params: { id } })).toMatchObject({ state: 'done' });
  const popUp = { email: 'pop.up@customer.example' };
  await send(keys.writeKey, { type: 'identify', anonymousId: 'pop-up', traits: popUp });
  expect(await ask('export', { kind: 'email', value: popUp.email })).toMatchObject({ state: 'done', outcome: 'done' });
  expect(touched).toEqual([grace, grace, await findId('anonymousId:pop-up')]);
});

it('what was approved is about the customer a member saw, not about whoever the address is claimed by since', async () => {
  await claim();
  const { id } = await ask('erase');
  const { postgres } = world.services;
  await send(keys.writeKey, { type: 'identify', userId: 'vera', traits: { plan: 'gold' } });
  const vera = (await findId('userId:vera'))!;
  const values = [keys.workspaceId, vera.slice(4)];
  await postgres.query({
    text: 'update identity_node set profile_id = $2::uuid where workspace_id = $1 and kind = 30',
    values,
  });
  expect((await approve(id)).status).toBe(200);
  expect(await call('getPrivacyRequest', { params: { id } })).toMatchObject({ state: 'waiting', profileId: vera });
  expect(touched).toEqual([]);
  await approve(id);
  expect(touched).toEqual([vera]);
});

it('no API key approves anything, whatever it may do, nor a member who is neither owner nor admin', async () => {
  await claim();
  const { id } = await ask('erase');
  const refused = await world.ask('approvePrivacyRequest', keys.apiKey, { params: { id } });
  expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('never an API key')]);
  expect((await approve(id, 'marketer')).status).toBe(403);
  expect(touched).toEqual([]);
  expect((await approve(id, 'owner')).status).toBe(200);
  expect(touched).toHaveLength(1);
});

it('a webhook is known again for a week, and then nothing is kept of it', async () => {
  const path = await account();
  const kept = async () => (await world.rowsOf(keys.workspaceId)).get('shopify_webhook')?.length ?? 0;
  const age = (days: number) =>
    world.services.postgres.query({
      text: `update shopify_webhook set received_at = $2 where workspace_id = $1`,
      values: [keys.workspaceId, new Date(NOW - days * 86_400_000)],
    });
  await hook(path, 'customers/data_request', 'w1');
  await age(6);
  while ((await runEventRetention(world.services)) > 0);
  expect(await kept()).toBe(1);
  await age(8);
  while ((await runEventRetention(world.services)) > 0);
  expect(await kept()).toBe(0);
});

async function account(): Promise<string> {
  const body = { shopDomain: 'snow.myshopify.com', secret: SECRET };
  return (await call<{ webhookPath: string }>('createShopifyAccount', { body })).webhookPath;
}

async function hook(url: string, topic: string, id: string): Promise<number> {
  const payload = JSON.stringify({ shop_id: 1, customer: { id: 191167, email: EMAIL, phone: PHONE } });
  const headers = {
    'content-type': 'application/json',
    'x-shopify-topic': topic,
    'x-shopify-hmac-sha256': createHmac('sha256', SECRET).update(payload).digest('base64'),
    'x-shopify-shop-domain': 'snow.myshopify.com',
    'x-shopify-webhook-id': id,
  };
  return (await world.app.inject({ method: 'POST', url, payload, headers })).statusCode;
}
