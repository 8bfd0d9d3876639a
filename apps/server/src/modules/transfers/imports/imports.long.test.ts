import type { Import, Profile, RowError } from '@segue/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Committer } from '../../events/index.ts';
import { runImports } from './run-imports.ts';
import { openTransferWorld, type TransferWorld } from '../../../compose/testing/transfer-world.ts';

let shop: TransferWorld;
beforeEach(async () => {
  shop = await openTransferWorld();
});
afterEach(() => shop.close());

async function profileOf(identifier: string): Promise<Profile | undefined> {
  const { body } = await shop.call<{ items: Profile[] }>(
    'GET',
    `/profiles?identifier=${encodeURIComponent(identifier)}`,
  );
  return body.items[0];
}

async function errorsOf(id: string): Promise<RowError[]> {
  return (await shop.call<{ items: RowError[] }>('GET', `/imports/${id}/errors`)).body.items;
}

interface TimelineItem {
  readonly type: string;
  readonly name: string;
  readonly occurredAt: string;
  readonly properties?: Record<string, unknown>;
}

async function timelineOf(identifier: string): Promise<TimelineItem[]> {
  const profile = await profileOf(identifier);
  return (await shop.call<{ items: TimelineItem[] }>('GET', `/profiles/${profile!.id}/timeline`)).body.items;
}

const CUSTOMERS = [
  '\uFEFFKundennummer;E-Mail;Vorname;Punkte;PLZ;Geburtstag',
  '4711;ada@shop.example;"Ada; Countess";12;01099;1990-12-10',
  '4712;not an address;Bob;;;',
  ';also nobody;Nobody;1;;',
  '4713;"carol@shop.example";"two',
  'lines";7;10115;',
].join('\r\n');

