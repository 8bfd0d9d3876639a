import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngines, type Engines, openWorld, trackEvent, type World, WRITE_KEY } from '../testing/world.ts';
import { loggedEvents } from '../testing/logged-events.ts';

let engines: Engines;
let world: World;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
const batchOf = (...batch: unknown[]) => ({ writeKey: WRITE_KEY, batch });
/** Posts one event in a body of its own making and looks whether it is in the log. */
async function arrives(
  make: (event: object) => { path?: string; body: unknown; headers?: Record<string, string> },
): Promise<boolean> {
  const event = trackEvent();
  const { path = '/v1/batch', body, headers } = make(event);
  const answer = await world.post(path, body, headers);
  const logged = (await loggedEvents(world)).some(({ id }) => id === event['messageId']);
  expect(answer.status, JSON.stringify(answer.body)).toBe(logged ? 200 : 401);
  return logged;
}

describe('who may send', () => {
  it.each([
    ['Basic with a colon', (event: object) => ({ body: { batch: [event] }, headers: basic(`${WRITE_KEY}:`) })],
    ['Basic without a colon', (event: object) => ({ body: { batch: [event] }, headers: basic(WRITE_KEY) })],
    [
      'Basic with a password nobody asked for',
      (event: object) => ({ body: { batch: [event] }, headers: basic(`${WRITE_KEY}:x:y`) }),
    ],
    [
      'the scheme in small letters',
      (event: object) => ({
        body: { batch: [event] },
        headers: { authorization: basic(`${WRITE_KEY}:`).authorization.replace('Basic', 'basic') },
      }),
    ],
    ['writeKey in the body of a batch', (event: object) => ({ body: { writeKey: WRITE_KEY, batch: [event] } })],
    [
      'writeKey in the body of one event',
      (event: object) => ({ path: '/v1/track', body: { ...event, writeKey: WRITE_KEY } }),
    ],
    [
      'Bearer, with writeKey in the body',
      (event: object) => ({ body: { writeKey: WRITE_KEY, batch: [event] }, headers: { authorization: 'Bearer abc' } }),
    ],
    [
      'an empty user name, with writeKey in the body',
      (event: object) => ({ body: { writeKey: WRITE_KEY, batch: [event] }, headers: basic(':') }),
    ],
  ])('a key is known by %s', async (_title, make) => {
    expect(await arrives(make)).toBe(true);
  });

  it.each([
    ['none at all', {}, {}],
    ['an unknown one', basic('nobody:'), {}],
    ['an unknown one beside a good one in the body', basic('nobody:'), { writeKey: WRITE_KEY }],
    ['one with NUL in it', {}, { writeKey: 'a\0b' }],
    ['one as long as a body', {}, { writeKey: 'k'.repeat(100_000) }],
    ['one that is no text', {}, { writeKey: { key: WRITE_KEY } }],
    ['credentials that are not base64', { authorization: 'Basic ÿÿÿ:' }, {}],
  ])('a write key is refused with 401: %s', async (_title, headers, fields) => {
    expect(await arrives((event) => ({ body: { ...fields, batch: [event] }, headers }))).toBe(false);
  });
});

