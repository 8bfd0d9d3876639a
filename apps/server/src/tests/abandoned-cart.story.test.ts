import { Analytics, type TrackParams } from '@segment/analytics-node';
import { type SandboxMail, startSandboxMail, unsubscribe } from '@segue/sandbox';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiClient, createApiClient } from './testing/api-client.ts';
import { type BuiltProgram, buildServer } from './testing/build-server.ts';
import { type DataFolder, makeDataFolder } from './testing/data-folder.ts';
import { freePort } from './testing/free-port.ts';
import { type ServerProcess, startServer, WRITE_KEY } from './testing/server-process.ts';
import { until } from './testing/until.ts';

/** An hour of the shop's time in each second of ours. */
const SCALE = 3_600;
const DELAY_HOURS = 6;
const PRODUCT_URL = 'https://shop.example/products/linen-shirt?size=m';
const DEADLINE = { timeoutMs: 60_000 };

let built: BuiltProgram;
let folder: DataFolder;
let mail: SandboxMail;
let server: ServerProcess;
let api: ApiClient;
let shop: Analytics;

beforeAll(async () => {
  built = await buildServer();
  folder = makeDataFolder();
  mail = await startSandboxMail({ smtpPort: 0, webPort: 0 });
  const clock = { scale: SCALE, realStartMs: Date.now(), virtualStartMs: Date.parse('2026-03-02T09:00:00Z') };
  server = startServer({
    command: [built.script],
    dataDir: folder.path,
    port: await freePort(),
    env: { SEGUE_SMTP_URL: mail.smtpUrl, SEGUE_CLOCK: JSON.stringify(clock) },
  });
  await server.ready();
  api = createApiClient(server.url);
  shop = new Analytics({ host: server.url, writeKey: WRITE_KEY, flushAt: 1, maxRetries: 3 });
});

afterAll(async () => {
  await shop?.closeAndFlush({ timeout: 1_000 });
  await server?.stop();
  await mail?.close();
  folder?.remove();
  built?.remove();
});

/** Sends by the SDK and waits until the server has taken it. */
function send(call: (acknowledge: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => (error === undefined || error === null ? resolve() : reject(error as Error)));
  });
}

const track = (params: TrackParams): Promise<void> => send((done) => shop.track(params, done));
const identify = (params: Parameters<Analytics['identify']>[0]): Promise<void> =>
  send((done) => shop.identify(params, done));

interface Profile {
  readonly id: string;
  readonly identifiers: readonly { readonly kind: string; readonly value: string }[];
  readonly traits: Readonly<Record<string, unknown>>;
}
interface Run {
  readonly key: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly goalAt: string | null;
}
interface Message {
  readonly id: string;
  readonly status: string;
  readonly refusedBy: string | null;
  readonly clickedAt: string | null;
}

async function findProfiles(identifier: string): Promise<Profile[]> {
  return (await api.get<{ items: Profile[] }>(`/profiles?identifier=${encodeURIComponent(identifier)}`)).items;
}

const waitForProfile = (identifier: string): Promise<Profile> =>
  until(`${identifier} leads to a profile`, async () => (await findProfiles(identifier))[0], DEADLINE);

/** Names of what happened to her, newest first. */
async function timelineOf(profileId: string): Promise<string[]> {
  return (await api.list<{ name: string }>(`/profiles/${profileId}/timeline`)).map((item) => item.name);
}

async function segmentsOf(profileId: string): Promise<string[]> {
  const { items } = await api.get<{ items: { name: string }[] }>(`/profiles/${profileId}/segments`);
  return items.map((segment) => segment.name);
}

const mailsTo = (address: string) => mail.mailbox.mailsTo(address);

