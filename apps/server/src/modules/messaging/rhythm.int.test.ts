import type { Message, PresentedPermission, PresentedRhythm } from '@segue/contract';
import type { ParsedMail } from 'mailparser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publicId } from '../../platform/ids/index.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { addressHash } from '../consent/index.ts';
import { findProfileId } from '../profiles/index.ts';
import { decideMessages } from './decide-messages.ts';
import { claimDueMessages } from './message-store.ts';
import { findAddressees } from './find-addressees.ts';
import { prepareMessages } from './prepare-messages.ts';
import { runDueMessages } from './run-due-messages.ts';
import { openWorld, startMailbox, type World, worldMigrations } from './testing/world.ts';

const DAY_MS = 86_400_000;
const ADA = 'ada@example.com';
const LOOSE = { limit: 9, windowMs: DAY_MS };

let database: TestDatabase;
let worlds: World[];
let on: World;
let templateId: string;
let mails: ParsedMail[];
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  database = await createTestDatabase(worldMigrations);
  const box = await startMailbox();
  const { smtpUrl } = box;
  mails = box.mails;
  closers.push(box.close);
  on = await openWorld({ databaseUrl: database.url, smtpUrl });
  const rival = await openWorld({ databaseUrl: database.url, smtpUrl, clock: on.clock });
  worlds = [on, rival];
  closers.push(
    () => on.close(),
    () => rival.close(),
  );
  const html = '<a href="{{ unsubscribe_url }}">Away</a>';
  templateId = ((await on.call('POST', '/api/v1/templates', { name: 'T', subject: 'S', html })).json as { id: string })
    .id;
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await database.drop();
});

const pathOf = (profileId: string, what: string) => `/api/v1/profiles/${publicId('prf', profileId)}/${what}`;

async function say(profileId: string, status: 'granted' | 'denied', over: object = {}): Promise<void> {
  on.clock.advance(1);
  const body = { channel: 'email', topic: 'marketing', status, source: 'checkout', ...over };
  expect((await on.call('POST', pathOf(profileId, 'consents'), body)).status).toBe(204);
  await on.process();
}

async function setRhythm(profileId: string, body: object): Promise<PresentedRhythm> {
  const { status, json } = await on.call('POST', pathOf(profileId, 'rhythm'), { source: 'telephone', ...body });
  expect(status, JSON.stringify(json)).toBe(200);
  await on.process();
  return json as PresentedRhythm;
}

let serial = 0;
async function queue(profileId: string, topic = 'marketing'): Promise<Message> {
  const body = { profileId: publicId('prf', profileId), topic, templateId, idempotencyKey: `k${++serial}` };
  return (await on.call('POST', '/api/v1/messages', body)).json as Message;
}

/** Every sender at once, a message at a time, until nothing is due. */
async function settle(): Promise<void> {
  const drain = async (world: World) => {
    while ((await runDueMessages(world.services, world.deps, 1)) > 0);
  };
  for (let round = 0; round < 8; round++) {
    await on.process();
    on.clock.advance(60);
    await Promise.all(worlds.map(drain));
  }
  await on.process();
}

const read = async ({ id }: Message) => (await on.call('GET', `/api/v1/messages/${id}`)).json as Message;

async function deliver(profileId: string, topic?: string): Promise<Message> {
  const message = await queue(profileId, topic);
  await settle();
  return read(message);
}

async function permissionsOf(profileId: string): Promise<PresentedPermission[]> {
  return ((await on.call('GET', pathOf(profileId, 'permissions'))).json as { permissions: PresentedPermission[] })
    .permissions;
}

