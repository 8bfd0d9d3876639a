import type { History } from '../platform/clickhouse/index.ts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { NOW, trackEvent, type World } from '../modules/events/testing/world.ts';
import { loggedEvents } from '../modules/events/testing/logged-events.ts';
import { findProfileId } from '../modules/profiles/index.ts';
import { customer, eraseNow, type ErasureWorld, openErasureWorld, repeat } from './testing/erasure-world.ts';
import { findTexts } from './testing/find-texts.ts';

// Every value of both engines is tried with every key.
vi.setConfig({ testTimeout: 120_000 });

let erasures: ErasureWorld;
let world: World;
beforeAll(async () => {
  erasures = await openErasureWorld();
  ({ world } = erasures);
});
afterAll(() => erasures.close());

const call: ErasureWorld['call'] = (path, body) => erasures.call(path, body);
const ask: ErasureWorld['ask'] = (kind, userId) => erasures.ask(kind, userId);

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

  erasures.pass(60_000);
  await world.send([
    {
      type: 'identify',
      userId: 'user-mary-4711',
      anonymousId: cookie,
      messageId: 'mary-new',
      traits: { plan: 'silver' },
      timestamp: new Date(erasures.now()).toISOString(),
    },
  ]);
  await world.settle();
  // The user id is hers again; the cookie is not.
  expect(await profilesNow()).toBe(known + 1);
});

it('what somebody else is known by says nothing of her address any more, however it is written', async () => {
  const { secrets, events } = customer('tilda');
  const [email, phone] = secrets as [string, string];
  await world.send(events);
  await world.settle();
  await ask('erase', 'user-tilda-4711');
  const forms = [` ${email.toUpperCase()}`, phone.replace('+49', '+49 '), phone.replace('+49', '0')] as const;
  const [loud, spaced, national] = forms;
  const friend = 'astrid.friend@customer.example';
  await world.send([
    trackEvent({
      userId: 'friend-of-tilda',
      event: 'Wrote',
      messageId: 'friend-1',
      properties: { email, phone: national, recipients: [email, friend], link: `/?to=${encodeURIComponent(email)}` },
      context: { traits: { email: loud, phone: spaced } },
    }),
    trackEvent({ userId: 'friend-of-tilda', event: 'Wrote', messageId: 'friend-2', properties: { email: friend } }),
  ]);
  await world.settle();
  expect((await findTexts(world, [friend])).opened).not.toEqual([]);
  const sought = [...secrets, loud.trim(), spaced, national, encodeURIComponent(email)];
  expect(await findTexts(world, sought)).toEqual({ clear: [], opened: [] });
  const written = (await loggedEvents(world)).filter(({ name }) => name === 'Wrote');
  expect(written.map(({ payload }) => Object.keys(payload.blind ?? {}))).toEqual([[], ['email']]);
});

it('nothing of her is in either engine though her events stream in from two processes during the erasure', async () => {
  const { secrets, events } = customer('rosa');
  const other = await erasures.openOther();
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
  await expect(repeat(() => erasures.work.erasing!.erase(dying, profileId))).rejects.toThrow('died');
  expect(await world.count(`event where node in (${await erasedNodes()})`)).toBeGreaterThan(0);
  expect(await eraseNow(erasures, profileId)).toMatchObject({ identifiers: 4 });
  expect(await world.count(`event where node in (${await erasedNodes()})`)).toBe(0);
  expect(await findTexts(world, secrets)).toEqual({ clear: [], opened: [] });
  expect(await eraseNow(erasures, profileId)).toEqual({});
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
  await eraseNow(erasures, profileId);
  expect(await findTexts(world, secrets)).toEqual({ clear: [], opened: [] });

  const cookie = 'device-cookie-alone';
  await world.send([{ type: 'page', anonymousId: cookie, messageId: 'alone-1', properties: { path: '/' } }]);
  await world.settle();
  const anonymous = (await findProfileId(ctx, { kind: 'anonymousId', value: cookie }))!;
  expect(await eraseNow(erasures, anonymous)).toMatchObject({ identifiers: 1 });
  expect(await findTexts(world, [cookie])).toEqual({ clear: [], opened: [] });
});

/** Reads, and dies when something is to be deleted. */
function dyingHistory(history: History): History {
  return {
    insert: (insert) => history.insert(insert),
    query: (query) => history.query(query),
    stream: (query) => history.stream(query),
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
