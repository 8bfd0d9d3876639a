import { Analytics } from '@segment/analytics-node';
import type { IdentitySettings, Source } from '@segue/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../../platform/json.ts';
import { loggedEvents, loggedLines } from '../testing/logged-events.ts';
import { API_KEY, createEngines, type Engines, openWorld, type World, WRITE_KEY } from '../testing/world.ts';

const KINDS = { 10: 'userId', 30: 'email', 40: 'phone', 50: 'device', 90: 'anonymousId', 100: 'crmId' } as const;

let engines: Engines;
let world: World;
let url: string;
let defaults: IdentitySettings;
let trustedKey: string;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  url = await world.http.listen({ port: 0, host: '127.0.0.1' });
  world.work();
  defaults = (await call('GET', '/api/v1/identity/settings')).body as unknown as IdentitySettings;
  const made = await call('POST', '/api/v1/sources', { name: 'Shop server', kind: 'server' });
  trustedKey = (made.body['writeKey'] as JsonObject)['key'] as string;
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await world.close();
  await engines.drop();
});
beforeEach(async () => void (await set({})));

async function call(method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body?: unknown, of: World = world) {
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  const answer = await of.http.inject({
    method,
    url: path,
    headers,
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, body: answer.json<JsonObject>() };
}

const set = (change: Partial<IdentitySettings>) => call('PUT', '/api/v1/identity/settings', { ...defaults, ...change });
const withOwn = (...names: string[]): Partial<IdentitySettings> => {
  const [first, ...others] = defaults.kinds;
  return { kinds: [first!, ...names.map((kind) => ({ kind, limit: 2, perDays: null })), ...others] };
};

type Said = Parameters<Analytics['track']>[0];

/** Sends through Segment's own SDK. */
async function say(work: (sdk: Analytics) => void, writeKey = WRITE_KEY): Promise<void> {
  const sdk = new Analytics({ writeKey, host: url, flushInterval: 20, maxRetries: 0 });
  work(sdk);
  await sdk.closeAndFlush();
}

/** The kinds of an event's nodes, strongest first, and the places of those that are claims. */
async function identityOf(messageId: string): Promise<unknown> {
  const event = (await loggedEvents(world)).find(({ id }) => id === messageId);
  if (event === undefined) return undefined;
  const kinds = event.nodes.map(({ kind }) => KINDS[kind as keyof typeof KINDS] ?? kind);
  return { kinds, claims: event.payload.claims ?? [] };
}

async function profileOf(identifier: string): Promise<JsonObject | undefined> {
  await world.settle();
  const { body } = await world.get(`/api/v1/profiles?identifier=${encodeURIComponent(identifier)}`);
  return (body['items'] as JsonObject[])[0];
}

function heldBy(profile: JsonObject | undefined): string[] {
  const held = (profile ?? {})['identifiers'] as { kind: string; value: string }[] | undefined;
  return (held ?? []).map(({ kind, value }) => `${kind} ${value}`);
}

const track = (messageId: string, fields: object) =>
  ({ messageId, event: 'Product Viewed', ...fields }) as unknown as Said;

describe('junk', () => {
  it.each(['null', 'undefined', '0', '-1', 'Anonymous', '[object Object]', 'NaN', ' none ', '"guest"'])(
    'a user id %j identifies nobody: the event goes by what is left, or is named in the answer',
    async (userId) => {
      const id = `junk-${userId}`;
      await say((sdk) => sdk.track(track(id, { userId, anonymousId: `laptop of ${userId}` })));
      expect(await identityOf(id)).toEqual({ kinds: ['anonymousId'], claims: [] });
      const alone = await world.post('/v1/track', { writeKey: WRITE_KEY, event: 'x', userId });
      expect(alone).toMatchObject({ status: 200, body: { accepted: 0, errors: [{ field: 'userId' }] } });
    },
  );

  it('a workspace’s own words for nobody count from the moment they are set', async () => {
    const said = { userId: 'till-7', anonymousId: 'till of Main Street' };
    await say((sdk) => sdk.track(track('till-before', said)));
    expect(await set({ blockedValues: ['Till-*'] })).toMatchObject({ status: 200 });
    await say((sdk) => sdk.track(track('till-after', said)));
    expect(await identityOf('till-before')).toEqual({ kinds: ['userId', 'anonymousId'], claims: [] });
    expect(await identityOf('till-after')).toEqual({ kinds: ['anonymousId'], claims: [] });
  });
});

describe('addresses', () => {
  it('a national telephone number is read by the event’s country, else by the workspace’s', async () => {
    await set({ country: 'GB' });
    await say((sdk) => {
      sdk.identify({ userId: 'phone-gb', traits: { phone: '020 7946 0018' } });
      sdk.identify({ userId: 'phone-fr', traits: { phone: '06 12 34 56 78', country: 'FR' } });
      sdk.identify({ userId: 'phone-us', traits: { phone: '(415) 555-2671', address: { country: 'us' } } });
      const context = { location: { country: 'DE' }, traits: { phone: '030 901820' } };
      sdk.track(track('phone-de', { userId: 'phone-de', context }));
    }, trustedKey);
    const ids = await Promise.all(
      ['+442079460018', '+33612345678', '+14155552671', '+4930901820'].map(async (phone) => {
        return heldBy(await profileOf(`phone:${phone}`));
      }),
    );
    expect(ids).toEqual([
      ['userId phone-gb', 'phone +442079460018'],
      ['userId phone-fr', 'phone +33612345678'],
      ['userId phone-us', 'phone +14155552671'],
      ['userId phone-de', 'phone +4930901820'],
    ]);
    expect((await profileOf('phone:020 7946 0018'))?.['id']).toEqual((await profileOf('userId:phone-gb'))?.['id']);
  });

  it.each(['ask at the desk', '020 7946 0018 ext. 12', '12'])(
    'a phone %j stays a trait and identifies nobody',
    async (phone) => {
      await set({ country: 'GB' });
      const userId = `trait of ${phone}`;
      await say((sdk) => sdk.identify({ userId, traits: { phone, email: 'not an address' } }), trustedKey);
      expect(await profileOf(`userId:${userId}`)).toMatchObject({
        identifiers: [{ kind: 'userId', value: userId }],
        traits: { phone, email: 'not an address' },
      });
    },
  );

  it('an email in properties, or of a company, is not the customer’s', async () => {
    const email = 'friend@shop.example';
    await say((sdk) => {
      sdk.track(track('to-a-friend', { userId: 'giver', properties: { email, phone: '+442079460018' } }));
      const group = { messageId: 'to-a-company', userId: 'giver', groupId: 'acme', traits: { email } };
      sdk.group(group as unknown as Parameters<Analytics['group']>[0]);
    }, trustedKey);
    for (const id of ['to-a-friend', 'to-a-company']) {
      expect(await identityOf(id)).toEqual({ kinds: ['userId'], claims: [] });
    }
  });
});

describe('claims', () => {
  const said = { anonymousId: 'pop-up', context: { traits: { email: ' Ada@Shop.Example ' } } };

  it('an email of a source that is not trusted is a claim; of a trusted one it is not', async () => {
    await say((sdk) => sdk.track(track('claim-web', { userId: 'ada', ...said })));
    await say((sdk) => sdk.track(track('claim-server', { userId: 'ada', ...said })), trustedKey);
    expect(await identityOf('claim-web')).toEqual({ kinds: ['userId', 'email', 'anonymousId'], claims: [1] });
    expect(await identityOf('claim-server')).toEqual({ kinds: ['userId', 'email', 'anonymousId'], claims: [] });
  });

  it('a source is trusted or not as a member says, and it is written down who said so', async () => {
    const { body: page } = await call('GET', '/api/v1/sources');
    const sources = (page['items'] as unknown as Source[]).sort((a, b) => Number(a.trusted) - Number(b.trusted));
    expect(sources.map(({ kind, trusted }) => [kind, trusted])).toEqual([
      ['website', false],
      ['server', true],
    ]);
    const path = `/api/v1/sources/${sources[0]!.id}`;
    expect(await call('PATCH', path, { trusted: true })).toMatchObject({ status: 200, body: { trusted: true } });
    const key = (await call('POST', `${path}/write-keys`, { name: 'New' })).body['key'] as string;
    await say((sdk) => sdk.track(track('claim-no-more', said)), key);
    expect(await identityOf('claim-no-more')).toEqual({ kinds: ['email', 'anonymousId'], claims: [] });
    await call('PATCH', path, { trusted: false });
    const { body: audit } = await call('GET', '/api/v1/audit?limit=500');
    const actions = (audit['items'] as { action: string }[]).map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['source.trusted', 'source.distrusted']));
  });
});

