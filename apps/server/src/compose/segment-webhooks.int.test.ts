import { afterAll, beforeAll, expect, it } from 'vitest';
import { NOW, trackEvent } from '../modules/events/testing/world.ts';
import { runBackFills } from '../modules/segments/index.ts';
import type { JsonObject } from '../platform/json.ts';
import { type Listener, type ReceivedCall, startListener } from '../platform/outbound/testing/listener.ts';
import { fillSegments } from './testing/fill-segments.ts';
import { openWebhookShop, type WebhookShop } from './testing/webhook-shop.ts';

const HOUR = 3_600_000;

let listener: Listener;
let shop: WebhookShop;
beforeAll(async () => {
  [shop, listener] = await Promise.all([openWebhookShop(), startListener()]);
});
afterAll(() => Promise.all([shop.close(), listener.close()]));

const deliveriesOf = async (endpoint: unknown): Promise<JsonObject[]> =>
  (await shop.call('GET', `/webhooks/${String(endpoint)}/deliveries`))['items'] as JsonObject[];

/** Answers the endpoint's id and its secret. */
async function endpointAt(url: string, names: readonly string[]): Promise<{ id: string; secret: string }> {
  const events = names.map((name) => ({ type: 'internal', name }));
  const { id, secret } = await shop.call('POST', '/webhooks', { url, events });
  return { id: String(id), secret: String(secret) };
}

interface Posted {
  readonly type: string;
  readonly timestamp: string;
  readonly data: { readonly event: JsonObject };
}

/** What was posted since this was asked last, by its verified signature. */
function posted(secret: string, calls: ReceivedCall[] = listener.calls.splice(0)): Posted[] {
  return calls.map((call) => shop.verify(secret, call) as unknown as Posted);
}

const summary = (all: readonly Posted[]): JsonObject[] =>
  all
    .map(({ type, data: { event } }) => ({ type, profileId: event['profileId']!, ...(event['properties'] as object) }))
    .sort((a, b) => (a.type < b.type ? -1 : 1));

it('whoever enters or leaves a segment, or enters a stage, is told to endpoints signed, and once', async () => {
  const names = ['Segment Entered', 'Segment Left', 'Lifecycle Stage Entered'];
  const { id: endpoint, secret } = await endpointAt(listener.url, names);
  const name = 'Called';
  const rule = { event: 'Called', within: { hours: 1 } };
  const { id: segment } = await shop.call('POST', '/segments', { name, rule });
  const settings = await shop.call('GET', '/lifecycle');
  await shop.call('PUT', '/lifecycle', { ...settings, order: { event: 'Ordered' } });
  await fillSegments(shop.world.services);
  await shop.settle();
  expect(posted(secret)).toEqual([]);

  const at = (minutesAgo: number) => ({ timestamp: new Date(shop.clock.now() - minutesAgo * 60_000).toISOString() });
  const identify = {
    ...{ type: 'identify', userId: 'ada', messageId: 'i1', traits: { email: 'ada@customer.example' } },
    ...at(31),
  };
  const called = trackEvent({ event: 'Called', ...at(30) });
  await shop.world.send([identify, called]);
  await shop.settle();
  // Repeats and what changes nothing are told to nobody.
  await shop.world.send([called, identify, trackEvent({ event: 'Called', ...at(50) })]);
  await shop.settle();
  const { items } = await shop.call('GET', '/profiles?identifier=userId:ada');
  const profileId = (items as JsonObject[])[0]!['id']!;
  const told = posted(secret);
  const entered = { profileId, segment_id: segment, segment_name: name, cause: 'event' };
  expect(summary(told)).toEqual([
    { type: 'segue.lifecycle_stage_entered', profileId, stage: 'lead', previous_stage: 'visitor', cause: 'event' },
    { type: 'segue.segment_entered', ...entered },
  ]);
  expect(told.find(({ type }) => type === 'segue.segment_entered')).toMatchObject({
    timestamp: new Date(NOW).toISOString(),
    data: { event: { type: 'internal', name: 'Segment Entered', source: null } },
  });
  expect(JSON.stringify(told)).not.toContain('customer.example');

  await shop.world.send([trackEvent({ event: 'Ordered' })]);
  await shop.settle();
  expect(summary(posted(secret))).toEqual([
    { type: 'segue.lifecycle_stage_entered', profileId, stage: 'first_time', previous_stage: 'lead', cause: 'event' },
  ]);

  // Time alone ends it; the endpoint is down at first, and is asked again under the same id.
  shop.clock.advance(HOUR / 2);
  listener.answer = (response) => response.writeHead(500).end();
  await shop.settle();
  listener.answer = (response) => response.end('ok');
  const failed = listener.calls.splice(0);
  expect(summary(posted(secret, [...failed]))).toEqual([{ type: 'segue.segment_left', ...entered, cause: 'time' }]);
  shop.clock.advance(HOUR);
  await shop.settle();
  const again = listener.calls.splice(0);
  expect(again.map(({ headers }) => headers['webhook-id'])).toEqual(failed.map(({ headers }) => headers['webhook-id']));
  expect(summary(posted(secret, again))).toEqual([{ type: 'segue.segment_left', ...entered, cause: 'time' }]);
  await shop.settle();
  expect(listener.calls).toEqual([]);

  const deliveries = await deliveriesOf(endpoint);
  expect(deliveries.map((one) => [one['eventName'], one['status']]).sort()).toEqual([
    ['Lifecycle Stage Entered', 'delivered'],
    ['Lifecycle Stage Entered', 'delivered'],
    ['Segment Entered', 'delivered'],
    ['Segment Left', 'delivered'],
  ]);
  expect(() => shop.verify(`whsec_${'A'.repeat(43)}=`, again[0]!)).toThrow('No matching signature');
});

it('a changed rule tells endpoints of exactly those for whom it differs, and nobody of who was in beforehand', async () => {
  const url = `${listener.url}/changes`;
  const { id, secret } = await endpointAt(url, ['Segment *']);
  const profile = async (userId: string) =>
    ((await shop.call('GET', `/profiles?identifier=userId:${userId}`))['items'] as JsonObject[])[0]!['id']!;
  const wrote = (userId: string) => trackEvent({ event: 'Wrote', userId });
  await shop.world.send([
    wrote('once'),
    wrote('twice'),
    wrote('twice'),
    trackEvent({ event: 'Read', userId: 'reader' }),
  ]);
  await shop.settle();
  const { id: segment } = await shop.call('POST', '/segments', { name: 'Writers', rule: { event: 'Wrote' } });
  await fillSegments(shop.world.services);
  await shop.settle();
  expect(await deliveriesOf(id)).toEqual([]);
  const rule = { any: [{ event: 'Wrote', count: { atLeast: 2 } }, { event: 'Read' }] };
  const path = `/segments/${String(segment)}`;
  for (
    let { change } = await shop.call('PATCH', path, { rule });
    change !== null;
    { change } = await shop.call('GET', path)
  ) {
    await shop.world.settle();
    await runBackFills(shop.world.services);
  }
  await shop.settle();
  const flip = { segment_id: segment, segment_name: 'Writers', cause: 'rule_changed' };
  const own = listener.calls.splice(0).filter((call) => call.path.endsWith('/changes'));
  expect(summary(posted(secret, own))).toEqual([
    { type: 'segue.segment_entered', profileId: await profile('reader'), ...flip },
    { type: 'segue.segment_left', profileId: await profile('once'), ...flip },
  ]);
});
