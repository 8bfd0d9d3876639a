import type { SegmentRule } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressHash } from '../modules/consent/index.ts';
import { createTracker } from '../modules/content/index.ts';
import { inSubjects } from '../platform/eventlog/index.ts';
import { listNodeIds } from '../modules/profiles/index.ts';
import { parsePublicId } from '../platform/ids/index.ts';
import type { JsonObject } from '../platform/json.ts';
import { openRuleShop, type RuleShop } from './testing/rule-shop.ts';

let shop: RuleShop;
let customers = 0;

beforeAll(async () => {
  shop = await openRuleShop();
});
afterAll(() => shop.close());

/** A customer nobody has seen before. */
async function customer(traits: JsonObject = {}): Promise<{ userId: string; id: string; email: string }> {
  const userId = `user-${++customers}`;
  const email = `${userId}@example.com`;
  await shop.send({ type: 'identify', userId, traits: { email, ...traits } });
  return { userId, email, id: await shop.profile(`userId:${userId}`) };
}

const say = (id: string, status: string, channel = 'email', topic = 'marketing') =>
  shop.call('POST', `/profiles/${id}/consents`, { channel, topic, status, source: 'checkout' });

const waiting = async (): Promise<number> => {
  const { rows } = await shop.world.services.postgres.query<{ n: number }>({
    text: 'select count(*)::int as n from changed_fact',
  });
  return rows[0]!.n;
};

describe('consent', () => {
  const rule: SegmentRule = { consent: { channel: 'email', topic: 'marketing', state: ['subscribed'] } };

  it('said by the API is known to rules at once, of her and of nobody else', async () => {
    const [ada, eve] = [await customer(), await customer()];
    const segment = await shop.segment(rule);
    expect(await shop.isIn(segment, ada.id)).toBe(false);
    await shop.catchUp();
    await say(ada.id, 'granted');
    const { rows } = await shop.world.services.postgres.query<{ profile_id: string }>({
      text: 'select distinct profile_id from changed_fact',
    });
    expect(rows.map((row) => row.profile_id.replaceAll('-', ''))).toEqual([ada.id.slice(4)]);
    await shop.catchUp();
    expect(await shop.isIn(segment, ada.id)).toBe(true);
    expect(await shop.isIn(segment, eve.id)).toBe(false);
    expect(shop.told).toContainEqual({ name: 'Segment Entered', segment, profileId: ada.id, cause: 'event' });
    await say(ada.id, 'denied');
    await shop.catchUp();
    expect(await shop.isIn(segment, ada.id)).toBe(false);
    expect(await waiting()).toBe(0);
  });

  it('said by an event flips in the very transaction that takes it', async () => {
    const ada = await customer();
    const never = await shop.segment({ consent: { channel: 'email', state: ['never_asked'] } });
    const segment = await shop.segment(rule);
    expect(await shop.isIn(never, ada.id)).toBe(true);
    const said = { event: 'Consent Updated', userId: ada.userId };
    await shop.send({ ...said, properties: { channel: 'email', topic: 'marketing', status: 'granted' } });
    expect(await shop.isIn(segment, ada.id)).toBe(true);
    expect(await shop.isIn(never, ada.id)).toBe(false);
    await shop.send({ event: 'Unsubscribed', userId: ada.userId });
    expect(await shop.isIn(segment, ada.id)).toBe(false);
  });

  it('said on the preference page counts like any other', async () => {
    const ada = await customer();
    const segment = await shop.segment({ consent: { channel: 'email', topic: 'marketing', state: ['unsubscribed'] } });
    await say(ada.id, 'granted');
    const { url } = await shop.call<{ url: string }>('POST', `/profiles/${ada.id}/preference-link`, {
      channel: 'email',
    });
    shop.advance(1_000);
    const { pathname } = new URL(url);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    await shop.world.http.inject({ method: 'POST', url: pathname, headers, payload: 'action=save' });
    await shop.catchUp();
    expect(await shop.isIn(segment, ada.id)).toBe(true);
  });

  it('that is pending is neither yes nor no, and what a topic asks for decides it anew for everybody', async () => {
    const topic = `news-${customers}`;
    await shop.call('POST', '/topics', { topic, name: topic, kind: 'marketing' });
    const ada = await customer();
    const yes = await shop.segment({ consent: { channel: 'email', topic, state: ['subscribed'] } });
    const pending = await shop.segment({ consent: { channel: 'email', topic, state: ['pending'] } });
    await say(ada.id, 'granted', 'email', topic);
    await shop.catchUp();
    expect([await shop.isIn(yes, ada.id), await shop.isIn(pending, ada.id)]).toEqual([true, false]);
    await shop.call('PATCH', `/topics/${topic}`, { doubleOptIn: true });
    await shop.catchUp();
    expect([await shop.isIn(yes, ada.id), await shop.isIn(pending, ada.id)]).toEqual([false, true]);
  });
});

