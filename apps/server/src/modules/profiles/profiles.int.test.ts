import { uncompressSync } from 'snappy';
import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { EventBatch, Stage } from '../../platform/eventlog/index.ts';
import { eventlogMigrations, processRuns, readSubjects } from '../../platform/eventlog/index.ts';
import { type LogProcess, openLogProcess } from '../../platform/eventlog/testing/log-process.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { createIdentityStage } from './identity-stage.ts';
import { profilesMigrations } from './migrations/index.ts';
import { identifierHash, laneOfHash } from './node-directory.ts';
import { profileSection } from './profile-section.ts';
import { followMerged } from './profile-store.ts';
import { findProfile, findProfileId, listAddresses, listNodeIds, openTraits, type Profile } from './read-profile.ts';
import { identifiersOf, type ProfileWorld, profileWorldOn, type SaidEvent } from './testing/profile-world.ts';

let database: TestDatabase;
let first: LogProcess;
let second: LogProcess;
let workspaces = 0;

beforeAll(async () => {
  database = await createTestDatabase([...eventlogMigrations, ...profilesMigrations]);
  first = await openLogProcess({ databaseUrl: database.url });
  second = await openLogProcess({ databaseUrl: database.url, clock: first.services.clock });
});
afterAll(async () => {
  await Promise.all([first.close(), second.close()]);
  await database.drop();
});

/** A fresh workspace, seen by both processes. */
function createWorlds(): [ProfileWorld, ProfileWorld] {
  const workspaceId = ++workspaces;
  return [profileWorldOn(first, workspaceId), profileWorldOn(second, workspaceId)];
}

async function idOf(world: ProfileWorld, said: string): Promise<string | undefined> {
  return findProfileId(world, identifiersOf([said])[0]!);
}

async function profileOf(world: ProfileWorld, said: string): Promise<Profile> {
  return (await findProfile(world, (await idOf(world, said))!))!;
}

const written = (profile: Profile) => profile.identifiers.map(({ kind, value }) => `${kind}:${value}`);

/** Says and processes one event after the other. */
async function live(world: ProfileWorld, ...events: readonly SaidEvent[]): Promise<void> {
  for (const event of events) {
    await world.say(event);
    await settle(world);
  }
}

/** The two processes share the lanes. */
async function settle(world: ProfileWorld): Promise<void> {
  for (const process of [first, second]) await process.process(world.stages);
}

const count = async (table: string, workspaceId: number) =>
  (
    await database.postgres.query<{ n: number }>({
      text: `select count(*)::int as n from ${table} where workspace_id = $1`,
      values: [workspaceId],
    })
  ).rows[0]!.n;

