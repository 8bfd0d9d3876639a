import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Message, MessageWithHistory } from '@segue/contract';
import { publicId } from '../../platform/ids/index.ts';
import { eventlogMigrations, inSubjects } from '../../platform/eventlog/index.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { accountsMigrations } from '../accounts/index.ts';
import { consentMigrations } from '../consent/index.ts';
import { contentMigrations } from '../content/index.ts';
import { anchorNode, profilesMigrations } from '../profiles/index.ts';
import { messagingMigrations } from './migrations/index.ts';
import { queueMessages } from './queue-messages.ts';
import { recoverMessages } from './recover-messages.ts';
import { runDueMessages } from './run-due-messages.ts';
import { openWorld, startMailbox, type World, type WorldOptions } from './test-world.ts';

const migrations = [eventlogMigrations, accountsMigrations, profilesMigrations, consentMigrations, contentMigrations, messagingMigrations].flat();

let database: TestDatabase;
const closers: (() => Promise<void>)[] = [];
beforeEach(async () => {
  database = await createTestDatabase(migrations);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await database.drop();
});

async function mailbox(answer?: Parameters<typeof startMailbox>[0]) {
  const box = await startMailbox(answer);
  closers.push(box.close);
  return box;
}

async function world(options: Omit<WorldOptions, 'databaseUrl'>): Promise<World> {
  const opened = await openWorld({ databaseUrl: database.url, ...options });
  closers.push(() => opened.close());
  return opened;
}

/** A moment one side waits for and the other brings about. */
function signal() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

let serial = 0;
const freshAddress = () => `ada${++serial}@example.com`;

async function createTemplate(on: World, html = '<p>Dear {{ profile.firstName }}, <a href="https://shop.example/cart">your cart</a></p>'): Promise<string> {
  const { json } = await on.call('POST', '/api/v1/templates', { name: 'Cart', channel: 'email', subject: 'Your cart', html });
  return (json as { id: string }).id;
}

async function grant(on: World, profileId: string): Promise<void> {
  const body = { channel: 'email', topic: 'marketing', status: 'granted', source: 'checkout' };
  expect((await on.call('POST', `/api/v1/profiles/${publicId('prf', profileId)}/consents`, body)).status).toBe(204);
  await on.process();
}

async function send(on: World, profileId: string, over: object = {}): Promise<Message> {
  const body = { profileId: publicId('prf', profileId), topic: 'marketing', idempotencyKey: `k${++serial}`, ...over };
  const { status, json } = await on.call('POST', '/api/v1/messages', { templateId: await createTemplate(on), ...body });
  expect(status, JSON.stringify(json)).toBe(202);
  return json as Message;
}

async function read(on: World, message: Pick<Message, 'id'>): Promise<MessageWithHistory> {
  return (await on.call('GET', `/api/v1/messages/${message.id}`)).json as MessageWithHistory;
}

/** Rounds until nothing is due; events in between are processed, as the server's loops do. */
async function settle(on: World): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await on.process();
    on.clock.advance(60);
    if ((await runDueMessages(on.services, on.deps)) === 0 && round > 3) return;
  }
}

const to = (address: string) => (mail: { to?: unknown }) => JSON.stringify(mail.to).includes(`"${address}"`);

