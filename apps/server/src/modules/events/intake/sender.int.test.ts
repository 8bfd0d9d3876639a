import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Analytics } from '@segment/analytics-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../platform/json.ts';
import { writeGeoDatabase } from '../testing/geo-database.ts';
import { loggedEvents } from '../testing/logged-events.ts';
import { createEngines, type Engines, openWorld, trackEvent, type World, WRITE_KEY } from '../testing/world.ts';
import { openGeoIp } from './geo-ip.ts';

const SHOPPER = '198.51.100.7';
const AGENT = 'Mozilla/5.0 (Shop)';

let engines: Engines;
let folder: string;
/** Nothing before it; a proxy before it and a database of places. */
let bare: World;
let behind: World;
beforeAll(async () => {
  engines = await createEngines();
  folder = mkdtempSync(join(tmpdir(), 'segue-geo-'));
  const file = join(folder, 'city.mmdb');
  writeGeoDatabase(file, {
    [SHOPPER]: {
      country: { iso_code: 'ES' },
      subdivisions: [{ iso_code: 'CT' }],
      city: { names: { en: 'Barcelona' } },
    },
    '198.51.100.8': { country: { iso_code: 'PT' } },
    '198.51.100.9': { continent: { code: 'EU' } },
  });
  const locate = await openGeoIp(file);
  bare = await openWorld(engines);
  behind = await openWorld(engines, { trustProxy: (_address, hop) => hop < 1, intake: { locate } });
  behind.work();
});
afterAll(async () => {
  await bare.close();
  await behind.close();
  await engines.drop();
  rmSync(folder, { recursive: true });
});

/** The event as it stands in the log, and as its profile's timeline shows it: joined with what is sealed. */
async function sendOne(
  world: World,
  options: { path?: string; fields?: JsonObject; headers?: Record<string, string> },
): Promise<{ clear: JsonObject | undefined; sealed: string }> {
  const event = trackEvent({ writeKey: WRITE_KEY, ...options.fields });
  const headers = { 'user-agent': AGENT, ...options.headers };
  const answer = await world.post(options.path ?? '/v1/track', event, headers);
  expect(answer.body, JSON.stringify(answer.body)).toMatchObject({ accepted: 1 });
  const logged = (await loggedEvents(world)).find(({ id }) => id === event['messageId'])!;
  return { clear: logged.payload.context, sealed: logged.sealed };
}
const through = (headers: Record<string, string> = {}) => ({ 'x-forwarded-for': SHOPPER, ...headers });
const inBarcelona = { country: 'ES', region: 'CT', city: 'Barcelona' };

describe('what an event is told about its connection', () => {
  it.each([
    ['the browser SDK’s path', { path: '/v1/t' }],
    ['a page’s origin', { headers: { origin: 'https://shop.example' } }],
    ['a library that runs in browsers', { fields: { context: { library: { name: 'analytics.js' } } } }],
    ['a library that runs on phones', { fields: { context: { library: { name: 'analytics-kotlin' } } } }],
    ['RudderStack’s library', { fields: { context: { library: { name: 'RudderLabs JavaScript SDK' } } } }],
    ['direct', { fields: { context: { direct: true } } }],
  ] as [string, Parameters<typeof sendOne>[1]][])(
    'address, browser and place when it comes from the customer’s own device: %s',
    async (_title, options) => {
      const { clear, sealed } = await sendOne(behind, { ...options, headers: through(options.headers) });
      expect(clear).toMatchObject({ userAgent: AGENT, location: inBarcelona });
      // The address is personal: sealed, never in clear.
      expect(JSON.stringify(clear)).not.toContain(SHOPPER);
      expect(sealed).not.toBe('');
    },
  );

  it.each([
    ['no library', {}],
    ['a server’s library', { fields: { context: { library: { name: '@segment/analytics-node' } } } }],
    ['direct, but not so', { fields: { context: { direct: 'true' } } }],
  ])('nothing when it comes from a server: %s', async (_title, options) => {
    const { clear, sealed } = await sendOne(behind, { ...options, headers: through() });
    expect(clear ?? {}).not.toHaveProperty('userAgent');
    expect(clear ?? {}).not.toHaveProperty('location');
    expect(sealed).toBe('');
  });

  it('nothing that it says itself: an address of its own is neither replaced nor located', async () => {
    const context = { ip: '0.0.0.0', userAgent: 'Own/1.0', location: { city: 'Own' } };
    const { clear } = await sendOne(behind, { path: '/v1/t', fields: { context }, headers: through() });
    expect(clear).toEqual({ userAgent: 'Own/1.0', location: { city: 'Own' } });
    const other = await sendOne(behind, { path: '/v1/t', fields: { context: { ip: '0.0.0.0' } }, headers: through() });
    expect(other.clear).toEqual({ userAgent: AGENT });
  });

  it('is the same for every event of a batch, and its profile shows the address to who may see it', async () => {
    const context = { library: { name: 'analytics.js' } };
    const batch = [trackEvent({ userId: 'located' }), trackEvent({ userId: 'located', context: { locale: 'es' } })];
    const body = { writeKey: WRITE_KEY, batch, context };
    expect((await behind.post('/v1/batch', body, through())).body).toMatchObject({ accepted: 2 });
    await behind.settle();
    const { body: found } = await behind.get('/api/v1/profiles?identifier=userId:located');
    const { body: timeline } = await behind.get(
      `/api/v1/profiles/${(found['items'] as { id: string }[])[0]!.id}/timeline`,
    );
    const items = timeline['items'] as { context: JsonObject }[];
    expect(items).toHaveLength(2);
    for (const item of items) expect(item.context).toMatchObject({ ip: SHOPPER, location: inBarcelona });
  });
});

