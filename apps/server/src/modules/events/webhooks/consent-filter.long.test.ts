import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../platform/json.ts';
import { createTestClock } from '../../../testkit/index.ts';
import { loggedEvents } from '../testing/logged-events.ts';
import { createEngines, type Engines, NOW, trackEvent, WRITE_KEY } from '../testing/world.ts';
import { openShop, type Shop } from './testing/shop.ts';

const URL = 'https://shop.example/hooks';
let engines: Engines;
let shop: Shop;
beforeEach(async () => {
  engines = await createEngines();
  shop = await openShop(engines, createTestClock(NOW));
});
afterEach(async () => {
  await shop.close();
  await engines.drop();
});

const stamped = (categoryPreferences: JsonObject): JsonObject => ({ context: { consent: { categoryPreferences } } });

describe('an endpoint that needs consent', () => {
  it('gets what the customer allowed, and its health tells what was kept from it and why', async () => {
    const { id } = await shop.endpoint({ url: URL, consentCategories: ['Advertising', 'Analytics'] });
    const free = await shop.endpoint({ url: URL });
    shop.work();
    const both = trackEvent(stamped({ Advertising: true, Analytics: true }));
    const one = trackEvent(stamped({ Advertising: true, Analytics: false }));
    const none = trackEvent(stamped({}));
    const silent = trackEvent();
    await shop.world.send([both, one, none, silent]);
    await shop.settle();
    expect((await shop.deliveries(id)).length).toBe(2);
    expect((await shop.deliveries(free.id)).length).toBe(4);
    const { body } = await shop.call('GET', `/webhooks/${id}`);
    expect(body).toMatchObject({
      consentCategories: ['Advertising', 'Analytics'],
      isAdvertising: false,
      health: { lastDay: { filtered: 2 } },
    });
    const { lastFiltered } = body['health'] as { lastFiltered: JsonObject[] };
    expect(lastFiltered.map((kept) => kept['eventId']).toSorted()).toEqual(
      [one['messageId'], none['messageId']].toSorted(),
    );
    expect(new Set(lastFiltered.map((kept) => kept['reason']))).toEqual(new Set(['Filtered by end user consent']));
    expect((await shop.call('GET', `/webhooks/${free.id}`)).body).toMatchObject({
      health: { lastDay: { filtered: 0 }, lastFiltered: [] },
    });
  });

  it('shows the last ten of what was kept, and asks for nothing more once its categories are taken away', async () => {
    const { id } = await shop.endpoint({ url: URL, consentCategories: ['Advertising'] });
    shop.work();
    const denied = () => trackEvent(stamped({ Advertising: false }));
    for (let round = 0; round < 3; round++) {
      await shop.world.send([denied(), denied(), denied(), denied(), denied()]);
      await shop.settle();
    }
    const { body } = await shop.call('GET', `/webhooks/${id}`);
    expect(body).toMatchObject({ health: { lastDay: { filtered: 15 } } });
    expect((body['health'] as { lastFiltered: unknown[] }).lastFiltered.length).toBe(10);
    expect((await shop.call('PATCH', `/webhooks/${id}`, { consentCategories: [] })).status).toBe(200);
    await shop.world.send([denied()]);
    await shop.settle();
    expect((await shop.deliveries(id)).length).toBe(1);
  });

  it('for advertising gets nothing from a browser that sends Sec-GPC, nor what says so itself', async () => {
    const { id } = await shop.endpoint({ url: URL, isAdvertising: true });
    shop.work();
    const { world } = shop;
    const fromBrowser = (headers: Record<string, string>) =>
      world.post('/v1/track', { ...trackEvent(), writeKey: WRITE_KEY }, { origin: 'https://shop.example', ...headers });
    await fromBrowser({ 'sec-gpc': '1' });
    await fromBrowser({});
    await world.send([trackEvent({ context: { consent: { gpc: true } } })]);
    await shop.settle();
    expect((await shop.deliveries(id)).length).toBe(1);
    expect((await shop.call('GET', `/webhooks/${id}`)).body).toMatchObject({ health: { lastDay: { filtered: 2 } } });
    const stampedByHeader = (await loggedEvents(world)).filter(
      ({ payload }) => (payload.context?.['consent'] as JsonObject | undefined)?.['gpc'] === true,
    );
    expect(stampedByHeader.length).toBeGreaterThanOrEqual(2);
  });
});
