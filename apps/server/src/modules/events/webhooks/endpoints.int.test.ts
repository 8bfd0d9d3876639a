import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHash } from 'node:crypto';
import type { JsonObject } from '../../../platform/json.ts';
import { type Listener, startListener } from '../../../platform/outbound/testing/listener.ts';
import { createTestClock, type TestClock } from '../../../testkit/index.ts';
import { addWorkspace } from '../testing/second-workspace.ts';
import { createEngines, type Engines, NOW, trackEvent } from '../testing/world.ts';
import { retainWebhooks } from './index.ts';
import { openShop, type Shop, verify } from './testing/shop.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
let clock: TestClock;
let engines: Engines;
let shop: Shop;
let listener: Listener;
beforeAll(async () => {
  clock = createTestClock(NOW);
  [engines, listener] = await Promise.all([createEngines(), startListener()]);
  shop = await openShop(engines, clock);
  shop.work();
});
afterAll(async () => {
  await shop.close();
  await Promise.all([listener.close(), engines.drop()]);
});
beforeEach(async () => {
  await shop.world.services.postgres.query({
    text: 'truncate webhook_endpoint, webhook_delivery, webhook_hour, audit_entry',
  });
  listener.calls.length = 0;
  listener.answer = (response) => response.end('ok');
});

async function keyWith(...scopes: string[]): Promise<string> {
  const key = `key-${scopes.join('-')}`;
  await shop.world.services.postgres.query({
    text: `insert into api_key (id, workspace_id, hash, name, scopes) values (gen_random_uuid(), $1, $2, 'some', $3) on conflict do nothing`,
    values: [shop.world.ctx.workspaceId, createHash('sha256').update(key).digest(), scopes],
  });
  return key;
}

const audited = async (): Promise<string[]> =>
  (
    await shop.world.services.postgres.query<{ action: string }>({
      text: 'select action from audit_entry order by action',
    })
  ).rows.map((row) => row.action);

async function sendAndDeliver(...events: JsonObject[]): Promise<void> {
  await shop.world.send(events);
  await shop.settle();
  await shop.deliver();
}

