import { request } from 'node:http';
import { Analytics } from '@segment/analytics-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loggedEvents } from '../testing/logged-events.ts';
import { createEngines, type Engines, openWorld, type World, WRITE_KEY } from '../testing/world.ts';

let engines: Engines;
let world: World;
let url: string;
/** What the server answers in place of what it did; undefined: what it did. */
let answerInstead: (() => number | undefined) | undefined;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  world.http.addHook('onSend', async (_request, reply, payload) => {
    const status = answerInstead?.();
    if (status !== undefined) reply.code(status).header('retry-after', '0');
    return payload;
  });
  url = await world.http.listen({ port: 0, host: '127.0.0.1' });
  world.work();
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

const openSdk = () => new Analytics({ writeKey: WRITE_KEY, host: url, flushInterval: 50, maxRetries: 3 });

describe('Segment’s own SDK', () => {
  it('every kind of call arrives once, with what was said', async () => {
    const sdk = openSdk();
    const errors: unknown[] = [];
    sdk.on('error', (error) => errors.push(error));
    sdk.identify({ userId: 'sdk-1', traits: { plan: 'plus', email: 'sdk-1@example.com' } });
    sdk.track({ userId: 'sdk-1', event: 'Product Added', properties: { cart_id: 'c1', price: 12.5 } });
    sdk.page({ userId: 'sdk-1', category: 'Shop', name: 'Shoes', properties: { path: '/shoes' } });
    sdk.screen({ anonymousId: 'phone-1', name: 'Home' });
    sdk.group({ userId: 'sdk-1', groupId: 'acme', traits: { name: 'Acme' } });
    sdk.alias({ userId: 'sdk-1', previousId: 'phone-1' });
    await sdk.closeAndFlush();
    expect(errors).toEqual([]);
    const logged = await loggedEvents(world);
    expect(
      logged.map((event) => [event.type, event.name, event.payload.properties ?? event.payload.traits ?? {}]).sort(),
    ).toEqual([
      ['alias', '', {}],
      ['group', '', { groupId: 'acme' }],
      ['identify', '', { plan: 'plus' }],
      ['page', 'Shoes', { category: 'Shop', path: '/shoes' }],
      ['screen', 'Home', {}],
      ['track', 'Product Added', { cart_id: 'c1', price: 12.5 }],
    ]);
    await world.settle();
    const { body } = await world.get('/api/v1/profiles?identifier=email:sdk-1@example.com');
    expect(body['items']).toHaveLength(1);
  });

  it('events sent again after a 503 that hid a success are not doubled', async () => {
    const sdk = openSdk();
    let refusals = 2;
    answerInstead = () => (refusals-- > 0 ? 503 : undefined);
    for (let n = 0; n < 30; n++) sdk.track({ userId: 'sdk-2', event: `Retry ${n}` });
    await sdk.closeAndFlush({ timeout: 20_000 });
    answerInstead = undefined;
    const names = (await loggedEvents(world)).map((event) => event.name).filter((name) => name.startsWith('Retry '));
    expect(names).toHaveLength(30);
    expect(new Set(names).size).toBe(30);
    expect(refusals).toBeLessThanOrEqual(0);
  });

  it('a beacon without content type, and one in chunks, are read like any request', async () => {
    const statuses = [];
    for (const id of ['beacon-1', 'beacon-2']) {
      const body = JSON.stringify({ writeKey: WRITE_KEY, messageId: id, userId: 'ada', event: 'Left' });
      const headers = id === 'beacon-1' ? { 'content-length': Buffer.byteLength(body) } : {};
      statuses.push(
        await new Promise<number | undefined>((resolve, reject) => {
          const call = request(`${url}/v1/t`, { method: 'POST', headers }, (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          });
          call.on('error', reject);
          call.write(body.slice(0, 20));
          call.end(body.slice(20));
        }),
      );
    }
    expect(statuses).toEqual([200, 200]);
    expect((await loggedEvents(world)).map(({ id }) => id)).toEqual(expect.arrayContaining(['beacon-1', 'beacon-2']));
  });
});