describe('an import of profiles', () => {
  it('makes profiles of its rows, names bad ones by line and goes on behind them', async () => {
    const done = await shop.importFile({ kind: 'profiles' }, CUSTOMERS);
    expect(done).toMatchObject({ state: 'done', percent: 100, rows: { read: 4, accepted: 3, rejected: 1 } });
    expect(await errorsOf(done.id)).toEqual([
      { line: 4, column: 'userId', message: expect.stringContaining('names nobody') as string },
    ]);
    const ada = (await profileOf('email:ada@shop.example'))!;
    expect(ada.traits).toMatchObject({ firstName: 'Ada; Countess', Punkte: 12, birthday: '1990-12-10' });
    expect(ada.traits).toMatchObject({ address: { postalCode: '01099' } });
    expect((await profileOf('userId:4713'))?.traits).toMatchObject({ firstName: 'two\r\nlines' });
  });

  it('gives the rows it did not take as a file, which a spreadsheet does not run', async () => {
    const file = 'email,name\n=cmd|x,Eve\nada@shop.example,Ada\n';
    const done = await shop.importFile({ kind: 'profiles' }, file);
    const { text } = await shop.call('GET', `/imports/${done.id}/errors/file`);
    expect(text.split('\r\n')[0]).toBe('line,column,message,row');
    expect(text).toContain('""=cmd|x""');
    expect(text.split('\r\n')[1]).toMatch(/^2,userId,/);
  });

  it('goes on behind a bad row whose field has a name that no text can hold', async () => {
    const file =
      '{"email":"b@shop.example","timestamp\\u0000":"rubbish"}\n{"email":"ada@shop.example","plan\\ud800":"gold"}\n';
    const done = await shop.importFile({ kind: 'profiles', format: 'ndjson' }, file);
    expect(done).toMatchObject({ state: 'done', rows: { read: 2 } });
    for (const { column } of await errorsOf(done.id)) expect(column).not.toContain('\0');
  });

  it('that cannot be stored holds up no other and is ended with the reason', async () => {
    const { services, committer } = shop.world;
    const [bad, good] = [
      await shop.upload({ kind: 'profiles' }, 'email\nbad@shop.example\n'),
      await shop.upload({ kind: 'profiles' }, 'email\ngood@shop.example\n'),
    ];
    const failing: Committer = {
      async commit(commit) {
        if (JSON.stringify(commit.events).includes('bad@')) throw new Error('a row nobody can store');
        await committer.commit(commit);
      },
      drain: () => committer.drain(),
    };
    for (const id of [bad, good]) await shop.call('POST', `/imports/${id}/start`);
    const stateOf = async (id: string) => (await shop.call<Import>('GET', `/imports/${id}`)).body;
    for (let round = 0; round < 10; round++) {
      await runImports(services, { committer: failing, processId: 'p1' }).catch(() => undefined);
    }
    expect(await stateOf(good)).toMatchObject({ state: 'done', rows: { accepted: 1 } });
    expect(await stateOf(bad)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('5 times in a row') as string,
    });
  });

  it('names a line longer than any row once, by its own line, also when it goes on in the midst of it', async () => {
    const lines = ['a@shop.example', `x"${'y'.repeat(5_000_000)}`, '"z"x', 'b@shop.example', 'nobody'];
    const id = await shop.upload({ kind: 'profiles' }, `email\n${lines.join('\n')}\n`);
    await shop.call('POST', `/imports/${id}/start`);
    const { services, committer } = shop.world;
    // Dies when the long line is behind it, and another process goes on from where the first had come to.
    const dying: Committer = {
      async commit(commit) {
        if (JSON.stringify(commit.events).includes('b@shop')) throw new Error('killed');
        await committer.commit(commit);
      },
      drain: () => committer.drain(),
    };
    await expect(runImports(services, { committer: dying, processId: 'dead' })).rejects.toThrow('killed');
    const { rows } = await services.postgres.query<{ place: number }>({ text: 'select place from data_import' });
    expect(rows[0]!.place).toBeGreaterThan(1_000_000);
    expect(rows[0]!.place).toBeLessThan(5_000_000);
    while ((await runImports(services, { committer, processId: 'dead' })) > 0);
    const done = await shop.runStarted(id);
    expect(done).toMatchObject({ state: 'done', rows: { read: 5, accepted: 2, rejected: 3 } });
    expect(
      (await errorsOf(id)).map(({ line, message }) => `${line} ${message.split(' ').slice(0, 3).join(' ')}`),
    ).toEqual(['3 is longer than', '4 has letters after', '6 names nobody: give']);
  });

  it.each(['csv', 'ndjson'])('of %s does not take what intake would not: too large, too deep', async (format) => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    const wide = 'x'.repeat(33_000);
    const notes = ['"fine"', `"${wide}"`, deep, `${'['.repeat(40)}${']'.repeat(40)}`];
    const rows = notes.map((note, i) =>
      format === 'csv'
        ? `c${i}@shop.example,"${note.replaceAll('"', '""')}"`
        : `{"email":"c${i}@shop.example","note":${note}}`,
    );
    const file = `${format === 'csv' ? 'email,note\n' : '{"email":"c@shop.example"}\n'}${rows.join('\n')}\n`;
    const id = await shop.upload({ kind: 'profiles', format }, file);
    expect((await shop.call('GET', `/imports/${id}/columns`)).status).toBe(200);
    const messages = [
      { line: 3, column: '', message: 'is larger than 32 KB; send less in one event' },
      { line: 4, column: expect.any(String) as string, message: 'is nested deeper than 32 levels; flatten it' },
      { line: 5, column: expect.any(String) as string, message: 'is nested deeper than 32 levels; flatten it' },
    ];
    expect((await shop.call<{ errors: RowError[] }>('POST', `/imports/${id}/dry-run`)).body.errors).toEqual(messages);
    expect((await shop.run(id)).rows.rejected).toBe(3);
    expect(await errorsOf(id)).toEqual(messages);
    expect((await profileOf('email:c0@shop.example'))?.traits).toMatchObject({ note: 'fine' });
  });

  it('keeps an empty cell from taking away what is known', async () => {
    await shop.importFile({ kind: 'profiles' }, 'email,plan\nada@shop.example,gold\n');
    await shop.importFile({ kind: 'profiles' }, 'email,plan,city\nada@shop.example,,Berlin\n');
    expect((await profileOf('email:ada@shop.example'))?.traits).toMatchObject({ plan: 'gold' });
  });

  it('reads NDJSON with the types it has', async () => {
    const lines = [
      { userId: 'u1', email: 'ada@shop.example', traits: { vip: true, tags: ['a', 'b'] } },
      { nothing: 1 },
    ];
    const file = `${lines.map((line) => JSON.stringify(line)).join('\n')}\nno json\n`;
    const done = await shop.importFile({ kind: 'profiles', format: 'ndjson' }, file);
    expect(done.rows).toEqual({ read: 3, accepted: 1, rejected: 2 });
    expect((await errorsOf(done.id)).map(({ line }) => line)).toEqual([2, 3]);
    expect((await profileOf('userId:u1'))?.traits).toMatchObject({ vip: true, tags: ['a', 'b'] });
  });

  it('is refused whole when the file is not UTF-8', async () => {
    const latin1 = Buffer.from('email,Größe\nada@shop.example,5\n', 'latin1');
    const id = await shop.upload({ kind: 'profiles' }, latin1);
    const refused = await shop.call<{ errors: { message: string }[] }>('POST', `/imports/${id}/start`, {});
    expect(refused.status).toBe(400);
    expect(refused.body.errors[0]!.message).toContain('UTF-8');
  });
});