describe('an endpoint', () => {
  it('is created, read, listed, changed and deleted, and every change is audited', async () => {
    const fields = {
      url: listener.url,
      description: 'till',
      events: [{ name: 'Order *' }],
      headers: { 'X-Shop': 'word' },
      ratePerSecond: 5,
    };
    const made = await shop.call('POST', '/webhooks', fields);
    expect(made.status).toBe(201);
    const { secret, ...shown } = made.body;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const path = `/webhooks/${String(shown['id'])}`;
    expect((await shop.call('GET', path)).body).toEqual(shown);
    expect((await shop.call('GET', '/webhooks')).body).toEqual({ items: [shown], nextCursor: null });
    expect(shown).toMatchObject({ headerNames: ['X-Shop'], enabled: true, health: { state: 'healthy', waiting: 0 } });
    const changed = await shop.call('PATCH', path, {
      description: 'shop',
      events: [],
      headers: {},
      ratePerSecond: null,
    });
    expect(changed.body).toMatchObject({
      description: 'shop',
      events: [],
      headerNames: [],
      ratePerSecond: null,
      url: listener.url,
    });
    expect((await shop.call('POST', `${path}/disable`, { reason: 'holiday' })).body).toMatchObject({
      enabled: false,
      health: { state: 'disabled', reason: 'holiday' },
    });
    expect((await shop.call('POST', `${path}/enable`)).body).toMatchObject({ enabled: true, health: { reason: null } });
    await shop.call('POST', `${path}/rotate-secret`);
    await shop.call('POST', `${path}/test`);
    expect((await shop.call('DELETE', path)).status).toBe(204);
    expect((await shop.call('GET', path)).status).toBe(404);
    expect(await audited()).toEqual(
      ['created', 'deleted', 'disabled', 'enabled', 'secret_rotated', 'tested', 'updated'].map(
        (verb) => `webhook.${verb}`,
      ),
    );
  });

  it('keeps its secret and its headers to itself: not in answers, the table, audit entries or logs', async () => {
    const { id, secret } = await shop.endpoint({ url: listener.url, headers: { Authorization: 'Bearer the-word' } });
    const rotated = await shop.call('POST', `/webhooks/${id}/rotate-secret`);
    await sendAndDeliver(trackEvent());
    expect(listener.calls[0]!.headers['authorization']).toBe('Bearer the-word');
    const { rows } = await shop.world.services.postgres.query({
      text: `select (select string_agg(e::text, '') from webhook_endpoint e) as endpoints,
               (select string_agg(a::text, '') from audit_entry a) as audit,
               (select string_agg(d::text, '') from webhook_delivery d) as deliveries`,
    });
    const shown = JSON.stringify([
      rows,
      (await shop.call('GET', `/webhooks/${id}`)).body,
      await shop.deliveries(id),
      shop.world.logs,
    ]);
    for (const word of [secret, rotated.body['secret'] as string, 'the-word']) expect(shown).not.toContain(word);
  });

  it('is signed with both secrets for a day after a rotation, then with the new one alone', async () => {
    const { id, secret } = await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
    const { body } = await shop.call('POST', `/webhooks/${id}/rotate-secret`);
    const fresh = body['secret'] as string;
    expect(body['previousSecretUntil']).toBe(new Date(clock.now() + DAY_MS).toISOString());
    clock.advance(DAY_MS - 1_000);
    await sendAndDeliver(trackEvent());
    for (const each of [secret, fresh]) verify(each, listener.calls[0]!, clock);
    clock.advance(1_000);
    await sendAndDeliver(trackEvent());
    verify(fresh, listener.calls[1]!, clock);
    expect(() => verify(secret, listener.calls[1]!, clock)).toThrow('No matching signature');
  });

  it.each([
    ['url', { url: 'http://shop.example/' }],
    ['url', { url: 'https://10.0.0.1/' }],
    ['url', { url: 'https://169.254.169.254/latest' }],
    ['url', { url: 'https://user:word@shop.example/' }],
    ['url', {}],
    ['events[0]', { url: 'https://shop.example/', events: [{}] }],
    ['events[0].type', { url: 'https://shop.example/', events: [{ type: 'map' }] }],
    ['source', { url: 'https://shop.example/', source: `src_${'0'.repeat(32)}` }],
    ['ratePerSecond', { url: 'https://shop.example/', ratePerSecond: 0 }],
    ['headers.Host', { url: 'https://shop.example/', headers: { Host: 'x' } }],
    ['headers.Connection', { url: 'https://shop.example/', headers: { Connection: 'upgrade' } }],
    ['headers.Webhook-Signature', { url: 'https://shop.example/', headers: { 'Webhook-Signature': 'v1,x' } }],
    ['headers.X-A', { url: 'https://shop.example/', headers: { 'X-A': 'a\r\nHost: x' } }],
    ['headers', { url: 'https://shop.example/', headers: { 'X-A': '1', 'x-a': '2' } }],
  ])('is refused with the field %s named: %j', async (field, body) => {
    const answer = await shop.call('POST', '/webhooks', body);
    expect(answer.status).toBe(400);
    expect((answer.body['errors'] as JsonObject[]).map((error) => error['field'])).toContain(field);
    expect(await audited()).toEqual([]);
  });

  it('is one of fifty at most', async () => {
    for (let i = 0; i < 50; i++) await shop.endpoint({ url: 'https://shop.example/' });
    expect((await shop.call('POST', '/webhooks', { url: 'https://shop.example/' })).status).toBe(409);
    const first = await shop.call('GET', '/webhooks?limit=30');
    const second = await shop.call('GET', `/webhooks?limit=30&cursor=${String(first.body['nextCursor'])}`);
    const ids = [first, second].flatMap(({ body }) => (body['items'] as JsonObject[]).map((item) => item['id']));
    expect([ids.length, new Set(ids).size, second.body['nextCursor']]).toEqual([50, 50, null]);
  });

  it('gets events of one source only, when it asks for one', async () => {
    const { rows } = await shop.world.services.postgres.query<{ id: string }>({
      text: 'select id from source order by number',
    });
    const source = `src_${rows[0]!.id.replaceAll('-', '')}`;
    const own = await shop.endpoint({ url: listener.url, source });
    await sendAndDeliver(trackEvent({ event: 'Mine' }));
    expect((await shop.deliveries(own.id)).map((d) => d['eventName'])).toEqual(['Mine']);
    expect(JSON.parse(listener.calls[0]!.body)).toMatchObject({ data: { event: { source } } });
    await shop.world.services.postgres.query({ text: 'update webhook_endpoint set source_number = source_number + 1' });
    await shop.call('PATCH', `/webhooks/${own.id}`, { events: [] });
    await sendAndDeliver(trackEvent({ event: 'Of another' }));
    expect((await shop.deliveries(own.id)).map((d) => d['eventName'])).toEqual(['Mine']);
  });
});

