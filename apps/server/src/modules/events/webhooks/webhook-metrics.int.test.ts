import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Listener, startListener } from '../../../platform/outbound/testing/listener.ts';
import { createTestClock, type TestClock } from '../../../testkit/index.ts';
import { createEngines, type Engines, NOW, trackEvent } from '../testing/world.ts';
import { watchWebhooks } from './index.ts';
import { openShop, type Shop } from './testing/shop.ts';

let clock: TestClock;
let engines: Engines;
let shop: Shop;
let listener: Listener;
beforeEach(async () => {
  clock = createTestClock(NOW);
  [engines, listener] = await Promise.all([createEngines(), startListener()]);
  shop = await openShop(engines, clock);
  watchWebhooks(shop.world.services);
  shop.work();
});
afterEach(async () => {
  await shop.close();
  await Promise.all([listener.close(), engines.drop()]);
});

const text = () => shop.world.services.metrics!.text();
/** What the metrics of webhooks say, zeros left out. */
async function told(): Promise<Record<string, number>> {
  const samples = [...(await text()).matchAll(/^segue_webhook_(\w+?)(?:\{\w+="(\w+)"\})? (\S+)$/gm)];
  return Object.fromEntries(
    samples.flatMap(([, name, label, value]) => {
      const isTold = !/_(bucket|sum)$/.test(name!) && Number(value) !== 0;
      return isTold ? [[label === undefined ? name! : `${name} ${label}`, Number(value)]] : [];
    }),
  );
}

async function send(count: number): Promise<void> {
  await shop.world.send(Array.from({ length: count }, () => trackEvent()));
  await shop.settle();
}

it('the metrics say what became of deliveries, since when the oldest waits, and how endpoints are; no address, no id', async () => {
  expect(await told()).toEqual({});
  const events = [{ type: 'track' }];
  const well = await shop.endpoint({ url: `${listener.url}/well`, events });
  const ill = await shop.endpoint({ url: `${listener.url}/ill`, events });
  const off = await shop.endpoint({ url: `${listener.url}/off`, events });
  await shop.call('POST', `/webhooks/${off.id}/disable`);
  const gone = await shop.endpoint({ url: `${listener.url}/gone`, events });
  listener.answer = (response, { path }) => {
    response.statusCode = path.endsWith('/ill') ? 500 : path.endsWith('/gone') ? 410 : 200;
    response.end();
  };
  await send(1);
  clock.advance(90_000);
  expect(await told()).toEqual({
    'deliveries_waiting waiting': 3,
    queue_age_seconds: 90,
    'endpoints healthy': 3,
    'endpoints disabled': 1,
  });
  await shop.deliver();
  expect(await told()).toEqual({
    'deliveries_total delivered': 1,
    'deliveries_total retried': 1,
    'deliveries_total failed': 1,
    call_duration_seconds_count: 3,
    'deliveries_waiting waiting': 1,
    'endpoints healthy': 1,
    'endpoints failing': 1,
    'endpoints disabled': 2,
  });
  const lines = (await text()).split('\n').filter((line) => line.includes('segue_webhook'));
  for (const name of [well.id, ill.id, gone.id, listener.url, '127.0.0.1', 'whk_'])
    expect(lines.join('\n')).not.toContain(name);
});