describe('an import of what happened', () => {
  it('keeps the time each event had', async () => {
    const file =
      'event,email,timestamp,shop\nVisited,ada@shop.example,2025-03-30 03:30,Mitte\nVisited,ada@shop.example,31.12.2025 10:00,Mitte\n';
    const done = await shop.importFile({ kind: 'events', options: { timeZone: 'Europe/Berlin' } }, file);
    expect(done.rows.accepted).toBe(2);
    const times = (await timelineOf('email:ada@shop.example')).map(({ occurredAt }) => occurredAt);
    expect(times).toEqual(['2025-12-31T09:00:00.000Z', '2025-03-30T01:30:00.000Z']);
  });

  it('refuses a date that could be two, a time to come, and a row without one', async () => {
    const rows = ['Visited,a@shop.example,01/02/2025', 'Visited,a@shop.example,2030-01-01', 'Visited,a@shop.example,'];
    const done = await shop.importFile({ kind: 'events' }, `event,email,timestamp\n${rows.join('\n')}\n`);
    const messages = (await errorsOf(done.id)).map(({ line, message }) => `${line} ${message}`);
    expect(messages).toEqual([
      expect.stringContaining('2 could be two dates'),
      expect.stringContaining('3 lies in the future'),
      expect.stringContaining('4 gives no time'),
    ]);
  });

  it('joins the lines of one order, as shops export them', async () => {
    const file = [
      'Name,Email,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku',
      '#1001,ada@shop.example,EUR,"30,50",2025-05-01 10:00:00 +0200,2,Shoe,10.00,0042',
      '#1001,,,,,1,Hat,10.50,h-1',
      '#1002,ada@shop.example,EUR,5,2025-05-02 10:00:00 +0200,1,Sock,5.00,s-1',
    ].join('\n');
    const done = await shop.importFile({ kind: 'orders' }, file);
    expect(done.rows).toEqual({ read: 3, accepted: 3, rejected: 0 });
    const orders = await timelineOf('email:ada@shop.example');
    expect(orders.map(({ name, occurredAt }) => [name, occurredAt])).toEqual([
      ['Order Completed', '2025-05-02T08:00:00.000Z'],
      ['Order Completed', '2025-05-01T08:00:00.000Z'],
    ]);
    const file2 = await shop.exportFile({ what: 'orders', format: 'ndjson' });
    const told = file2.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(told.find(({ order_id }) => order_id === '#1001')).toMatchObject({
      total: 30.5,
      currency: 'EUR',
      products: [
        { quantity: 2, name: 'Shoe', price: 10, sku: '0042' },
        { quantity: 1, name: 'Hat', price: 10.5, sku: 'h-1' },
      ],
    });
  });
});