describe('personal values', () => {
  it('are sent only at the wish of somebody who may read profiles, also when the URL is turned elsewhere', async () => {
    const writer = await keyWith('webhooks:write', 'webhooks:read');
    const reader = await keyWith('webhooks:write', 'webhooks:read', 'profiles:read');
    const wish = { url: listener.url, includePersonal: true };
    expect((await shop.call('POST', '/webhooks', wish, writer)).status).toBe(403);
    const { id } = await shop.endpoint(wish, reader);
    expect((await shop.call('PATCH', `/webhooks/${id}`, { url: `${listener.url}/elsewhere` }, writer)).status).toBe(
      403,
    );
    expect((await shop.call('PATCH', `/webhooks/${id}`, { url: `${listener.url}/elsewhere` }, reader)).status).toBe(
      200,
    );
    expect((await shop.call('PATCH', `/webhooks/${id}`, { includePersonal: false }, writer)).status).toBe(200);
    expect((await shop.call('PATCH', `/webhooks/${id}`, { includePersonal: true }, writer)).status).toBe(403);
  });

  it('are shown in a delivery only to somebody who may read profiles, and are gone with their key', async () => {
    const { id } = await shop.endpoint({ url: listener.url, includePersonal: true, events: [{ type: 'identify' }] });
    await sendAndDeliver({ type: 'identify', userId: 'eve', messageId: 'eve-1', traits: { email: 'eve@example.com' } });
    const [delivery] = await shop.deliveries(id);
    const path = `/webhooks/${id}/deliveries/${String(delivery!['id'])}`;
    const shownTo = async (key?: string) => JSON.stringify((await shop.call('GET', path, undefined, key)).body);
    expect(await shownTo()).toContain('eve@example.com');
    expect(await shownTo(await keyWith('webhooks:read'))).not.toContain('eve@example.com');
    await shop.world.services.postgres.query({ text: 'update identity_node set wrapped_key = null' });
    expect(await shownTo()).not.toContain('eve@example.com');
    await shop.call('POST', `${path}/replay`);
    await shop.deliver();
    expect(listener.calls.map((call) => call.body.includes('eve@example.com'))).toEqual([true, false]);
  });
});

describe('a test call', () => {
  it('answers what became of it, signed like any other', async () => {
    const { id, secret } = await shop.endpoint({ url: listener.url });
    listener.answer = (response) => response.writeHead(418).end('short and stout');
    const { body } = await shop.call('POST', `/webhooks/${id}/test`);
    expect(body).toMatchObject({
      result: 'failed',
      status: 418,
      reason: 'it answered 418',
      responseBody: 'short and stout',
    });
    expect(verify(secret, listener.calls[0]!, clock)).toMatchObject({ type: 'webhook.test', data: { webhook: id } });
    expect(listener.calls[0]!.headers['webhook-id']).toBe(body['webhookId']);
    expect(await shop.deliveries(id)).toEqual([]);
  });

  it('says why an address was not called', async () => {
    const { id } = await shop.endpoint({ url: 'https://shop.example/' });
    await shop.world.services.postgres.query({ text: `update webhook_endpoint set url = 'https://10.0.0.1/'` });
    const { body } = await shop.call('POST', `/webhooks/${id}/test`);
    expect(body).toMatchObject({
      result: 'refused',
      reason: 'not called: 10.0.0.1 must not be called: it is a private address',
    });
  });
});

