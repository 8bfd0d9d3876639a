import { randomBytes } from 'node:crypto';
import type {
  IdentityConflict,
  IdentitySettings,
  Profile,
  ProfileIdentity,
  Source,
  TimelineItem,
  WriteKey,
} from '@segue/contract';
import { Analytics } from '@segment/analytics-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressHash, confirmUrl } from '../modules/consent/index.ts';
import { runProfileRebuilds } from '../modules/profiles/index.ts';
import { inTransaction } from '../platform/eventlog/index.ts';
import { newUuid, publicId } from '../platform/ids/index.ts';
import { createProfileReshaper } from './stages.ts';
import { type ApiWorld, type Keys, NOW, openApiWorld } from './testing/api-world.ts';

const DAY_MS = 86_400_000;
const KIND_OF_EMAIL = 30;

let world: ApiWorld;
let url: string;

beforeAll(async () => {
  world = await openApiWorld();
  url = await world.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => world.close());

interface Shop extends Keys {
  /** A website's client: what is typed there is a claim. */
  site(use: (sdk: Analytics) => void): Promise<void>;
  /** The shop's own server's client: what it says of addresses is true. */
  server(use: (sdk: Analytics) => void): Promise<void>;
  find(identifier: string): Promise<Profile | undefined>;
  get(identifier: string): Promise<Profile>;
  conflicts(): Promise<IdentityConflict[]>;
  timeline(profileId: string): Promise<string[]>;
}

async function openShop(): Promise<Shop> {
  const keys = await world.addWorkspace(randomBytes(4).toString('hex'));
  const made = await world.ask('createSource', keys.apiKey, { body: { name: 'Till', kind: 'server' } });
  const { writeKey } = made.json<Source & { writeKey: WriteKey }>();
  const through = async (key: string, use: (sdk: Analytics) => void) => {
    const sdk = new Analytics({ writeKey: key, host: url, flushInterval: 10 });
    const errors: unknown[] = [];
    sdk.on('error', (error) => errors.push(error));
    use(sdk);
    await sdk.closeAndFlush();
    expect(errors).toEqual([]);
    await world.settle();
  };
  const find = async (identifier: string) => {
    const answer = await world.ask('listProfiles', keys.apiKey, { query: { identifier } });
    return answer.json<{ items: Profile[] }>().items[0];
  };
  return {
    ...keys,
    site: (use) => through(keys.writeKey, use),
    server: (use) => through(writeKey.key, use),
    find,
    async get(identifier) {
      const profile = await find(identifier);
      if (profile === undefined) throw new Error(`nobody is ${identifier}`);
      return profile;
    },
    conflicts: async () =>
      (await world.ask('listIdentityConflicts', keys.apiKey)).json<{ items: IdentityConflict[] }>().items,
    timeline: async (id) => {
      const query = { limit: '200' };
      const answer = await world.ask('listProfileTimeline', keys.apiKey, { params: { id }, query });
      return answer.json<{ items: TimelineItem[] }>().items.map(({ name, type }) => name || type);
    },
  };
}

const said = (profile: Profile) => profile.identifiers.map(({ kind, value }) => `${kind}:${value}`);

describe('a customer of a shop that speaks Segment', () => {
  it('is one profile from the first page to the second device, whoever of her devices spoke last', async () => {
    const shop = await openShop();
    await shop.site((sdk) => sdk.page({ anonymousId: 'phone-web', name: 'Shoes' }));
    const { id } = await shop.get('anonymousId:phone-web');
    await shop.site((sdk) => sdk.identify({ userId: 'ada', anonymousId: 'phone-web', traits: { plan: 'plus' } }));
    await shop.site((sdk) => sdk.track({ anonymousId: 'laptop-web', event: 'Product Viewed' }));
    await shop.site((sdk) => sdk.alias({ userId: 'ada', previousId: 'laptop-web' }));
    const ada = await shop.get('anonymousId:laptop-web');
    expect(ada.id).toBe(id);
    expect(said(ada)).toEqual(['userId:ada', 'anonymousId:phone-web', 'anonymousId:laptop-web']);
    expect(await shop.timeline(id)).toEqual(expect.arrayContaining(['Shoes', 'Product Viewed', 'identify']));
  });

  it('is one profile though fifty clients identify her at the same moment, each by what it happens to know', async () => {
    const shop = await openShop();
    const knows = [
      { userId: 'ada', anonymousId: 'web-1' },
      { anonymousId: 'web-1', traits: { email: 'ada@shop.example' } },
      { userId: 'ada', traits: { email: 'ada@shop.example', phone: '+442079460018' } },
      { anonymousId: 'web-2', traits: { phone: '+442079460018' } },
      { userId: 'ada', context: { device: { id: 'tablet' } } },
    ] as const;
    const made = await world.ask('createSource', shop.apiKey, { body: { name: 'App server', kind: 'server' } });
    const { key } = made.json<{ writeKey: WriteKey }>().writeKey;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        fetch(`${url}/v1/identify`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ writeKey: key, ...knows[i % knows.length] }),
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    await world.settle();
    const ada = await shop.get('userId:ada');
    expect(said(ada)).toHaveLength(6);
    for (const identifier of said(ada)) expect((await shop.get(identifier)).id).toBe(ada.id);
    const all = await world.ask('listProfiles', shop.apiKey);
    expect(all.json<{ items: Profile[] }>().items.map(({ id }) => id)).toEqual([ada.id]);
    expect((await shop.timeline(ada.id)).filter((name) => name === 'identify')).toHaveLength(50);
    expect(await shop.conflicts()).toEqual([]);
  });

  it('keeps no more browsers than five a week, and is recognised by what is stronger all the same', async () => {
    const shop = await openShop();
    await shop.site((sdk) => {
      for (let i = 0; i < 8; i++) {
        sdk.track({ userId: 'ada', anonymousId: `web-${i}`, event: 'Seen', timestamp: new Date(NOW - i * 3_600_000) });
      }
      for (let i = 8; i < 11; i++) {
        sdk.track({ userId: 'ada', anonymousId: `web-${i}`, event: 'Seen', timestamp: new Date(NOW - i * 7 * DAY_MS) });
      }
    });
    const ada = await shop.get('userId:ada');
    expect(said(ada).filter((identifier) => identifier.startsWith('anonymousId:'))).toHaveLength(8);
    expect((await shop.timeline(ada.id)).filter((name) => name === 'Seen')).toHaveLength(11);
    expect(await shop.conflicts()).toEqual([]);
  });

  it('keeps no more than five addresses; what goes to the sixth is hers, whom the user id names', async () => {
    const shop = await openShop();
    await shop.server((sdk) => {
      for (let i = 0; i < 6; i++) sdk.identify({ userId: 'ada', traits: { email: `ada-${i}@shop.example`, tries: i } });
    });
    const ada = await shop.get('userId:ada');
    expect(said(ada).filter((identifier) => identifier.startsWith('email:'))).toHaveLength(5);
    expect(await shop.find('email:ada-5@shop.example')).toBeUndefined();
    expect(ada.traits).toMatchObject({ tries: 5 });
    expect(await shop.conflicts()).toEqual([]);
  });

  it('is not who any placeholder names, nor what the shop says names nobody', async () => {
    const shop = await openShop();
    const { kinds } = (await world.ask('getIdentitySettings', shop.apiKey)).json<IdentitySettings>();
    const body = { kinds, blockedValues: ['till-*'] };
    const asked = await world.ask('updateIdentitySettings', shop.apiKey, { body });
    expect(asked.status).toBe(200);
    const junk = ['null', 'undefined', '0', '-1', 'anonymous', '[object Object]', 'TILL-7'];
    const zeros = '00000000-0000-0000-0000-000000000000';
    await shop.server((sdk) =>
      [...junk, zeros].forEach((userId, i) =>
        sdk.identify({ userId, anonymousId: `web-${i}`, traits: { email: 'none', plan: `p${i}` } }),
      ),
    );
    const all = await world.ask('listProfiles', shop.apiKey);
    const names = all.json<{ items: Profile[] }>().items.map(said);
    expect(names.sort()).toEqual([...junk, zeros].map((_, i) => [`anonymousId:web-${i}`]));
  });

  it('is who the strongest identifier names, by the shop’s own order of them', async () => {
    const shop = await openShop();
    const settings = (await world.ask('getIdentitySettings', shop.apiKey)).json<IdentitySettings>();
    const kinds = [...settings.kinds].sort((a, b) => Number(b.kind === 'loyaltyId') - Number(a.kind === 'loyaltyId'));
    const asked = await world.ask('updateIdentitySettings', shop.apiKey, { body: { kinds } });
    expect(asked.status).toBe(200);
    await shop.server((sdk) => sdk.identify({ userId: 'u1' }));
    await shop.server((sdk) => sdk.identify({ userId: 'u2', traits: { loyaltyId: 'card-2' } }));
    const context = { externalIds: [{ type: 'loyaltyId', id: 'card-2' }] };
    await shop.server((sdk) => sdk.track({ event: 'Paid', userId: 'u1', context }));
    const [one, two] = [await shop.get('userId:u1'), await shop.get('userId:u2')];
    expect(one.id).not.toBe(two.id);
    expect(await shop.timeline(two.id)).toContain('Paid');
    expect(await shop.timeline(one.id)).not.toContain('Paid');
  });

  it('is not made of a whole town by a broken integration: it stops, and says so once', async () => {
    const shop = await openShop();
    const webs = Array.from({ length: 106 }, (_, i) => `web-${i}`);
    const at = (i: number) => new Date(NOW - (i + 1) * 2 * DAY_MS);
    await shop.site((sdk) => webs.forEach((anonymousId, i) => sdk.page({ anonymousId, timestamp: at(i) })));
    await shop.site((sdk) =>
      webs.forEach((anonymousId, i) => sdk.track({ userId: 'ada', anonymousId, event: 'Seen', timestamp: at(i) })),
    );
    const ada = await shop.get('userId:ada');
    const held = said(ada).filter((identifier) => identifier.startsWith('anonymousId:'));
    // The first visitor became her, and a hundred were merged into her.
    expect(held).toHaveLength(101);
    const conflicts = await shop.conflicts();
    expect(conflicts.map(({ reason }) => reason)).toEqual(Array.from({ length: 5 }, () => 'merge_limit'));
    expect((await shop.timeline(ada.id)).filter((name) => name === 'Identity Alert')).toHaveLength(1);
    await shop.site((sdk) => sdk.track({ userId: 'ada', event: 'Seen Later' }));
    expect((await shop.get('userId:ada')).id).toBe(ada.id);
  });
});

