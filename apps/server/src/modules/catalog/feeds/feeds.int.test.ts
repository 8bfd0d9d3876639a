import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startListener } from '../../../platform/outbound/testing/listener.ts';
import { LEASE_MS } from './feed-work.ts';
import { type Answer, dyingAt, type FeedRoom, type FeedWorld, openFeedRoom } from './testing/feed-world.ts';

const MINUTE_MS = 60_000;

let room: FeedRoom;
let world: FeedWorld;
beforeAll(async () => {
  room = await openFeedRoom();
});
afterAll(() => room.drop());
beforeEach(async () => {
  world = await room.open();
});
afterEach(() => world.close());

/** A file of products a, b, … at this price; one of them has two variants. */
function csvOf(ids: readonly string[], price = '10.00 EUR', more: readonly string[] = []): string {
  const rows = ids.flatMap((id) =>
    id === 'tee'
      ? [`tee-m,tee,Tee,${price},SKU-M,M`, `tee-l,tee,Tee,${price},SKU-L,L`]
      : [`${id},,Thing ${id},${price},SKU-${id},`],
  );
  return ['id,item_group_id,title,price,sku,size', ...rows, ...more, ''].join('\n');
}

const file =
  (text: string | Buffer, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(200, { 'content-type': 'text/csv', ...headers }).end(text);

async function fetchAgain(minutes = 60): Promise<void> {
  world.clock.advance(minutes * MINUTE_MS);
  expect(await world.round()).toBe(1);
}

describe('a product feed with an address', () => {
  it('is fetched at once, then by its interval; variants of one group far apart are one product', async () => {
    const far = Array.from({ length: 1_200 }, (_, at) => `p${at}`);
    const text = csvOf(far).replace('price,sku,size\n', 'price,sku,size\ntee-m,tee,Tee,10.00 EUR,SKU-M,M\n');
    world.server.answer = file(`${text}tee-l,tee,Tee,12.00 EUR,SKU-L,L\n`);
    const id = await world.feed();
    expect(await world.round()).toBe(1);
    expect(await world.lastRun(id)).toMatchObject({
      ...{ state: 'done', httpStatus: 200, rows: 1_202, taken: 1_202, refused: 0, products: 1_201, created: 1_201 },
      ...{ changed: 0, archived: 0, kept: null, message: null, errors: [] },
    });
    const products = await world.products();
    expect(products['tee']).toBe('Tee active SKU-M=1000,SKU-L=1200');
    expect(Object.keys(products)).toHaveLength(1_201);
    expect(await world.round()).toBe(0);
    world.server.answer = file(csvOf(['p0'], '9.00 EUR'));
    await fetchAgain();
    expect((await world.products())['p0']).toBe('Thing p0 active SKU-p0=900');
    expect(await world.query('select 1 from product_feed_row where workspace_id = $1')).toEqual([]);
  });

  it('that its server says is as it was is not read: 304 by ETag and by date; nor one whose bytes are the same', async () => {
    let version = '"1"';
    world.server.answer = (response, { headers }) => {
      const head = { etag: version, 'last-modified': 'Mon, 23 Nov 2026 09:00:00 GMT' };
      const isKnown = headers['if-none-match'] === version && headers['if-modified-since'] === head['last-modified'];
      if (isKnown) response.writeHead(304).end();
      else response.writeHead(200, head).end(csvOf(['a', 'b']));
    };
    const id = await world.feed();
    await world.round();
    await fetchAgain();
    expect(await world.lastRun(id)).toMatchObject({ state: 'unchanged', httpStatus: 304, rows: 0 });
    version = '"2"';
    await fetchAgain();
    expect(await world.lastRun(id)).toMatchObject({ state: 'unchanged', httpStatus: 200, rows: 2, changed: 0 });
    await fetchAgain();
    expect(await world.lastRun(id)).toMatchObject({ state: 'unchanged', httpStatus: 304 });
    // Read otherwise, the same file says something else.
    await world.call('PATCH', `/${id}`, { currency: 'EUR' });
    await fetchAgain(1);
    expect(await world.lastRun(id)).toMatchObject({ state: 'done', httpStatus: 200 });
  });

  it('tells of bad rows by row and field, takes the others, and leaves products with a bad row as they are', async () => {
    world.server.answer = file(csvOf(['a', 'tee']));
    const id = await world.feed({ archivesMissing: true });
    await world.round();
    world.server.answer = file(
      csvOf(['c'], '11.00 EUR', [
        'tee-m,tee,Tee,cheap,SKU-M,M',
        'tee-l,tee,Tee,13.00 EUR,SKU-L,L',
        ',,Nameless,1.00 EUR,,',
        'c,,Thing again,1.00 EUR,,',
        'd,,Too many cells,1.00 EUR,,,,,',
        'e,,Without currency,1.00,,',
      ]),
    );
    await fetchAgain();
    expect(await world.lastRun(id)).toMatchObject({
      ...{ state: 'done', rows: 7, taken: 2, refused: 5, archived: 0 },
      kept: '1 of 3 products are not named any more; they stay because 5 rows were refused: mend these first',
      errors: [
        { row: 2, field: 'price', message: 'is no amount; write it like "19.99 EUR"' },
        { row: 4, field: 'id' },
        { row: 5, field: 'id', message: 'stands in the file before; give every row an id of its own' },
        { row: 6, field: '' },
        { row: 7, field: 'price' },
      ],
    });
    const products = await world.products();
    expect(products).toEqual({
      a: 'Thing a active SKU-a=1000',
      c: 'Thing c active SKU-c=1100',
      tee: 'Tee active SKU-M=1000,SKU-L=1000',
    });
  });

  it('may have a product of very many variants, between others', async () => {
    const many = Array.from({ length: 1_100 }, (_, at) => `m${at},many,Many,1.00 EUR,M-${at},${at}`);
    world.server.answer = file(csvOf(['a', 'z'], '10.00 EUR', many));
    const id = await world.feed();
    await world.round();
    expect(await world.lastRun(id)).toMatchObject({ state: 'done', rows: 1_102, products: 3, created: 3 });
    expect((await world.products())['many']!.split(',')).toHaveLength(1_100);
  });

  it('may be RSS or Atom, packed with gzip, in another charset, and bring amounts without a currency', async () => {
    const item = (id: string, title: string) =>
      `<item><g:id>${id}</g:id><title><![CDATA[${title} </item>]]></title><!-- </item> --><g:price>5,50</g:price></item>`;
    const rss = `<?xml version="1.0" encoding="ISO-8859-1"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel>
      <title>Shop</title>${item('1', 'Crème')}${item('2', 'Thé')}</channel></rss>`;
    world.server.answer = file(gzipSync(Buffer.from(rss, 'latin1')), { 'content-type': 'application/gzip' });
    const id = await world.feed({ currency: 'EUR' });
    await world.round();
    expect(await world.lastRun(id)).toMatchObject({
      state: 'done',
      rows: 2,
      refused: 0,
      bytes: Buffer.byteLength(rss, 'latin1'),
    });
    expect(await world.products()).toEqual({ 1: 'Crème </item> active -=550', 2: 'Thé </item> active -=550' });
    world.server.answer = file('<feed><entry><id>1</id><title>Tea</title></entry><entry><id>2</id><b></entry></feed>');
    await fetchAgain();
    expect(await world.lastRun(id)).toMatchObject({ rows: 2, refused: 1, errors: [{ row: 2, field: '' }] });
    expect((await world.products())['1']).toBe('Tea active -=');
  });
});

describe('what a feed does not name any more', () => {
  const ids = ['a', 'b', 'c', 'd', 'tee'];
  const archived = async () =>
    Object.entries(await world.products()).flatMap(([id, told]) => (told.includes('archived') ? [id] : []));

  it('is archived, comes back when it is named again, and only if that is wished; products of others stay', async () => {
    world.server.answer = file(csvOf(ids));
    const other = await world.feed({ name: 'winter' });
    await world.round();
    await world.call('DELETE', `/${other}`);
    world.server.answer = file(csvOf(ids.map((one) => `${one}2`)));
    const id = await world.feed();
    await world.round();
    world.server.answer = file(csvOf(['a2', 'b2', 'c2']));
    await fetchAgain();
    expect([await archived(), (await world.lastRun(id))['kept']]).toEqual([[], null]);
    await world.call('PATCH', `/${id}`, { archivesMissing: true });
    await fetchAgain();
    expect(await world.lastRun(id)).toMatchObject({ state: 'done', archived: 2 });
    expect(await archived()).toEqual(['d2', 'tee2']);
    world.server.answer = file(csvOf(['a2', 'b2', 'c2', 'd2']));
    await fetchAgain();
    expect(await archived()).toEqual(['tee2']);
  });

  it('stays when it is more than half, and the run says why and what to do', async () => {
    world.server.answer = file(csvOf(ids));
    const id = await world.feed({ archivesMissing: true });
    await world.round();
    world.server.answer = file(csvOf(['a', 'b'], '8.00 EUR'), { etag: '"short"' });
    await fetchAgain();
    expect(await world.lastRun(id)).toMatchObject({
      ...{ state: 'done', changed: 2, archived: 0 },
      kept: '3 of 5 products are not named any more; they stay because that is more than half: if it is meant, run the feed with allowShrink',
    });
    expect(await archived()).toEqual([]);
    world.clock.advance(1);
    expect(await world.call('POST', `/${id}/run`, { allowShrink: true })).toMatchObject({ status: 202 });
    await world.round();
    expect(await world.lastRun(id)).toMatchObject({ state: 'done', archived: 3, kept: null });
    expect(await archived()).toEqual(['c', 'd', 'tee']);
  });

  it('stays when the file breaks off, is empty, or is no feed at all', async () => {
    world.server.answer = file(csvOf(ids), { etag: '"1"' });
    const id = await world.feed({ archivesMissing: true });
    await world.round();
    const torn = csvOf(['a', 'b', 'c']);
    const answers: readonly (readonly [Answer, string])[] = [
      [
        (response) => void response.writeHead(200, { 'content-length': 9_999 }).write(torn, () => response.destroy()),
        'the feed breaks off: the connection was lost',
      ],
      [file(gzipSync(torn).subarray(0, -12)), 'the feed breaks off, or is no whole gzip file'],
      [file('<rss><channel><item><id>a</id><title>A</title></item>'), 'the feed breaks off: the end of its document'],
      [file(`${torn}"x,,`), 'the feed cannot be read'],
      [file('id,title\n'), 'the feed has no rows'],
      [file(''), 'the feed has no rows'],
      [file('<html><body>Sign in</body></html>'), 'the feed has no items'],
      [file('<!DOCTYPE x [<!ENTITY a "b">]><rss></rss>'), 'the feed declares a document type'],
      [file('id,name\n1,A\n2,B\n'), 'the feed has no row without a fault'],
      [file(Buffer.from([0x69, 0x64, 0xff, 0xfe, 0x0a])), 'the feed is not written in utf-8'],
      [(response) => response.writeHead(500).end('oops'), 'the feed was answered with 500'],
    ];
    for (const [answer, message] of answers) {
      world.server.answer = answer;
      await fetchAgain();
      const run = await world.lastRun(id);
      expect(run).toMatchObject({ state: 'failed', archived: 0 });
      expect(run['message']).toContain(message);
    }
    expect(await archived()).toEqual([]);
    expect(await world.call('GET', `/${id}`)).toMatchObject({ body: { failures: answers.length } });
    world.server.answer = file(csvOf(['a', 'b', 'c', 'd'], '7.00 EUR'));
    await fetchAgain();
    expect(await world.call('GET', `/${id}`)).toMatchObject({ body: { failures: 0 } });
    expect(await archived()).toEqual(['tee']);
  });
});

describe('the server of a feed', () => {
  it('that does not answer is asked again after 1, 5, 15, then 60 minutes, never later than the interval', async () => {
    world.server.answer = (response) => response.writeHead(503).end();
    const id = await world.feed({ intervalMinutes: 30 });
    const waits: number[] = [];
    for (let at = 0; at < 5; at++) {
      expect(await world.round()).toBe(1);
      const next = Date.parse(String((await world.call('GET', `/${id}`)).body['nextAt']));
      waits.push((next - world.clock.now()) / MINUTE_MS);
      world.clock.advance(next - world.clock.now() - 1);
      expect(await world.round()).toBe(0);
      world.clock.advance(1);
    }
    expect(waits).toEqual([1, 5, 15, 30, 30]);
    world.server.answer = (response) => response.writeHead(429, { 'retry-after': '7200' }).end();
    await world.round();
    expect(await world.call('GET', `/${id}`)).toMatchObject({
      body: { nextAt: new Date(world.clock.now() + 120 * MINUTE_MS).toISOString() },
    });
  });

  it('that sends more than is allowed is cut off: packed, unpacked, and told beforehand or not', async () => {
    const long = csvOf(Array.from({ length: 400 }, (_, at) => `p${at}`));
    world.server.answer = file(long);
    const id = await world.feed();
    await world.round({ bytesMax: 4_096 });
    expect(await world.lastRun(id)).toMatchObject({
      ...{ state: 'failed', message: 'the feed has more than 4096 bytes; part it into several feeds' },
    });
    const bomb = gzipSync(`${csvOf(['a'])}${'\n'.repeat(3_000_000)}`);
    expect(bomb.length).toBeLessThan(4_096);
    world.server.answer = file(bomb, { 'content-encoding': 'gzip' });
    await fetchAgain();
    expect(await world.lastRun(id)).toMatchObject({ state: 'done', rows: 1 });
    world.clock.advance(60 * MINUTE_MS);
    await world.call('PATCH', `/${id}`, { currency: 'EUR' });
    await world.round({ bytesMax: 4_096 });
    expect(await world.lastRun(id)).toMatchObject({ state: 'failed' });
    expect(Object.keys(await world.products())).toEqual(['a']);
  });

  it('may send us on, but not to an address that must not be called, and not with its credentials to another server', async () => {
    const elsewhere = await startListener();
    elsewhere.answer = file(csvOf(['a']));
    world.server.answer = (response, { path }) =>
      path === '/hooks'
        ? response.writeHead(302, { location: '/moved' }).end()
        : response.writeHead(301, { location: elsewhere.url }).end();
    const id = await world.feed({ credentials: { user: 'segue', password: 'hush-hush' } });
    await world.round();
    expect(await world.lastRun(id)).toMatchObject({ state: 'done', rows: 1 });
    expect(world.server.calls.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/hooks', `Basic ${Buffer.from('segue:hush-hush').toString('base64')}`],
      ['/moved', `Basic ${Buffer.from('segue:hush-hush').toString('base64')}`],
    ]);
    expect(elsewhere.calls.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    await elsewhere.close();
    for (const location of [
      'http://169.254.169.254/latest',
      'https://10.0.0.1/feed',
      'http://shop.example/',
      'file:///etc/passwd',
    ]) {
      world.server.answer = (response) => response.writeHead(302, { location }).end();
      await fetchAgain();
      const run = await world.lastRun(id);
      expect(run).toMatchObject({ state: 'failed', httpStatus: null });
      expect(run['message']).toMatch(/^the feed must not be called there: /);
    }
    world.server.answer = (response) => response.writeHead(302, { location: '/hooks' }).end();
    await fetchAgain();
    expect(await world.lastRun(id)).toMatchObject({
      message: 'the feed is sent on more than 5 times; give its last address',
    });
  });

  it('is named by an address that may be called; a wrong one is refused at once', async () => {
    for (const url of ['http://169.254.169.254/x', 'https://10.0.0.1/x.csv', 'ftp://shop.example/x', 'shop']) {
      const made = await world.call('POST', '', { name: 'x', url });
      expect(made).toMatchObject({ status: 400, body: { errors: [{ field: 'url' }] } });
    }
    await world.feed();
    expect(await world.call('POST', '', { name: 'summer', url: world.server.url })).toMatchObject({ status: 409 });
  });
});

describe('the credentials of a feed', () => {
  it('are sealed and never told: not in answers, runs, logs or the audit, also if they came in the address', async () => {
    const { host } = new URL(world.server.url);
    world.server.answer = (response, { headers }) =>
      headers.authorization === `Basic ${Buffer.from('segue:hush hush').toString('base64')}`
        ? response.end(csvOf(['a']))
        : response.writeHead(401).end('hush hush');
    const id = await world.feed({ url: `http://segue:hush%20hush@${host}/hooks` });
    await world.round();
    expect(await world.lastRun(id)).toMatchObject({ state: 'done', rows: 1 });
    const seen = [await world.call('GET', ''), await world.call('GET', `/${id}`)];
    expect(seen[1]!.body).toMatchObject({ url: `http://${host}/hooks`, hasCredentials: true });
    await world.call('PATCH', `/${id}`, { credentials: { user: 'segue', password: 'wrong' } });
    await fetchAgain();
    expect(await world.lastRun(id)).toMatchObject({
      httpStatus: 401,
      message: 'the feed was answered with 401: give its user and password',
    });
    seen.push(await world.call('GET', `/${id}`));
    const rows = await world.query(
      `select f::text as told from product_feed f where workspace_id = $1 union all
       select r::text from product_feed_run r where workspace_id = $1 union all
       select a::text from audit_entry a where workspace_id = $1`,
    );
    expect(rows.length).toBeGreaterThan(3);
    const hidden = /hush|wrong|c2VndWU6/;
    for (const told of [...seen, ...rows, ...world.logs]) expect(JSON.stringify(told)).not.toMatch(hidden);
  });

  it('are forgotten when the address moves to another server and they are not given again', async () => {
    const elsewhere = await startListener();
    const id = await world.feed({ credentials: { user: 'segue', password: 'hush' } });
    expect(await world.call('PATCH', `/${id}`, { url: `${world.server.url}2` })).toMatchObject({
      body: { hasCredentials: true },
    });
    expect(await world.call('PATCH', `/${id}`, { url: elsewhere.url })).toMatchObject({
      body: { hasCredentials: false },
    });
    await world.round();
    expect(elsewhere.calls.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    await elsewhere.close();
  });
});

describe('a process that fetches feeds', () => {
  const before = csvOf(['a', 'b', 'tee']);
  const after = csvOf(['a', 'c', 'tee'], '12.00 EUR', ['x,,X,cheap,,']);

  /** What is left of a feed that changes, with a process that dies in its nth transaction; undefined: it did not come to that. */
  async function endOf(nth: number, text: string) {
    const own = await room.open();
    own.server.answer = file(before);
    const id = await own.feed({ archivesMissing: true });
    await own.round();
    own.server.answer = file(text);
    own.clock.advance(60 * MINUTE_MS);
    const { services, hasDied } = dyingAt(own.services, nth);
    await own.round({ owner: 'dead' }, services).catch(() => undefined);
    if (hasDied()) {
      expect(await own.round({ owner: 'next' })).toBe(0);
      own.clock.advance(LEASE_MS + 1);
      expect(await own.round({ owner: 'next' })).toBe(1);
    }
    const { begunAt: _b, endedAt: _e, tookMs: _t, id: _i, ...run } = await own.lastRun(id);
    const end = { products: await own.products(), run };
    const left = await own.query('select 1 from product_feed_row where workspace_id = $1');
    expect(left).toEqual([]);
    await own.close();
    return { ...end, hasDied: hasDied() };
  }

  it.each([
    ['with a bad row', after],
    ['with a product less', csvOf(['a', 'tee'], '12.00 EUR')],
  ])('may be killed at any moment: another one brings a feed %s to the same end', async (_what, text) => {
    const whole = await endOf(0, text);
    expect(whole.run).toMatchObject({ state: 'done' });
    let deaths = 0;
    for (let nth = 1; ; nth++) {
      const { hasDied, ...end } = await endOf(nth, text);
      if (!hasDied) break;
      deaths++;
      expect({ nth, ...end }).toEqual({ nth, products: whole.products, run: whole.run });
    }
    expect(deaths).toBeGreaterThan(5);
  });

  it('has a feed for itself: of several at once one fetches it', async () => {
    world.server.answer = file(before);
    await world.feed();
    const rounds = await Promise.all(['one', 'two', 'three', 'four'].map((owner) => world.round({ owner })));
    expect(rounds.reduce((sum, feeds) => sum + feeds, 0)).toBe(1);
    expect(world.server.calls).toHaveLength(1);
  });

  it('that was silent for too long leaves the feed to whoever took it, and touches nothing', async () => {
    let goOn = (): void => {};
    world.server.answer = (response) => {
      response.writeHead(200).write(before.slice(0, 60));
      goOn = () => void response.end(csvOf(['old']).slice(30));
    };
    const id = await world.feed();
    const slow = world.round({ owner: 'slow' });
    await world.server.received(1);
    world.clock.advance(LEASE_MS + 1);
    world.server.answer = file(csvOf(['new']));
    expect(await world.round({ owner: 'next' })).toBe(1);
    goOn();
    await slow;
    expect(Object.keys(await world.products())).toEqual(['new']);
    expect((await world.call('GET', `/${id}`)).body['runs']).toMatchObject([{ state: 'done', rows: 1 }]);
  });

  it('that is stopped breaks off at once, and the next one begins without waiting', async () => {
    world.server.answer = (response) => void response.writeHead(200).write(before.slice(0, 60));
    const id = await world.feed();
    const stop = new AbortController();
    const stopped = world.round({ owner: 'stopped', signal: stop.signal });
    await world.server.received(1);
    stop.abort();
    await stopped;
    world.server.answer = file(before);
    expect(await world.round({ owner: 'next' })).toBe(1);
    expect(await world.lastRun(id)).toMatchObject({ state: 'done', rows: 4, created: 3 });
  });

  it('fetches once more what was asked for while it fetched, and drops a feed that is deleted meanwhile', async () => {
    const meanwhile: (() => Promise<unknown>)[] = [];
    world.server.answer = (response) =>
      void meanwhile
        .shift()?.()
        .then(() => response.end(before));
    const id = await world.feed();
    meanwhile.push(
      () => world.call('POST', `/${id}/run`),
      () => world.call('DELETE', `/${id}`),
    );
    await world.round();
    world.clock.advance(1);
    expect(await world.round()).toBe(1);
    expect(await world.call('GET', `/${id}`)).toMatchObject({ status: 404 });
    expect(await world.round()).toBe(0);
    expect(Object.keys(await world.products())).toEqual(['a', 'b', 'tee']);
  });

  it('leaves alone a feed that is not enabled', async () => {
    const id = await world.feed({ enabled: false });
    expect(await world.round()).toBe(0);
    expect(await world.call('POST', `/${id}/run`)).toMatchObject({ status: 409 });
    world.server.answer = file(before);
    expect(await world.call('PATCH', `/${id}`, { enabled: true })).toMatchObject({ status: 200 });
    expect(await world.round()).toBe(1);
  });
});
