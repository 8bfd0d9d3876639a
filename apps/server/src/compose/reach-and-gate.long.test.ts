import type { Message, PresentedReachability, Profile } from '@segue/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runDueJourneyWaits } from '../modules/journeys/index.ts';
import { runPrivacyRequests } from '../modules/privacy/index.ts';
import { createRequestWork } from './request-work.ts';
import { createProfileReshaper } from './stages.ts';
import { type LanguageShop, type LanguageWorld, openLanguageWorld } from './testing/language-world.ts';
import { type MailRoom, openMailRoom } from './testing/mail-room.ts';
import { findProfile, tellShop } from './testing/tell-shop.ts';

const HOUR = 3_600_000;
const DRAWN = 24;
/** Always the same draw. */
const SEED = 20_261_122;
const TOPICS = ['marketing', 'transactional', 'news', 'tips'] as const;
type Topic = (typeof TOPICS)[number];

const draws = fc.record({
  emails: fc.integer({ min: 0, max: 2 }),
  /** Her words come before her second address. */
  isEarly: fc.boolean(),
  words: fc.record(
    Object.fromEntries(
      TOPICS.map((topic) => [
        topic,
        fc.option(fc.constantFrom('granted', 'granted', 'denied'), { nil: undefined, freq: 3 }),
      ]),
    ) as Record<Topic, fc.Arbitrary<'granted' | 'denied' | undefined>>,
  ),
  suppressed: fc.option(
    fc.record({
      address: fc.integer({ min: 0, max: 1 }),
      reasons: fc.uniqueArray(fc.constantFrom('hard_bounce', 'complaint', 'unsubscribe_all', 'manual'), {
        minLength: 1,
        maxLength: 2,
      }),
    }),
    { nil: undefined, freq: 2 },
  ),
  request: fc.option(
    fc.constantFrom(
      { kind: 'restrict' } as const,
      { kind: 'object', against: ['profiling'] } as const,
      { kind: 'object', against: ['marketing'] } as const,
    ),
    { nil: undefined, freq: 2 },
  ),
  /** Until how long from the instant of sending. */
  pausedMs: fc.option(fc.constantFrom(-HOUR, HOUR, 24 * HOUR), { nil: undefined, freq: 2 }),
});
type Draw = typeof draws extends fc.Arbitrary<infer T> ? T : never;

/** Nobody is held back by anything else. */
const FREE: Draw = {
  emails: 1,
  isEarly: false,
  words: { marketing: 'granted', transactional: undefined, news: undefined, tips: undefined },
  suppressed: undefined,
  request: undefined,
  pausedMs: undefined,
};
const suppressed = (...reasons: NonNullable<Draw['suppressed']>['reasons']): Draw => ({
  ...FREE,
  suppressed: { address: 0, reasons },
});
/** Every reason there is, and two at once. */
const NAMED: readonly Draw[] = [
  FREE,
  suppressed('complaint'),
  suppressed('manual', 'hard_bounce'),
  suppressed('unsubscribe_all'),
  suppressed('manual'),
  { ...FREE, pausedMs: HOUR },
  { ...FREE, pausedMs: HOUR, request: { kind: 'object', against: ['profiling'] } },
];

let world: LanguageWorld;
let mailRoom: MailRoom;
let shop: LanguageShop;
beforeAll(async () => {
  world = await openLanguageWorld();
  mailRoom = await openMailRoom(world);
  shop = await world.addShop('Reach');
  const limit = { limit: 10_000, windowMs: HOUR };
  await shop.call('updateSendPolicy', { body: { cap: limit, lessOften: limit } });
  const topic = { kind: 'marketing', description: null };
  await shop.call('createTopic', { body: { ...topic, topic: 'news', name: 'News', doubleOptIn: true } });
  await shop.call('createTopic', { body: { ...topic, topic: 'tips', name: 'Tips', default: 'opt_out' } });
}, 60_000);
afterAll(async () => {
  await mailRoom.close();
  await world.close();
});

interface Sent {
  readonly profile: Profile;
  readonly reach: PresentedReachability;
  readonly messages: readonly Message[];
}

const NAMES: Readonly<Record<string, string>> = {
  channel: 'no_sender',
  restricted: 'restricted',
  address: 'no_address',
  profiling: 'objected',
  paused: 'paused',
  'permission for this topic was withdrawn': 'denied',
  'permission for this topic was not confirmed': 'unconfirmed',
  'permission for this topic was never given': 'not_opted_in',
};

/** What the gate said, in the words of reachability. */
function verdict({ status, refusedBy, reason }: Message): string | null {
  if (status === 'sent') return null;
  if (refusedBy === 'suppression') return `suppressed:${reason}`;
  return NAMES[refusedBy === 'consent' ? reason! : refusedBy!] ?? `${status} ${refusedBy} ${reason}`;
}

/** Journeys that write an hour after somebody began, one for each topic. */
async function publishJourneys(templateId: string): Promise<void> {
  for (const topic of TOPICS) {
    const steps = [
      { id: 'wait', kind: 'delay', duration: { hours: 1 }, next: 'mail' },
      { id: 'mail', kind: 'send', channel: 'email', template: templateId, topic },
    ];
    const graph = { entry: { kind: 'event', event: 'Began' }, reentry: 'never', start: 'wait', steps };
    const { id } = await shop.call<{ id: string }>('createJourney', { body: { name: topic, graph } });
    await shop.call('publishJourney', { params: { id } });
  }
}

