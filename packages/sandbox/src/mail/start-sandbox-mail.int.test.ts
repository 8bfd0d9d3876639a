import { createServer, type Server } from 'node:http';
import { mkdtemp, appendFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterEach, describe, expect, test } from 'vitest';
import { startSandboxMail, type SandboxMail, type SandboxMailOptions } from './start-sandbox-mail.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(options: Partial<SandboxMailOptions> = {}): Promise<SandboxMail> {
  const mail = await startSandboxMail({ smtpPort: 0, webPort: 0, ...options });
  closing.push(mail.close);
  return mail;
}

interface Letter {
  to?: string | string[];
  subject?: string;
  html?: string;
  headers?: Record<string, string>;
}

async function send(mail: SandboxMail, letter: Letter = {}): Promise<void> {
  const transport = createTransport(mail.smtpUrl);
  try {
    await transport.sendMail({
      from: 'shop@example.org',
      to: 'ada@example.com',
      subject: 'Hello',
      text: 'Hi Ada',
      ...letter,
    });
  } finally {
    transport.close();
  }
}

async function call(mail: SandboxMail, path: string, init: RequestInit = {}) {
  const response = await fetch(new URL(path, mail.mailboxUrl), init);
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

const behave = (mail: SandboxMail, rule: object) =>
  call(mail, '/api/behaviour', { method: 'POST', body: JSON.stringify(rule) });

interface SmtpFailure {
  responseCode?: number;
  code?: string;
}
const failureOf = (sending: Promise<void>): Promise<SmtpFailure> =>
  sending.then(
    () => ({}),
    (error: SmtpFailure) => error,
  );

describe('a mail that comes in', () => {
  test('is in the inbox of every recipient of the envelope, whatever the headers say', async () => {
    const mail = await start();
    await send(mail, { to: ['Ada@Example.com', 'bea@example.net'], subject: 'Grüße & “quotes”' });
    const { json } = await call(mail, '/api/mails?to=ADA@example.com');
    expect(json.items).toHaveLength(1);
    expect(json.items[0]).toMatchObject({
      to: ['ada@example.com', 'bea@example.net'],
      subject: 'Grüße & “quotes”',
      preview: 'Hi Ada',
    });
    expect((await call(mail, '/api/mails?to=nobody@example.com')).json.items).toEqual([]);
    expect(
      (await call(mail, '/api/inboxes')).json.items.map((inbox: { address: string }) => inbox.address).toSorted(),
    ).toEqual(['ada@example.com', 'bea@example.net']);
  });

  test('is shown with its headers, and its HTML can run nothing and load nothing from elsewhere', async () => {
    const mail = await start();
    await send(mail, { html: '<p>Your <b>cart</b></p><script>alert(1)</script>', headers: { 'X-Journey': 'cart' } });
    const [newest] = await mail.mailbox.waitFor('ada@example.com');
    const whole = (await call(mail, `/api/mails/${newest?.id}`)).json;
    expect(whole.headers).toContainEqual({ name: 'X-Journey', value: 'cart' });
    const body = await call(mail, `/mails/${newest?.id}/body`);
    expect(body.text).toContain('<b>cart</b>');
    const policy = body.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/sandbox (?!.*allow-scripts)/);
    expect(policy).not.toContain('script-src');
  });

  test('without HTML is shown as escaped text', async () => {
    const mail = await start();
    await send(mail, { subject: 'plain' });
    const [newest] = await mail.mailbox.waitFor('ada@example.com');
    expect((await call(mail, `/mails/${newest?.id}/body`)).text).toContain('<pre');
  });

  test('is still there after a restart, also when the last line of the file was torn', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'segue-mails-'));
    closing.push(() => rm(dataDir, { recursive: true }));
    const before = await start({ dataDir });
    await send(before, { subject: 'kept' });
    await before.close();
    await appendFile(join(dataDir, 'mails.ndjson'), '{"id":"torn","subj');
    const after = await start({ dataDir });
    expect(after.mailbox.list().map(({ subject }) => subject)).toEqual(['kept']);
    await send(after, { subject: 'second' });
    expect((await start({ dataDir })).mailbox.list().map(({ subject }) => subject)).toEqual(['second', 'kept']);
  });

  test('pushes out the oldest beyond the bound', async () => {
    const mail = await start({ mailsMax: 2 });
    for (const subject of ['one', 'two', 'three']) await send(mail, { subject });
    expect(mail.mailbox.list().map(({ subject }) => subject)).toEqual(['three', 'two']);
  });

  test('is gone once deleted', async () => {
    const mail = await start();
    await send(mail);
    await send(mail, { to: 'bea@example.net' });
    expect((await call(mail, '/api/mails?to=ada@example.com', { method: 'DELETE' })).json).toEqual({ deleted: 1 });
    expect(mail.mailbox.list()).toHaveLength(1);
  });
});