describe('an import of orders', () => {
  const HEAD = 'order_id,email,timestamp,products.sku';
  const row = (order: string, sku: string, when = '2025-05-01') => `${order},ada@shop.example,${when},${sku}`;
  const APART = /^belongs to order "1", whose rows ended above; sort the file by order id/;

  async function skusOf(): Promise<[string, string[]][]> {
    const { text } = await shop.exportFile({ what: 'orders', format: 'ndjson' });
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { order_id: string; products: { sku: string }[] });
    const skus = lines.map((line): [string, string[]] => [line.order_id, line.products.map(({ sku }) => sku)]);
    return skus.toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  it('makes one event of an order whose lines stand apart, and names the later ones with the remedy', async () => {
    const file = [HEAD, row('1', 'a'), row('2', 'b'), row('1', 'c'), row('3', 'd'), row('1', 'e')].join('\n');
    const id = await shop.upload({ kind: 'orders' }, file);
    const dry = await shop.call<{ errors: RowError[] }>('POST', `/imports/${id}/dry-run`);
    expect(dry.body.errors.map(({ line }) => line)).toEqual([4, 6]);
    expect((await shop.run(id)).rows).toEqual({ read: 5, accepted: 3, rejected: 2 });
    const errors = await errorsOf(id);
    expect(errors.map(({ line, column }) => [line, column])).toEqual([
      [4, 'order_id'],
      [6, 'order_id'],
    ]);
    for (const { message } of errors) expect(message).toMatch(APART);
    expect(await skusOf()).toEqual([
      ['1', ['a']],
      ['2', ['b']],
      ['3', ['d']],
    ]);
  });

  it('knows an order whose lines stand apart by thousands, though another process goes on', async () => {
    const others = Array.from({ length: 4_500 }, (_, i) => row(`o${i}`, 'x'));
    const id = await shop.upload({ kind: 'orders' }, [HEAD, row('1', 'a'), ...others, row('1', 'c')].join('\n'));
    await shop.call('POST', `/imports/${id}/start`);
    const { services, committer } = shop.world;
    let commits = 0;
    const dying: Committer = {
      async commit(commit) {
        if (++commits > 1) throw new Error('killed');
        await committer.commit(commit);
      },
      drain: () => committer.drain(),
    };
    await expect(runImports(services, { committer: dying, processId: 'dead' })).rejects.toThrow('killed');
    while ((await runImports(services, { committer, processId: 'dead' })) > 0);
    const done = await shop.runStarted(id);
    expect(done.rows).toEqual({ read: 4_502, accepted: 4_501, rejected: 1 });
    expect((await errorsOf(id)).map(({ line }) => line)).toEqual([4_503]);
    const left = await services.postgres.query({ text: 'select * from data_import_order' });
    expect(left.rows).toEqual([]);
  });

  it('keeps an order whole around a line of it that cannot be read', async () => {
    const file = [HEAD, row('1', 'a'), row('1', 'b', 'never'), row('1', 'c'), row('2', 'd')].join('\n');
    const done = await shop.importFile({ kind: 'orders' }, file);
    expect(done.rows).toEqual({ read: 4, accepted: 3, rejected: 1 });
    expect((await errorsOf(done.id)).map(({ line }) => line)).toEqual([3]);
    expect(await skusOf()).toEqual([
      ['1', ['a', 'c']],
      ['2', ['d']],
    ]);
  });

  it('makes one event of an order that a batch of rows ends in', async () => {
    const before = Array.from({ length: 1_999 }, (_, i) => row(`o${i}`, 'x'));
    const file = [HEAD, ...before, row('1', 'a'), row('1', 'b'), row('1', 'c')].join('\n');
    const done = await shop.importFile({ kind: 'orders' }, file);
    expect(done.rows).toEqual({ read: 2_002, accepted: 2_002, rejected: 0 });
    expect((await skusOf())[0]).toEqual(['1', ['a', 'b', 'c']]);
  });

  it('makes one event of the lines of one order in NDJSON too', async () => {
    const line = (order_id: string, sku: string) =>
      JSON.stringify({ order_id, email: 'ada@shop.example', timestamp: '2025-05-01', 'products.sku': sku });
    const file = [line('1', 'a'), line('1', 'b'), line('2', 'c'), line('1', 'd')].join('\n');
    const done = await shop.importFile({ kind: 'orders', format: 'ndjson' }, file);
    expect(done.rows).toEqual({ read: 4, accepted: 3, rejected: 1 });
    expect(await skusOf()).toEqual([
      ['1', ['a', 'b']],
      ['2', ['c']],
    ]);
  });
});

it('an import of consents takes a key that may record consent', async () => {
  const scopes = ['imports:read', 'imports:write'];
  const { body } = await shop.call<{ key: string }>('POST', '/api-keys', { name: 'imports only', scopes });
  const ask = async (url: string, payload?: object) => {
    const headers = { authorization: `Bearer ${body.key}` };
    const answer = await shop.world.http.inject({
      method: 'POST',
      url: `/api/v1${url}`,
      headers,
      payload: payload ?? {},
    });
    return { status: answer.statusCode, text: answer.body };
  };
  const wish = { kind: 'consents', format: 'csv', name: 'x.csv' };
  const file = 'identifier,channel,topic,status,occurredAt\nada@shop.example,email,marketing,granted,2025-01-01\n';
  const id = await shop.upload({ kind: 'consents' }, file);
  for (const refused of [await ask('/imports', wish), await ask(`/imports/${id}/start`)]) {
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('consent:write');
  }
  expect((await ask('/imports', { ...wish, kind: 'events' })).status).toBe(201);
  expect((await shop.run(id)).rows.accepted).toBe(1);
});

