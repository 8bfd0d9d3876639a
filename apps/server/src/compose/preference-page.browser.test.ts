import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OperationId } from '@segue/contract';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDueMessages, type SendDeps } from '../modules/messaging/index.ts';
import { type ApiWorld, type Example, type Keys, openApiWorld } from './testing/api-world.ts';

/** Where pictures of the pages go, to look at them; nowhere unless it is set. */
const PICTURES = process.env['SEGUE_TEST_PICTURES'];
const PHONE = { width: 360, height: 740 };

let world: ApiWorld;
let keys: Keys;
let browser: Browser;
let url: string;
let link: string;

beforeAll(async () => {
  world = await openApiWorld();
  keys = await world.addWorkspace('Linen & Co');
  url = await world.app.listen({ port: 0, host: '127.0.0.1' });
  await call('updateTopic', { params: { topic: 'marketing' }, body: { description: 'About twice a month.' } });
  await call('createTopic', { body: { topic: 'sizes', name: 'Back in your size', kind: 'marketing' } });
  link = await linkOfMail();
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
});
afterAll(async () => {
  await browser?.close();
  await world.close();
});

async function call<T>(id: OperationId, example: Example = {}): Promise<T> {
  const answer = await world.ask(id, keys.apiKey, example);
  if (answer.status >= 300) throw new Error(`${id}: ${answer.status} ${answer.text}`);
  return (answer.text === '' ? undefined : answer.json()) as T;
}

/** The path of the link in a mail she got. */
async function linkOfMail(): Promise<string> {
  const traits = { email: 'ada@example.com', phone: '+4915112345678' };
  const payload = { writeKey: keys.writeKey, batch: [{ type: 'identify', userId: 'ada', traits, messageId: 'm1' }] };
  expect((await world.app.inject({ method: 'POST', url: '/v1/batch', payload })).statusCode).toBe(200);
  await world.settle();
  const { items } = await call<{ items: { id: string }[] }>('listProfiles', { query: { identifier: 'userId:ada' } });
  const profileId = items[0]!.id;
  const consent = { channel: 'email', topic: 'marketing', status: 'granted', source: 'checkout' };
  await call('recordConsent', { params: { id: profileId }, body: consent });
  const template = await call<{ id: string }>('createTemplate', {
    body: { name: 'News', subject: 'News', html: '<p>News</p>' },
  });
  const body = { profileId, topic: 'marketing', templateId: template.id, idempotencyKey: 'k1' };
  await call('sendMessage', { body });
  await world.settle();
  const links: string[] = [];
  const deps: SendDeps = {
    processId: 'sender',
    channels: new Map([
      [
        'email',
        {
          name: 'email',
          addressKind: 'email',
          concurrencyMax: 1,
          deliver: async ({ unsubscribeUrl }) => {
            links.push(String(unsubscribeUrl));
            return { kind: 'accepted', reason: '250' };
          },
          close: () => Promise.resolve(),
        },
      ],
    ]),
    guard: { findUnwanted: async () => new Map() },
    publicUrl: 'https://segue.example',
    inFlight: new Set(),
  };
  while ((await runDueMessages(world.services, deps)) > 0);
  await world.settle();
  return new URL(links[0]!).pathname;
}

interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly status: number;
}

async function visit(path: string, locale = 'en-GB'): Promise<Visitor> {
  const context = await browser.newContext({ viewport: PHONE, locale });
  const page = await context.newPage();
  const response = await page.goto(`${url}${path}`);
  return { page, context, status: response!.status() };
}

