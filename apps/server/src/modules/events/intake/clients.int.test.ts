import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { propertyRuns } from '@segue/testkit/property-runs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loggedEvents } from '../testing/logged-events.ts';
import { createEngines, type Engines, openWorld, trackEvent, type World, WRITE_KEY } from '../testing/world.ts';

let engines: Engines;
let world: World;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

type Method = 'GET' | 'POST' | 'OPTIONS';
interface Call {
  readonly method?: Method;
  readonly url: string;
  readonly body?: string | Buffer | object;
  readonly headers?: Record<string, string>;
}
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
const call = ({ method = 'POST', url, body, headers = {} }: Call) =>
  world.http.inject({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
const isLogged = async (id: unknown) => (await loggedEvents(world)).filter((event) => event.id === id).length === 1;

describe('where a write key may stand', () => {
  it.each([
    ['Basic, key and colon', '/v1/batch', basic(`${WRITE_KEY}:`), {}],
    ['Basic without a colon', '/v1/batch', basic(WRITE_KEY), {}],
    ['X-Write-Key', '/v1/batch', { 'x-write-key': WRITE_KEY }, {}],
    ['the query of a beacon', `/beacon/v1/batch?writeKey=${WRITE_KEY}`, {}, {}],
    ['the body', '/v1/batch', {}, { writeKey: WRITE_KEY }],
    ['the body, beside a Bearer token', '/v1/batch', { authorization: 'Bearer ey.x.y' }, { writeKey: WRITE_KEY }],
  ])('%s', async (_title, url, headers, fields) => {
    const event = trackEvent();
    const answer = await call({ url, headers, body: { ...fields, batch: [event] } });
    expect([answer.statusCode, answer.json()]).toEqual([200, { success: true, accepted: 1, errors: [] }]);
    expect(await isLogged(event['messageId'])).toBe(true);
  });
});

describe('the answer to each form of request', () => {
  const good = { writeKey: WRITE_KEY, userId: 'ada', event: 'e', type: 'track' };
  const many = Array.from({ length: 2_501 }, () => good);
  it.each([
    ['one event', { url: '/v1/track', body: good }, 200],
    ['one with its first letter', { url: '/v1/t', body: good }, 200],
    ['one that is bad', { url: '/v1/track', body: { ...good, event: '' } }, 200],
    ['RudderStack’s merge, which is named as bad', { url: '/v1/merge', body: good }, 200],
    ['a batch', { url: '/v1/batch', body: { writeKey: WRITE_KEY, batch: [good] } }, 200],
    ['a batch without version', { url: '/b', body: { writeKey: WRITE_KEY, batch: [good] } }, 200],
    ['an empty batch', { url: '/v1/batch', body: { writeKey: WRITE_KEY, batch: [] } }, 200],
    ['an import', { url: '/v1/import', body: { writeKey: WRITE_KEY, batch: [good] } }, 200],
    ['bad JSON', { url: '/v1/track', body: '{', headers: basic(WRITE_KEY) }, 400],
    ['no body', { url: '/v1/track', headers: basic(WRITE_KEY) }, 400],
    ['a beacon of bad JSON', { url: `/beacon/v1/batch?writeKey=${WRITE_KEY}`, body: '{' }, 400],
    ['too many items', { url: '/v1/batch', body: { writeKey: WRITE_KEY, batch: many } }, 400],
    ['an oversize body', { url: '/batch', body: { ...good, batch: [], note: 'x'.repeat(512_000) } }, 400],
    ['a body beyond every limit', { url: '/b', body: { ...good, note: 'x'.repeat(2_000_000) } }, 400],
    ['no key', { url: '/v1/track', body: { ...good, writeKey: '' } }, 401],
    ['an unknown key', { url: '/v1/track', body: { ...good, writeKey: 'nobody' } }, 401],
    ['a path that is not ours', { url: '/v1/purchase', body: good }, 404],
    ['metrics', { url: '/v1/m', body: '{"series":[]}', headers: { 'content-type': 'text/plain' } }, 200],
    ['metrics that are no JSON', { url: '/v1/m', body: 'series' }, 200],
    ['metrics without a body', { url: '/v1/m' }, 200],
    ['settings', { method: 'GET', url: `/v1/projects/${WRITE_KEY}/settings` }, 200],
    ['settings at a doubled path', { method: 'GET', url: `/v1/projects/projects/${WRITE_KEY}/settings` }, 200],
    ['settings of nobody', { method: 'GET', url: '/v1/projects/nobody/settings' }, 404],
    ['a source configuration', { method: 'GET', url: '/sourceConfig/?v=3', headers: basic(`${WRITE_KEY}:`) }, 200],
    ['a source configuration by query', { method: 'GET', url: `/sourceConfig?writeKey=${WRITE_KEY}` }, 200],
    ['a source configuration of nobody', { method: 'GET', url: '/sourceConfig/', headers: basic('nobody:') }, 401],
    ['reading what can only be sent', { method: 'GET', url: '/v1/track' }, 404],
  ] as [string, Call, number][])('%s', async (_title, request, status) => {
    const answer = await call({ ...request, headers: { origin: 'https://shop.example', ...request.headers } });
    expect(answer.statusCode, answer.body).toBe(status);
    expect(['*', 'https://shop.example']).toContain(answer.headers['access-control-allow-origin']);
  });

  it('a disabled source is 404 in the words RudderStack’s clients know, and has no settings', async () => {
    const { postgres } = world.services;
    await postgres.query({
      text: `with made as (insert into source (workspace_id, id, name, enabled)
                           values ($1, gen_random_uuid(), 'Off', false) returning id)
             insert into write_key (workspace_id, source_id, key, name) select $1, id, 'off-key', 'Off' from made`,
      values: [world.ctx.workspaceId],
    });
    const refused = await call({ url: '/v1/track', body: trackEvent({ writeKey: 'off-key' }) });
    expect([refused.statusCode, refused.body]).toEqual([404, expect.stringContaining('source is disabled')]);
    expect((await call({ method: 'GET', url: '/v1/projects/off-key/settings' })).statusCode).toBe(404);
    const config = await call({ method: 'GET', url: '/sourceConfig/', headers: basic('off-key:') });
    expect([config.statusCode, config.json<{ source: object }>().source]).toMatchObject([200, { enabled: false }]);
  });
});

describe('what a browser may read', () => {
  it('a preflight allows every header the SDKs send, for long', async () => {
    const answer = await call({
      method: 'OPTIONS',
      url: '/v1/t',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-retry-count,anonymousid,rsa-retry-attempt',
        'access-control-request-private-network': 'true',
      },
    });
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'authorization,content-type,x-retry-count,anonymousid,rsa-retry-attempt',
      'access-control-allow-methods': expect.stringContaining('POST') as string,
      'access-control-allow-private-network': 'true',
      'access-control-max-age': '86400',
      vary: expect.stringContaining('Origin') as string,
    });
  });

  it.each([
    '/v1/b',
    '/v1/batch/b',
    '/v1//track',
    '/batch',
    '/beacon/v1/batch',
    '/sourceConfig/',
    '/v1/projects/k/settings',
  ])('a preflight at %s is answered', async (url) => {
    const answer = await call({ method: 'OPTIONS', url, headers: { origin: 'null' } });
    expect([answer.statusCode, answer.headers['access-control-allow-origin']]).toEqual([204, 'null']);
    expect(answer.headers['access-control-allow-headers']).toContain('rsa-since-first-attempt');
  });

  it('a refusal is readable too, and when to come back', async () => {
    const answer = await call({ url: '/v1/t', body: '{', headers: { origin: 'https://shop.example' } });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-expose-headers': expect.stringContaining('Retry-After') as string,
    });
  });

  it('a header list that no browser would send is not echoed', async () => {
    const headers = { origin: 'https://shop.example', 'access-control-request-headers': '<script>' };
    const answer = await call({ method: 'OPTIONS', url: '/v1/t', headers });
    expect(answer.headers['access-control-allow-headers']).not.toContain('<');
  });
});