describe('a pause', () => {
  it('holds marketing back until its end, what was queued before it too, and never what concerns orders', async () => {
    const ada = await on.addProfile(ADA);
    await say(ada, 'granted');
    const queued = await queue(ada);
    const until = new Date(on.clock.now() + 30 * DAY_MS).toISOString();
    expect(await setRhythm(ada, { pausedUntil: until })).toEqual({ frequency: 'usual', pausedUntil: until });
    await settle();
    expect(await read(queued)).toMatchObject({
      status: 'refused',
      refusedBy: 'paused',
      reason: `paused by the customer until ${until}`,
    });
    expect(await deliver(ada, 'transactional')).toMatchObject({ status: 'sent' });
    expect(await permissionsOf(ada)).toMatchObject([
      { topic: 'marketing', state: 'subscribed', isPermitted: false, refusedFor: 'paused' },
      { topic: 'transactional', isPermitted: true, refusedFor: null },
    ]);
    on.clock.advance(30 * DAY_MS);
    expect(await deliver(ada)).toMatchObject({ status: 'sent' });
  });

  it('is ended at once when she says so, and lies within a year', async () => {
    const ada = await on.addProfile(ADA);
    await say(ada, 'granted');
    const tooFar = { pausedUntil: '2099-01-01T00:00:00Z', source: 'telephone' };
    expect((await on.call('POST', pathOf(ada, 'rhythm'), tooFar)).status).toBe(400);
    expect((await on.call('POST', pathOf(ada, 'rhythm'), { source: 'telephone' })).status).toBe(400);
    await setRhythm(ada, { pausedUntil: new Date(on.clock.now() + DAY_MS).toISOString() });
    expect(await deliver(ada)).toMatchObject({ refusedBy: 'paused' });
    on.clock.advance(1);
    expect(await setRhythm(ada, { pausedUntil: null })).toMatchObject({ pausedUntil: null });
    expect(await deliver(ada)).toMatchObject({ status: 'sent' });
  });

  it('of either profile holds after a merge, and goes with its own when that is undone', async () => {
    const ada = await on.addProfile(ADA);
    await say(ada, 'granted');
    const other = await subscriber('bea@example.com');
    await setRhythm(other, { pausedUntil: new Date(on.clock.now() + 30 * DAY_MS).toISOString() });
    await merge(ADA, 'bea@example.com');
    expect(await deliver(ada)).toMatchObject({ refusedBy: 'paused' });
    await on.unmerge(ada);
    expect(await deliver(ada)).toMatchObject({ status: 'sent' });
  });
});

/** Somebody who subscribed without an account, on a device of her own. */
async function subscriber(address: string): Promise<string> {
  const identifiers = [{ kind: 'email', value: address }, device(address)] as const;
  await on.accept({ type: 'identify', identifiers });
  await on.process();
  return (await findProfileId(on.ctx, identifiers[0]))!;
}

const device = (address: string) => ({ kind: 'anonymousId', value: `device of ${address}` }) as const;

/** The known customer signs in on the other's device. */
async function merge(known: string, other: string): Promise<void> {
  const identifiers = [{ kind: 'userId', value: `user of ${known}` }, device(other)] as const;
  await on.accept({ type: 'identify', identifiers });
  await on.process();
}

describe('less often', () => {
  it('lets one marketing message a week through, however many senders compete, and says why not', async () => {
    const ada = await on.addProfile(ADA);
    await say(ada, 'granted');
    await setRhythm(ada, { frequency: 'less_often' });
    const messages: Message[] = [];
    for (let i = 0; i < 6; i++) messages.push(await queue(ada));
    await settle();
    const ends = await Promise.all(messages.map(read));
    expect(ends.filter(({ status }) => status === 'sent')).toHaveLength(1);
    expect(ends.filter(({ refusedBy }) => refusedBy === 'frequency')).toHaveLength(5);
    expect(ends.find(({ refusedBy }) => refusedBy === 'frequency')?.reason).toContain('the customer asked for less');
    expect(await deliver(ada, 'transactional')).toMatchObject({ status: 'sent' });
    on.clock.advance(7 * DAY_MS);
    expect(await deliver(ada)).toMatchObject({ status: 'sent' });
    on.clock.advance(1);
    await setRhythm(ada, { frequency: 'usual' });
    expect(await deliver(ada)).toMatchObject({ status: 'sent' });
  });

  it('is as often as the workspace says', async () => {
    const ada = await on.addProfile(ADA);
    await say(ada, 'granted');
    await setRhythm(ada, { frequency: 'less_often' });
    const policy = { cap: LOOSE, lessOften: { limit: 2, windowMs: 14 * DAY_MS } };
    expect((await on.call('PUT', '/api/v1/send-policy', policy)).json).toMatchObject(policy);
    const ends = [await deliver(ada), await deliver(ada), await deliver(ada)];
    expect(ends.map(({ refusedBy }) => refusedBy)).toEqual([null, null, 'frequency']);
    on.clock.advance(7 * DAY_MS);
    expect(await deliver(ada)).toMatchObject({ refusedBy: 'frequency' });
  });
});

