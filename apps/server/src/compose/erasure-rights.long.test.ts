import { EVERY_SCOPE, type Profile } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createWorkspace } from '../modules/accounts/index.ts';
import { addressHash, ensureDefaultTopics, suppressAddress } from '../modules/consent/index.ts';
import { SECRET, trackEvent, type World, WRITE_KEY } from '../modules/events/testing/world.ts';
import type { JsonObject } from '../platform/json.ts';
import { customer, type ErasureWorld, openErasureWorld } from './testing/erasure-world.ts';
import { findTexts } from './testing/find-texts.ts';

// Every value of both engines is tried with every key.
vi.setConfig({ testTimeout: 120_000 });

let erasures: ErasureWorld;
let world: World;
beforeAll(async () => {
  erasures = await openErasureWorld();
  ({ world } = erasures);
  await ensureDefaultTopics(world.services.postgres, world.ctx.workspaceId);
});
afterAll(() => erasures.close());

async function send(events: readonly JsonObject[], writeKey = WRITE_KEY): Promise<void> {
  const answer = await world.post('/v1/batch', { writeKey, batch: [...events] });
  expect(answer.body['accepted']).toBe(events.length);
  await world.settle();
}

const items = async <T = JsonObject>(path: string, apiKey?: string): Promise<T[]> =>
  (await erasures.call(`/api/v1/${path}`, undefined, apiKey))['items'] as unknown as T[];
const find = async (identifier: string, apiKey?: string): Promise<Profile | undefined> =>
  (await items<Profile>(`profiles?identifier=${encodeURIComponent(identifier)}`, apiKey))[0];
/** What she sent, without what Segue tells of her. */
const timelineOf = async ({ id }: Profile, apiKey?: string): Promise<string[]> =>
  (await items<{ id: string }>(`profiles/${id}/timeline?limit=100`, apiKey))
    .map((event) => event.id)
    .filter((of) => of.includes('-'))
    .toSorted();
const identifiersOf = ({ identifiers }: Profile): string[] => identifiers.map(({ kind, value }) => `${kind}:${value}`);

const later = (): string => new Date(erasures.now()).toISOString();

describe("erasing a company's only member", () => {
  it('takes from it what was hers, and the whole of one that was only known by her address', async () => {
    const { secrets, events } = customer('lucy');
    const userId = 'user-lucy-4711';
    const belongs = {
      type: 'group',
      userId,
      messageId: 'lucy-4',
      groupId: 'acme',
      traits: { name: 'Acme', email: secrets[0]!, role: 'buyer' },
    };
    await send([...events, belongs]);
    const [acme] = await items('companies?groupId=acme');
    const path = `companies/${acme!['id'] as string}`;
    expect(acme!['traits']).toMatchObject({ name: 'Acme', email: secrets[0] });
    expect(await items('companies')).toHaveLength(2);
    expect(await items(`${path}/members`)).toMatchObject([{ role: 'buyer' }]);

    await erasures.ask('erase', userId);
    expect(await items('companies')).toMatchObject([{ id: acme!['id'], groupId: 'acme', traits: { name: 'Acme' } }]);
    expect((await items('companies'))[0]!['traits']).not.toHaveProperty('email');
    expect(await items(`${path}/members`)).toEqual([]);
    expect(await findTexts(world, secrets)).toEqual({ clear: [], opened: [] });

    await send([
      { ...belongs, messageId: 'lucy-late' },
      { ...events[2]!, messageId: 'lucy-later' },
    ]);
    expect(await items('companies')).toHaveLength(1);
    expect(await items(`${path}/members`)).toEqual([]);
  });
});

describe('an address that bounced or complained', () => {
  it.each(['hard_bounce', 'complaint'] as const)(
    'stays suppressed (%s) when its owner was erased, and for whoever signs up with it',
    async (reason) => {
      const word = `kate-${reason.slice(0, 4)}`;
      const { secrets, events } = customer(word);
      const email = secrets[0]!;
      const userId = `user-${word}-4711`;
      await send(events);
      const { workspaceId, keysOf } = world.ctx;
      const hash = addressHash(await keysOf(workspaceId), 'email', email);
      await suppressAddress(world.services.postgres, workspaceId, {
        suppression: { channel: 'email', addressHash: hash, reason, occurredAt: erasures.now(), source: 'provider' },
        nowMs: erasures.now(),
      });
      const refusals = async (): Promise<unknown[]> => {
        const { id } = (await find(`userId:${userId}`))!;
        const { permissions } = await erasures.call(`/api/v1/profiles/${id}/permissions`);
        return (permissions as JsonObject[])
          .filter(({ channel }) => channel === 'email')
          .map((one) => one['suppression']);
      };
      const before = await refusals();
      expect(new Set(before)).toEqual(new Set([reason]));

      await erasures.ask('erase', userId);
      expect(await items('suppressions')).toContainEqual(expect.objectContaining({ addressHash: hash, reason }));
      expect(await findTexts(world, secrets)).toEqual({ clear: [], opened: [] });

      erasures.pass(60_000);
      await send([{ ...events[0]!, messageId: `${word}-new`, timestamp: later() }]);
      expect(await refusals()).toEqual(before);
    },
  );
});