describe('whose word is believed', () => {
  const claims = through({ 'cf-ipcountry': 'FR', 'cf-ipcity': 'Lyon', 'cf-region-code': 'ara' });

  it('a trusted proxy’s: its headers come before the database', async () => {
    const { clear } = await sendOne(behind, { path: '/v1/t', headers: claims });
    expect(clear).toMatchObject({ location: { country: 'FR', region: 'ARA', city: 'Lyon' } });
  });

  it('nobody’s where none is configured', async () => {
    const { clear } = await sendOne(bare, { path: '/v1/t', headers: claims });
    expect(clear).toEqual({ userAgent: AGENT });
  });

  it('not what stands beyond the trusted hops', async () => {
    const forged = { 'x-forwarded-for': `${SHOPPER}, 198.51.100.8`, 'user-agent': AGENT };
    expect((await sendOne(behind, { path: '/v1/t', headers: forged })).clear).toMatchObject({
      location: { country: 'PT' },
    });
  });

  it.each([
    [
      'Vercel’s city, percent-encoded',
      { 'x-vercel-ip-country': 'ES', 'x-vercel-ip-city': 'A%20Coru%C3%B1a' },
      { country: 'ES', city: 'A Coruña' },
    ],
    [
      'CloudFront’s',
      { 'cloudfront-viewer-country': 'de', 'cloudfront-viewer-country-region': 'be' },
      { country: 'DE', region: 'BE' },
    ],
    [
      'Cloudflare’s position, to a tenth of a degree',
      { 'cf-ipcountry': 'DE', 'cf-iplatitude': '48.13743', 'cf-iplongitude': '11.57549' },
      { country: 'DE', lat: 48.1, lon: 11.6 },
    ],
    [
      'half a position, or none on earth',
      { 'cf-ipcountry': 'DE', 'cf-iplatitude': '91', 'cf-iplongitude': '1' },
      { country: 'DE' },
    ],
    ['an unknown country: the database', { 'cf-ipcountry': 'XX' }, inBarcelona],
    ['Tor: the database', { 'cf-ipcountry': 'T1' }, inBarcelona],
    ['nonsense: the database', { 'cf-ipcountry': '<b>', 'cf-ipcity': '%zz' }, inBarcelona],
  ])('%s', async (_title, headers: Record<string, string>, location) => {
    expect((await sendOne(behind, { path: '/v1/t', headers: through(headers) })).clear?.['location']).toEqual(location);
  });

  it.each(['198.51.100.9', '203.0.113.1', '2001:db8::1', 'unknown', '::ffff:10.0.0.1'])(
    'an address that is nowhere has no place, and the event is taken: %s',
    async (address) => {
      const { clear } = await sendOne(behind, { path: '/v1/t', headers: { 'x-forwarded-for': address } });
      expect(clear).toEqual({ userAgent: AGENT });
    },
  );

  it('an IPv4 address in IPv6 clothes is located', async () => {
    const { clear } = await sendOne(behind, { path: '/v1/t', headers: { 'x-forwarded-for': `::ffff:${SHOPPER}` } });
    expect(clear).toMatchObject({ location: inBarcelona });
  });
});

describe('a workspace that sends more than it may', () => {
  it('is told 429 and when to come back; Segment’s SDK does, and nothing is lost or doubled', async () => {
    const clock = { now: () => Date.now(), realDelayMs: (ms: number) => ms };
    const world = await openWorld(engines, { clock, intake: { eventsPerSecondMax: 4 } });
    const url = await world.http.listen({ port: 0, host: '127.0.0.1' });
    const refusals: unknown[] = [];
    const sdk = new Analytics({
      writeKey: WRITE_KEY,
      host: url,
      flushAt: 10,
      maxRetries: 5,
      httpClient: async (address: string, request: object) => {
        const answer = await fetch(address, request);
        if (answer.status === 429)
          refusals.push([answer.headers.get('retry-after'), answer.headers.get('x-ratelimit-reset')]);
        return answer;
      },
    });
    for (let n = 0; n < 60; n++) sdk.track({ userId: 'eager', event: `Eager ${n}` });
    await sdk.closeAndFlush({ timeout: 25_000 });
    const names = (await loggedEvents(world)).map(({ name }) => name).filter((name) => name.startsWith('Eager'));
    expect([names.length, new Set(names).size]).toEqual([60, 60]);
    expect(refusals.length).toBeGreaterThan(0);
    for (const [retryAfter, reset] of refusals as [string, string][]) {
      expect(Number(retryAfter)).toBeGreaterThanOrEqual(1);
      expect(reset).toBe(retryAfter);
    }
    await world.close();
  });
});
