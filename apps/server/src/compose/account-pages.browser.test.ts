import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Secret, TOTP } from 'otpauth';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyRing, createWorkspace, ensureOwners, type MemberMessage } from '../modules/accounts/index.ts';
import { createCommitter } from '../modules/events/index.ts';
import { createSystemClock } from '../platform/clock/index.ts';
import type { Services } from '../platform/context.ts';
import { createEventLog, createLanes } from '../platform/eventlog/index.ts';
import { createLogger } from '../platform/logger/index.ts';
import { createTestDatabase, createTestHistory } from '../testkit/index.ts';
import { createAccounts } from './accounts.ts';
import { createHttp } from './http.ts';
import { historyMigrations, postgresMigrations } from './migrations.ts';

const PAGE_DIR = join(import.meta.dirname, '../../../console/public');
/** Where pictures of the pages go, to look at them; nowhere unless it is set. */
const PICTURES = process.env['SEGUE_TEST_PICTURES'];
const OWNER = { email: 'owner@shop.example', password: 'correct horse battery' };
const NEW_PASSWORD = 'a quite different one';

let browser: Browser;
let url: string;
let close: () => Promise<void>;
const mails: MemberMessage[] = [];
let settle: () => Promise<void>;

beforeAll(async () => {
  const [database, history] = await Promise.all([
    createTestDatabase(postgresMigrations),
    createTestHistory(historyMigrations),
  ]);
  const { postgres } = database;
  await createLanes(postgres);
  const secret = randomBytes(32);
  const keyRing = createKeyRing(postgres, secret);
  const services: Services = {
    postgres,
    history: history.history,
    clock: createSystemClock(),
    logger: createLogger('silent'),
    log: createEventLog(),
    keysOf: (id) => keyRing.keysOf(id),
  };
  const nowMs = services.clock.now();
  await postgres.transaction((sql) => createWorkspace(sql, { name: 'Linen & Co', secret, nowMs, scopes: ['*'] }));
  await ensureOwners(postgres, { nowMs, ...OWNER });
  const mail = { send: async (message: MemberMessage) => void mails.push(message) };
  const accounts = createAccounts(services, keyRing, { secret, publicUrl: 'http://127.0.0.1:4100', mail });
  const committer = createCommitter(services);
  const app = createHttp({ services, keyRing, accounts, committer, pageDir: PAGE_DIR });
  url = await app.listen({ port: 0, host: '127.0.0.1' });
  settle = () => accounts.settle();
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
  close = async () => {
    await browser.close();
    await app.close();
    await committer.drain();
    await Promise.all([database.drop(), history.drop()]);
  };
});
afterAll(() => close());

interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly troubles: string[];
}

/** A new browser profile; what its console complains about is collected. */
async function visit(path: string): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('console', (message) => {
    // A refusal the page shows is no trouble.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource'))
      troubles.push(message.text());
  });
  await page.goto(`${url}${path}`);
  return { page, context, troubles };
}

