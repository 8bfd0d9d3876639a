import type { Role } from '@segue/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PASSWORD, signInAs, type SignedIn } from '../testing/sign-in-as.ts';
import { openWorld, type Shop, type World } from '../testing/world.ts';

let world: World;
let shop: Shop;
let owner: SignedIn;

beforeAll(async () => {
  world = await openWorld();
});
beforeEach(async () => {
  shop = await world.addShop();
  owner = await signInAs(world, shop.workspaceId, 'owner');
});
afterAll(() => world.close());

type By = { cookie?: string; key?: string };
interface Made {
  readonly id: string;
  readonly key: string;
}
const makeKey = async (by: By, scopes: readonly string[], name = 'Hers'): Promise<Made> => {
  // Lists are ordered by when things were made.
  world.clock.advance(1);
  const answer = await world.call('POST', '/api/v1/api-keys', { ...by, body: { name, scopes } });
  expect(answer.status).toBe(201);
  return answer.body as unknown as Made;
};
let people = 0;
const invite = async (by: By, role: Role) => {
  const body = { email: `new${people++}@shop.example`, role };
  const answer = await world.call('POST', '/api/v1/invites', { ...by, body });
  expect(answer.status).toBe(201);
  return { id: String(answer.body['id']), token: String(answer.body['link']).split('#token=')[1]! };
};
const accept = async (token: string) =>
  (await world.call('POST', '/api/auth/accept-invite', { body: { token, name: 'Mina', password: PASSWORD } })).status;
const remove = (id: string, query = '', by: By = owner) => world.call('DELETE', `/api/v1/members/${id}${query}`, by);
const setRole = (id: string, body: object, by: By = owner) =>
  world.call('PATCH', `/api/v1/members/${id}`, { ...by, body });
/** What the key is known as in the list: never from the brief memory of keys. */
const keyOf = async (id: string) => {
  const list = await world.call('GET', '/api/v1/api-keys?limit=100', owner);
  return (list.body['items'] as { id: string; state: string; scopes: string[] }[]).find((key) => key.id === id)!;
};
const auditOf = async (subject: string) => {
  const list = await world.call('GET', `/api/v1/audit?subject=${subject}`, owner);
  const items = list.body['items'] as { action: string; detail: unknown }[];
  return items.filter(({ action }) => !action.startsWith('login.')).map(({ action, detail }) => ({ action, detail }));
};

describe('a member who leaves', () => {
  it('leaves no key and no invite behind, not even those made with a key of hers; answer and audit name them', async () => {
    const admin = await signInAs(world, shop.workspaceId, 'admin');
    const { memberId } = admin.member;
    const first = await makeKey(admin, ['keys:write', 'members:write', 'profiles:read']);
    const second = await makeKey({ key: first.key }, ['profiles:read'], 'Of her key');
    const others = await makeKey(owner, ['profiles:read'], 'Of the owner');
    const [open, byKey, untouched] = [
      await invite(admin, 'marketer'),
      await invite({ key: shop.apiKey }, 'analyst'),
      await invite(owner, 'analyst'),
    ];
    const removed = await remove(memberId);
    expect([removed.status, removed.body]).toEqual([
      200,
      {
        keysRevoked: [first, second].map(({ id }) => expect.objectContaining({ id })),
        keysLimited: [],
        keysKept: [],
        invitesRevoked: [open.id],
      },
    ]);
    expect(await accept(open.token)).toBe(404);
    expect([await accept(byKey.token), await accept(untouched.token)]).toEqual([200, 200]);
    expect((await keyOf(first.id)).state).toBe('revoked');
    expect((await keyOf(second.id)).state).toBe('revoked');
    expect((await keyOf(others.id)).state).toBe('active');
    expect(await auditOf(memberId)).toContainEqual({
      action: 'member.removed',
      detail: {
        role: 'admin',
        keysRevoked: [first.id, second.id],
        keysLimited: [],
        keysKept: [],
        invitesRevoked: [open.id],
      },
    });
    expect(await auditOf(second.id)).toContainEqual({ action: 'api_key.revoked', detail: { maker: memberId } });
    expect(await auditOf(open.id)).toContainEqual({ action: 'invite.revoked', detail: { maker: memberId } });
  });

  it('leaves her keys to whoever keeps them, and they end with that member instead', async () => {
    const [admin, keeper] = [
      await signInAs(world, shop.workspaceId, 'admin'),
      await signInAs(world, shop.workspaceId, 'admin'),
    ];
    const key = await makeKey(admin, ['workspace:read']);
    const kept = await remove(admin.member.memberId, '?keepKeys=true', keeper);
    expect(kept.body).toMatchObject({ keysRevoked: [], keysKept: [{ id: key.id }] });
    expect((await world.call('GET', '/api/v1/workspace', { key: key.key })).status).toBe(200);
    expect(await auditOf(key.id)).toContainEqual(expect.objectContaining({ action: 'api_key.kept' }));
    expect((await remove(keeper.member.memberId)).body).toMatchObject({ keysRevoked: [{ id: key.id }] });
    expect((await keyOf(key.id)).state).toBe('revoked');
  });

  it('leaves no key to herself, nor to anybody who may do less than it', async () => {
    const other = await signInAs(world, shop.workspaceId, 'owner');
    const admin = await signInAs(world, shop.workspaceId, 'admin');
    await makeKey(other, ['*']);
    await setRole(other.member.memberId, { role: 'admin', keepKeys: true });
    await makeKey(admin, ['profiles:read']);
    const own = await remove(admin.member.memberId, '?keepKeys=true', admin);
    expect([own.status, own.body['title']]).toEqual([403, 'Nobody keeps her own keys when she may do less']);
    const inviter = await makeKey(owner, ['members:write', 'profiles:read']);
    await makeKey(admin, ['profiles:write']);
    const agent = await setRole(admin.member.memberId, { role: 'analyst', keepKeys: true }, { key: inviter.key });
    expect(agent.status).toBe(403);
    expect((await world.call('GET', '/api/v1/workspace', { cookie: admin.cookie })).status).toBe(200);
    expect((await remove(admin.member.memberId, '?keepKeys=perhaps')).status).toBe(400);
  });

  it('makes nothing more with a key that has just been taken from her, though it is still remembered', async () => {
    const admin = await signInAs(world, shop.workspaceId, 'admin');
    const key = await makeKey(admin, ['keys:write', 'members:write', 'workspace:read']);
    expect((await world.call('GET', '/api/v1/workspace', { key: key.key })).status).toBe(200);
    await remove(admin.member.memberId);
    const body = { name: 'Another', scopes: ['workspace:read'] };
    expect((await world.call('POST', '/api/v1/api-keys', { key: key.key, body })).status).toBe(401);
    const invited = { email: 'late@shop.example', role: 'analyst' };
    expect((await world.call('POST', '/api/v1/invites', { key: key.key, body: invited })).status).toBe(401);
  });
});

