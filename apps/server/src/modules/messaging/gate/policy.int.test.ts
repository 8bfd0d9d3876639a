import type { Message, MessageExplanation, MessageWithHistory, SendPolicy } from '@segue/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publicId } from '../../../platform/ids/index.ts';
import { createTestClock, createTestDatabase, type TestDatabase } from '../../../testkit/index.ts';
import { runDueMessages } from '../run-due-messages.ts';
import { openWorld, startMailbox, type World, worldMigrations } from '../testing/world.ts';

const HOUR_MS = 3_600_000;
const LOOSE = { limit: 1_000, windowMs: HOUR_MS };
/** A Tuesday; nine in the evening in Berlin, three in the afternoon in New York. */
const EVENING = Date.parse('2026-11-24T20:00:00Z');

let database: TestDatabase;
let box: Awaited<ReturnType<typeof startMailbox>>;
let on: World;
let templateId: string;
let serial = 0;

beforeEach(async () => {
  database = await createTestDatabase(worldMigrations);
  box = await startMailbox();
  on = await openWorld({ databaseUrl: database.url, smtpUrl: box.smtpUrl, clock: createTestClock(EVENING) });
  const { json } = await on.call('POST', '/api/v1/templates', { name: 'Cart', subject: 'Cart', html: '<p>Cart</p>' });
  templateId = (json as { id: string }).id;
});
afterEach(async () => {
  await on.close();
  await box.close();
  await database.drop();
});

async function customer(traits: Record<string, string> = {}): Promise<string> {
  const profileId = publicId('prf', await on.addProfile(`ada${++serial}@example.com`, traits));
  const body = { channel: 'email', topic: 'marketing', status: 'granted', source: 'checkout' };
  expect((await on.call('POST', `/api/v1/profiles/${profileId}/consents`, body)).status).toBe(204);
  await on.process();
  return profileId;
}

async function send(profileId: string, over: object = {}): Promise<Message> {
  const body = { profileId, templateId, topic: 'marketing', idempotencyKey: `k${++serial}`, ...over };
  const { status, json } = await on.call('POST', '/api/v1/messages', body);
  expect(status, JSON.stringify(json)).toBe(202);
  return json as Message;
}

async function set(policy: object): Promise<SendPolicy> {
  const { status, json } = await on.call('PUT', '/api/v1/send-policy', { cap: LOOSE, ...policy });
  expect(status, JSON.stringify(json)).toBe(200);
  return json as SendPolicy;
}

const read = async ({ id }: Pick<Message, 'id'>) =>
  (await on.call('GET', `/api/v1/messages/${id}`)).json as MessageWithHistory;

/** Whatever is due goes, and what that makes happen is processed. */
async function settle(): Promise<void> {
  for (let round = 0; round < 8; round++) {
    await on.process();
    on.clock.advance(60);
    await runDueMessages(on.services, on.deps);
  }
}

const NIGHTS = { windows: [{ from: '21:00', to: '08:00' }] };