describe('two customers', () => {
  it('on one browser are never mixed, and what it does alone stays with who was first, out of the other’s sight', async () => {
    const shop = await openShop();
    await shop.site((sdk) => sdk.identify({ userId: 'ada', anonymousId: 'family', traits: { plan: 'gold' } }));
    await shop.site((sdk) => sdk.identify({ userId: 'bob', anonymousId: 'family', traits: { plan: 'basic' } }));
    await shop.site((sdk) => sdk.track({ anonymousId: 'family', event: 'Gift Viewed' }));
    const [ada, bob] = [await shop.get('userId:ada'), await shop.get('userId:bob')];
    expect([ada.traits, bob.traits]).toEqual([{ plan: 'gold' }, { plan: 'basic' }]);
    expect([said(ada), said(bob)]).toEqual([['userId:ada', 'anonymousId:family'], ['userId:bob']]);
    expect(await shop.timeline(ada.id)).toContain('Gift Viewed');
    expect(await shop.timeline(bob.id)).not.toContain('Gift Viewed');
    // Nothing comes to her by it any more: the address typed there is not hers.
    await shop.site((sdk) =>
      sdk.identify({ anonymousId: 'family', traits: { email: 'carol@shop.example', plan: 'other' } }),
    );
    expect(said(await shop.get('userId:ada'))).toEqual(said(ada));
    expect((await shop.get('email:carol@shop.example')).id).not.toBe(ada.id);
    expect(await shop.conflicts()).toMatchObject([
      { reason: 'shared_device', profileId: bob.id, ownerProfileId: ada.id, identifier: { value: 'family' } },
    ]);
  });

  it('before a till are not its owner: seen with six within an hour it is a profile of its own', async () => {
    const shop = await openShop();
    for (let i = 0; i < 6; i++) {
      const timestamp = new Date(NOW - (30 - i) * 60_000);
      await shop.site((sdk) => sdk.track({ userId: `u${i}`, anonymousId: 'till', event: 'Paid', timestamp }));
    }
    const till = await shop.get('anonymousId:till');
    expect(said(till)).toEqual(['anonymousId:till']);
    await shop.site((sdk) => sdk.track({ anonymousId: 'till', event: 'Price Asked' }));
    await shop.site((sdk) => sdk.identify({ userId: 'u7', anonymousId: 'till', traits: { plan: 'plus' } }));
    expect(await shop.timeline(till.id)).toContain('Price Asked');
    expect(await shop.get('anonymousId:till')).toMatchObject({ id: till.id, traits: {} });
    for (let i = 0; i < 6; i++) {
      const customer = await shop.get(`userId:u${i}`);
      expect(said(customer)).toEqual([`userId:u${i}`]);
      expect(await shop.timeline(customer.id)).not.toContain('Price Asked');
    }
  });

  it('with a user id each are joined by nothing an event says', async () => {
    const shop = await openShop();
    const home = { email: 'home@shop.example' };
    await shop.server((sdk) => sdk.identify({ userId: 'ada', traits: home }));
    await shop.server((sdk) => sdk.identify({ userId: 'bob', traits: home }));
    await shop.server((sdk) => sdk.alias({ userId: 'bob', previousId: 'ada' }));
    expect(await shop.find('anonymousId:ada')).toBeUndefined();
    const [ada, bob] = [await shop.get('userId:ada'), await shop.get('userId:bob')];
    expect(ada.id).not.toBe(bob.id);
    expect((await shop.get('email:home@shop.example')).id).toBe(ada.id);
    await shop.server((sdk) => sdk.identify({ userId: 'bob', traits: home }));
    const conflicts = (await shop.conflicts()).sort((a, b) => a.seenCount - b.seenCount);
    expect(conflicts).toMatchObject([
      { reason: 'user_id', profileId: bob.id, ownerProfileId: ada.id, identifier: { kind: 'userId' }, seenCount: 1 },
      { reason: 'user_id', profileId: bob.id, ownerProfileId: ada.id, identifier: { kind: 'email' }, seenCount: 2 },
    ]);
  });

  it('are two though one is said to be who the other was, and who was nobody’s user id was a visitor', async () => {
    const shop = await openShop();
    await shop.server((sdk) => sdk.identify({ userId: 'ada', traits: { plan: 'gold' } }));
    await shop.server((sdk) => sdk.track({ anonymousId: 'visitor', event: 'Looked' }));
    // In one batch, one of them not known before it.
    await shop.server((sdk) => {
      sdk.alias({ userId: 'new-ada', previousId: 'ada' });
      sdk.alias({ userId: 'new-ada', previousId: 'visitor' });
      sdk.alias({ userId: 'carol', previousId: 'nobody-yet' });
      sdk.identify({ userId: 'bob', traits: { plan: 'basic' } });
      sdk.alias({ userId: 'carol', previousId: 'bob' });
    });
    const [ada, anew] = [await shop.get('userId:ada'), await shop.get('userId:new-ada')];
    expect([said(ada), ada.traits]).toEqual([['userId:ada'], { plan: 'gold' }]);
    expect([said(anew), anew.traits]).toEqual([['userId:new-ada', 'anonymousId:visitor'], {}]);
    const [bob, carol] = [await shop.get('userId:bob'), await shop.get('userId:carol')];
    expect([said(bob), said(carol)]).toEqual([['userId:bob'], ['userId:carol', 'anonymousId:nobody-yet']]);
    expect(await shop.find('anonymousId:bob')).toBeUndefined();
    // Bob may have been nobody yet when it was said that Carol was he.
    const noted = (await shop.conflicts()).filter(({ profileId }) => profileId === anew.id);
    expect(noted).toMatchObject([{ reason: 'user_id', ownerProfileId: ada.id }]);
    // A user id that names nobody leaves no trace of its own.
    expect(await shop.find('userId:nobody-yet')).toBeUndefined();
  });
});

