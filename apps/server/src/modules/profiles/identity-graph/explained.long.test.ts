import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IdentityConflict } from '@segue/contract';
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
const BOB = 'userId:bob';

async function said(...events: readonly object[]): Promise<IdentityShop> {
  const shop = await openIdentityShop(world);
  for (const event of events) await shop.say(event as never);
  return shop;
}

describe('the explained graph', () => {
  const ada = { type: 'identify', userId: 'ada', timestamp: ago(300), traits: { first_name: 'Ada', plan: 'plus' } };
  const web = {
    type: 'identify',
    anonymousId: 'web',
    timestamp: ago(270),
    traits: { first_name: 'Visitor', plan: 'plus', size: 'M' },
  };
  const login = { event: 'Logged In', userId: 'ada', anonymousId: 'web', messageId: 'login-1', timestamp: ago(200) };

  it('says which event merged two profiles, by what, and what became of each trait that both had', async () => {
    const shop = await said(ada, web, login);
    const graph = await shop.identity(await shop.idOf(ADA));
    expect(graph.merges).toEqual([
      {
        id: expect.stringMatching(/^mrg_/),
        fromProfileId: expect.stringMatching(/^prf_/),
        intoProfileId: graph.profileId,
        withinId: null,
        mergedAt: ago(0),
        cause: { kind: 'event', messageId: 'login-1', type: 'track', name: 'Logged In', occurredAt: ago(200) },
        matched: expect.arrayContaining([{ kind: 'anonymousId', value: 'web' }]),
        brought: [{ kind: 'anonymousId', value: 'web' }],
        traits: [
          {
            name: 'first_name',
            winner: 'from',
            into: { value: 'Ada', saidAt: ago(300) },
            from: { value: 'Visitor', saidAt: ago(270) },
          },
          {
            name: 'plan',
            winner: 'both',
            into: { value: 'plus', saidAt: ago(300) },
            from: { value: 'plus', saidAt: ago(270) },
          },
        ],
        consents: [],
        undoneAt: null,
        undoneBy: null,
      },
    ]);
    expect(graph.identifiers.map(({ kind, value, mergeId }) => [kind, value, mergeId])).toEqual([
      ['userId', 'ada', null],
      ['anonymousId', 'web', graph.merges[0]!.id],
    ]);
  });

  it('keeps no word of either customer readable once a key of one of them is destroyed', async () => {
    const shop = await said(ada, web, login);
    const id = await shop.idOf(ADA);
    await shop.unmerge(id, (await shop.identity(id)).merges[0]!.id);
    await world.services.postgres.query({
      text: 'update identity_node set wrapped_key = null where workspace_id = $1 and kind = 90',
      values: [shop.workspaceId],
    });
    const [merge] = (await shop.identity(id)).merges;
    expect([merge!.traits, merge!.brought]).toEqual([[], []]);
  });

  it('shows a member’s merge with who decided it', async () => {
    const shop = await said(ada, web);
    const id = await shop.idOf(ADA);
    await shop.merge(id, await shop.idOf(WEB));
    const [merge] = (await shop.identity(id)).merges;
    expect(merge).toMatchObject({ cause: { kind: 'member', actor: expect.stringMatching(/^key_/) }, matched: [] });
    expect(merge!.traits.map(({ name }) => name)).toEqual(['first_name', 'plan']);
    expect((await shop.known(WEB)).traits).toEqual({ first_name: 'Visitor', plan: 'plus', size: 'M' });
  });

  it('says what became of permissions: the most restrictive, and who was never asked has no say', async () => {
    const shop = await said(ada, web);
    const [id, from] = [await shop.idOf(ADA), await shop.idOf(WEB)];
    const consent = (channel: string, status: string) => ({
      channel,
      topic: 'marketing',
      status,
      source: 'checkout',
      text: 'Yes',
    });
    for (const [who, channel, status] of [
      [id, 'email', 'granted'],
      [from, 'email', 'denied'],
      [id, 'sms', 'granted'],
    ] as const) {
      const recorded = await shop.call('recordConsent', who, consent(channel, status));
      expect(recorded.status, recorded.text).toBeLessThan(300);
    }
    await shop.merge(id, from);
    expect((await shop.identity(id)).merges[0]!.consents).toEqual([
      { channel: 'email', topic: 'marketing', into: 'granted', from: 'denied', joined: 'denied' },
      { channel: 'sms', topic: 'marketing', into: 'granted', from: 'unasked', joined: 'granted' },
    ]);
  });

  it('shows another workspace nothing', async () => {
    const shop = await said(ada, web, login, { event: 'Logged In', userId: 'bob', anonymousId: 'web' });
    const other = await said(ada);
    const id = await shop.idOf(ADA);
    for (const call of ['getProfileIdentity', 'rebuildProfile'] as const) {
      expect((await other.call(call, id)).status).toBe(404);
    }
    expect((await other.call('mergeProfiles', await other.idOf(ADA), { with: id })).status).toBe(404);
    expect((await other.call('listIdentityConflicts', undefined)).json()).toEqual({ items: [], nextCursor: null });
    const [conflict] = (await shop.identity(id)).conflicts;
    expect((await other.call('settleIdentityConflict', conflict!.id, { action: 'dismiss' })).status).toBe(404);
  });
});

