import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { OperationId, PrivacyRequest } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signInAs } from '../modules/accounts/testing/sign-in-as.ts';
import { type RequestWork, runEventRetention, runPrivacyRequests } from '../modules/privacy/index.ts';
import { readSignalConsent } from '../modules/consent/index.ts';
import { runObserver, runWebhooks } from '../modules/events/index.ts';
import { createRequestWork } from './request-work.ts';
import { createProfileReshaper } from './stages.ts';
import { type ApiWorld, type Example, type Keys, NOW, openApiWorld } from './testing/api-world.ts';
import { fillSegments } from './testing/fill-segments.ts';

const EMAIL = 'grace.hidden@customer.example';
const SECRET = 'shpss_0123456789abcdef';

let world: ApiWorld;
let keys: Keys;
const erased: string[] = [];
const suppressed: string[] = [];
let duringErase: () => Promise<void> = () => Promise.resolve();
let work: RequestWork;

beforeAll(async () => {
  world = await openApiWorld();
  work = {
    ...createRequestWork(createProfileReshaper(world.services)),
    erasing: {
      async erase(_ctx, profileId) {
        await duringErase();
        erased.push(profileId);
        return true;
      },
      end: () => Promise.resolve({ profiles: 1 }),
      suppress: async (_ctx, identifiers) => void suppressed.push(...identifiers.map(({ value }) => value)),
    },
    exporting: {
      async *export(_ctx, profileId) {
        for (let n = 0; n < 450; n++) yield { profileId, n };
      },
    },
  };
});
const abort = new AbortController();
let readers: Promise<unknown> = Promise.resolve();
afterAll(async () => {
  abort.abort();
  await readers;
  await world.close();
});

async function call<T = PrivacyRequest>(id: OperationId, example: Example = {}): Promise<T> {
  const answer = await world.ask(id, keys.apiKey, example);
  if (answer.status >= 300) throw new Error(`${id}: ${answer.status} ${answer.text}`);
  return (answer.text === '' ? undefined : answer.json()) as T;
}

async function track(...batch: readonly object[]): Promise<void> {
  const payload = { writeKey: keys.writeKey, batch };
  const response = await world.app.inject({ method: 'POST', url: '/v1/batch', payload });
  expect(response.statusCode).toBe(200);
  await world.settle();
}

async function runAll(): Promise<void> {
  while ((await runPrivacyRequests(world.services, work)) > 0);
}

async function ask(kind: string, more: object = {}): Promise<PrivacyRequest> {
  const { id } = await call('createPrivacyRequest', {
    body: { kind, identifier: { kind: 'email', value: EMAIL }, ...more },
  });
  await runAll();
  return call('getPrivacyRequest', { params: { id } });
}

const profile = async (identifier: string): Promise<string | undefined> =>
  (await call<{ items: { id: string }[] }>('listProfiles', { query: { identifier } })).items[0]?.id;

async function shop(): Promise<void> {
  keys = await world.addWorkspace('Shop');
  // Else her address would only be claimed.
  const values = [keys.workspaceId];
  await world.services.postgres.query({ text: 'update source set trusted = true where workspace_id = $1', values });
  await track({ type: 'identify', userId: 'grace', traits: { email: EMAIL, plan: 'gold' }, messageId: 'g1' });
}

async function rowsHolding(text: string): Promise<string[]> {
  const rows = await world.rowsOf(keys.workspaceId);
  return [...rows].flatMap(([table, all]) => (all.some((row) => row.includes(text)) ? [table] : []));
}