describe('reach', () => {
  it('ends and comes back with the suppression of her address', async () => {
    const ada = await customer();
    const segment = await shop.segment({ reachable: { channel: 'email' } });
    expect(await shop.isIn(segment, ada.id)).toBe(true);
    const address = { channel: 'email', address: ada.email.toUpperCase() };
    await shop.call('POST', '/suppressions', address);
    await shop.catchUp();
    expect(await shop.isIn(segment, ada.id)).toBe(false);
    await shop.call('DELETE', '/suppressions', address);
    await shop.catchUp();
    expect(await shop.isIn(segment, ada.id)).toBe(true);
  });

  it('ends with a bounce, in the transaction that hears of it', async () => {
    const ada = await customer();
    const segment = await shop.segment({ reachable: { channel: 'email' } });
    expect(await shop.isIn(segment, ada.id)).toBe(true);
    const { ctx, services } = shop.world;
    const { workspaceId } = ctx;
    const profileId = parsePublicId('prf', ada.id)!;
    const [node] = await listNodeIds({ sql: services.postgres, workspaceId }, profileId);
    const hash = addressHash(await services.keysOf(workspaceId), 'email', ada.email);
    await inSubjects(services, { workspaceId, ids: [profileId] }, async (batch) => {
      batch.emit({
        subjectId: profileId,
        node: { kind: 30, id: node! },
        name: 'Email Bounced',
        occurredAt: batch.now,
        properties: { permanent: true, address_hash: hash },
      });
    });
    await shop.world.settle();
    expect(await shop.isIn(segment, ada.id)).toBe(false);
  });

  it('is previewed as it is', async () => {
    const ada = await customer();
    await say(ada.id, 'granted');
    const rule = {
      all: [
        { reachable: { channel: 'email', topic: 'marketing' } },
        { trait: 'email', op: 'equals', value: ada.email },
      ],
    };
    await shop.catchUp();
    expect(await shop.call('POST', '/segments/preview', { rule })).toMatchObject({ members: 1, sample: [ada.id] });
  });

  it('begins with an address, whatever event brings it', async () => {
    const userId = `user-${++customers}`;
    await shop.send({ userId });
    const id = await shop.profile(`userId:${userId}`);
    const segment = await shop.segment({ reachable: { channel: 'sms', topic: 'transactional' } });
    expect(await shop.isIn(segment, id)).toBe(false);
    await shop.send({ userId, context: { traits: { phone: `+49151123456${10 + customers}` } } });
    expect(await shop.isIn(segment, id)).toBe(true);
  });

  it('on a topic is what the gate would say', async () => {
    const ada = await customer();
    const segment = await shop.segment({ reachable: { channel: 'email', topic: 'marketing' } });
    expect(await shop.isIn(segment, ada.id)).toBe(false);
    await say(ada.id, 'granted');
    await shop.catchUp();
    expect(await shop.isIn(segment, ada.id)).toBe(true);
    await say(ada.id, 'denied');
    await shop.catchUp();
    expect(await shop.isIn(segment, ada.id)).toBe(false);
  });
});

describe('a company', () => {
  it('that changes is asked about by all who belong to it', async () => {
    const [ada, eve, other] = [await customer(), await customer(), await customer()];
    const groupId = `company-${customers}`;
    await shop.send({ type: 'group', userId: ada.userId, groupId, traits: { plan: 'basic' } });
    await shop.send({ type: 'group', userId: eve.userId, groupId });
    await shop.send({ type: 'group', userId: other.userId, groupId: `${groupId}-other`, traits: { plan: 'basic' } });
    const segment = await shop.segment({ company: 'plan', op: 'equals', value: 'gold' });
    await shop.catchUp();
    await shop.send({ type: 'group', userId: ada.userId, groupId, traits: { plan: 'gold' } });
    expect(await shop.isIn(segment, ada.id)).toBe(true);
    expect(await waiting()).toBe(2);
    await shop.catchUp();
    expect(await shop.isIn(segment, eve.id)).toBe(true);
    expect(await shop.isIn(segment, other.id)).toBe(false);
    await shop.send({ type: 'group', userId: eve.userId, groupId, traits: { plan: 'gold' } });
    expect(await waiting()).toBe(0);
  });

  it('counts from joining to leaving', async () => {
    const [ada, eve] = [await customer(), await customer()];
    const groupId = `company-${customers}`;
    await shop.send({ type: 'group', userId: ada.userId, groupId, traits: { size: '250', name: groupId } });
    const segment = await shop.segment({ company: 'size', op: 'atLeast', value: 100 });
    expect(await shop.isIn(segment, ada.id)).toBe(true);
    expect(await shop.isIn(segment, eve.id)).toBe(false);
    const { items } = await shop.call<{ items: { id: string }[] }>('GET', `/companies?name=${groupId}`);
    const place = `/companies/${items[0]!.id}/members/${eve.id}`;
    await shop.call('PUT', place, {});
    await shop.catchUp();
    expect(await shop.isIn(segment, eve.id)).toBe(true);
    await shop.call('DELETE', place);
    await shop.catchUp();
    expect(await shop.isIn(segment, eve.id)).toBe(false);
  });
});

