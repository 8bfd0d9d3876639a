import { afterAll, beforeAll, expect, it } from 'vitest';
import { addressHash, suppressAddress } from '../modules/consent/index.ts';
import { runPrivacyRequests } from '../modules/privacy/index.ts';
import type { Ctx } from '../platform/context.ts';
import { AppError } from '../platform/errors.ts';
import type { World } from '../modules/events/testing/world.ts';
import { inTransaction } from '../platform/eventlog/index.ts';
import type { JsonObject } from '../platform/json.ts';
import type { PersonalDataKeeper, PersonalSubject } from '../platform/personal-data/index.ts';
import type { Sql, Transaction } from '../platform/postgres/index.ts';
import { PERSONAL_DATA } from './privacy.ts';
import { customer, type ErasureWorld, eraseNow, openErasureWorld } from './testing/erasure-world.ts';
import { API_KEY, WRITE_KEY } from '../modules/events/testing/world.ts';

let erasures: ErasureWorld;
let world: World;
beforeAll(async () => {
  erasures = await openErasureWorld();
  ({ world } = erasures);
  await uploadFileOf(NOBODYS_ADDRESS);
});
afterAll(() => erasures.close());

async function send(events: readonly JsonObject[]): Promise<void> {
  const answer = await world.post('/v1/batch', { writeKey: WRITE_KEY, batch: [...events] });
  expect(answer.body['accepted']).toBe(events.length);
  await world.settle();
}
const profileOf = async (userId: string): Promise<string> => {
  const { items } = await erasures.call(`/api/v1/profiles?identifier=userId:${userId}`);
  const id = (items as { id: string }[])[0]!.id.slice('prf_'.length);
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};
const ask = async (userId: string): Promise<string> => {
  const identifier = { kind: 'userId', value: userId };
  return (await erasures.call('/api/v1/privacy/requests', { kind: 'export', identifier }))['id'] as string;
};
interface Item {
  readonly module: string;
  readonly kind: string;
  readonly data: JsonObject;
}
const fileOf = async (id: string): Promise<Item[]> =>
  (await erasures.call(`/api/v1/privacy/requests/${id}/export`))['data'] as unknown as Item[];

/** A file on its way in that names somebody. */
async function uploadFileOf(email: string): Promise<void> {
  const { id } = await erasures.call('/api/v1/imports', { kind: 'profiles', format: 'csv', name: 'people.csv' });
  const { statusCode } = await world.http.inject({
    method: 'POST',
    url: `/api/v1/imports/${id as string}/bytes?offset=0`,
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/octet-stream' },
    payload: Buffer.from(`email\n${email}\n`),
  });
  expect(statusCode).toBe(200);
}

const NOBODYS_ADDRESS = 'nobody@customer.example';
const NOBODY = '0193a000-0000-7000-8000-000000000001';

/** The tables a keeper changes to erase her, and those it reads to tell of her. */
async function tablesOf(keeper: PersonalDataKeeper): Promise<{ erased: Set<string>; told: Set<string> }> {
  const [erased, told] = [new Set<string>(), new Set<string>()];
  const note = (text: string, into: Set<string>, words: RegExp): void => {
    for (const [, table] of text.matchAll(words)) into.add(table!);
  };
  const subject: PersonalSubject = {
    ...{ profileId: NOBODY, profileIds: [NOBODY], nodes: [2_000_000_001], values: [NOBODYS_ADDRESS] },
    identifiers: [{ kind: 'email', value: NOBODYS_ADDRESS }],
  };
  await inTransaction(world.ctx, async (ctx) => {
    const sql: Transaction = {
      query: (query) => {
        note(query.text, erased, /(?:delete from|update) ([a-z_]+)/g);
        return ctx.sql.query(query);
      },
      copyInto: (table, columns, rows) => ctx.sql.copyInto(table, columns, rows),
    };
    await keeper.erase({ ...ctx, sql }, subject);
  });
  const reading: Sql = {
    query: (query) => {
      note(query.text, told, /(?:from|join) ([a-z_]+)/g);
      return world.ctx.sql.query(query);
    },
  };
  for await (const item of keeper.export({ ...world.ctx, sql: reading }, subject)) expect(item.kind).not.toBe('');
  return { erased, told };
}