describe('a privacy request', () => {
  it('exports what is known of her, keeps no identifier, and leaves a receipt that names nobody', async () => {
    await shop();
    const done = await ask('export', { note: 'by telephone' });
    expect(done).toMatchObject({ state: 'done', outcome: 'done', counts: { items: 450 }, isFileReady: true });
    expect(done.identifierHash).toMatch(/^[0-9a-f-]{36}$/);
    expect(Date.parse(done.dueAt)).toBe(Date.UTC(2026, 11, 22, 9));
    const file = await call<{ data: unknown[] }>('getPrivacyExport', { params: { id: done.id } });
    expect(file.data).toHaveLength(450);
    expect(await rowsHolding(EMAIL)).toEqual([]);
    const { postgres } = world.services;
    const { rows } = await postgres.query({
      text: `select sealed from privacy_request where workspace_id = $1`,
      values: [keys.workspaceId],
    });
    expect(rows).toEqual([{ sealed: null }]);
    const audit = await call<{ items: { action: string; detail: object }[] }>('listAuditEntries', {
      query: { action: 'privacy_request.done' },
    });
    expect(audit.items).toMatchObject([
      { detail: { kind: 'export', identifiers: [done.identifierHash], counts: { items: 450 } } },
    ]);
  });

  it('of an identifier that leads to nobody ends as nothing held, and still keeps late events out', async () => {
    await shop();
    const body = { identifier: { kind: 'email', value: 'nobody@customer.example' } };
    expect(await ask('erase', body)).toMatchObject({
      state: 'done',
      outcome: 'nothing_held',
      counts: { suppressed: 1 },
    });
    expect(suppressed).toContain('nobody@customer.example');
    const empty = await ask('export', body);
    expect(empty).toMatchObject({ outcome: 'nothing_held', isFileReady: false });
    const file = await world.ask('getPrivacyExport', keys.apiKey, { params: { id: empty.id } });
    expect([file.status, file.text]).toEqual([404, expect.stringContaining('Nothing is held of her')]);
    expect(await ask('erase', { ...body, suppress: false })).toMatchObject({ outcome: 'nothing_held', counts: {} });
    const wrong = await world.ask('createPrivacyRequest', keys.apiKey, { body: { kind: 'erase' } });
    expect(wrong.status).toBe(400);
  });

  it('erases her once, with one receipt, when the process that began it died and came back late', async () => {
    await shop();
    erased.length = 0;
    const { postgres } = world.services;
    let times = 0;
    duringErase = async () => {
      times += 1;
      if (times > 1) return;
      // As if its lease had run out: another process takes the request and finishes it.
      await postgres.query({
        text: 'update privacy_request set next_at = $2 where workspace_id = $1',
        values: [keys.workspaceId, new Date(NOW - 1)],
      });
      await runPrivacyRequests(world.services, work);
    };
    const done = await ask('erase');
    duringErase = () => Promise.resolve();
    expect(times).toBe(2);
    expect(done).toMatchObject({ state: 'done', counts: { profiles: 1 } });
    const audit = await call<{ items: unknown[] }>('listAuditEntries', { query: { action: 'privacy_request.done' } });
    expect(audit.items).toHaveLength(1);
  });

  it('erases her for good, the files of her exports too, by what every module keeps', async () => {
    await shop();
    // She is gone once everybody who reads the log has passed what she sent.
    const reading = { processId: 'readers', signal: abort.signal, readSignals: readSignalConsent };
    readers = Promise.all([runObserver(world.services, reading), runWebhooks(world.services, reading)]);
    const real = createRequestWork(createProfileReshaper(world.services));
    const runReal = async (id: string): Promise<PrivacyRequest> => {
      const { postgres } = world.services;
      for (let turn = 0; turn < 200; turn++) {
        const request = await call('getPrivacyRequest', { params: { id } });
        if (request.state === 'done') return request;
        const values = [keys.workspaceId, new Date(NOW)];
        await postgres.query({ text: 'update privacy_request set next_at = $2 where workspace_id = $1', values });
        await runPrivacyRequests(world.services, real);
        await pause(50);
      }
      throw new Error('the request was not done in time');
    };
    const body = { identifier: { kind: 'email', value: EMAIL } };
    const file = await call('createPrivacyRequest', { body: { ...body, kind: 'export' } });
    expect(await runReal(file.id)).toMatchObject({ outcome: 'done', isFileReady: true });
    const held = await call<{ data: object[] }>('getPrivacyExport', { params: { id: file.id } });
    expect(JSON.stringify(held.data)).toContain(EMAIL);
    const erasure = await call('createPrivacyRequest', { body: { ...body, kind: 'erase' } });
    expect(await runReal(erasure.id)).toMatchObject({ outcome: 'done', counts: { exports: 1 } });
    expect(await profile('userId:grace')).toBeUndefined();
    expect(await call('getPrivacyRequest', { params: { id: file.id } })).toMatchObject({ isFileReady: false });
    const verification = await call<{ intact: boolean }>('verifyAudit');
    expect(verification.intact).toBe(true);
  });

  it('that fails says so, is tried again, and can be cancelled only while it was not begun', async () => {
    await shop();
    duringErase = () => Promise.reject(new TypeError(`no such thing as ${EMAIL}`));
    const failed = await ask('erase');
    expect(failed).toMatchObject({ state: 'received', attempts: 1, error: 'TypeError' });
    const refused = await world.ask('cancelPrivacyRequest', keys.apiKey, { params: { id: failed.id } });
    expect(refused.status).toBe(409);
    duringErase = () => Promise.resolve();
    const { postgres } = world.services;
    await postgres.query({
      text: `update privacy_request set next_at = $2 where workspace_id = $1`,
      values: [keys.workspaceId, new Date(NOW)],
    });
    await runAll();
    expect(await call('getPrivacyRequest', { params: { id: failed.id } })).toMatchObject({
      state: 'done',
      error: null,
    });
  });

  it('to restrict keeps her from segments and messages, survives a merge, and is counted up when it is lifted', async () => {
    await shop();
    const rule = { event: 'Bought', count: { atLeast: 1 } };
    const segment = await call<{ id: string }>('createSegment', { body: { name: 'Buyers', rule } });
    await fillSegments(world.services);
    const members = async () =>
      (await call<{ items: unknown[] }>('listSegmentMembers', { params: { id: segment.id } })).items.length;
    const refusals = async () => {
      const params = { id: (await profile('userId:grace'))! };
      const read = await call<{ permissions: { refusedFor: string | null }[] }>('getPermissions', { params });
      return [...new Set(read.permissions.map(({ refusedFor }) => refusedFor))];
    };
    expect(await ask('restrict')).toMatchObject({ state: 'done', counts: { restricted: 1 } });
    await track({ type: 'track', event: 'Bought', userId: 'grace', messageId: 'b1' });
    expect(await members()).toBe(0);
    // What another device says of her is hers, and restricted like her.
    await track({ type: 'track', event: 'Looked', anonymousId: 'phone', messageId: 'b2' });
    await track({ type: 'identify', userId: 'grace', anonymousId: 'phone', messageId: 'b3' });
    await track({ type: 'track', event: 'Bought', anonymousId: 'phone', messageId: 'b4' });
    expect(await members()).toBe(0);
    expect(await ask('restrict')).toMatchObject({ counts: { restricted: 0 } });
    expect(await refusals()).toEqual(['restricted']);
    const found = await call<{ items: object[] }>('listProfiles', { query: { identifier: 'userId:grace' } });
    expect(found.items).toMatchObject([{ restrictedAt: new Date(NOW).toISOString() }]);
    expect(await ask('unrestrict')).toMatchObject({ state: 'done', counts: { unrestricted: 1 } });
    expect(await refusals()).not.toContain('restricted');
    expect(await members()).toBe(1);
  });

  it('to object denies every marketing topic on every channel', async () => {
    await shop();
    expect(await ask('object')).toMatchObject({ state: 'done', counts: { channels: 11 } });
    const id = (await profile('userId:grace'))!;
    const consents = await call<{ items: { topic: string; status: string; channel: string }[] }>(
      'listProfileConsents',
      {
        params: { id },
      },
    );
    expect(new Set(consents.items.map(({ topic, status }) => `${topic} ${status}`))).toEqual(new Set(['* denied']));
    expect(new Set(consents.items.map(({ channel }) => channel)).size).toBe(11);
  });
});