describe('a member’s merge', () => {
  it('of two customers with a user id each is refused, and says why', async () => {
    const shop = await said({ userId: 'ada' }, { userId: 'bob' });
    const refused = await shop.call('mergeProfiles', await shop.idOf(ADA), { with: await shop.idOf(BOB) });
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('both profiles have a userId')]);
  });

  it('names the field that leads to nobody, here, in an unmerge and in a privacy request', async () => {
    const shop = await said({ userId: 'ada' });
    const ada = await shop.idOf(ADA);
    const blame = async (asked: Promise<{ status: number; json<T>(): T }>) => {
      const answer = await asked;
      return [answer.status, answer.json<{ errors: { field: string }[] }>().errors.map(({ field }) => field)];
    };
    for (const nobody of ['ada', `prf_${'0'.repeat(32)}`]) {
      expect(await blame(shop.call('mergeProfiles', ada, { with: nobody }))).toEqual([404, ['with']]);
      const request = { kind: 'export', profile: nobody };
      expect(await blame(shop.call('createPrivacyRequest', undefined, request))).toEqual([404, ['profile']]);
    }
    expect(await blame(shop.call('createPrivacyRequest', undefined, { kind: 'export' }))).toEqual([400, ['profile']]);
    for (const merge of ['ada', `mrg_${'0'.repeat(32)}`]) {
      expect(await blame(shop.call('unmergeProfiles', ada, { merge }))).toEqual([404, ['merge']]);
    }
  });

  it('of a profile with itself is refused, by either of its ids', async () => {
    const shop = await said({ userId: 'ada' }, { anonymousId: 'web' });
    const [ada, web] = [await shop.idOf(ADA), await shop.idOf(WEB)];
    await shop.merge(ada, web);
    for (const id of [ada, web]) expect((await shop.call('mergeProfiles', ada, { with: id })).status).toBe(409);
  });

  it('goes beyond a limit of more than one', async () => {
    const phones = (from: number) =>
      Array.from({ length: 5 }, (_, i) => ({
        anonymousId: `device-${from + i}`,
        userId: from === 0 ? 'ada' : undefined,
      }));
    const shop = await said(...phones(0), { anonymousId: 'web' });
    await shop.merge(await shop.idOf(ADA), await shop.idOf(WEB));
    expect((await shop.known(ADA)).identifiers).toHaveLength(7);
  });
});

/** Ada's own browser, at which six friends signed in within the hour: it was taken for a till. */
async function withTill(): Promise<{ shop: IdentityShop; ada: string; till: string }> {
  const guests = ['bob', 'cleo', 'dan', 'eve', 'fay', 'gil'].map((userId) => ({ userId, anonymousId: 'web' }));
  const shop = await said({ userId: 'ada', anonymousId: 'web', timestamp: ago(300) });
  await shop.say({ event: 'Looked', anonymousId: 'web', timestamp: ago(250) }, ...guests);
  await shop.say({ event: 'Asked', anonymousId: 'web', timestamp: ago(1) });
  return { shop, ada: await shop.idOf(ADA), till: await shop.idOf(WEB) };
}

const identifying = (value: string) =>
  expect.objectContaining({ kind: 'anonymousId', value, isVerified: true, isShared: false, isQuarantined: false });
const give = (shop: IdentityShop, profileId: string, identifier: string) =>
  shop.call('giveIdentifier', profileId, { identifier });

