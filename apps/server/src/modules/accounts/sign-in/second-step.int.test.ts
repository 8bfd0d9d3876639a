import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookiesOf, PASSWORD, signInAs } from '../testing/sign-in-as.ts';
import { openWorld, type Shop, type World } from '../testing/world.ts';

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.addShop();
});
afterAll(() => world.close());

function post(path: string, body: object, cookie?: string) {
  // So that entries of the audit have an order.
  world.clock.advance(1);
  return world.call('POST', `/api/auth${path}`, { body, cookie });
}
const opens = async (cookie: string) => (await world.call('GET', '/api/v1/workspace', { cookie })).status === 200;

/** A member who has turned the second step on. */
async function addWithTotp() {
  const { cookie, member } = await signInAs(world, shop.workspaceId, 'admin');
  const begun = await post('/two-factor/enable', { password: PASSWORD }, cookie);
  const { totpUri, backupCodes } = begun.body as { totpUri: string; backupCodes: string[] };
  const secret = new URL(totpUri).searchParams.get('secret')!;
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  const firstCode = totp.generate();
  const verified = await post('/two-factor/verify-totp', { code: firstCode }, cookie);
  expect(verified.status).toBe(200);
  // The code of the next half minute is taken early; the one just given is spent.
  const nextCode = () => totp.generate({ timestamp: Date.now() + 30_000 });
  return { member, totp, firstCode, nextCode, backupCodes, secret, cookie: cookiesOf(verified.setCookie) };
}

async function givePassword(email: string): Promise<string> {
  const answer = await post('/sign-in/email', { email, password: PASSWORD });
  expect(answer.body).toEqual({ next: 'secondStep' });
  return cookiesOf(answer.setCookie);
}

describe('the second step', () => {
  it('is needed once it is on: a password alone opens nothing', async () => {
    const { member, firstCode, nextCode, cookie } = await addWithTotp();
    const code = nextCode();
    expect(await opens(cookie)).toBe(true);
    const halfway = await givePassword(member.email);
    expect(await opens(halfway)).toBe(false);
    expect((await world.call('GET', '/api/auth/session', { cookie: halfway })).status).toBe(401);
    const wrong = await post('/two-factor/verify-totp', { code: '000000' }, halfway);
    expect([wrong.status, wrong.body['title'], wrong.setCookie]).toEqual([401, 'The code is wrong', []]);
    const right = await post('/two-factor/verify-totp', { code }, halfway);
    expect(right.status).toBe(200);
    expect(right.text).not.toMatch(/token/i);
    expect(await opens(cookiesOf(right.setCookie))).toBe(true);
    expect((await post('/two-factor/verify-totp', { code: nextCode() }, halfway)).status).toBe(401);
    // Neither the code that turned it on nor the one that signed in works again.
    for (const spent of [firstCode, code])
      expect((await post('/two-factor/verify-totp', { code: spent }, await givePassword(member.email))).status).toBe(
        401,
      );
  });

  it('is not on before its first code was given', async () => {
    const { cookie, member } = await signInAs(world, shop.workspaceId, 'admin');
    await post('/two-factor/enable', { password: PASSWORD }, cookie);
    expect((await post('/two-factor/verify-totp', { code: '000000' }, cookie)).status).toBe(401);
    expect((await post('/sign-in/email', { email: member.email, password: PASSWORD })).body).toEqual({ next: 'done' });
  });

  it('takes each backup code once', async () => {
    const { member, backupCodes } = await addWithTotp();
    const [code] = backupCodes as [string];
    const first = await post('/two-factor/verify-backup-code', { code }, await givePassword(member.email));
    expect(await opens(cookiesOf(first.setCookie))).toBe(true);
    const again = await post('/two-factor/verify-backup-code', { code }, await givePassword(member.email));
    expect([again.status, again.setCookie]).toEqual([401, []]);
    const other = await post(
      '/two-factor/verify-backup-code',
      { code: backupCodes[1] },
      await givePassword(member.email),
    );
    expect(other.status).toBe(200);
  });

  it('ends a sign-in after five wrong codes, and locks the login after ten', async () => {
    const { member, nextCode } = await addWithTotp();
    for (let round = 0; round < 2; round++) {
      const halfway = await givePassword(member.email);
      for (let i = 0; i < 5; i++)
        expect((await post('/two-factor/verify-totp', { code: `00000${i}${round}`.slice(-6) }, halfway)).status).toBe(
          401,
        );
      const statuses = (await post('/two-factor/verify-totp', { code: nextCode() }, halfway)).status;
      expect([401, 429]).toContain(statuses);
    }
    world.clock.advance(90_000);
    const halfway = await givePassword(member.email);
    expect((await post('/two-factor/verify-totp', { code: nextCode() }, halfway)).status).toBe(429);
  });

  it('is turned off with the password only', async () => {
    const { cookie, member } = await addWithTotp();
    const refused = await post('/two-factor/disable', { password: 'not the password' }, cookie);
    expect([refused.status, refused.body['title']]).toEqual([400, 'The password is wrong']);
    expect((await post('/two-factor/disable', { password: PASSWORD }, cookie)).status).toBe(200);
    expect((await post('/sign-in/email', { email: member.email, password: PASSWORD })).body).toEqual({ next: 'done' });
  });

  it('is written down with every use and failure, and its secrets nowhere', async () => {
    const { member, backupCodes, secret, totp, nextCode, cookie } = await addWithTotp();
    const halfway = await givePassword(member.email);
    await post('/two-factor/verify-totp', { code: '000000' }, halfway);
    await post('/two-factor/verify-totp', { code: nextCode() }, halfway);
    await post('/two-factor/verify-backup-code', { code: backupCodes[0] }, await givePassword(member.email));
    await post('/two-factor/disable', { password: PASSWORD }, cookie);
    await world.settle();
    const { rows } = await world.services.postgres.query<{ action: string; actor_kind: string }>({
      text: 'select action, actor_kind from audit_entry where workspace_id = $1 and subject = $2 order by at, action',
      values: [shop.workspaceId, member.memberId],
    });
    expect(rows.map((row) => `${row.actor_kind} ${row.action}`)).toEqual([
      'member login.signed_in',
      'member login.totp_begun',
      'member login.totp_enabled',
      'system login.failed',
      'member login.signed_in',
      'member login.backup_code_used',
      'member login.signed_in',
      'member login.totp_disabled',
    ]);
    const stored = await world.services.postgres.query<{ t: string }>({
      text: 'select to_jsonb(t)::text as t from login_totp t union all select to_jsonb(a)::text from audit_entry a',
    });
    const everything = [...stored.rows.map((row) => row.t), ...world.logs].join('\n');
    for (const hidden of [secret, totp.secret.utf8, ...backupCodes, PASSWORD]) expect(everything).not.toContain(hidden);
  });
});