describe('what a body may look like', () => {
  const json = (event: object) => JSON.stringify(batchOf(event));

  it.each([
    'text/plain',
    'text/plain;charset=UTF-8',
    'application/json; charset=utf-8',
    'application/x-www-form-urlencoded',
    'application/octet-stream',
    'nonsense',
    ';;;',
  ])('its JSON is read whatever the content type says: %s', async (type) => {
    expect(await arrives((event) => ({ body: json(event), headers: { 'content-type': type } }))).toBe(true);
  });

  it.each([
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', Buffer.from],
  ])('it is unpacked: %s', async (encoding, pack: (text: string) => Buffer) => {
    expect(await arrives((event) => ({ body: pack(json(event)), headers: { 'content-encoding': encoding } }))).toBe(
      true,
    );
  });

  it.each([
    ['an unknown encoding', 'zstd', Buffer.from('{}')],
    ['two encodings', 'gzip, br', Buffer.from('{}')],
    ['plain text called br', 'br', Buffer.from('{}')],
    ['the name of something every object has', 'constructor', Buffer.from('{}')],
    ['a name with a meaning to JavaScript', '__proto__', Buffer.from('{}')],
    ['plain text called gzip', 'gzip', Buffer.from('{}')],
    ['gzip cut off', 'gzip', gzipSync('{"batch":[]}').subarray(0, 12)],
    ['gzip called deflate', 'deflate', gzipSync('{}')],
    ['a bomb', 'gzip', gzipSync(Buffer.alloc(400_000_000, ' '))],
    ['a bomb of br', 'br', brotliCompressSync(Buffer.alloc(50_000_000, ' '))],
    ['nothing called gzip', 'gzip', Buffer.alloc(0)],
  ])('what cannot be unpacked is 400: %s', async (_title, encoding, body) => {
    const grown: number[] = [];
    // What else the process does in the meantime does not happen each time.
    for (let n = 0; n < 3; n++) {
      const before = process.memoryUsage().rss;
      const { status } = await world.post('/v1/batch', body, { 'content-encoding': encoding, ...basic(WRITE_KEY) });
      expect(status).toBe(400);
      grown.push(process.memoryUsage().rss - before);
    }
    expect(Math.min(...grown)).toBeLessThan(100_000_000);
  });

  it.each([
    ['nothing', ''],
    ['half an object', '{"batch":[{"type":"track"'],
    ['two objects', '{}{}'],
    ['a list', '[]'],
    ['a text', '"batch"'],
    ['null', 'null'],
    ['a number', '1'],
    ['no JSON value at all', 'NaN'],
    ['100,000 open brackets', '['.repeat(100_000)],
    ['a batch that is an object', '{"batch":{}}'],
    ['no batch', '{"events":[]}'],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0x00])],
  ])('what is not a JSON object with a batch is 400: %s', async (_title, body) => {
    const answer = await world.post('/v1/batch', body, basic(WRITE_KEY));
    expect([answer.status, answer.headers['content-type']]).toEqual([400, 'application/problem+json; charset=utf-8']);
  });

  it('an oversize body is 400 at any spelling of the path, one of exactly 500 KB is not', async () => {
    const sized = (bytes: number) => {
      const empty = JSON.stringify({ ...batchOf(), padding: '' });
      return JSON.stringify({ ...batchOf(), padding: 'x'.repeat(bytes - empty.length) });
    };
    const statuses = [];
    for (const [path, bytes] of [
      ['/v1/batch', 512_000],
      ['/v1/batch', 512_001],
      ['//v1//batch', 512_001],
      ['/v1/track', 512_001],
    ] as const) {
      statuses.push((await world.post(path, sized(bytes))).status);
    }
    statuses.push((await world.post('/v1/batch', gzipSync(sized(512_000)), { 'content-encoding': 'gzip' })).status);
    statuses.push((await world.post('/v1/batch', gzipSync(sized(512_001)), { 'content-encoding': 'gzip' })).status);
    expect(statuses).toEqual([200, 400, 400, 400, 200, 400]);
  });

  it('2,500 items are taken, 2,501 are 400 and none of them is', async () => {
    const items = Array.from({ length: 2_501 }, (_, n) => ({
      type: 'track',
      event: 'e',
      userId: 'many',
      messageId: `2500-${n}`,
    }));
    expect((await world.post('/v1/batch', batchOf(...items))).status).toBe(400);
    expect((await world.post('/v1/batch', batchOf(...items.slice(0, 2_500)))).body).toMatchObject({ accepted: 2_500 });
    expect((await loggedEvents(world)).filter(({ id }) => id.startsWith('2500-'))).toHaveLength(2_500);
  });

  it('a batch whose context would swell it beyond all measure is 400', async () => {
    const items = Array.from({ length: 1_000 }, () => ({ type: 'track', event: 'e', userId: 'ada' }));
    const answer = await world.post('/v1/batch', { ...batchOf(...items), context: { padding: 'x'.repeat(30_000) } });
    expect([answer.status, answer.body['errors']]).toMatchObject([400, [{ field: 'context' }]]);
  });
});

