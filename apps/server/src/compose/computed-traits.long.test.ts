import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runDueJourneyWaits } from '../modules/journeys/index.ts';
import type { Json, JsonObject } from '../platform/json.ts';
import { fillSegments } from './testing/fill-segments.ts';
import { type LanguageShop, type LanguageWorld, openLanguageWorld } from './testing/language-world.ts';
import { type MailRoom, openMailRoom } from './testing/mail-room.ts';
import { findProfile, tellShop } from './testing/tell-shop.ts';

const DAY = 86_400_000;

// Back-fills wait their turn on a busy machine.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

let world: LanguageWorld;
let mailRoom: MailRoom;
beforeAll(async () => {
  world = await openLanguageWorld();
  mailRoom = await openMailRoom(world);
}, 60_000);
afterAll(async () => {
  await mailRoom.close();
  await world.close();
});

const defineTrait = (shop: LanguageShop, name: string, rule: object) =>
  shop.call('createComputedTrait', { body: { name, rule } });
const traitsOf = async (shop: LanguageShop, userId: string): Promise<JsonObject> =>
  (await findProfile(shop, `userId:${userId}`)).traits;

describe('a computed trait', () => {
  let shop: LanguageShop;
  let template: string;

  beforeAll(async () => {
    shop = await world.addShop('Mails');
    await defineTrait(shop, 'orders_count', { function: 'count', event: 'Order Completed' });
    await defineTrait(shop, 'spent', { function: 'sum', event: 'Order Completed', property: 'total' });
    await defineTrait(shop, 'usual_store', { function: 'mostFrequent', event: 'Order Completed', property: 'store' });
    await defineTrait(shop, 'order_age', { function: 'daysSince', event: 'Order Completed' });
    await fillSegments(world.api.services);
    const said = '[{{ profile.orders_count }}|{{ profile.spent }}|{{ profile.usual_store }}|{{ profile.order_age }}]';
    const body = { name: 'Thanks', subject: 'Order {{ profile.orders_count }}', html: `<p>${said}</p>` };
    template = (await shop.call<{ id: string }>('createTemplate', { body })).id;
  });

  const arrive = (userId: string) =>
    tellShop(world, shop, { type: 'identify', userId, traits: { email: `${userId}@customer.example`, spent: 'lots' } });
  const order = (userId: string, total: Json, store: string, agoMs = 0) => ({
    ...{ event: 'Order Completed', userId, properties: { total, store } },
    ...(agoMs > 0 && { timestamp: new Date(world.clock.now() - agoMs).toISOString() }),
  });
  const saidTo = (userId: string) =>
    mailRoom.mailsTo(`${userId}@customer.example`).map((html) => /\[(.*?)\]/.exec(html)?.[1]);

  it('is shown in the mail that leaves as it is at that very instant, before anything said under its name', async () => {
    await arrive('ada');
    await tellShop(world, shop, order('ada', 10.5, 'Bern', 12 * DAY), order('ada', '20', 'Bern', 4 * DAY));
    const { id: profileId } = await findProfile(shop, 'userId:ada');
    const queue = (idempotencyKey: string) =>
      shop.call('sendMessage', { body: { profileId, templateId: template, topic: 'transactional', idempotencyKey } });
    const preview = await shop.call<{ html: string }>('previewTemplate', {
      params: { id: template },
      body: { profileId },
    });
    expect(preview.html).toContain('[2|30.5|Bern|4]');
    await queue('first');
    await mailRoom.deliver(shop);
    await queue('second');
    // It was queued before this order, and shows it.
    await tellShop(world, shop, order('ada', 5, 'Basel'));
    await mailRoom.deliver(shop);
    expect(saidTo('ada')).toEqual(['2|30.5|Bern|4', '3|35.5|Bern|0']);
  });

  it('chooses the way through a journey, by an event and by time alone', async () => {
    const when = (trait: string, op: string, value: Json, next: string) => [{ when: [{ trait, op, value }], next }];
    const mail = { kind: 'send', channel: 'email', template, topic: 'transactional' };
    const steps = [
      { id: 'regular', kind: 'branch', branches: when('orders_count', 'atLeast', 2, 'thank'), otherwise: 'wait' },
      { id: 'thank', ...mail },
      { id: 'wait', kind: 'delay', duration: { days: 3 }, next: 'away' },
      { id: 'away', kind: 'branch', branches: when('order_age', 'atLeast', 3, 'remind') },
      { id: 'remind', ...mail },
    ];
    const entry = { kind: 'event', event: 'Order Completed' };
    const graph = { entry, reentry: 'afterEnd', start: 'regular', steps };
    const { id } = await shop.call<{ id: string }>('createJourney', { body: { name: 'Thanks', graph } });
    await shop.call('publishJourney', { params: { id } });
    for (const userId of ['bea', 'cem', 'dee']) await arrive(userId);
    await tellShop(world, shop, order('bea', 1, 'Bern', 2 * DAY));
    await tellShop(world, shop, order('bea', 2, 'Bern'), order('cem', 3, 'Basel'), order('dee', 4, 'Genf'));
    await mailRoom.deliver(shop);
    expect([saidTo('bea'), saidTo('cem'), saidTo('dee')]).toEqual([['2|3|Bern|0'], [], []]);
    world.clock.advance(DAY);
    await tellShop(world, shop, order('dee', 1, 'Genf'));
    world.clock.advance(2 * DAY);
    while ((await runDueJourneyWaits(world.api.services)) > 0);
    await mailRoom.deliver(shop);
    expect([saidTo('cem'), saidTo('dee')]).toEqual([['1|3|Basel|3'], []]);
  });
});

