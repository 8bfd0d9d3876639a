import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findProfileId, NodeDirectory } from '../modules/profiles/index.ts';
import { type RequestWork, runPrivacyRequests } from '../modules/privacy/index.ts';
import { readPositions } from '../platform/eventlog/index.ts';
import { publicId } from '../platform/ids/index.ts';
import type { JsonObject } from '../platform/json.ts';
import { addMember, signIn } from '../modules/accounts/testing/sign-in-as.ts';
import { trackEvent, WRITE_KEY } from '../modules/events/testing/world.ts';
import { customer, type ErasureWorld, openErasureWorld, repeat } from './testing/erasure-world.ts';

let erasures: ErasureWorld;
beforeAll(async () => {
  erasures = await openErasureWorld();
  await erasures.call('/api/v1/webhooks', { url: 'https://shop.example/hooks', events: [{ type: 'track' }] });
});
afterAll(() => erasures.close());

/** Until everybody has read what was sent. */
async function settle(): Promise<void> {
  const { world } = erasures;
  await world.settle();
  await repeat(async () =>
    (await readPositions(world.services.postgres, 'webhooks')).every(({ seq, head }) => seq >= head),
  );
}

async function tell(word: string, writeKey = WRITE_KEY): Promise<string> {
  const batch = customer(word).events;
  expect((await erasures.world.post('/v1/batch', { writeKey, batch })).body['accepted']).toBe(batch.length);
  await settle();
  return profileOf('userId', `user-${word}-4711`);
}

async function profileOf(kind: string, value: string): Promise<string> {
  return publicId('prf', (await findProfileId(erasures.world.ctx, { kind, value }))!);
}

/** Names of events that were told on of somebody. */
async function toldOn(profile: string): Promise<string[]> {
  const { rows } = await erasures.world.services.postgres.query<{ event_name: string }>({
    text: `select event_name from webhook_delivery where body::jsonb #>> '{data,event,profileId}' = $1 order by event_name`,
    values: [profile],
  });
  return rows.map((row) => row.event_name);
}

async function begin(kind: string, asked: { profile: string } | { userId: string }): Promise<string> {
  const whom = 'profile' in asked ? asked : { identifier: { kind: 'userId', value: asked.userId } };
  return (await erasures.call('/api/v1/privacy/requests', { kind, ...whom }))['id'] as string;
}

async function fileOf(profile: string): Promise<string> {
  const id = await begin('export', { profile });
  expect(await erasures.finish(id)).toMatchObject({ outcome: 'done', isFileReady: true });
  return id;
}

const hasFile = async (request: string): Promise<unknown> =>
  (await erasures.call(`/api/v1/privacy/requests/${request}`))['isFileReady'];

/** Calls as Shopify does. */
async function callHook(
  path: string,
  hook: { topic: string; payload: JsonObject; secret: string; shopDomain: string },
): Promise<void> {
  const payload = JSON.stringify(hook.payload);
  const answer = await erasures.world.http.inject({
    method: 'POST',
    url: path,
    payload,
    headers: {
      'content-type': 'application/json',
      'x-shopify-topic': hook.topic,
      'x-shopify-hmac-sha256': createHmac('sha256', hook.secret).update(payload).digest('base64'),
      'x-shopify-shop-domain': hook.shopDomain,
      'x-shopify-webhook-id': hook.topic,
    },
  });
  expect(answer.statusCode).toBe(200);
}

it('an erasure takes what was told on to endpoints, though they see nothing personal', async () => {
  const profile = await tell('frida');
  expect(await toldOn(profile)).toEqual(['Order Completed']);
  expect(await erasures.ask('erase', 'user-frida-4711')).toMatchObject({ outcome: 'done' });
  expect(await toldOn(profile)).toEqual([]);
});

it('nothing is told on of a restricted customer', async () => {
  const [restricted, other] = [await tell('greta'), await tell('helga')];
  await erasures.ask('restrict', 'user-greta-4711');
  const events = ['user-greta-4711', 'user-helga-4711'].map((userId) => trackEvent({ userId, event: 'Later' }));
  await erasures.world.send(events);
  await settle();
  expect(await toldOn(other)).toEqual(['Later', 'Order Completed']);
  expect(await toldOn(restricted)).toEqual(['Order Completed']);
});

it('files of exports go with her, though they are from before a merge', async () => {
  const { world } = erasures;
  await world.send([{ type: 'page', anonymousId: 'old-cookie', messageId: 'old-1', properties: { path: '/' } }]);
  const known = await tell('ingrid');
  const files = [await fileOf(await profileOf('anonymousId', 'old-cookie')), await fileOf(known)];
  await world.send([{ type: 'identify', userId: 'user-ingrid-4711', anonymousId: 'old-cookie', messageId: 'old-2' }]);
  await settle();
  expect(await profileOf('anonymousId', 'old-cookie')).toBe(known);
  await erasures.ask('erase', 'user-ingrid-4711');
  expect(await Promise.all(files.map(hasFile))).toEqual([false, false]);
});

