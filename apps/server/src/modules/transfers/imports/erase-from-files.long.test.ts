import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import { suppressIdentifiers } from '../../profiles/index.ts';
import { transfersPersonalData } from '../personal-data.ts';
import { openTransferWorld, type TransferWorld } from '../../../compose/testing/transfer-world.ts';
import { readBytes } from './piece-store.ts';

let shop: TransferWorld;
beforeEach(async () => {
  shop = await openTransferWorld();
});
afterEach(() => shop.close());

interface Named {
  readonly kind: string;
  readonly value: string;
}
const ADA: readonly Named[] = [{ kind: 'email', value: 'ada@shop.example' }];
const ADAS_PHONE: readonly Named[] = [{ kind: 'phone', value: '+4915112345678' }];
const SEVEN: readonly Named[] = [{ kind: 'userId', value: 'u7' }];

const subjectOf = (identifiers: readonly Named[]) => ({
  profileId: '0193a000-0000-7000-8000-000000000001',
  ...{ profileIds: [], nodes: [], identifiers, values: identifiers.map(({ value }) => value) },
});
const erase = (identifiers = ADA) =>
  inTransaction(shop.world.ctx, (ctx) => transfersPersonalData.erase(ctx, subjectOf(identifiers)));
const find = async (email: string) =>
  (await shop.call<{ items: object[] }>('GET', `/profiles?identifier=email:${email}`)).body.items.length;
const errorsOf = async (id: string) => (await shop.call('GET', `/imports/${id}/errors/file`)).text;

/** The file as it lies there. */
async function fileOf(id: string): Promise<string> {
  const { ctx } = shop.world;
  const importId = id.replace('imp_', '').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
  const of = { workspaceId: ctx.workspaceId, importId, keys: await ctx.keysOf(ctx.workspaceId) };
  return (await readBytes(ctx.sql, of, { place: 0, bytesMin: Number.MAX_SAFE_INTEGER })).toString('utf8');
}
/** What is left of each line. */
const linesOf = async (id: string) => (await fileOf(id)).split('\n').map((line) => line.trim());
const lines = (...rows: readonly string[]) => `${rows.join('\n')}\n`;

it('whoever is erased is gone from a file on its way in, every other row keeps its line', async () => {
  const file = 'email,note\nbob@shop.example,x\nADA@shop.example,"two\nlines"\nnobody,y\ncarol@shop.example,z\n';
  const id = await shop.upload({ kind: 'profiles' }, file, 11);
  expect((await erase()).rows).toBe(1);
  const columns = await shop.call('GET', `/imports/${id}/columns`);
  expect(columns.text.toLowerCase()).not.toContain('ada@');
  const done = await shop.run(id);
  expect(done.rows).toEqual({ read: 3, accepted: 2, rejected: 1 });
  const errors = await shop.call<{ items: { line: number }[] }>('GET', `/imports/${id}/errors`);
  expect(errors.body.items[0]!.line).toBe(5);
  expect([await find('ada@shop.example'), await find('carol@shop.example')]).toEqual([0, 1]);
});

