import type { Export, Profile } from '@segue/contract';
import { parquetReadObjects } from 'hyparquet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inSubjects } from '../../../platform/eventlog/index.ts';
import { parsePublicId } from '../../../platform/ids/index.ts';
import { restrict } from '../../profiles/index.ts';
import { openProgress } from './export-progress.ts';
import { findExport } from './export-store.ts';
import { readRows } from './read-rows.ts';
import { openTransferWorld, type TransferWorld } from '../../../compose/testing/transfer-world.ts';

let shop: TransferWorld;
beforeEach(async () => {
  shop = await openTransferWorld();
});
afterEach(() => shop.close());

/** What is hard to write into a cell: formulas, quotes, breaks, numbers that are texts, texts that look like JSON. */
const TRAITS = [
  { plan: 'gold', points: 12, vip: true, 'favourite colour': 'blue, "deep"\nsea' },
  { formula: '=1+1', minus: '-5', negative: -5, guarded: "'=x", at: '@home' },
  { digits: '42', zip: '01099', json: '{"a":1}', yes: 'true', empty: '', spaces: ' x ', quoted: '"q"' },
  { address: { city: 'Köln', geo: [1, 2] }, tags: ['a', 'b'], none: [] },
];

async function fill(world: TransferWorld): Promise<void> {
  const lines = TRAITS.map((traits, i) =>
    JSON.stringify({ userId: `u${i}`, email: `c${i}@shop.example`, phone: `+4915112345${i}00`, traits }),
  );
  const done = await world.importFile({ kind: 'profiles', format: 'ndjson' }, lines.join('\n'));
  expect(done.rows.accepted).toBe(TRAITS.length);
}

/** Profiles without what every shop gives them anew. */
async function profilesOf(world: TransferWorld): Promise<object[]> {
  const { body } = await world.call<{ items: Profile[] }>('GET', '/profiles');
  const bare = body.items.map(({ identifiers, traits }) => ({ identifiers, traits }));
  return bare.sort((a, b) => JSON.stringify(a.identifiers).localeCompare(JSON.stringify(b.identifiers)));
}

describe.each(['csv', 'ndjson'] as const)('an export to %s', (format) => {
  it('makes the same profiles in an empty shop', async () => {
    await fill(shop);
    const { text, status } = await shop.exportFile({ what: 'profiles', format });
    expect(status).toBe(200);
    const other = await openTransferWorld();
    try {
      const done = await other.importFile({ kind: 'profiles', format }, text);
      expect(done.rows).toEqual({ read: TRAITS.length, accepted: TRAITS.length, rejected: 0 });
      expect(await profilesOf(other)).toEqual(await profilesOf(shop));
    } finally {
      await other.close();
    }
  });
});

it('an export of orders says whose they are, whatever an order calls its own fields', async () => {
  const order = {
    ...{ email: 'ada@shop.example', event: 'Order Completed', timestamp: '2025-01-01T00:00:00Z' },
    properties: { order_id: 'o1', total: 12, email: 'friend@shop.example', userId: 'friend' },
  };
  await shop.importFile({ kind: 'events', format: 'ndjson' }, JSON.stringify(order));
  const { text } = await shop.exportFile({ what: 'orders', format: 'ndjson' });
  const row = JSON.parse(text) as object;
  expect(row).toMatchObject({ email: 'ada@shop.example', order_id: 'o1', total: 12 });
  expect(row).not.toHaveProperty('userId');
  expect(row).toMatchObject({ properties: { email: 'friend@shop.example', userId: 'friend' } });
  const other = await openTransferWorld();
  try {
    await other.importFile({ kind: 'orders', format: 'ndjson' }, text);
    expect((await other.exportFile({ what: 'orders', format: 'ndjson' })).text.trim()).toContain('"email":"ada@');
    const { body } = await other.call<{ items: Profile[] }>('GET', '/profiles?identifier=email:friend@shop.example');
    expect(body.items).toEqual([]);
  } finally {
    await other.close();
  }
});

