import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inSubjects } from '../platform/eventlog/index.ts';
import { parsePublicId } from '../platform/ids/index.ts';
import type { JsonObject } from '../platform/json.ts';
import { anchorNode } from '../modules/profiles/index.ts';
import {
  API_KEY,
  createEngines,
  type Engines,
  NOW,
  openWorld,
  trackEvent,
  type World,
} from '../modules/events/testing/world.ts';
import { addressHash, ensureDefaultTopics, readPermissions } from '../modules/consent/index.ts';

const TCF =
  'COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw';

let engines: Engines;
let world: World;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  await ensureDefaultTopics(world.services.postgres, world.ctx.workspaceId);
  world.work();
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

/** Each test is about somebody else. */
let serial = 0;
let customer: string;
let phone: string;
let email: string;
beforeEach(() => {
  customer = `customer${++serial}`;
  phone = `+49151123456${String(serial).padStart(2, '0')}`;
  email = `${customer}@example.com`;
});

async function call(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown, type = 'application/json') {
  const response = await world.http.inject({
    method,
    url: `/api/v1${path}`,
    headers: { authorization: `Bearer ${API_KEY}`, ...(body !== undefined && { 'content-type': type }) },
    ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.statusCode, body: response.body === '' ? {} : response.json<JsonObject>() };
}

async function send(...events: JsonObject[]): Promise<void> {
  await world.send(events);
  await world.settle();
}

async function profileOf(kind: string, value: string): Promise<string> {
  const { body } = await call('GET', `/profiles?identifier=${encodeURIComponent(`${kind}:${value}`)}`);
  const [profile] = body['items'] as JsonObject[];
  return String(profile?.['id']);
}

async function signals(profileId: string): Promise<JsonObject[]> {
  return (await call('GET', `/profiles/${profileId}/consent-signals`)).body['items'] as JsonObject[];
}

async function consents(profileId: string): Promise<JsonObject[]> {
  return (await call('GET', `/profiles/${profileId}/consents`)).body['items'] as JsonObject[];
}

const preferenceEvent = (userId: string, categoryPreferences: JsonObject, at: number): JsonObject =>
  trackEvent({
    event: 'Segment Consent Preference Updated',
    userId,
    timestamp: new Date(at).toISOString(),
    context: { consent: { categoryPreferences } },
  });

describe('a signal of a consent platform', () => {
  it('is kept raw and decoded with its proof, once however often it is sent', async () => {
    const context = {
      ip: '203.0.113.7',
      page: { url: 'https://shop.example/' },
      consent: { tcfString: TCF, gpp_string: 'DBABLA~BVVVkkkkkpFY.YA', gppSid: [7] },
    };
    await send(trackEvent({ userId: customer, context }), trackEvent({ userId: customer, context }));
    await send(trackEvent({ userId: customer, context: { ...context, ip: '203.0.113.8' } }));
    const found = await signals(await profileOf('userId', customer));
    expect(found.map((one) => one['kind']).toSorted()).toEqual(['gpp', 'tcf']);
    expect(found.find((one) => one['kind'] === 'tcf')).toMatchObject({
      isCurrent: true,
      sourceId: expect.stringMatching(/^src_[0-9a-f]{32}$/),
      raw: TCF,
      ip: '203.0.113.7',
      url: 'https://shop.example/',
      error: null,
      decoded: {
        cmpId: 27,
        purposesConsent: [1, 2, 3],
        vendorsConsent: [
          [2, 2],
          [6, 6],
          [8, 8],
        ],
      },
    });
    expect(found.find((one) => one['kind'] === 'gpp')).toMatchObject({
      decoded: { optedOut: { sale: true, gpc: true }, applicableSections: [7] },
    });
    const { rows } = await world.services.postgres.query<{ text: string }>({
      text: `select row_to_json(s)::text as text from consent_signal s`,
    });
    expect(JSON.stringify(rows)).not.toContain('203.0.113');
  });

  it('that cannot be read says why, and holds nothing else up', async () => {
    const event = trackEvent({
      userId: customer,
      context: { consent: { tcString: 'BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA', gppString: '%' } },
    });
    await send(event);
    const found = await signals(await profileOf('userId', customer));
    expect(found.map((one) => [one['kind'], one['decoded'], one['error']]).toSorted()).toEqual([
      ['gpp', null, expect.stringContaining('no letter')],
      ['tcf', null, expect.stringContaining('version 1')],
    ]);
  });

  it('is paged newest first, and by its kind', async () => {
    for (let day = 1; day <= 3; day++) {
      await send(preferenceEvent(customer, { Advertising: day % 2 === 0, [`c${day}`]: true }, NOW - day * 86_400_000));
    }
    await send(trackEvent({ userId: customer, context: { consent: { gpc: true } } }));
    const id = await profileOf('userId', customer);
    const first = await call('GET', `/profiles/${id}/consent-signals?limit=2&kind=categories`);
    const next = await call(
      'GET',
      `/profiles/${id}/consent-signals?limit=2&kind=categories&cursor=${String(first.body['nextCursor'])}`,
    );
    const days = [...(first.body['items'] as JsonObject[]), ...(next.body['items'] as JsonObject[])];
    expect(days.map((one) => one['occurredAt'])).toEqual(
      [1, 2, 3].map((day) => new Date(NOW - day * 86_400_000).toISOString()),
    );
    expect(days.map((one) => one['isCurrent'])).toEqual([true, false, false]);
    expect(next.body['nextCursor']).toBeNull();
  });
});

describe('categories of two profiles that become one', () => {
  it('are what both allowed, until she says otherwise; each has her own again once that is undone', async () => {
    const categories = async (id: string) => (await call('GET', `/profiles/${id}/consent-categories`)).body;
    await send(preferenceEvent(customer, { Advertising: true, Analytics: true }, NOW - 60_000), {
      ...preferenceEvent(customer, { Analytics: true, Functional: true }, NOW - 30_000),
      userId: null,
      anonymousId: `a ${customer}`,
    });
    const one = await profileOf('userId', customer);
    const other = await profileOf('anonymousId', `a ${customer}`);
    expect(await categories(one)).toEqual({
      categories: { Advertising: true, Analytics: true },
      saidAt: new Date(NOW - 60_000).toISOString(),
    });
    const merged = await call('POST', `/profiles/${one}/merge`, { with: other });
    expect(merged.status, JSON.stringify(merged.body)).toBeLessThan(300);
    await world.settle();
    expect(await categories(one)).toMatchObject({
      categories: { Advertising: false, Analytics: true, Functional: false },
    });
    expect((await signals(one)).length).toBe(2);
    const identity = await call('GET', `/profiles/${one}/identity`);
    const [merge] = identity.body['merges'] as JsonObject[];
    const undone = await call('POST', `/profiles/${one}/unmerge`, { merge: merge?.['id'] ?? '' });
    expect(undone.status, JSON.stringify(undone.body)).toBeLessThan(300);
    await world.settle();
    expect(await categories(one)).toMatchObject({ categories: { Advertising: true, Analytics: true } });
    expect(await categories(other)).toMatchObject({ categories: { Analytics: true, Functional: true } });
    expect((await signals(other)).length).toBe(1);
  });
});

describe('a category mapped to a topic', () => {
  it('becomes consent with proof, and is withdrawn by an empty preference', async () => {
    const settings = {
      categoryTopics: [{ category: 'Newsletter', channel: 'email', topic: 'marketing' }],
      optWords: [],
    };
    expect(await call('PUT', '/consent-settings', settings)).toEqual({ status: 200, body: settings });
    await send(preferenceEvent(customer, { Newsletter: true, Analytics: false }, NOW - 60_000));
    const id = await profileOf('userId', customer);
    expect(await consents(id)).toMatchObject([
      {
        channel: 'email',
        topic: 'marketing',
        status: 'granted',
        source: 'cmp',
        text: '{"Analytics":false,"Newsletter":true}',
      },
    ]);
    await send(preferenceEvent(customer, {}, NOW - 30_000));
    const [last] = await consents(id);
    expect(last).toMatchObject({ status: 'denied', isCurrent: true });
    // An unrelated customer who was never asked stays never asked.
    await send(preferenceEvent(`${customer}b`, { Analytics: true }, NOW - 30_000));
    expect(await consents(await profileOf('userId', `${customer}b`))).toEqual([]);
  });
});

describe('words of customers', () => {
  async function heard(profileId: string, name: string, properties: JsonObject, occurredAt: number): Promise<void> {
    const id = parsePublicId('prf', profileId)!;
    await inSubjects(world.services, { workspaceId: world.ctx.workspaceId, ids: [id] }, async (batch) => {
      batch.emit({ subjectId: id, node: anchorNode(batch.subjects.get(id)!), name, occurredAt, properties });
    });
    await world.settle();
  }

  async function hash(): Promise<string> {
    return addressHash(await world.services.keysOf(world.ctx.workspaceId), 'sms', phone);
  }

  async function permission(profileId: string, topic = 'marketing') {
    const question = {
      profileId: parsePublicId('prf', profileId)!,
      channel: 'sms',
      topic,
      addressHash: await hash(),
    };
    return (await readPermissions(world.services.postgres, world.ctx.workspaceId, [question])).get(question)!.decision;
  }

  async function newCustomer(): Promise<string> {
    await send({ type: 'identify', userId: customer, messageId: `i ${customer}`, traits: { phone: phone } });
    const id = await profileOf('userId', customer);
    await call('POST', `/profiles/${id}/consents`, {
      channel: 'sms',
      topic: 'marketing',
      status: 'granted',
      source: 'checkout',
      occurredAt: new Date(NOW - 3_600_000).toISOString(),
    });
    await world.settle();
    return id;
  }

  it('stop everything on the channel and the address, and start again, but lift neither bounce nor complaint', async () => {
    const id = await newCustomer();
    expect(await permission(id)).toMatchObject({ kind: 'permitted' });
    await heard(id, 'Message Received', { channel: 'sms', text: 'STOP!', address_hash: await hash() }, NOW - 3_000);
    expect(await permission(id)).toEqual({ kind: 'suppressed', reason: 'unsubscribe_all' });
    expect(await permission(id, 'transactional')).toEqual({ kind: 'suppressed', reason: 'unsubscribe_all' });
    expect((await consents(id))[0]).toMatchObject({ topic: '*', status: 'denied', source: 'opt_word', text: 'STOP!' });
    await call('POST', '/suppressions', { channel: 'sms', address: phone, reason: 'complaint' });
    await heard(id, 'Message Received', { channel: 'sms', text: 'start', address_hash: await hash() }, NOW - 2_000);
    expect(await permission(id)).toEqual({ kind: 'suppressed', reason: 'complaint' });
    await world.http.inject({
      method: 'DELETE',
      url: '/api/v1/suppressions',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      payload: JSON.stringify({ channel: 'sms', address: phone }),
    });
    expect(await permission(id)).toMatchObject({ kind: 'permitted' });
  });

  it('count by their own time, in whatever order they arrive', async () => {
    const id = await newCustomer();
    const say = async (text: string, at: number) =>
      heard(id, 'Message Received', { channel: 'sms', text, address_hash: await hash() }, at);
    await say('START', NOW - 5_000);
    await say('STOP', NOW - 6_000);
    expect(await permission(id)).toMatchObject({ kind: 'permitted' });
    await say('STOP', NOW - 4_000);
    await say('START', NOW - 4_500);
    expect(await permission(id)).toEqual({ kind: 'suppressed', reason: 'unsubscribe_all' });
  });

  it('a late stop is not undone by a yes of a form, which no address stands behind', async () => {
    const id = await newCustomer();
    const yes = { channel: 'sms', topic: 'marketing', status: 'granted', source: 'opt_word' };
    const occurredAt = new Date(NOW - 1_000).toISOString();
    await call('POST', `/profiles/${id}/consents`, { ...yes, occurredAt });
    await world.settle();
    await heard(id, 'Message Received', { channel: 'sms', text: 'STOP', address_hash: await hash() }, NOW - 2_000);
    expect(await permission(id)).toEqual({ kind: 'suppressed', reason: 'unsubscribe_all' });
  });

  it('a mere yes resumes what was stopped and grants nothing else', async () => {
    const id = await newCustomer();
    const before = (await consents(id)).length;
    await heard(id, 'Message Received', { channel: 'sms', text: 'Yes', address_hash: await hash() }, NOW - 4_000);
    expect((await consents(id)).length).toBe(before);
    await heard(id, 'Message Received', { channel: 'sms', text: 'stop', address_hash: await hash() }, NOW - 3_000);
    await heard(id, 'Message Received', { channel: 'sms', text: 'Yes', address_hash: await hash() }, NOW - 2_000);
    expect(await permission(id)).toMatchObject({ kind: 'permitted' });
  });

  it('are not believed of a website, whose key anybody has', async () => {
    const id = await newCustomer();
    await send(
      trackEvent({
        event: 'Message Received',
        userId: customer,
        properties: { channel: 'sms', text: 'STOP', address: phone },
      }),
    );
    expect(await permission(id)).toMatchObject({ kind: 'permitted' });
  });

  it('are believed of a trusted source, also as Meta sends them', async () => {
    const id = await newCustomer();
    const source = await call('POST', '/sources', { name: 'Messaging server', kind: 'server', trusted: true });
    const { key } = source.body['writeKey'] as { key: string };
    const sendTrusted = async (event: JsonObject): Promise<void> => {
      const answer = await world.post('/v1/track', { ...trackEvent(), userId: customer, ...event, writeKey: key });
      expect(answer.body).toMatchObject({ accepted: 1 });
      await world.settle();
    };
    await sendTrusted({ event: 'Message Received', properties: { channel: 'sms', text: 'STOP', phone } });
    expect(await permission(id)).toEqual({ kind: 'suppressed', reason: 'unsubscribe_all' });
    const preference = {
      wa_id: phone.slice(1),
      category: 'marketing_messages',
      value: 'stop',
      timestamp: 1_739_321_024,
    };
    await sendTrusted({
      event: 'WhatsApp Preference Updated',
      properties: { messaging_product: 'whatsapp', user_preferences: [preference] },
    });
    expect((await consents(id)).find((one) => one['channel'] === 'whatsapp')).toMatchObject({
      status: 'denied',
      occurredAt: '2025-02-12T00:43:44.000Z',
    });
  });

  it('that ask for help are passed on and change nothing', async () => {
    const id = await newCustomer();
    const before = await consents(id);
    await heard(id, 'Message Received', { channel: 'sms', text: 'HELP', address_hash: await hash() }, NOW - 3_000);
    expect(await consents(id)).toEqual(before);
    const timeline = await call('GET', `/profiles/${id}/timeline`);
    expect(JSON.stringify(timeline.body)).toContain('Help Requested');
  });

  it('a word of the workspace counts like those everybody knows', async () => {
    const id = await newCustomer();
    await call('PUT', '/consent-settings', {
      categoryTopics: [],
      optWords: [{ action: 'stop', word: 'Lass mich in Ruhe', channel: 'sms', language: 'de' }],
    });
    await heard(
      id,
      'Message Received',
      { channel: 'sms', text: 'lass mich in ruhe!', language: 'de', address_hash: await hash() },
      NOW - 3_000,
    );
    expect(await permission(id)).toEqual({ kind: 'suppressed', reason: 'unsubscribe_all' });
  });

  it('a stop in WhatsApp’s settings denies marketing there and nowhere else, and suppresses nothing', async () => {
    const id = await newCustomer();
    const preference = {
      value: 'stop',
      category: 'marketing_messages',
      detail: 'User requested to stop marketing messages',
    };
    await heard(id, 'WhatsApp Preference Updated', preference, NOW - 3_000);
    expect((await consents(id))[0]).toMatchObject({
      channel: 'whatsapp',
      topic: '*',
      status: 'denied',
      source: 'whatsapp_preference',
    });
    expect(await permission(id)).toMatchObject({ kind: 'permitted' });
    await heard(id, 'WhatsApp Preference Updated', { ...preference, value: 'resume' }, NOW - 2_000);
    expect((await consents(id))[0]).toMatchObject({ channel: 'whatsapp', topic: 'marketing', status: 'granted' });
  });
});

describe('an import of consents', () => {
  const row = (fields: JsonObject = {}): JsonObject => ({
    identifier: email,
    channel: 'email',
    topic: 'marketing',
    status: 'granted',
    occurredAt: '2026-11-01T10:00:00Z',
    source: 'old_tool',
    text: 'Yes, write to me',
    ip: '203.0.113.7',
    ...fields,
  });

  it('makes profiles of strangers, records what they said with its proof, and says what is wrong with which row', async () => {
    const { status, body } = await call('POST', '/consents/import', {
      rows: [
        row(),
        row({ identifier: 'nobody' }),
        row({ identifier: `userId:${customer}b`, status: 'maybe', occurredAt: null }),
        row({ identifier: `userId:${customer}b`, status: 'denied', topic: '*' }),
        row({ topic: '*' }),
        row({ occurredAt: '2031-01-01T00:00:00Z' }),
        row({ identifier: `userId:${customer}b`, isConfirmed: true }),
        row({ topic: 'News Letter' }),
      ],
    });
    expect(status).toBe(202);
    expect(body).toMatchObject({ rows: 8, accepted: 2, failed: 6 });
    expect(body['errors']).toContainEqual({ row: 8, field: 'topic', message: expect.stringMatching(/^give a topic/) });
    expect((body['errors'] as JsonObject[]).map((one) => [one['row'], one['field']])).toEqual([
      [2, 'identifier'],
      [3, 'status'],
      [3, 'occurredAt'],
      [5, 'topic'],
      [6, 'occurredAt'],
      [7, 'address'],
      [8, 'topic'],
    ]);
    await world.settle();
    expect(await consents(await profileOf('email', email))).toMatchObject([
      {
        channel: 'email',
        topic: 'marketing',
        status: 'granted',
        source: 'old_tool',
        occurredAt: '2026-11-01T10:00:00.000Z',
        text: 'Yes, write to me',
        ip: '203.0.113.7',
        isConfirmed: false,
      },
    ]);
    expect(await consents(await profileOf('userId', `${customer}b`))).toMatchObject([{ topic: '*', status: 'denied' }]);
  });

  it('twice is once, and an older yes never outranks a later no', async () => {
    await send({ type: 'identify', userId: customer, messageId: `i ${customer}`, traits: { email } });
    const id = await profileOf('userId', customer);
    const rows = [row({ identifier: `userId:${customer}` })];
    for (let turn = 0; turn < 2; turn++) {
      await call('POST', '/consents/import', { rows });
      await world.settle();
    }
    expect((await consents(id)).length).toBe(1);
    await call('POST', `/profiles/${id}/consents`, {
      channel: 'email',
      topic: 'marketing',
      status: 'denied',
      source: 'till',
    });
    await call('POST', '/consents/import', {
      rows: [
        row({
          identifier: `userId:${customer}`,
          occurredAt: '2026-11-10T10:00:00Z',
          isConfirmed: true,
          address: email,
        }),
      ],
    });
    await world.settle();
    const found = await consents(id);
    expect(found.length).toBe(3);
    expect(found.find((one) => one['isCurrent'] === true)).toMatchObject({ status: 'denied' });
  });

  it('in whatever order, and mixed with her own words, never permits what the last word forbids', async () => {
    const word = fc.record({
      via: fc.constantFrom('import', 'api', 'event'),
      status: fc.constantFrom('granted', 'denied'),
      hour: fc.integer({ min: 1, max: 6 }),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 8 }), async (words) => {
        const userId = `${customer} ${++run}`;
        await send({ type: 'identify', userId, messageId: userId });
        const id = await profileOf('userId', userId);
        for (const { via, status, hour } of words) {
          const occurredAt = new Date(NOW - hour * 3_600_000).toISOString();
          const said = { channel: 'email', topic: 'marketing', status };
          if (via === 'import') {
            const rows = [row({ ...said, identifier: `userId:${userId}`, occurredAt })];
            await call('POST', '/consents/import', { rows });
          } else if (via === 'api') {
            await call('POST', `/profiles/${id}/consents`, { ...said, source: 'till', occurredAt });
          } else {
            await world.send([
              trackEvent({ event: 'Consent Updated', userId, properties: said, timestamp: occurredAt }),
            ]);
          }
        }
        await world.settle();
        const last = Math.min(...words.map(({ hour }) => hour));
        const isForbidden = words.some(({ hour, status }) => hour === last && status === 'denied');
        const question = {
          profileId: parsePublicId('prf', id)!,
          channel: 'email',
          topic: 'marketing',
          addressHash: addressHash(await world.services.keysOf(world.ctx.workspaceId), 'email', email),
        };
        const permissions = await readPermissions(world.services.postgres, world.ctx.workspaceId, [question]);
        expect(permissions.get(question)!.decision.kind).toBe(isForbidden ? 'denied' : 'permitted');
      }),
      { numRuns: propertyRuns(8) },
    );
  });

  it('takes thousands of rows, also as CSV', async () => {
    const lines = Array.from(
      { length: 5_000 },
      (_, i) =>
        `c${i}@example.com;email;marketing;csv_tool;${i % 2 === 0 ? 'granted' : 'denied'};2026-11-01T10:00:00Z;"Yes; write to ""me""";TRUE`,
    );
    const csv = ['identifier;channel;topic;source;status;occurredAt;text;isConfirmed', ...lines].join('\r\n');
    const { status, body } = await call('POST', '/consents/import', csv, 'text/csv');
    expect({ status, ...body }).toMatchObject({ status: 202, rows: 5_000, accepted: 5_000, failed: 0 });
    await world.settle();
    const { rows } = await world.services.postgres.query<{ status: string; confirmed: boolean; n: number }>({
      text: `select status, confirmed, count(distinct profile_id)::int as n from consent_record where source = 'csv_tool' group by 1, 2 order by 1`,
    });
    expect(rows).toEqual([
      { status: 'denied', confirmed: false, n: 2_500 },
      { status: 'granted', confirmed: true, n: 2_500 },
    ]);
    expect(await consents(await profileOf('email', 'c0@example.com'))).toMatchObject([{ text: 'Yes; write to "me"' }]);
    const tooMany = await call('POST', '/consents/import', { rows: Array.from({ length: 5_001 }, () => ({})) });
    expect(tooMany.status).toBe(400);
  });
});
