import type { Message, MessageWithHistory, Problem, SendBatchResult } from '@segue/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publicId } from '../../platform/ids/index.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { findProfileId } from '../profiles/index.ts';
import { runDueMessages } from './run-due-messages.ts';
import { openWorld, startMailbox, type World, worldMigrations } from './testing/world.ts';

let database: TestDatabase;
let box: Awaited<ReturnType<typeof startMailbox>>;
let on: World;
let templateId: string;
let serial = 0;

beforeEach(async () => {
  database = await createTestDatabase(worldMigrations);
  box = await startMailbox();
  on = await openWorld({ databaseUrl: database.url, smtpUrl: box.smtpUrl });
  const { json } = await on.call('POST', '/api/v1/templates', {
    ...{
      name: 'Order',
      subject: 'Order {{ number }}',
      html: '<p>Dear {{ profile.firstName }}, see <a href="https://shop.example/o">it</a></p>',
    },
  });
  templateId = (json as { id: string }).id;
});
afterEach(async () => {
  await on.close();
  await box.close();
  await database.drop();
});

const newKey = () => `k${++serial}`;

async function post<T = Message>(body: object, url = '/api/v1/messages'): Promise<{ status: number; json: T }> {
  const { status, json } = await on.call('POST', url, body);
  return { status, json: json as T };
}

async function send(body: object): Promise<Message & { decision: unknown }> {
  const { status, json } = await post({ topic: 'transactional', idempotencyKey: newKey(), ...body });
  expect(status, JSON.stringify(json)).toBe(202);
  return json as Message & { decision: unknown };
}

const read = async ({ id }: Pick<Message, 'id'>) =>
  (await on.call('GET', `/api/v1/messages/${id}`)).json as MessageWithHistory;

async function settle(): Promise<void> {
  for (let round = 0; round < 6; round++) {
    await on.process();
    on.clock.advance(60);
    await runDueMessages(on.services, on.deps);
  }
}

const addressesOf = () => box.mails.map(({ to }) => (to as { text: string }).text);