describe('a member who may do less', () => {
  it('keeps of her keys what her new role has, and of her invites none she could send no more', async () => {
    const other = await signInAs(world, shop.workspaceId, 'owner');
    const every = await makeKey(other, ['*']);
    const reads = await makeKey(other, ['profiles:read', 'segments:read']);
    const mixed = await makeKey(other, ['segments:write', 'keys:write']);
    const guarded = await makeKey(other, ['audit:read', 'keys:write']);
    const [owners, agents] = [await invite(other, 'owner'), await invite(other, 'agent')];
    const asAdmin = await setRole(other.member.memberId, { role: 'admin' });
    expect(asAdmin.body).toMatchObject({ role: 'admin', invitesRevoked: [owners.id], keysLimited: [{ id: every.id }] });
    expect((await keyOf(every.id)).scopes).not.toContain('*');
    const asMarketer = await setRole(other.member.memberId, { role: 'marketer' });
    expect(asMarketer.body).toMatchObject({
      keysRevoked: [{ id: guarded.id }],
      keysLimited: [{ id: every.id }, { id: mixed.id }],
      keysKept: [],
      invitesRevoked: [agents.id],
    });
    expect([await accept(owners.token), await accept(agents.token)]).toEqual([404, 404]);
    expect((await keyOf(guarded.id)).state).toBe('revoked');
    expect(await keyOf(mixed.id)).toMatchObject({ state: 'active', scopes: ['segments:write'] });
    expect((await keyOf(every.id)).scopes).not.toContain('keys:write');
    expect(await keyOf(reads.id)).toMatchObject({ state: 'active', scopes: ['profiles:read', 'segments:read'] });
    expect(await auditOf(mixed.id)).toContainEqual({
      action: 'api_key.limited',
      detail: { maker: other.member.memberId, scopes: ['segments:write'] },
    });
  });

  it('loses nothing when her role is set to what it was, or to one that may do more', async () => {
    const admin = await signInAs(world, shop.workspaceId, 'admin');
    const key = await makeKey(admin, ['keys:write']);
    const open = await invite(admin, 'agent');
    for (const role of ['admin', 'owner']) {
      const changed = await setRole(admin.member.memberId, { role });
      expect(changed.body).toMatchObject({ role, keysRevoked: [], keysLimited: [], invitesRevoked: [] });
    }
    expect((await keyOf(key.id)).state).toBe('active');
    expect(await accept(open.token)).toBe(200);
  });
});