describe('a place', () => {
  it('follows her address, then her telephone, then where she is seen', async () => {
    const userId = `user-${++customers}`;
    const where = (countries: string[]) => shop.segment({ place: { countries } });
    const [nl, ch, de] = [await where(['NL']), await where(['CH']), await where(['DE', 'AT'])];
    const munich = await shop.segment({ place: { near: { latitude: 48.137, longitude: 11.575, km: 30 } } });
    const seen = { type: 'page', userId, context: { location: { country: 'NL', region: 'NH', city: 'Haarlem' } } };
    await shop.send({ ...seen, properties: { url: 'https://shop.example/' } });
    const id = await shop.profile(`userId:${userId}`);
    const places = () => Promise.all([nl, ch, de, munich].map((segment) => shop.isIn(segment, id)));
    expect(await places()).toEqual([true, false, false, false]);
    await shop.send({ userId, context: { traits: { phone: `+4179123456${customers % 10}` } } });
    expect(await places()).toEqual([false, true, false, false]);
    const address = { country: 'DE', city: 'Munich', latitude: 48.1, longitude: 11.6 };
    await shop.send({ type: 'identify', userId, traits: { address } });
    expect(await places()).toEqual([false, false, true, true]);
    await shop.send({ type: 'identify', userId, traits: { address: { country: 'AT', city: 'Wien' } } });
    expect(await places()).toEqual([false, false, true, false]);
  });

  it('is that of her last order in a store, and goes with a merge and its undoing', async () => {
    const ada = await customer();
    const [de, at] = [
      await shop.segment({ place: { countries: ['DE'] } }),
      await shop.segment({ place: { countries: ['AT'] } }),
    ];
    const found = (id: string) => Promise.all([de, at].map((segment) => shop.isIn(segment, id)));
    const order = (who: JsonObject, country: string, timestamp?: string) => ({
      ...{ event: 'Order Completed', properties: { total: 20, store: { country } } },
      ...who,
      ...(timestamp !== undefined && { timestamp }),
    });
    await shop.send(order({ userId: ada.userId }, 'DE'));
    expect(await found(ada.id)).toEqual([true, false]);
    await shop.send(order({ userId: ada.userId }, 'AT', '2026-10-01T10:00:00Z'));
    expect(await found(ada.id)).toEqual([true, false]);
    const till = { userId: null, anonymousId: `till-${customers}` };
    await shop.send(order(till, 'AT'));
    const other = await shop.profile(`anonymousId:${till.anonymousId}`);
    await shop.call('POST', `/profiles/${ada.id}/merge`, { with: other });
    await shop.catchUp();
    expect(await found(ada.id)).toEqual([false, true]);
    const { merges } = await shop.call<{ merges: { id: string }[] }>('GET', `/profiles/${ada.id}/identity`);
    await shop.call('POST', `/profiles/${ada.id}/unmerge`, { merge: merges[0]!.id });
    await shop.catchUp();
    expect(await found(ada.id)).toEqual([true, false]);
    expect(await found(other)).toEqual([false, true]);
  });

  it('by IP address knows the town', async () => {
    const userId = `user-${++customers}`;
    const segment = await shop.segment({ place: { countries: ['NL'], cities: ['haarlem'] } });
    const near = await shop.segment({ place: { near: { latitude: 52.37, longitude: 4.9, km: 25 } } });
    const context = { location: { country: 'NL', region: 'NH', city: 'Haarlem', lat: 52.4, lon: 4.6 } };
    await shop.send({ type: 'page', userId, context, properties: { url: 'https://shop.example/' } });
    const id = await shop.profile(`userId:${userId}`);
    expect([await shop.isIn(segment, id), await shop.isIn(near, id)]).toEqual([true, true]);
  });
});

