import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addMember, PASSWORD, signIn, signInAs } from '../testing/sign-in-as.ts';
import { openWorld, type Shop, type World } from '../testing/world.ts';
import { FAILURES_MAX, LOCK_MS } from './lockout.ts';

const NEW_PASSWORD = 'a quite different one';
let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.addShop();
});
afterAll(() => world.close());

const post = (path: string, body: object, cookie?: string) => world.call('POST', `/api/auth${path}`, { body, cookie });
const opens = async (cookie: string) => (await world.call('GET', '/api/v1/workspace', { cookie })).status === 200;

async function askForLink(email: string): Promise<string> {
  const { length } = world.mails;
  await post('/request-password-reset', { email });
  await world.settle();
  expect(world.mails).toHaveLength(length + 1);
  return /#token=([\w-]+)/.exec(world.mails.at(-1)!.text)![1]!;
}

describe('a forgotten password', () => {
  it('is answered alike whether or not the address is known, and mailed to the known one only', async () => {
    const member = await addMember(world.services, shop.workspaceId, { role: 'agent' });
    const known = await post('/request-password-reset', { email: member.email });
    const unknown = await post('/request-password-reset', { email: 'nobody@shop.example' });
    await world.settle();
    expect([known.status, known.text]).toEqual([200, unknown.text]);
    expect(unknown.status).toBe(200);
    expect(Object.keys(unknown.headers).sort()).toEqual(Object.keys(known.headers).sort());
    expect(world.mails.map((mail) => mail.to)).toEqual([member.email]);
  });

  it('is replaced once per link; that ends every session and every lock', async () => {
    const { cookie, member } = await signInAs(world, shop.workspaceId, 'admin');
    for (let i = 0; i < FAILURES_MAX; i++)
      await post('/sign-in/email', { email: member.email, password: 'wrong password' });
    const token = await askForLink(member.email);
    const short = await post('/reset-password', { token, newPassword: 'short' });
    expect([short.status, short.body['errors']]).toEqual([
      400,
      [{ field: 'newPassword', message: 'choose a password of at least 10 characters' }],
    ]);
    expect((await post('/reset-password', { token, newPassword: NEW_PASSWORD })).status).toBe(200);
    expect(await opens(cookie)).toBe(false);
    const again = await post('/reset-password', { token, newPassword: 'yet another password' });
    expect([again.status, again.body['title']]).toEqual([400, 'This link was used or has expired']);
    expect((await post('/sign-in/email', { email: member.email, password: PASSWORD })).status).toBe(401);
    expect(await opens((await signIn(world.app, { ...member, password: NEW_PASSWORD })).cookie)).toBe(true);
  });

  it('ends every other link that was asked for before, and so does changing it', async () => {
    const { member } = await signInAs(world, shop.workspaceId, 'agent');
    const other = await signInAs(world, shop.workspaceId, 'agent');
    const [older, newer, others] = [
      await askForLink(member.email),
      await askForLink(member.email),
      await askForLink(other.member.email),
    ];
    const reset = (token: string, newPassword: string) => post('/reset-password', { token, newPassword });
    expect((await reset(newer, NEW_PASSWORD)).status).toBe(200);
    expect((await reset(older, 'yet another password')).status).toBe(400);
    const { cookie } = await signIn(world.app, { ...member, password: NEW_PASSWORD });
    const pending = await askForLink(member.email);
    await post('/change-password', { currentPassword: NEW_PASSWORD, newPassword: PASSWORD }, cookie);
    expect((await reset(pending, 'yet another password')).status).toBe(400);
    expect((await reset(others, NEW_PASSWORD)).status).toBe(200);
  });

  it('stays when the link is invented, has expired, or is kept as it is stored', async () => {
    const member = await addMember(world.services, shop.workspaceId, { role: 'agent' });
    const token = await askForLink(member.email);
    const { rows } = await world.services.postgres.query<{ identifier: string }>({
      text: 'select identifier from login_proof',
    });
    expect(rows.map((row) => row.identifier).join()).not.toContain(token);
    await world.services.postgres.query({ text: "update login_proof set expires_at = now() - interval '1 second'" });
    for (const given of [token, 'invented', ...rows.map((row) => row.identifier)])
      expect((await post('/reset-password', { token: given, newPassword: NEW_PASSWORD })).status).toBe(400);
    expect((await post('/sign-in/email', { email: member.email, password: PASSWORD })).status).toBe(200);
  });

  it('is asked for a few times only from one place', async () => {
    const place = '192.0.2.7';
    const statuses: number[] = [];
    for (let i = 0; i < 7; i++) {
      const body = { email: 'nobody@shop.example' };
      statuses.push((await world.call('POST', '/api/auth/request-password-reset', { body, place })).status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  });

  it('says in the log, without the address, that no mail server is set', async () => {
    const dumb = await openWorld({ mail: false });
    const { workspaceId } = await dumb.addShop();
    const { email } = await addMember(dumb.services, workspaceId, { role: 'owner' });
    const answer = await dumb.call('POST', '/api/auth/request-password-reset', { body: { email } });
    await dumb.settle();
    expect(answer.status).toBe(200);
    expect(dumb.logs.join('\n')).toContain('SEGUE_SMTP_URL is not set: a mail to a member was not sent');
    expect(dumb.logs.join('\n')).not.toContain(email);
    await dumb.close();
  });
});

describe('changing the password', () => {
  it('takes the old one, and ends all other sessions', async () => {
    const { cookie, member } = await signInAs(world, shop.workspaceId, 'staff');
    const other = await signIn(world.app, member);
    const change = (currentPassword: string) =>
      post('/change-password', { currentPassword, newPassword: NEW_PASSWORD }, cookie);
    expect((await change('not the old one')).body['title']).toBe('The password is wrong');
    const changed = await change(PASSWORD);
    expect(changed.status).toBe(200);
    expect([await opens(cookie), await opens(other.cookie)]).toEqual([false, false]);
    const renewed = changed.setCookie.find((line) => line.startsWith('segue.session_token='))!.split(';')[0]!;
    expect(await opens(renewed)).toBe(true);
    expect((await post('/change-password', { currentPassword: PASSWORD, newPassword: NEW_PASSWORD })).status).toBe(401);
  });

  it('is no way to guess the old one: wrong ones count as they do when signing in, and a locked one is no more tried', async () => {
    const { cookie, member } = await signInAs(world, shop.workspaceId, 'staff');
    const change = (currentPassword: string) =>
      post('/change-password', { currentPassword, newPassword: NEW_PASSWORD }, cookie);
    const disable = (password: string) => post('/two-factor/disable', { password }, cookie);
    for (let i = 0; i < FAILURES_MAX / 2; i++)
      for (const guess of [change, disable])
        expect((await guess(`wrong password ${i}`)).body['title']).toBe('The password is wrong');
    expect((await change(PASSWORD)).body['title']).toBe('The password is wrong');
    expect((await post('/sign-in/email', { email: member.email, password: PASSWORD })).status).toBe(401);
    world.clock.advance(LOCK_MS);
    expect((await change(PASSWORD)).status).toBe(200);
  });

  it('leaves neither passwords nor addresses in the log or the audit', async () => {
    await world.settle();
    const { rows } = await world.services.postgres.query<{ t: string }>({
      text: 'select to_jsonb(a)::text as t from audit_entry a',
    });
    const text = [...rows.map((row) => row.t), ...world.logs].join('\n');
    expect(text).toContain('login.password_reset');
    expect(text).toContain('login.password_changed');
    for (const hidden of ['@shop.example', PASSWORD, NEW_PASSWORD, 'wrong password', 'scrypt'])
      expect(text).not.toContain(hidden);
  });
});
