import type { Message } from '@segue/contract';
import type { ParsedMail } from 'mailparser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { inSubjects } from '../../platform/eventlog/index.ts';
import { parsePublicId, publicId } from '../../platform/ids/index.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { runHeldClicks } from '../content/index.ts';
import { findProfileId, listAddresses } from '../profiles/index.ts';
import { queueMessages } from './queue-messages.ts';
import { runDueMessages } from './run-due-messages.ts';
import { openWorld, startMailbox, type World, worldMigrations } from './testing/world.ts';

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36';

let database: TestDatabase;
let on: World;
let mails: ParsedMail[];
let templateId: string;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  database = await createTestDatabase(worldMigrations);
  const box = await startMailbox();
  mails = box.mails;
  on = await openWorld({ databaseUrl: database.url, smtpUrl: box.smtpUrl });
  closers.push(box.close, () => on.close());
  const body = {
    name: 'T',
    channel: 'email',
    subject: 'Hi',
    html: '<a href="https://shop.example/cart">Cart</a> <a href="{{ unsubscribe_url }}">Away</a>',
  };
  templateId = ((await on.call('POST', '/api/v1/templates', body)).json as { id: string }).id;
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await database.drop();
});

const device = (value: string) => ({ kind: 'anonymousId', value }) as const;
const owner = async (identifier: Parameters<typeof findProfileId>[1]) => (await findProfileId(on.ctx, identifier))!;

/** Somebody who subscribed without an account, on a device of her own. */
async function subscriber(address: string): Promise<string> {
  const identifiers = [{ kind: 'email', value: address }, device(`device of ${address}`)] as const;
  await on.accept({ type: 'identify', identifiers });
  await on.process();
  return owner(identifiers[0]);
}

/** The known customer signs in on the other's device. */
async function merge(known: string, other: string): Promise<void> {
  const identifiers = [{ kind: 'userId', value: `user of ${known}` }, device(`device of ${other}`)] as const;
  await on.accept({ type: 'identify', identifiers });
  await on.process();
}

async function grant(profileId: string): Promise<void> {
  const body = { channel: 'email', topic: 'marketing', status: 'granted', source: 'checkout' };
  await on.call('POST', `/api/v1/profiles/${publicId('prf', profileId)}/consents`, body);
  await on.process();
}

let serial = 0;
async function queue(profileId: string, topic = 'marketing'): Promise<Message> {
  const body = { profileId: publicId('prf', profileId), topic, templateId, idempotencyKey: `k${++serial}` };
  const { status, json } = await on.call('POST', '/api/v1/messages', body);
  expect(status, JSON.stringify(json)).toBe(202);
  return json as Message;
}

async function settle(): Promise<void> {
  for (let round = 0; round < 8; round++) {
    await on.process();
    on.clock.advance(60);
    await runDueMessages(on.services, on.deps);
  }
  await on.process();
}

/** Queues so many and lets them go; answers how each ended. */
async function deliver(profileId: string, count: number): Promise<string[]> {
  const messages: Message[] = [];
  for (let n = 0; n < count; n++) messages.push(await queue(profileId));
  await settle();
  return Promise.all(messages.map(async ({ id }) => (await read(id)).status));
}

const read = async (id: string) => (await on.call('GET', `/api/v1/messages/${id}`)).json as Message;
const idsOf = async (profileId: string) =>
  (
    (await on.call('GET', `/api/v1/messages?profile=${publicId('prf', profileId)}`)).json as { items: Message[] }
  ).items.map(({ id }) => id);

describe('after a merge', () => {
  it('what both got counts against one cap, so that one customer never gets more', async () => {
    await on.call('PUT', '/api/v1/send-policy', { cap: { limit: 3, windowMs: 3_600_000 } });
    const ada = await on.addProfile('ada@example.com');
    const other = await subscriber('ada@work.example');
    await grant(ada);
    await grant(other);
    expect(await deliver(ada, 2)).toEqual(['sent', 'sent']);
    expect(await deliver(other, 1)).toEqual(['sent']);
    await merge('ada@example.com', 'ada@work.example');
    expect(await deliver(ada, 1)).toEqual(['refused']);
  });

  it('a click on a mail from before is told of whoever it is now', async () => {
    const ada = await on.addProfile('ada@example.com');
    const other = await subscriber('ada@work.example');
    const message = await queue(other, 'transactional');
    await settle();
    await merge('ada@example.com', 'ada@work.example');
    expect(await read(message.id)).toMatchObject({ profileId: publicId('prf', ada), status: 'sent' });
    const { statusCode } = await follow(mails.at(-1)!);
    expect(statusCode).toBe(302);
    expect(await clicked(message.id)).toBe(true);
  });
});

