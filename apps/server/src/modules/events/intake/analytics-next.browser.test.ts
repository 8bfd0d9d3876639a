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

/** Segment's SDK in the page, as `analytics`, told nothing but a write key and our address. */
async function load(options: object = {}): Promise<void> {
  await shop.page.evaluate(
    `window.analytics = AnalyticsNext.AnalyticsBrowser.load(${JSON.stringify({ writeKey: WRITE_KEY, cdnURL: server.url })}, ${JSON.stringify(options)}); analytics.then(() => true)`,
  );
}
const batching = (config: object) => ({
  integrations: { 'Segment.io': { deliveryStrategy: { strategy: 'batching', config } } },
});
const run = (code: string) => shop.page.evaluate(code);
/** Resolves once the SDK has sent, or put by, all of them. */
const track = (names: readonly string[]) =>
  run(`Promise.all(${JSON.stringify(names)}.map((name) => analytics.track(name, { cart_id: 'c1' }))).then(() => true)`);
const serial = (label: string, count: number) => Array.from({ length: count }, (_, n) => `${label} ${n}`);
const sorted = (events: readonly { name: string }[]) => events.map(({ name }) => name).sort();

describe('analytics-next in a browser on the shop’s own origin', () => {
  it('needs only our address for its settings; every kind of call arrives once, nobody else is asked', async () => {
    await load();
    await run(`(async () => {
      await analytics.page('Shop', 'Linen shirt');
      await analytics.track('Next Seen', { product_id: 'shirt', price: 29.5 });
      await analytics.identify('next-1', { email: 'next-1@example.com', plan: 'plus' });
      await analytics.group('acme', { name: 'Acme' });
      await analytics.alias('next-2', 'next-1');
      await analytics.reset();
      await analytics.track('Next After');
    })()`);
    const logged = await server.eventsNamed(['Next Seen', 'Next After', 'Linen shirt', '', '', '']);
    expect(logged.map(({ type, name }) => [type, name]).sort()).toEqual([
      ['alias', ''],
      ['group', ''],
      ['identify', ''],
      ['page', 'Linen shirt'],
      ['track', 'Next After'],
      ['track', 'Next Seen'],
    ]);
    const seen = logged.find(({ name }) => name === 'Next Seen')!;
    expect(seen.payload.properties).toEqual({ product_id: 'shirt', price: 29.5 });
    expect(seen.payload.context).toMatchObject({
      campaign: { source: 'mail', name: 'spring' },
      library: { name: 'analytics.js' },
      page: { path: '/products/linen-shirt', title: 'Linen shirt' },
      userAgent: expect.stringContaining('Chrome') as string,
    });
    expect(seen.payload.context).not.toHaveProperty('ip');
    expect(seen.sealed).not.toBe('');
    // After reset she is somebody new.
    const after = logged.find(({ name }) => name === 'Next After')!;
    expect(after.nodes.some(({ id }) => seen.nodes.some((node) => node.id === id))).toBe(false);
    const { body } = await server.world.get('/api/v1/profiles?identifier=email:next-1@example.com');
    expect(body['items']).toHaveLength(1);
    expect([...shop.hosts]).toEqual([new URL(server.url).host]);
  });

  it('in batching mode nothing is lost and nothing doubled', async () => {
    await load(batching({ size: 4, timeout: 500 }));
    const names = serial('Next Batch', 11);
    await track(names);
    expect(sorted(await server.eventsNamed(names))).toEqual([...names].sort());
    expect(server.answers.every(({ path }) => path === '/v1/b')).toBe(true);
    expect(server.answers.length).toBeLessThan(11);
  });

  it('what waits for its batch when the page is left goes out with it', async () => {
    await load(batching({ size: 100, timeout: 600_000 }));
    const names = serial('Next Leaving', 7);
    await track(names);
    expect(server.answers).toEqual([]);
    await shop.page.goto('about:blank');
    expect(sorted(await server.eventsNamed(names))).toEqual([...names].sort());
  });

  it('what is tracked offline arrives once when the connection is back', async () => {
    await load();
    await shop.context.setOffline(true);
    const names = serial('Next Offline', 5);
    await track(names);
    expect(server.answers).toEqual([]);
    await shop.context.setOffline(false);
    expect(sorted(await server.eventsNamed(names))).toEqual([...names].sort());
  });

  it('what could not be sent before the page was left is sent by the next page', async () => {
    await load();
    server.troubles = Array.from({ length: 3 }, () => ({ kind: 'refused', status: 503 }) as const);
    const names = serial('Next Kept', 3);
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
  ] as const)(
    'after %s (%s) it comes back, not before Retry-After where it heeds it, and nothing is doubled',
    async (status, kind) => {
      await load();
      server.troubles = Array.from({ length: 4 }, () => ({ kind, status: Number(status) as 429 | 503 }));
      const names = serial(`Next ${status} ${kind}`, 4);
      await track(names);
      await server.answered(200, 4);
      expect(sorted(await server.eventsNamed(names))).toEqual([...names].sort());
      const failed = server.answers.filter((answer) => answer.status === Number(status));
      const taken = server.answers.filter((answer) => answer.status === 200);
      expect([failed.length, taken.length]).toEqual([4, 4]);
      if (status === '429') expect(taken[0]!.atMs - failed[0]!.atMs).toBeGreaterThan(900);
    },
  );

  it.each(['refused', 'lost'] as const)('in batching mode it comes back after 429 and 503 (%s) too', async (kind) => {
    await load(batching({ size: 3, timeout: 200 }));
    server.troubles = [
      { kind, status: 429 },
      { kind, status: 503 },
    ];
    const names = serial(`Next Batch ${kind}`, 3);
    await track(names);
    await server.answered(200, 1);
    expect(sorted(await server.eventsNamed(names))).toEqual([...names].sort());
    expect(server.answers.map(({ status }) => status)).toEqual([429, 503, 200]);
  });

  it('with an unknown key it does not start, and the page lives on', async () => {
    const loaded = run(
      `AnalyticsNext.AnalyticsBrowser.load({ writeKey: 'nobody', cdnURL: '${server.url}' }).then(() => 'loaded', () => 'refused')`,
    );
    expect(await loaded).toBe('refused');
  });
});