describe('quiet hours', () => {
  it('keep marketing until they end where the customer is, and let through what concerns an order', async () => {
    await set({ quietHours: NIGHTS });
    const inBerlin = await customer({ timezone: 'Europe/Berlin' });
    const inNewYork = await customer({ timezone: 'America/New_York' });
    const [held, gone, order] = [
      await send(inBerlin),
      await send(inNewYork),
      await send(inBerlin, { topic: 'transactional' }),
    ];
    await settle();
    expect(await read(gone)).toMatchObject({ status: 'sent' });
    expect(await read(order)).toMatchObject({ status: 'sent' });
    const waiting = await read(held);
    expect(waiting).toMatchObject({ status: 'queued', heldBy: 'quiet', nextAttemptAt: '2026-11-25T07:00:00.000Z' });
    expect(waiting.history.at(-1)).toMatchObject({
      ...{ what: 'held', by: 'quiet', until: '2026-11-25T07:00:00.000Z' },
      numbers: { zone: 'Europe/Berlin', zoneFrom: 'trait' },
    });
    on.clock.advance(Date.parse('2026-11-25T07:00:00.000Z') - on.clock.now() - 1_000);
    await settle();
    expect((await read(held)).status).toBe('queued');
    on.clock.advance(1_000);
    await settle();
    expect(await read(held)).toMatchObject({ status: 'sent', heldBy: null });
  });

  it('are told by the country of her number where she did not say where she lives', async () => {
    await set({ quietHours: NIGHTS });
    const email = `ada${++serial}@example.com`;
    await on.accept({
      type: 'identify',
      identifiers: [
        { kind: 'email', value: email },
        { kind: 'phone', value: '+4915112345678' },
      ],
    });
    await on.process();
    const { json } = await on.call('POST', '/api/v1/messages/explain', {
      ...{ profileId: await idOf(email), templateId, topic: 'transactional' },
    });
    expect((json as MessageExplanation).decision).toBe('send');
    const asked = await on.call('POST', '/api/v1/messages/explain', {
      ...{ profileId: await idOf(email), templateId, topic: 'marketing' },
    });
    const quiet = (asked.json as MessageExplanation).rules.find(({ rule }) => rule === 'quiet');
    expect(quiet).toMatchObject({
      verdict: 'holds',
      numbers: { zone: 'Europe/Berlin, Europe/Busingen', zoneFrom: 'phone' },
    });
  });

  it('drop what falls into them where a workspace wants that', async () => {
    await set({ quietHours: { ...NIGHTS, action: 'refuse' } });
    const message = await send(await customer({ timezone: 'Europe/Berlin' }));
    await settle();
    expect(await read(message)).toMatchObject({ status: 'refused', refusedBy: 'quiet' });
  });

  it('that are lifted let go at once what they held', async () => {
    await set({ quietHours: NIGHTS });
    const message = await send(await customer({ timezone: 'Europe/Berlin' }));
    await settle();
    expect((await read(message)).heldBy).toBe('quiet');
    await set({ quietHours: null });
    await settle();
    expect((await read(message)).status).toBe('sent');
  });

  it('that would never end are refused, with the field and the remedy', async () => {
    const { status, json } = await on.call('PUT', '/api/v1/send-policy', {
      ...{ cap: LOOSE, quietHours: { windows: [{ from: '08:00', to: '08:00' }] } },
    });
    expect(status).toBe(400);
    expect(JSON.stringify(json)).toContain('quietHours.windows');
  });

  async function idOf(email: string): Promise<string> {
    const { json } = await on.call('POST', '/api/v1/templates', { name: email, subject: 'x', html: '<p>x</p>' });
    expect(json).toBeDefined();
    const { rows } = await on.services.postgres.query<{ id: string }>({
      text: 'select id from profile order by id desc limit 1',
    });
    return publicId('prf', rows[0]!.id);
  }
});

