import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRequestWork } from '../../../compose/request-work.ts';
import { createProfileReshaper } from '../../../compose/stages.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { API_KEY, createEngines, type Engines, NOW, openWorld, trackEvent, type World } from '../../events/testing/world.ts';
import { runPrivacyRequests } from '../index.ts';
import { findTexts } from '../testing/find-texts.ts';

let engines: Engines;
let world: World;
let nowMs = NOW;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines, { clock: { now: () => nowMs, realDelayMs: () => 0 } });
  world.work();
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

/** A customer nobody else is like. */
function customer(word: string): { secrets: string[]; events: JsonObject[] } {
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
      { type: 'group', userId, messageId: `${word}-3`, groupId: email, traits: { name } },
    ],
  };
}

async function call(path: string, body?: JsonObject): Promise<JsonObject> {
  const options = { headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' }, url: path };
  const answer = await world.http.inject(
    body === undefined ? { ...options, method: 'GET' } : { ...options, method: 'POST', payload: JSON.stringify(body) },
  );
  if (answer.statusCode >= 300) throw new Error(`${answer.statusCode} ${answer.body}`);
  return answer.json();
}

/** Asks by user id, and works until it is done. */
async function ask(kind: string, userId: string): Promise<JsonObject> {
  const made = await call('/api/v1/privacy/requests', {
    kind,
    regulation: 'gdpr',
    identifier: { kind: 'userId', value: userId },
  });
  const work = createRequestWork(createProfileReshaper(world.services));
  for (let round = 0; round < 200; round++) {
    nowMs += 1_000;
    await runPrivacyRequests(world.services, work);
    const request = await call(`/api/v1/privacy/requests/${made['id'] as string}`);
    if (request['state'] === 'done' || request['state'] === 'failed') return request;
    await pause(10);
  }
  throw new Error('the request was not done in time');
}

const profilesNow = async (): Promise<number> => {
  const { rows } = await world.services.postgres.query<{ n: number }>({
    text: 'select count(*)::int as n from identity_node where profile_id is not null',
  });
  return rows[0]!.n;
};

it('whoever opens everything finds her before the erasure and nothing of her after, and nothing in the clear ever', async () => {
  const { secrets, events } = customer('ada');
  await world.send(events);
  await world.settle();
  const before = await findTexts(world, secrets);
  expect(before.clear).toEqual([]);
  expect([...new Set(before.opened.map((place) => place.text))].sort()).toEqual([...secrets].sort());
  const request = await ask('erase', 'user-ada-4711');
  expect(request).toMatchObject({ state: 'done', outcome: 'done' });
  expect(await findTexts(world, secrets)).toEqual({ clear: [], opened: [] });
});

it('an export tells all of it in the words it was told in', async () => {
  const { secrets, events } = customer('clara');
  await world.send(events);
  await world.settle();
  const request = await ask('export', 'user-clara-4711');
  expect(request).toMatchObject({ state: 'done' });
  const file = JSON.stringify(await call(`/api/v1/privacy/requests/${request['id'] as string}/export`));
  for (const secret of secrets) expect(file).toContain(secret);
  expect(file).toContain('Order Completed');
});

it('neither a late event nor an old cookie brings her back, and a new sign-up starts clean', async () => {
  const { secrets, events } = customer('mary');
  const cookie = 'device-cookie-mary';
  await world.send(events);
  await world.settle();
  await ask('erase', 'user-mary-4711');
  const known = await profilesNow();
  await world.send([
    trackEvent({ userId: 'user-mary-4711', timestamp: new Date(NOW - 5_000).toISOString() }),
    { type: 'page', anonymousId: cookie, messageId: 'mary-late-1', properties: { path: '/' } },
    { ...events[0]!, messageId: 'mary-late-2', timestamp: new Date(NOW - 5_000).toISOString() },
  ]);
  await world.settle();
  expect(await profilesNow()).toBe(known);
  expect(await findTexts(world, secrets)).toEqual({ clear: [], opened: [] });

  nowMs += 60_000;
  await world.send([
    {
      type: 'identify',
      userId: 'user-mary-4711',
      anonymousId: cookie,
      messageId: 'mary-new',
      traits: { plan: 'silver' },
      timestamp: new Date(nowMs).toISOString(),
    },
  ]);
  await world.settle();
  // The user id is hers again; the cookie is not.
  expect(await profilesNow()).toBe(known + 1);
});

it('nothing of her is in either engine though her events stream in from two processes during the erasure', async () => {
  const { secrets, events } = customer('rosa');
  const other = await openWorld(engines, { clock: { now: () => nowMs, realDelayMs: () => 0 } });
  await world.send(events);
  await other.send([trackEvent({ userId: 'user-rosa-4711' })]);
  await world.settle();
  let isStreaming = true;
  const stream = async (through: World): Promise<void> => {
    while (isStreaming) {
      await through.send([
        trackEvent({
          userId: 'user-rosa-4711',
          properties: { email: 'rosa.byron@customer.example' },
          timestamp: new Date(NOW).toISOString(),
        }),
      ]);
    }
  };
  const streams = [stream(world), stream(other)];
  const request = await ask('erase', 'user-rosa-4711').finally(() => (isStreaming = false));
  await Promise.all(streams);
  await world.settle();
  await other.close();
  expect(request).toMatchObject({ state: 'done' });
  expect(await findTexts(world, secrets)).toEqual({ clear: [], opened: [] });
  const [left] = await world.services.history.query<{ n: number }>({
    sql: `select count() as n from event where node in (${await erasedNodes()})`,
  });
  expect(left!.n).toBe(0);
});

async function erasedNodes(): Promise<string> {
  const { rows } = await world.services.postgres.query<{ ids: string }>({
    text: `select string_agg(id::text, ', ') as ids from identity_node where erased_at is not null`,
  });
  return rows[0]!.ids;
}