describe('a message', () => {
  it('says what it was given to say, and can be read as it was', async () => {
    const profileId = publicId('prf', await on.addProfile('ada@example.com', { firstName: 'Ada' }));
    const content = {
      subject: 'Hello {{ profile.firstName }}',
      html: '<p>Your code is {{ code }}: <a href="https://shop.example/c">use it</a></p>',
    };
    const message = await send({ profileId, content, variables: { code: 'SPRING' } });
    expect(message).toMatchObject({ templateId: null, decision: { decision: 'send' } });
    const contentOf = async () => (await on.call('GET', `/api/v1/messages/${message.id}/content`)).json as unknown;
    expect(await contentOf()).toMatchObject({ kind: 'none' });
    await settle();
    expect(box.mails[0]).toMatchObject({ subject: 'Hello Ada' });
    expect(box.mails[0]!.html).toContain('Your code is SPRING');
    await on.accept({
      type: 'identify',
      identifiers: [{ kind: 'email', value: 'ada@example.com' }],
      traits: { firstName: 'Bea' },
    });
    await on.process();
    expect(await contentOf()).toMatchObject({
      ...{ kind: 'kept', subject: 'Hello Ada' },
      html: '<p>Your code is SPRING: <a href="https://shop.example/c">use it</a></p>',
    });
    const { rows } = await on.services.postgres.query<{ row: string }>({
      text: 'select message::text as row from message',
    });
    expect(rows[0]!.row).not.toContain('SPRING');
  });

  it('is refused before it is queued when what it says cannot be rendered, naming the part', async () => {
    const profileId = publicId('prf', await on.addProfile('ada@example.com'));
    const content = { subject: 'Hello', html: '<p>{{ profile.firstName | no_such_filter }}</p>' };
    const { status, json } = await post<Problem>({
      profileId,
      content,
      topic: 'transactional',
      idempotencyKey: newKey(),
    });
    expect(status).toBe(400);
    expect(JSON.stringify(json)).toContain('no_such_filter');
  });

  it('goes to the address it was for, though another is hers too', async () => {
    const profileId = await on.addProfile('old@example.com', { firstName: 'Ada' });
    for (const email of ['new@example.com', 'third@example.com']) {
      on.clock.advance(1_000);
      const identifiers = [
        { kind: 'userId', value: 'user of old@example.com' },
        { kind: 'email', value: email },
      ] as const;
      await on.accept({ type: 'identify', identifiers });
      await on.process();
    }
    const message = await send({ to: { email: 'Old@Example.com' }, templateId });
    expect(message.profileId).toBe(publicId('prf', profileId));
    await settle();
    expect(addressesOf()).toEqual(['old@example.com']);
  });

  it('to an address that nobody had makes its profile, goes once, and has no permission to be marketing', async () => {
    const key = newKey();
    const order = await send({
      to: { email: 'new@example.com' },
      templateId,
      variables: { number: 7 },
      idempotencyKey: key,
    });
    expect(order).toMatchObject({ profileId: null, status: 'queued', decision: null });
    expect((await send({ to: { email: 'new@example.com' }, templateId, idempotencyKey: key })).id).toBe(order.id);
    const news = await send({ to: { email: 'new@example.com' }, templateId, topic: 'marketing' });
    await settle();
    expect((await read(order)).status).toBe('queued');
    await on.accept({ type: 'identify', identifiers: [{ kind: 'email', value: 'new@example.com' }] });
    await settle();
    on.clock.advance(1_000);
    await settle();
    const profileId = await findProfileId(on.ctx, { kind: 'email', value: 'new@example.com' });
    expect(await read(order)).toMatchObject({ status: 'sent', profileId: publicId('prf', profileId!) });
    expect(await read(news)).toMatchObject({ status: 'refused', refusedBy: 'consent' });
    expect(addressesOf()).toEqual(['new@example.com']);
    const { rows } = await on.services.postgres.query({ text: 'select 1 from announcement' });
    expect(rows).toHaveLength(2);
  });

  it('that waits for an address nobody ever gets is given up after a day', async () => {
    const message = await send({ to: { email: 'nobody@example.com' }, templateId });
    await settle();
    on.clock.advance(24 * 3_600_000);
    await settle();
    expect(await read(message)).toMatchObject({ status: 'refused', refusedBy: 'profile', profileId: null });
  });

  it('is watched only as far as its sender wants', async () => {
    const profileId = publicId('prf', await on.addProfile('ada@example.com', { firstName: 'Ada' }));
    await send({ profileId, templateId });
    await send({ profileId, templateId, tracking: { opens: false } });
    await send({ profileId, templateId, tracking: { opens: false, clicks: false } });
    await settle();
    const watched = box.mails.map(({ html }) => [String(html).includes('/t/o/'), String(html).includes('/t/c/')]);
    expect(watched).toEqual(
      expect.arrayContaining([
        [true, true],
        [false, true],
        [false, false],
      ]),
    );
  });

  it('needs one addressee and one content, and says which field is wrong', async () => {
    const both = await post<Problem>({ topic: 'transactional', idempotencyKey: newKey(), templateId });
    expect(both.json.errors).toEqual([expect.objectContaining({ field: 'profileId' })]);
    const neither = await post<Problem>({
      topic: 'transactional',
      idempotencyKey: newKey(),
      to: { email: 'ada@example.com' },
    });
    expect(neither.json.errors).toEqual([expect.objectContaining({ field: 'templateId' })]);
    const late = await post<Problem>({
      ...{ topic: 'transactional', idempotencyKey: newKey(), to: { email: 'ada@example.com' }, templateId },
      ...{ sendAt: '2026-12-24T12:00:00Z', expiresAt: '2026-12-24T12:00:00+01:00' },
    });
    expect(late.json.errors).toEqual([expect.objectContaining({ field: 'expiresAt' })]);
  });
});

describe('a batch', () => {
  it('queues each by itself, says what is wrong with which, and answers a repeat with the same messages', async () => {
    const profileId = publicId('prf', await on.addProfile('ada@example.com', { firstName: 'Ada' }));
    const common = { topic: 'transactional', templateId };
    const messages = [
      { ...common, profileId, idempotencyKey: newKey() },
      { ...common, profileId: 'prf_00000000000000000000000000000000', idempotencyKey: newKey() },
      { ...common, to: { email: 'ada@example.com' }, idempotencyKey: newKey() },
    ];
    const first = await post<{ results: SendBatchResult[] }>({ messages }, '/api/v1/messages/batch');
    expect(first.status).toBe(200);
    expect(first.json.results.map(({ kind }) => kind)).toEqual(['queued', 'refused', 'queued']);
    expect(first.json.results[1]).toMatchObject({
      error: { code: 'not_found', errors: [{ field: 'messages[1].profileId' }] },
    });
    const again = await post<{ results: SendBatchResult[] }>({ messages }, '/api/v1/messages/batch');
    const ids = ({ results }: { results: SendBatchResult[] }) =>
      results.map((one) => (one.kind === 'queued' ? one.message.id : null));
    expect(ids(again.json)).toEqual(ids(first.json));
    await settle();
    expect(box.mails).toHaveLength(2);
  });

  it('is refused whole when one has no key of its own', async () => {
    const profileId = publicId('prf', await on.addProfile('ada@example.com'));
    const { status, json } = await post<Problem>(
      { messages: [{ topic: 'transactional', templateId, profileId }] },
      '/api/v1/messages/batch',
    );
    expect(status).toBe(400);
    expect(JSON.stringify(json.errors)).toContain('idempotency');
  });
});
