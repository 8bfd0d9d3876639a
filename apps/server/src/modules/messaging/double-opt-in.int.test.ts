import type { Consent, Message } from '@segue/contract';
import type { ParsedMail } from 'mailparser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publicId } from '../../platform/ids/index.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { runDueMessages } from './run-due-messages.ts';
import { openWorld, startMailbox, type World, worldMigrations } from './testing/world.ts';

const DAY_MS = 86_400_000;
const ADA = 'ada@example.com';

let database: TestDatabase;
let on: World;
let mails: ParsedMail[];
let serial = 0;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  database = await createTestDatabase(worldMigrations);
  const box = await startMailbox();
  mails = box.mails;
  on = await openWorld({ databaseUrl: database.url, smtpUrl: box.smtpUrl });
  closers.push(box.close, () => on.close());
  await on.call('PUT', '/api/v1/brand', { name: 'Linen & Light', postalAddress: '1 Shop Lane, Berlin' });
  await on.call('PATCH', '/api/v1/topics/marketing', { doubleOptIn: true });
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await database.drop();
});

async function settle(): Promise<void> {
  for (let round = 0; round < 6; round++) {
    await on.process();
    on.clock.advance(60);
    await runDueMessages(on.services, on.deps);
  }
  await on.process();
}

const idOf = (email: string) =>
  [
    { kind: 'userId', value: `user of ${email}` },
    { kind: 'email', value: email },
  ] as const;

async function signUp(email = ADA, properties: object = {}): Promise<void> {
  const said = { channel: 'email', topic: 'marketing', status: 'granted', source: 'footer_form', ...properties };
  await on.accept({ type: 'track', name: 'Consent Updated', identifiers: idOf(email), properties: said });
  await settle();
}

/** Tries to send marketing; whether it went. */
async function isSent(profileId: string, topic = 'marketing'): Promise<Message> {
  const { json } = await on.call('POST', '/api/v1/templates', { name: 'T', subject: 'Offer', html: '<p>Buy</p>' });
  const templateId = (json as { id: string }).id;
  const body = { profileId: publicId('prf', profileId), topic, templateId, idempotencyKey: `k${++serial}` };
  const queued = (await on.call('POST', '/api/v1/messages', body)).json as Message;
  await settle();
  return (await on.call('GET', `/api/v1/messages/${queued.id}`)).json as Message;
}

const confirmPath = (mail: ParsedMail) =>
  new URL(/href="([^"]*\/p\/c\/[^"]*)"/.exec(mail.html as string)![1]!).pathname;
const consentsOf = async (profileId: string) =>
  ((await on.call('GET', `/api/v1/profiles/${publicId('prf', profileId)}/consents`)).json as { items: Consent[] })
    .items;