describe('after an unmerge', () => {
  it('messages go with the address they were sent to, and so do the counts against the cap', async () => {
    await on.call('PUT', '/api/v1/send-policy', { cap: { limit: 3, windowMs: 3_600_000 } });
    const ada = await on.addProfile('ada@example.com');
    const other = await subscriber('ada@work.example');
    await grant(ada);
    await grant(other);
    const hers = await queue(ada);
    await settle();
    await merge('ada@example.com', 'ada@work.example');
    // Of the two addresses the newer one is used, whoever's wish it is.
    const together = await queue(ada);
    await settle();
    expect(JSON.stringify(mails.at(-1)!.to)).toContain('ada@work.example');
    expect(await on.unmerge(ada)).toBe(other);
    expect(await idsOf(ada)).toEqual([hers.id]);
    expect(await idsOf(other)).toEqual([together.id]);
    // One of three each.
    expect(await deliver(ada, 3)).toEqual(['sent', 'sent', 'refused']);
    expect(await deliver(other, 3)).toEqual(['sent', 'sent', 'refused']);
  });

  it('a message that waits goes back with the one who caused it, to her own address, and goes once', async () => {
    const ada = await on.addProfile('ada@example.com');
    const other = await subscriber('ada@work.example');
    const theirs = await queue(other, 'transactional');
    const hers = await queue(ada, 'transactional');
    await merge('ada@example.com', 'ada@work.example');
    expect((await idsOf(ada)).sort()).toEqual([theirs.id, hers.id].sort());
    await on.unmerge(ada);
    expect([await idsOf(ada), await idsOf(other)]).toEqual([[hers.id], [theirs.id]]);
    await settle();
    expect(mails.map(({ to }) => JSON.stringify(to)).sort()).toEqual([
      expect.stringContaining('ada@example.com'),
      expect.stringContaining('ada@work.example'),
    ]);
  });

  it('a click on a mail from when they were one is told of the one whose address it went to', async () => {
    const ada = await on.addProfile('ada@example.com');
    const other = await subscriber('ada@work.example');
    await merge('ada@example.com', 'ada@work.example');
    const message = await queue(ada, 'transactional');
    await settle();
    await on.unmerge(ada);
    await follow(mails.at(-1)!);
    expect(await clicked(message.id)).toBe(true);
    expect(await read(message.id)).toMatchObject({ profileId: publicId('prf', other) });
    const { rows } = await on.ctx.sql.query<{ profile_id: string }>({
      text: `select n.profile_id from link_visit v join identity_node n on n.id = (v.click #>> '{message,node,id}')::bigint
             where v.workspace_id = $1`,
      values: [on.ctx.workspaceId],
    });
    expect(rows).toEqual([{ profile_id: other }]);
  });
});

describe('while an identifier changes hands', () => {
  const email = { kind: 'email', value: 'ada@example.com' } as const;
  const userId = (value: string) => ({ kind: 'userId', value }) as const;

  /** She only said that the address is hers, and something is on its way to her because of it. */
  async function claim(): Promise<{ claimant: string; waiting: string }> {
    await on.addProfile('mallory@work.example');
    const identifiers = [userId('user of mallory@work.example'), email];
    await on.accept({ type: 'identify', identifiers, claims: [1] });
    await on.process();
    const claimant = await owner(email);
    const addresses = (await listAddresses(on.ctx, [claimant], 'email')).get(claimant)!;
    const { node } = addresses.find(({ address }) => address === email.value)!;
    const [waiting] = await inSubjects(on.services, { workspaceId: on.ctx.workspaceId, ids: [claimant] }, (batch) =>
      queueMessages(batch, [
        {
          intentKey: 'because of the address',
          profileId: claimant,
          node,
          channel: 'email',
          topic: 'transactional',
          templateId: parsePublicId('tpl', templateId)!,
          variables: {},
          source: { kind: 'api' },
        },
      ]),
    );
    return { claimant, waiting: publicId('msg', waiting!) };
  }

  it('nothing goes to either until what is filed under it has gone along, and then to the right one', async () => {
    const { claimant, waiting } = await claim();
    const hers = await queue(claimant, 'transactional');
    await on.accept({ type: 'identify', identifiers: [userId('ada'), email] });
    await on.process();
    const ada = await owner(email);
    expect(ada).toBe(await owner(userId('ada')));
    const adas = await queue(ada, 'transactional');
    for (let second = 0; second < 3; second++) {
      on.clock.advance(1_000);
      await settle();
    }
    expect(mails).toEqual([]);
    expect(await on.rebuild()).toBe(1);
    on.clock.advance(11_000);
    await settle();
    expect(await idsOf(ada)).toEqual(expect.arrayContaining([adas.id, waiting]));
    expect(await idsOf(claimant)).toEqual([hers.id]);
    const to = mails.map((mail) => JSON.stringify(mail.to)).sort();
    expect(to).toEqual([
      expect.stringContaining('ada@example.com'),
      expect.stringContaining('ada@example.com'),
      expect.stringContaining('mallory@work.example'),
    ]);
  });

  it('what was merged since waits with whom it became part of, and nobody else does', async () => {
    const { claimant } = await claim();
    await on.accept({ type: 'identify', identifiers: [{ kind: 'loyaltyId', value: 'card' }, email] });
    await on.process();
    const card = await owner(email);
    expect(card).not.toBe(claimant);
    const known = await on.addProfile('home@example.com');
    const body = { with: publicId('prf', card) };
    expect((await on.call('POST', `/api/v1/profiles/${publicId('prf', known)}/merge`, body)).status).toBe(200);
    const [held, free] = [
      await queue(known, 'transactional'),
      await queue(await on.addProfile('eve@example.com'), 'transactional'),
    ];
    await settle();
    expect([(await read(held.id)).status, (await read(free.id)).status]).toEqual(['queued', 'sent']);
    expect(await on.rebuild()).toBe(1);
    on.clock.advance(11_000);
    await settle();
    expect((await read(held.id)).status).toBe('sent');
  });
});

async function follow(mail: ParsedMail) {
  const path = /https:\/\/[^/"]+(\/t\/c\/[^"]+)"/.exec(mail.html as string)![1]!;
  on.clock.advance(60_000);
  const response = await on.app.inject({ method: 'GET', url: path, headers: { 'user-agent': CHROME } });
  on.clock.advance(3_000);
  await runHeldClicks(on.services);
  await on.process();
  return response;
}

async function clicked(id: string): Promise<boolean> {
  return (await read(id)).clickedAt !== null;
}
