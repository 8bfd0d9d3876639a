import { uncompressSync } from 'snappy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createContext, type Ctx } from '../../../platform/context.ts';
import { eventlogMigrations, RetryBatch, readSubjects, type Stage } from '../../../platform/eventlog/index.ts';
import { type LogProcess, openLogProcess } from '../../../platform/eventlog/testing/log-process.ts';
import { httpMigrations } from '../../../platform/http/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { createTestDatabase, numberWorkspaces, serveRoutes, type TestDatabase } from '../../../testkit/index.ts';
import { accountsMigrations } from '../../accounts/index.ts';
import { profilesMigrations } from '../migrations/index.ts';
import { clearTraits, findProfileId } from '../read-profile.ts';
import { identifiersOf, type ProfileWorld, profileWorldOn, type SaidEvent } from '../testing/profile-world.ts';
import { companyRoutes } from './company-routes.ts';

let database: TestDatabase;
let process: LogProcess;
let workspaces = 0;

beforeAll(async () => {
  database = await createTestDatabase(
    [eventlogMigrations, httpMigrations, accountsMigrations, profilesMigrations].flat(),
  );
  await numberWorkspaces(database.postgres, 50);
  process = await openLogProcess({ databaseUrl: database.url });
});
afterAll(async () => {
  await process.close();
  await database.drop();
});

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}
interface Company {
  readonly id: string;
  readonly groupId: string | null;
  readonly name: string | null;
  readonly traits: Record<string, unknown>;
}
interface List<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}
type Member = { profileId: string; role: string | null; firstSeenAt: string; lastSeenAt: string };

function createShop() {
  const world = profileWorldOn(process, ++workspaces);
  const ctx: Ctx = createContext(process.services, world.workspaceId, { kind: 'system', name: 'test' });
  const app = serveRoutes([companyRoutes], () => ctx);
  const call = async <T>(method: 'GET' | 'PUT' | 'DELETE', url: string, payload?: object): Promise<Answer<T>> => {
    process.services.clock.advance(1);
    const response = await app.inject({ method, url: `/api/v1${url}`, ...(payload && { payload }) });
    return { status: response.statusCode, body: response.body === '' ? (undefined as T) : response.json<T>() };
  };
  const live = async (...events: readonly SaidEvent[]) => {
    for (const event of events) {
      process.services.clock.advance(1);
      await world.say(event);
      await world.run();
    }
  };
  const profileId = async (said: string) => (await findProfileId(world, identifiersOf([said])[0]!))!;
  return {
    world,
    call,
    live,
    profileId,
    publicProfile: async (said: string) => publicId('prf', await profileId(said)),
    companies: async () => (await call<List<Company>>('GET', '/companies')).body.items,
    members: async (id: string) => (await call<List<Member>>('GET', `/companies/${id}/members`)).body.items,
    traits: async (said: string) => {
      const id = await profileId(said);
      return clearTraits((await readSubjects(world.sql, world.workspaceId, [id])).get(id)!);
    },
  };
}

const group = (by: string, groupId: string, said: Partial<SaidEvent> = {}): SaidEvent => ({
  by: [by],
  type: 'group',
  ...said,
  properties: { groupId },
});
const tell = async (world: ProfileWorld) => {
  const { rows } = await world.sql.query<{ payload: Buffer }>({ text: 'select payload from log_block where log = 1' });
  return rows
    .flatMap((row) => uncompressSync(row.payload).toString().split('\n'))
    .filter((line) => line.startsWith(`[${world.workspaceId},`))
    .map((line) => JSON.parse(line)[3] as string)
    .filter((name) => name.startsWith('Company '));
};

