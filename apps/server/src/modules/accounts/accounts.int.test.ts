import { ROLE_SCOPES, type Source, SOURCE_KINDS, type WriteKey } from '@segue/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { migratePostgres } from '../../platform/postgres/index.ts';
import { createTestDatabase } from '../../testkit/index.ts';
import { accountsMigrations, createKeyRing, ensureOwners } from './index.ts';
import { signIn, signInAs } from './testing/sign-in-as.ts';
import { openWorld, SECRET, type Shop, type World } from './testing/world.ts';

type NewSource = Source & { readonly writeKey: WriteKey };

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
});
beforeEach(async () => {
  shop = await world.addShop();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => world.close());

/** Moves the clock that caches go by. */
function laterBy(ms: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
}
const read = (key: string) => world.call('GET', '/api/v1/workspace', { key });
const makeKey = async (body: object = {}, by: { key?: string; cookie?: string } = { key: shop.apiKey }) =>
  world.call('POST', '/api/v1/api-keys', { ...by, body: { name: 'Till', scopes: ['workspace:read'], ...body } });
const listKeys = async () =>
  (await world.call('GET', '/api/v1/api-keys', { key: shop.apiKey })).body['items'] as Record<string, unknown>[];

describe('an API key', () => {
  it('is shown once and kept as a hash, with eight characters to recognise it by', async () => {
    const made = await makeKey();
    const key = String(made.body['key']);
    expect(made.body).toMatchObject({ prefix: key.slice(0, 8), state: 'active', createdBy: null, lastUsedAt: null });
    const { rows } = await world.services.postgres.query<{ t: string }>({
      text: 'select to_jsonb(k)::text as t from api_key k union all select to_jsonb(a)::text from audit_entry a',
    });
    expect(rows.map((row) => row.t).join()).not.toContain(key.slice(8));
    expect(JSON.stringify(await listKeys())).not.toContain(key.slice(8));
    expect((await read(key)).status).toBe(200);
  });

  it('may do no more than whoever makes it', async () => {
    const { key } = (await makeKey({ scopes: ['keys:write', 'profiles:read'] })).body as { key: string };
    expect((await makeKey({ scopes: ['profiles:read'] }, { key })).status).toBe(201);
    for (const scopes of [['profiles:write'], ['*'], ['profiles:read', 'audit:read']])
      expect((await makeKey({ scopes }, { key })).status).toBe(403);
    const admin = await signInAs(world, shop.workspaceId, 'admin');
    expect((await makeKey({ scopes: ROLE_SCOPES.admin.slice(0, 5) }, admin)).body['createdBy']).toBe('The admin');
    expect((await makeKey({ scopes: ['*'] }, admin)).status).toBe(403);
    const owner = await signInAs(world, shop.workspaceId, 'owner');
    expect((await makeKey({ scopes: ['*'] }, owner)).status).toBe(201);
  });

  it('opens nothing from its end on, and the 401 says why', async () => {
    const expiresAt = new Date(world.clock.now() + 60_000).toISOString();
    const { key } = (await makeKey({ expiresAt })).body as { key: string };
    expect((await read(key)).status).toBe(200);
    world.clock.advance(60_000);
    const answer = await read(key);
    expect([answer.status, answer.body['title']]).toEqual([401, `This API key expired at ${expiresAt}`]);
    expect((await listKeys()).map((listed) => listed['state'])).toContain('expired');
    expect((await makeKey({ expiresAt })).status).toBe(400);
  });

  it('opens nothing once it was revoked, in every process within five seconds', async () => {
    const { id, key } = (await makeKey()).body as { id: string; key: string };
    const elsewhere = createKeyRing(world.services.postgres, SECRET);
    expect((await elsewhere.findActor(key))?.workspaceId).toBe(shop.workspaceId);
    expect((await read(key)).status).toBe(200);
    expect((await world.call('DELETE', `/api/v1/api-keys/${id}`, { key: shop.apiKey })).status).toBe(204);
    laterBy(5_000);
    expect(await elsewhere.findActor(key)).toBeUndefined();
    expect((await read(key)).status).toBe(401);
    expect((await world.call('DELETE', `/api/v1/api-keys/${id}`, { key: shop.apiKey })).status).toBe(404);
  });

  it('shows when it was used last, written at most once a minute', async () => {
    const { id, key } = (await makeKey()).body as { id: string; key: string };
    const lastUsed = async () => (await listKeys()).find((listed) => listed['id'] === id)!['lastUsedAt'];
    const first = new Date(world.clock.now()).toISOString();
    await read(key);
    world.clock.advance(59_000);
    await read(key);
    expect(await lastUsed()).toBe(first);
    world.clock.advance(1_000);
    await read(key);
    expect(await lastUsed()).toBe(new Date(world.clock.now()).toISOString());
  });

  it('of another workspace is neither shown nor revoked', async () => {
    const other = await world.addShop('Neighbour');
    const { id } = (await makeKey()).body as { id: string };
    expect((await world.call('DELETE', `/api/v1/api-keys/${id}`, { key: other.apiKey })).status).toBe(404);
    expect((await world.call('GET', '/api/v1/api-keys', { key: other.apiKey })).text).not.toContain(id);
  });

  it('is not forgotten however many wrong ones are tried, long ones too', async () => {
    let asked = 0;
    const counted = {
      query: (statement: Parameters<typeof world.services.postgres.query>[0]) => {
        asked += 1;
        return world.services.postgres.query(statement);
      },
    } as typeof world.services.postgres;
    const ring = createKeyRing(counted, SECRET);
    await ring.findActor(shop.apiKey);
    await ring.findSource(shop.writeKey);
    const before = asked;
    expect(await ring.findActor('x'.repeat(100_000))).toBeUndefined();
    expect(await ring.findSource('x'.repeat(100_000))).toBeUndefined();
    expect(asked).toBe(before);
    const wrong = Array.from({ length: 300 }, (_, i) => `${'junk'.repeat(100)}${i}`);
    await Promise.all(wrong.map((key) => ring.findActor(key)));
    const tried = asked;
    expect(await ring.findActor(shop.apiKey)).toMatchObject({ workspaceId: shop.workspaceId });
    expect(asked).toBe(tried);
  });
});

describe('a source', () => {
  const call = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object, key = shop.apiKey) =>
    world.call(method, `/api/v1/sources${path}`, { key, body });
  const find = (key: string) => createKeyRing(world.services.postgres, SECRET).findSource(key);

  it('comes with a write key, can be renamed, disabled and enabled', async () => {
    const made = await call('POST', '', { name: 'App', kind: 'app' });
    const { id, writeKey } = made.body as { id: string; writeKey: { key: string } };
    expect(await find(writeKey.key)).toMatchObject({ workspaceId: shop.workspaceId, isEnabled: true });
    expect((await call('PATCH', `/${id}`, { name: 'New app', enabled: false })).body).toMatchObject({
      name: 'New app',
      enabled: false,
    });
    expect(await find(writeKey.key)).toMatchObject({ isEnabled: false });
    await call('PATCH', `/${id}`, { enabled: true });
    expect(await find(writeKey.key)).toMatchObject({ isEnabled: true });
    const list = await call('GET', '');
    expect((list.body['items'] as { name: string }[]).map(({ name }) => name).sort()).toEqual([
      'First source',
      'New app',
    ]);
  });

  it('is trusted by its kind until somebody says otherwise, and its write key tells', async () => {
    const makeOf = async (body: object) =>
      (await call('POST', '', { name: 'Shop', ...body })).body as unknown as NewSource;
    for (const kind of SOURCE_KINDS) {
      const { trusted, writeKey } = await makeOf({ kind });
      expect([kind, trusted]).toEqual([kind, kind === 'server' || kind === 'store']);
      expect(await find(writeKey.key)).toMatchObject({ isTrusted: trusted });
    }
    const { id, writeKey } = await makeOf({ kind: 'website', trusted: true });
    expect(await find(writeKey.key)).toMatchObject({ isTrusted: true });
    expect((await call('PATCH', `/${id}`, { trusted: false })).body).toMatchObject({ trusted: false, enabled: true });
    expect(await find(writeKey.key)).toMatchObject({ isTrusted: false });
    expect((await call('PATCH', `/${id}`, { trusted: 'yes' })).status).toBe(400);
    const { body } = await world.call('GET', '/api/v1/audit', { key: shop.apiKey });
    const changes = (body['items'] as { action: string; subject: string }[]).filter(({ subject }) => subject === id);
    expect(changes.map(({ action }) => action).sort()).toEqual(['source.created', 'source.distrusted']);
  });

  it('that was there before there was trust is trusted by its kind', async () => {
    const at = accountsMigrations.findIndex(({ id }) => id.endsWith('add-trusted-sources'));
    const database = await createTestDatabase(accountsMigrations.slice(0, at));
    await database.postgres.query({
      text: `with w as (insert into workspace (name, wrapped_key) values ('Shop', '') returning id)
             insert into source (workspace_id, id, name, kind)
             select w.id, gen_random_uuid(), kind, kind from w, unnest($1::text[]) as kind`,
      values: [SOURCE_KINDS],
    });
    await migratePostgres(database.postgres, accountsMigrations);
    const { rows } = await database.postgres.query<{ kind: string }>({
      text: 'select kind from source where trusted order by kind',
    });
    expect(rows.map(({ kind }) => kind)).toEqual(['server', 'store']);
    await database.drop();
  });

  it('loses a revoked write key and keeps the others', async () => {
    const { id } = (await call('POST', '', { name: 'Shop' })).body as { id: string };
    const second = (await call('POST', `/${id}/write-keys`, { name: 'Second' })).body as { id: string; key: string };
    expect(await find(second.key)).toBeDefined();
    expect((await call('DELETE', `/${id}/write-keys/${second.id}`)).status).toBe(204);
    expect(await find(second.key)).toBeUndefined();
    const keys = (await call('GET', `/${id}/write-keys`)).body['items'] as { key: string; revokedAt: string | null }[];
    expect(keys.map((key) => key.revokedAt !== null).sort()).toEqual([false, true]);
    expect(await find(keys.find((key) => key.revokedAt === null)!.key)).toBeDefined();
  });

  it('of another workspace cannot be read or changed', async () => {
    const other = await world.addShop('Neighbour');
    const { id, writeKey } = (await call('POST', '', { name: 'Shop' })).body as {
      id: string;
      writeKey: { id: string };
    };
    const tried = [
      await call('GET', `/${id}`, undefined, other.apiKey),
      await call('PATCH', `/${id}`, { enabled: false }, other.apiKey),
      await call('GET', `/${id}/write-keys`, undefined, other.apiKey),
      await call('POST', `/${id}/write-keys`, { name: 'Mine' }, other.apiKey),
      await call('DELETE', `/${id}/write-keys/${writeKey.id}`, undefined, other.apiKey),
    ];
    expect(tried.map((answer) => answer.status)).toEqual([404, 404, 404, 404, 404]);
  });
});

