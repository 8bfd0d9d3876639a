import type { OperationId, PresentedRun } from '@segue/contract';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { journeySendGuard, runDueJourneyWaits } from '../modules/journeys/index.ts';
import { runDueMessages, type SendDeps } from '../modules/messaging/index.ts';
import { runPrivacyRequests } from '../modules/privacy/index.ts';
import { createRequestWork } from './request-work.ts';
import { createProfileReshaper } from './stages.ts';
import { type ApiWorld, type Example, type Keys, NOW, openApiWorld } from './testing/api-world.ts';

const HOUR_MS = 3_600_000;

let world: ApiWorld;
let keys: Keys;
let sent: string[];
let deps: SendDeps;
beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(() => world.close());

beforeEach(async () => {
  sent = [];
  keys = await world.addWorkspace('Shop');
  deps = {
    processId: 'sender',
    channels: new Map([
      [
        'email',
        {
          name: 'email',
          addressKind: 'email',
          concurrencyMax: 1,
          deliver: async ({ content }) => {
            sent.push(content.subject);
            return { kind: 'accepted', reason: '250' };
          },
          close: () => Promise.resolve(),
        },
      ],
    ]),
    guard: journeySendGuard,
    publicUrl: 'https://segue.example',
    inFlight: new Set(),
  };
  await track({ type: 'identify', userId: 'ada', traits: { email: 'ada@example.com' } });
  const consent = { channel: 'email', topic: 'marketing', status: 'granted', source: 'checkout' };
  await call('recordConsent', { params: { id: await ada() }, body: consent });
});

async function call<T>(id: OperationId, example: Example = {}): Promise<T> {
  const answer = await world.ask(id, keys.apiKey, example);
  if (answer.status >= 300) throw new Error(`${id}: ${answer.status} ${answer.text}`);
  return (answer.text === '' ? undefined : answer.json()) as T;
}

let serial = 0;
async function track(...batch: readonly object[]): Promise<void> {
  const payload = { writeKey: keys.writeKey, batch: batch.map((one) => ({ messageId: `m${++serial}`, ...one })) };
  expect((await world.app.inject({ method: 'POST', url: '/v1/batch', payload })).statusCode).toBe(200);
  await world.settle();
}

const ada = async (): Promise<string> =>
  (await call<{ items: { id: string }[] }>('listProfiles', { query: { identifier: 'userId:ada' } })).items[0]!.id;

/** A published journey: an hour after she looked it says hello about a topic, an hour later something about her order. */
async function journey(topic: string): Promise<string> {
  const template = async (subject: string) =>
    (await call<{ id: string }>('createTemplate', { body: { name: subject, subject, html: '<p>Hello</p>' } })).id;
  const graph = {
    entry: { kind: 'event', event: 'Looked' },
    reentry: 'always',
    start: 'wait',
    steps: [
      { id: 'wait', kind: 'delay', duration: { hours: 1 }, next: 'hello' },
      { id: 'hello', kind: 'send', channel: 'email', template: await template('Hello'), topic, next: 'rest' },
      { id: 'rest', kind: 'delay', duration: { hours: 1 }, next: 'order' },
      { id: 'order', kind: 'send', channel: 'email', template: await template('Your order'), topic: 'transactional' },
    ],
  };
  const { id } = await call<{ id: string }>('createJourney', { body: { name: topic, graph } });
  await call('publishJourney', { params: { id } });
  return id;
}

/** Every wait and message that is due, until nothing is. */
async function pass(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    while ((await runDueJourneyWaits(world.services)) > 0);
    await world.settle();
    while ((await runDueMessages(world.services, deps)) > 0);
    await world.settle();
  }
}

const looked = { type: 'track', event: 'Looked', userId: 'ada', timestamp: new Date(NOW - 3 * HOUR_MS).toISOString() };
const runOf = async (id: string): Promise<PresentedRun> =>
  (await call<{ items: PresentedRun[] }>('listJourneyRuns', { params: { id } })).items[0]!;

it('during a pause a journey passes its marketing by, says so at the step, and what concerns her order still goes', async () => {
  const id = await journey('marketing');
  const pausedUntil = new Date(NOW + 24 * HOUR_MS).toISOString();
  await call('setRhythm', { params: { id: await ada() }, body: { pausedUntil, source: 'telephone' } });
  await track(looked);
  await pass();
  expect(sent).toEqual(['Your order']);
  const run = await runOf(id);
  expect(run).toMatchObject({ reason: 'completed' });
  const [wait, hello, rest, order] = run.path;
  expect([wait?.message, rest?.message]).toEqual([null, null]);
  expect(hello?.message).toMatchObject({
    status: 'refused',
    refusedBy: 'paused',
    reason: `paused by the customer until ${pausedUntil}`,
  });
  expect(order?.message).toMatchObject({ status: 'sent', refusedBy: null });
  expect(await call('getMessage', { params: { id: hello!.message!.id } })).toMatchObject({ refusedBy: 'paused' });
  // It is not made up for: an old reminder helps nobody.
  await call('setRhythm', { params: { id: await ada() }, body: { pausedUntil: null, source: 'telephone' } });
  await pass();
  expect(sent).toEqual(['Your order']);
});

it('a run under way sends no marketing to who objected to profiling since, and says so', async () => {
  const id = await journey('marketing');
  await track(looked);
  const body = { kind: 'object', against: ['profiling'], profile: await ada() };
  await call('createPrivacyRequest', { body });
  const work = createRequestWork(createProfileReshaper(world.services));
  while ((await runPrivacyRequests(world.services, work)) > 0);
  await world.settle();
  await pass();
  const messages = (await runOf(id)).path.flatMap(({ message }) =>
    message === null ? [] : [message.refusedBy ?? message.status],
  );
  expect(messages).toEqual(['profiling', 'sent']);
  expect(sent).toEqual(['Your order']);
});