it.each(PERSONAL_DATA.map((keeper) => [keeper.name, keeper] as const))(
  'what the keeper of %s erases, the export tells, or says why not',
  async (_name, keeper) => {
    const { erased, told } = await tablesOf(keeper);
    expect(erased.size).toBeGreaterThan(0);
    const silent = [...erased].filter((table) => !told.has(table) && keeper.untold[table] === undefined);
    expect(silent).toEqual([]);
    for (const reason of Object.values(keeper.untold)) expect(reason.length).toBeGreaterThan(20);
  },
);

it('tells of her identifiers, events, visits, companies, suppressions and requests, of what it leaves out, and of each page once', async () => {
  const { secrets, events } = customer('nora');
  const looks = Array.from({ length: 450 }, (_, n) => ({
    ...{ type: 'page', name: 'Home', userId: 'user-nora-4711', messageId: `nora-page-${n}` },
    ...{ properties: { path: `/${n}`, url: `https://shop.example/${n}?utm_source=letter` } },
  }));
  await send(events);
  await send(looks);
  const { workspaceId, keysOf } = world.ctx;
  await suppressAddress(world.services.postgres, workspaceId, {
    suppression: {
      ...{ channel: 'email', addressHash: addressHash(await keysOf(workspaceId), 'email', secrets[0]!) },
      ...{ reason: 'complaint' as const, occurredAt: erasures.now(), source: 'provider' },
    },
    nowMs: erasures.now(),
  });
  const id = await ask('user-nora-4711');
  expect(await erasures.finish(id)).toMatchObject({ state: 'done', outcome: 'done', isFileReady: true });
  const file = await fileOf(id);
  const of = (kind: string): JsonObject[] => file.filter((item) => item.kind === kind).map(({ data }) => data);
  for (const secret of secrets) expect(JSON.stringify(file)).toContain(secret);
  expect(of('profile')[0]!['identifiers']).toContainEqual(
    expect.objectContaining({ kind: 'userId', value: 'user-nora-4711', isVerified: true }),
  );
  const pages = of('event')
    .filter(({ type }) => type === 'page')
    .map((event) => event['id']);
  expect(pages.toSorted()).toEqual(looks.map(({ messageId }) => messageId).toSorted());
  expect(of('session').length).toBeGreaterThan(0);
  expect(of('company')).toMatchObject([{ groupId: secrets[0], traits: { plan: 'team' } }]);
  expect(of('suppression')).toMatchObject([{ address: secrets[0], channel: 'email', reason: 'complaint' }]);
  expect(of('privacyRequest')).toMatchObject([{ id, kind: 'export' }]);
  expect(of('leftOut')).toHaveLength(PERSONAL_DATA.length);
});

it('holds no transaction while it reads, and begins anew with whoever takes it from a process that died', async () => {
  await send(customer('olga').events);
  const id = await ask('user-olga-4711');
  const { postgres } = world.services;
  let times = 0;
  const dying = {
    ...erasures.work,
    exporting: {
      async *export(ctx: Ctx, profileId: string) {
        times += 1;
        expect(ctx.sql).toBe(postgres);
        for (let n = 0; n < 250; n++) yield { n, times };
        if (times > 1) return;
        // As if its lease had run out after the first piece: another process takes the request and finishes it.
        await postgres.query({
          text: `update privacy_request set next_at = 'epoch' where workspace_id = $1 and state = 'running'`,
          values: [world.ctx.workspaceId],
        });
        await runPrivacyRequests(world.services, dying);
        for (let n = 0; n < 250; n++) yield { n, profileId };
      },
    },
  };
  erasures.pass(1_000);
  await runPrivacyRequests(world.services, dying);
  expect(times).toBe(2);
  expect(await erasures.call(`/api/v1/privacy/requests/${id}`)).toMatchObject({
    state: 'done',
    counts: { items: 250 },
  });
  expect(await fileOf(id)).toEqual(Array.from({ length: 250 }, (_, n) => ({ n, times: 2 })));
});