describe('sessions and where she came from', () => {
  it('flip with the visit that begins', async () => {
    const userId = `user-${++customers}`;
    const source = await shop.segment({ trait: 'first_touch.source', op: 'equals', value: 'newsletter' });
    const last = await shop.segment({ trait: 'last_touch.campaign', op: 'equals', value: 'spring' });
    const visits = await shop.segment({ trait: 'session_count', op: 'atLeast', value: 2 });
    const visit = (query: string) => ({ type: 'page', userId, properties: { url: `https://shop.example/${query}` } });
    await shop.send(visit('?utm_source=newsletter&utm_medium=email&utm_campaign=winter'));
    const id = await shop.profile(`userId:${userId}`);
    const found = () => Promise.all([source, last, visits].map((segment) => shop.isIn(segment, id)));
    expect(await found()).toEqual([true, false, false]);
    shop.advance(3_600_000);
    await shop.send(visit('?utm_source=ads&utm_medium=cpc&utm_campaign=spring'));
    expect(await found()).toEqual([true, true, true]);
  });
});

describe('messages', () => {
  it('are opened and followed by people, not by machines, and counted by template and journey', async () => {
    const ada = await customer();
    const { id: template } = await shop.call<{ id: string }>('POST', '/templates', {
      ...{ name: 'News', subject: 'News', html: '<p>News</p>' },
    });
    const [journey, other] = [await journeyCalled('News'), await journeyCalled('Others')];
    const opened = await shop.segment({ message: 'opened', template });
    const followed = await shop.segment({ message: 'clicked', channel: 'email', journey, count: { atLeast: 2 } });
    const others = await shop.segment({
      any: [{ message: 'opened', journey: other }, { message: 'sent' }],
    });
    const found = () => Promise.all([opened, followed, others].map((segment) => shop.isIn(segment, ada.id)));
    const links = await mailTo(ada, { templateId: template, journeyId: journey });
    const visit = async (url: string, userAgent: string) => {
      // Later than scanners come.
      shop.advance(3_600_000);
      const { pathname } = new URL(url);
      await shop.world.http.inject({ method: 'GET', url: pathname, headers: { 'user-agent': userAgent } });
      await shop.world.settle();
    };
    await visit(links.openPixelUrl, 'Mozilla/5.0');
    await visit(links.trackUrl('https://shop.example/a'), 'Barracuda Sentinel');
    expect(await found()).toEqual([false, false, false]);
    await visit(links.openPixelUrl, PERSON);
    await visit(links.trackUrl('https://shop.example/a'), PERSON);
    expect(await found()).toEqual([true, false, false]);
    await visit(links.trackUrl('https://shop.example/b'), PERSON);
    expect(await found()).toEqual([true, true, false]);
  });

  it('that another sender reports are not ours', async () => {
    const ada = await customer();
    const segment = await shop.segment({ message: 'opened' });
    await shop.send({ event: 'Email Opened', userId: ada.userId, properties: { message_id: '4711' } });
    expect(await shop.isIn(segment, ada.id)).toBe(false);
  });
});

const PERSON = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** A draft's id: it has sent nothing. */
async function journeyCalled(name: string): Promise<string> {
  const graph = {
    entry: { kind: 'event', event: 'Began' },
    reentry: 'never',
    start: 'end',
    steps: [{ id: 'end', kind: 'exit' }],
  };
  return (await shop.call<{ id: string }>('POST', '/journeys', { name, graph })).id;
}

/** The links of a mail as it is sent. */
async function mailTo(to: { id: string }, message: { templateId: string; journeyId: string }) {
  const { ctx, services } = shop.world;
  const profileId = parsePublicId('prf', to.id)!;
  const [node] = await listNodeIds({ sql: services.postgres, workspaceId: ctx.workspaceId }, profileId);
  return createTracker(await services.keysOf(ctx.workspaceId), {
    publicUrl: 'https://mail.shop.example',
    message: {
      workspaceId: ctx.workspaceId,
      profileId,
      node: { kind: 30, id: node! },
      messageId: `msg_${'d'.repeat(32)}`,
      madeAt: services.clock.now(),
      ...message,
    },
  });
}