describe('an identifier that a member gives to a customer', () => {
  it('comes back out of quarantine with what was done under it, and identifies her again', async () => {
    const { shop, ada, till } = await withTill();
    expect(till).not.toBe(ada);
    const given = await give(shop, ada, WEB);
    expect([given.status, given.json()]).toMatchObject([200, { identifiers: [{}, identifying('web')] }]);
    await shop.say({ event: 'Came Back', anonymousId: 'web' });
    expect(await shop.idOf(WEB)).toBe(ada);
    const names = (await shop.known(ADA)).timeline.map((line) => line.split(' track ').at(-1));
    expect(names).toEqual(expect.arrayContaining(['Looked', 'Asked', 'Came Back']));
    const { rows } = await world.services.postgres.query<{ subject: string; detail: object }>({
      text: `select subject, detail from audit_entry where workspace_id = $1 and action = 'identifier.given'`,
      values: [shop.workspaceId],
    });
    expect(rows).toEqual([{ subject: ada, detail: { kind: 'anonymousId', from: till } }]);
  });

  it('who has it already is shared no more, so that it joins what is seen with it', async () => {
    const shop = await said({ userId: 'ada', anonymousId: 'web' }, { userId: 'bob', anonymousId: 'web' });
    const ada = await shop.idOf(ADA);
    expect((await shop.identity(ada)).identifiers[1]).toMatchObject({ value: 'web', isShared: true });
    expect((await give(shop, ada, WEB)).status).toBe(200);
    expect((await shop.identity(ada)).identifiers).toContainEqual(identifying('web'));
    await shop.say({ type: 'identify', anonymousId: 'web', traits: { loyaltyId: 'card' } });
    expect(await shop.idOf('loyaltyId:card')).toBe(ada);
  });

  it('goes from one customer to another with its history', async () => {
    const shop = await said(
      { userId: 'ada', anonymousId: 'web' },
      { event: 'Looked', anonymousId: 'web' },
      { userId: 'bob' },
    );
    const bob = await shop.idOf(BOB);
    expect((await give(shop, bob, WEB)).status).toBe(200);
    expect(await shop.idOf(WEB)).toBe(bob);
    expect((await shop.known(BOB)).timeline.map((line) => line.split(' ').at(-1))).toContain('Looked');
  });

  it('is refused where it is her second user id or all that another has, and by whom nobody is known', async () => {
    const shop = await said({ userId: 'ada' }, { userId: 'bob', anonymousId: 'web' }, { anonymousId: 'alone' });
    const ada = await shop.idOf(ADA);
    for (const [identifier, status] of [
      [BOB, 409],
      ['anonymousId:alone', 409],
      ['anonymousId:nobody', 404],
      ['anonymousId:null', 404],
      ['shoe:42', 400],
    ] as const) {
      const refused = await give(shop, ada, identifier);
      expect([refused.status, refused.json()], identifier).toMatchObject([
        status,
        { errors: [{ field: 'identifier' }] },
      ]);
    }
    expect((await shop.known(ADA)).identifiers).toEqual([{ kind: 'userId', value: 'ada' }]);
  });

  it('of another workspace is neither found nor given', async () => {
    const shop = await said({ userId: 'ada' }, { userId: 'bob', anonymousId: 'web' });
    const other = await said({ userId: 'ada' });
    expect((await give(other, await other.idOf(ADA), WEB)).status).toBe(404);
    expect((await give(other, await shop.idOf(ADA), WEB)).status).toBe(404);
    expect(await shop.idOf(WEB)).toBe(await shop.idOf(BOB));
  });
});

describe('a till', () => {
  it('is merged with no customer by anybody, so that nothing it does later is hers', async () => {
    const { shop, ada, till } = await withTill();
    for (const [into, from] of [
      [ada, till],
      [till, ada],
    ] as const) {
      const refused = await shop.call('mergeProfiles', into, { with: from });
      expect([refused.status, refused.json()]).toMatchObject([409, { errors: [{ field: 'with' }] }]);
    }
    expect(await shop.idOf(WEB)).toBe(till);
    expect((await shop.identity(ada)).merges).toEqual([]);
  });
});