describe('caps', () => {
  it('of a topic, of a channel and of all together hold, whatever senders compete', async () => {
    await set({
      ...{
        cap: { limit: 4, windowMs: 24 * HOUR_MS },
        caps: [{ topic: 'marketing', limit: 2, windowMs: 24 * HOUR_MS }],
      },
    });
    const others = await Promise.all(
      [1, 2, 3].map((number) =>
        openWorld({ databaseUrl: database.url, smtpUrl: box.smtpUrl, clock: on.clock, processId: `p${number}` }),
      ),
    );
    const customers = await Promise.all([customer(), customer(), customer()]);
    const messages: Message[] = [];
    for (const profileId of customers) for (let n = 0; n < 6; n++) messages.push(await send(profileId));
    await on.process();
    on.clock.advance(60);
    for (let round = 0; round < 12; round++) {
      await Promise.all([on, ...others].map((world) => runDueMessages(world.services, world.deps, 3)));
      await on.process();
      on.clock.advance(60);
    }
    for (const world of others) await world.close();
    const ends = await Promise.all(messages.map(read));
    for (const profileId of customers) {
      const own = ends.filter((message) => message.profileId === profileId);
      expect(own.filter(({ status }) => status === 'sent')).toHaveLength(2);
      expect(own.filter(({ refusedBy }) => refusedBy === 'cap')).toHaveLength(4);
    }
    expect(box.mails).toHaveLength(6);
    const refused = ends.find(({ refusedBy }) => refusedBy === 'cap')!;
    expect(refused.history.at(-1)).toMatchObject({
      numbers: { limit: 2, counted: 2, topic: 'marketing', windowMinutes: 1_440 },
    });
  });

  it('that are full let a message wait until there is room, when a workspace wants that', async () => {
    await set({ cap: { limit: 1, windowMs: HOUR_MS }, whenCapped: 'hold' });
    const profileId = await customer();
    const [first, second] = [await send(profileId), await send(profileId)];
    await settle();
    expect((await read(first)).status).toBe('sent');
    expect(await read(second)).toMatchObject({ status: 'queued', heldBy: 'cap' });
    on.clock.advance(HOUR_MS);
    await settle();
    expect((await read(second)).status).toBe('sent');
  });

  it('give their last place to what matters most, though it was asked for last', async () => {
    await set({ cap: { limit: 1, windowMs: 24 * HOUR_MS } });
    const profileId = await customer();
    const small = await send(profileId, { priority: 2 });
    const great = await send(profileId, { priority: 8 });
    await on.process();
    on.clock.advance(60);
    // One at a time, the lesser first: as two processes would come across them.
    for (let round = 0; round < 6; round++) {
      await runDueMessages(on.services, on.deps, 1);
      await on.process();
      on.clock.advance(1_100);
    }
    expect(await read(great)).toMatchObject({ status: 'sent', priority: 8 });
    expect(await read(small)).toMatchObject({ status: 'refused', refusedBy: 'cap' });
  });
});