describe('a row is hers when the import would read it as hers', () => {
  it('by a short id in the cell of that kind, and in no other', async () => {
    const file = lines('user_id,note,email', 'u7,x,', 'u77,x,', 'u8,u7,bob@shop.example', '"u7",,');
    const id = await shop.upload({ kind: 'profiles' }, file);
    expect((await erase(SEVEN)).rows).toBe(2);
    expect(await linesOf(id)).toEqual(['user_id,note,email', '', 'u77,x,', 'u8,u7,bob@shop.example', '', '']);
  });

  it('by a telephone number as people write theirs', async () => {
    const file = lines(
      'phone,country,first_name',
      '+49 (151) 123-456-78,,one',
      '0151/12345678,DE,two',
      "'+49 151 12345678,,three",
      '0151 12345679,DE,four',
      '+43 151 12345678,,five',
    );
    const id = await shop.upload({ kind: 'profiles' }, file);
    expect((await erase(ADAS_PHONE)).rows).toBe(3);
    expect((await linesOf(id)).slice(1)).toEqual(['', '', '', '0151 12345679,DE,four', '+43 151 12345678,,five', '']);
  });

  it('however JSON escapes it, and in whatever case', async () => {
    const file = lines(
      String.raw`{"email":"\u0061da@shop.example"}`,
      String.raw`{"email":"ADA\u0040Shop.Example"}`,
      String.raw`{"traits":{"note":"about\nada@shop.example"}}`,
      String.raw`{"user_id":"a\/7"}`,
      '{"email":"nada@shop.example"}',
      '{"email":"ada@shop.example.org"}',
    );
    const id = await shop.upload({ kind: 'profiles', format: 'ndjson' }, file);
    expect((await erase([...ADA, { kind: 'userId', value: 'a/7' }])).rows).toBe(4);
    expect((await linesOf(id)).slice(0, 4).join('')).toBe('');
    expect((await shop.run(id)).rows).toEqual({ read: 2, accepted: 2, rejected: 0 });
  });

  it('with every line of her order, also those that do not repeat whose it is', async () => {
    const file = lines(
      'Name,Email,Created at,Lineitem name,Lineitem quantity',
      '#1,ada@shop.example,2026-01-02T10:00:00Z,Shoe,1',
      '#1,,,Hat,2',
      '#2,bob@shop.example,2026-01-02T11:00:00Z,Sock,1',
      '#2,,,Tie,1',
    );
    const id = await shop.upload({ kind: 'orders' }, file);
    expect((await erase()).rows).toBe(2);
    expect((await linesOf(id)).slice(1, 4)).toEqual(['', '', '#2,bob@shop.example,2026-01-02T11:00:00Z,Sock,1']);
  });

  it('in a list of consents, where the cell names the kind', async () => {
    const head = 'identifier,channel,topic,status,occurred_at';
    const rest = 'email,marketing,granted,2026-01-02T10:00:00Z';
    const id = await shop.upload({ kind: 'consents' }, lines(head, `userId:u7,${rest}`, `userId:u77,${rest}`));
    expect((await erase(SEVEN)).rows).toBe(1);
    expect(await linesOf(id)).toEqual([head, '', `userId:u77,${rest}`, '']);
  });
});

describe('a row nobody can read is hers when it may be', () => {
  it('by any part of it', async () => {
    const file = lines(
      'user_id,phone,note',
      '"u7"x,,broken quote',
      'u8,x,"never closed',
      'call 0151 1234 5678,"a"b,c',
      'u9,"a"b,c',
    );
    const id = await shop.upload({ kind: 'profiles' }, file);
    expect((await erase([...SEVEN, ...ADAS_PHONE])).rows).toBe(2);
    expect(await linesOf(id)).toEqual(['user_id,phone,note', '', 'u8,x,"never closed', '', 'u9,"a"b,c', '']);
  });

  it('to the end of a line longer than any row, wherever in it she is named', async () => {
    const long = (name: string) => `{"bio":"${'x'.repeat(1_100_000)} ${name} ${'y'.repeat(100_000)}`;
    const carol = '{"email":"carol@shop.example"}';
    const file = lines(carol, long('ada@shop.example'), carol, long('bob@shop.example'));
    const id = await shop.upload({ kind: 'profiles', format: 'ndjson' }, file);
    expect((await erase()).rows).toBe(1);
    const [, second, third, fourth] = await linesOf(id);
    expect([second, third, fourth!.length]).toEqual(['', carol, long('bob@shop.example').length]);
    expect((await shop.run(id)).rows).toEqual({ read: 4, accepted: 2, rejected: 2 });
  });

  it('of a file in an encoding that is refused', async () => {
    const file = Buffer.from('\ufeffemail\nada@shop.example\nbob@shop.example\n', 'utf16le');
    const id = await shop.upload({ kind: 'profiles' }, file);
    expect((await erase()).rows).toBe(1);
    const left = (await fileOf(id)).replaceAll('\0', '');
    expect([left.includes('ada@'), left.includes('bob@shop.example')]).toEqual([false, true]);
  });
});