describe('replay', () => {
  it('repeats what failed since an instant, or everything, under the same ids', async () => {
    const { id } = await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
    await sendAndDeliver(trackEvent({ event: 'Early' }));
    clock.advance(HOUR_MS);
    const since = new Date(clock.now()).toISOString();
    await sendAndDeliver(trackEvent({ event: 'Well' }));
    listener.answer = (response) => response.writeHead(500).end();
    await sendAndDeliver(trackEvent({ event: 'Broken' }));
    await shop.world.services.postgres.query({
      text: `update webhook_delivery set status = 'failed', next_attempt_at = null where event_name = 'Broken'`,
    });
    listener.answer = (response) => response.end();
    listener.calls.length = 0;
    const names = () =>
      listener.calls
        .map((call) => (JSON.parse(call.body) as { data: { event: JsonObject } }).data.event['name'])
        .sort();
    expect((await shop.call('POST', `/webhooks/${id}/replay`, { since })).body).toEqual({ replayed: 1, next: null });
    await shop.deliver();
    expect(names()).toEqual(['Broken']);
    expect((await shop.call('POST', `/webhooks/${id}/replay`, { since, status: 'all' })).body).toEqual({
      replayed: 2,
      next: null,
    });
    await shop.deliver();
    expect(names()).toEqual(['Broken', 'Broken', 'Well']);
    expect(new Set(listener.calls.map((call) => call.headers['webhook-id'])).size).toBe(2);
  });

  it('of a disabled endpoint is refused with what to do', async () => {
    const { id } = await shop.endpoint({ url: listener.url });
    await shop.call('POST', `/webhooks/${id}/disable`);
    const { status, body } = await shop.call('POST', `/webhooks/${id}/replay`, { since: '2026-11-22T09:00:00Z' });
    expect([status, body['title']]).toEqual([409, 'The webhook endpoint is disabled: enable it, then replay']);
  });
});

it('deliveries are listed newest first, page by page, by status, name and time', async () => {
  const { id } = await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
  for (let i = 0; i < 5; i++) {
    clock.advance(1_000);
    await sendAndDeliver(trackEvent({ event: `Event ${i}` }));
  }
  const names: unknown[] = [];
  for (let cursor = ''; ;) {
    const { body } = await shop.call('GET', `/webhooks/${id}/deliveries?limit=2${cursor}`);
    names.push(...(body['items'] as JsonObject[]).map((item) => item['eventName']));
    if (body['nextCursor'] === null) break;
    cursor = `&cursor=${String(body['nextCursor'])}`;
  }
  expect(names).toEqual([4, 3, 2, 1, 0].map((i) => `Event ${i}`));
  expect(await shop.deliveries(id, '?event=Event%203')).toHaveLength(1);
  expect(await shop.deliveries(id, '?status=failed')).toHaveLength(0);
  expect(await shop.deliveries(id, `?since=${new Date(clock.now() - 1_500).toISOString()}`)).toHaveLength(2);
});

it('what is older than 30 days is forgotten, whatever became of it', async () => {
  const { id } = await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
  await sendAndDeliver(trackEvent());
  clock.advance(29 * DAY_MS);
  await sendAndDeliver(trackEvent());
  await retainWebhooks(shop.world.services);
  expect(await shop.deliveries(id)).toHaveLength(2);
  clock.advance(2 * DAY_MS);
  await retainWebhooks(shop.world.services);
  expect(await shop.deliveries(id)).toHaveLength(1);
});

it('another workspace neither sees nor touches an endpoint, and gets none of its events', async () => {
  const neighbour = await addWorkspace(shop.world);
  const { id } = await shop.endpoint({ url: `${listener.url}/ours` });
  await shop.endpoint({ url: `${listener.url}/theirs` }, neighbour.apiKey);
  await sendAndDeliver(trackEvent());
  expect(new Set(listener.calls.map((call) => call.path))).toEqual(new Set(['/hooks/ours']));
  const [delivery] = await shop.deliveries(id);
  const theirs = (await shop.call('GET', '/webhooks', undefined, neighbour.apiKey)).body['items'] as JsonObject[];
  expect(theirs.map((item) => item['url'])).toEqual([`${listener.url}/theirs`]);
  for (const [method, path, body] of [
    ['GET', `/webhooks/${id}`],
    ['PATCH', `/webhooks/${id}`, { description: 'x' }],
    ['DELETE', `/webhooks/${id}`],
    ['POST', `/webhooks/${id}/disable`],
    ['POST', `/webhooks/${id}/enable`],
    ['POST', `/webhooks/${id}/rotate-secret`],
    ['POST', `/webhooks/${id}/test`],
    ['GET', `/webhooks/${id}/deliveries`],
    ['GET', `/webhooks/${id}/deliveries/${String(delivery!['id'])}`],
    ['POST', `/webhooks/${id}/deliveries/${String(delivery!['id'])}/replay`],
    ['POST', `/webhooks/${id}/replay`, { since: '2026-11-22T09:00:00Z' }],
    ['GET', `/webhooks/${String(theirs[0]!['id'])}/deliveries/${String(delivery!['id'])}`],
  ] as const) {
    expect((await shop.call(method, path, body, neighbour.apiKey)).status, `${method} ${path}`).toBe(404);
  }
});