describe('the audit', () => {
  it('names who did what, newest first, and is found by actor, action, subject and time', async () => {
    const owner = await signInAs(world, shop.workspaceId, 'owner');
    const fromMs = world.clock.now();
    world.clock.advance(1_000);
    const made = await makeKey({ name: 'Till' }, owner);
    world.clock.advance(1_000);
    await world.call('PATCH', '/api/v1/workspace', { key: shop.apiKey, body: { timeZone: 'Europe/Berlin' } });
    const list = async (query = '') => {
      const answer = await world.call('GET', `/api/v1/audit${query}`, { key: shop.apiKey });
      expect(answer.status).toBe(200);
      return answer.body['items'] as { action: string; actor: { name: string }; subject: string }[];
    };
    const all = await list();
    expect(all.map(({ action, actor }) => [action, actor.name])).toEqual([
      ['workspace.updated', 'First key'],
      ['api_key.created', 'The owner'],
      ['login.signed_in', 'The owner'],
    ]);
    const named = async (query: string) => (await list(query)).map(({ action }) => action);
    expect(await named(`?actor=${owner.member.memberId}`)).toEqual(['api_key.created', 'login.signed_in']);
    expect(await named('?action=api_key')).toEqual(['api_key.created']);
    expect(await named('?action=workspace.updated')).toEqual(['workspace.updated']);
    expect(await named(`?subject=${String(made.body['id'])}`)).toEqual(['api_key.created']);
    const at = (ms: number) => encodeURIComponent(new Date(ms).toISOString());
    expect(await named(`?from=${at(fromMs + 1_000)}&to=${at(fromMs + 2_000)}`)).toEqual(['api_key.created']);
    const page = await world.call('GET', '/api/v1/audit?limit=2', { key: shop.apiKey });
    expect(await named(`?limit=2&cursor=${String(page.body['nextCursor'])}`)).toEqual(['login.signed_in']);
  });

  it('of another workspace is not shown, and a role without the scope sees none', async () => {
    const other = await world.addShop('Neighbour');
    await makeKey();
    const theirs = await world.call('GET', '/api/v1/audit', { key: other.apiKey });
    expect(theirs.body['items']).toEqual([]);
    const marketer = await signInAs(world, shop.workspaceId, 'marketer');
    const refused = await world.call('GET', '/api/v1/audit', { cookie: marketer.cookie });
    expect([refused.status, refused.body['title']]).toEqual([
      403,
      'A member who is marketer may not do that; it needs the scope audit:read',
    ]);
  });
});

