import type { WriteKey } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiWorld, openApiWorld } from '../../../compose/testing/api-world.ts';
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

/** A customer and a visitor, each with traits and a past. */
const ada = [
  { type: 'identify', userId: 'ada', timestamp: ago(300), traits: { first_name: 'Ada', plan: 'plus', colour: 'red' } },
  { event: 'Cart Viewed', userId: 'ada', timestamp: ago(290) },
];
const web = [
  { type: 'page', name: 'Home', anonymousId: 'web', timestamp: ago(280) },
  {
    type: 'identify',
    anonymousId: 'web',
    timestamp: ago(270),
    traits: { first_name: 'Visitor', plan: 'free', size: 'M' },
  },
];
const later = [
  { event: 'Searched', anonymousId: 'web', timestamp: ago(100) },
  { type: 'identify', userId: 'ada', timestamp: ago(90), traits: { plan: 'gold' } },
  { type: 'identify', anonymousId: 'web', timestamp: ago(80), traits: { size: 'L', colour: null } },
];

/** Says it as the shop's own server: what it says of addresses is true. */
async function sayTrusted(shop: IdentityShop, event: object): Promise<void> {
  const made = await world.ask('createSource', shop.apiKey, { body: { name: 'Shop server', kind: 'server' } });
  const { key } = made.json<{ writeKey: WriteKey }>().writeKey;
  const payload = { writeKey: key, messageId: 'trusted', ...event };
  const answer = await world.app.inject({ method: 'POST', url: '/v1/identify', payload });
  expect(answer.json()).toMatchObject({ accepted: 1 });
  await world.settle();
}

async function twin(events: readonly object[]): Promise<IdentityShop> {
  const shop = await openIdentityShop(world);
  await shop.say(...(events as never[]));
  return shop;
}

describe('an unmerge', () => {
  it('leaves both exactly as if an event had never merged them, with what came between', async () => {
    const undisturbed = await twin([
      ...ada,
      ...web,
      { event: 'Logged In', userId: 'ada', timestamp: ago(200) },
      ...later,
    ]);
    const shop = await twin([...ada, ...web]);
    await shop.say({ event: 'Logged In', userId: 'ada', anonymousId: 'web', timestamp: ago(200) });
    await shop.say(...later);
    const id = await shop.idOf(ADA);
    expect(await shop.idOf(WEB)).toBe(id);
    const [merge] = (await shop.identity(id)).merges;
    const restored = await shop.unmerge(id, merge!.id);
    expect(await shop.idOf(ADA)).toBe(id);
    expect(await shop.idOf(WEB)).toBe(restored);
    expect(restored).toBe(merge!.fromProfileId);
    for (const who of [ADA, WEB]) expect(await shop.known(who)).toEqual(await undisturbed.known(who));
    expect((await shop.identity(id)).merges[0]).toMatchObject({ id: merge!.id, undoneAt: expect.any(String) });
  });

  it('takes along what came later and was only seen with what is brought back', async () => {
    const shop = await twin([...ada, ...web]);
    const id = await shop.idOf(ADA);
    const merge = await shop.merge(id, await shop.idOf(WEB));
    await shop.say({
      event: 'Searched',
      anonymousId: 'web',
      timestamp: ago(60),
      context: { device: { id: 'phone-1' } },
    });
    await shop.say({ event: 'Searched', userId: 'ada', anonymousId: 'laptop', timestamp: ago(50) });
    const restored = await shop.unmerge(id, merge);
    const kinds = async (who: string) =>
      (await shop.identity(who)).identifiers.map(({ kind, value }) => `${kind}:${value}`);
    expect(await kinds(restored)).toEqual(['device:phone-1', 'anonymousId:web']);
    expect(await kinds(id)).toEqual(['userId:ada', 'anonymousId:laptop']);
    expect((await shop.known(WEB)).timeline).toHaveLength(3);
  });

  it('is not taken back by the next event that names both', async () => {
    const shop = await twin([...ada, ...web]);
    const id = await shop.idOf(ADA);
    const merge = await shop.merge(id, await shop.idOf(WEB));
    const restored = await shop.unmerge(id, merge);
    await shop.say({ event: 'Logged In', userId: 'ada', anonymousId: 'web', timestamp: ago(10) });
    expect([await shop.idOf(ADA), await shop.idOf(WEB)]).toEqual([id, restored]);
    expect((await shop.identity(id)).apartFrom).toEqual([restored]);
    expect((await shop.identity(restored)).apartFrom).toEqual([id]);
    expect((await shop.identity(id)).conflicts).toMatchObject([{ reason: 'apart', ownerProfileId: restored }]);
  });

  it('carries off nothing that was taken away since and came back by another way', async () => {
    const email = 'ada@shop.example';
    const shop = await twin([
      { userId: 'ada', timestamp: ago(300) },
      { type: 'identify', anonymousId: 'web', timestamp: ago(290), traits: { email } },
    ]);
    await shop.say({ userId: 'ada', anonymousId: 'web', timestamp: ago(280) });
    const id = await shop.idOf(ADA);
    const [merged] = (await shop.identity(id)).merges;
    // She only claimed the address: it goes to whom the shop's own server says it belongs to.
    await sayTrusted(shop, { timestamp: ago(200), traits: { email, loyaltyId: 'card-1' } });
    const card = await shop.idOf('loyaltyId:card-1');
    expect([await shop.idOf(WEB), await shop.idOf(`email:${email}`)]).toEqual([id, card]);
    await shop.merge(id, card);
    const restored = await shop.unmerge(id, merged!.id);
    const whose = [ADA, 'loyaltyId:card-1', `email:${email}`, WEB].map((one) => shop.idOf(one));
    expect(await Promise.all(whose)).toEqual([id, id, id, restored]);
  });

  it('forgets what a member gave away since: it is not brought back with it', async () => {
    const shop = await twin([
      { userId: 'ada', timestamp: ago(300) },
      { anonymousId: 'web', timestamp: ago(290), context: { device: { id: 'tablet' } } },
    ]);
    await shop.say({ userId: 'ada', anonymousId: 'web', timestamp: ago(280) });
    await shop.say({ userId: 'bob', timestamp: ago(270), context: { device: { id: 'tablet' } } });
    const [id, bob] = [await shop.idOf(ADA), await shop.idOf('userId:bob')];
    const [merged] = (await shop.identity(id)).merges;
    const [conflict] = (await shop.identity(bob)).conflicts;
    const given = await shop.call('settleIdentityConflict', conflict!.id, { action: 'give' });
    expect([given.status, await shop.idOf('device:tablet')]).toEqual([200, bob]);
    const { rows } = await world.services.postgres.query<{ from_nodes: number[] }>({
      text: 'select from_nodes from profile_merge where workspace_id = $1',
      values: [shop.workspaceId],
    });
    expect(rows.map(({ from_nodes: nodes }) => nodes.length)).toEqual([1]);
    const restored = await shop.unmerge(id, merged!.id);
    expect([await shop.idOf(WEB), await shop.idOf('device:tablet')]).toEqual([restored, bob]);
  });

  it('is right at once in the history by the node map', async () => {
    const shop = await twin([...ada, ...web]);
    const id = await shop.idOf(ADA);
    const merge = await shop.merge(id, await shop.idOf(WEB));
    const restored = await shop.unmerge(id, merge);
    const owners = await world.services.history.query<{ profile_id: string; n: number }>({
      sql: `select profile_id, count() as n from history_events join history_nodes using (workspace_id, node)
            where workspace_id = {workspaceId: UInt32} and type != 'internal' group by profile_id`,
      params: { workspaceId: shop.workspaceId },
    });
    const counts = new Map(owners.map((row) => [`prf_${row.profile_id.replaceAll('-', '')}`, row.n]));
    expect(counts).toEqual(
      new Map([
        [id, 2],
        [restored, 2],
      ]),
    );
  });

  it('of one that is undone already is refused, and so is one of somebody else', async () => {
    const shop = await twin([...ada, ...web]);
    const id = await shop.idOf(ADA);
    const merge = await shop.merge(id, await shop.idOf(WEB));
    const other = await twin([...ada]);
    expect((await other.call('unmergeProfiles', await other.idOf(ADA), { merge })).status).toBe(404);
    expect((await other.call('unmergeProfiles', id, { merge })).status).toBe(404);
    await shop.unmerge(id, merge);
    const again = await shop.call('unmergeProfiles', id, { merge });
    expect([again.status, again.text]).toEqual([409, expect.stringContaining('undone already')]);
  });
});