describe('sending', () => {
  it('sends a permitted message once, with the traits of now and a way out, and tells it', async () => {
    const box = await mailbox();
    const on = await world({ smtpUrl: box.smtpUrl });
    const address = freshAddress();
    const profileId = await on.addProfile(address, { firstName: 'Ada' });
    await grant(on, profileId);
    const message = await send(on, profileId);
    expect(message.status).toBe('queued');
    await settle(on);
    const mails = box.mails.filter(to(address));
    expect(mails).toHaveLength(1);
    expect(mails[0]!.html).toContain('Dear Ada');
    expect(mails[0]!.html).toContain('https://shop.example/t/c/');
    expect(mails[0]!.messageId).toBe(`<${message.id}@shop.example>`);
    expect(mails[0]!.headers.get('list')).toMatchObject({ unsubscribe: { url: expect.stringContaining('https://shop.example/p/u/') } });
    const sent = await read(on, message);
    expect(sent).toMatchObject({ status: 'sent', attempts: 1, refusedBy: null });
    expect(sent.history.map((moment) => moment.what)).toEqual(expect.arrayContaining(['queued', 'sending', 'sent']));
  });

  it('answers a repeat with the same message and sends nothing more', async () => {
    const box = await mailbox();
    const on = await world({ smtpUrl: box.smtpUrl });
    const address = freshAddress();
    const profileId = await on.addProfile(address);
    await grant(on, profileId);
    const first = await send(on, profileId, { idempotencyKey: 'order-17' });
    await settle(on);
    expect((await send(on, profileId, { idempotencyKey: 'order-17' })).id).toBe(first.id);
    await settle(on);
    expect(box.mails.filter(to(address))).toHaveLength(1);
  });

  it('refuses without permission, and says so', async () => {
    const box = await mailbox();
    const on = await world({ smtpUrl: box.smtpUrl });
    const address = freshAddress();
    const message = await send(on, await on.addProfile(address));
    await settle(on);
    expect(await read(on, message)).toMatchObject({ status: 'refused', refusedBy: 'consent' });
    expect(box.mails.filter(to(address))).toEqual([]);
  });

  it('sends what needs no permission without asking, and without an unsubscribe header', async () => {
    const box = await mailbox();
    const on = await world({ smtpUrl: box.smtpUrl });
    const address = freshAddress();
    await send(on, await on.addProfile(address), { topic: 'transactional' });
    await settle(on);
    const [mail] = box.mails.filter(to(address));
    expect(mail?.headers.has('list')).toBe(false);
  });

  it('sends nothing to a suppressed address', async () => {
    const box = await mailbox();
    const on = await world({ smtpUrl: box.smtpUrl });
    const address = freshAddress();
    const profileId = await on.addProfile(address);
    await grant(on, profileId);
    const message = await send(on, profileId);
    expect((await on.call('POST', '/api/v1/suppressions', { channel: 'email', address, reason: 'manual' })).status).toBe(204);
    await settle(on);
    expect(await read(on, message)).toMatchObject({ status: 'refused', refusedBy: 'suppression', reason: 'manual' });
    expect(box.mails.filter(to(address))).toEqual([]);
  });

  it('suppresses the address of a bounced message', async () => {
    const address = freshAddress();
    const box = await mailbox((recipient) => (recipient === address ? 550 : undefined));
    const on = await world({ smtpUrl: box.smtpUrl });
    const profileId = await on.addProfile(address);
    await grant(on, profileId);
    const first = await send(on, profileId);
    await settle(on);
    expect(await read(on, first)).toMatchObject({ status: 'failed', reason: expect.stringContaining('550') });
    expect((await read(on, first)).bouncedAt).not.toBeNull();
    const second = await send(on, profileId);
    await settle(on);
    expect(await read(on, second)).toMatchObject({ status: 'refused', refusedBy: 'suppression', reason: 'hard_bounce' });
  });

  it('tries a deferred message again later, and then sends it once', async () => {
    let busy = true;
    const address = freshAddress();
    const box = await mailbox((recipient) => (recipient === address && busy ? 450 : undefined));
    const on = await world({ smtpUrl: box.smtpUrl });
    const profileId = await on.addProfile(address);
    await grant(on, profileId);
    const message = await send(on, profileId);
    await settle(on);
    expect(await read(on, message)).toMatchObject({ status: 'queued', attempts: 1 });
    busy = false;
    on.clock.advance(3_600_000);
    await settle(on);
    expect(await read(on, message)).toMatchObject({ status: 'sent', attempts: 2 });
    expect(box.mails.filter(to(address))).toHaveLength(1);
  });

  it('refuses a message its template cannot be rendered for, and sends the others of the batch', async () => {
    const box = await mailbox();
    const on = await world({ smtpUrl: box.smtpUrl });
    const [a, b] = [freshAddress(), freshAddress()];
    const broken = await send(on, await on.addProfile(a), { topic: 'transactional', templateId: publicId('tpl', crypto.randomUUID()) }).catch(() => undefined);
    expect(broken).toBeUndefined();
    await send(on, await on.addProfile(b), { topic: 'transactional' });
    await settle(on);
    expect(box.mails.filter(to(b))).toHaveLength(1);
  });
});

