import { createHash } from 'node:crypto';
import { uncompressSync } from 'snappy';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { publicId } from '../../../platform/ids/index.ts';
import { INTAKE_LOG, INTERNAL_LOG, LaneHold, processRuns, readRuns } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { findProfileId } from '../../profiles/index.ts';
import { loggedLines } from '../testing/logged-events.ts';
import { createEngines, type Engines, openWorld, trackEvent, type World } from '../testing/world.ts';

let engines: Engines;
let world: World;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

/** Every one of these says who she is; none may stand in the clear anywhere. */
const SECRETS = [
  'ada.lovelace@example.com',
  'second@example.com',
  'third@example.com',
  '+4915112345678',
  '015198765432',
  'Lovelace',
  'Geheimgasse',
  '10115',
  '203.0.113.77',
  '2001:db8::7',
  'LOYAL-4711',
  'device-4711',
  'push-token-4711',
  'ada-user-id',
  'ada-anonymous-id',
  'whatsapp:+4915112345678',
  '1815-12-10',
];
const events: JsonObject[] = [
  {
    type: 'identify',
    userId: 'ada-user-id',
    anonymousId: 'ada-anonymous-id',
    messageId: 'identify-1',
    traits: {
      email: 'ada.lovelace@example.com',
      phone: '+4915112345678',
      firstName: 'Ada',
      name: 'Ada Lovelace',
      birthday: '1815-12-10',
      loyaltyId: 'LOYAL-4711',
      plan: 'plus',
      address: { street: 'Geheimgasse 7', postalCode: '10115' },
      contacts: [{ name: 'A. Lovelace', channels: [{ email: 'second@example.com' }] }],
    },
    context: {
      ip: '203.0.113.77',
      device: { id: 'device-4711', token: 'push-token-4711', model: 'Phone 1' },
      locale: 'de-DE',
      externalIds: [{ type: 'channel', id: 'whatsapp:+4915112345678' }],
      traits: { email: 'ada.lovelace@example.com' },
      page: { url: 'https://shop.example/?mail=third%40example.com', path: '/' },
    },
  },
  trackEvent({
    userId: 'ada-user-id',
    messageId: 'order-1',
    event: 'Order Completed',
    properties: {
      total: 12,
      email: 'ada.lovelace@example.com',
      customer: { name: 'Ada Lovelace', addresses: [{ street: 'Geheimgasse 7' }] },
      shipping_address: { zip: '10115' },
      products: [{ name: 'Red shoe', engraving: { note: 'for third@example.com' } }, { name: 'Blue shoe' }],
      recipients: ['second@example.com'],
      notes: [['third@example.com']],
      client_ip: { ip: '2001:db8::7' },
      billingPhone: '015198765432',
    },
  }),
  {
    type: 'page',
    userId: 'ada-user-id',
    messageId: 'page-1',
    name: 'Account',
    properties: { search: '?email=third%40example.com', path: '/account', user: { name: 'Lovelace' } },
  },
  {
    type: 'group',
    userId: 'ada-user-id',
    messageId: 'group-1',
    groupId: 'g1',
    traits: { name: 'Analytical Engines', email: 'second@example.com' },
  },
];

it('no personal value is in the logs, the history, the dead letters, the profiles’ state or what is logged', async () => {
  await world.send(events);
  // One event becomes a dead letter before the others are processed.
  const hold = new LaneHold({ reader: 'processor', processId: world.processId });
  await hold.renew(world.services, true);
  const runs = await readRuns(world.services, hold.leases, { eventsMax: 1, fromDatabase: true });
  const failing = { name: 'fails', run: () => Promise.reject(new Error('this stage cannot')) };
  expect(await processRuns(world.services, { processId: world.processId, stages: [failing], runs })).toMatchObject({
    deadLetters: 1,
  });
  world.work();
  await world.send(events.map((event) => ({ ...event, messageId: `${event['messageId'] as string}-again` })));
  await world.settle();

  const { rows: letters } = await world.services.postgres.query({
    text: 'select letter::text as letter from log_dead_letter letter',
  });
  const { rows: states } = await world.services.postgres.query<{ state: Buffer }>({
    text: 'select state from subject_state',
  });
  const history = await world.services.history.query({ sql: 'select * from event' });
  expect([letters.length, states.length, history.length]).toEqual([1, 1, expect.toSatisfy((n: number) => n >= 8)]);
  const places = {
    intake: await loggedLines(world, INTAKE_LOG),
    internal: await loggedLines(world, INTERNAL_LOG),
    letters,
    states: states.map(({ state }) => uncompressSync(state).toString()),
    history,
    nodes: await world.services.history.query({ sql: 'select * from node_map' }),
    logged: world.logs,
  };
  for (const [place, held] of Object.entries(places)) {
    const text = JSON.stringify(held);
    expect(
      SECRETS.filter((secret) => text.includes(secret)),
      place,
    ).toEqual([]);
  }
  // What is nobody's secret stays readable, or history could answer nothing.
  for (const open of ['Red shoe', 'Analytical Engines', '"locale":"de-DE"', '"total":12', 'Phone 1', '"plan":"plus"'])
    expect(places.intake.join()).toContain(open);
});

const timeline = async (from: World) => {
  const profileId = await findProfileId(from.ctx, { kind: 'userId', value: 'ada-user-id' });
  const { status, body } = await from.get(`/api/v1/profiles/${publicId('prf', profileId!)}/timeline`);
  expect(status).toBe(200);
  return new Map((body['items'] as { id: string }[]).map((item) => [item.id, item as unknown as JsonObject]));
};

it('the timeline shows every value as it was sent', async () => {
  const items = await timeline(world);
  const [identify, order, page, group] = events as [JsonObject, JsonObject, JsonObject, JsonObject];
  const { traits: _repeated, ...context } = identify['context'] as JsonObject;
  expect(items.get('identify-1-again')).toMatchObject({ traits: identify['traits'], context });
  expect(items.get('order-1-again')!['properties']).toEqual(order['properties']);
  expect(items.get('page-1-again')!['properties']).toEqual(page['properties']);
  expect(items.get('group-1-again')!['traits']).toEqual(group['traits']);
});

it('once her keys are destroyed they are hidden for ever, in every process, and the timeline still works', async () => {
  await world.services.postgres.query({ text: 'update identity_node set wrapped_key = null' });
  // A process that had her keys in memory, and one that never had them.
  const restarted = await openWorld(engines);
  for (const sender of [world, restarted])
    await sender.send(
      events.map((event) => ({
        ...event,
        messageId: createHash('md5')
          .update(`${sender.processId}${event['messageId'] as string}`)
          .digest('hex'),
      })),
    );
  await world.settle();
  for (const reader of [world, restarted]) {
    const items = await timeline(reader);
    expect(items.size).toBeGreaterThan(15);
    const text = JSON.stringify([...items.values()]);
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
    expect(text).toContain('Red shoe');
  }
  await restarted.close();
});
