import { type Role, ROLE_SCOPES } from '@segue/contract';
import { afterAll, beforeEach, beforeAll, describe, expect, it } from 'vitest';
import { addMember, cookiesOf, PASSWORD, signIn, signInAs } from '../testing/sign-in-as.ts';
import { type Answer, openWorld, type Shop, type World } from '../testing/world.ts';
import { INVITE_MS } from './invite.ts';

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
});
beforeEach(async () => {
  shop = await world.addShop();
});
afterAll(() => world.close());

const opens = async (cookie: string) => (await world.call('GET', '/api/v1/workspace', { cookie })).status;
const setRole = (by: { cookie?: string; key?: string }, id: string, role: Role) =>
  world.call('PATCH', `/api/v1/members/${id}`, { ...by, body: { role } });
const remove = (by: { cookie?: string; key?: string }, id: string) => world.call('DELETE', `/api/v1/members/${id}`, by);

describe('members', () => {
  it('end with their removal, at once: sessions open nothing, whatever they were doing', async () => {
    const owner = await signInAs(world, shop.workspaceId, 'owner');
    const admin = await signInAs(world, shop.workspaceId, 'admin');
    const body = { name: 'Hers', scopes: ['profiles:read'] };
    const key = await world.call('POST', '/api/v1/api-keys', { cookie: admin.cookie, body });
    const { id, name, prefix } = key.body;
    const removed = await remove(owner, admin.member.memberId);
    expect([removed.status, removed.body]).toMatchObject([200, { keysRevoked: [{ id, name, prefix }] }]);
    expect(await opens(admin.cookie)).toBe(403);
    const session = await world.call('GET', '/api/auth/session', { cookie: admin.cookie });
    expect(session.body['workspaces']).toEqual([]);
    expect((await remove(owner, admin.member.memberId)).status).toBe(404);
  });

  it('change what they may do at once with their role', async () => {
    const owner = await signInAs(world, shop.workspaceId, 'owner');
    const member = await signInAs(world, shop.workspaceId, 'analyst');
    const list = () => world.call('GET', '/api/v1/members', { cookie: member.cookie });
    expect((await list()).status).toBe(403);
    expect((await setRole(owner, member.member.memberId, 'admin')).body).toMatchObject({ role: 'admin' });
    expect((await list()).status).toBe(200);
  });

  it('keep the last owner, even when two owners let each other go at the same time', async () => {
    const [ada, eve] = [
      await signInAs(world, shop.workspaceId, 'owner'),
      await signInAs(world, shop.workspaceId, 'owner'),
    ];
    const tried = await Promise.all([
      setRole(ada, eve.member.memberId, 'agent'),
      setRole(eve, ada.member.memberId, 'agent'),
      remove(ada, eve.member.memberId),
      remove(eve, ada.member.memberId),
    ]);
    expect(tried.map((answer) => answer.status)).toContain(200);
    const { rows } = await world.services.postgres.query({
      text: "select 1 from member where workspace_id = $1 and role = 'owner' and removed_at is null",
      values: [shop.workspaceId],
    });
    expect(rows).toHaveLength(1);
  });

  it('leave owners to owners: neither an admin nor an API key touches one or makes one', async () => {
    const owner = await addMember(world.services, shop.workspaceId, { role: 'owner' });
    await addMember(world.services, shop.workspaceId, { role: 'owner' });
    const admin = await signInAs(world, shop.workspaceId, 'admin');
    const agent = await addMember(world.services, shop.workspaceId, { role: 'agent' });
    for (const by of [{ cookie: admin.cookie }, { key: shop.apiKey }]) {
      const body = { email: 'new@shop.example', role: 'owner' };
      const tried: Answer[] = [
        await setRole(by, owner.memberId, 'agent'),
        await remove(by, owner.memberId),
        await setRole(by, agent.memberId, 'owner'),
        await world.call('POST', '/api/v1/invites', { ...by, body }),
      ];
      for (const answer of tried)
        expect([answer.status, answer.body['title']]).toEqual([403, 'Only an owner makes, changes or removes owners']);
    }
    expect((await setRole({ cookie: admin.cookie }, agent.memberId, 'staff')).status).toBe(200);
  });

  it('of one workspace see nothing of another, and choose among their own', async () => {
    const other = await world.addShop('Neighbour');
    const theirs = await addMember(world.services, other.workspaceId, { role: 'owner' });
    const mine = await signInAs(world, shop.workspaceId, 'owner');
    const { rows } = await world.services.postgres.query<{ id: number; wsp: string }>({
      text: `select id, 'wsp_' || replace(public_id::text, '-', '') as wsp from workspace where id = any($1)`,
      values: [[shop.workspaceId, other.workspaceId]],
    });
    const wsp = (id: number) => rows.find((row) => row.id === id)!.wsp;
    const at = (workspace: string, url = '/api/v1/workspace') =>
      world.call('GET', url, { cookie: mine.cookie, headers: { 'segue-workspace': workspace } });
    expect((await at(wsp(other.workspaceId))).status).toBe(403);
    expect((await at('wsp_0')).status).toBe(403);
    const text = (await world.call('GET', '/api/v1/members', { cookie: mine.cookie })).text;
    expect(text).not.toContain(theirs.memberId);
    expect((await setRole(mine, theirs.memberId, 'staff')).status).toBe(404);
    expect((await remove(mine, theirs.memberId)).status).toBe(404);
    await addMember(world.services, other.workspaceId, { role: 'analyst', loginId: mine.member.loginId });
    expect((await at(wsp(other.workspaceId))).body).toMatchObject({ name: 'Neighbour', you: { role: 'analyst' } });
    expect((await at(wsp(other.workspaceId), '/api/v1/members')).status).toBe(403);
    expect((await at(wsp(shop.workspaceId), '/api/v1/members')).status).toBe(200);
  });

  it('work where they opened last; a call that names another workspace changes nothing of that, read or not', async () => {
    const other = await world.addShop('Neighbour');
    const third = await world.addShop('Stranger');
    const mine = await signInAs(world, shop.workspaceId, 'owner');
    await addMember(world.services, other.workspaceId, { role: 'owner', loginId: mine.member.loginId });
    const { rows } = await world.services.postgres.query<{ id: number; wsp: string }>({
      text: `select id, 'wsp_' || replace(public_id::text, '-', '') as wsp from workspace where id = any($1)`,
      values: [[shop.workspaceId, other.workspaceId, third.workspaceId]],
    });
    const wsp = (id: number) => rows.find((row) => row.id === id)!.wsp;
    const loginNow = async () =>
      (
        await world.services.postgres.query({
          text: 'select * from login where id = $1',
          values: [mine.member.loginId],
        })
      ).rows;
    const named = { cookie: mine.cookie, headers: { 'segue-workspace': wsp(other.workspaceId) } };
    const unnamed = async () => (await world.call('GET', '/api/v1/workspace', { cookie: mine.cookie })).body['name'];
    const before = await loginNow();
    expect((await world.call('GET', '/api/v1/workspace', named)).body).toMatchObject({ name: 'Neighbour' });
    expect(await loginNow()).toEqual(before);
    expect((await world.call('PATCH', '/api/v1/workspace', { ...named, body: { name: 'Next door' } })).status).toBe(
      200,
    );
    expect(await loginNow()).toEqual(before);
    expect(await unnamed()).toBe('Shop');
    const open = async (workspace: string) =>
      (await world.call('POST', '/api/auth/open-workspace', { cookie: mine.cookie, body: { workspace } })).status;
    expect(await open(wsp(other.workspaceId))).toBe(204);
    expect(await unnamed()).toBe('Next door');
    expect([await open(wsp(third.workspaceId)), await open('wsp_0')]).toEqual([403, 403]);
    expect(await unnamed()).toBe('Next door');
    const session = await world.call('GET', '/api/auth/session', { cookie: mine.cookie });
    const last = (session.body['workspaces'] as { name: string; isLast: boolean }[]).filter((one) => one.isLast);
    expect(last).toMatchObject([{ name: 'Next door' }]);
  });

  it('are listed oldest first, page by page, each once', async () => {
    const made: string[] = [];
    for (const role of ['owner', 'admin', 'agent', 'staff', 'analyst'] as const) {
      world.clock.advance(1);
      made.push((await addMember(world.services, shop.workspaceId, { role })).memberId);
    }
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await world.call('GET', `/api/v1/members?limit=2&cursor=${cursor}`, { key: shop.apiKey });
      const { items, nextCursor } = page.body as unknown as { items: { id: string }[]; nextCursor: string | null };
      seen.push(...items.map((item) => item.id));
      cursor = nextCursor ?? '';
    } while (cursor !== '');
    expect(seen).toEqual(made);
  });
});

