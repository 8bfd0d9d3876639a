import { api } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { JsonObject } from '../../../platform/json.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { findProfileId } from '../../profiles/index.ts';
import { addWorkspace } from '../testing/second-workspace.ts';
import { createEngines, type Engines, NOW, openWorld, trackEvent, type World } from '../testing/world.ts';

let engines: Engines;
let world: World;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  world.work();
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

const AGENT =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1';
const at = (minutesAgo: number) => new Date(NOW - minutesAgo * 60_000).toISOString();
const idOf = async (kind: 'userId' | 'anonymousId', value: string) =>
  publicId('prf', (await findProfileId(world.ctx, { kind, value }))!);

interface Visit {
  readonly anonymousId?: string;
  readonly userId?: string;
  readonly minutesAgo: number;
  readonly query?: string;
  readonly referrer?: string;
  readonly fields?: JsonObject;
}

function page({ minutesAgo, query = '', referrer = '', fields = {}, ...ids }: Visit): JsonObject {
  return {
    type: 'page',
    messageId: `page-${crypto.randomUUID()}`,
    ...ids,
    timestamp: at(minutesAgo),
    context: {
      page: { url: `https://shop.example/shoes${query}`, path: '/shoes', search: query, referrer },
      userAgent: AGENT,
      location: { country: 'DE', region: 'BE' },
    },
    ...fields,
  };
}

async function say(...events: JsonObject[]): Promise<void> {
  for (const event of events) {
    await world.send([event]);
    await world.settle();
  }
}

async function told(profileId: string): Promise<JsonObject[]> {
  const { body } = await world.get(`/api/v1/profiles/${profileId}/timeline?limit=500`);
  return (body['items'] as JsonObject[]).filter((item) => item['name'] === 'Session Started').reverse();
}

const traitsOf = async (profileId: string) =>
  (await world.get(`/api/v1/profiles/${profileId}`)).body['traits'] as JsonObject;