it('no cell of an export is a formula', async () => {
  await fill(shop);
  const { text } = await shop.exportFile({ what: 'profiles', format: 'csv' });
  const cells = text.split(/[,\r\n]+/).map((cell) => cell.replace(/^"/, ''));
  expect(cells.filter((cell) => /^[=+@]|^-\D/.test(cell))).toEqual([]);
  expect(text).toContain("'=1+1");
  expect(text).toContain("'+4915112345000");
});

it('an export to Parquet is read back with its types', async () => {
  await fill(shop);
  const { bytes } = await shop.exportFile({ what: 'profiles', format: 'parquet' });
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  const one = rows.find((row) => row['userId'] === 'u0')!;
  expect(one['email']).toBe('c0@shop.example');
  expect(one['profileCreatedAt']).toBeInstanceOf(Date);
  expect(one['traits']).toMatchObject({ plan: 'gold', points: 12, vip: true });
  expect(rows).toHaveLength(TRAITS.length);
});

it('an export holds the columns that were asked for, in their order', async () => {
  await fill(shop);
  const { text } = await shop.exportFile({
    what: 'profiles',
    format: 'csv',
    columns: ['traits.address.city', 'email'],
  });
  expect(text.split('\r\n').slice(0, 1)).toEqual(['traits.address.city,email']);
  expect(text).toContain('Köln,c3@shop.example');
});

it('whoever may not be processed is in no export', async () => {
  await fill(shop);
  const { body } = await shop.call<{ items: Profile[] }>('GET', '/profiles?identifier=userId:u1');
  const id = parsePublicId('prf', body.items[0]!.id)!;
  const { services, ctx } = shop.world;
  await inSubjects(services, { workspaceId: ctx.workspaceId, ids: [id] }, async (batch) => {
    await restrict(batch, batch.subjects.get(id)!);
  });
  const { text } = await shop.exportFile({ what: 'profiles', format: 'ndjson' });
  expect(text).not.toContain('c1@shop.example');
  expect(text.trim().split('\n')).toHaveLength(TRAITS.length - 1);
});

it('events and consents are exported as an import reads them', async () => {
  const events =
    'event,email,timestamp,email_of_friend\nVisited,ada@shop.example,2025-01-01T10:00:00Z,bob@shop.example\n';
  await shop.importFile({ kind: 'events' }, events);
  const consents =
    'identifier,channel,topic,status,occurredAt,ip\nada@shop.example,email,marketing,granted,2025-01-02T10:00:00Z,203.0.113.7\n';
  await shop.importFile({ kind: 'consents' }, consents);
  const told = await shop.exportFile({ what: 'events', format: 'ndjson', from: '2025-01-01T00:00:00Z' });
  expect(JSON.parse(told.text.trim())).toMatchObject({
    event: 'Visited',
    email: 'ada@shop.example',
    timestamp: '2025-01-01T10:00:00.000Z',
    properties: { email_of_friend: 'bob@shop.example' },
  });
  const words = await shop.exportFile({ what: 'consents', format: 'csv' });
  const other = await openTransferWorld();
  try {
    expect((await other.importFile({ kind: 'consents' }, words.text)).rows).toEqual({
      read: 1,
      accepted: 1,
      rejected: 0,
    });
    expect((await other.importFile({ kind: 'events', format: 'ndjson' }, told.text)).rows.accepted).toBe(1);
    const again = await other.exportFile({ what: 'consents', format: 'ndjson' });
    expect(JSON.parse(again.text.trim())).toMatchObject({
      status: 'granted',
      ip: '203.0.113.7',
      occurredAt: '2025-01-02T10:00:00.000Z',
    });
  } finally {
    await other.close();
  }
});

it('each download stands in the audit log, without what it held', async () => {
  await fill(shop);
  await shop.exportFile({ what: 'profiles', format: 'csv' });
  const { body, text } = await shop.call<{ items: { action: string }[] }>('GET', '/audit');
  expect(body.items.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['export.created', 'export.downloaded']),
  );
  expect(text).not.toContain('shop.example');
});

describe('an export tells how far its download has come', () => {
  const read = async (id: string) => (await shop.call<Export>('GET', `/exports/${id}`)).body;

  it.each(['csv', 'ndjson', 'parquet'])('from nothing to all of its rows: %s', async (format) => {
    await fill(shop);
    const { body: made } = await shop.call<Export>('POST', '/exports', { what: 'profiles', format });
    expect(made).toMatchObject({ state: 'ready', rows: { written: 0, total: null }, percent: 0 });
    await shop.call('HEAD', `/exports/${made.id}/file`);
    expect(await read(made.id)).toMatchObject({ state: 'ready' });
    await shop.call('GET', `/exports/${made.id}/file`);
    const rows = { written: TRAITS.length, total: TRAITS.length };
    expect(await read(made.id)).toMatchObject({ state: 'done', rows, percent: 100 });
  });

  it('counts in a segment, events and consents what is in the file', async () => {
    const events = 'event,email,timestamp\nA,ada@shop.example,2025-01-01\nB,ada@shop.example,2025-01-02\n';
    await shop.importFile({ kind: 'events' }, events);
    const consents =
      'identifier,channel,topic,status,occurredAt\nada@shop.example,email,marketing,granted,2025-01-02\n';
    await shop.importFile({ kind: 'consents' }, consents);
    for (const [what, written] of [
      ['events', 2],
      ['orders', 0],
      ['consents', 1],
    ] as const) {
      const { body: made } = await shop.call<Export>('POST', '/exports', {
        what,
        format: 'csv',
        to: '2025-02-01T00:00:00Z',
      });
      await shop.call('GET', `/exports/${made.id}/file`);
      expect(await read(made.id)).toMatchObject({ state: 'done', rows: { written, total: written }, percent: 100 });
    }
  });

  it('in the midst of it', async () => {
    const customers = 2_000;
    const emails = Array.from({ length: customers }, (_, row) => `c${row}@shop.example`);
    await shop.importFile({ kind: 'profiles' }, `email\n${emails.join('\n')}\n`);
    const { body: made } = await shop.call<Export>('POST', '/exports', { what: 'profiles', format: 'ndjson' });
    const { services, ctx } = shop.world;
    const row = (await findExport(ctx.sql, ctx.workspaceId, parsePublicId('exp', made.id)!))!;
    const progress = await openProgress({ ...ctx, ...services }, row, 1);
    const pages = progress.follow(readRows(ctx, row, progress.look))[Symbol.asyncIterator]();
    for (let page = 0; page < 6; page++) await pages.next();
    expect(await read(made.id)).toMatchObject({
      state: 'running',
      percent: 50,
      rows: { written: 1_000, total: customers },
    });
    while ((await pages.next()).done !== true);
    expect(await read(made.id)).toMatchObject({ state: 'done', percent: 100, rows: { written: customers } });
  });
});