describe('after an erasure', () => {
  it('an alias that names her as who somebody was makes her id no visitor’s', async () => {
    const { events } = customer('alma');
    const her = 'user-alma-4711';
    await send(events);
    await erasures.ask('erase', her);
    await send([
      { type: 'alias', userId: 'new-alma', previousId: her },
      { type: 'alias', anonymousId: 'alma-phone', previousId: her },
      { type: 'alias', previousId: her },
    ]);
    for (const gone of [`anonymousId:${her}`, `userId:${her}`]) expect(await find(gone), gone).toBeUndefined();
    expect(identifiersOf((await find('userId:new-alma'))!)).toEqual(['userId:new-alma']);
    expect(identifiersOf((await find('anonymousId:alma-phone'))!)).toEqual(['anonymousId:alma-phone']);

    erasures.pass(60_000);
    await send([{ type: 'identify', userId: her, timestamp: later() }]);
    await send([{ type: 'alias', userId: 'new-alma', previousId: her }]);
    expect(identifiersOf((await find(`userId:${her}`))!)).toEqual([`userId:${her}`]);
    expect(await find(`anonymousId:${her}`)).toBeUndefined();
  });

  const track = (event: string, properties: JsonObject = {}): JsonObject => ({ type: 'track', event, properties });
  const signUps: readonly (readonly [string, JsonObject])[] = [
    ['Signed Up', track('Signed Up')],
    ['Account Created', track('Account Created')],
    ['Order Completed', track('Order Completed', { total: 7 })],
    ['an identify', { type: 'identify', traits: { plan: 'silver' } }],
    ['a consent opt-in', track('Consent Updated', { channel: 'email', topic: 'marketing', status: 'granted' })],
  ];

  it.each(signUps)('no late event brings her back, and %s starts clean', async (name, event) => {
    const word = `rose-${name.toLowerCase().replaceAll(' ', '')}`;
    const userId = `user-${word}-4711`;
    const { secrets, events } = customer(word);
    await send(events);
    const was = (await find(`userId:${userId}`))!;
    const before = later();
    erasures.pass(60_000);
    await erasures.ask('erase', userId);
    await send([
      { ...event, userId, messageId: `${word}-late`, timestamp: before },
      trackEvent({ userId, messageId: `${word}-seen`, timestamp: later() }),
      { type: 'page', anonymousId: `device-cookie-${word}`, messageId: `${word}-page`, properties: { path: '/' } },
    ]);
    expect(await find(`userId:${userId}`)).toBeUndefined();
    expect(await findTexts(world, secrets)).toEqual({ clear: [], opened: [] });

    erasures.pass(60_000);
    await send([
      { ...event, userId, anonymousId: `device-cookie-${word}`, messageId: `${word}-new`, timestamp: later() },
      trackEvent({ userId, messageId: `${word}-next`, timestamp: later() }),
    ]);
    const is = (await find(`userId:${userId}`))!;
    expect(is.id).not.toBe(was.id);
    expect(identifiersOf(is)).toEqual([`userId:${userId}`]);
    expect(is.traits).toEqual(event['traits'] ?? {});
    const told = await timelineOf(is);
    expect(told).toEqual(expect.arrayContaining([`${word}-new`, `${word}-next`]));
    expect(told.filter((id) => ['1', '2', '3', 'late', 'seen', 'page'].some((end) => id === `${word}-${end}`))).toEqual(
      [],
    );
    expect(await find(`email:${secrets[0]!}`)).toBeUndefined();
    expect(await find(`anonymousId:device-cookie-${word}`)).toBeUndefined();
  });
});

it('of the same customer in two workspaces, an erasure in one leaves the other whole', async () => {
  const { services } = world;
  const other = await services.postgres.transaction((sql) =>
    createWorkspace(sql, { name: 'Other', secret: SECRET, nowMs: erasures.now(), scopes: [EVERY_SCOPE] }),
  );
  const { secrets, events } = customer('dora');
  const userId = 'user-dora-4711';
  await send(events);
  await send(events, other.writeKey);
  const whole = async (): Promise<unknown> => {
    const profile = (await find(`userId:${userId}`, other.apiKey))!;
    return [profile, await timelineOf(profile, other.apiKey), await items('companies', other.apiKey)];
  };
  const was = await whole();
  expect(was).toMatchObject([{ traits: { name: 'dora Noel Byron' } }, ['dora-1', 'dora-2', 'dora-3'], [{}]]);

  await erasures.ask('erase', userId);
  expect(await find(`userId:${userId}`)).toBeUndefined();
  expect(await whole()).toEqual(was);
  for (const identifier of [`email:${secrets[0]!}`, 'anonymousId:device-cookie-dora'])
    expect((await find(identifier, other.apiKey))?.id).toBe((was as [Profile])[0].id);
  // There, what comes late is as welcome as ever.
  await send([trackEvent({ userId, messageId: 'dora-4' })], other.writeKey);
  expect(await timelineOf((was as [Profile])[0], other.apiKey)).toEqual(['dora-1', 'dora-2', 'dora-3', 'dora-4']);
  await send([trackEvent({ userId, messageId: 'dora-5' })]);
  expect(await find(`userId:${userId}`)).toBeUndefined();
});
