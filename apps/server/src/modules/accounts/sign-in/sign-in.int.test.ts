import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addMember, cookiesOf, newPlace, PASSWORD, signIn, signInAs } from '../testing/sign-in-as.ts';
import { type Answer, openWorld, type Shop, type World } from '../testing/world.ts';
import { FAILURES_MAX, LOCK_MS } from './lockout.ts';

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.addShop();
});
afterAll(() => world.close());

const tryPassword = (email: string, password: string, place?: string) =>
  world.call('POST', '/api/auth/sign-in/email', { body: { email, password }, place });

const actions = async (shopId = shop.workspaceId): Promise<string[]> => {
  await world.settle();
  const { rows } = await world.services.postgres.query<{ action: string }>({
    text: 'select action from audit_entry where workspace_id = $1 order by id',
    values: [shopId],
  });
  return rows.map((row) => row.action);
};

describe('signing in', () => {
  it('gives an httpOnly, SameSite=Lax cookie that opens the API, and no token to a page', async () => {
    const member = await addMember(world.services, shop.workspaceId, { role: 'owner' });
    const answer = await tryPassword(member.email.toUpperCase(), PASSWORD);
    expect([answer.status, answer.body]).toEqual([200, { next: 'done' }]);
    expect(answer.setCookie.join('\n')).toMatch(/^segue\.session_token=[^;]+;.*HttpOnly;.*SameSite=Lax/im);
    expect(answer.setCookie.join('\n')).not.toMatch(/Secure/);
    const cookie = cookiesOf(answer.setCookie);
    const workspace = await world.call('GET', '/api/v1/workspace', { cookie });
    expect(workspace.body).toMatchObject({ name: 'Shop', you: { kind: 'member', id: member.memberId, role: 'owner' } });
    const session = await world.call('GET', '/api/auth/session', { cookie });
    expect(session.body).toMatchObject({
      email: member.email,
      hasTotp: false,
      workspaces: [{ name: 'Shop', role: 'owner' }],
    });
    expect(session.text).not.toMatch(/token/i);
  });

  it('marks the cookie Secure where the installation is reached over https', async () => {
    const secure = await openWorld({ publicUrl: 'https://segue.shop.example' });
    const { workspaceId } = await secure.addShop();
    const member = await addMember(secure.services, workspaceId, { role: 'owner' });
    const headers = { origin: 'https://segue.shop.example' };
    const body = { email: member.email, password: PASSWORD };
    const answer = await secure.call('POST', '/api/auth/sign-in/email', { body, headers });
    expect(answer.setCookie.join('\n')).toMatch(/^__Secure-segue\.session_token=[^;]+;.*Secure/im);
    await secure.close();
  });

  it('answers a wrong password, an unknown address and a locked one alike', async () => {
    const member = await addMember(world.services, shop.workspaceId, { role: 'agent' });
    const place = () => newPlace();
    const wrong = await tryPassword(member.email, 'wrong password', place());
    const unknown = await tryPassword('nobody@shop.example', 'wrong password', place());
    for (let i = 1; i < FAILURES_MAX; i++) await tryPassword(member.email, 'wrong password', place());
    const locked = await tryPassword(member.email, PASSWORD, place());
    const saidOf = ({ status, body }: Answer) => [status, { ...body, requestId: '' }];
    for (const answer of [wrong, unknown, locked]) {
      expect(saidOf(answer)).toEqual([401, { ...wrong.body, requestId: '' }]);
      expect(answer.setCookie).toEqual([]);
    }
    const names = (headers: Readonly<Record<string, unknown>>) => Object.keys(headers).sort();
    expect(names(unknown.headers)).toEqual(names(wrong.headers));
    expect(names(locked.headers)).toEqual(names(wrong.headers));
    world.clock.advance(LOCK_MS);
    expect((await tryPassword(member.email, PASSWORD, place())).status).toBe(200);
    expect((await actions()).filter((action) => action === 'login.failed')).toHaveLength(FAILURES_MAX);
    expect(await actions()).toContain('login.locked');
  });

  it('lets nobody try more passwords for an address by trying them all at once from many places', async () => {
    const { workspaceId } = await world.addShop();
    const member = await addMember(world.services, workspaceId, { role: 'agent' });
    const tries = Array.from({ length: FAILURES_MAX + 5 }, (_, i) => tryPassword(member.email, `wrong password ${i}`));
    expect(new Set((await Promise.all(tries)).map((answer) => answer.status))).toEqual(new Set([401]));
    const written = await actions(workspaceId);
    expect(written.filter((action) => action === 'login.failed')).toHaveLength(FAILURES_MAX);
    expect(written.filter((action) => action === 'login.locked')).toHaveLength(5);
  });

  it('locks an unknown address as well, so that a lock says nothing', async () => {
    for (let i = 0; i < FAILURES_MAX + 1; i++) {
      expect((await tryPassword('ghost@shop.example', 'wrong password')).status).toBe(401);
    }
  });

  it('slows somebody down who tries many addresses from one place', async () => {
    const place = newPlace();
    const statuses: number[] = [];
    for (let i = 0; i < 25; i++)
      statuses.push((await tryPassword(`n${i}@shop.example`, 'wrong password', place)).status);
    expect(new Set(statuses.slice(0, 20))).toEqual(new Set([401]));
    expect(new Set(statuses.slice(20))).toEqual(new Set([429]));
    const refused = await tryPassword('n@shop.example', 'wrong password', place);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    world.clock.advance(60_000);
    expect((await tryPassword('n@shop.example', 'wrong password', place)).status).toBe(401);
  });

  it('takes nobody in by itself: the paths of the library that are not ours are shut', async () => {
    const body = { email: 'eve@shop.example', password: 'a long password', name: 'Eve' };
    for (const path of ['/sign-up/email', '/sign-in/social', '/update-user', '/delete-user', '/change-email', '/ok']) {
      expect((await world.call('POST', `/api/auth${path}`, { body })).status).toBe(404);
    }
    for (const path of ['/list-sessions', '/get-session', '/list-accounts', '/two-factor/get-totp-uri', '/error'])
      expect((await world.call('GET', `/api/auth${path}`)).status).toBe(404);
  });
});