describe('the preference page', () => {
  const inForm = { 'content-type': 'application/x-www-form-urlencoded', 'accept-language': 'de' };

  it('lets her pause, says until when, ends it by itself, and slows down; without a script', async () => {
    const ada = await on.addProfile(ADA);
    await say(ada, 'granted');
    await on.call('PUT', '/api/v1/send-policy', { cap: LOOSE, lessOften: { limit: 2, windowMs: 7 * DAY_MS } });
    await deliver(ada);
    const away = /href="([^"]*\/p\/u\/[^"]*)"/.exec(mails[0]!.html as string)![1]!;
    const url = new URL(away).pathname;
    const page = await on.app.inject({ method: 'GET', url, headers: { 'accept-language': 'de' } });
    expect(page.body).toContain('<html lang="de">');
    expect(page.body).toContain('Seltener: höchstens 2 pro Woche');
    expect(page.body).not.toContain('<script');
    const submit = async (payload: string) => {
      const form = url.replace('/p/u/', '/p/topics/');
      const reply = await on.app.inject({ method: 'POST', url: form, headers: inForm, payload });
      expect(reply.statusCode).toBe(200);
      await on.process();
      on.clock.advance(1);
      return reply.body;
    };
    expect(await submit('action=pause')).toContain('Sie haben Pause bis 22. Dezember 2026');
    await on.services.postgres.query({ text: `update workspace set time_zone = 'Pacific/Pago_Pago'` });
    const there = await on.app.inject({ method: 'GET', url, headers: { 'accept-language': 'de' } });
    expect(there.body).toContain('Pause bis 21. Dezember 2026');
    expect(await deliver(ada)).toMatchObject({ refusedBy: 'paused' });
    expect(await submit('action=resume')).toContain('Die Pause ist zu Ende');
    expect(await submit('action=save&choice=email:marketing&frequency=less_often')).toContain(
      'value="less_often" checked',
    );
    const ends = [await deliver(ada), await deliver(ada)];
    expect(ends.map(({ refusedBy }) => refusedBy)).toEqual([null, 'frequency']);
    await submit('action=pause');
    on.clock.advance(30 * DAY_MS);
    const after = await on.app.inject({ method: 'GET', url });
    expect(after.body).toContain('Pause for 30 days');
    expect(await deliver(ada)).toMatchObject({ status: 'sent' });
    const { json } = await on.call('GET', pathOf(ada, 'permissions'));
    expect(json).toMatchObject({ rhythm: { frequency: 'less_often', pausedUntil: null } });
  });
});