describe('a pixel', () => {
  const event = (fields: object) => ({ ...trackEvent({ writeKey: WRITE_KEY }), ...fields });
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64');
  it.each([
    ['base64', (value: object) => `/v1/pixel/track?data=${encodeURIComponent(base64(value))}`],
    ['base64 as it is, without padding', (value: object) => `/v1/pixel/track?data=${base64(value).replace(/=+$/, '')}`],
    ['plain JSON', (value: object) => `/v1/pixel/track?data=${encodeURIComponent(JSON.stringify(value))}`],
    [
      'RudderStack’s fields',
      (value: { messageId?: unknown }) =>
        `/pixel/v1/track?writeKey=${WRITE_KEY}&anonymousId=a-1&event=Opened&properties.mail=7&messageId=${String(value.messageId)}`,
    ],
  ])('takes an event as %s', async (_title, urlOf) => {
    const sent = event({ event: 'Opened', properties: { note: '>>>???' } });
    const answer = await call({ method: 'GET', url: urlOf(sent), headers: { 'user-agent': 'Mail/1.0' } });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'image/gif']);
    const logged = (await loggedEvents(world)).find(({ id }) => id === sent['messageId']);
    expect(logged).toMatchObject({ name: 'Opened', type: 'track', payload: { context: { userAgent: 'Mail/1.0' } } });
  });

  it.each([
    '/v1/pixel/track',
    '/v1/pixel/track?data=',
    '/v1/pixel/track?data=%7B',
    '/v1/pixel/track?data=W10',
    '/v1/pixel/page?data=bnVsbA',
    `/pixel/v1/track?writeKey=nobody&event=Opened`,
    `/pixel/v1/track?writeKey=${WRITE_KEY}`,
    `/pixel/v1/track?writeKey=${WRITE_KEY}&__proto__.polluted=1&constructor.prototype.polluted=1`,
    '/v1/pixel/track?%',
  ])('is an image whatever happened: %s', async (url) => {
    const answer = await call({ method: 'GET', url });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'image/gif']);
    expect(answer.rawPayload.subarray(0, 6).toString()).toBe('GIF89a');
    expect(answer.headers['cache-control']).toContain('no-store');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('may be a form', async () => {
    const sent = event({});
    const body = `data=${encodeURIComponent(base64(sent))}`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await call({ url: '/v1/pixel/track', body, headers })).statusCode).toBe(200);
    expect(await isLogged(sent['messageId'])).toBe(true);
    const other = event({});
    const answer = await call({ url: '/v1/track', headers, body: `data=${encodeURIComponent(JSON.stringify(other))}` });
    expect(answer.json()).toMatchObject({ accepted: 1 });
  });
});

