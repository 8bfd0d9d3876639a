import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Message, MessageWithHistory } from '@segue/contract';
import { publicId, requirePublicId } from '../../platform/ids/index.ts';
import { inSubjects } from '../../platform/eventlog/index.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { anchorNode, findProfileId } from '../profiles/index.ts';
import { claimDueMessages } from './message-store.ts';
import { decideMessages } from './decide-messages.ts';
import { findAddressees } from './find-addressees.ts';
import { prepareMessages } from './prepare-messages.ts';
import { queueMessages } from './queue-messages.ts';
import { recoverMessages } from './recover-messages.ts';
import { runDueMessages } from './run-due-messages.ts';
import { openWorld, startMailbox, type World, worldMigrations, type WorldOptions } from './testing/world.ts';

let database: TestDatabase;
const closers: (() => Promise<void>)[] = [];
beforeEach(async () => {
  database = await createTestDatabase(worldMigrations);
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

async function createTemplate(
  on: World,
  html = '<p>Dear {{ profile.firstName }}, <a href="https://shop.example/cart">your cart</a></p>',
): Promise<string> {
  const { json } = await on.call('POST', '/api/v1/templates', {
    name: 'Cart',
    channel: 'email',
    subject: 'Your cart',
    html,
  });
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
    expect(mails[0]!.headers.get('list')).toMatchObject({
      unsubscribe: { url: expect.stringContaining('https://shop.example/p/u/') },
    });
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
    expect(
      (await on.call('POST', '/api/v1/suppressions', { channel: 'email', address, reason: 'manual' })).status,
    ).toBe(204);
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
    expect(await read(on, second)).toMatchObject({
      status: 'refused',
      refusedBy: 'suppression',
      reason: 'hard_bounce',
    });
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

  it('refuses a message whose template cannot be rendered for this profile, and sends the others of the batch', async () => {
    const box = await mailbox();
    const on = await world({ smtpUrl: box.smtpUrl });
    const [a, b] = [freshAddress(), freshAddress()];
    const templateId = await createTemplate(
      on,
      '<p>{% for i in (1..times) %}{% for j in (1..times) %}.{% endfor %}{% endfor %}</p>',
    );
    const [broken, fine] = [
      await send(on, await on.addProfile(a), { topic: 'transactional', templateId, variables: { times: 10_000 } }),
      await send(on, await on.addProfile(b), { topic: 'transactional', templateId, variables: { times: 2 } }),
    ];
    await settle(on);
    expect(await read(on, broken)).toMatchObject({ status: 'refused', refusedBy: 'content' });
    expect(await read(on, fine)).toMatchObject({ status: 'sent' });
    expect(box.mails).toHaveLength(1);
  });

  it('gives queued messages to the surviving profile of a merge', async () => {
    const box = await mailbox();
    const on = await world({ smtpUrl: box.smtpUrl });
    const device = { kind: 'anonymousId', value: 'device-1' } as const;
    await on.accept({ type: 'track', name: 'Product Viewed', identifiers: [device] });
    await on.process();
    const anonymous = (await findProfileId(on.ctx, device))!;
    const message = await send(on, anonymous, { topic: 'transactional' });
    const address = freshAddress();
    const profileId = await on.addProfile(address);
    await on.accept({ type: 'identify', identifiers: [{ kind: 'userId', value: `user of ${address}` }, device] });
    await settle(on);
    expect(await read(on, message)).toMatchObject({ status: 'sent', profileId: publicId('prf', profileId) });
    expect(box.mails.filter(to(address))).toHaveLength(1);
  });

  it('marks what receipts say, the first of each kind', async () => {
    const box = await mailbox();
    const on = await world({ smtpUrl: box.smtpUrl });
    const message = await send(on, await on.addProfile(freshAddress()), { topic: 'transactional' });
    await settle(on);
    const receipt = async (name: string) =>
      inSubjects(
        on.services,
        { workspaceId: on.ctx.workspaceId, ids: [requirePublicId('prf', message.profileId ?? '')] },
        async (batch) => {
          const [subject] = batch.subjects.values();
          batch.emit({
            subjectId: subject!.id,
            node: anchorNode(subject!),
            name,
            occurredAt: batch.now,
            properties: { message_id: message.id },
          });
        },
      );
    const openedAt = new Date(on.clock.now()).toISOString();
    await receipt('Email Opened');
    on.clock.advance(1_000);
    await receipt('Email Opened');
    await receipt('Email Link Clicked');
    await on.process();
    const marked = await read(on, message);
    expect(marked).toMatchObject({ status: 'sent', openedAt, deliveredAt: null });
    expect(marked.history.map((moment) => moment.what)).toEqual(['queued', 'sending', 'sent', 'opened', 'clicked']);
  });

  it('lets no more than the cap through, however many senders compete for one profile', async () => {
    const box = await mailbox();
    const first = await world({ smtpUrl: box.smtpUrl });
    const others = [
      await world({ smtpUrl: box.smtpUrl, clock: first.clock }),
      await world({ smtpUrl: box.smtpUrl, clock: first.clock }),
    ];
    const address = freshAddress();
    const profileId = await first.addProfile(address);
    await grant(first, profileId);
    expect((await first.call('PUT', '/api/v1/send-policy', { cap: { limit: 3, windowMs: 3_600_000 } })).status).toBe(
      200,
    );
    const templateId = await createTemplate(first);
    const messages: Message[] = [];
    for (let i = 0; i < 12; i++) messages.push(await send(first, profileId, { templateId }));
    await first.process();
    const drain = async (on: World): Promise<void> => {
      while ((await runDueMessages(on.services, on.deps, 1)) > 0);
    };
    for (let round = 0; round < 12; round++) {
      await Promise.all([first, ...others].map(drain));
      // Each message sent is an event of the profile, which the next one waits for.
      await first.process();
      first.clock.advance(60);
    }
    const ends = await Promise.all(messages.map((message) => read(first, message)));
    expect(ends.filter(({ status }) => status === 'sent')).toHaveLength(3);
    expect(ends.filter(({ refusedBy }) => refusedBy === 'cap')).toHaveLength(9);
    expect(box.mails.filter(to(address))).toHaveLength(3);
    first.clock.advance(3_600_001);
    const later = await send(first, profileId, { templateId });
    await settle(first);
    expect(await read(first, later)).toMatchObject({ status: 'sent' });
  });
});

describe('goal against lag', () => {
  async function queueForRun(on: World, profileId: string): Promise<string> {
    const templateId = requirePublicId('tpl', await createTemplate(on));
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
    await on.accept({
      type: 'track',
      name: 'Order Completed',
      identifiers: [{ kind: 'userId', value: `user of ${address}` }],
    });
    for (let round = 0; round < 3; round++) {
      on.clock.advance(100);
      expect(await runDueMessages(on.services, on.deps)).toBe(0);
    }
    await on.process();
    await settle(on);
    const { json } = await on.call(
      'GET',
      `/api/v1/messages?profile=${publicId('prf', profileId)}&journey=${publicId('jrn', profileId)}`,
    );
    expect((json as { items: Message[] }).items).toMatchObject([
      { status: 'refused', refusedBy: 'goal', reason: 'the goal was reached' },
    ]);
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
    await on.accept({
      type: 'track',
      name: 'Order Completed',
      identifiers: [{ kind: 'userId', value: `user of ${address}` }],
    });
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
    await database.postgres.query({ text: `update server_process set beat_at = beat_at - interval '11 seconds'` });

    const next = await world({ smtpUrl: box.smtpUrl, clock: dying.clock });
    expect(await recoverMessages(next.services, next.deps)).toBe(1);
    await settle(next);
    next.clock.advance(24 * 3_600_000);
    await settle(next);
    expect(await read(next, message)).toMatchObject({ status: 'unknown' });
    expect(box.mails.filter(to(address))).toHaveLength(1);
  });

  it('lets one go of two senders that hold the same message', async () => {
    const box = await mailbox();
    const one = await world({ smtpUrl: box.smtpUrl });
    const two = await world({ smtpUrl: box.smtpUrl, clock: one.clock });
    await send(one, await one.addProfile(freshAddress()), { topic: 'transactional' });
    const now = one.clock.now();
    const held = await claimDueMessages(one.services.postgres, { now, untilMs: now + 1, limit: 10 });
    const departures = await Promise.all(
      [one, two].map(async (on) =>
        decideMessages(
          on.services,
          on.deps,
          await prepareMessages(on.ctx, on.deps, await findAddressees(on.services, held)),
        ),
      ),
    );
    expect(departures.flat()).toHaveLength(1);
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
