import type { LinkDomain, Message, MessageWithHistory, TemplatePreview } from '@segue/contract';
import type { ParsedMail } from 'mailparser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publicId } from '../../platform/ids/index.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { forgetLinkVisits, runHeldClicks } from '../content/index.ts';
import { runDueMessages } from './run-due-messages.ts';
import { openWorld, startMailbox, type World, worldMigrations } from './testing/world.ts';

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36';
const HTML = `<html><body><h1>Dear {{ profile.firstName }}</h1><p>{{ code }}</p>
<a href="https://shop.example/cart?token=secret">Cart</a> <a href="https://shop.example/sale">Sale</a> <a href="https://shop.example/help">Help</a>
<a href="mailto:help@shop.example">Mail us</a><a href="tel:+4930123">Call</a><a href="#top">Up</a>
<a href="{{ view_in_browser_url }}">View in browser</a> <a href="{{ unsubscribe_url }}">Unsubscribe</a></body></html>`;

let database: TestDatabase;
let on: World;
let mails: ParsedMail[];
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  database = await createTestDatabase(worldMigrations);
  const box = await startMailbox();
  mails = box.mails;
  on = await openWorld({ databaseUrl: database.url, smtpUrl: box.smtpUrl });
  closers.push(box.close, () => on.close());
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await database.drop();
});

async function settle(): Promise<void> {
  for (let round = 0; round < 8; round++) {
    await on.process();
    on.clock.advance(60);
    await runDueMessages(on.services, on.deps);
  }
  await on.process();
}

async function createTemplate(body: object = {}): Promise<string> {
  const { status, json } = await on.call('POST', '/api/v1/templates', {
    name: 'T',
    subject: 'Hi',
    html: HTML,
    ...body,
  });
  expect(status, JSON.stringify(json)).toBe(201);
  return (json as { id: string }).id;
}

let serial = 0;
async function deliver(templateId: string, profileId: string): Promise<{ message: Message; html: string }> {
  const body = {
    profileId: publicId('prf', profileId),
    topic: 'transactional',
    templateId,
    variables: { code: 'ADA-<1>' },
  };
  const { json } = await on.call('POST', '/api/v1/messages', { ...body, idempotencyKey: `k${++serial}` });
  const before = mails.length;
  await settle();
  expect(mails).toHaveLength(before + 1);
  return { message: json as Message, html: mails.at(-1)!.html as string };
}

async function read(message: Pick<Message, 'id'>): Promise<MessageWithHistory> {
  return (await on.call('GET', `/api/v1/messages/${message.id}`)).json as MessageWithHistory;
}