it('the file of an export that tells of two customers goes with either', async () => {
  // A source that is trusted: addresses that are only claimed would wait for approval.
  const { writeKey } = await erasures.call('/api/v1/sources', { name: 'Till', kind: 'server' });
  const { key } = writeKey as { key: string };
  await Promise.all([tell('johanna', key), tell('klara', key)]);
  const [secret, shopDomain] = ['shpss_0123456789abcdef', 'snow.myshopify.com'];
  const { webhookPath } = await erasures.call('/api/v1/privacy/shopify-accounts', { shopDomain, secret });
  const named = { email: customer('johanna').secrets[0]!, phone: customer('klara').secrets[1]! };
  const payload = { customer: named };
  await callHook(webhookPath as string, { topic: 'customers/data_request', payload, secret, shopDomain });
  const { items } = await erasures.call('/api/v1/privacy/requests?kind=export&limit=1');
  const { id } = (items as { id: string }[])[0]!;
  expect(await erasures.finish(id)).toMatchObject({ isFileReady: true });
  const file = JSON.stringify(await erasures.call(`/api/v1/privacy/requests/${id}/export`));
  for (const userId of ['user-johanna-4711', 'user-klara-4711']) expect(file).toContain(userId);
  await erasures.ask('erase', 'user-klara-4711');
  expect(await hasFile(id)).toBe(false);
});

it('who signs up anew while her erasure is tidied up keeps what she signed up with', async () => {
  const { world, work } = erasures;
  await tell('lotte');
  let release: (() => Promise<void>) | undefined;
  const watched: RequestWork = {
    ...work,
    erasing: {
      ...work.erasing!,
      async erase(ctx, profileId) {
        const isErased = await work.erasing!.erase(ctx, profileId);
        if (isErased && release === undefined) {
          release = await holdProcessor();
          const timestamp = new Date(erasures.now()).toISOString();
          await world.send([{ type: 'identify', userId: 'user-lotte-4711', messageId: 'lotte-anew', timestamp }]);
        }
        return isErased;
      },
    },
  };
  const id = await begin('erase', { userId: 'user-lotte-4711' });
  await repeat(async () => {
    erasures.pass(1_000);
    await runPrivacyRequests(world.services, watched);
    return (await erasures.call(`/api/v1/privacy/requests/${id}`))['state'] === 'done';
  });
  await release!();
  await settle();
  expect(await findProfileId(world.ctx, { kind: 'userId', value: 'user-lotte-4711' })).toBeDefined();
});

/** Keeps the processor from going on; answers, once it stands still, how to let it. */
async function holdProcessor(): Promise<() => Promise<void>> {
  let letGo: () => void = () => {};
  const isOver = new Promise<void>((resolve) => (letGo = resolve));
  let held: Promise<void> = Promise.resolve();
  await new Promise<void>((stands) => {
    held = erasures.world.services.postgres.transaction(async (sql) => {
      await sql.query({ text: `select from log_cursor where reader = 'processor' order by log, lane for update` });
      stands();
      await isOver;
    });
  });
  return async () => {
    letGo();
    await held;
  };
}

it('an identifier that is just being given to somebody is not destroyed by who asks to keep it out', async () => {
  const { world, work } = erasures;
  const { postgres, keysOf } = world.services;
  const { workspaceId } = world.ctx;
  const identifier = { kind: 'userId', value: 'user-olivia-4711' };
  await tell('paula');
  const owner = (await findProfileId(world.ctx, { kind: 'userId', value: 'user-paula-4711' }))!;
  const nodes = new NodeDirectory(postgres, keysOf);
  await nodes.ensure([{ workspaceId, identifier }]);
  const node = nodes.find(workspaceId, identifier)!;
  let suppressed: Promise<void> = Promise.resolve();
  await postgres.transaction(async (sql) => {
    await sql.query({ text: 'update identity_node set profile_id = $2 where id = $1', values: [node.id, owner] });
    suppressed = work.erasing!.suppress(world.ctx, [identifier]);
    const text = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%identity_node%'`;
    await repeat(async () => (await postgres.query({ text })).rows.length > 0);
  });
  await suppressed;
  expect(await findProfileId(world.ctx, identifier)).toBe(owner);
});

