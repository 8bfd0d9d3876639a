import type { Session, TimelineItem } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type ApiWorld, openApiWorld } from '../../../compose/testing/api-world.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { ago, type IdentityShop, openIdentityShop } from './testing/identity-shop.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(async () => {
  await world.close();
});

const ADA = 'userId:ada';
const WEB = 'anonymousId:web';

const viewed = (who: JsonObject, minutesAgo: number, page: JsonObject = {}): JsonObject => ({
  type: 'page',
  name: 'Home',
  ...who,
  timestamp: ago(minutesAgo),
  context: { page: { url: 'https://shop.example/', ...page }, userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)' },
});
const grouped = (who: JsonObject, minutesAgo: number, groupId: string, traits: JsonObject = {}): JsonObject => ({
  type: 'group',
  ...who,
  groupId,
  traits,
  timestamp: ago(minutesAgo),
});

/** A customer and a visitor who knows her company: what each does before, and what after they are taken for one. */
const before = [
  viewed({ userId: 'ada' }, 600, { referrer: 'https://www.bing.com/' }),
  viewed({ userId: 'ada' }, 590),
  grouped({ userId: 'ada' }, 580, 'acme', { role: 'buyer', plan: 'plus' }),
  viewed({ anonymousId: 'web' }, 585, { search: '?utm_source=news&utm_medium=email' }),
  viewed({ anonymousId: 'web' }, 400),
  grouped({ anonymousId: 'web' }, 395, 'acme', { role: 'admin' }),
  grouped({ anonymousId: 'web' }, 394, 'side'),
];
const after = [
  viewed({ userId: 'ada' }, 200),
  viewed({ anonymousId: 'web' }, 195, { search: '?gclid=g1' }),
  grouped({ userId: 'ada' }, 190, 'acme', { role: 'owner' }),
  viewed({ anonymousId: 'web' }, 60),
];
const signIn = { event: 'Logged In', userId: 'ada', timestamp: ago(300) };

interface Seen {
  readonly traits: JsonObject;
  readonly sessions: readonly Omit<Session, 'id'>[];
  readonly timeline: readonly string[];
  readonly companies: readonly JsonObject[];
}

async function list<T>(shop: IdentityShop, id: Parameters<IdentityShop['call']>[0], profileId: string): Promise<T[]> {
  const answer = await shop.call(id, profileId);
  expect(answer.status, answer.text).toBe(200);
  return answer.json<{ items: T[] }>().items;
}

/** All that is seen of a customer, less the ids, which differ between two shops. */
async function seenOf(shop: IdentityShop, who: string): Promise<Seen> {
  const profileId = await shop.idOf(who);
  const profile = (await shop.call('getProfile', profileId)).json<{ traits: JsonObject }>();
  const { company_ids: companyIds, ...traits } = profile.traits;
  const sessions = await list<Session>(shop, 'listProfileSessions', profileId);
  const timeline = await list<TimelineItem>(shop, 'listProfileTimeline', profileId);
  const companies = await list<JsonObject>(shop, 'listProfileCompanies', profileId);
  return {
    traits: { ...traits, company_count: Array.isArray(companyIds) ? companyIds.length : 0 },
    sessions: sessions.map(({ id: _id, ...session }) => session),
    timeline: timeline
      .filter(({ type }) => type !== 'internal')
      .map((item) => `${item.occurredAt} ${item.type} ${item.name}`),
    companies: companies
      .map(({ role, firstSeenAt, lastSeenAt }) => ({ role: role!, firstSeenAt: firstSeenAt!, lastSeenAt: lastSeenAt! }))
      .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
  };
}

const companySizes = async (shop: IdentityShop): Promise<Record<string, number>> => {
  const answer = await world.ask('listCompanies', shop.apiKey);
  const companies = answer.json<{ items: { id: string; groupId: string }[] }>().items;
  const sizes: Record<string, number> = {};
  for (const { id, groupId } of companies) sizes[groupId] = (await list(shop, 'listCompanyMembers', id)).length;
  return sizes;
};