/** Paths of the mail's links, in the order they stand. */
const pathsOf = (html: string, start: string): string[] =>
  [...html.matchAll(/(?:href|src)="https?:\/\/[^/"]+(\/[^"]*)"/g)]
    .map((match) => match[1]!)
    .filter((path) => path.startsWith(start));

async function visit(path: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
  return on.app.inject({ method, url: path, headers: { 'user-agent': CHROME, ...headers } });
}

async function decideClicks(): Promise<void> {
  on.clock.advance(3_000);
  await runHeldClicks(on.services);
  await on.process();
}

describe('a mail that was read by a machine first', () => {
  it('shows the person apart from the machine, and only the person counts', async () => {
    const profileId = await on.addProfile('ada@example.com', { firstName: 'Ada' });
    const { message, html } = await deliver(await createTemplate(), profileId);
    const [pixel] = pathsOf(html, '/t/o/');
    const links = pathsOf(html, '/t/c/');
    expect(links).toHaveLength(3);

    on.clock.advance(5_000);
    await visit(pixel!, { 'user-agent': 'Mozilla/5.0' });
    await visit(links[0]!, {}, 'HEAD');
    await visit(links[0]!, { 'sec-purpose': 'prefetch;prerender' });
    for (const link of links) expect((await visit(link)).statusCode).toBe(302);
    await decideClicks();
    const scanned = await read(message);
    expect(scanned).toMatchObject({ openedAt: null, clickedAt: null });
    expect(scanned.machineOpenedAt).not.toBeNull();
    expect(scanned.machineClickedAt).not.toBeNull();

    on.clock.advance(60_000);
    await visit(pixel!, {
      'user-agent': 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
    });
    await visit(links[1]!);
    await on.process();
    expect((await read(message)).openedAt).not.toBeNull();
    expect((await read(message)).clickedAt).toBeNull();
    await decideClicks();
    const clickedAt = (await read(message)).clickedAt;
    expect(clickedAt).not.toBeNull();
    expect(Date.parse(clickedAt!)).toBeLessThan(on.clock.now() - 2_900);

    on.clock.advance(3_600_000);
    await visit(links[2]!);
    await on.process();
    expect((await read(message)).history.map((moment) => moment.what)).toEqual(
      expect.arrayContaining(['machine_opened', 'machine_clicked', 'opened', 'clicked']),
    );
  });

  it('decides a held click once, in whatever process', async () => {
    const profileId = await on.addProfile('ada@example.com');
    const { html } = await deliver(await createTemplate(), profileId);
    on.clock.advance(5_000);
    await visit(pathsOf(html, '/t/c/')[0]!);
    on.clock.advance(2_999);
    expect(await runHeldClicks(on.services)).toBe(0);
    on.clock.advance(1);
    const decided = await Promise.all([runHeldClicks(on.services), runHeldClicks(on.services)]);
    expect(decided.toSorted()).toEqual([0, 1]);
    const kept = async () =>
      (await on.services.postgres.query({ text: 'select from link_visit where workspace_id > 0' })).rowCount;
    await forgetLinkVisits(on.services);
    expect(await kept()).toBe(1);
    on.clock.advance(3_600_001);
    await forgetLinkVisits(on.services);
    expect(await kept()).toBe(0);
  });
});

describe('the page of a message', () => {
  it('says what the mail said, whatever became of template and customer since; without a pixel', async () => {
    const profileId = await on.addProfile('ada@example.com', { firstName: 'Ada' });
    const templateId = await createTemplate();
    const { message, html } = await deliver(templateId, profileId);
    await on.call('PUT', `/api/v1/templates/${templateId}`, { name: 'T', subject: 'Other', html: '<p>Other</p>' });
    await on.addProfile('ada@example.com', { firstName: 'Changed' });
    const [path] = pathsOf(html, '/m/');
    const page = await visit(path!);
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('Dear Ada');
    expect(page.body).toContain('ADA-&lt;1&gt;');
    expect(page.body).not.toContain('/t/o/');
    expect(page.headers).toMatchObject({
      'x-robots-tag': 'noindex, nofollow',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
    const [link] = pathsOf(page.body, '/t/c/');
    expect((await visit(link!)).headers.location).toBe('https://shop.example/cart?token=secret');
    await on.process();
    expect((await read(message)).openedAt).toBeNull();
    expect((await read(message)).clickedAt).not.toBeNull();
  });

  it('keeps only what the template names, sealed', async () => {
    const profileId = await on.addProfile('ada@example.com', { firstName: 'Ada', city: 'Rome' });
    await deliver(await createTemplate(), profileId);
    await deliver(await createTemplate({ html: '<p>{{ profile.city }}</p>' }), profileId);
    const { rows } = await on.services.postgres.query<{ shown: Buffer | null }>({
      text: 'select shown from message order by id',
    });
    expect(rows[0]!.shown!.toString('latin1')).not.toContain('Ada');
    expect(rows[0]!.shown!.length).toBeLessThan(150);
    expect(rows[1]!.shown!.toString('latin1')).not.toContain('Rome');
  });

  it('expires, and is nobody else’s to make', async () => {
    const profileId = await on.addProfile('ada@example.com');
    const { html } = await deliver(await createTemplate(), profileId);
    const [path] = pathsOf(html, '/m/');
    const [unsubscribe] = pathsOf(html, '/p/u/');
    for (const forged of [`${path!.slice(0, -3)}AAA`, unsubscribe!.replace('/p/u/', '/m/'), '/m/', '/m/1.e30.e30'])
      expect((await visit(forged)).statusCode, forged).toBe(404);
    on.clock.advance(90 * 86_400_000);
    expect((await visit(path!)).statusCode).toBe(410);
  });

  it('is gone when its recipient was erased', async () => {
    const profileId = await on.addProfile('ada@example.com', { firstName: 'Ada' });
    const { html } = await deliver(await createTemplate(), profileId);
    await on.services.postgres.query({ text: 'update identity_node set wrapped_key = null' });
    const page = await visit(pathsOf(html, '/m/')[0]!);
    expect(page.statusCode).toBe(410);
    expect(page.body).not.toContain('Ada');
  });
});

describe('links', () => {
  it('touch neither mail, telephone and anchors, nor our own pages', async () => {
    const profileId = await on.addProfile('ada@example.com');
    const { html } = await deliver(await createTemplate(), profileId);
    expect(html).toContain('href="mailto:help@shop.example"');
    expect(html).toContain('href="tel:+4930123"');
    expect(html).toContain('href="#top"');
    expect(html).toMatch(/href="https:\/\/shop\.example\/p\/u\/[^"]+">Unsubscribe/);
    expect(html).toMatch(/href="https:\/\/shop\.example\/m\/[^"]+">View in browser/);
  });

  it('use the domain of the workspace from its proof on, which only a request under that name gives', async () => {
    const profileId = await on.addProfile('ada@example.com');
    const templateId = await createTemplate({ utm: { source: 'segue', medium: 'email' } });
    const read = async () => (await on.call('GET', '/api/v1/link-domain')).json as LinkDomain;
    expect(await read()).toEqual({
      host: null,
      verifiedAt: null,
      probeUrl: null,
      linksBeginWith: 'https://shop.example',
    });
    const { json } = await on.call('PUT', '/api/v1/link-domain', { host: 'Links.Shop.example' });
    const { probeUrl, linksBeginWith } = json as LinkDomain;
    expect(linksBeginWith).toBe('https://shop.example');
    const probe = new URL(probeUrl!);
    expect(probe.origin).toBe('https://links.shop.example');

    const under = (host: string, url = probe.pathname) => on.app.inject({ method: 'GET', url, headers: { host } });
    expect((await under('shop.example')).statusCode).toBe(404);
    expect((await under('links.shop.example', `${probe.pathname.slice(0, -3)}AAA`)).statusCode).toBe(404);
    expect((await deliver(templateId, profileId)).html).toContain('https://shop.example/t/c/');

    expect((await under('links.shop.example')).statusCode).toBe(200);
    expect(await read()).toMatchObject({ verifiedAt: expect.any(String), probeUrl: null });
    const { html } = await deliver(templateId, profileId);
    expect(html).not.toContain('https://shop.example/t/');
    for (const start of ['/t/c/', '/t/o/', '/m/', '/p/u/'])
      expect(html).toContain(`https://links.shop.example${start}`);
    const location = (await visit(pathsOf(html, '/t/c/')[1]!)).headers.location;
    expect(location).toBe('https://shop.example/sale?utm_source=segue&utm_medium=email');

    await on.call('PUT', '/api/v1/link-domain', { host: 'other.shop.example' });
    expect(await read()).toMatchObject({ verifiedAt: null, linksBeginWith: 'https://shop.example' });
    expect((await under('other.shop.example')).statusCode).toBe(404);
    expect((await on.call('PUT', '/api/v1/link-domain', { host: 'https://x.example/' })).status).toBe(400);
    expect((await on.call('PUT', '/api/v1/link-domain', { host: null })).json).toMatchObject({ host: null });
  });
});

describe('an MJML template', () => {
  const mjml = `<mjml lang="en"><mj-head><mj-title>Cart</mj-title><mj-preview>Still here, {{ profile.firstName | default: "friend" }}</mj-preview></mj-head>
<mj-body><mj-section><mj-column><mj-text><h1>Dear {{ profile.firstName }}</h1></mj-text><mj-button href="https://shop.example/cart">Cart</mj-button>
<mj-text><a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text></mj-column></mj-section></mj-body></mjml>`;

  it('is compiled once, when it is saved, and sent like any other', async () => {
    const templateId = await createTemplate({ html: undefined, mjml });
    const { json } = await on.call('GET', `/api/v1/templates/${templateId}`);
    expect(json).toMatchObject({ mjml, version: 1, html: expect.stringContaining('<!doctype html>') });
    const again = await on.call('PUT', `/api/v1/templates/${templateId}`, { name: 'T', subject: 'Hi', mjml });
    expect(again.json).toMatchObject({ version: 1 });
    const profileId = await on.addProfile('ada@example.com', { firstName: '<Ada>' });
    const { html } = await deliver(templateId, profileId);
    expect(html).toContain('Dear &lt;Ada&gt;');
    expect(html).toContain('Still here, &lt;Ada&gt;&#847;');
    expect(html).toMatch(/href="https:\/\/shop\.example\/t\/c\//);
    expect(mails.at(-1)!.text).toContain('Dear <Ada>');
    expect(mails.at(-1)!.text).toContain('Cart (https://shop.example/cart)');
  });

  it('is previewed without being saved, with its faults and warnings', async () => {
    const profileId = await on.addProfile('ada@example.com', { firstName: 'Ada' });
    const body = { subject: 'Hi {{ nick }}', mjml, profileId: publicId('prf', profileId) };
    const { status, json } = await on.call('POST', '/api/v1/template-previews', body);
    expect(status, JSON.stringify(json)).toBe(200);
    const preview = json as TemplatePreview;
    expect(preview.html).toContain('Dear Ada');
    expect(preview.variables).toEqual({ used: ['nick', 'profile.firstName', 'unsubscribe_url'], missing: ['nick'] });
    expect(preview.warnings.map(({ code }) => code)).toEqual(['no_postal_address', 'missing_variable']);
    const broken = await on.call('POST', '/api/v1/template-previews', {
      ...body,
      mjml: '<mjml>\n<mj-include path="/etc/hostname"/></mjml>',
    });
    expect(broken.status).toBe(400);
    expect(broken.json).toMatchObject({
      errors: [{ field: 'mjml', message: expect.stringMatching(/^line 2: mj-include reads files/) }],
    });
    for (const wrong of [{ ...body, html: '<p>x</p>' }, { subject: 'Hi' }])
      expect((await on.call('POST', '/api/v1/template-previews', wrong)).status).toBe(400);
    expect(((await on.call('GET', '/api/v1/templates')).json as { items: unknown[] }).items).toEqual([]);
  });
});