describe('permission', () => {
  it('that was confirmed for one address is none for an address that comes with an event or a merge', async () => {
    await on.call('PATCH', '/api/v1/topics/marketing', { doubleOptIn: true });
    const ada = await on.addProfile(ADA);
    await say(ada, 'granted', { isConfirmed: true });
    expect(await deliver(ada)).toMatchObject({ status: 'sent' });
    const other = await subscriber('bea@example.com');
    await merge(ADA, 'bea@example.com');
    expect(await findProfileId(on.ctx, { kind: 'email', value: 'bea@example.com' })).toBe(ada);
    const cells = (await permissionsOf(ada)).filter(({ topic }) => topic === 'marketing');
    expect(cells).toHaveLength(2);
    const hash = addressHash(await on.services.keysOf(on.ctx.workspaceId), 'email', ADA);
    for (const cell of cells) {
      const isHers = cell.addressHash === hash;
      expect(cell).toMatchObject({ state: isHers ? 'subscribed' : 'pending', isPermitted: isHers });
      expect(cell.refusedFor).toBe(isHers ? null : 'unconfirmed');
    }
    expect(other).not.toBe(ada);
    const unclear = { channel: 'email', topic: 'marketing', status: 'granted', source: 'till', isConfirmed: true };
    expect((await on.call('POST', pathOf(ada, 'consents'), unclear)).status).toBe(400);
  });

  it('denied by one of two is denied for both, until she says something new; undone, each has her own', async () => {
    const ada = await on.addProfile(ADA);
    const other = await subscriber('bea@example.com');
    await say(other, 'denied');
    await say(ada, 'granted');
    on.clock.advance(1);
    await merge(ADA, 'bea@example.com');
    expect(await deliver(ada)).toMatchObject({ status: 'refused', refusedBy: 'consent' });
    await on.unmerge(ada);
    expect(await deliver(ada)).toMatchObject({ status: 'sent' });
    expect(await deliver(other)).toMatchObject({ status: 'refused', refusedBy: 'consent' });
    on.clock.advance(1);
    await say(other, 'granted');
    expect(await deliver(other)).toMatchObject({ status: 'sent' });
  });

  it('taken back by the link of a mail from before a merge was undone is that of who has the address now', async () => {
    const ada = await on.addProfile(ADA);
    const other = await subscriber('bea@example.com');
    await say(ada, 'granted');
    await say(other, 'granted');
    on.clock.advance(1);
    await merge(ADA, 'bea@example.com');
    expect(await deliver(ada)).toMatchObject({ status: 'sent' });
    expect(mails[0]!.to).toMatchObject({ text: 'bea@example.com' });
    await on.unmerge(ada);
    const url = new URL(/href="([^"]*\/p\/u\/[^"]*)"/.exec(mails[0]!.html as string)![1]!).pathname;
    expect((await on.app.inject({ method: 'POST', url })).statusCode).toBe(200);
    await on.process();
    expect(await deliver(other)).toMatchObject({ status: 'refused', refusedBy: 'consent' });
    expect(await deliver(ada)).toMatchObject({ status: 'sent' });
  });

  it('is asked of who has the address when it goes, though a merge was undone since it was prepared', async () => {
    const ada = await on.addProfile(ADA);
    const other = await subscriber('bea@example.com');
    await say(ada, 'granted');
    await say(other, 'granted');
    on.clock.advance(1);
    await merge(ADA, 'bea@example.com');
    await queue(ada);
    const now = on.clock.now();
    const held = await claimDueMessages(on.services.postgres, { now, untilMs: now + 1, limit: 10 });
    const prepared = await prepareMessages(on.ctx, on.deps, await findAddressees(on.services, held));
    expect(prepared.map(({ address }) => address?.text)).toEqual(['bea@example.com']);
    await on.unmerge(ada);
    await say(other, 'denied');
    expect(await decideMessages(on.services, on.deps, prepared)).toEqual([]);
    await settle();
    expect(mails.map(({ to }) => to)).toMatchObject([{ text: ADA }]);
  });

  it('is shown in full and no wider, whatever channels and topics events name', async () => {
    const ada = await on.addProfile(ADA);
    const identifiers = [{ kind: 'email' as const, value: ADA }];
    for (let i = 0; i < 30; i++) {
      const properties = { channel: `channel${i}`, topic: `topic${i}`, status: 'granted' };
      await on.accept({ type: 'track', name: 'Consent Updated', identifiers, properties });
    }
    await on.process();
    const cells = await permissionsOf(ada);
    const channels = new Set(cells.map(({ channel }) => channel));
    expect(channels.size).toBe(31);
    // Two topics on each channel, and what was said there.
    expect(cells).toHaveLength(31 * 2 + 30);
  });

  it('never reaches a suppressed address, whoever has it after a merge and its undoing', async () => {
    const ada = await on.addProfile(ADA);
    const other = await subscriber('bea@example.com');
    await say(ada, 'granted');
    await say(other, 'granted');
    const body = { channel: 'email', address: 'bea@example.com', reason: 'hard_bounce' };
    await on.call('POST', '/api/v1/suppressions', body);
    await merge(ADA, 'bea@example.com');
    const bea = (await permissionsOf(ada)).filter(({ suppression }) => suppression === 'hard_bounce');
    expect(bea).toHaveLength(2);
    await on.unmerge(ada);
    expect(await deliver(other)).toMatchObject({ refusedBy: 'suppression' });
    expect(await deliver(ada)).toMatchObject({ status: 'sent' });
  });

  it('of an opt-out topic is hers until she says no, or no to everything', async () => {
    const topic = { topic: 'tips', name: 'Tips', kind: 'marketing', default: 'opt_out' };
    expect((await on.call('POST', '/api/v1/topics', topic)).json).toMatchObject({
      default: 'opt_out',
      requiresOptIn: false,
    });
    const ada = await on.addProfile(ADA);
    expect(await deliver(ada, 'tips')).toMatchObject({ status: 'sent' });
    await on.accept({ type: 'track', name: 'Unsubscribed', identifiers: [{ kind: 'email', value: ADA }] });
    await on.process();
    expect(await deliver(ada, 'tips')).toMatchObject({ refusedBy: 'consent' });
    expect(await deliver(ada, 'transactional')).toMatchObject({ status: 'sent' });
  });

  it('is kept with the version of the wording she saw', async () => {
    const ada = await on.addProfile(ADA);
    const write = async (text: string) =>
      (await on.call('POST', '/api/v1/consent-wordings', { id: 'checkout_box', language: 'en', text })).json as object;
    expect(await write('Send me news')).toMatchObject({ version: 1 });
    expect(await write('Send me news')).toMatchObject({ version: 1 });
    expect(await write('Send me news and offers')).toMatchObject({ version: 2 });
    await say(ada, 'granted', { wording: { id: 'checkout_box', version: 1 }, ip: '203.0.113.9' });
    const [cell] = await permissionsOf(ada);
    expect(cell).toMatchObject({
      state: 'subscribed',
      legalBasis: 'marketing',
      default: 'opt_in',
      isPermitted: true,
      record: {
        wording: { id: 'checkout_box', version: 1 },
        text: 'Send me news',
        ip: '203.0.113.9',
        source: 'checkout',
      },
    });
    const unknown = {
      channel: 'email',
      topic: 'marketing',
      status: 'granted',
      source: 'till',
      wording: { id: 'nowhere' },
    };
    expect((await on.call('POST', pathOf(ada, 'consents'), unknown)).status).toBe(400);
    expect(
      (await on.call('POST', '/api/v1/consent-wordings', { id: 'segue_page', language: 'en', text: 'x' })).status,
    ).toBe(400);
  });
});