/** Light, dark and on a phone. */
async function picture(page: Page, name: string): Promise<void> {
  const phone = { width: 360, height: 740 };
  const wide = { width: 1280, height: 800 };
  const overflows = async () => page.evaluate('document.documentElement.scrollWidth > innerWidth');
  for (const [suffix, scheme, size] of [
    ['light', 'light', wide],
    ['dark', 'dark', wide],
    ['phone', 'light', phone],
  ] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize(size);
    expect([name, suffix, await overflows()]).toEqual([name, suffix, false]);
    if (PICTURES === undefined) continue;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}-${suffix}.png`) });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(wide);
}

async function signIn(page: Page, who: { email: string; password: string }): Promise<void> {
  await page.getByLabel('Email address').fill(who.email);
  await page.getByLabel('Password').fill(who.password);
  await page.keyboard.press('Enter');
}

const heading = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor();

describe('the pages of those who sign in', () => {
  it('lead from sign-in to the console, by keyboard alone, and out again', async () => {
    const { page, context, troubles } = await visit('/');
    await heading(page, 'Sign in to Segue');
    await picture(page, 'sign-in');
    await signIn(page, { ...OWNER, password: 'not the password' });
    await page.getByRole('alert').getByText('The email address or the password is wrong').waitFor();
    await picture(page, 'sign-in-refused');
    await page.getByLabel('Password').fill(OWNER.password);
    await page.keyboard.press('Enter');
    await heading(page, 'Live feed');
    expect(new URL(page.url()).pathname).toBe('/');
    expect(await page.evaluate('document.cookie')).toBe('');
    expect(await page.evaluate('sessionStorage.length + localStorage.length')).toBe(0);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await heading(page, 'Sign in to Segue');
    await page.goto(`${url}/account`);
    await page.waitForURL('**/sign-in?to=%2Faccount');
    await context.close();
    expect(troubles).toEqual([]);
  });

  it('send nobody to another site after signing in', async () => {
    const { page, context } = await visit('/sign-in?to=https://evil.example');
    await signIn(page, OWNER);
    await heading(page, 'Live feed');
    expect(new URL(page.url()).origin).toBe(url);
    await context.close();
  });

  it('set up a second step, ask for it, and take a backup code', async () => {
    const { page, context, troubles } = await visit('/sign-in?to=/account');
    await signIn(page, OWNER);
    await heading(page, 'Second step');
    await picture(page, 'account');
    await page.getByRole('button', { name: 'Set it up' }).click();
    await page.getByRole('textbox', { name: 'Password', exact: true }).fill(OWNER.password);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('img', { name: 'QR code of the key below' }).waitFor();
    const secret = (await page.locator('.secret').innerText()).replaceAll(/\s/g, '');
    await picture(page, 'account-totp');
    const totp = new TOTP({ secret: Secret.fromBase32(secret) });
    await page.getByRole('textbox', { name: 'Code' }).fill('000000');
    await page.getByRole('button', { name: 'Turn it on' }).click();
    await page.getByText('Give the code your app shows now').or(page.getByText('The code is wrong')).waitFor();
    await page.getByRole('textbox', { name: 'Code' }).fill(totp.generate());
    await page.getByRole('button', { name: 'Turn it on' }).click();
    const backup = await page.locator('.codes li').first().innerText();
    await picture(page, 'account-codes');
    await page.getByRole('button', { name: 'I have kept them' }).click();
    await page.getByText('On', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(page, OWNER);
    await heading(page, 'One more step');
    await picture(page, 'second-step');
    await page.getByRole('button', { name: 'Use a backup code' }).click();
    await page.getByLabel('Backup code').fill(backup);
    await page.keyboard.press('Enter');
    await heading(page, 'Live feed');
    await page.goto(`${url}/account`);
    await page.getByRole('button', { name: 'Turn it off' }).click();
    await page.getByRole('textbox', { name: 'Password', exact: true }).fill(OWNER.password);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Set it up' }).waitFor();
    await context.close();
    expect(troubles).toEqual([]);
  });

  it('draw QR codes as an independent encoder does, square by square', async () => {
    // SHA-256 of the squares that the Python package qrcode 8 draws for the same bytes: byte mode, level L, mask 0.
    const uri =
      'otpauth://totp/Segue:ada%40shop.example?secret=KNLEGNSULBLUQ5SOJV2FK6SKL5NHAMZWKNIGGR2NJV2GQZTBO5TA&issuer=Segue&digits=6&period=30';
    const known = [
      ['A', 'f195dbbdf146dae0ddeba600cfb966e6'],
      [uri, '1580ff64955c5a84e878d4f328602586'],
      ['y'.repeat(230), '722c5cf7ec737f3a12f21ea748a5b470'],
      ['ä'.repeat(200), '0cd507696bcad7ab08255f5cea7fa6ae'],
      ['q'.repeat(858), '7aacf2f1df05138fe88a33459a371c4b'],
    ] as const;
    const { page, context } = await visit('/sign-in');
    for (const [text, hash] of known) {
      const squares = await page.evaluate(
        `import('/account/qr.js').then(({ qrModules }) => qrModules(${JSON.stringify(text)})
           .map((row) => row.map(Number).join('')).join('\\n'))`,
      );
      expect(createHash('sha256').update(String(squares)).digest('hex').slice(0, 32)).toBe(hash);
    }
    await context.close();
  });

  it('take a newcomer in by her invite', async () => {
    const owner = await visit('/sign-in');
    await signIn(owner.page, OWNER);
    await heading(owner.page, 'Live feed');
    const body = JSON.stringify({ email: 'mina@shop.example', role: 'marketer' });
    const link = await owner.page.evaluate(
      `fetch('/api/v1/invites', { method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(body)} })
         .then((response) => response.json()).then((made) => made.link)`,
    );
    await owner.context.close();
    const hash = new URL(String(link)).hash;
    const { page, context, troubles } = await visit(`/invite${hash}`);
    await heading(page, 'Join Linen & Co');
    await picture(page, 'invite');
    await page.getByLabel('Your name').fill('Mina');
    await page.getByLabel('Password').fill('short');
    await page.keyboard.press('Enter');
    await page.getByText('Choose a password of at least 10 characters.').waitFor();
    await picture(page, 'invite-refused');
    await page.getByLabel('Password').fill(OWNER.password);
    await page.keyboard.press('Enter');
    await heading(page, 'Live feed');
    await context.close();
    const late = await visit(`/invite${hash}`);
    await heading(late.page, 'This invite has ended');
    await late.context.close();
    expect(troubles).toEqual([]);
  });

  it('replace a forgotten password by mail', async () => {
    const { page, context, troubles } = await visit('/sign-in');
    await page.getByRole('link', { name: 'Forgot the password?' }).click();
    await page.getByLabel('Email address').fill('mina@shop.example');
    await page.keyboard.press('Enter');
    await heading(page, 'Look into your mailbox');
    await picture(page, 'reset-sent');
    await settle();
    const hash = /#token=[\w-]+/.exec(mails.at(-1)!.text)![0];
    await page.goto(`${url}/reset-password${hash}`);
    await page.getByLabel('New password').fill(NEW_PASSWORD);
    await picture(page, 'reset');
    await page.keyboard.press('Enter');
    await heading(page, 'Your password is new');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await signIn(page, { email: 'mina@shop.example', password: NEW_PASSWORD });
    await heading(page, 'Live feed');
    await context.close();
    expect(troubles).toEqual([]);
  });
});
