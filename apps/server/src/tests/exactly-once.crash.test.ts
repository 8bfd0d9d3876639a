import { randomInt } from 'node:crypto';
import { type SandboxMail, startSandboxMail } from '@segue/sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiClient, createApiClient } from './testing/api-client.ts';
import { type BuiltProgram, buildServer } from './testing/build-server.ts';
import { type ArchivedEvent, type Audit, openAudit, type OpenWork } from './testing/crash-audit.ts';
import { anonymousIdOf, emailOf, type Load, type LoadOptions, startLoad, userIdOf } from './testing/crash-load.ts';
import { strike, type Target } from './testing/crash-strikes.ts';
import { type DataFolder, makeDataFolder } from './testing/data-folder.ts';
import { freePort } from './testing/free-port.ts';
import { keepServer, type KeptServer } from './testing/kept-server.ts';
import { until } from './testing/until.ts';

/** Give the seed of a failed run to repeat its order of kills and its load. */
const SEED = Number(process.env['SEGUE_CRASH_SEED'] ?? randomInt(1_000_000));
const TARGETS: readonly Target[] = [
  ...['server', 'server', 'server', 'postgres', 'postgres'],
  ...['backend', 'clickhouse', 'clickhouse', 'server and postgres'],
] as const satisfies readonly Target[];
const LOAD: Omit<LoadOptions, 'url'> = {
  seed: SEED,
  shoppers: 40,
  countedEach: 120,
  knownAfter: 20,
  triedEvery: 8,
  cartEvery: 10,
};
const QUIET_DEADLINE_MS = 60_000;

let built: BuiltProgram;
let folder: DataFolder;
let mail: SandboxMail;
let server: KeptServer;
let api: ApiClient;
let audit: Audit;
let load: Load;
let archived: readonly ArchivedEvent[];
let countedSegment: string;
/** By how many `Tried` events it holds for. */
let triedSegments: ReadonlyMap<number, string>;
let journeyId: string;
const calledOff = new AbortController();

interface Message {
  readonly id: string;
  readonly status: 'queued' | 'sending' | 'sent' | 'refused' | 'failed' | 'unknown';
  readonly source: { readonly runId: string };
  readonly createdAt: string;
}
interface Run {
  readonly id: string;
  readonly key: string;
}

async function setUpShop(): Promise<void> {
  const countSegment = async (name: string, event: string, exactly: number): Promise<string> =>
    (await api.post<{ id: string }>('/segments', { name, rule: { event, count: { exactly } } })).id;
  countedSegment = await countSegment('Counted all', 'Counted', LOAD.countedEach);
  const tried = new Map<number, string>();
  for (let times = 1; times <= LOAD.countedEach / LOAD.triedEvery; times++) {
    tried.set(times, await countSegment(`Tried ${times}`, 'Tried', times));
  }
  triedSegments = tried;
  const template = await api.post<{ id: string }>('/templates', {
    name: 'Cart',
    subject: '{{ cart }}',
    html: '<p>Your cart {{ cart }} is still there.</p>',
  });
  const journey = await api.post<{ id: string }>('/journeys', {
    name: 'Abandoned cart',
    graph: {
      entry: { kind: 'event', event: 'Product Added' },
      key: 'cart_id',
      reentry: 'never',
      goal: { event: 'Order Completed' },
      start: 'wait',
      steps: [
        { id: 'wait', kind: 'delay', duration: { seconds: 2 }, next: 'remind' },
        {
          id: 'remind',
          kind: 'send',
          channel: 'email',
          topic: 'transactional',
          template: template.id,
          variables: { cart: { property: 'cart_id' } },
        },
      ],
    },
  });
  journeyId = journey.id;
  await api.post(`/journeys/${journeyId}/publish`);
}

/** Nothing waits any more: every event processed and archived, every run past its delay, every message ended. */
async function becomeQuiet(): Promise<void> {
  let seen: OpenWork | undefined;
  await until(
    'the server is quiet',
    async () => {
      seen = await audit.openWork();
      return Object.values(seen).every((open) => open === 0);
    },
    { timeoutMs: QUIET_DEADLINE_MS, seen: () => ({ seen, output: server.output().slice(-4_000) }) },
  );
}