it('waits while some of it cannot be read yet, without using up its attempts, and is whole in the end', async () => {
  await send(customer('ruth').events);
  const id = await ask('user-ruth-4711');
  let times = 0;
  const early = {
    ...erasures.work,
    exporting: {
      async *export() {
        times += 1;
        for (let n = 0; n < 250; n++) yield { n, times };
        if (times < 9) throw new AppError('conflict', 'The history is too far behind');
      },
    },
  };
  const state = () => erasures.call(`/api/v1/privacy/requests/${id}`);
  for (let round = 1; round < 9; round++) {
    erasures.pass(60_000);
    await runPrivacyRequests(world.services, early);
    expect([times, await state()]).toEqual([
      round,
      expect.objectContaining({ state: 'running', isFileReady: false, attempts: 0, error: null }),
    ]);
    await expect(fileOf(id)).rejects.toThrow(/^409 /);
  }
  erasures.pass(60_000);
  await runPrivacyRequests(world.services, early);
  expect(await state()).toMatchObject({ state: 'done', counts: { items: 250 } });
  expect(await fileOf(id)).toEqual(Array.from({ length: 250 }, (_, n) => ({ n, times: 9 })));
});

it('adds nothing to a file once she is being erased, and ends as nothing held', async () => {
  await send(customer('petra').events);
  const profileId = await profileOf('user-petra-4711');
  const id = await ask('user-petra-4711');
  const { postgres } = world.services;
  const parts = async (): Promise<unknown[]> =>
    (
      await postgres.query({
        text: `select part from privacy_export_part p join privacy_request r on r.workspace_id = p.workspace_id and r.id = p.request_id
               where r.workspace_id = $1 and r.profile_id = $2`,
        values: [world.ctx.workspaceId, profileId],
      })
    ).rows;
  let seen = 0;
  const slow = {
    ...erasures.work,
    exporting: {
      async *export() {
        for (let n = 0; n < 250; n++) yield { n };
        seen = (await parts()).length;
        await eraseNow(erasures, profileId);
        for (let n = 0; n < 250; n++) yield { n };
      },
    },
  };
  erasures.pass(1_000);
  await runPrivacyRequests(world.services, slow);
  expect(seen).toBe(1);
  expect(await parts()).toEqual([]);
  expect(await erasures.finish(id)).toMatchObject({ state: 'done', outcome: 'nothing_held', isFileReady: false });
});

it('of a profile that was merged away tells of the one she is now, and what became of each trait', async () => {
  const [userId, anonymousId] = ['user-tess-4711', 'device-cookie-tess'];
  await send([{ type: 'identify', anonymousId, messageId: 'tess-1', traits: { name: 'Tess Early', plan: 'free' } }]);
  const { items } = await erasures.call(`/api/v1/profiles?identifier=anonymousId:${anonymousId}`);
  const profile = (items as { id: string }[])[0]!.id;
  await send([{ type: 'identify', userId, messageId: 'tess-2', traits: { name: 'Tess Later', plan: 'gold' } }]);
  await send([{ type: 'page', userId, anonymousId, messageId: 'tess-3' }]);
  const made = await erasures.call('/api/v1/privacy/requests', { kind: 'export', profile });
  expect(await erasures.finish(made['id'] as string)).toMatchObject({ state: 'done', outcome: 'done' });
  const file = await fileOf(made['id'] as string);
  const merges = file.filter(({ kind }) => kind === 'merge').map(({ data }) => JSON.stringify(data['outcome']));
  expect(merges).toEqual([expect.stringContaining('Tess Early')]);
  expect(merges[0]).toContain('Tess Later');
  const events = file.filter(({ kind }) => kind === 'event').map(({ data }) => data['id']);
  expect(events).toEqual(expect.arrayContaining(['tess-1', 'tess-2', 'tess-3']));
});

it('two asked at once are two whole files, and neither is given after its days, or without a key', async () => {
  await send(customer('rita').events);
  const ids = [await ask('user-rita-4711'), await ask('user-rita-4711')];
  for (const id of ids) expect(await erasures.finish(id)).toMatchObject({ state: 'done', isFileReady: true });
  const files = await Promise.all(ids.map(fileOf));
  const events = files.map((file) => file.filter(({ kind }) => kind === 'event').map(({ data }) => data['id']));
  expect(events[0]).toEqual(events[1]);
  expect(events[0]!.length).toBeGreaterThan(2);
  const url = `/api/v1/privacy/requests/${ids[0]!}/export`;
  const nobody = await world.http.inject({ url, headers: { authorization: 'Bearer sk_wrong' } });
  expect([nobody.statusCode, (await world.http.inject({ url })).statusCode]).toEqual([401, 401]);
  erasures.pass(30 * 86_400_000 + 1);
  await expect(fileOf(ids[0]!)).rejects.toThrow(/^404 .*gone/);
});