describe('a customer', () => {
  it('who was anonymous becomes known and stays the same profile', async () => {
    const [world] = createWorlds();
    await live(world, { by: ['anonymousId:web'] });
    const anonymous = await idOf(world, 'anonymousId:web');
    await live(world, { by: ['userId:ada', 'anonymousId:web', 'email:ada@shop.example'], type: 'identify' });
    const profile = await profileOf(world, 'userId:ada');
    expect(profile.id).toBe(anonymous);
    expect(written(profile)).toEqual(['userId:ada', 'email:ada@shop.example', 'anonymousId:web']);
  });

  it('on two devices is one profile once she signed in on both, and the old id leads to it', async () => {
    const [world] = createWorlds();
    await live(world, { by: ['anonymousId:phone'] }, { by: ['anonymousId:laptop'] });
    const ids = [await idOf(world, 'anonymousId:phone'), await idOf(world, 'anonymousId:laptop')];
    await live(world, { by: ['userId:ada', 'anonymousId:phone'] }, { by: ['userId:ada', 'anonymousId:laptop'] });
    const ada = await profileOf(world, 'userId:ada');
    expect(written(ada)).toEqual(['userId:ada', 'anonymousId:phone', 'anonymousId:laptop']);
    const followed = await followMerged(world.sql, world.workspaceId, [...ids, crypto.randomUUID()] as string[]);
    expect([...followed]).toEqual(ids.map((id) => [id, ada.id]));
    expect((await readSubjects(world.sql, world.workspaceId, ids as string[])).size).toBe(1);
  });

  it('who shares a device with another is not mixed with her', async () => {
    const [world] = createWorlds();
    await live(
      world,
      { by: ['userId:ada', 'anonymousId:family'], type: 'identify', traits: { plan: 'gold' } },
      { by: ['userId:bob', 'anonymousId:family'], type: 'identify', traits: { plan: 'basic' } },
      { by: ['userId:ada', 'anonymousId:family'] },
    );
    expect(written(await profileOf(world, 'userId:ada'))).toEqual(['userId:ada', 'anonymousId:family']);
    expect(written(await profileOf(world, 'userId:bob'))).toEqual(['userId:bob']);
    expect((await profileOf(world, 'userId:ada')).traits).toEqual({ plan: 'gold' });
    expect(await count('identity_conflict', world.workspaceId)).toBe(1);
  });

  it('who gives the address of another stays apart from her, and the address with whom it was', async () => {
    const [world] = createWorlds();
    await live(
      world,
      { by: ['userId:ada', 'email:home@shop.example'], type: 'identify' },
      { by: ['userId:bob'] },
      { by: ['userId:bob', 'email:home@shop.example'], type: 'identify' },
    );
    const [ada, bob] = [await idOf(world, 'userId:ada'), await idOf(world, 'userId:bob')];
    const addresses = await listAddresses(world, [ada!, bob!], 'email');
    expect(addresses.get(ada!)!.map(({ address }) => address)).toEqual(['home@shop.example']);
    expect(addresses.get(bob!)).toEqual([]);
  });

  it('is written to where she is known to be, at what was only typed when there is nothing else', async () => {
    const [world] = createWorlds();
    await live(
      world,
      { by: ['userId:ada', 'email:old@shop.example'], type: 'identify' },
      { by: ['userId:ada', 'email:new@shop.example'], type: 'identify' },
      { by: ['userId:bob'] },
      { by: ['userId:ada', 'email:typed@shop.example'], type: 'identify', isTrusted: false },
      { by: ['userId:bob', 'email:only@shop.example'], type: 'identify', isTrusted: false },
    );
    const [ada, bob] = [(await idOf(world, 'userId:ada'))!, (await idOf(world, 'userId:bob'))!];
    const addresses = await listAddresses(world, [ada, bob], 'email');
    const usedOf = (id: string) => addresses.get(id)!.map(({ address }) => address);
    expect(usedOf(ada)).toEqual(['new@shop.example', 'old@shop.example', 'typed@shop.example']);
    expect(usedOf(bob)).toEqual(['only@shop.example']);
  });

  it('of one workspace is not known in another', async () => {
    const [[here], [elsewhere]] = [createWorlds(), createWorlds()];
    await live(here, { by: ['userId:ada'], type: 'identify', traits: { plan: 'gold' } });
    await live(elsewhere, { by: ['userId:ada'] });
    const id = await idOf(here, 'userId:ada');
    expect(await findProfile(elsewhere, id!)).toBeUndefined();
    expect(await listNodeIds(elsewhere, id!)).toEqual([]);
    expect((await followMerged(elsewhere.sql, elsewhere.workspaceId, [id!])).size).toBe(0);
    expect((await profileOf(elsewhere, 'userId:ada')).traits).toEqual({});
  });
});