beforeAll(async () => {
  process.stdout.write(`crash test: SEGUE_CRASH_SEED=${SEED}\n`);
  built = await buildServer();
  folder = makeDataFolder();
  mail = await startSandboxMail({ smtpPort: 0, webPort: 0 });
  server = await keepServer({
    command: [built.script],
    dataDir: folder.path,
    port: await freePort(),
    env: { SEGUE_SMTP_URL: mail.smtpUrl },
  });
  api = createApiClient(server.url);
  await setUpShop();
  const begunAt = performance.now();
  load = startLoad({ ...LOAD, url: server.url }, calledOff.signal);
  const [order] = await Promise.all([strike({ server, folder, load, targets: TARGETS, seed: SEED }), load.done]);
  audit = openAudit(folder);
  await becomeQuiet();
  archived = await audit.archivedEvents();
  const seconds = ((performance.now() - begunAt) / 1_000).toFixed(1);
  process.stdout.write(
    `killed: ${order.join(', ')}; ${load.events.length} events, ${load.failures()} attempts without an answer, ` +
      `${load.repeats()} repeats; starts took ${server.startsMs.join(', ')} ms; ${seconds} s\n`,
  );
}, 240_000);

afterAll(async () => {
  calledOff.abort();
  await load?.done.catch(() => undefined);
  await audit?.close();
  await server?.stop();
  await mail?.close();
  folder?.remove();
  built?.remove();
}, 60_000);

const fromOutside = (): ArchivedEvent[] => archived.filter(({ log }) => log === 0);
const emitted = (name: string): ArchivedEvent[] => archived.filter((event) => event.log === 1 && event.name === name);
const propertyOf = (event: ArchivedEvent, property: string): unknown =>
  (JSON.parse(event.payload) as { properties: Record<string, unknown> }).properties[property];
const repeated = <T>(values: readonly T[]): T[] => values.filter((value, index) => values.indexOf(value) !== index);

/** The profile of every shopper, in the shoppers' order. */
async function findProfileIds(): Promise<string[]> {
  const ids: string[] = [];
  for (let shopper = 0; shopper < LOAD.shoppers; shopper++) {
    const { items } = await api.get<{ items: { id: string }[] }>(`/profiles?identifier=userId:${userIdOf(shopper)}`);
    ids.push(...items.map(({ id }) => id));
  }
  return ids;
}

async function membersOf(segmentId: string): Promise<Set<string>> {
  return new Set(
    (await api.list<{ profileId: string }>(`/segments/${segmentId}/members`)).map(({ profileId }) => profileId),
  );
}

