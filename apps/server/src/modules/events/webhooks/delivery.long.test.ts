import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { type Listener, startListener } from '../../../platform/outbound/testing/listener.ts';
import { createTestClock, type TestClock } from '../../../testkit/index.ts';
import { loggedEvents } from '../testing/logged-events.ts';
import { createEngines, type Engines, NOW, trackEvent } from '../testing/world.ts';
import { WebhookSender } from './index.ts';
import { openShop, outbound, type Shop, verify } from './testing/shop.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
let clock: TestClock;
let engines: Engines;
let shop: Shop;
let listener: Listener;
beforeEach(async () => {
  clock = createTestClock(NOW);
  [engines, listener] = await Promise.all([createEngines(), startListener()]);
  shop = await openShop(engines, clock);
  shop.work();
});
afterEach(async () => {
  await shop.close();
  await Promise.all([listener.close(), engines.drop()]);
});

async function sendAndDeliver(...events: JsonObject[]): Promise<void> {
  await shop.world.send(events);
  await shop.settle();
  await shop.deliver();
}

async function health(id: string): Promise<JsonObject> {
  return (await shop.call('GET', `/webhooks/${id}`)).body['health'] as JsonObject;
}

describe('an event that fits', () => {
  it('is posted once to each endpoint that wants it, signed, with the public id of its profile', async () => {
    const all = await shop.endpoint({ url: `${listener.url}/all` });
    const orders = await shop.endpoint({ url: `${listener.url}/orders`, events: [{ type: 'track', name: 'Order *' }] });
    const orderEvent = trackEvent({ event: 'Order Completed', properties: { total: 12 } });
    await sendAndDeliver(orderEvent, trackEvent({ event: 'Product Viewed' }));
    const paths = listener.calls.map((call) => [call.path, (JSON.parse(call.body) as JsonObject)['type']]);
    expect(paths.filter(([, type]) => String(type).startsWith('track.')).sort()).toEqual([
      ['/hooks/all', 'track.order_completed'],
      ['/hooks/all', 'track.product_viewed'],
      ['/hooks/orders', 'track.order_completed'],
    ]);
    const call = listener.calls.find(({ path }) => path === '/hooks/orders')!;
    const { body } = await shop.call('GET', '/profiles?identifier=userId:ada');
    const profileId = (body['items'] as JsonObject[])[0]!['id'];
    expect(verify(orders.secret, call, clock)).toMatchObject({
      type: 'track.order_completed',
      data: { event: { id: orderEvent['messageId'], name: 'Order Completed', profileId, properties: { total: 12 } } },
    });
    expect(() => verify(all.secret, call, clock)).toThrow('No matching signature');
    expect(call.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Segue-Webhooks/1.0' });
    expect(await shop.deliveries(orders.id)).toMatchObject([
      {
        status: 'delivered',
        id: call.headers['webhook-id'],
        attempts: [{ result: 'delivered', status: 200, responseBody: 'ok' }],
      },
    ]);
  });

  it('is one of Segue itself, too', async () => {
    await shop.endpoint({ url: listener.url, events: [{ type: 'internal', name: 'Segment *' }] });
    await sendAndDeliver(trackEvent());
    const node = (await loggedEvents(shop.world))[0]!.nodes[0]!;
    await inTransaction(shop.world.ctx, async (ctx) => {
      const about = { subjectId: newUuid(NOW), node, occurredAt: NOW };
      ctx.emit({ ...about, name: 'Segment Entered', properties: { segment_id: 'seg_1' } });
      ctx.emit({ ...about, name: 'Message Sent', properties: {} });
    });
    await shop.settle();
    await shop.deliver();
    const { body } = await shop.call('GET', '/profiles?identifier=userId:ada');
    const profileId = (body['items'] as JsonObject[])[0]!['id'];
    expect(listener.calls.map((call) => JSON.parse(call.body) as JsonObject)).toMatchObject([
      { type: 'segue.segment_entered', data: { event: { profileId, properties: { segment_id: 'seg_1' } } } },
    ]);
  });

  it('is not one from before the endpoint, nor from while it was disabled', async () => {
    await shop.world.send([trackEvent({ event: 'Before' })]);
    const { id } = await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
    await sendAndDeliver(trackEvent({ event: 'After' }));
    await shop.call('POST', `/webhooks/${id}/disable`);
    await sendAndDeliver(trackEvent({ event: 'Meanwhile' }));
    await shop.call('POST', `/webhooks/${id}/enable`);
    await sendAndDeliver(trackEvent({ event: 'Again' }));
    expect((await shop.deliveries(id)).map((d) => d['eventName']).sort()).toEqual(['After', 'Again']);
  });

  it('carries personal values only where that was asked for, and never keeps them in the open', async () => {
    await shop.endpoint({ url: `${listener.url}/without` });
    const open = await shop.endpoint({ url: `${listener.url}/with`, includePersonal: true });
    listener.answer = (response, call) => response.end(`got ${call.body}`);
    await sendAndDeliver({
      type: 'identify',
      userId: 'ada',
      messageId: 'i-1',
      traits: { email: 'ada@example.com', plan: 'gold' },
    });
    const bodies = new Map(listener.calls.map(({ path, body }) => [path, body]));
    expect(bodies.get('/hooks/without')).toContain('gold');
    expect(bodies.get('/hooks/without')).not.toContain('ada@example.com');
    expect(bodies.get('/hooks/with')).toContain('ada@example.com');
    const { rows } = await shop.world.services.postgres.query<{ all: string }>({
      text: `select string_agg(d::text, ' ') as all from webhook_delivery d`,
    });
    expect(rows[0]!.all).toContain('gold');
    expect(rows[0]!.all).not.toContain('ada@example.com');
    expect(shop.world.logs.join(' ')).not.toContain('ada@example.com');
    const [shown] = await shop.deliveries(open.id);
    expect(JSON.stringify(shown)).toContain('got ');
    const read = await shop.call('GET', `/webhooks/${open.id}/deliveries/${String(shown!['id'])}`);
    expect(JSON.stringify(read.body['payload'])).toContain('ada@example.com');
  });
});

describe('a delivery that fails', () => {
  it('is repeated on schedule under the same id with a fresh signature, until it is answered 2xx', async () => {
    const { id, secret } = await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
    listener.answer = (response) => response.writeHead(500).end('broken');
    await sendAndDeliver(trackEvent());
    for (const waitMs of [6 * SECOND_MS, 6 * 60 * SECOND_MS]) {
      const before = listener.calls.length;
      clock.advance(waitMs / 2);
      await shop.deliver();
      expect(listener.calls).toHaveLength(before);
      clock.advance(waitMs / 2);
      await shop.deliver();
      expect(listener.calls).toHaveLength(before + 1);
    }
    expect(await health(id)).toMatchObject({ state: 'failing', reason: 'it answered 500', waiting: 1 });
    listener.answer = (response) => response.end('well');
    clock.advance(HOUR_MS);
    await shop.deliver();
    expect(new Set(listener.calls.map((call) => call.headers['webhook-id'])).size).toBe(1);
    expect(new Set(listener.calls.map((call) => call.headers['webhook-timestamp'])).size).toBe(4);
    verify(secret, listener.calls.at(-1)!, clock);
    expect(await shop.deliveries(id)).toMatchObject([
      { status: 'delivered', attempts: [500, 500, 500, 200].map((status) => ({ status })) },
    ]);
    expect(await health(id)).toMatchObject({
      state: 'healthy',
      failingSince: null,
      waiting: 0,
      lastDay: { succeeded: 1, failed: 3, successRate: 0.25 },
    });
  });

  it('has failed after ten tries over three days, and can be replayed', async () => {
    const { id } = await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
    listener.answer = (response) => response.writeHead(404).end();
    const begun = clock.now();
    await sendAndDeliver(trackEvent());
    for (let i = 0; i < 60 && (await shop.deliveries(id))[0]!['status'] === 'waiting'; i++) {
      clock.advance(2 * HOUR_MS);
      await shop.deliver();
    }
    expect(listener.calls).toHaveLength(10);
    expect(clock.now() - begun).toBeGreaterThan(72 * HOUR_MS);
    const [failed] = await shop.deliveries(id, '?status=failed');
    listener.answer = (response) => response.end();
    const replayed = await shop.call('POST', `/webhooks/${id}/deliveries/${String(failed!['id'])}/replay`);
    expect(replayed).toMatchObject({ status: 200, body: { status: 'waiting', replays: 1 } });
    await shop.deliver();
    expect(listener.calls.at(-1)!.headers['webhook-id']).toBe(failed!['id']);
    expect((await shop.deliveries(id))[0]).toMatchObject({ status: 'delivered' });
  });

  it('because nobody listens, the other side hangs up or redirects, says so', async () => {
    const { id } = await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
    listener.answer = (response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end();
    await sendAndDeliver(trackEvent());
    listener.answer = (response) => void response.socket?.destroy();
    clock.advance(7 * SECOND_MS);
    await shop.deliver();
    await listener.close();
    clock.advance(HOUR_MS);
    await shop.deliver();
    const attempts = (await shop.deliveries(id))[0]!['attempts'] as JsonObject[];
    expect(attempts.map((attempt) => attempt['reason'])).toEqual([
      'it answered 302; redirects are not followed: give the new URL',
      'the connection failed (ECONNRESET)',
      'the connection failed (ECONNREFUSED)',
    ]);
  });

  it('keeps the first kilobyte of the answer', async () => {
    const { id } = await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
    listener.answer = (response) => response.writeHead(500).end('\u0000x'.repeat(100_000));
    await sendAndDeliver(trackEvent());
    const [attempt] = (await shop.deliveries(id))[0]!['attempts'] as JsonObject[];
    expect(String(attempt!['responseBody'])).toHaveLength(1_024);
  });
});

describe('an endpoint', () => {
  it('that asks for rest gets it, for everything that waits', async () => {
    await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
    listener.answer = (response) => response.writeHead(429, { 'retry-after': '600' }).end();
    await sendAndDeliver(trackEvent());
    listener.answer = (response) => response.end();
    await shop.world.send([trackEvent()]);
    await shop.settle();
    clock.advance(599 * SECOND_MS);
    await shop.deliver();
    expect(listener.calls).toHaveLength(1);
    clock.advance(2 * SECOND_MS);
    await shop.deliver();
    expect(listener.calls).toHaveLength(3);
  });

  it('that says it is gone is disabled at once, with a reason and an audit entry', async () => {
    const { id } = await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
    listener.answer = (response) => response.writeHead(410).end();
    await sendAndDeliver(trackEvent());
    expect(await health(id)).toMatchObject({ state: 'disabled', reason: 'it answered 410 Gone' });
    await sendAndDeliver(trackEvent());
    expect(listener.calls).toHaveLength(1);
    const { rows } = await shop.world.services.postgres.query({
      text: `select actor_kind, actor_id, subject, detail from audit_entry where action = 'webhook.disabled'`,
    });
    expect(rows).toEqual([
      { actor_kind: 'system', actor_id: 'webhooks', subject: id, detail: { reason: 'it answered 410 Gone' } },
    ]);
  });

  it('that only fails for five days is disabled; enabled again it gets what waited and what comes', async () => {
    const { id } = await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
    listener.answer = (response) => response.writeHead(500).end();
    for (let day = 0; day < 6; day++) {
      await sendAndDeliver(trackEvent({ event: `Day ${day}` }));
      for (let hour = 0; hour < 24; hour += 4) {
        clock.advance(4 * HOUR_MS);
        await shop.deliver();
      }
    }
    expect(await health(id)).toMatchObject({ state: 'disabled', reason: 'every attempt failed for 5 days' });
    const before = listener.calls.length;
    clock.advance(24 * HOUR_MS);
    await shop.deliver();
    expect(listener.calls).toHaveLength(before);
    listener.answer = (response) => response.end();
    expect((await shop.call('POST', `/webhooks/${id}/enable`)).body).toMatchObject({
      enabled: true,
      health: { state: 'healthy' },
    });
    await sendAndDeliver(trackEvent({ event: 'New' }));
    const delivered = (await shop.deliveries(id, '?status=delivered')).map((d) => d['eventName']);
    expect(delivered).toContain('New');
    expect(delivered).toContain('Day 4');
  });

  it('with a rate is not called faster', async () => {
    await shop.endpoint({ url: listener.url, events: [{ type: 'track' }], ratePerSecond: 2 });
    await sendAndDeliver(...Array.from({ length: 9 }, () => trackEvent()));
    expect(listener.calls).toHaveLength(2);
    for (let i = 0; i < 6; i++) {
      clock.advance(500);
      await shop.deliver();
    }
    expect(listener.calls).toHaveLength(8);
  });

  it('that hangs keeps no other waiting and is never given more than ten calls at once', async () => {
    const release: (() => void)[] = [];
    const well = await shop.endpoint({ url: `${listener.url}/well`, events: [{ type: 'track' }] });
    await shop.endpoint({ url: `${listener.url}/hangs`, events: [{ type: 'track' }] });
    listener.answer = (response, call) => {
      if (call.path === '/hooks/hangs') release.push(() => response.end());
      else response.end();
    };
    await shop.world.send(Array.from({ length: 20 }, () => trackEvent()));
    await shop.settle();
    while ((await shop.deliveries(well.id, '?status=delivered')).length < 20) await shop.sender.round();
    expect(listener.calls.filter((call) => call.path === '/hooks/hangs')).toHaveLength(10);
    listener.answer = (response) => response.end();
    for (const answer of release) answer();
    await shop.deliver();
    expect(listener.calls.filter((call) => call.path === '/hooks/hangs')).toHaveLength(20);
  });
});

describe('many endpoints', () => {
  it('that hang, and a long backlog, keep no other waiting', async () => {
    listener.answer = (response, call) => (call.path === '/hooks/well' ? response.end() : undefined);
    for (let i = 0; i < 40; i++) await shop.endpoint({ url: `${listener.url}/hangs`, events: [{ type: 'track' }] });
    const well = await shop.endpoint({ url: `${listener.url}/well`, events: [{ type: 'track' }] });
    await shop.world.send(Array.from({ length: 20 }, () => trackEvent()));
    await shop.settle();
    for (let i = 0; i < 3; i++) await shop.sender.round();
    await expect.poll(async () => (await shop.deliveries(well.id, '?status=delivered')).length).toBeGreaterThan(0);
    await listener.close();
  });
});

describe('when processes die or share the work', () => {
  it('a call whose process was gone before it wrote down the answer is made again under the same id', async () => {
    const { id } = await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
    await shop.world.send([trackEvent()]);
    await shop.settle();
    const other = await openShop(engines, clock);
    let answer = (): void => {};
    listener.answer = (response) => (answer = () => response.end());
    expect(await other.sender.round()).toBe(1);
    await listener.received(1);
    // Its connections go, as they do on kill -9; then the answer comes, and it cannot write it down.
    await other.world.services.postgres.close();
    listener.answer = (response) => response.end();
    answer();
    const { services, processId } = shop.world;
    await expect.poll(() => new WebhookSender(services, { outbound, processId }).round()).toBe(1);
    await listener.received(2);
    await expect
      .poll(() => shop.deliveries(id))
      .toMatchObject([{ status: 'delivered', attempts: [{ result: 'unknown' }, { result: 'delivered' }] }]);
    expect(new Set(listener.calls.map((call) => call.headers['webhook-id'])).size).toBe(1);
    await other.sender.idle();
    await other.world.http.close();
  });

  it('two processes never call for one delivery at the same time', async () => {
    const { id } = await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
    const other = await openShop(engines, clock);
    await shop.world.send(Array.from({ length: 60 }, () => trackEvent()));
    await shop.settle();
    await Promise.all([shop.deliver(), other.deliver(), shop.sender.idle()]);
    await Promise.all([shop.deliver(), other.deliver()]);
    expect(listener.calls).toHaveLength(60);
    expect(new Set(listener.calls.map((call) => call.headers['webhook-id'])).size).toBe(60);
    expect(await shop.deliveries(id, '?status=delivered&limit=100')).toHaveLength(60);
    await other.close();
  });
});