describe('a told behaviour', () => {
  test('rejects a recipient with 550, and only that one', async () => {
    const mail = await start();
    await behave(mail, { kind: 'reject', to: 'ada@example.com' });
    expect((await failureOf(send(mail))).responseCode).toBe(550);
    await send(mail, { to: 'bea@example.net' });
    expect(mail.mailbox.list().flatMap(({ to }) => to)).toEqual(['bea@example.net']);
  });

  test('fails for the time being with 451 as often as told, then accepts', async () => {
    const mail = await start();
    await behave(mail, { kind: 'tempfail', times: 2 });
    expect((await failureOf(send(mail))).responseCode).toBe(451);
    expect((await failureOf(send(mail))).responseCode).toBe(451);
    await send(mail);
    expect(mail.mailbox.list()).toHaveLength(1);
  });

  test.each([
    [true, 1],
    [false, 0],
  ])('drops the connection after DATA without an answer (stored: %s)', async (stored, arrived) => {
    const mail = await start();
    await behave(mail, { kind: 'drop', to: 'ada@example.com', times: 1, stored });
    const failure = await failureOf(send(mail));
    expect(failure.code).toBeDefined();
    expect(failure.responseCode).toBeUndefined();
    expect(mail.mailbox.list()).toHaveLength(arrived);
  });

  test('is refused with its reason when it makes no sense, and forgotten when cleared', async () => {
    const mail = await start();
    expect((await behave(mail, { kind: 'explode' })).json.detail).toContain('kind');
    await behave(mail, { kind: 'reject' });
    expect((await call(mail, '/api/behaviour', { method: 'DELETE' })).json).toEqual({ items: [] });
    await send(mail);
  });
});

describe('unsubscribing', () => {
  async function startSender(status: number) {
    const seen: { method: string | undefined; type: string | undefined; body: string }[] = [];
    const server: Server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push({ method: request.method, type: request.headers['content-type'], body });
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/u/abc`, seen };
  }

  const offer = (url: string) => ({
    'List-Unsubscribe': `<mailto:stop@example.org>, <${url}>`,
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
  });

  test('sends the POST of RFC 8058 and remembers it', async () => {
    const mail = await start();
    const sender = await startSender(200);
    await send(mail, { headers: offer(sender.url) });
    const [newest] = await mail.mailbox.waitFor('ada@example.com');
    expect((await call(mail, `/api/mails/${newest?.id}/unsubscribe`, { method: 'POST' })).status).toBe(200);
    expect(sender.seen).toEqual([
      { method: 'POST', type: 'application/x-www-form-urlencoded', body: 'List-Unsubscribe=One-Click' },
    ]);
    expect((await call(mail, `/api/mails/${newest?.id}`)).json.unsubscribedAt).not.toBeNull();
  });

  test('is not claimed when the sender refuses or the mail does not offer it', async () => {
    const mail = await start();
    const sender = await startSender(500);
    await send(mail, { headers: offer(sender.url) });
    await send(mail, { subject: 'no offer' });
    const mails = await mail.mailbox.waitFor('ada@example.com', { count: 2 });
    const answers = await Promise.all(
      mails.map(({ id }) => call(mail, `/api/mails/${id}/unsubscribe`, { method: 'POST' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([409, 502]);
    expect(mail.mailbox.list().every(({ unsubscribedAt }) => unsubscribedAt === null)).toBe(true);
  });
});

test('no other page of a browser may change the mailbox', async () => {
  const mail = await start();
  const posted = await call(mail, '/api/mails', { method: 'DELETE', headers: { 'sec-fetch-site': 'cross-site' } });
  expect(posted.status).toBe(403);
});