describe('a merge', () => {
  it('is written down with the nodes that came along and its cause, so that it can be undone', async () => {
    const [world] = createWorlds();
    await live(world, { by: ['anonymousId:phone', 'device:ios'] }, { by: ['userId:ada', 'email:ada@shop.example'] });
    const [from, into] = [await idOf(world, 'device:ios'), await idOf(world, 'userId:ada')];
    const nodes = await listNodeIds(world, from!);
    const [cause] = await world.say({ by: ['userId:ada', 'anonymousId:phone'] });
    await settle(world);
    const { rows } = await world.sql.query<{ from_nodes: number[] }>({
      text: 'select * from profile_merge where workspace_id = $1',
      values: [world.workspaceId],
    });
    expect(rows).toMatchObject([{ from_profile: from, into_profile: into, cause_message_id: cause }]);
    expect([...rows[0]!.from_nodes].sort()).toEqual([...nodes].sort());
  });

  it('by way of a profile that came and went within the batch leads to the last one', async () => {
    const [world] = createWorlds();
    await live(world, { by: ['userId:ada', 'device:tv'] }, { by: ['anonymousId:phone'] });
    const [ada, visitor] = [await idOf(world, 'userId:ada'), await idOf(world, 'anonymousId:phone')];
    // One lane, one batch: a new profile by the address, the visitor merged into it, and it into the known customer.
    await world.say(
      { by: ['email:ada@shop.example'] },
      { by: ['email:ada@shop.example', 'anonymousId:phone'] },
      { by: ['email:ada@shop.example', 'device:tv'] },
    );
    await settle(world);
    expect(await followMerged(world.sql, world.workspaceId, [visitor!])).toEqual(new Map([[visitor, ada]]));
    expect(written(await profileOf(world, 'email:ada@shop.example'))).toHaveLength(4);
    expect(await count('profile', world.workspaceId)).toBe(2);
    expect(await count('subject_state', world.workspaceId)).toBe(1);
  });

  it('keeps the traits of both, the later value of each', async () => {
    const [world] = createWorlds();
    const at = world.process.services.clock.now();
    await live(
      world,
      {
        by: ['anonymousId:a'],
        type: 'identify',
        traits: { plan: 'old', size: 'M' },
        personal: { firstName: 'Ada' },
        atMs: at - 2_000,
      },
      {
        by: ['userId:u'],
        type: 'identify',
        traits: { plan: 'new' },
        personal: { lastName: 'L', firstName: 'A.' },
        atMs: at - 3_000,
      },
      { by: ['userId:u'], type: 'identify', traits: { plan: 'newest' }, atMs: at - 1_000 },
      { by: ['userId:u', 'anonymousId:a'] },
    );
    const profile = await profileOf(world, 'userId:u');
    expect(profile.traits).toEqual({ plan: 'newest', size: 'M', firstName: 'Ada', lastName: 'L' });
    expect(profile.firstSeenMs).toBe(at - 3_000);
    // Being seen again within a minute is not written down.
    expect(profile.lastSeenMs).toBeGreaterThan(at - 60_000);
    expect(profile.lastSeenMs).toBeLessThanOrEqual(at);
  });
});

