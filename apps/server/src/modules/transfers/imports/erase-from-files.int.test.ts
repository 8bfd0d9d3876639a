import { afterEach, beforeEach, expect, it } from 'vitest';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import { suppressIdentifiers } from '../../profiles/index.ts';
import { transfersPersonalData } from '../personal-data.ts';
import { openTransferWorld, type TransferWorld } from '../../../compose/testing/transfer-world.ts';

let shop: TransferWorld;
beforeEach(async () => {
  shop = await openTransferWorld();
});
afterEach(() => shop.close());

const subject = {
  profileId: '0193a000-0000-7000-8000-000000000001',
  profileIds: [],
  nodes: [],
  values: ['ada@shop.example'],
};
const erase = () => inTransaction(shop.world.ctx, (ctx) => transfersPersonalData.erase(ctx, subject));
const find = async (email: string) =>
  (await shop.call<{ items: object[] }>('GET', `/profiles?identifier=email:${email}`)).body.items.length;

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

it('whoever is erased is gone from the rows that were not taken', async () => {
  const file = 'event,email,timestamp\nVisited,ada@shop.example,never\nVisited,bob@shop.example,never\n';
  const { id } = await shop.importFile({ kind: 'events' }, file);
  expect((await erase()).rows).toBe(1);
  const { text } = await shop.call('GET', `/imports/${id}/errors/file`);
  expect(text).toContain('bob@shop.example');
  expect(text).not.toContain('ada@shop.example');
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