describe('a list', () => {
  it('flips who is put on it and taken off it, and says that this is why', async () => {
    const [ada, eve] = [await customer(), await customer()];
    const list = await shop.list();
    const segment = await shop.segment({ list: list.id });
    const added = await shop.call('POST', `/lists/${list.id}/members`, {
      profileIds: [ada.id, `prf_${'0'.repeat(32)}`],
      identifiers: [`email:${ada.email}`, 'email:nobody@example.com'],
    });
    expect(added).toEqual({
      added: 1,
      present: 0,
      unknown: [`prf_${'0'.repeat(32)}`, 'email:nobody@example.com'],
    });
    expect(await waiting()).toBe(1);
    await shop.catchUp();
    expect(await shop.isIn(segment, ada.id)).toBe(true);
    expect(await shop.isIn(segment, eve.id)).toBe(false);
    expect(shop.told).toContainEqual({ name: 'Segment Entered', segment, profileId: ada.id, cause: 'list' });
    await shop.call('DELETE', `/lists/${list.id}/members/${ada.id}`);
    await shop.catchUp();
    expect(await shop.isIn(segment, ada.id)).toBe(false);
    expect(shop.told).toContainEqual({ name: 'Segment Left', segment, profileId: ada.id, cause: 'list' });
    await shop.call('DELETE', `/lists/${list.id}/members/${ada.id}`, undefined, 404);
  });

  it('of a file takes the good rows and tells of the others by their lines', async () => {
    const [ada, eve] = [await customer(), await customer()];
    const list = await shop.list();
    const csv = `identifier;note\nuserId:${ada.userId};first\nshoe:42;\n${eve.email};"x;y"\nemail:nobody@example.com;\n`;
    const answer = await shop.call('POST', `/lists/${list.id}/import`, csv);
    expect(answer).toMatchObject({ rows: 4, added: 2, present: 0, failed: 2 });
    expect(answer['errors']).toMatchObject([
      { row: 2, field: 'identifier' },
      { row: 4, field: 'identifier' },
    ]);
    expect(await shop.call('POST', `/lists/${list.id}/import`, csv)).toMatchObject({ added: 0, present: 2 });
    expect(await shop.call('GET', `/lists/${list.id}`)).toMatchObject({ members: 2 });
    const { items } = await shop.call<{ items: { profileId: string }[] }>('GET', `/lists/${list.id}/members`);
    expect(new Set(items.map((item) => item.profileId))).toEqual(new Set([ada.id, eve.id]));
    await shop.call('POST', `/lists/${list.id}/import`, 'identifier\n"never closed', 400);
  });

  it('goes where profiles go: with a merge, and back with its undoing', async () => {
    const [ada, eve] = [await customer(), await customer()];
    const list = await shop.list();
    const segment = await shop.segment({ list: list.id });
    await shop.call('POST', `/lists/${list.id}/members`, { profileIds: [eve.id] });
    await shop.catchUp();
    // Two customers who each have a userId are never one: the other is known by a telephone only.
    const phone = `+491701234${100 + customers}`;
    await shop.send({ userId: null, anonymousId: `anon-${customers}`, context: { traits: { phone } } });
    const anonymous = await shop.profile(`phone:${phone}`);
    await shop.call('POST', `/lists/${list.id}/members`, { identifiers: [`phone:${phone}`] });
    await shop.catchUp();
    expect(await shop.isIn(segment, anonymous)).toBe(true);
    await shop.call('POST', `/profiles/${ada.id}/merge`, { with: anonymous });
    await shop.catchUp();
    expect(await shop.isIn(segment, ada.id)).toBe(true);
    expect(await shop.call('GET', `/lists/${list.id}`)).toMatchObject({ members: 2 });
    const { merges } = await shop.call<{ merges: { id: string }[] }>('GET', `/profiles/${ada.id}/identity`);
    await shop.call('POST', `/profiles/${ada.id}/unmerge`, { merge: merges[0]!.id });
    await shop.catchUp();
    expect(await shop.isIn(segment, ada.id)).toBe(false);
    expect(await shop.isIn(segment, await shop.profile(`phone:${phone}`))).toBe(true);
  });

  it('that a rule asks for is not archived, and its name is free once it is', async () => {
    const list = await shop.list();
    const segment = await shop.segment({ not: { list: list.id } });
    const refused = await shop.call('DELETE', `/lists/${list.id}`, undefined, 409);
    expect(JSON.stringify(refused)).toContain(segment);
    await shop.call('POST', '/lists', { name: list.name }, 409);
    await shop.call('DELETE', `/segments/${segment}`);
    await shop.call('DELETE', `/lists/${list.id}`);
    await shop.call('GET', `/lists/${list.id}`, undefined, 404);
    await shop.call('POST', '/lists', { name: list.name });
  });
});