describe('the gate', () => {
  it('keeps messages of one customer as far apart as the workspace wants', async () => {
    await set({ minGapMs: 2 * HOUR_MS });
    const profileId = await customer();
    const [first, second] = [await send(profileId), await send(profileId)];
    await settle();
    expect((await read(first)).status).toBe('sent');
    expect(await read(second)).toMatchObject({ status: 'queued', heldBy: 'gap' });
    on.clock.advance(2 * HOUR_MS);
    await settle();
    expect((await read(second)).status).toBe('sent');
  });

  it('lets nothing out of a workspace that is paused, and everything once it is not', async () => {
    await set({ isPaused: true });
    const profileId = await customer();
    const messages = [await send(profileId), await send(profileId, { topic: 'transactional' })];
    await settle();
    for (const message of messages)
      expect(await read(message)).toMatchObject({ status: 'queued', heldBy: 'workspace' });
    expect(box.mails).toHaveLength(0);
    await set({ isPaused: false });
    await settle();
    for (const message of messages) expect((await read(message)).status).toBe('sent');
  });

  it('refuses what has waited for too long, or is of no use any more', async () => {
    await set({ isPaused: true, holdMaxMs: HOUR_MS });
    const profileId = await customer();
    const expiresAt = new Date(on.clock.now() + 10 * 60_000).toISOString();
    const [late, expired] = [await send(profileId), await send(profileId, { expiresAt })];
    await settle();
    on.clock.advance(30 * 60_000);
    await set({ isPaused: false });
    await settle();
    expect((await read(late)).status).toBe('sent');
    expect(await read(expired)).toMatchObject({ status: 'refused', refusedBy: 'expired' });
    await set({ isPaused: true });
    const later = await send(profileId);
    await settle();
    on.clock.advance(61 * 60_000);
    await set({ isPaused: false });
    await settle();
    expect(await read(later)).toMatchObject({
      status: 'refused',
      refusedBy: 'expired',
      reason: 'it was held back for too long',
    });
  });

  it('keeps the same customers out to compare, and writes to them about their orders', async () => {
    await set({ holdoutPercent: 50 });
    const customers = await Promise.all(Array.from({ length: 16 }, () => customer()));
    const first = await Promise.all(customers.map((profileId) => send(profileId)));
    const order = await Promise.all(customers.map((profileId) => send(profileId, { topic: 'transactional' })));
    await settle();
    const again = await Promise.all(customers.map((profileId) => send(profileId)));
    await settle();
    const heldOut = async (messages: readonly Message[]) =>
      (await Promise.all(messages.map(read)))
        .filter(({ refusedBy }) => refusedBy === 'holdout')
        .map((one) => one.profileId);
    const out = await heldOut(first);
    expect(out.length).toBeGreaterThan(0);
    expect(out.length).toBeLessThan(16);
    expect(await heldOut(again)).toEqual(out);
    expect(await heldOut(order)).toEqual([]);
  });

  it('hands over no faster than the workspace wants, however many processes send', async () => {
    await set({ rates: [{ channel: 'email', perSecond: 2, burst: 3 }] });
    const others = await Promise.all(
      [1, 2, 3].map((number) =>
        openWorld({ databaseUrl: database.url, smtpUrl: box.smtpUrl, clock: on.clock, processId: `p${number}` }),
      ),
    );
    const customers = await Promise.all(Array.from({ length: 12 }, () => customer()));
    for (const profileId of customers) await send(profileId, { topic: 'transactional' });
    await on.process();
    on.clock.advance(60);
    const sentAfter: number[] = [];
    for (let second = 0; second < 6; second++) {
      for (let round = 0; round < 4; round++) {
        await Promise.all([on, ...others].map((world) => runDueMessages(world.services, world.deps, 4)));
        await on.process();
        on.clock.advance(60);
      }
      sentAfter.push(box.mails.length);
      on.clock.advance(1_000 - 4 * 60);
    }
    for (const world of others) await world.close();
    expect(sentAfter).toEqual([3, 5, 7, 9, 11, 12]);
  });

  it('sends nothing before its time', async () => {
    const sendAt = new Date(on.clock.now() + HOUR_MS).toISOString();
    const message = await send(await customer(), { sendAt, campaign: 'Winter sale' });
    expect(message).toMatchObject({ dueAt: sendAt, nextAttemptAt: sendAt, campaign: 'Winter sale' });
    await settle();
    expect((await read(message)).status).toBe('queued');
    on.clock.advance(HOUR_MS);
    await settle();
    expect((await read(message)).status).toBe('sent');
  });
});

describe('an explanation', () => {
  it('names every rule with its numbers, sends nothing, and is what then happens', async () => {
    await set({ cap: { limit: 1, windowMs: HOUR_MS }, quietHours: NIGHTS });
    const profileId = await customer({ timezone: 'Europe/Berlin' });
    const explain = async () =>
      (await on.call('POST', '/api/v1/messages/explain', { profileId, templateId, topic: 'marketing' }))
        .json as MessageExplanation;
    const told = await explain();
    expect(told).toMatchObject({ decision: 'hold', by: 'quiet', until: '2026-11-25T07:00:00.000Z' });
    expect(told.rules.map(({ rule }) => rule)).toEqual([
      ...['workspace', 'channel', 'profile', 'restricted', 'template', 'address', 'suppression', 'consent', 'holdout'],
      ...[
        'goal',
        'bought',
        'stock',
        'expired',
        'profiling',
        'paused',
        'content',
        'cap',
        'frequency',
        'quiet',
        'gap',
        'rate',
      ],
    ]);
    await settle();
    expect(box.mails).toHaveLength(0);
    expect(((await on.call('GET', '/api/v1/messages')).json as { items: unknown[] }).items).toEqual([]);
    on.clock.advance(13 * HOUR_MS);
    expect((await explain()).decision).toBe('send');
    await send(profileId);
    await settle();
    expect(await explain()).toMatchObject({ decision: 'refuse', by: 'cap' });
  });
});