describe('after a merge', () => {
  it('timeline, sessions, traits and companies are at once what both did, before the archive has heard of it', async () => {
    const shop = await openIdentityShop(world);
    await shop.say(...before);
    const [ada, web] = [await shop.idOf(ADA), await shop.idOf(WEB)];
    const apart = [await seenOf(shop, ADA), await seenOf(shop, WEB)];
    await shop.merge(ada, web);
    const together = await seenOf(shop, ADA);
    expect(together.timeline).toEqual(
      apart
        .flatMap(({ timeline }) => timeline)
        .sort()
        .reverse(),
    );
    // Her visit and the one that a newsletter began were one and the same.
    expect(together.sessions.map(({ source }) => source)).toEqual([null, 'news', 'bing']);
    expect(together.traits).toMatchObject({
      session_count: 3,
      first_touch: { source: 'bing' },
      company_count: 2,
      company_roles: ['admin'],
    });
    expect(await companySizes(shop)).toEqual({ acme: 1, side: 1 });
    const underOldId = await list<TimelineItem>(shop, 'listProfileTimeline', web);
    expect(underOldId).toEqual(await list<TimelineItem>(shop, 'listProfileTimeline', ada));
  });
});

describe('after an unmerge', () => {
  it('sessions, companies, traits and timelines of both are as if they had never been one', async () => {
    const undisturbed = await openIdentityShop(world);
    await undisturbed.say(...before, signIn, ...after);
    const shop = await openIdentityShop(world);
    await shop.say(...before);
    await shop.say({ ...signIn, anonymousId: 'web' });
    await shop.say(...after);
    const ada = await shop.idOf(ADA);
    expect(await shop.idOf(WEB)).toBe(ada);
    expect(await companySizes(shop)).toEqual({ acme: 1, side: 1 });
    const [merge] = (await shop.identity(ada)).merges;
    await shop.unmerge(ada, merge!.id);
    for (const who of [ADA, WEB]) expect(await seenOf(shop, who), who).toEqual(await seenOf(undisturbed, who));
    expect(await companySizes(shop)).toEqual({ acme: 2, side: 1 });
    expect(await companySizes(undisturbed)).toEqual({ acme: 2, side: 1 });
  });

  it('what happens next to either is added to its own past alone', async () => {
    const undisturbed = await openIdentityShop(world);
    const shop = await openIdentityShop(world);
    for (const one of [undisturbed, shop]) await one.say(...before);
    const ada = await shop.idOf(ADA);
    const merge = await shop.merge(ada, await shop.idOf(WEB));
    await shop.unmerge(ada, merge);
    for (const one of [undisturbed, shop]) await one.say(...after);
    for (const who of [ADA, WEB]) expect(await seenOf(shop, who), who).toEqual(await seenOf(undisturbed, who));
  });

  it('a membership that a member gave or took stays with the one whose identifier it was', async () => {
    const shop = await openIdentityShop(world);
    await shop.say(...before);
    const [ada, web] = [await shop.idOf(ADA), await shop.idOf(WEB)];
    const { items } = (await world.ask('listCompanies', shop.apiKey)).json<{
      items: { id: string; groupId: string }[];
    }>();
    const idOf = (groupId: string) => items.find((company) => company.groupId === groupId)!.id;
    const at = (groupId: string, profileId: string) => ({ params: { id: idOf(groupId), profileId } });
    const taken = await world.ask('removeCompanyMember', shop.apiKey, at('side', web));
    expect(taken.status, taken.text).toBe(204);
    const merge = await shop.merge(ada, web);
    const given = await world.ask('setCompanyMember', shop.apiKey, { ...at('side', ada), body: { role: 'helper' } });
    expect(given.status, given.text).toBe(200);
    await world.settle();
    await shop.unmerge(ada, merge);
    const roles = async (who: string) => (await seenOf(shop, who)).companies.map(({ role }) => role);
    expect(await roles(ADA)).toEqual(expect.arrayContaining(['buyer', 'helper']));
    expect(await roles(WEB)).toEqual(['admin']);
    expect(await companySizes(shop)).toEqual({ acme: 2, side: 1 });
  });
});