async function bring(userId: string, { emails, isEarly, words, suppressed, pausedMs, request }: Draw): Promise<void> {
  const addressOf = (index: number) => `${userId}.${index}@customer.example`;
  const identify = (index: number) =>
    tellShop(world, shop, { type: 'identify', userId, traits: { email: addressOf(index) } });
  await tellShop(world, shop, { userId, event: 'Began' });
  const params = { id: (await findProfile(shop, `userId:${userId}`)).id };
  if (emails > 0) await identify(0);
  if (emails > 1 && !isEarly) await identify(1);
  for (const [topic, status] of Object.entries(words)) {
    world.clock.advance(1);
    const body = { channel: 'email', topic, status, source: 'checkout' };
    if (status !== undefined) await shop.call('recordConsent', { params, body });
  }
  if (emails > 1 && isEarly) await identify(1);
  for (const reason of suppressed?.reasons ?? []) {
    const body = { channel: 'email', address: addressOf(suppressed!.address), reason };
    await shop.call('suppressAddress', { body });
  }
  if (pausedMs !== undefined) {
    const pausedUntil = new Date(world.clock.now() + 2 * HOUR + pausedMs).toISOString();
    await shop.call('setRhythm', { params, body: { pausedUntil, source: 'telephone' } });
  }
  if (request === undefined) return;
  const identifier = { kind: 'userId', value: userId };
  await shop.call('createPrivacyRequest', { body: { ...request, identifier, regulation: 'gdpr' } });
}

/** What is said of her at an instant, and what becomes of messages that are decided right then. */
async function sendToAll(users: readonly string[], templateId: string): Promise<Sent[]> {
  const told: Omit<Sent, 'messages'>[] = [];
  for (const userId of users) {
    const profile = await findProfile(shop, `userId:${userId}`);
    for (const topic of TOPICS) {
      const body = { profileId: profile.id, templateId, topic, idempotencyKey: `${userId}-${topic}` };
      await shop.call('sendMessage', { body });
    }
    told.push({ profile, reach: await shop.call('getReachability', { params: { id: profile.id } }) });
  }
  while ((await runDueJourneyWaits(world.api.services)) > 0);
  await mailRoom.deliver(shop);
  const sent: Sent[] = [];
  for (const one of told) {
    const query = { profile: one.profile.id, limit: '100' };
    const { items } = await shop.call<{ items: Message[] }>('listMessages', { query });
    sent.push({ ...one, messages: items.filter(({ source }) => source.kind !== 'confirmation') });
  }
  return sent;
}

it('reachability names for every topic exactly what the gate then says, to whom it writes and to whom it does not', async () => {
  const html = '<p>Hello</p>';
  const { id: template } = await shop.call<{ id: string }>('createTemplate', {
    body: { name: 'Hello', subject: 'Hello', html },
  });
  await publishJourneys(template);
  const drawn = [...NAMED, ...fc.sample(draws, { seed: SEED, numRuns: DRAWN })];
  const users = drawn.map((_, index) => `user-${index}`);
  for (const [index, draw] of drawn.entries()) await bring(users[index]!, draw);
  const work = createRequestWork(createProfileReshaper(world.api.services));
  while ((await runPrivacyRequests(world.api.services, work)) > 0);
  await world.api.settle();
  world.clock.advance(2 * HOUR);
  const seen = new Set<string>();
  for (const { profile, reach, messages } of await sendToAll(users, template)) {
    const email = reach.channels.find(({ channel }) => channel === 'email')!;
    const isRestricted = profile.restrictedAt !== null;
    const reasons = new Map(email.topics.map(({ topic, kind, reason }) => [topic, { kind, reason }]));
    /** A journey chose it by what is known of her: behind consent, and before a pause. */
    const chosen = (topic: string) => {
      const { kind, reason } = reasons.get(topic)!;
      const isObjected = profile.profilingObjectedAt !== null && kind === 'marketing';
      return isObjected && (reason === null || reason === 'paused') ? 'objected' : reason;
    };
    const said = (kind: 'api' | 'journey') =>
      Object.fromEntries(messages.flatMap((one) => (one.source.kind === kind ? [[one.topic, verdict(one)]] : [])));
    const draw = JSON.stringify(
      drawn[users.findIndex((user) => profile.identifiers.some(({ value }) => value === user))],
    );
    const expected = (reasonOf: (topic: string) => string | null) =>
      Object.fromEntries(TOPICS.map((topic) => [topic, reasonOf(topic)]));
    expect([draw, said('api')]).toEqual([draw, expected((topic) => reasons.get(topic)!.reason)]);
    // Runs of who is restricted stand still.
    expect([draw, said('journey')]).toEqual([draw, isRestricted ? {} : expected(chosen)]);
    const { marketing, transactional, journeys } = email;
    expect([marketing.reason, transactional.reason]).toEqual(
      [marketing, transactional].map(({ topic }) => said('api')[topic!]),
    );
    if (!isRestricted) expect(journeys.reason).toBe(said('journey')[journeys.topic!]);
    for (const topic of TOPICS) seen.add(String(reasons.get(topic)!.reason)).add(String(chosen(topic)));
    expect(reach.channels.filter(({ channel }) => channel !== 'email').map((one) => one.marketing.reason)).toEqual([
      'no_sender',
      'no_sender',
    ]);
  }
  expect([...seen].sort()).toEqual([
    ...['denied', 'no_address', 'not_opted_in', 'null', 'objected', 'paused', 'restricted'],
    ...['suppressed:complaint', 'suppressed:hard_bounce', 'suppressed:manual', 'suppressed:unsubscribe_all'],
    'unconfirmed',
  ]);
}, 300_000);