describe('a chain of merges', () => {
  const A = 'anonymousId:a';
  const B = 'anonymousId:b';
  const C = 'anonymousId:c';
  const past = ['a', 'b', 'c'].flatMap((name, i) => [
    { type: 'identify', anonymousId: name, timestamp: ago(300 - i), traits: { name, [`own_${name}`]: name } },
    { event: `Looked ${name}`, anonymousId: name, timestamp: ago(200 - i) },
  ]);
  const between = ['a', 'b', 'c'].map((name, i) => ({
    event: `Later ${name}`,
    anonymousId: name,
    timestamp: ago(50 - i),
  }));

  it.each([
    ['the inner merge first', ['inner', 'outer']],
    ['the outer merge first', ['outer', 'inner']],
  ])('is undone in any order: %s', async (_title, order) => {
    const undisturbed = await twin([...past, ...between]);
    const shop = await twin(past);
    const ids = [await shop.idOf(A), await shop.idOf(B), await shop.idOf(C)] as const;
    const inner = await shop.merge(ids[0], ids[1]);
    const outer = await shop.merge(ids[2], ids[0]);
    const tree = (await shop.identity(ids[2])).merges.map(({ id, withinId }) => [id, withinId]);
    expect(new Map(tree as [string, string | null][])).toEqual(
      new Map([
        [outer, null],
        [inner, outer],
      ]),
    );
    await shop.say(...between);
    for (const which of order) {
      const merge = which === 'inner' ? inner : outer;
      const holder = await shop.idOf(which === 'outer' ? C : A);
      expect(await shop.unmerge(holder, merge)).toBe(which === 'inner' ? ids[1] : ids[0]);
    }
    expect([await shop.idOf(A), await shop.idOf(B), await shop.idOf(C)]).toEqual([...ids]);
    for (const who of [A, B, C]) expect(await shop.known(who)).toEqual(await undisturbed.known(who));
  });

  it('keeps apart what was set apart before, and only that', async () => {
    const shop = await twin(past);
    const ids = [await shop.idOf(A), await shop.idOf(B), await shop.idOf(C)] as const;
    const apart = async (id: string) => (await shop.identity(id)).apartFrom.sort();
    await shop.unmerge(ids[0], await shop.merge(ids[0], ids[1]));
    await shop.unmerge(ids[2], await shop.merge(ids[2], ids[0]));
    expect(await apart(ids[0])).toEqual([ids[1], ids[2]].sort());
    expect([await apart(ids[1]), await apart(ids[2])]).toEqual([[ids[0]], [ids[0]]]);
    await shop.merge(ids[0], ids[1]);
    expect(await apart(ids[0])).toEqual([ids[2]]);
  });
});