describe('settings', () => {
  const settings = async (from: World, headers: Record<string, string> = {}) =>
    (
      await from.http.inject({
        url: `/v1/projects/${WRITE_KEY}/settings`,
        headers: { host: 'track.shop.example', ...headers },
      })
    ).json<{ integrations: Record<string, unknown> }>();

  it('name one integration, at the host that was asked, and may be cached', async () => {
    expect((await settings(world)).integrations).toEqual({
      'Segment.io': expect.objectContaining({
        apiKey: WRITE_KEY,
        apiHost: 'track.shop.example/v1',
        protocol: 'http',
      }) as object,
    });
    const answer = await call({ method: 'GET', url: `/v1/projects/${WRITE_KEY}/settings` });
    expect(answer.headers['cache-control']).toMatch(/^public, max-age=\d+$/);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
  });

  it('name the address the operator gave, with its path, whatever was asked', async () => {
    const own = await openWorld(engines, { intake: { publicUrl: 'https://shop.example/segue' } });
    expect((await settings(own)).integrations['Segment.io']).toMatchObject({
      apiHost: 'shop.example/segue/v1',
      protocol: 'https',
    });
    await own.close();
  });

  it('believe a proxy about host and protocol only when it is trusted', async () => {
    const forwarded = {
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'shop.example',
      'x-forwarded-for': '192.0.2.1',
    };
    expect((await settings(world, forwarded)).integrations['Segment.io']).toMatchObject({ protocol: 'http' });
    const behind = await openWorld(engines, { trustProxy: (_address, hop) => hop < 1 });
    expect((await settings(behind, forwarded)).integrations['Segment.io']).toMatchObject({
      apiHost: 'shop.example/v1',
      protocol: 'https',
    });
    await behind.close();
  });

  it('are not given for a host that is none', async () => {
    const answer = await call({
      method: 'GET',
      url: `/v1/projects/${WRITE_KEY}/settings`,
      headers: { host: 'a b/"><script>' },
    });
    expect(answer.statusCode).toBe(404);
  });
});