describe('a company', () => {
  it('is made by its first group call and known by its groupId, whoever of its members speaks', async () => {
    const { live, companies, members, call, traits, publicProfile, world } = createShop();
    const now = process.services.clock.now();
    await live(
      group('userId:ada', 'acme', { traits: { name: 'Acme', employees: 7, role: 'admin' }, atMs: now - 5_000 }),
      group('userId:bob', 'acme', { traits: { employees: 9 }, atMs: now - 3_000 }),
      group('userId:bob', 'acme', { traits: { employees: 8, plan: 'old' }, atMs: now - 4_000 }),
      group('userId:bob', 'other', { traits: { name: 'Other' } }),
    );
    const [other, acme] = (await companies()) as [Company, Company];
    expect(acme).toMatchObject({ groupId: 'acme', name: 'Acme', traits: { name: 'Acme', employees: 9, plan: 'old' } });
    expect((await members(acme.id)).map(({ profileId, role }) => [profileId, role]).sort()).toEqual(
      [
        [await publicProfile('userId:ada'), 'admin'],
        [await publicProfile('userId:bob'), null],
      ].sort(),
    );
    expect(await traits('userId:ada')).toEqual({ company_ids: [acme.id], company_roles: ['admin'] });
    expect(await traits('userId:bob')).toEqual({ company_ids: [acme.id, other.id].sort() });
    const of = await call<List<Company>>('GET', `/profiles/${await publicProfile('userId:bob')}/companies`);
    expect(of.body.items.map(({ name }) => name).sort()).toEqual(['Acme', 'Other']);
    expect(await tell(world)).toEqual(['Company Joined', 'Company Joined', 'Company Joined']);
  });

  it('is found by a part of its name and by its groupId, and listed in pages', async () => {
    const { live, call } = createShop();
    for (const n of [1, 2, 3]) await live(group('userId:ada', `g${n}`, { traits: { name: `Firma ${n} GmbH` } }));
    const find = async (query: string) => (await call<List<Company>>('GET', `/companies?${query}`)).body;
    expect((await find('name=firma%202')).items.map(({ groupId }) => groupId)).toEqual(['g2']);
    expect((await find('groupId=g3')).items.map(({ name }) => name)).toEqual(['Firma 3 GmbH']);
    expect((await find('groupId=g')).items).toEqual([]);
    expect((await find('name=%25')).items).toEqual([]);
    const first = await find('limit=2');
    const rest = await find(`limit=2&cursor=${first.nextCursor}`);
    expect([...first.items, ...rest.items].map(({ groupId }) => groupId)).toEqual(['g3', 'g2', 'g1']);
    expect(rest.nextCursor).toBeNull();
  });

  it('keeps what is personal sealed, with the key of who said it: erased with her', async () => {
    const { live, companies, call, world, members } = createShop();
    await live(
      group('userId:ada', 'acme', { traits: { name: 'Acme' }, personal: { email: 'office@acme-secret.example' } }),
      {
        by: ['userId:ada'],
        type: 'group',
        properties: {},
        personalProperties: { groupId: 'team@acme-secret.example' },
      },
    );
    const listed = await companies();
    expect(listed.map(({ groupId }) => groupId)).toEqual(['team@acme-secret.example', 'acme']);
    expect(listed[1]!.traits).toEqual({ name: 'Acme', email: 'office@acme-secret.example' });
    const { rows } = await world.sql.query<{ row: string }>({
      text: 'select c::text as row from company c where workspace_id = $1',
      values: [world.workspaceId],
    });
    expect(rows.map(({ row }) => row).join()).toContain('Acme');
    expect(rows.map(({ row }) => row).join()).not.toContain('secret');
    const found = await call<List<Company>>('GET', '/companies?groupId=team%40acme-secret.example');
    expect(found.body.items).toHaveLength(1);
    await world.sql.query({
      text: 'update identity_node set wrapped_key = null where workspace_id = $1',
      values: [world.workspaceId],
    });
    const erased = await companies();
    expect(erased.map(({ groupId, traits }) => [groupId, traits])).toEqual([
      [null, {}],
      ['acme', { name: 'Acme' }],
    ]);
    expect(await members(erased[1]!.id)).toHaveLength(1);
  });

  it('of one workspace is not known in another', async () => {
    const [here, elsewhere] = [createShop(), createShop()];
    await here.live(group('userId:ada', 'acme', { traits: { name: 'Here' } }));
    await elsewhere.live(group('userId:ada', 'acme', { traits: { name: 'Elsewhere' } }));
    const [company] = await here.companies();
    expect(company!.name).toBe('Here');
    const ada = await here.publicProfile('userId:ada');
    expect((await elsewhere.call('GET', `/companies/${company!.id}`)).status).toBe(404);
    expect((await elsewhere.call('GET', `/companies/${company!.id}/members`)).status).toBe(404);
    expect((await elsewhere.call('PUT', `/companies/${company!.id}/members/${ada}`, { role: 'x' })).status).toBe(404);
    expect((await elsewhere.call('DELETE', `/companies/${company!.id}/members/${ada}`)).status).toBe(404);
    expect((await elsewhere.call('GET', `/profiles/${ada}/companies`)).status).toBe(404);
    expect(await here.members(company!.id)).toHaveLength(1);
  });
});

