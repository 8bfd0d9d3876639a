import { afterEach, beforeEach, expect, it } from 'vitest';
import { inSubjects } from '../../../platform/eventlog/index.ts';
import { type Listener, startListener } from '../../../platform/outbound/testing/listener.ts';
import { createTestClock, type TestClock } from '../../../testkit/index.ts';
import { findProfileId, restrict } from '../../profiles/index.ts';
import { createEngines, type Engines, NOW, trackEvent } from '../testing/world.ts';
import { openShop, type Shop } from './testing/shop.ts';

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

it('what waits when a customer is restricted is sent to nobody, not by a replay either, and blames no endpoint', async () => {
  const { ctx } = shop.world;
  const { id } = await shop.endpoint({ url: listener.url, events: [{ type: 'track' }] });
  await shop.world.send([
    trackEvent({ userId: 'grace', event: 'Kept' }),
    trackEvent({ userId: 'grace', event: 'Kept' }),
    trackEvent({ userId: 'helga', event: 'Told' }),
  ]);
  await shop.settle();
  const profileId = (await findProfileId(ctx, { kind: 'userId', value: 'grace' }))!;
  await inSubjects(ctx, { workspaceId: ctx.workspaceId, ids: [profileId] }, (batch) =>
    restrict(batch, batch.subjects.get(profileId)!),
  );
  await shop.deliver();
  const told = () => listener.calls.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  expect(told()).toEqual(['track.told']);
  const deliveries = await shop.deliveries(id);
  expect(deliveries.map(({ eventName, status }) => `${String(eventName)} ${String(status)}`).sort()).toEqual([
    'Kept failed',
    'Kept failed',
    'Told delivered',
  ]);
  const kept = deliveries.find(({ eventName }) => eventName === 'Kept')!;
  expect(kept['attempts']).toMatchObject([{ result: 'refused', reason: expect.stringContaining('nothing be done') }]);
  expect((await shop.call('GET', `/webhooks/${id}`)).body['health']).toMatchObject({ state: 'healthy', waiting: 0 });
  await shop.call('POST', `/webhooks/${id}/deliveries/${String(kept['id'])}/replay`);
  await shop.deliver();
  expect(told()).toEqual(['track.told']);
});