describe('an invite', () => {
  const invite = async (email: string, role: Role = 'marketer') => {
    const answer = await world.call('POST', '/api/v1/invites', { key: shop.apiKey, body: { email, role } });
    expect([answer.status, answer.body['mail']]).toEqual([201, 'sending']);
    const link = String(answer.body['link']);
    return { id: String(answer.body['id']), link, token: link.split('#token=')[1]! };
  };
  const accept = (token: string, more: object = {}, cookie?: string) =>
    world.call('POST', '/api/auth/accept-invite', { body: { token, ...more }, cookie });
  const newcomer = { name: 'Mina', password: PASSWORD };
  const spent = 'This invite was used, was revoked, or has expired';
  let people = 0;
  const newEmail = () => `mina${people++}@shop.example`;

  it('is mailed, makes its holder a member once, and signs her in', async () => {
    const email = newEmail();
    const { token, link } = await invite(email.toUpperCase(), 'marketer');
    await world.settle();
    expect(world.mails.at(-1)).toMatchObject({ to: email, text: expect.stringContaining(link) });
    const look = await world.call('POST', '/api/auth/invite', { body: { token } });
    expect(look.body).toEqual({ workspace: 'Shop', email, role: 'marketer', next: 'choosePassword' });
    const accepted = await accept(token, newcomer);
    expect([accepted.status, accepted.body]).toEqual([200, { next: 'done' }]);
    const cookie = cookiesOf(accepted.setCookie);
    expect((await world.call('GET', '/api/v1/workspace', { cookie })).body).toMatchObject({
      you: { role: 'marketer' },
    });
    const again = await accept(token, { ...newcomer, name: 'Eve' });
    expect([again.status, again.body['title']]).toEqual([404, spent]);
    expect((await world.call('POST', '/api/auth/invite', { body: { token } })).status).toBe(404);
    await signIn(world.app, { email });
  });

  it('opens nothing once it has expired, was revoked, or was replaced by another to the same address', async () => {
    const [late, revoked, replaced] = [
      await invite(newEmail()),
      await invite(newEmail()),
      await invite('old@shop.example'),
    ];
    const { id } = revoked;
    expect((await world.call('DELETE', `/api/v1/invites/${id}`, { key: shop.apiKey })).status).toBe(204);
    expect((await world.call('DELETE', `/api/v1/invites/${id}`, { key: shop.apiKey })).status).toBe(404);
    const newest = await invite('old@shop.example');
    for (const { token } of [revoked, replaced]) expect((await accept(token, newcomer)).status).toBe(404);
    expect((await accept('invented', newcomer)).status).toBe(404);
    expect((await accept(newest.token, newcomer)).status).toBe(200);
    world.clock.advance(INVITE_MS);
    expect((await accept(late.token, newcomer)).body['title']).toBe(spent);
    const list = await world.call('GET', '/api/v1/invites', { key: shop.apiKey });
    const states = (list.body['items'] as { state: string }[]).map((item) => item.state).sort();
    expect(states).toEqual(['accepted', 'expired', 'revoked', 'revoked']);
  });

  it('is taken by one of two who hold the link', async () => {
    const { token } = await invite(newEmail());
    const tried = await Promise.all([accept(token, newcomer), accept(token, newcomer)]);
    expect(tried.map((answer) => answer.status).sort()[0]).toBe(200);
    expect(tried.filter((answer) => answer.status === 200)).toHaveLength(1);
  });

  it('to an address that signs in already opens only for whoever is signed in with it', async () => {
    const other = await world.addShop('Elsewhere');
    const { cookie, member } = await signInAs(world, other.workspaceId, 'owner');
    const stranger = await signInAs(world, other.workspaceId, 'owner');
    const { token } = await invite(member.email, 'agent');
    for (const given of [undefined, stranger.cookie]) {
      const refused = await accept(token, { name: 'Eve', password: 'taken over by me' }, given);
      expect([refused.status, refused.body['title']]).toEqual([409, 'This address signs in already']);
    }
    const look = await world.call('POST', '/api/auth/invite', { body: { token }, cookie });
    expect(look.body['next']).toBe('join');
    expect((await accept(token, {}, cookie)).body).toEqual({ next: 'done' });
    const session = await world.call('GET', '/api/auth/session', { cookie });
    const workspaces = session.body['workspaces'] as { role: string }[];
    expect(workspaces.map((workspace) => workspace.role).sort()).toEqual(['agent', 'owner']);
    const twice = await world.call('POST', '/api/v1/invites', {
      key: shop.apiKey,
      body: { email: member.email, role: 'agent' },
    });
    expect(twice.status).toBe(409);
  });

  it('gives no role that may do more than whoever invites', async () => {
    const body = { name: 'Inviter', scopes: ['members:write', ...ROLE_SCOPES.analyst] };
    const { key } = (await world.call('POST', '/api/v1/api-keys', { key: shop.apiKey, body })).body as { key: string };
    const give = (role: Role) => world.call('POST', '/api/v1/invites', { key, body: { email: newEmail(), role } });
    expect((await give('analyst')).status).toBe(201);
    const refused = await give('admin');
    expect([refused.status, refused.body['title']]).toEqual([403, 'This role may do more than you may']);
  });

  it('names each field at fault', async () => {
    const bad = await world.call('POST', '/api/v1/invites', {
      key: shop.apiKey,
      body: { email: 'mina', role: 'king' },
    });
    expect(bad.body['errors']).toEqual([
      { field: 'email', message: 'give an email address like ada@shop.example' },
      { field: 'role', message: expect.stringContaining('give one of owner, admin') },
    ]);
    const { token } = await invite(newEmail());
    const fields = ((await accept(token)).body['errors'] as { field: string }[]).map(({ field }) => field);
    expect(fields).toEqual(['name', 'password']);
  });

  it('leaves its token nowhere: not in the tables, the audit or the log', async () => {
    const { token } = await invite(newEmail());
    await accept(token, newcomer);
    const { rows } = await world.services.postgres.query<{ t: string }>({
      text: 'select to_jsonb(i)::text as t from invite i union all select to_jsonb(a)::text from audit_entry a',
    });
    const text = [...rows.map((row) => row.t), ...world.logs].join('\n');
    expect(text).toContain('member.joined');
    expect(text).not.toContain(token);
    expect(rows.filter((row) => row.t.includes('"action"')).join()).not.toContain('@shop.example');
  });

  it('says that it could not be mailed where no mail server is set', async () => {
    const dumb = await openWorld({ mail: false });
    const { apiKey } = await dumb.addShop();
    const body = { email: 'mina@shop.example', role: 'staff' };
    const answer = await dumb.call('POST', '/api/v1/invites', { key: apiKey, body });
    expect(answer.body).toMatchObject({ mail: 'notConfigured', link: expect.stringContaining('/invite#token=') });
    await dumb.close();
  });
});
