import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ClientServer, openClientServer } from '../testing/client-server.ts';
import { openBrowser, openShop, type ShopPage } from '../testing/shop-page.ts';
import { createEngines, type Engines, WRITE_KEY } from '../testing/world.ts';

let engines: Engines;
let server: ClientServer;
let browser: Browser;
let shop: ShopPage;
beforeAll(async () => {
  [engines, browser] = await Promise.all([createEngines(), openBrowser()]);
  server = await openClientServer(engines);
});
beforeEach(async () => {
  server.troubles = [];
  server.answers.length = 0;
  shop = await openShop(browser);
});
afterEach(() => shop.close());
afterAll(async () => {
  await browser.close();
  await server.world.close();
  await engines.drop();
});

const run = (code: string) => shop.page.evaluate(code);

/** RudderStack's SDK in the page, as `rudder`, with our address as data plane and as the place of its configuration. */
async function load(options: object = {}): Promise<void> {
  const all = { configUrl: server.url, ...options };
  await run(`window.rudder = new rudderanalytics.RudderAnalytics();
    rudder.load(${JSON.stringify(WRITE_KEY)}, ${JSON.stringify(server.url)}, ${JSON.stringify(all)});
    new Promise((resolve) => rudder.ready(() => resolve(true)))`);
}
const track = (names: readonly string[]) =>
  run(names.map((name) => `rudder.track(${JSON.stringify(name)}, { cart_id: 'c1' })`).join(';') + '; true');
const serial = (label: string, count: number) => Array.from({ length: count }, (_, n) => `${label} ${n}`);
const sorted = (events: readonly { name: string }[]) => events.map(({ name }) => name).sort();

describe('RudderStack’s SDK in a browser on the shop’s own origin', () => {
  it('takes its configuration from us; every kind of call arrives once, nobody else is asked', async () => {
    await load();
    await run(`rudder.page('Shop', 'Rudder page');
      rudder.track('Rudder Seen', { product_id: 'shirt', price: 29.5 });
      rudder.identify('rudder-1', { email: 'rudder-1@example.com', plan: 'plus' });
      rudder.group('acme', { name: 'Acme' });
      rudder.alias('rudder-2', 'rudder-1');
      rudder.reset(true);
      rudder.track('Rudder After'); true`);
    const logged = await server.eventsNamed(['Rudder Seen', 'Rudder After', 'Rudder page', '', '', '']);
    expect(logged.map(({ type, name }) => [type, name]).sort()).toEqual([
      ['alias', ''],
      ['group', ''],
      ['identify', ''],
      ['page', 'Rudder page'],
      ['track', 'Rudder After'],
      ['track', 'Rudder Seen'],
    ]);
    const seen = logged.find(({ name }) => name === 'Rudder Seen')!;
    expect(seen.payload.properties).toEqual({ product_id: 'shirt', price: 29.5 });
    expect(seen.payload.context).toMatchObject({
      campaign: { source: 'mail', name: 'spring' },
      library: { name: 'RudderLabs JavaScript SDK' },
      userAgent: expect.stringContaining('Chrome') as string,
    });
    expect(seen.sealed).not.toBe('');
    const after = logged.find(({ name }) => name === 'Rudder After')!;
    expect(after.nodes.some(({ id }) => seen.nodes.some((node) => node.id === id))).toBe(false);
    const { body } = await server.world.get('/api/v1/profiles?identifier=email:rudder-1@example.com');
    expect(body['items']).toHaveLength(1);
    expect([...shop.hosts]).toEqual([new URL(server.url).host]);
  });

  it('in batches nothing is lost and nothing doubled', async () => {
    await load({ queueOptions: { batch: { enabled: true, maxItems: 4, flushInterval: 500 } } });
    const names = serial('Rudder Batch', 11);
    await track(names);
    expect(sorted(await server.eventsNamed(names))).toEqual([...names].sort());
    expect(server.answers.every(({ path }) => path === '/v1/batch')).toBe(true);
  });

  it('its batches are taken as large as it makes them: beyond Segment’s 500 KB, with events beyond 32 KB', async () => {
    await load({ queueOptions: { batch: { enabled: true, maxItems: 100, flushInterval: 500 } } });
    await run(`rudder.track('Rudder Large', { note: 'x'.repeat(60_000) });
      for (let n = 0; n < 70; n++) rudder.track('Rudder Large', { note: 'x'.repeat(8_500) }); true`);
    expect(await server.eventsNamed(Array.from({ length: 71 }, () => 'Rudder Large'))).toHaveLength(71);
    expect(server.answers.every(({ status }) => status === 200)).toBe(true);
    expect(Math.max(...server.answers.map(({ bytes }) => bytes))).toBeGreaterThan(500 * 1024);
  });

  it('in beacon mode events arrive with the address their browser has, also those left when the page is', async () => {
    await load({ useBeacon: true, beaconQueueOptions: { maxItems: 4, flushQueueInterval: 600_000 } });
    const names = serial('Rudder Beacon', 10);
    await track(names);
    // Two of four went by themselves; two events are left.
    await server.answered(200, 2);
    await shop.page.goto('about:blank');
    const logged = await server.eventsNamed(names);
    expect(sorted(logged)).toEqual([...names].sort());
    expect(server.answers.every(({ path }) => path.startsWith('/beacon/v1/batch?writeKey='))).toBe(true);
    expect(logged.every(({ sealed }) => sealed !== '')).toBe(true);
  });

  it('what is tracked offline arrives once when the connection is back', async () => {
    await load();
    await shop.context.setOffline(true);
    const names = serial('Rudder Offline', 5);
    await Promise.all([shop.page.waitForEvent('requestfailed'), track(names)]);
    expect(server.answers).toEqual([]);
    await shop.context.setOffline(false);
    expect(sorted(await server.eventsNamed(names))).toEqual([...names].sort());
  });

  it('what could not be sent before the page was left is sent by the next page', async () => {
    await load();
    server.troubles = Array.from({ length: 3 }, () => ({ kind: 'refused', status: 503 }) as const);
    const names = serial('Rudder Kept', 3);
    await track(names);
    await server.answered(503, 3);
    await shop.visit('/basket');
    await load();
    expect(sorted(await server.eventsNamed(names))).toEqual([...names].sort());
  });

  it.each([
    ['503', 'refused'],
    ['503', 'lost'],
    ['429', 'refused'],
    ['429', 'lost'],
  ] as const)('after %s (%s) it comes back, and nothing is doubled', async (status, kind) => {
    await load();
    server.troubles = Array.from({ length: 4 }, () => ({ kind, status: Number(status) as 429 | 503 }));
    const names = serial(`Rudder ${status} ${kind}`, 4);
    await track(names);
    await server.answered(200, 4);
    expect(sorted(await server.eventsNamed(names))).toEqual([...names].sort());
    expect(server.answers.filter((answer) => answer.status === Number(status))).toHaveLength(4);
  });
});