describe('a workspace', () => {
  it('is changed field by field, and refuses what is no time zone, currency or language', async () => {
    const change = (body: object) => world.call('PATCH', '/api/v1/workspace', { key: shop.apiKey, body });
    expect((await change({ currency: 'GBP' })).body).toMatchObject({ name: 'Shop', currency: 'GBP', timeZone: 'UTC' });
    const bad = await change({ timeZone: 'Mars/Base', currency: 'euro', language: 'English', name: ' ' });
    expect((bad.body['errors'] as { field: string }[]).map(({ field }) => field).sort()).toEqual([
      'currency',
      'language',
      'name',
      'timeZone',
    ]);
  });

  it('is made by an owner who is signed in, who then works in both', async () => {
    const owner = await signInAs(world, shop.workspaceId, 'owner');
    const admin = await signInAs(world, shop.workspaceId, 'admin');
    const make = (by: { cookie?: string; key?: string }) =>
      world.call('POST', '/api/v1/workspaces', { ...by, body: { name: 'Second', currency: 'USD' } });
    expect((await make({ cookie: admin.cookie })).status).toBe(403);
    expect((await make({ key: shop.apiKey })).status).toBe(403);
    const made = (await make({ cookie: owner.cookie })).body as Record<string, string>;
    expect(made).toMatchObject({ name: 'Second', currency: 'USD' });
    const headers = { 'segue-workspace': made['id']! };
    const second = await world.call('GET', '/api/v1/workspace', { cookie: owner.cookie, headers });
    expect(second.body).toMatchObject({ name: 'Second', you: { role: 'owner' } });
    expect((await read(made['apiKey']!)).body).toMatchObject({ id: made['id'] });
  });
});

describe('the first start', () => {
  it('gives every workspace without an owner one, once, with a password shown once', async () => {
    const { postgres, clock } = world.services;
    const nowMs = clock.now();
    const made = await Promise.all([1, 2, 3].map(() => ensureOwners(postgres, { nowMs })));
    const [owner] = made.filter((one) => one !== undefined);
    expect(made.filter((one) => one !== undefined)).toHaveLength(1);
    const { cookie } = await signIn(world.app, { email: owner!.email, password: owner!.password! });
    const session = await world.call('GET', '/api/auth/session', { cookie });
    expect((session.body['workspaces'] as unknown[]).length).toBeGreaterThan(1);
    await world.addShop('Later');
    const again = await ensureOwners(postgres, { nowMs });
    expect(again).toEqual({ email: owner!.email, password: undefined });
    const given = { nowMs, email: 'Boss@shop.example', password: 'given by the operator' };
    await world.addShop('Given');
    expect(await ensureOwners(postgres, given)).toEqual({ email: 'boss@shop.example', password: undefined });
    await signIn(world.app, { email: 'boss@shop.example', password: given.password });
    const text = JSON.stringify([world.logs]);
    expect(text).not.toContain(owner!.password!);
  });
});