describe('how large a RudderStack client may be', () => {
  const headers = { ...basic(`${WRITE_KEY}:`), anonymousid: Buffer.from('a-1').toString('base64') };
  const noted = (bytes: number) => trackEvent({ properties: { note: 'x'.repeat(bytes) } });

  it('a batch as it fills one, an event larger than Segment takes; not more', async () => {
    const batch = Array.from({ length: 13 }, () => noted(39_500));
    expect((await call({ url: '/v1/batch', headers, body: { batch } })).json()).toMatchObject({ accepted: 13 });
    expect((await call({ url: '/v1/track', headers, body: noted(400_000) })).json()).toMatchObject({ accepted: 1 });
    expect((await call({ url: '/v1/track', headers, body: noted(600_000) })).statusCode).toBe(400);
    expect(
      (await call({ url: '/v1/batch', headers, body: { batch: [], note: 'x'.repeat(1_048_576) } })).statusCode,
    ).toBe(400);
    expect((await call({ url: '/v1/track', headers: basic(WRITE_KEY), body: noted(40_000) })).statusCode).toBe(400);
  });
});

describe('whatever path, encoding and content type are combined', () => {
  const packs: Record<string, (text: string) => Buffer> = {
    '': (text) => Buffer.from(text),
    identity: (text) => Buffer.from(text),
    gzip: (text) => gzipSync(text),
    deflate: (text) => deflateSync(text),
    br: (text) => brotliCompressSync(text),
  };
  const shape = fc.record({
    path: fc.constantFrom(
      '/v1/batch',
      '/v1/b',
      '/batch',
      '/b',
      '/v1/v1/batch',
      '/v1/batch/b',
      '//v1//b/',
      '/v1/import',
    ),
    single: fc.constantFrom('/v1/track', '/v1/t', '/v1/v1/t', '/v1/batch/t', '//v1/track//', '/v1/track?x=%2F'),
    isSingle: fc.boolean(),
    encoding: fc.constantFrom(...Object.keys(packs)),
    type: fc.constantFrom(
      '',
      'application/json',
      'application/json;charset=UTF-8',
      'text/plain',
      'a/b',
      '*/*',
      'application/x-www-form-urlencoded',
    ),
    key: fc.constantFrom('basic', 'bare', 'header', 'body', 'query'),
    origin: fc.constantFrom('', 'null', 'https://shop.example'),
  });

  it('an event arrives once', async () => {
    const sent: unknown[] = [];
    await fc.assert(
      fc.asyncProperty(shape, async ({ path, single, isSingle, encoding, type, key, origin }) => {
        const event = trackEvent();
        sent.push(event['messageId']);
        const inBody = key === 'body' ? { writeKey: WRITE_KEY } : {};
        const body = packs[encoding]!(
          JSON.stringify(isSingle ? { ...event, ...inBody } : { batch: [event], ...inBody }),
        );
        const url = isSingle ? single : path;
        const headers = {
          ...(encoding === '' ? {} : { 'content-encoding': encoding }),
          ...(type === '' ? {} : { 'content-type': type }),
          ...(origin === '' ? {} : { origin }),
          ...(key === 'basic' ? basic(`${WRITE_KEY}:`) : key === 'bare' ? basic(WRITE_KEY) : {}),
          ...(key === 'header' ? { 'x-write-key': WRITE_KEY } : {}),
        };
        const query = key === 'query' ? `${url.includes('?') ? '&' : '?'}writeKey=${WRITE_KEY}` : '';
        const answer = await call({ url: url + query, body, headers });
        expect(answer.json(), answer.body).toEqual({ success: true, accepted: 1, errors: [] });
      }),
      { numRuns: propertyRuns(150) },
    );
    const logged = (await loggedEvents(world)).map(({ id }) => id).filter((id) => sent.includes(id));
    expect(logged.sort()).toEqual([...sent].sort());
  });

  it('nonsense is refused, never a fault of ours', async () => {
    const nonsense = fc.record({
      path: fc.webPath().map((path) => `/v1/${path}`),
      encoding: fc.constantFrom('gzip', 'br', 'deflate', 'x', 'gzip, br'),
      body: fc.uint8Array({ maxLength: 64 }),
      type: fc.constantFrom('application/x-www-form-urlencoded', 'text/plain'),
    });
    await fc.assert(
      fc.asyncProperty(nonsense, async ({ path, encoding, body, type }) => {
        const headers = { 'content-encoding': encoding, 'content-type': type, ...basic(WRITE_KEY) };
        const answer = await call({ url: path, body: Buffer.from(body), headers });
        expect(answer.statusCode, answer.body).toBeLessThan(500);
      }),
      { numRuns: propertyRuns(150) },
    );
  });
});
