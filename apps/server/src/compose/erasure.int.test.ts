import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PERSONAL_DATA } from './privacy.ts';
import { createRequestWork } from './request-work.ts';
import { createProfileReshaper } from './stages.ts';
import type { History } from '../platform/clickhouse/index.ts';
import type { JsonObject } from '../platform/json.ts';
import {
  API_KEY,
  createEngines,
  type Engines,
  NOW,
  openWorld,
  trackEvent,
  type World,
} from '../modules/events/testing/world.ts';
import { runWebhooks } from '../modules/events/index.ts';
import { findProfileId } from '../modules/profiles/index.ts';
import { eraseProfile, forgetRemnants, runPrivacyRequests } from '../modules/privacy/index.ts';
import { findTexts, spellings } from './testing/find-texts.ts';

let engines: Engines;
let world: World;
let nowMs = NOW;
let webhooks: Promise<void>;
const end = new AbortController();
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines, { clock: { now: () => nowMs, realDelayMs: () => 0 } });
  world.work();
  webhooks = runWebhooks(world.services, { processId: world.processId, signal: end.signal });
});
afterAll(async () => {
  end.abort();
  await webhooks;
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
      { type: 'group', userId, messageId: `${word}-3`, groupId: email, traits: { plan: 'team' } },
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

it('an erasure that was interrupted after the keys were destroyed is finished by whoever comes next', async () => {
  const { secrets, events } = customer('lena');
  await world.send(events);
  await world.settle();
  const { services, ctx } = world;
  const profileId = (await findProfileId(ctx, { kind: 'userId', value: 'user-lena-4711' }))!;
  const dying = { ...ctx, history: dyingHistory(services.history) };
  await expect(repeat(() => eraseProfile(dying, PERSONAL_DATA, profileId))).rejects.toThrow('died');
  expect(await world.count(`event where node in (${await erasedNodes()})`)).toBeGreaterThan(0);
  expect(await repeat(() => eraseProfile(ctx, PERSONAL_DATA, profileId))).toMatchObject({ identifiers: 4 });
  expect(await world.count(`event where node in (${await erasedNodes()})`)).toBe(0);
  expect(await findTexts(world, secrets)).toEqual({ clear: [], opened: [] });
  expect(await eraseProfile(ctx, PERSONAL_DATA, profileId)).toEqual({});
});

it('of a merged customer every profile goes, of an anonymous one too', async () => {
  const { secrets, events } = customer('nora');
  await world.send([
    trackEvent({ userId: null, anonymousId: 'device-cookie-nora', properties: { email: secrets[0]! } }),
  ]);
  await world.settle();
  await world.send(events);
  await world.settle();
  const { ctx } = world;
  const profileId = (await findProfileId(ctx, { kind: 'userId', value: 'user-nora-4711' }))!;
  await repeat(() => eraseProfile(ctx, PERSONAL_DATA, profileId));
  expect(await findTexts(world, secrets)).toEqual({ clear: [], opened: [] });

  const cookie = 'device-cookie-alone';
  await world.send([{ type: 'page', anonymousId: cookie, messageId: 'alone-1', properties: { path: '/' } }]);
  await world.settle();
  const anonymous = (await findProfileId(ctx, { kind: 'anonymousId', value: cookie }))!;
  expect(await repeat(() => eraseProfile(ctx, PERSONAL_DATA, anonymous))).toMatchObject({ identifiers: 1 });
  expect(await findTexts(world, [cookie])).toEqual({ clear: [], opened: [] });
});

it('nothing that says who somebody is ever stands in the write-ahead log', async () => {
  const { secrets, events } = customer('vera');
  await world.send(events);
  await world.settle();
  await ask('erase', 'user-vera-4711');
  const { postgres } = world.services;
  // A mark that must be found shows that the right files are read.
  const mark = 'find-this-mark-in-the-log';
  await postgres.query({
    text: 'insert into consent_topic (workspace_id, topic, name, is_marketing) values (999, $1, $1, true)',
    values: [mark],
  });
  const found = await inWriteAheadLog([...secrets, mark].map((text) => ({ text, bytes: spellings(text) })));
  expect(found).toEqual([mark]);
});

it('her wrapped keys are in the write-ahead log before, and in none of its files once its remnants were forgotten', async () => {
  const { events } = customer('olga');
  await world.send(events);
  await world.settle();
  const { postgres } = world.services;
  const profileId = (await findProfileId(world.ctx, { kind: 'userId', value: 'user-olga-4711' }))!;
  const { rows } = await postgres.query<{ wrapped_key: Buffer }>({
    text: 'select wrapped_key from identity_node where profile_id = $1',
    values: [profileId],
  });
  const keys = rows.map(({ wrapped_key }) => ({ text: wrapped_key.toString('hex'), bytes: [wrapped_key] }));
  expect(keys).toHaveLength(4);
  expect(await inWriteAheadLog(keys)).toHaveLength(4);
  await ask('erase', 'user-olga-4711');
  // The embedded engine is set so; of one's own it is the operator's to do.
  for (const text of ["alter system set wal_recycle = 'off'", 'select pg_reload_conf()'])
    await postgres.query({ text });
  expect(await forgetRemnants(world.services)).toBe(0);
  expect(await forgetRemnants(world.services)).toBe(1);
  expect(await forgetRemnants(world.services)).toBe(0);
  expect(await inWriteAheadLog(keys)).toEqual([]);
});

/** Which of these bytes stand in any file of the write-ahead log. */
async function inWriteAheadLog(
  sought: readonly { readonly text: string; readonly bytes: readonly Buffer[] }[],
): Promise<string[]> {
  const { postgres } = world.services;
  const { rows: files } = await postgres.query<{ name: string }>({
    text: 'select name from pg_ls_waldir() order by name',
  });
  const found = new Set<string>();
  for (const { name } of files) {
    const { rows } = await postgres.query<{ bytes: Buffer | null }>({
      text: `select pg_read_binary_file('pg_wal/' || $1, 0, 268435456, true) as bytes`,
      values: [name],
    });
    const file = rows[0]?.bytes ?? Buffer.alloc(0);
    for (const { text, bytes } of sought) if (bytes.some((form) => file.includes(form))) found.add(text);
  }
  return [...found];
}

/** Asks until nothing is waited for any more. */
async function repeat<T>(work: () => Promise<T | undefined>): Promise<T> {
  for (let round = 0; round < 400; round++) {
    const answer = await work();
    if (answer !== undefined) return answer;
    await pause(10);
  }
  throw new Error('it was not done in time');
}

/** Reads, and dies when something is to be deleted. */
function dyingHistory(history: History): History {
  return {
    insert: (insert) => history.insert(insert),
    query: (query) => history.query(query),
    command: () => Promise.reject(new Error('died')),
    ping: () => history.ping(),
    close: () => Promise.resolve(),
  };
}

async function erasedNodes(): Promise<string> {
  const { rows } = await world.services.postgres.query<{ ids: string }>({
    text: `select string_agg(id::text, ', ') as ids from identity_node where erased_at is not null`,
  });
  return rows[0]!.ids;
}
