import { setTimeout as pause } from 'node:timers/promises';
import {
  API_KEY,
  createEngines,
  type Engines,
  NOW,
  openWorld,
  trackEvent,
  type World,
} from '../../modules/events/testing/world.ts';
import { readSignalConsent } from '../../modules/consent/index.ts';
import { runWebhooks } from '../../modules/events/index.ts';
import { type RequestWork, runPrivacyRequests } from '../../modules/privacy/index.ts';
import { inTransaction } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { createRequestWork } from '../request-work.ts';
import { createProfileReshaper } from '../stages.ts';

/** A server at work, with everybody who reads the log, and a clock that goes on when it is told to. */
export interface ErasureWorld {
  readonly engines: Engines;
  readonly world: World;
  readonly work: RequestWork;
  readonly now: () => number;
  pass(ms: number): void;
  /** Another process with the same clock, for who has none at work here. */
  openOther(): Promise<World>;
  call(path: string, body?: JsonObject, apiKey?: string): Promise<JsonObject>;
  /** Asks by user id, and works until it is done. */
  ask(kind: string, userId: string): Promise<JsonObject>;
  /** The request as it is when nothing is left to do for it. */
  finish(requestId: string): Promise<JsonObject>;
  close(): Promise<void>;
}

export async function openErasureWorld(): Promise<ErasureWorld> {
  const engines = await createEngines();
  let nowMs = NOW;
  const open = (): Promise<World> => openWorld(engines, { clock: { now: () => nowMs, realDelayMs: () => 0 } });
  const world = await open();
  world.work();
  const end = new AbortController();
  const webhooks = runWebhooks(world.services, {
    processId: world.processId,
    signal: end.signal,
    readSignals: readSignalConsent,
  });
  const work = createRequestWork(createProfileReshaper(world.services));
  const call: ErasureWorld['call'] = (path, body, apiKey = API_KEY) => callApi(world, { path, body, apiKey });
  const pass = (ms: number): void => void (nowMs += ms);
  const finish = (id: string): Promise<JsonObject> =>
    repeat(async () => {
      pass(1_000);
      await runPrivacyRequests(world.services, work);
      const request = await call(`/api/v1/privacy/requests/${id}`);
      return request['state'] === 'done' || request['state'] === 'failed' ? request : undefined;
    });
  return {
    engines,
    world,
    work,
    now: () => nowMs,
    pass,
    openOther: open,
    call,
    finish,
    async ask(kind, userId) {
      const identifier = { kind: 'userId', value: userId };
      const made = await call('/api/v1/privacy/requests', { kind, regulation: 'gdpr', identifier });
      return finish(made['id'] as string);
    },
    async close() {
      end.abort();
      await webhooks;
      await world.close();
      await engines.drop();
    },
  };
}

async function callApi(
  world: World,
  { path, body, apiKey }: { path: string; body: JsonObject | undefined; apiKey: string },
): Promise<JsonObject> {
  const options = { headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }, url: path };
  const answer = await world.http.inject(
    body === undefined ? { ...options, method: 'GET' } : { ...options, method: 'POST', payload: JSON.stringify(body) },
  );
  if (answer.statusCode >= 300) throw new Error(`${answer.statusCode} ${answer.body}`);
  return answer.statusCode === 204 ? {} : answer.json();
}

/** Asks until there is an answer, or it is true. */
export async function repeat<T>(work: () => Promise<T | undefined | false>): Promise<T> {
  for (let round = 0; round < 2_000; round++) {
    const answer = await work();
    if (answer !== undefined && answer !== false) return answer;
    await pause(10);
  }
  throw new Error('it was not done in time');
}

/** Erases without a request; answers what it was. */
export async function eraseNow(
  { world, work }: ErasureWorld,
  profileId: string,
): Promise<Readonly<Record<string, number>>> {
  await repeat(() => work.erasing!.erase(world.ctx, profileId));
  return inTransaction(world.ctx, (ctx) => work.erasing!.end(ctx, profileId));
}

/** A customer nobody else is like. */
export function customer(word: string): { secrets: string[]; events: JsonObject[] } {
  const [email, phone, name, userId, text] = [
    `${word}.byron@customer.example`,
    `+49151${[...word].map((letter) => letter.charCodeAt(0) % 10).join('')}7654321`.slice(0, 15),
    `${word} Noel Byron`,
    `user-${word}-4711`,
    `rings at ${word} lane twice`,
  ] as [string, string, string, string, string];
  const anonymousId = `device-cookie-${word}`;
  return {
    secrets: [email, phone, name, userId, text, anonymousId],
    events: [
      { type: 'identify', userId, anonymousId, messageId: `${word}-1`, traits: { email, phone, name, plan: 'gold' } },
      trackEvent({
        userId,
        event: 'Order Completed',
        messageId: `${word}-2`,
        properties: { total: 12, email, shipping_address: { street: text } },
      }),
      { type: 'group', userId, messageId: `${word}-3`, groupId: email, traits: { plan: 'team' } },
    ],
  };
}
