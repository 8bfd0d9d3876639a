import type { Import, ManualList, Segment } from '@segue/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Committer } from '../../events/index.ts';
import { runImports } from './run-imports.ts';
import { runDueWakes } from '../../segments/index.ts';
import { fillSegments } from '../../../compose/testing/fill-segments.ts';
import { openTransferWorld, type TransferWorld } from '../../../compose/testing/transfer-world.ts';

let shop: TransferWorld;
beforeEach(async () => {
  shop = await openTransferWorld();
});
afterEach(() => shop.close());

const FILE = 'email,userId\nada@shop.example,u1\nnobody,\nbob@shop.example,\nada@shop.example,\n';

async function listsOf(): Promise<ManualList[]> {
  return (await shop.call<{ items: ManualList[] }>('GET', '/lists')).body.items;
}

async function membersOf(listId: string): Promise<string[]> {
  const { body } = await shop.call<{ items: { profileId: string }[] }>('GET', `/lists/${listId}/members?limit=500`);
  return body.items.map(({ profileId }) => profileId).sort();
}

async function profileIdOf(identifier: string): Promise<string> {
  const path = `/profiles?identifier=${encodeURIComponent(identifier)}`;
  return (await shop.call<{ items: { id: string }[] }>('GET', path)).body.items[0]!.id;
}

describe('an import of profiles with a list', () => {
  it('puts the profile of every good row on it, and makes the list when nobody has the name', async () => {
    const done = await shop.importFile({ kind: 'profiles', options: { list: 'Fair in May' } }, FILE);
    expect(done).toMatchObject({ state: 'done', percent: 100, rows: { read: 4, accepted: 3, rejected: 1 } });
    const [list, ...others] = await listsOf();
    expect(others).toEqual([]);
    expect(list).toMatchObject({ id: done.list, name: 'Fair in May', members: 2 });
    const both = await Promise.all(['email:ada@shop.example', 'email:bob@shop.example'].map(profileIdOf));
    expect(await membersOf(list!.id)).toEqual(both.sort());
  });

  it('adds to a list that is there, by name in any case or by id, and once only', async () => {
    const { body: list } = await shop.call<ManualList>('POST', '/lists', { name: 'Fair' });
    await shop.importFile({ kind: 'profiles', options: { list: 'FAIR' } }, 'email\nada@shop.example\n');
    await shop.importFile({ kind: 'profiles', options: { list: list.id } }, FILE);
    expect(await listsOf()).toMatchObject([{ id: list.id, members: 2 }]);
  });

  it('takes people into the segments that ask for the list', async () => {
    const { body: list } = await shop.call<ManualList>('POST', '/lists', { name: 'Fair' });
    const rule = { name: 'Met at the fair', rule: { list: list.id } };
    const { body: segment } = await shop.call<Segment>('POST', '/segments', rule);
    const { services } = shop.world;
    await fillSegments(services);
    await shop.importFile({ kind: 'profiles', options: { list: 'Fair' } }, FILE);
    while ((await runDueWakes(services)) > 0);
    expect((await shop.call<Segment>('GET', `/segments/${segment.id}`)).body).toMatchObject({ members: 2 });
  });

  it('puts everybody on it when there are more than are put at a time', async () => {
    const rows = Array.from({ length: 2_345 }, (_, row) => `c${row}@shop.example`);
    await shop.importFile({ kind: 'profiles', options: { list: 'Many' } }, `email\n${rows.join('\n')}\n`);
    expect(await listsOf()).toMatchObject([{ name: 'Many', members: 2_345 }]);
  });

  it('is gone on with by whoever comes after a process that died', async () => {
    const rows = Array.from({ length: 4_500 }, (_, row) => `c${row}@shop.example`);
    const id = await shop.upload({ kind: 'profiles', options: { list: 'Many' } }, `email\n${rows.join('\n')}\n`);
    await shop.call('POST', `/imports/${id}/start`);
    const { services, committer } = shop.world;
    const dying: Committer = {
      async commit(commit) {
        await committer.commit(commit);
        throw new Error('died after a commit');
      },
      drain: () => committer.drain(),
    };
    await expect(runImports(services, { committer: dying, processId: 'dead1' })).rejects.toThrow('died');
    await expect(runImports(services, { committer: dying, processId: 'dead2' })).rejects.toThrow('died');
    while ((await runImports(services, { committer, processId: 'dead3' })) > 0);
    expect(await shop.runStarted(id)).toMatchObject({ state: 'done', rows: { accepted: 4_500 } });
    expect(await listsOf()).toMatchObject([{ name: 'Many', members: 4_500 }]);
  });

  it('needs a key that may change lists', async () => {
    const wish = { name: 'imports only', scopes: ['imports:read', 'imports:write'] };
    const { body: key } = await shop.call<{ key: string }>('POST', '/api-keys', wish);
    const refused = await shop.world.http.inject({
      method: 'POST',
      url: '/api/v1/imports',
      headers: { authorization: `Bearer ${key.key}` },
      payload: { kind: 'profiles', format: 'csv', name: 'x.csv', options: { list: 'Fair' } },
    });
    expect(refused.statusCode).toBe(403);
    expect(refused.json()).toMatchObject({ errors: [{ field: 'options.list' }] });
  });

  it('makes no list by being looked at only', async () => {
    const id = await shop.upload({ kind: 'profiles', options: { list: 'Fair' } }, FILE);
    expect((await shop.call('POST', `/imports/${id}/dry-run`)).status).toBe(200);
    expect(await listsOf()).toEqual([]);
    expect((await shop.call<Import>('GET', `/imports/${id}`)).body.list).toBeNull();
  });

  it('says at its end when the list is gone', async () => {
    const { body: list } = await shop.call<ManualList>('POST', '/lists', { name: 'Fair' });
    const id = await shop.upload({ kind: 'profiles', options: { list: list.id } }, FILE);
    await shop.call('POST', `/imports/${id}/start`);
    expect((await shop.call('DELETE', `/lists/${list.id}`)).status).toBeLessThan(300);
    expect(await shop.runStarted(id)).toMatchObject({
      state: 'failed',
      rows: { accepted: 3 },
      reason: expect.stringContaining('archived') as string,
    });
  });
});

it.each([
  ['events', 'Fair', 'belongs to an import of profiles'],
  ['profiles', `lst_${'0'.repeat(32)}`, 'no list of this workspace'],
  ['profiles', '', 'name of one'],
])('an import of %s with the list "%s" is refused with the field named', async (kind, list, why) => {
  const refused = await shop.call<{ errors: object[] }>('POST', '/imports', {
    ...{ kind, format: 'csv', name: 'x.csv', options: { list } },
  });
  expect(refused.status).toBe(400);
  expect(refused.body.errors).toEqual([{ field: 'options.list', message: expect.stringContaining(why) as string }]);
});