describe('kinds', () => {
  it('an own kind identifies by externalIds and traits, and a name once used means the same for ever', async () => {
    await set(withOwn('crmId'));
    const external = { id: 'C-7', type: 'crm_id', collection: 'users', encoding: 'none' };
    await say((sdk) => {
      sdk.track(track('own-1', { anonymousId: 'own-laptop', context: { externalIds: [external] } }));
      sdk.identify({ userId: 'own-ada', traits: { crmId: 'C-7' } });
      const others = [
        { ...external, id: 'acme', collection: 'accounts' },
        { ...external, id: 'a1b2', encoding: 'sha256' },
        { ...external, type: 'ghost_id' },
        { id: '+44 20 7946 0019', type: 'phone', collection: 'users', encoding: 'none' },
      ];
      sdk.track(track('own-2', { userId: 'own-bob', context: { externalIds: others } }));
    }, trustedKey);
    expect(await identityOf('own-1')).toEqual({ kinds: ['crmId', 'anonymousId'], claims: [] });
    expect(await identityOf('own-2')).toEqual({ kinds: ['userId', 'phone'], claims: [] });
    const ada = await profileOf('crmId:C-7');
    const identifiers = ['userId own-ada', 'crmId C-7', 'anonymousId own-laptop'];
    expect(heldBy(ada)).toEqual(identifiers);
    expect(ada?.['traits']).toMatchObject({ crmId: 'C-7' });
    expect((await loggedLines(world)).join()).not.toContain('C-7');

    await set({});
    await say((sdk) => sdk.track(track('own-3', { anonymousId: 'x-3', context: { externalIds: [external] } })));
    expect(await identityOf('own-3')).toEqual({ kinds: ['anonymousId'], claims: [] });
    expect(heldBy(await profileOf('userId:own-ada')).sort()).toEqual([...identifiers].sort());
    expect(await world.get('/api/v1/profiles?identifier=crmId:C-7')).toMatchObject({ status: 400 });

    await set(withOwn('otherId', 'crmId'));
    expect(await set(withOwn('crm_id'))).toMatchObject({ status: 400, body: { errors: [{ field: 'kinds' }] } });
    expect((await profileOf('crmId:C-7'))?.['id']).toBe(ada?.['id']);
  });

  it('an event’s identifiers follow the workspace’s order', async () => {
    const kinds = [...defaults.kinds].sort((a, b) => Number(b.kind === 'email') - Number(a.kind === 'email'));
    await set({ kinds });
    await say((sdk) => {
      const context = { device: { id: 'handset' }, traits: { email: 'rank@shop.example' } };
      sdk.track(track('ranked', { userId: 'ranked', anonymousId: 'ranked-web', context }));
    }, trustedKey);
    expect(await identityOf('ranked')).toEqual({ kinds: ['email', 'userId', 'device', 'anonymousId'], claims: [] });
  });
});