describe('two processes that meet the same customer at the same time', () => {
  it('make one profile of her: the one that comes second takes its batch back', async () => {
    const world = createWorlds()[0];
    const { email } = await shareLanes(world);
    const both = barrier(2);
    // Both have looked whose the nodes are, and found nobody, before either writes.
    const identity = createIdentityStage();
    const meeting: Stage = {
      name: 'identity',
      run: async (batch) => {
        const lock = batch.lock.bind(batch);
        (batch as { lock: EventBatch['lock'] }).lock = async (ids) => {
          const locked = await lock(ids);
          await both();
          return locked;
        };
        await identity.run(batch);
      },
    };
    // Both events share an anonymous id.
    await world.say({ by: [email, 'anonymousId:web'] }, { by: ['userId:ada', 'anonymousId:web'] });
    const attempts = [first, second].map(async (process) => {
      const runs = await process.nextRuns();
      return processRuns(process.services, { processId: process.processId, stages: [meeting], runs });
    });
    const results = (await Promise.all(attempts)).map((result) => result.kind);
    expect(results.sort()).toEqual(['done', 'retry']);
    await settle(world);
    const id = await idOf(world, 'anonymousId:web');
    const { rows } = await world.sql.query<{ id: string }>({
      text: 'select id from profile where workspace_id = $1 and merged_into is null',
      values: [world.workspaceId],
    });
    expect(rows.map((row) => row.id)).toEqual([id]);
  });

  it('hold an identifier once that came to one profile while the other process waited for it', async () => {
    const [world] = createWorlds();
    await live(world, { by: ['device:tv'] }, { by: ['userId:ada'] });
    const { email, readers } = await shareLanes(world);
    await world.say({ by: [email, 'device:tv'] }, { by: ['userId:ada', email, 'device:tv'] });
    const take = async (process: LogProcess, stage: Stage) => {
      const runs = await process.nextRuns();
      return processRuns(process.services, { processId: process.processId, stages: [stage], runs });
    };
    const identity = createIdentityStage();
    const late: Stage = {
      name: 'identity',
      run: async (batch) => {
        const lock = batch.lock.bind(batch);
        (batch as { lock: EventBatch['lock'] }).lock = async (ids) => {
          // The address was nobody's when it was looked up; now it comes to the profile that is about to be locked.
          expect(await take(readers.email, createIdentityStage())).toMatchObject({ kind: 'done' });
          return lock(ids);
        };
        await identity.run(batch);
      },
    };
    expect(await take(readers.userId, late)).toMatchObject({ kind: 'retry' });
    await settle(world);
    const id = (await idOf(world, 'userId:ada'))!;
    const state = (await readSubjects(world.sql, world.workspaceId, [id])).get(id)!.get(profileSection)!;
    expect(state.nodes.map(([kind]) => kind).sort()).toEqual([10, 30, 50]);
  });

  /** Each process reads half of the lanes: her user id is read by one, the address by the other. */
  async function shareLanes(world: ProfileWorld) {
    for (const process of [first, second, first, second]) await process.hold.renew(process.services, true);
    const keys = await world.keysOf(world.workspaceId);
    const readerOf = (said: string): LogProcess => {
      const lane = laneOfHash(identifierHash(keys, identifiersOf([said])[0]!));
      return first.hold.leases.some((lease) => lease.log === 0 && lease.lane === lane) ? first : second;
    };
    const emails = Array.from({ length: 100 }, (_, n) => `email:ada${n}@shop.example`);
    const email = emails.find((said) => readerOf(said) !== readerOf('userId:ada'))!;
    return { email, readers: { userId: readerOf('userId:ada'), email: readerOf(email) } };
  }

  /** Lets everybody through once `n` have come, and from then on. */
  function barrier(n: number): () => Promise<void> {
    let open: () => void;
    const opened = new Promise<void>((resolve) => (open = resolve));
    let come = 0;
    return () => {
      if (++come >= n) open();
      return opened;
    };
  }

  const anyEvent: fc.Arbitrary<SaidEvent> = fc
    .uniqueArray(
      fc.tuple(
        fc.constantFrom('userId', 'userId', 'email', 'device', 'anonymousId', 'anonymousId'),
        fc.integer({ min: 1, max: 7 }),
      ),
      { minLength: 1, maxLength: 3, selector: ([kind, n]) => `${kind}${n}` },
    )
    .chain((said) =>
      fc.record({
        by: fc.constant(said.map(([kind, n]) => (kind === 'email' ? `email:u${n}@shop.example` : `${kind}:n${n}`))),
        isTrusted: fc.boolean(),
      }),
    );

  it('keep the rows of nodes, profiles and subjects in agreement, and no profile gets two user ids, however events are split into batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(anyEvent, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 8 }),
        async (waves, eventsMax) => {
          const worlds = createWorlds();
          for (const [wave, events] of waves.entries()) {
            await worlds[wave % 2]!.say(...events);
            await Promise.all(worlds.map((world) => world.run(eventsMax)));
          }
          for (const world of [...worlds, ...worlds]) await world.run(eventsMax);
          await expectAgreement(worlds[0], waves.flat());
        },
      ),
      { numRuns: propertyRuns(15) },
    );
  });

  interface NodeAtRest {
    id: number;
    kind: number;
    profile_id: string | null;
    flags: number;
  }

  async function expectAgreement(world: ProfileWorld, events: readonly SaidEvent[]): Promise<void> {
    const values = [world.workspaceId];
    const { rows: nodes } = await world.sql.query<NodeAtRest>({
      text: 'select id, kind, profile_id, flags from identity_node where workspace_id = $1',
      values,
    });
    const { rows: profiles } = await world.sql.query<{ id: string }>({
      text: 'select id from profile where workspace_id = $1 and merged_into is null order by id',
      values,
    });
    const { rows: states } = await world.sql.query<{ subject_id: string }>({
      text: 'select subject_id from subject_state where workspace_id = $1 order by subject_id',
      values,
    });
    expect(states.map((row) => row.subject_id)).toEqual(profiles.map((row) => row.id));
    const subjects = await readSubjects(
      world.sql,
      world.workspaceId,
      profiles.map((row) => row.id),
    );
    for (const { id } of profiles) {
      const rows = nodes.filter((node) => node.profile_id === id);
      const held = subjects.get(id)!.get(profileSection)!.nodes;
      const flagsOf = (pairs: readonly (readonly [id: number, flags: number])[]) =>
        [...pairs].sort((a, b) => a[0] - b[0]);
      expect(flagsOf(held.map(([, node, , flags = 0]) => [node, flags]))).toEqual(
        flagsOf(rows.map((row) => [row.id, row.flags])),
      );
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.filter((row) => row.kind === 10).length).toBeLessThanOrEqual(1);
    }
    const { rows: dead } = await world.sql.query({ text: 'select error from log_dead_letter' });
    expect(dead).toEqual([]);
    for (const { by } of events) {
      const [strongest] = identifiersOf(by);
      expect(await findProfileId(world, strongest!)).toBeDefined();
    }
  }
});