describe('an address somebody typed', () => {
  const email = 'ada@shop.example';

  it('joins no two known customers and shows the one who typed it nothing of the other', async () => {
    const shop = await openShop();
    await shop.server((sdk) =>
      sdk.identify({ anonymousId: 'app', traits: { email, loyaltyId: 'card-1', plan: 'gold' } }),
    );
    await shop.site((sdk) => sdk.identify({ userId: 'mallory', traits: { email } }));
    const mallory = await shop.get('userId:mallory');
    expect(said(mallory)).toEqual(['userId:mallory']);
    expect(mallory.traits).not.toHaveProperty('plan');
    const ada = await shop.get('loyaltyId:card-1');
    expect((await shop.get(`email:${email}`)).id).toBe(ada.id);
    expect(await shop.conflicts()).toMatchObject([
      { reason: 'unverified', profileId: mallory.id, ownerProfileId: ada.id },
    ]);
  });

  it('brings whoever typed it nothing of hers, though she signs in on the same browser and names her own', async () => {
    const shop = await openShop();
    await shop.server((sdk) =>
      sdk.identify({ anonymousId: 'app', traits: { email, loyaltyId: 'card-1', plan: 'gold' } }),
    );
    await shop.site((sdk) => sdk.identify({ anonymousId: 'cafe', traits: { email } }));
    const own = { email: 'mallory@shop.example' };
    await shop.site((sdk) => sdk.identify({ userId: 'mallory', anonymousId: 'cafe', traits: own }));
    const [ada, mallory] = [await shop.get('loyaltyId:card-1'), await shop.get('userId:mallory')];
    expect(said(ada)).toEqual(['loyaltyId:card-1', `email:${email}`, 'anonymousId:app']);
    expect(said(mallory)).toEqual(['userId:mallory', `email:${own.email}`, 'anonymousId:cafe']);
    expect(mallory.traits).not.toHaveProperty('plan');
  });

  it('joins them once the shop’s own server says that it is hers', async () => {
    const shop = await openShop();
    await shop.server((sdk) => sdk.identify({ anonymousId: 'app', traits: { email, loyaltyId: 'card-1' } }));
    await shop.server((sdk) => sdk.identify({ userId: 'ada', traits: { email } }));
    expect((await shop.get('userId:ada')).id).toBe((await shop.get('loyaltyId:card-1')).id);
    expect(await shop.conflicts()).toEqual([]);
  });

  it('comes to whom it belongs as soon as the shop’s own server says so', async () => {
    const shop = await openShop();
    await shop.site((sdk) => sdk.identify({ userId: 'mallory', traits: { email } }));
    expect((await shop.get(`email:${email}`)).id).toBe((await shop.get('userId:mallory')).id);
    await shop.server((sdk) => sdk.identify({ userId: 'ada', traits: { email } }));
    const ada = await shop.get('userId:ada');
    expect((await shop.get(`email:${email}`)).id).toBe(ada.id);
    expect(said(await shop.get('userId:mallory'))).toEqual(['userId:mallory']);
  });

  it('is hers and no mere claim once the mailbox itself answered: by a click on a link in a mail, or an opt-in confirmed', async () => {
    const { services } = world;
    const verified = async (shop: Shop): Promise<unknown> => {
      const { id } = await shop.get('userId:ada');
      const identity = await world.ask('getProfileIdentity', shop.apiKey, { params: { id } });
      return identity.json<ProfileIdentity>().identifiers.find(({ kind }) => kind === 'email')?.isVerified;
    };
    const opening = async (): Promise<Shop> => {
      const shop = await openShop();
      await shop.site((sdk) => sdk.identify({ userId: 'ada', traits: { email } }));
      expect(await verified(shop)).toBe(false);
      return shop;
    };

    const clicking = await opening();
    const { rows } = await services.postgres.query<{ id: number; kind: number; profile_id: string }>({
      text: 'select id, kind, profile_id from identity_node where workspace_id = $1 and kind = $2',
      values: [clicking.workspaceId, KIND_OF_EMAIL],
    });
    const [{ id, kind, profile_id: subjectId }] = rows as [(typeof rows)[0]];
    const actor = { kind: 'system', name: 'test' } as const;
    await inTransaction(
      { ...services, workspaceId: clicking.workspaceId, actor, sql: services.postgres },
      async (ctx) => {
        const clicked = {
          name: 'Email Link Clicked',
          occurredAt: NOW,
          properties: { message_id: publicId('msg', newUuid(NOW)) },
        };
        ctx.emit({ subjectId, node: { kind, id }, ...clicked });
      },
    );
    await world.settle();
    expect(await verified(clicking)).toBe(true);

    const confirming = await opening();
    const { workspaceId, apiKey } = confirming;
    await world.ask('updateTopic', apiKey, { params: { topic: 'marketing' }, body: { doubleOptIn: true } });
    const properties = { channel: 'email', topic: 'marketing', status: 'granted' };
    await confirming.site((sdk) => sdk.track({ userId: 'ada', event: 'Consent Updated', properties }));
    expect(await verified(confirming)).toBe(false);
    const asked = await services.postgres.query<{ id: string }>({
      text: 'select id from consent_confirmation where workspace_id = $1',
      values: [workspaceId],
    });
    const keys = await services.keysOf(workspaceId);
    const link = confirmUrl(keys, {
      workspaceId,
      confirmationId: asked.rows[0]!.id,
      messageId: 'msg_x',
      addressHash: addressHash(keys, 'email', email),
      publicUrl: url,
    });
    expect((await fetch(link, { method: 'POST' })).status).toBe(200);
    await world.settle();
    expect(await verified(confirming)).toBe(true);
  });

  it('takes along what was done by it alone: it is seen at one customer only, the right one', async () => {
    const shop = await openShop();
    await shop.site((sdk) => sdk.identify({ userId: 'mallory', traits: { email, plan: 'basic' } }));
    await shop.site((sdk) => sdk.identify({ anonymousId: 'web', traits: { email, city: 'Bath' } }));
    await shop.site((sdk) => sdk.track({ userId: 'mallory', event: 'Own Visit' }));
    expect((await shop.get('userId:mallory')).traits).toMatchObject({ city: 'Bath' });
    await shop.server((sdk) => sdk.identify({ userId: 'ada', traits: { email } }));
    while ((await runProfileRebuilds(world.services, createProfileReshaper(world.services))) > 0);
    const [ada, mallory] = [await shop.get('userId:ada'), await shop.get('userId:mallory')];
    expect(ada.traits).toMatchObject({ city: 'Bath' });
    expect(mallory.traits).toMatchObject({ plan: 'basic' });
    expect(await shop.timeline(ada.id)).not.toContain('Own Visit');
    expect((await shop.timeline(ada.id)).filter((name) => name === 'identify')).toHaveLength(2);
    expect((await shop.timeline(mallory.id)).filter((name) => name === 'identify')).toHaveLength(1);
    expect(await shop.timeline(mallory.id)).toContain('Own Visit');
  });
});