/** The segment, the two mails and the journey, as a marketer sets them up. Returns the template of the first mail. */
async function setUpShop(): Promise<{ templateId: string; journeyId: string }> {
  const segment = await api.post<{ id: string }>('/segments', {
    name: 'Cart left behind',
    rule: {
      all: [
        { event: 'Product Added', within: { days: 3 } },
        { not: { event: 'Order Completed', within: { days: 3 } } },
      ],
    },
  });
  // Whoever comes in while its history is counted is found in it, and not told of.
  await until(
    'the segment is live',
    async () => (await api.get<{ status: string }>(`/segments/${segment.id}`)).status === 'live',
    DEADLINE,
  );
  const template = (name: string, subject: string) =>
    api.post<{ id: string }>('/templates', {
      name,
      subject,
      html: '<html><body><p>Hello {{ profile.firstName }}</p><a href="{{ product_url }}">Your {{ product }}</a> <a href="{{ unsubscribe_url }}">No more of this</a></body></html>',
    });
  const first = await template('Cart left behind', 'You left {{ product }} behind');
  const second = await template('Cart still there', 'Still thinking about {{ product }}?');
  const variables = { product: { property: 'name' }, product_url: { property: 'url' } };
  const mailStep = { kind: 'send', channel: 'email', topic: 'marketing', variables };
  const journey = await api.post<{ id: string; faults: unknown[] }>('/journeys', {
    name: 'Abandoned cart',
    graph: {
      entry: { kind: 'event', event: 'Product Added' },
      key: 'cart_id',
      reentry: 'afterEnd',
      enterWithin: { days: 3 },
      goal: { event: 'Order Completed' },
      start: 'wait',
      steps: [
        { id: 'wait', kind: 'delay', duration: { hours: DELAY_HOURS }, next: 'remind' },
        { ...mailStep, id: 'remind', template: first.id, next: 'wait_more' },
        { id: 'wait_more', kind: 'delay', duration: { hours: DELAY_HOURS }, next: 'remind_again' },
        { ...mailStep, id: 'remind_again', template: second.id },
      ],
    },
  });
  expect(journey.faults).toEqual([]);
  await api.post(`/journeys/${journey.id}/publish`);
  return { templateId: first.id, journeyId: journey.id };
}

const consent = { event: 'Consent Updated', properties: { channel: 'email', topic: 'marketing', status: 'granted' } };
const added = (cartId: string) => ({
  event: 'Product Added',
  properties: { cart_id: cartId, product_id: 'p-7', name: 'Linen shirt', url: PRODUCT_URL, price: 59 },
});

async function signUp(shopper: {
  userId: string;
  anonymousId: string;
  email: string;
  firstName: string;
}): Promise<void> {
  const { userId, anonymousId, email, firstName } = shopper;
  await identify({ userId, anonymousId, traits: { email, firstName } });
  await track({ userId, ...consent });
}