describe('a session', () => {
  it('opens nothing once it was signed out, has ended, or its cookie was changed', async () => {
    const { cookie } = await signInAs(world, shop.workspaceId, 'owner');
    const read = (given: string) => world.call('GET', '/api/v1/workspace', { cookie: given });
    expect((await read(cookie)).status).toBe(200);
    for (let at = cookie.indexOf('=') + 1; at < cookie.length; at += 7) {
      // A to D share their upper bits: in the last character of a base64 signature only those count.
      const changed = cookie.slice(0, at) + (/[A-D]/.test(cookie[at] ?? '') ? 'z' : 'A') + cookie.slice(at + 1);
      expect((await read(changed)).status).toBe(401);
    }
    const { cookie: ended } = await signInAs(world, shop.workspaceId, 'owner');
    await world.services.postgres.query({ text: "update login_session set expires_at = now() - interval '1 second'" });
    expect((await read(ended)).status).toBe(401);
    const { cookie: left } = await signInAs(world, shop.workspaceId, 'owner');
    expect((await world.call('POST', '/api/auth/sign-out', { cookie: left, body: {} })).status).toBe(200);
    expect((await read(left)).status).toBe(401);
  });

  it('is listed to its own login only, without its token, and can be ended one by one or all others at once', async () => {
    const { cookie, member } = await signInAs(world, shop.workspaceId, 'marketer');
    const others = [await signIn(world.app, member), await signIn(world.app, member)];
    const stranger = await signInAs(world, shop.workspaceId, 'owner');
    const list = await world.call('GET', '/api/auth/sessions', { cookie });
    const items = list.body['items'] as { id: string; isThis: boolean }[];
    expect(items.map((item) => item.isThis)).toEqual([false, false, true]);
    const token = decodeURIComponent(cookie.split('=')[1]!).split('.')[0]!;
    expect(list.text).not.toContain(token);
    const end = (by: string, id: string) => world.call('DELETE', `/api/auth/sessions/${id}`, { cookie: by });
    expect((await end(stranger.cookie, items[0]!.id)).status).toBe(404);
    expect((await end(cookie, items[0]!.id)).status).toBe(204);
    const holds = async () =>
      Promise.all(
        [cookie, ...others.map((other) => other.cookie)].map(
          async (given) => (await world.call('GET', '/api/v1/workspace', { cookie: given })).status,
        ),
      );
    expect((await holds()).filter((status) => status === 200)).toHaveLength(2);
    expect((await world.call('POST', '/api/auth/end-other-sessions', { cookie })).status).toBe(204);
    expect(await holds()).toEqual([200, 401, 401]);
    expect((await world.call('GET', '/api/v1/workspace', { cookie: stranger.cookie })).status).toBe(200);
  });

  it('lets no other site call through it', async () => {
    const { cookie } = await signInAs(world, shop.workspaceId, 'owner');
    const rename = (headers: Record<string, string>) =>
      world.app.inject({
        method: 'PATCH',
        url: '/api/v1/workspace',
        headers: { cookie, host: '127.0.0.1:4100', ...headers },
        payload: { name: 'Renamed' },
      });
    const forged: Record<string, string>[] = [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://127.0.0.1:4101' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:4100' },
    ];
    for (const headers of forged) expect([headers, (await rename(headers)).statusCode]).toEqual([headers, 403]);
    expect((await rename({ origin: 'http://127.0.0.1:4100', 'sec-fetch-site': 'same-origin' })).statusCode).toBe(200);
    const leave = {
      method: 'POST',
      url: '/api/auth/sign-out',
      headers: { cookie, origin: 'https://evil.example' },
    } as const;
    expect((await world.app.inject({ ...leave, payload: {} })).statusCode).toBe(403);
    expect((await world.call('GET', '/api/v1/workspace', { cookie })).status).toBe(200);
    const login = { email: 'a@shop.example', password: 'wrong password' };
    const signedIn = await world.call('POST', '/api/auth/sign-in/email', {
      body: login,
      headers: { origin: 'https://evil.example' },
    });
    expect(signedIn.status).toBe(403);
  });
});