describe('the items of a batch', () => {
  it('each is judged on its own: 200, the good ones taken, every bad one named by index and field', async () => {
    const good = trackEvent();
    const answer = await world.post(
      '/v1/batch',
      batchOf(
        good,
        null,
        'text',
        [],
        {},
        { type: 'purchase', userId: 'ada' },
        { type: 'track', userId: 'ada' },
        { type: 'track', event: 'e' },
        { type: 'track', event: 'e', userId: 'null' },
        { ...trackEvent(), properties: [] },
        { ...trackEvent(), context: 'x' },
        { type: 'identify', userId: 'ada', traits: 7 },
        { type: 'group', userId: 'ada' },
        { ...trackEvent(), messageId: '' },
        { ...trackEvent(), messageId: 'm'.repeat(101) },
        { ...trackEvent(), messageId: 12 },
        { ...trackEvent(), messageId: '\ud800' },
      ),
    );
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ success: false, accepted: 1 });
    const errors = answer.body['errors'] as { index: number; field: string; message: string }[];
    expect(errors.map(({ index, field }) => [index, field])).toEqual([
      [1, 'batch[1]'],
      [2, 'batch[2]'],
      [3, 'batch[3]'],
      [4, 'batch[4].type'],
      [5, 'batch[5].type'],
      [6, 'batch[6].event'],
      [7, 'batch[7].userId'],
      [8, 'batch[8].userId'],
      [9, 'batch[9].properties'],
      [10, 'batch[10].context'],
      [11, 'batch[11].traits'],
      [12, 'batch[12].groupId'],
      [13, 'batch[13].messageId'],
      [14, 'batch[14].messageId'],
      [15, 'batch[15].messageId'],
      [16, 'batch[16].messageId'],
    ]);
    expect((await loggedEvents(world)).map(({ id }) => id)).toContain(good['messageId']);
  });

  it('one of exactly 32 KB is taken, one byte more is refused, however it is written', async () => {
    const sized = (bytes: number, unit: string) => {
      const event = trackEvent({ properties: { note: '' } });
      const room = bytes - Buffer.byteLength(JSON.stringify(event));
      const unitBytes = Buffer.byteLength(JSON.stringify(unit)) - 2;
      const note = unit.repeat(Math.floor(room / unitBytes)) + 'x'.repeat(room % unitBytes);
      return { ...event, properties: { note } };
    };
    for (const unit of ['x', 'é', '🛒', '\0', '"', '\ud800']) {
      const { body } = await world.post('/v1/batch', batchOf(sized(32_768, unit), sized(32_769, unit)));
      expect(body, JSON.stringify(unit)).toMatchObject({ accepted: 1, errors: [{ index: 1, field: 'batch[1]' }] });
    }
    expect((await world.post('/v1/track', { ...sized(32_769, 'x'), writeKey: WRITE_KEY })).status).toBe(400);
  });

  it('one that is bad names its field also when it comes alone, with 200', async () => {
    const answer = await world.post('/v1/track', { writeKey: WRITE_KEY, userId: 'ada' });
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { success: false, accepted: 0, errors: [{ index: 0, field: 'event' }] },
    ]);
  });

  it.each([
    ['group', 'groupId', {}],
    ['alias', 'previousId', {}],
    ['alias', 'previousId', { previousId: '' }],
    ['alias', 'previousId', { previousId: null }],
  ])('%s without its %s is not taken, and the answer names the field', async (type, field, fields) => {
    const answer = await world.post(`/v1/${type}`, { writeKey: WRITE_KEY, userId: 'ada', ...fields });
    expect([answer.status, answer.body]).toMatchObject([200, { accepted: 0, errors: [{ index: 0, field }] }]);
  });

  it.each([
    ['identify', 'i', {}],
    ['track', 't', { event: 'e' }],
    ['page', 'p', {}],
    ['screen', 's', {}],
    ['group', 'g', { groupId: 'g1' }],
    ['alias', 'a', { previousId: 'old' }],
  ])('%s is taken on its own path and on its short one', async (type, short, fields) => {
    const ids = [`${type}-long`, `${type}-short`];
    for (const [path, messageId] of [
      [type, ids[0]],
      [short, ids[1]],
    ]) {
      expect(
        (await world.post(`/v1/${path}`, { writeKey: WRITE_KEY, messageId, userId: 'ada', ...fields })).body,
      ).toMatchObject({ accepted: 1 });
    }
    const logged = (await loggedEvents(world)).filter((event) => ids.includes(event.id));
    expect(logged.map((event) => event.type)).toEqual([type, type]);
  });

  it('the context of the batch holds for each item, the item’s own fields first; a page keeps its category', async () => {
    const item = {
      type: 'page',
      userId: 'ada',
      messageId: 'with-context',
      name: 'Shoes',
      category: 'Shop',
      context: { locale: 'de' },
      properties: { path: '/' },
    };
    await world.post('/v1/batch', { ...batchOf(item), context: { locale: 'en', app: { name: 'Shop' } } });
    const logged = (await loggedEvents(world)).find(({ id }) => id === 'with-context')!;
    expect(logged).toMatchObject({
      name: 'Shoes',
      payload: { properties: { category: 'Shop', path: '/' }, context: { locale: 'de', app: { name: 'Shop' } } },
    });
  });
});