it('an import of consents keeps each word with its time and proof', async () => {
  const file = [
    'Email Address,OPTIN_TIME,OPTIN_IP,status',
    'ada@shop.example,2024-01-01 10:00:00,203.0.113.7,subscribed',
    'bob@shop.example,,203.0.113.8,subscribed',
  ].join('\n');
  const defaults = { channel: 'email', topic: 'marketing', source: 'mailchimp' };
  const done = await shop.importFile({ kind: 'consents', options: { defaults } }, file);
  expect(done.rows).toEqual({ read: 2, accepted: 1, rejected: 1 });
  expect((await errorsOf(done.id))[0]).toMatchObject({ line: 3, column: 'occurredAt' });
  const ada = (await profileOf('email:ada@shop.example'))!;
  const { body } = await shop.call<{ items: object[] }>('GET', `/profiles/${ada.id}/consents`);
  expect(body.items[0]).toMatchObject({
    status: 'granted',
    source: 'mailchimp',
    occurredAt: '2024-01-01T10:00:00.000Z',
  });
});

describe('a dry run', () => {
  it('tells the first errors and what rows become, and changes nothing', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => `nobody ${i},x`);
    const id = await shop.upload({ kind: 'profiles' }, `email,plan\nada@shop.example,gold\n${rows.join('\n')}\n`);
    const { body } = await shop.call<{ rows: object; errors: RowError[]; sample: { line: number; becomes: object }[] }>(
      'POST',
      `/imports/${id}/dry-run`,
      {},
    );
    expect(body.rows).toEqual({ read: 31, accepted: 1, rejected: 30 });
    expect(body.errors.map(({ line }) => line)).toEqual(Array.from({ length: 20 }, (_, i) => i + 3));
    expect(body.sample).toEqual([
      { line: 2, becomes: expect.objectContaining({ traits: { email: 'ada@shop.example', plan: 'gold' } }) as object },
    ]);
    await shop.world.settle();
    expect(await profileOf('email:ada@shop.example')).toBeUndefined();
    expect((await shop.call<Import>('GET', `/imports/${id}`)).body).toMatchObject({
      state: 'uploading',
      rows: { read: 0 },
    });
    expect(await errorsOf(id)).toEqual([]);
  });

  it('says what the kind still needs', async () => {
    const id = await shop.upload({ kind: 'events' }, 'colour\nred\n');
    const columns = await shop.call<{ missing: string[] }>('GET', `/imports/${id}/columns`);
    expect(columns.body.missing).toEqual(['userId or anonymousId or email or phone', 'event', 'timestamp']);
    const refused = await shop.call<{ errors: { field: string; message: string }[] }>(
      'POST',
      `/imports/${id}/start`,
      {},
    );
    expect(refused.body.errors[0]).toMatchObject({
      field: 'mapping',
      message: expect.stringContaining('event') as string,
    });
  });
});

describe('an upload', () => {
  it('goes on where it broke off, and takes a piece that came twice once', async () => {
    const file = Buffer.from(
      `email,plan\n${Array.from({ length: 50 }, (_, i) => `c${i}@shop.example,gold`).join('\n')}`,
    );
    const id = await shop.upload({ kind: 'profiles' }, file.subarray(0, 100), 7);
    const again = await shop.call<Import>('POST', `/imports/${id}/bytes?offset=93`, file.subarray(93, 100));
    expect(again.body.sizeBytes).toBe(100);
    const gap = await shop.call<{ errors: { message: string }[] }>(
      'POST',
      `/imports/${id}/bytes?offset=120`,
      file.subarray(120),
    );
    expect(gap.status).toBe(409);
    expect(gap.body.errors[0]!.message).toContain('begins at 100');
    await shop.call('POST', `/imports/${id}/bytes?offset=100`, file.subarray(100));
    expect((await shop.run(id)).rows).toEqual({ read: 50, accepted: 50, rejected: 0 });
    expect(await profileOf('email:c49@shop.example')).toBeDefined();
  });

  it('is sealed, and gone once the import is over', async () => {
    const id = await shop.upload({ kind: 'profiles' }, 'email\nada@shop.example\n');
    const stored = async () =>
      (await shop.world.services.postgres.query<{ text: string }>({ text: 'select * from data_import_piece' })).rows;
    expect(JSON.stringify(await stored())).not.toContain(Buffer.from('ada@shop').toString('hex'));
    expect(await stored()).toHaveLength(1);
    await shop.run(id);
    expect(await stored()).toEqual([]);
  });
});

it('an import that is cancelled stops, and what it took stays', async () => {
  const id = await shop.upload({ kind: 'profiles' }, 'email\nada@shop.example\n');
  await shop.call('POST', `/imports/${id}/start`, {});
  expect((await shop.call<Import>('POST', `/imports/${id}/cancel`)).body.state).toBe('cancelled');
  expect((await shop.call('POST', `/imports/${id}/cancel`)).status).toBe(409);
  expect((await shop.call('POST', `/imports/${id}/start`, {})).status).toBe(409);
});