it('an import goes on where it was after she was taken out of its file', async () => {
  const rows = Array.from({ length: 2_100 }, (_, n) => `u${n + 100},ada${n}@shop.example`);
  const id = await shop.upload({ kind: 'profiles' }, lines('user_id,email', ...rows, 'u7,ada@shop.example', 'u8,'));
  const started = await shop.call('POST', `/imports/${id}/start`, {});
  expect(started.status).toBe(202);
  expect((await erase()).rows).toBe(1);
  const done = await shop.runStarted(id);
  expect([done.state, done.rows]).toEqual(['done', { read: 2_101, accepted: 2_101, rejected: 0 }]);
});

describe('of the rows that were not taken', () => {
  const eventsFile = (...who: readonly string[]) =>
    lines('event,user_id,email,phone,timestamp', ...who.map((one) => `Visited,${one},never`));

  it('hers are gone, the others are kept', async () => {
    const { id } = await shop.importFile({ kind: 'events' }, eventsFile(',ada@shop.example,', ',bob@shop.example,'));
    expect((await erase()).rows).toBe(1);
    const text = await errorsOf(id);
    expect(text).toContain('bob@shop.example');
    expect(text).not.toContain('ada@shop.example');
  });

  it('they are found by a short id, a telephone number and escaped JSON', async () => {
    const { id } = await shop.importFile(
      { kind: 'events' },
      eventsFile('u7,,', 'u77,,', ',,0151 12345678', ',,0151 12345679'),
    );
    const json = await shop.importFile(
      { kind: 'events', format: 'ndjson' },
      lines(
        String.raw`{"event":"Visited","timestamp":"never","email":"\u0061da@shop.example"}`,
        String.raw`{"event":"Visited","timestamp":"never","email":"\u0061da\u0040shop`,
      ),
    );
    expect((await erase([...SEVEN, ...ADAS_PHONE, ...ADA])).rows).toBe(3);
    const text = await errorsOf(id);
    expect(text).toContain('u77');
    expect(text).toContain('0151 12345679');
    expect(text).not.toMatch(/"u7\W|12345678/);
    expect(await errorsOf(json.id)).toContain('shop');
  });

  it('one that is too long to be kept whole is not kept at all, only its line and what is wrong', async () => {
    const long = `${'x'.repeat(4_090)}ada@shop.example`;
    const file = lines('event,note,email,timestamp', `Visited,${long},,never`, `Visited,"${long}"x,,never`);
    const { id } = await shop.importFile({ kind: 'events' }, file);
    const errors = await shop.call<{ items: { line: number; message: string }[] }>('GET', `/imports/${id}/errors`);
    expect(errors.body.items.map(({ line }) => line)).toEqual([2, 3]);
    expect(await errorsOf(id)).not.toContain('xxx');
  });

  it('one that may be somebody else’s is not told her, though it goes with her', async () => {
    const file = lines(
      'event,quantity,email,timestamp',
      'Visited,u7,bob@shop.example,never',
      'Visited,1,ada@shop.example,never',
    );
    await shop.importFile({ kind: 'events' }, file);
    const told: unknown[] = [];
    for await (const item of transfersPersonalData.export(shop.world.ctx, subjectOf([...SEVEN, ...ADA])))
      told.push(item);
    expect(told).toMatchObject([{ data: { line: 3 } }]);
    expect((await erase([...SEVEN, ...ADA])).rows).toBe(2);
  });
});

it('an import brings nobody back who was erased', async () => {
  await inTransaction(shop.world.ctx, (ctx) =>
    suppressIdentifiers(ctx, [{ kind: 'email', value: 'ada@shop.example' }]),
  );
  // Long ago, so that a word of her own would bring her back.
  await shop.world.services.postgres.query({ text: `update erased_identifier set erased_at = 'epoch'` });
  const done = await shop.importFile({ kind: 'profiles' }, 'email\nada@shop.example\nbob@shop.example\n');
  expect(done.state).toBe('done');
  expect([await find('ada@shop.example'), await find('bob@shop.example')]).toEqual([0, 1]);
});