describe('goal against lag', () => {
  async function queueForRun(on: World, profileId: string): Promise<string> {
    const templateId = (await createTemplate(on)).slice(4);
    const intentKey = `run:${profileId}`;
    await inSubjects(on.services, { workspaceId: on.ctx.workspaceId, ids: [profileId] }, (batch) =>
      queueMessages(batch, [
        {
          intentKey,
          profileId,
          node: anchorNode(batch.subjects.get(profileId)!),
          channel: 'email',
          topic: 'transactional',
          templateId,
          variables: { cart: { total: 3 } },
          source: { kind: 'journey', journeyId: profileId, version: 1, runId: profileId, stepId: 'mail' },
        },
      ]),
    );
    return intentKey;
  }

  it('lets a purchase that was accepted, but not yet processed, stop the message', async () => {
    const box = await mailbox();
    const on = await world({ smtpUrl: box.smtpUrl });
    const address = freshAddress();
    const profileId = await on.addProfile(address);
    await queueForRun(on, profileId);
    await on.accept({ type: 'track', name: 'Order Completed', identifiers: [{ kind: 'userId', value: `user of ${address}` }] });
    for (let round = 0; round < 3; round++) {
      on.clock.advance(100);
      expect(await runDueMessages(on.services, on.deps)).toBe(0);
    }
    await on.process();
    await settle(on);
    const { json } = await on.call('GET', `/api/v1/messages?profile=${publicId('prf', profileId)}&journey=${publicId('jrn', profileId)}`);
    expect((json as { items: Message[] }).items).toMatchObject([{ status: 'refused', refusedBy: 'goal', reason: 'the goal was reached' }]);
    expect(box.mails.filter(to(address))).toEqual([]);
  });

  it('does not wait for what is accepted later', async () => {
    const box = await mailbox();
    const on = await world({ smtpUrl: box.smtpUrl });
    const address = freshAddress();
    const profileId = await on.addProfile(address);
    await queueForRun(on, profileId);
    await on.process();
    expect(await runDueMessages(on.services, on.deps)).toBe(1);
    await on.accept({ type: 'track', name: 'Order Completed', identifiers: [{ kind: 'userId', value: `user of ${address}` }] });
    await settle(on);
    expect(box.mails.filter(to(address))).toHaveLength(1);
  });
});

describe('a dying sender', () => {
  it('sends once though the worker dies after the provider accepted', async () => {
    const box = await mailbox();
    const accepted = signal();
    const dying = await openWorld({
      databaseUrl: database.url,
      smtpUrl: box.smtpUrl,
      around: (channel) => ({
        ...channel,
        async deliver(message) {
          await channel.deliver(message);
          accepted.resolve();
          return new Promise(() => undefined);
        },
      }),
    });
    const address = freshAddress();
    const profileId = await dying.addProfile(address);
    await grant(dying, profileId);
    const message = await send(dying, profileId);
    await dying.process();
    void runDueMessages(dying.services, dying.deps);
    await accepted.promise;
    await dying.close();

    const next = await world({ smtpUrl: box.smtpUrl, clock: dying.clock });
    expect(await recoverMessages(next.services, next.deps)).toBe(1);
    await settle(next);
    next.clock.advance(24 * 3_600_000);
    await settle(next);
    expect(await read(next, message)).toMatchObject({ status: 'unknown' });
    expect(box.mails.filter(to(address))).toHaveLength(1);
  });

  it('leaves alone what a living process has under way, and what itself has', async () => {
    const box = await mailbox();
    const accepted = signal();
    const goOn = signal();
    const slow = await world({
      smtpUrl: box.smtpUrl,
      around: (channel) => ({
        ...channel,
        async deliver(message) {
          const outcome = await channel.deliver(message);
          accepted.resolve();
          await goOn.promise;
          return outcome;
        },
      }),
    });
    const profileId = await slow.addProfile(freshAddress());
    const message = await send(slow, profileId, { topic: 'transactional' });
    await slow.process();
    const round = runDueMessages(slow.services, slow.deps);
    await accepted.promise;
    const other = await world({ smtpUrl: box.smtpUrl });
    expect(await recoverMessages(other.services, other.deps)).toBe(0);
    expect(await recoverMessages(slow.services, slow.deps)).toBe(0);
    goOn.resolve();
    await round;
    expect(await read(other, message)).toMatchObject({ status: 'sent' });
  });
});