describe('belonging to a company', () => {
  it('goes along when profiles merge, with the role said last, and leaves no row behind', async () => {
    const { live, companies, members, traits, world, publicProfile } = createShop();
    const now = process.services.clock.now();
    await live(
      group('anonymousId:web', 'acme', { traits: { role: 'buyer' }, atMs: now - 3_000 }),
      group('anonymousId:web', 'side', { atMs: now - 3_000 }),
      group('userId:ada', 'acme', { traits: { role: 'admin' }, atMs: now - 2_000 }),
      { by: ['anonymousId:phone'] },
      { by: ['userId:ada', 'anonymousId:web', 'anonymousId:phone'] },
    );
    const acme = (await companies()).find(({ groupId }) => groupId === 'acme')!;
    expect(await members(acme.id)).toEqual([
      {
        profileId: await publicProfile('userId:ada'),
        role: 'admin',
        firstSeenAt: new Date(now - 3_000).toISOString(),
        lastSeenAt: new Date(now - 2_000).toISOString(),
      },
    ]);
    expect((await traits('userId:ada'))['company_ids']).toHaveLength(2);
    const { rows } = await world.sql.query<{ n: number }>({
      text: 'select count(*)::int as n from company_member where workspace_id = $1',
      values: [world.workspaceId],
    });
    expect(rows[0]!.n).toBe(2);
  });

  it('can be given, changed and taken by the API, audited, told of, and asked by traits', async () => {
    const { live, companies, members, call, traits, world, publicProfile } = createShop();
    await live(group('userId:ada', 'acme'), { by: ['userId:bob'] });
    const [acme] = await companies();
    const bob = await publicProfile('userId:bob');
    const place = `/companies/${acme!.id}/members/${bob}`;
    expect((await call<Member>('PUT', place, { role: ' buyer ' })).body).toMatchObject({
      profileId: bob,
      role: 'buyer',
    });
    expect((await call<Member>('PUT', place, {})).body).toMatchObject({ role: 'buyer' });
    await world.run();
    expect(await traits('userId:bob')).toEqual({ company_ids: [acme!.id], company_roles: ['buyer'] });
    expect((await call<Member>('PUT', place, { role: null })).body).toMatchObject({ role: null });
    expect((await call('DELETE', place)).status).toBe(204);
    await world.run();
    expect(await traits('userId:bob')).toEqual({});
    expect(await members(acme!.id)).toHaveLength(1);
    expect((await call('DELETE', place)).status).toBe(404);
    expect((await call('PUT', place, { role: '' })).status).toBe(400);
    const { rows } = await world.sql.query<{ action: string; subject: string }>({
      text: 'select action, subject from audit_entry where workspace_id = $1 order by at, id',
      values: [world.workspaceId],
    });
    expect(rows.map(({ action }) => action)).toEqual([
      'company.member_added',
      'company.member_changed',
      'company.member_changed',
      'company.member_removed',
    ]);
    expect(new Set(rows.map(({ subject }) => subject))).toEqual(new Set([acme!.id]));
    expect((await tell(world)).filter((name) => name !== 'Company Joined').sort()).toEqual([
      'Company Left',
      'Company Role Changed',
      'Company Role Changed',
    ]);
  });

  it('does not come back by what was said before the leaving, and does by what is said after it', async () => {
    const { live, companies, members, call, publicProfile } = createShop();
    await live(group('userId:ada', 'acme'));
    const [acme] = await companies();
    const left = process.services.clock.now();
    expect((await call('DELETE', `/companies/${acme!.id}/members/${await publicProfile('userId:ada')}`)).status).toBe(
      204,
    );
    process.services.clock.advance(5_000);
    await live(group('userId:ada', 'acme', { atMs: left - 1 }));
    expect(await members(acme!.id)).toEqual([]);
    await live(group('userId:ada', 'acme'));
    expect(await members(acme!.id)).toHaveLength(1);
  });

  it('is written once, however often a batch is taken back on the way', async () => {
    const { world, companies, members } = createShop();
    let failures = 2;
    const failing: Stage = {
      name: 'failing',
      run: () => {
        if (failures-- > 0) throw new RetryBatch('for the test');
        return Promise.resolve();
      },
    };
    await world.say(
      group('userId:ada', 'acme', { traits: { name: 'Acme' } }),
      group('userId:ada', 'acme'),
      group('anonymousId:web', 'acme'),
    );
    await process.process([...world.stages, failing]);
    await world.run();
    expect(failures).toBeLessThan(0);
    expect(await companies()).toHaveLength(1);
    expect(await members((await companies())[0]!.id)).toHaveLength(2);
    expect(await tell(world)).toEqual(['Company Joined', 'Company Joined']);
  });

  it('is of one company when two processes meet it for the first time at the same time', async () => {
    const { world, companies, members } = createShop();
    const other = await openLogProcess({ databaseUrl: database.url, clock: process.services.clock });
    try {
      await world.say(
        ...Array.from({ length: 40 }, (_, n) => group(`userId:u${n}`, 'acme', { traits: { [`t${n}`]: n } })),
      );
      const otherWorld = profileWorldOn(other, world.workspaceId);
      for (let round = 0; round < 4; round++) await Promise.all([world.run(5), otherWorld.run(5)]);
      const found = await companies();
      expect(found).toHaveLength(1);
      expect(Object.keys(found[0]!.traits)).toHaveLength(40);
      expect(await members(found[0]!.id)).toHaveLength(40);
    } finally {
      await other.close();
    }
  });
});