describe("Shopify's compliance webhooks", () => {
  interface Hook {
    readonly topic: string;
    readonly payload: object;
    readonly id?: string;
    readonly secret?: string;
    readonly domain?: string;
  }
  async function hook(path: string, { topic, payload, id = 'w1', secret = SECRET, domain }: Hook): Promise<number> {
    const body = JSON.stringify(payload);
    const response = await world.app.inject({
      method: 'POST',
      url: path,
      payload: body,
      headers: {
        'content-type': 'application/json',
        'x-shopify-topic': topic,
        'x-shopify-hmac-sha256': createHmac('sha256', secret).update(body).digest('base64'),
        'x-shopify-shop-domain': domain ?? 'snow.myshopify.com',
        'x-shopify-webhook-id': id,
      },
    });
    return response.statusCode;
  }
  const customer = { id: 191167, email: EMAIL, phone: '+15556251199' };
  const list = async (): Promise<PrivacyRequest[]> =>
    (await call<{ items: PrivacyRequest[] }>('listPrivacyRequests')).items;

  async function account(more: object = {}): Promise<string> {
    const body = { shopDomain: 'snow.myshopify.com', secret: SECRET, ...more };
    return (await call<{ webhookPath: string }>('createShopifyAccount', { body })).webhookPath;
  }

  it('become requests, once each, only when the shop signed them', async () => {
    await shop();
    const faults = world.faults.length;
    const path = await account();
    const payload = { shop_id: 1, shop_domain: 'snow.myshopify.com', customer, data_request: { id: 9999 } };
    const asked = { topic: 'customers/data_request', payload };
    expect(await hook(path, { ...asked, secret: 'shpss_another_secret_' })).toBe(401);
    expect(await hook(path, { ...asked, domain: 'other.myshopify.com' })).toBe(401);
    expect(await hook('/hooks/shopify/sac_00000000000000000000000000000000', asked)).toBe(401);
    expect(await list()).toEqual([]);
    expect(await hook(path, asked)).toBe(200);
    expect(await hook(path, asked)).toBe(200);
    expect(await hook(path, { topic: 'orders/create', payload: {}, id: 'w9' })).toBe(200);
    expect(await hook(path, { ...asked, topic: 'customers/redact', id: 'w2' })).toBe(200);
    await runAll();
    const requests = await list();
    expect(requests.map(({ kind, state, origin }) => [kind, state, origin]).sort()).toEqual([
      ['erase', 'done', 'shopify'],
      ['export', 'done', 'shopify'],
    ]);
    expect(Date.parse(requests[0]!.dueAt)).toBe(NOW + 30 * 86_400_000);
    expect(await rowsHolding('191167')).toEqual([]);
    expect(world.faults.slice(faults).join()).not.toContain(EMAIL);
    const accounts = await call<{ items: object[] }>('listShopifyAccounts');
    expect(JSON.stringify(accounts)).not.toContain(SECRET);
  });

  it('to redact a shop wait for an owner or admin, and then erase those known through it alone', async () => {
    await shop();
    const source = await call<{ id: string; writeKey: { key: string } }>('createSource', {
      body: { name: 'Snow', kind: 'server' },
    });
    const path = await account({ source: source.id });
    const send = (writeKey: string, userId: string) =>
      world.app.inject({
        method: 'POST',
        url: '/v1/batch',
        payload: { writeKey, batch: [{ type: 'track', event: 'Bought', userId, messageId: `${writeKey}${userId}` }] },
      });
    await send(source.writeKey.key, 'only-there');
    await send(source.writeKey.key, 'grace');
    await world.settle();
    erased.length = 0;
    const payload = { shop_id: 1, shop_domain: 'snow.myshopify.com' };
    expect(await hook(path, { topic: 'shop/redact', payload })).toBe(200);
    await runAll();
    const [waiting] = await list();
    expect(waiting).toMatchObject({ kind: 'erase_shop', state: 'waiting', waitingReason: 'whole_shop' });
    expect(erased).toEqual([]);
    const { cookie, origin } = await signInAs(world, keys.workspaceId, 'admin');
    await call('approvePrivacyRequest', { params: { id: waiting!.id }, headers: { cookie, origin } });
    await runAll();
    expect((await list())[0]).toMatchObject({ state: 'done', outcome: 'done', counts: { profiles: 1 } });
    expect(erased.map((id) => `prf_${id.replaceAll('-', '')}`)).toEqual([await profile('userId:only-there')]);
  });
});