describe('a conflict', () => {
  async function withConflict(): Promise<{ shop: IdentityShop; conflict: IdentityConflict; ada: string; bob: string }> {
    const shop = await said(
      { type: 'identify', userId: 'ada', traits: { plan: 'plus' }, timestamp: ago(400) },
      { event: 'Viewed', userId: 'ada', anonymousId: 'web', timestamp: ago(300) },
      { event: 'Looked', anonymousId: 'web', timestamp: ago(250) },
      { event: 'Viewed', userId: 'bob', anonymousId: 'web', timestamp: ago(200) },
    );
    const [conflict] = (await shop.call('listIdentityConflicts', undefined)).json<{ items: IdentityConflict[] }>()
      .items;
    return { shop, conflict: conflict!, ada: await shop.idOf(ADA), bob: await shop.idOf(BOB) };
  }
  const settle = (shop: IdentityShop, id: string, action: string) =>
    shop.call('settleIdentityConflict', id, { action });

  it('names both profiles and the identifier', async () => {
    const { conflict, ada, bob } = await withConflict();
    expect(conflict).toMatchObject({
      status: 'open',
      profileId: bob,
      ownerProfileId: ada,
      identifier: { kind: 'anonymousId', value: 'web' },
    });
  });

  it('settled by giving moves the identifier and its history', async () => {
    const { shop, conflict } = await withConflict();
    const settled = (await settle(shop, conflict.id, 'give')).json<IdentityConflict>();
    expect(settled).toMatchObject({ status: 'settled', settlement: 'give', settledBy: expect.stringMatching(/^key_/) });
    expect(await shop.idOf(WEB)).toBe(await shop.idOf(BOB));
    expect((await shop.known(BOB)).timeline.map((line) => line.split(' ').at(-1))).toEqual(['Viewed', 'Looked']);
    expect((await shop.known(BOB)).seen[0]).toBe(ago(250));
    expect((await shop.known(ADA)).timeline.map((line) => line.split(' ')[1])).toEqual(['track', 'identify']);
    expect((await settle(shop, conflict.id, 'dismiss')).status).toBe(409);
  });

  it('settled by merging is refused while both have a user id, and dismissed instead', async () => {
    const { shop, conflict } = await withConflict();
    const refused = await settle(shop, conflict.id, 'merge');
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('userId')]);
    expect((await settle(shop, conflict.id, 'dismiss')).json()).toMatchObject({
      status: 'dismissed',
      settlement: null,
    });
    const open = await world.ask('listIdentityConflicts', shop.apiKey, { query: { status: 'open' } });
    expect(open.json<{ items: object[] }>().items).toEqual([]);
  });

  it('about an identifier that was erased can only be dismissed, and says so', async () => {
    const { shop, conflict } = await withConflict();
    await world.services.postgres.query({
      text: `update identity_node set wrapped_key = null, value = '', hash = gen_random_uuid(), profile_id = null, erased_at = now()
             where workspace_id = $1 and kind = 90`,
      values: [shop.workspaceId],
    });
    for (const action of ['give', 'merge']) {
      const refused = await settle(shop, conflict.id, action);
      expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('is gone: dismiss it')]);
    }
    expect((await settle(shop, conflict.id, 'dismiss')).status).toBe(200);
  });

  it('whose identifier went to a third profile is never settled by merging with that one', async () => {
    const guests = ['cleo', 'dan', 'eve', 'fay', 'gil'].map((userId) => ({ userId, anonymousId: 'web' }));
    const shop = await said({ userId: 'ada', anonymousId: 'web' }, { userId: 'bob', anonymousId: 'web' }, ...guests);
    const [ada, bob, till] = [await shop.idOf(ADA), await shop.idOf(BOB), await shop.idOf(WEB)];
    const conflict = (await shop.identity(bob)).conflicts[0]!;
    expect([conflict.ownerProfileId, conflict.profileId]).toEqual([ada, bob]);
    expect([ada, bob]).not.toContain(till);
    const refused = await settle(shop, conflict.id, 'merge');
    expect(refused.status).toBe(409);
    expect(refused.json()).toMatchObject({ errors: [{ field: 'action', message: expect.stringContaining('third') }] });
    expect((await shop.identity(bob)).merges).toEqual([]);
    expect(await shop.idOf(WEB)).toBe(till);
    expect((await settle(shop, conflict.id, 'dismiss')).status).toBe(200);
  });

  it('about a till is settled by giving, which takes it back out of quarantine', async () => {
    const { shop, ada, till } = await withTill();
    const conflict = (await shop.identity(ada)).conflicts.find(({ profileId }) => profileId !== ada)!;
    const settled = await settle(shop, conflict.id, 'give');
    expect(settled.json()).toMatchObject({ status: 'settled', settlement: 'give' });
    expect(await shop.idOf(WEB)).not.toBe(till);
    expect((await shop.identity(conflict.profileId)).identifiers).toContainEqual(identifying('web'));
  });

  it('settled by merging makes the two one', async () => {
    const shop = await said({ userId: 'ada' }, { anonymousId: 'web' });
    const [ada, web] = [await shop.idOf(ADA), await shop.idOf(WEB)];
    await world.services.postgres.query({
      text: `insert into identity_conflict (workspace_id, profile_id, owner_profile, node, cause_message_id, found_at, reason)
             select $1, $2, profile_id, id, 'm', now(), 'unverified' from identity_node where workspace_id = $1 and kind = 90`,
      values: [shop.workspaceId, ada.slice(4)],
    });
    const [conflict] = (await shop.identity(ada)).conflicts;
    expect((await settle(shop, conflict!.id, 'merge')).json()).toMatchObject({
      status: 'settled',
      settlement: 'merge',
    });
    expect(await shop.idOf(WEB)).toBe(ada);
    expect((await shop.identity(ada)).merges[0]).toMatchObject({ fromProfileId: web, cause: { kind: 'member' } });
  });
});