describe('double opt-in', () => {
  it('counts a yes only once its mailbox has confirmed it, with proof', async () => {
    const profileId = await on.addProfile(ADA);
    await signUp();
    expect(mails.map((mail) => mail.subject)).toEqual(['Please confirm: News and offers']);
    expect(mails[0]!.html).toContain('Linen &amp; Light');
    expect(mails[0]!.text).toContain('Linen & Light');
    expect(mails[0]!.headers.has('list')).toBe(false);
    expect(await isSent(profileId)).toMatchObject({ status: 'refused', refusedBy: 'consent' });
    expect(await consentsOf(profileId)).toMatchObject([{ status: 'pending', isConfirmed: false, isCurrent: false }]);

    const url = confirmPath(mails[0]!);
    const page = await on.app.inject({ method: 'GET', url });
    expect(page.body).toContain('Yes, Linen &amp; Light may send me messages about: News and offers');
    await on.app.inject({ method: 'HEAD', url });
    expect(await isSent(profileId)).toMatchObject({ status: 'refused' });

    const done = await on.app.inject({ method: 'POST', url, headers: { 'accept-language': 'de-AT,en;q=0.5' } });
    expect(done.body).toContain('Danke, Sie sind angemeldet');
    expect(await isSent(profileId)).toMatchObject({ status: 'sent' });
    const [grant] = await consentsOf(profileId);
    expect(grant).toMatchObject({
      status: 'granted',
      source: 'double_opt_in',
      isConfirmed: true,
      isCurrent: true,
      ip: '127.0.0.1',
      text: 'Ja, Linen & Light darf mir Nachrichten schicken über: News and offers',
      language: 'de',
      message: expect.stringMatching(/^msg_/),
    });
  });

  it('asks once, and not again for a week, however often she is signed up', async () => {
    await on.addProfile(ADA);
    for (let times = 0; times < 3; times++) await signUp();
    expect(mails).toHaveLength(1);
    on.clock.advance(7 * DAY_MS);
    await signUp();
    expect(mails).toHaveLength(2);
  });

  it('asks an address no more than three times a week, about whatever topics', async () => {
    await on.addProfile(ADA);
    for (const topic of ['a', 'b', 'c', 'd', 'e']) {
      const made = await on.call('POST', '/api/v1/topics', {
        topic,
        name: topic,
        kind: 'marketing',
        doubleOptIn: true,
      });
      expect(made.status).toBe(201);
      await signUp(ADA, { topic });
    }
    expect(mails).toHaveLength(3);
  });

  it('asks no mailbox more often under addresses that all lead to it', async () => {
    for (const email of [
      'm.ia+1@gmail.com',
      'mia+2@gmail.com',
      'mia@googlemail.com',
      'bo+1@example.com',
      'bo+2@example.com',
    ]) {
      await on.addProfile(email);
      await signUp(email);
    }
    expect(mails.map((mail) => [mail.to].flat()[0]?.text)).toEqual(['m.ia+1@gmail.com', 'bo+1@example.com']);
  });

  it('asks about no yes that was taken back, whichever was heard first, nor of one said long ago', async () => {
    const said = { channel: 'email', topic: 'marketing' };
    const say = (status: string, occurredAt: number) =>
      on.accept({
        type: 'track',
        name: 'Consent Updated',
        identifiers: idOf(ADA),
        properties: { ...said, status },
        occurredAt,
      });
    await on.addProfile(ADA);
    const now = on.clock.now();
    await say('granted', now - 30 * DAY_MS);
    await settle();
    await say('denied', now - 1_000);
    await say('granted', now - 2_000);
    await settle();
    expect(mails).toEqual([]);
    await say('granted', now - 500);
    await on.process();
    await say('denied', now - 400);
    await settle();
    expect(mails).toEqual([]);
  });

  it('is not undone by pressing the button again after a no, and lapses after thirty days', async () => {
    const profileId = await on.addProfile(ADA);
    await signUp();
    const url = confirmPath(mails[0]!);
    await on.app.inject({ method: 'POST', url });
    on.clock.advance(1_000);
    await on.accept({ type: 'track', name: 'Unsubscribed', identifiers: idOf(ADA), properties: { channel: 'email' } });
    await on.process();
    await on.app.inject({ method: 'POST', url });
    expect(await isSent(profileId)).toMatchObject({ status: 'refused' });

    const bea = await on.addProfile('bea@example.com');
    await signUp('bea@example.com');
    const late = confirmPath(mails.at(-1)!);
    on.clock.advance(30 * DAY_MS);
    const page = await on.app.inject({ method: 'POST', url: late });
    expect(page.statusCode).toBe(410);
    expect(page.body).toContain('This link has lapsed');
    expect(await isSent(bea)).toMatchObject({ status: 'refused' });
  });

  it('never asks a suppressed address, nor because a public write key says so', async () => {
    await on.addProfile(ADA);
    await on.call('POST', '/api/v1/suppressions', { channel: 'email', address: ADA });
    await signUp();
    await on.accept({
      type: 'track',
      name: 'Consent Confirmation Requested',
      identifiers: idOf(ADA),
      properties: { confirmation_id: '018f0000-0000-7000-8000-000000000000', channel: 'email', topic: 'marketing' },
    });
    await signUp(ADA, { confirmed: true });
    expect(mails).toEqual([]);
  });

  it('makes earlier yeses wait when it is switched on, and lets those pass that were confirmed elsewhere', async () => {
    const profileId = await on.addProfile(ADA);
    await on.call('PATCH', '/api/v1/topics/marketing', { doubleOptIn: false });
    await signUp();
    expect(await isSent(profileId)).toMatchObject({ status: 'sent' });
    await on.call('PATCH', '/api/v1/topics/marketing', { doubleOptIn: true });
    expect(await isSent(profileId)).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('not confirmed'),
    });
    const elsewhere = { channel: 'email', topic: 'marketing', status: 'granted', source: 'import', isConfirmed: true };
    expect((await on.call('POST', `/api/v1/profiles/${publicId('prf', profileId)}/consents`, elsewhere)).status).toBe(
      204,
    );
    expect(await isSent(profileId)).toMatchObject({ status: 'sent' });
  });

  it('is asked for by a form of its own, also where the topic does not', async () => {
    const profileId = await on.addProfile(ADA);
    await on.call('POST', '/api/v1/topics', { topic: 'tips', name: 'Tips', kind: 'marketing' });
    await signUp(ADA, { topic: 'tips', double_opt_in: true });
    expect(await isSent(profileId, 'tips')).toMatchObject({ status: 'refused' });
    await on.app.inject({ method: 'POST', url: confirmPath(mails[0]!) });
    expect(await isSent(profileId, 'tips')).toMatchObject({ status: 'sent' });
  });

  it('is given on the preference page for its own mailbox, which proves no other address', async () => {
    const profileId = await on.addProfile(ADA);
    await on.accept({ type: 'identify', identifiers: [...idOf(ADA), { kind: 'phone', value: '+491711234567' }] });
    await on.process();
    await isSent(profileId, 'transactional');
    const { json } = await on.call('POST', '/api/v1/templates', {
      name: 'T',
      subject: 'Order',
      html: '<a href="{{ unsubscribe_url }}">x</a>',
    });
    const body = {
      profileId: publicId('prf', profileId),
      topic: 'transactional',
      templateId: (json as { id: string }).id,
    };
    await on.call('POST', '/api/v1/messages', { ...body, idempotencyKey: 'page' });
    await settle();
    const path = new URL(/href="([^"]*\/p\/u\/[^"]*)"/.exec(mails.at(-1)!.html as string)![1]!).pathname;
    const page = await on.app.inject({ method: 'GET', url: path });
    expect(page.body.match(/value="[a-z]+:marketing"/g)).toEqual(['value="email:marketing"']);
    await on.app.inject({
      method: 'POST',
      url: path.replace('/p/u/', '/p/topics/'),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'action=save&choice=email:marketing&choice=sms:marketing',
    });
    expect(await isSent(profileId)).toMatchObject({ status: 'sent' });
    const said = (await consentsOf(profileId)).map(({ channel, status }) => `${channel} ${status}`);
    expect(said).toEqual(['email granted']);
    await on.call('PATCH', '/api/v1/topics/marketing', { doubleOptIn: false });
    const open = await on.app.inject({ method: 'GET', url: path });
    expect(open.body.match(/value="[a-z]+:marketing"/g)).toEqual([
      'value="email:marketing"',
      'value="sms:marketing"',
      'value="whatsapp:marketing"',
    ]);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const url = path.replace('/p/u/', '/p/topics/');
    await on.app.inject({ method: 'POST', url, headers: form, body: 'action=none' });
    const ended = (await consentsOf(profileId)).slice(0, 3).map((one) => `${one.channel} ${one.topic} ${one.status}`);
    expect(ended.toSorted()).toEqual(['email * denied', 'sms * denied', 'whatsapp * denied']);
    expect(await isSent(profileId)).toMatchObject({ status: 'refused' });
    expect(await isSent(profileId, 'transactional')).toMatchObject({ status: 'sent' });
    on.clock.advance(1_000);
    await on.app.inject({ method: 'POST', url, headers: form, body: 'action=save&choice=email:marketing' });
    expect(await isSent(profileId)).toMatchObject({ status: 'sent' });
  });
});

describe('topics', () => {
  it('are made and changed, keep their kind, and have one default of each', async () => {
    const make = (body: object) =>
      on.call('POST', '/api/v1/topics', { topic: 'sales', name: 'Sales', kind: 'marketing', ...body });
    expect((await make({ description: 'When prices drop', isDefault: true })).json).toMatchObject({
      topic: 'sales',
      requiresOptIn: true,
      description: 'When prices drop',
      isDefault: true,
    });
    expect((await make({})).status).toBe(409);
    expect((await make({ topic: 'No Good' })).status).toBe(400);
    expect((await make({ topic: 'x', kind: 'transactional', doubleOptIn: true })).status).toBe(400);
    expect((await on.call('PATCH', '/api/v1/topics/sales', { kind: 'transactional' })).status).toBe(400);
    expect((await on.call('PATCH', '/api/v1/topics/nothing', { name: 'x' })).status).toBe(404);
    const { items } = (await on.call('GET', '/api/v1/topics')).json as {
      items: { topic: string; isDefault: boolean }[];
    };
    expect(
      items
        .filter((one) => one.isDefault)
        .map((one) => one.topic)
        .toSorted(),
    ).toEqual(['sales', 'transactional']);
  });
});