describe('after kill -9 of the server, PostgreSQL and the history engine at random during a load with repeats', () => {
  test('every acknowledged event is in the history once; one that was not acknowledged at most once', async () => {
    const ids = fromOutside().map(({ message_id }) => message_id);
    expect(repeated(ids)).toEqual([]);
    const there = new Set(ids);
    const acknowledged = load.events.filter(({ ackedAtMs }) => ackedAtMs !== undefined);
    expect(acknowledged.filter(({ messageId }) => !there.has(messageId))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThanOrEqual(load.expected);
    const sent = new Set(load.events.map(({ messageId }) => messageId));
    expect(ids.filter((id) => !sent.has(id))).toEqual([]);
    expect(await audit.intakeHeads()).toBe(ids.length);
    expect(await audit.deadLetters()).toBe(0);
  });

  test('the events of one identifier stand in the order in which they were sent', () => {
    const nodes = new Set(fromOutside().map(({ node }) => node));
    expect(nodes.size).toBe(2 * LOAD.shoppers);
    for (const node of nodes) {
      const events = fromOutside().filter((event) => event.node === node);
      expect(new Set(events.map(({ lane }) => lane)).size).toBe(1);
      const sent = events.map(({ message_id }) => Number(message_id.split('-')[2]));
      expect(sent).toEqual([...sent].sort((a, b) => a - b));
    }
  });

  test('every shopper is one profile with all her identifiers, also when two profiles became one', async () => {
    const profiles = await api.list<{ id: string; identifiers: unknown[] }>('/profiles');
    const identifiers = new Map(profiles.map((profile) => [profile.id, profile.identifiers]));
    const ids = await findProfileIds();
    expect(profiles.length).toBe(LOAD.shoppers);
    expect(ids.map((id) => identifiers.get(id))).toEqual(
      ids.map((_, shopper) => [
        { kind: 'userId', value: userIdOf(shopper) },
        { kind: 'email', value: emailOf(shopper) },
        { kind: 'anonymousId', value: anonymousIdOf(shopper) },
      ]),
    );
  });

  test('every event was counted exactly once: a segment of exactly so many holds for every shopper', async () => {
    const ids = await findProfileIds();
    expect(await membersOf(countedSegment)).toEqual(new Set(ids));
    const triedInHistory = ids.map(
      (_, shopper) =>
        fromOutside().filter(({ name, message_id }) => name === 'Tried' && message_id.startsWith(`event-${shopper}-`))
          .length,
    );
    for (const [times, segmentId] of triedSegments) {
      const expected = ids.filter((_, shopper) => triedInHistory[shopper] === times);
      expect(await membersOf(segmentId)).toEqual(new Set(expected));
    }
  });

  test('every cart started one run, and no run asked twice for a mail', async () => {
    const runs = await api.list<Run>(`/journeys/${journeyId}/runs`);
    const messages = await api.list<Message>(`/messages?journey=${journeyId}`);
    const carts = load.events.filter(({ name }) => name === 'Product Added').map(({ cartId }) => cartId);
    expect(runs.map(({ key }) => key).sort()).toEqual(carts.sort());
    expect(
      emitted('Journey Entered')
        .map((event) => propertyOf(event, 'run_id'))
        .sort(),
    ).toEqual(runs.map(({ id }) => id).sort());
    expect(repeated(messages.map(({ source }) => source.runId))).toEqual([]);
    const bought = new Set(load.events.filter(({ name }) => name === 'Order Completed').map(({ cartId }) => cartId));
    const asked = new Set(messages.map(({ source }) => source.runId));
    expect(runs.filter(({ id, key }) => !bought.has(key) && !asked.has(id))).toEqual([]);
  });

  test('no mail went twice, none that is said to be sent is missing, and each ended with an outcome', async () => {
    const messages = await api.list<Message>(`/messages?journey=${journeyId}`);
    const mails = mail.mailbox.mailsTo();
    const mailedIds = mails.map(({ messageId }) => /^<(msg_\w+)@/.exec(messageId ?? '')?.[1]);
    expect(repeated(mails.map(({ subject }) => subject))).toEqual([]);
    expect(repeated(mailedIds)).toEqual([]);
    const mailed = new Set(mailedIds);
    const endedAs = (status: Message['status']): Message[] => messages.filter((message) => message.status === status);
    const [sent, unknown, refused] = [endedAs('sent'), endedAs('unknown'), endedAs('refused')];
    expect(sent.length + unknown.length + refused.length).toBe(messages.length);
    expect(sent.filter(({ id }) => !mailed.has(id))).toEqual([]);
    expect(refused.filter(({ id }) => mailed.has(id))).toEqual([]);
    const outcomeOf = new Set([...sent, ...unknown].map(({ id }) => id));
    expect(mailedIds.filter((id) => id === undefined || !outcomeOf.has(id))).toEqual([]);
    for (const [name, ended] of [
      ['Message Sent', sent],
      ['Message Unknown', unknown],
      ['Message Refused', refused],
    ] as const) {
      expect(
        emitted(name)
          .map((event) => propertyOf(event, 'message_id'))
          .sort(),
      ).toEqual(ended.map(({ id }) => id).sort());
    }
    process.stdout.write(
      `${mails.length} mails; ${sent.length} sent, ${unknown.length} unknown, ${refused.length} refused\n`,
    );
  });

  test('nobody was reminded of a cart whose order had been acknowledged before the mail was asked for', async () => {
    const runs = new Map((await api.list<Run>(`/journeys/${journeyId}/runs`)).map(({ id, key }) => [id, key]));
    const messages = await api.list<Message>(`/messages?journey=${journeyId}`);
    const boughtAt = new Map(
      load.events.flatMap(({ name, cartId, ackedAtMs }) =>
        name === 'Order Completed' && cartId !== undefined ? [[cartId, ackedAtMs ?? Infinity]] : [],
      ),
    );
    const late = messages.filter(
      ({ createdAt, source }) => (boughtAt.get(runs.get(source.runId) ?? '') ?? Infinity) < Date.parse(createdAt),
    );
    expect(late.filter(({ status }) => status !== 'refused')).toEqual([]);
  });
});