describe('what is kept', () => {
  const DAY_MS = 86_400_000;

  it('is by event type and name, the first rule that fits deciding, and never takes who somebody is', async () => {
    await shop();
    const at = (days: number) => new Date(NOW - days * DAY_MS).toISOString();
    const event = (name: string, days: number) => ({
      type: 'track',
      event: name,
      userId: 'grace',
      timestamp: at(days),
      messageId: `${name} ${days}`,
    });
    const names = ["O'Neil \\ Viewed", 'Product Viewed', 'Product Bought'];
    await track(...names.flatMap((name) => [event(name, 5), event(name, 50)]));
    await track({ type: 'page', name: 'Home', userId: 'grace', timestamp: at(50), messageId: 'page' });
    const rule = { event: 'Product Viewed', within: { days: 30 } };
    await call('createSegment', { body: { name: 'Lookers', rule } });
    const rules = [
      { type: 'track', name: 'Product Bought', keepDays: 400 },
      { type: 'track', name: 'Product *', keepDays: 10 },
      { type: 'track', name: names[0], keepDays: 10 },
    ];
    const answer = await call<{ warnings: object[] }>('setRetention', { body: { rules } });
    expect(answer.warnings).toMatchObject([{ segment: 'Lookers', event: 'Product Viewed', keepDays: 10 }]);
    while ((await runEventRetention(world.services)) > 0);
    const left = await world.services.history.query<{ type: string; name: string; age: number }>({
      sql: `select type, name, toInt32(({now: Int64} - occurred_ms) / {day: Int64}) as age from history_events
            where workspace_id = {id: UInt32} and type in ('track', 'page', 'identify') order by type, name, age`,
      params: { now: NOW, day: DAY_MS, id: keys.workspaceId },
    });
    expect(left.map(({ type, name, age }) => `${type} ${name} ${age}`)).toEqual([
      'identify  0',
      'page Home 50',
      `track ${names[0]} 5`,
      'track Product Bought 5',
      'track Product Bought 50',
      'track Product Viewed 5',
    ]);
    expect(await runEventRetention(world.services)).toBe(0);
  });

  it('of identify, group and alias cannot be shorter than the profile', async () => {
    await shop();
    const body = { rules: [{ type: 'identify', name: '*', keepDays: 10 }] };
    const refused = await world.ask('setRetention', keys.apiKey, { body });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('as long as the profile')]);
  });

  it('of the files of exports is 30 days, or what the workspace says', async () => {
    await shop();
    const done = await ask('export');
    await call('setRetention', { body: { rules: [], exportDays: 2 } });
    await world.services.postgres.query({
      text: 'update privacy_export_part set created_at = $2 where workspace_id = $1',
      values: [keys.workspaceId, new Date(NOW - 3 * DAY_MS)],
    });
    while ((await runEventRetention(world.services)) > 0);
    expect(await call('getPrivacyRequest', { params: { id: done.id } })).toMatchObject({ isFileReady: false });
    expect((await world.ask('getPrivacyExport', keys.apiKey, { params: { id: done.id } })).status).toBe(404);
  });
});