describe('personal traits', () => {
  const personal = { firstName: 'Ada-Secret', address: { city: 'Secretville' } };
  const by = ['userId:ada', 'email:ada.secret@shop.example'];

  async function createKnown() {
    const [world] = createWorlds();
    await live(world, { by, type: 'identify', traits: { plan: 'gold' }, personal });
    return { world, id: (await idOf(world, 'userId:ada'))! };
  }

  async function eraseKeys(world: ProfileWorld): Promise<void> {
    await world.sql.query({
      text: 'update identity_node set wrapped_key = null where workspace_id = $1',
      values: [world.workspaceId],
    });
  }

  it('can be read with the keys, and lie sealed wherever they are stored', async () => {
    const { world, id } = await createKnown();
    expect((await findProfile(world, id))!.traits).toEqual({ plan: 'gold', ...personal });
    const raw: string[] = [];
    const { rows: tables } = await world.sql.query<{ name: string }>({
      text: `select table_name as name from information_schema.tables where table_schema = 'public'`,
    });
    for (const { name } of tables) {
      const { rows } = await world.sql.query<{ row: string }>({ text: `select t::text as row from ${name} t` });
      for (const { row } of rows) {
        raw.push(row);
        for (const [, hex] of row.matchAll(/\\\\x([0-9a-f]+)/g)) raw.push(...readings(Buffer.from(hex!, 'hex')));
      }
    }
    const all = raw.join('\n');
    // The look itself is sound: what is nobody's secret is found.
    expect(all).toContain('gold');
    for (const secret of ['Ada-Secret', 'Secretville', 'ada.secret']) {
      expect(all).not.toContain(secret);
      expect(all).not.toContain(Buffer.from(secret).toString('base64').slice(0, -4));
    }
  });

  /** Bytes as they may be read: as they are, and decompressed. */
  function readings(bytes: Buffer): string[] {
    const plain = bytes.toString('utf8');
    try {
      return [plain, (uncompressSync(bytes) as Buffer).toString('utf8')];
    } catch {
      return [plain];
    }
  }

  it('cannot be read any more once the keys are destroyed; everything else goes on', async () => {
    const { world, id } = await createKnown();
    await eraseKeys(world);
    const erased = (await findProfile(world, id))!;
    expect(erased.traits).toEqual({ plan: 'gold' });
    expect(erased.identifiers).toEqual([]);
    expect((await listAddresses(world, [id], 'email')).get(id)).toEqual([]);
    // A sender that has the key in memory still seals with it; nobody can read that either.
    await live(world, { by, type: 'identify', traits: { plan: 'silver' }, personal: { firstName: 'Again' } }, { by });
    expect((await findProfile(world, id))!.traits).toEqual({ plan: 'silver' });
    await live(
      world,
      { by: ['anonymousId:web'], type: 'identify', traits: { size: 'M' }, personal: { lastName: 'New' } },
      { by: ['userId:ada', 'anonymousId:web'] },
    );
    expect((await findProfile(world, id))!.traits).toEqual({ plan: 'silver', size: 'M' });
    const { rows } = await world.sql.query({ text: 'select 1 from log_dead_letter' });
    expect(rows).toEqual([]);
  });

  it('taken back with a null are gone', async () => {
    const { world, id } = await createKnown();
    world.process.services.clock.advance(1_000);
    await live(world, { by, type: 'identify', traits: { firstName: null } });
    expect((await findProfile(world, id))!.traits).toEqual({ plan: 'gold', address: { city: 'Secretville' } });
    const subjects = await readSubjects(world.sql, world.workspaceId, [id]);
    expect((await openTraits(world, subjects.values())).get(id)).toEqual({
      plan: 'gold',
      address: { city: 'Secretville' },
    });
  });
});