test('a customer is recognised across devices, reminded of her cart, brought back by the mail, and then left in peace', async () => {
  const { templateId, journeyId } = await setUpShop();
  const ada = 'ada@example.com';
  const bea = 'bea@example.com';
  const cem = 'cem@example.com';

  // Device A, nobody knows who: she looks, and fills a cart.
  await track({
    anonymousId: 'ada-phone',
    event: 'Product Viewed',
    properties: { product_id: 'p-7', url: PRODUCT_URL },
  });
  const onPhone = await waitForProfile('anonymousId:ada-phone');
  expect(onPhone.identifiers).toEqual([{ kind: 'anonymousId', value: 'ada-phone' }]);
  await track({ anonymousId: 'ada-phone', ...added('cart-ada') });

  // Device B: she signs up and says yes to mails. To the shop these are two people still.
  await track({ anonymousId: 'ada-laptop', event: 'Product Viewed', properties: { product_id: 'p-9' } });
  await signUp({ userId: 'ada', anonymousId: 'ada-laptop', email: ada, firstName: 'Ada' });
  const onLaptop = await waitForProfile(`email:${ada}`);
  expect(onLaptop.id).not.toBe(onPhone.id);

  // Device A logs in: one customer, whoever asks.
  await identify({ userId: 'ada', anonymousId: 'ada-phone' });
  const profile = await until(
    'both devices are one profile',
    async () => {
      const [found] = await findProfiles('anonymousId:ada-phone');
      return found?.identifiers.length === 4 ? found : undefined;
    },
    DEADLINE,
  );
  await until(
    'the cart left on the phone is hers',
    async () => (await segmentsOf(profile.id)).includes('Cart left behind'),
    DEADLINE,
  );

  // The counter-story: Cem fills a cart too and buys before the delay ends.
  await signUp({ userId: 'cem', anonymousId: 'cem-laptop', email: cem, firstName: 'Cem' });
  await track({ userId: 'cem', ...added('cart-cem') });
  await track({
    userId: 'cem',
    event: 'Order Completed',
    properties: { cart_id: 'cart-cem', order_id: 'o-1', total: 59 },
  });

  // Hours later the mail is there, with everything a mailbox provider asks for.
  const [reminder] = await mail.mailbox.waitFor(ada, DEADLINE);
  expect(reminder).toMatchObject({ subject: 'You left Linen shirt behind', unsubscribe: { oneClick: true } });
  expect(reminder!.html).toContain('Hello Ada');
  expect(reminder!.unsubscribe!.url).toMatch(new RegExp(`^${server.url}/p/u/`));

  await until(
    'the mail is in her timeline',
    async () => (await timelineOf(profile.id)).includes('Message Sent'),
    DEADLINE,
  );

  // She clicks, and lands on the product: the address she sees is Segue's own, the one she comes to is the shop's.
  const link = /href="([^"]*\/t\/c\/[^"]*)"/.exec(reminder!.html!)?.[1]?.replaceAll('&amp;', '&');
  const click = await fetch(link!, { redirect: 'manual' });
  expect([click.status, click.headers.get('location')]).toEqual([302, PRODUCT_URL]);
  await until(
    'her click is in her timeline',
    async () => (await timelineOf(profile.id)).includes('Email Link Clicked'),
    DEADLINE,
  );

  // She orders.
  await track({
    userId: 'ada',
    event: 'Order Completed',
    properties: { cart_id: 'cart-ada', order_id: 'o-2', total: 59 },
  });
  await until(
    'she is no longer in the segment',
    async () => !(await segmentsOf(profile.id)).includes('Cart left behind'),
    DEADLINE,
  );

  // Silence. Bea, who starts after Ada has bought and never buys, gets both mails: then Ada's second was long due.
  await signUp({ userId: 'bea', anonymousId: 'bea-laptop', email: bea, firstName: 'Bea' });
  await track({ userId: 'bea', ...added('cart-bea') });
  const toBea = await mail.mailbox.waitFor(bea, { ...DEADLINE, count: 2 });
  expect(toBea.map(({ subject }) => subject)).toEqual([
    'Still thinking about Linen shirt?',
    'You left Linen shirt behind',
  ]);
  expect(mailsTo(ada)).toHaveLength(1);
  expect(mailsTo(cem)).toHaveLength(0);
  const runs = new Map((await api.list<Run>(`/journeys/${journeyId}/runs`)).map((run) => [run.key, run]));
  expect([...runs.keys()].sort()).toEqual(['cart-ada', 'cart-bea', 'cart-cem']);
  expect(runs.get('cart-ada')).toMatchObject({ reason: 'goal', goalAt: expect.any(String) });
  expect(runs.get('cart-cem')).toMatchObject({ state: 'ended', reason: 'goal' });

  // One person at the end, with everything she ever was and did.
  for (const identifier of ['userId:ada', `email:${ada}`, 'anonymousId:ada-phone', 'anonymousId:ada-laptop']) {
    expect((await findProfiles(identifier)).map(({ id }) => id)).toEqual([profile.id]);
  }
  expect((await findProfiles('userId:ada'))[0]!.identifiers).toEqual([
    { kind: 'userId', value: 'ada' },
    { kind: 'email', value: ada },
    { kind: 'anonymousId', value: 'ada-phone' },
    { kind: 'anonymousId', value: 'ada-laptop' },
  ]);
  expect(await api.list('/profiles')).toHaveLength(3);
  const story = (await timelineOf(profile.id)).reverse();
  const told = ['Product Added', 'Consent Updated', 'Message Sent', 'Email Link Clicked', 'Order Completed'];
  expect(story.filter((name) => told.includes(name))).toEqual(told);
  expect(story).toEqual(expect.arrayContaining(['Journey Entered', 'Segment Entered', 'Segment Left']));
  expect(story.filter((name) => name === 'Product Viewed')).toHaveLength(2);

  // Bea presses her mailbox's own button: one POST. What is marketing stays away from then on, what she ordered does not.
  expect(await unsubscribe(toBea[0]!)).toEqual({ kind: 'done', status: 200 });
  const beaId = (await waitForProfile(`email:${bea}`)).id;
  const ask = async (topic: string): Promise<Message> => {
    const { id } = await api.post<Message>('/messages', {
      profileId: beaId,
      templateId,
      topic,
      variables: { product: 'scarf', product_url: PRODUCT_URL },
      idempotencyKey: topic,
    });
    return until(
      'the message has ended',
      async () => {
        const message = await api.get<Message>(`/messages/${id}`);
        return ['queued', 'sending'].includes(message.status) ? undefined : message;
      },
      DEADLINE,
    );
  };
  expect(await ask('marketing')).toMatchObject({ status: 'refused', refusedBy: 'consent' });
  expect(await ask('transactional')).toMatchObject({ status: 'sent' });
  expect(mailsTo(bea).map(({ subject }) => subject)).toEqual([
    'You left scarf behind',
    ...toBea.map(({ subject }) => subject),
  ]);
});