it('an export that takes longer than a lease is made once, by whoever began it', async () => {
  const { world, work } = erasures;
  const profile = await tell('marta');
  const others: number[] = [];
  let times = 0;
  const slow: RequestWork = {
    ...work,
    exporting: {
      async *export() {
        times += 1;
        for (let n = 1; n <= 450; n++) {
          yield { n };
          if (n % 200 === 0) erasures.pass(50_000);
        }
        others.push(await runPrivacyRequests(world.services, slow));
      },
    },
  };
  const id = await begin('export', { profile });
  while ((await runPrivacyRequests(world.services, slow)) > 0);
  expect([times, others]).toEqual([1, [0]]);
  expect(await erasures.call(`/api/v1/privacy/requests/${id}`)).toMatchObject({
    state: 'done',
    counts: { items: 450 },
  });
});

it('a request whose erasure was begun is tried again, never cancelled', async () => {
  const { world, work } = erasures;
  await tell('nelly');
  const failing: RequestWork = {
    ...work,
    erasing: { ...work.erasing!, erase: () => Promise.reject(new TypeError('the history cannot be reached')) },
  };
  const id = await begin('erase', { userId: 'user-nelly-4711' });
  const path = `/api/v1/privacy/requests/${id}`;
  await repeat(async () => {
    erasures.pass(3_600_000);
    await runPrivacyRequests(world.services, failing);
    return (await erasures.call(path))['state'] === 'failed';
  });
  await expect(erasures.call(`${path}/cancel`, {})).rejects.toThrow('409');
  expect(await erasures.call(`${path}/retry`, {})).toMatchObject({ state: 'received' });
  await expect(erasures.call(`${path}/cancel`, {})).rejects.toThrow('409');
  expect(await erasures.finish(id)).toMatchObject({ state: 'done', outcome: 'done' });
});

it('a whole shop is erased to the end though a process dies once the history names nobody any more', async () => {
  const { world, work, call } = erasures;
  const source = await call('/api/v1/sources', { name: 'Ice', kind: 'server' });
  const { key } = source['writeKey'] as { key: string };
  const batch = [trackEvent({ userId: 'only-there', event: 'Bought' })];
  expect((await world.post('/v1/batch', { writeKey: key, batch: batch as JsonObject[] })).status).toBe(200);
  await settle();
  const profile = (await findProfileId(world.ctx, { kind: 'userId', value: 'only-there' }))!;
  const [secret, shopDomain] = ['shpss_9876543210fedcba', 'ice.myshopify.com'];
  const account = { shopDomain, secret, source: source['id']! };
  const { webhookPath } = await call('/api/v1/privacy/shopify-accounts', account);
  await callHook(webhookPath as string, { topic: 'shop/redact', payload: {}, secret, shopDomain });
  const { items } = await call('/api/v1/privacy/requests?kind=erase_shop&limit=1');
  const path = `/api/v1/privacy/requests/${(items as { id: string }[])[0]!.id}`;
  const owner = await addMember(world.services, world.ctx.workspaceId, { role: 'owner' });
  const headers = { ...(await signIn(world.http, owner)) };
  expect((await world.http.inject({ method: 'POST', url: `${path}/approve`, headers })).statusCode).toBe(200);
  let died = false;
  const dying: RequestWork = {
    ...work,
    erasing: {
      ...work.erasing!,
      async erase(ctx, profileId) {
        const isErased = await work.erasing!.erase(ctx, profileId);
        if (!isErased || died) return isErased;
        died = true;
        throw new Error('died');
      },
    },
  };
  await repeat(async () => {
    erasures.pass(60_000);
    await runPrivacyRequests(world.services, dying);
    return (await call(path))['state'] === 'done';
  });
  expect(died).toBe(true);
  expect(await call(path)).toMatchObject({ outcome: 'done', counts: { profiles: 1 } });
  const { rows } = await world.services.postgres.query({
    text: 'select from profile where id = $1 union all select from erasure where profile_id = $1',
    values: [profile],
  });
  expect(rows).toEqual([]);
});

it('requests to erase one customer that are worked on at once do not fail each other', async () => {
  const { world, work } = erasures;
  await tell('ulla');
  const profileId = (await findProfileId(world.ctx, { kind: 'userId', value: 'user-ulla-4711' }))!;
  const erase = () => work.erasing!.erase(world.ctx, profileId);
  await Promise.all(Array.from({ length: 4 }, erase));
  expect(await repeat(erase)).toBe(true);
  const { rows } = await world.services.postgres.query({
    text: `select (counts ->> 'identifiers')::int as identifiers from erasure where profile_id = $1`,
    values: [profileId],
  });
  expect(rows).toEqual([{ identifiers: 4 }]);
});