describe('a computed trait with a filter on a sealed property', () => {
  const ADA = 'ada@customer.example';
  const asked = { event: 'Shared', where: [{ property: 'email', op: 'equals', value: ADA }] };
  const RULES: Readonly<Record<string, JsonObject>> = {
    shares: { function: 'count', ...asked },
    others: { function: 'count', event: 'Shared', where: [{ property: 'email', op: 'notEquals', value: ADA }] },
    shares_in: {
      ...{ function: 'count', event: 'Shared' },
      where: [{ property: 'phone', op: 'in', value: ['+15556251199', 7] }],
    },
    shares_out: {
      ...{ function: 'count', event: 'Shared' },
      where: [{ property: 'phone', op: 'notIn', value: ['+15556251199', 7] }],
    },
    worth: { function: 'sum', property: 'worth', ...asked },
    worth_week: { function: 'sum', property: 'worth', within: { days: 7 }, ...asked },
    mean: { function: 'average', property: 'worth', ...asked },
    lowest: { function: 'min', property: 'worth', ...asked },
    highest: { function: 'max', property: 'worth', ...asked },
    ways: { function: 'distinct', property: 'way', ...asked },
    first_way: { function: 'first', property: 'way', ...asked },
    last_way: { function: 'last', property: 'way', ...asked },
    usual_way: { function: 'mostFrequent', property: 'way', ...asked },
    share_age: { function: 'daysSince', ...asked },
  };
  const shared = (userId: string, agoDays: number, properties: JsonObject): JsonObject => ({
    ...{ event: 'Shared', userId, properties },
    timestamp: new Date(world.clock.now() - agoDays * DAY).toISOString(),
  });
  const events = () => [
    shared('gil', 20, { email: ADA, worth: 1, way: 'post' }),
    shared('gil', 6, { email: ADA, worth: '2.5', way: 'link', phone: '+15556251199' }),
    shared('gil', 2, { email: ADA, worth: 4, way: 'post', phone: 7 }),
    shared('gil', 1, { email: 'bea@customer.example', worth: 100, way: 'call', phone: '+15556250000' }),
    shared('gil', 0, { worth: 1000, way: 'call' }),
    shared('hal', 3, { email: 'bea@customer.example', worth: 7, way: 'call' }),
  ];
  const VALUES = {
    gil: {
      ...{ shares: 3, others: 2, shares_in: 2, shares_out: 3, worth: 7.5, worth_week: 6.5, mean: 2.5, lowest: 1 },
      ...{ highest: 4, ways: 2, first_way: 'post', last_way: 'post', usual_way: 'post', share_age: 2 },
    },
    // Of nothing there is no average, no first and no last.
    hal: { shares: 0, others: 1, shares_in: 0, shares_out: 1, worth: 0, worth_week: 0, ways: 0 },
  };

  it('has the same value whether it was there before the events, or is counted from history', async () => {
    const [live, later] = [await world.addShop('Live'), await world.addShop('Later')];
    const defineAll = async (shop: LanguageShop) => {
      for (const [name, rule] of Object.entries(RULES)) await defineTrait(shop, name, rule);
      await fillSegments(world.api.services);
    };
    await defineAll(live);
    for (const shop of [live, later]) await tellShop(world, shop, ...events());
    await defineAll(later);
    for (const [userId, values] of Object.entries(VALUES)) {
      expect([userId, 'live', await traitsOf(live, userId)]).toEqual([userId, 'live', values]);
      expect([userId, 'later', await traitsOf(later, userId)]).toEqual([userId, 'later', values]);
    }
  });
});