const sessionsOf = async (profileId: string, query = '') => {
  const { status, body } = await world.get(`/api/v1/profiles/${profileId}/sessions${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return api.listProfileSessions.answer.parse(body) as { items: JsonObject[]; nextCursor: string | null };
};

describe('a session', () => {
  it('is told of once, with where it came from, and is what the history says', async () => {
    await say(
      page({ anonymousId: 'ad', minutesAgo: 100, query: '?gclid=Click1&email=x', referrer: 'https://www.google.com/' }),
      page({ anonymousId: 'ad', minutesAgo: 98 }),
      trackEvent({
        userId: undefined as never,
        anonymousId: 'ad',
        event: 'Order Completed',
        timestamp: at(97),
        properties: { order_id: 'o1', revenue: 12.5, currency: 'eur' },
      }),
    );
    const id = await idOf('anonymousId', 'ad');
    const [session, ...more] = await told(id);
    expect(more).toEqual([]);
    const properties = session!['properties'] as JsonObject;
    expect(properties).toEqual({
      session_id: session!['id'],
      referrer_class: 'ad',
      source: 'google',
      medium: 'cpc',
      click_id_type: 'gclid',
      click_id: 'Click1',
      referrer: 'google.com',
      landing_page: 'https://shop.example/shoes',
      device: 'mobile',
      os: 'iOS',
      browser: 'Safari',
      country: 'DE',
      region: 'BE',
    });
    expect((await sessionsOf(id)).items).toEqual([
      expect.objectContaining({
        id: session!['id'],
        startedAt: at(100),
        endedAt: at(98),
        events: 2,
        entryPage: 'https://shop.example/shoes',
        referrerClass: 'ad',
        source: 'google',
        clickId: 'Click1',
        device: { class: 'mobile', os: 'iOS', browser: 'Safari' },
        country: 'DE',
        orders: 1,
        revenue: [{ amountMinor: 1250, currency: 'EUR' }],
      }),
    ]);
  });

  it('begins with nothing but behaviour: what servers and Segue itself report opens none', async () => {
    await say(trackEvent({ userId: 'server', event: 'Order Completed', properties: { revenue: 3 } }), {
      type: 'identify',
      userId: 'server',
      messageId: 'server-1',
      traits: { plan: 'gold' },
      context: { page: { url: 'https://shop.example/' } },
    });
    const id = await idOf('userId', 'server');
    expect(await told(id)).toEqual([]);
    expect((await sessionsOf(id)).items).toEqual([]);
    expect(await traitsOf(id)).toEqual({ plan: 'gold' });
  });

  it('ends with a pause of more than 30 minutes, and by a campaign not seen before, never by returning to one', async () => {
    const newsletter = '?utm_source=News&utm_medium=email&utm_campaign=spring';
    const banner = '?utm_source=site&utm_medium=banner&utm_campaign=sale';
    await say(
      page({ userId: 'cay', minutesAgo: 200, referrer: 'https://duckduckgo.com/' }),
      page({ userId: 'cay', minutesAgo: 170 }),
      page({ userId: 'cay', minutesAgo: 165, query: newsletter }),
      page({ userId: 'cay', minutesAgo: 160, query: banner }),
      page({ userId: 'cay', minutesAgo: 155, query: newsletter }),
      page({ userId: 'cay', minutesAgo: 120, query: newsletter }),
    );
    const id = await idOf('userId', 'cay');
    const sources = (await told(id)).map((session) => (session['properties'] as JsonObject)['source']);
    expect(sources).toEqual(['duckduckgo', 'news', 'site', 'news']);
    const first = await sessionsOf(id, '?limit=3');
    const rest = await sessionsOf(id, `?limit=3&cursor=${first.nextCursor}`);
    expect([...first.items, ...rest.items].map((session) => [session['referrerClass'], session['events']])).toEqual([
      ['email', 1],
      ['ad', 2],
      ['email', 1],
      ['search', 2],
    ]);
    expect([...first.items, ...rest.items].map((session) => session['id']).reverse()).toEqual(
      (await told(id)).map((session) => session['id']),
    );
    expect(rest.nextCursor).toBeNull();
  });

  it('that a late event joins to another stays told; the history and the traits know better', async () => {
    await say(page({ userId: 'late', minutesAgo: 100 }), page({ userId: 'late', minutesAgo: 50 }));
    const id = await idOf('userId', 'late');
    expect((await traitsOf(id))['session_count']).toBe(2);
    await say(page({ userId: 'late', minutesAgo: 75 }));
    expect(await told(id)).toHaveLength(2);
    expect((await traitsOf(id))['session_count']).toBe(1);
    expect((await sessionsOf(id)).items).toMatchObject([{ startedAt: at(100), endedAt: at(50), events: 3 }]);
  });

  it('of another workspace is nobody else’s business', async () => {
    const { apiKey } = await addWorkspace(world);
    await say(page({ userId: 'private', minutesAgo: 5 }));
    const id = await idOf('userId', 'private');
    expect((await world.get(`/api/v1/profiles/${id}/sessions`, apiKey)).status).toBe(404);
    expect((await world.get('/api/v1/acquisition', apiKey)).body['items']).toEqual([]);
  });
});

describe('the traits of sessions', () => {
  it('say how a profile first came and last, in front of what, and where', async () => {
    await say(
      page({ userId: 'touch', minutesAgo: 300, query: '?utm_source=news&utm_medium=email' }),
      page({ userId: 'touch', minutesAgo: 200, referrer: 'https://www.bing.com/' }),
      page({ userId: 'touch', minutesAgo: 100, referrer: 'https://shop.example/cart' }),
    );
    const id = await idOf('userId', 'touch');
    expect(await traitsOf(id)).toEqual({
      first_touch: {
        at: at(300),
        referrer_class: 'email',
        source: 'news',
        medium: 'email',
        landing_page: 'https://shop.example/shoes',
      },
      last_touch: {
        at: at(200),
        referrer_class: 'search',
        source: 'bing',
        medium: 'organic',
        referrer: 'bing.com',
        landing_page: 'https://shop.example/shoes',
      },
      device: { class: 'mobile', os: 'iOS', browser: 'Safari' },
      location: { country: 'DE', region: 'BE' },
      session_count: 3,
      last_session_at: at(100),
    });
  });

  it('of two profiles recognised as one are those of both together, and nothing is told again', async () => {
    await say(
      page({ anonymousId: 'phone-m', minutesAgo: 400, query: '?utm_source=first&utm_medium=social' }),
      page({ userId: 'merge', minutesAgo: 300, referrer: 'https://www.bing.com/' }),
      page({ anonymousId: 'phone-m', minutesAgo: 290 }),
    );
    await say({ type: 'identify', userId: 'merge', anonymousId: 'phone-m', messageId: 'merge-1', timestamp: at(10) });
    const id = await idOf('userId', 'merge');
    expect(await traitsOf(id)).toMatchObject({
      first_touch: { source: 'first', referrer_class: 'social' },
      last_touch: { source: 'bing' },
      session_count: 2,
      last_session_at: at(300),
    });
    // Her phone's second visit was told of before anybody knew that it went on with the first of the laptop.
    expect(await told(id)).toHaveLength(3);
    expect((await sessionsOf(id)).items.map((session) => session['events'])).toEqual([2, 1]);
  });
});

describe('acquisition', () => {
  it('counts sessions, profiles and orders by source, credited to the first touch or the last', async () => {
    const fresh = await addWorkspace(world);
    const sendFresh = async (events: JsonObject[]) => {
      const answer = await world.post('/v1/batch', { writeKey: fresh.writeKey, batch: events as never });
      expect(answer.body['accepted']).toBe(events.length);
      await world.settle();
    };
    await sendFresh([
      page({ userId: 'a', minutesAgo: 600, query: '?utm_source=news&utm_medium=email' }),
      page({ userId: 'a', minutesAgo: 500, referrer: 'https://www.google.de/' }),
      page({ userId: 'a', minutesAgo: 400 }),
      trackEvent({
        userId: 'a',
        event: 'Order Completed',
        timestamp: at(399),
        properties: { order_id: 'x', total: 20, currency: 'EUR' },
      }),
      page({ userId: 'b', minutesAgo: 500, referrer: 'https://google.com/' }),
    ]);
    const ask = async (query: string) => {
      const { status, body } = await world.get(`/api/v1/acquisition?${query}`, fresh.apiKey);
      expect(status, JSON.stringify(body)).toBe(200);
      return api.getAcquisition.answer.parse(body).items.map(({ source, sessions, profiles, orders, revenue }) => ({
        source,
        sessions,
        profiles,
        orders,
        revenue,
      }));
    };
    const euros = [{ amountMinor: 2000, currency: 'EUR' }];
    expect(await ask('touch=last')).toEqual([
      { source: 'google', sessions: 3, profiles: 2, orders: 1, revenue: euros },
      { source: 'news', sessions: 1, profiles: 1, orders: 0, revenue: [] },
    ]);
    expect(await ask('touch=first')).toEqual([
      { source: 'news', sessions: 3, profiles: 1, orders: 1, revenue: euros },
      { source: 'google', sessions: 1, profiles: 1, orders: 0, revenue: [] },
    ]);
    expect(await ask(`touch=last&from=${at(450)}`)).toEqual([
      { source: 'google', sessions: 1, profiles: 1, orders: 1, revenue: euros },
    ]);
    const empty = await world.get(`/api/v1/acquisition?from=${at(1)}&to=${at(2)}`);
    expect(empty.status).toBe(400);
    expect(empty.body).toMatchObject({ errors: [{ field: 'from' }] });
  });
});