describe('settings', () => {
  it('that cannot hold are refused, field by field, and change nothing', async () => {
    const before = (await call('GET', '/api/v1/identity/settings')).body;
    const fieldsOf = async (change: object) => {
      const { status, body } = await call('PUT', '/api/v1/identity/settings', { ...defaults, ...change });
      return [status, ...(body['errors'] as { field: string }[]).map(({ field }) => field)];
    };
    const twoUserIds = defaults.kinds.map((rule) => (rule.kind === 'userId' ? { ...rule, limit: 2 } : rule));
    expect(await fieldsOf({ kinds: twoUserIds })).toEqual([400, 'kinds[0].limit']);
    expect(await fieldsOf({ kinds: defaults.kinds.slice(1) })).toEqual([400, 'kinds']);
    expect(await fieldsOf(withOwn('bad name'))).toEqual([400, 'kinds[1].kind']);
    expect(await fieldsOf(withOwn('e_mail'))).toEqual([400, 'kinds[1].kind']);
    expect(await fieldsOf({ blockedValues: ['*'] })).toEqual([400, 'blockedValues[0]']);
    expect(await fieldsOf({ country: 'UK' })).toEqual([400, 'country']);
    const many = Array.from({ length: 51 }, (_, i) => `kind${i}`);
    expect(await fieldsOf(withOwn(...many))).toEqual([400, 'kinds']);
    expect((await call('GET', '/api/v1/identity/settings')).body).toEqual(before);
  });

  it('hold in every process within 5 seconds', async () => {
    const other = await openWorld(engines);
    const send = (messageId: string) =>
      other.post('/v1/track', {
        writeKey: WRITE_KEY,
        ...track(messageId, { userId: 'far-1', anonymousId: 'far-web' }),
      });
    await send('far-before');
    expect(await identityOf('far-before')).toMatchObject({ kinds: ['userId', 'anonymousId'] });
    await set({ blockedValues: ['far-*'], kinds: defaults.kinds });
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 5_000);
    expect((await send('far-after')).body['accepted']).toBe(0);
    await other.close();
  });
});