/** On a phone and wide, light and dark; nothing may stand out of the page. */
async function picture(page: Page, name: string): Promise<void> {
  for (const [suffix, colorScheme, size] of [
    ['phone', 'light', PHONE],
    ['phone-dark', 'dark', PHONE],
    ['wide', 'light', { width: 1280, height: 800 }],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    const overflows = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    expect([name, suffix, overflows]).toEqual([name, suffix, false]);
    if (PICTURES === undefined) continue;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}-${suffix}.png`), fullPage: true });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(PHONE);
}

/** What Tab comes to, in order: what a screen reader says of it, and whether its focus can be seen. */
async function tabThrough(page: Page): Promise<string[]> {
  const stops: string[] = [];
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab');
    const stop = (await page.evaluate(`(() => {
      const at = document.activeElement;
      if (at === null || at === document.body) return null;
      const group = at.closest('fieldset')?.querySelector('legend')?.textContent ?? '';
      const name = at.labels?.[0]?.textContent ?? at.textContent;
      const { outlineStyle, outlineWidth } = getComputedStyle(at);
      const isSeen = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
      return [group, name.trim(), isSeen ? '' : '(focus not seen)'].filter(Boolean).join(': ');
    })()`)) as string | null;
    if (stop === null) break;
    stops.push(stop);
  }
  return stops;
}

const focused = (page: Page): Promise<string> =>
  page.evaluate(`document.activeElement?.textContent ?? ''`) as Promise<string>;

describe('the preference page', () => {
  it('is used by keyboard alone: every control has a name, its turn and a focus one sees', async () => {
    const { page, context, status } = await visit(link);
    expect(status).toBe(200);
    expect(await tabThrough(page)).toMatchInlineSnapshot(`
      [
        "Back in your size: Email",
        "Back in your size: SMS",
        "Back in your size: WhatsApp",
        "News and offers: Email",
        "News and offers: SMS",
        "News and offers: WhatsApp",
        "How often: As usual",
        "Save",
        "Pause for 30 days",
        "Do not choose by what I do",
        "Unsubscribe from all of it",
        "Stop everything",
      ]
    `);
    await picture(page, 'preferences');
    await context.close();
  });

  it('says what was done where a screen reader begins, and keeps what was chosen', async () => {
    const { page, context } = await visit(link);
    await page.getByRole('group', { name: 'Back in your size' }).getByLabel('Email').focus();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Save' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('status').waitFor();
    expect(await focused(page)).toBe('Saved.');
    expect(await page.title()).toMatch(/^Saved\./);
    expect(await page.getByRole('group', { name: 'Back in your size' }).getByLabel('Email').isChecked()).toBe(true);
    await picture(page, 'saved');
    for (const [button, said, next] of [
      ['Do not choose by what I do', /^Done\. What you do here/, 'Choose messages for me again'],
      ['Choose messages for me again', /^Done\. We choose/, 'Do not choose by what I do'],
      ['Pause for 30 days', /^Done\. You have a break until/, 'End the pause now'],
    ] as const) {
      await page.getByRole('button', { name: button }).press('Enter');
      await page.getByRole('button', { name: next }).waitFor();
      expect(await focused(page)).toMatch(said);
    }
    await page.getByRole('button', { name: 'Stop everything' }).press('Enter');
    await page.getByText('At present this address gets no messages at all.').waitFor();
    await picture(page, 'stopped');
    await context.close();
  });

  it('speaks the language of the browser', async () => {
    for (const [locale, heading] of [
      ['de-AT', 'Worüber wir Ihnen schreiben'],
      ['fr-CA', 'Ce que nous vous écrivons'],
    ] as const) {
      const { page, context } = await visit(link, locale);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      expect(await page.locator('html').getAttribute('lang')).toBe(locale.slice(0, 2));
      await picture(page, `preferences-${locale.slice(0, 2)}`);
      await context.close();
    }
  });

  it('of a link that was cut, changed or is nobody’s says kindly what to do, and a posted one changes nothing', async () => {
    const cut = link.slice(0, -5);
    const changed = `${link.slice(0, 30)}${link[30] === 'A' ? 'B' : 'A'}${link.slice(31)}`;
    for (const path of [cut, changed, '/p/u/', '/p/u/x', '/p/c/x', '/p/topics/x', '/p/nothing', '/p/']) {
      const { page, context, status } = await visit(path);
      expect([path, status]).toEqual([path, 404]);
      await page.getByRole('heading', { level: 1, name: 'This link does not work' }).waitFor();
      if (path === cut) await picture(page, 'unknown-link');
      await context.close();
    }
    // A page reloaded after its form was sent asks for the form's address.
    const { page, context, status } = await visit(link.replace('/p/u/', '/p/topics/'));
    expect(status).toBe(200);
    await page.getByRole('heading', { level: 1, name: 'What we write to you about' }).waitFor();
    await context.close();
  });
});
