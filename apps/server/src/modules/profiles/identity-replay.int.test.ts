import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { uncompressSync } from 'snappy';
import { afterAll, beforeAll, expect, it } from 'vitest';

import {
  decodeEvent,
  eventlogMigrations,
  INTAKE_LOG,
  INTERNAL_LOG,
  type LogId,
  type LoggedEvent,
} from '../../platform/eventlog/index.ts';
import { type LogProcess, openLogProcess } from '../../platform/eventlog/testing/log-process.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { profilesMigrations } from './migrations/index.ts';
import { type ProfileWorld, profileWorldOn, type SaidEvent } from './testing/profile-world.ts';

const DAY_MS = 86_400_000;

let databases: TestDatabase[];
let processes: LogProcess[];
let workspaces = 0;

beforeAll(async () => {
  const migrations = [...eventlogMigrations, ...profilesMigrations];
  databases = await Promise.all([createTestDatabase(migrations), createTestDatabase(migrations)]);
  processes = await Promise.all(databases.map(({ url }) => openLogProcess({ databaseUrl: url })));
});
afterAll(async () => {
  await Promise.all(processes.map((process) => process.close()));
  await Promise.all(databases.map((database) => database.drop()));
});

interface NodeRow {
  readonly id: number;
  readonly hash: string;
  readonly profile_id: string | null;
}

async function nodesOf(world: ProfileWorld): Promise<NodeRow[]> {
  const { rows } = await world.sql.query<NodeRow>({
    text: 'select id, hash, profile_id from identity_node where workspace_id = $1 order by id',
    values: [world.workspaceId],
  });
  return rows;
}

async function linesOf(world: ProfileWorld, log: LogId): Promise<{ event: LoggedEvent; lane: number }[]> {
  const { rows } = await world.sql.query<{ lane: number; payload: Buffer }>({
    text: 'select lane, payload from log_block where log = $1 order by lane, first_seq',
    values: [log],
  });
  const all = rows.flatMap(({ lane, payload }) =>
    uncompressSync(payload)
      .toString()
      .split('\n')
      .map((line) => ({ lane, event: decodeEvent(line, { log, lane, seq: 0 }) })),
  );
  return all.filter(({ event }) => event.workspaceId === world.workspaceId);
}

/** Which identifiers are together, by their keyed hashes: ids of nodes are of one database only. */
function partition(nodes: readonly NodeRow[]): string[] {
  const owners = new Set(nodes.flatMap(({ profile_id: owner }) => (owner === null ? [] : [owner])));
  const held = (owner: string) => nodes.filter((node) => node.profile_id === owner).map(({ hash }) => hash);
  return [...owners].map((owner) => held(owner).sort().join(' ')).sort();
}

/** By the log alone: the last that was said of each node. */
async function ownersByLog(world: ProfileWorld): Promise<Map<number, string>> {
  const said = new Map<number, { owner: string; version: number }>();
  for (const { event } of await linesOf(world, INTERNAL_LOG)) {
    if (event.type !== 'map') continue;
    const { profile_id: owner, version } = event.payload.properties as { profile_id: string; version: number };
    const node = event.nodes[0]!.id;
    if ((said.get(node)?.version ?? -1) < version) said.set(node, { owner, version });
  }
  return new Map([...said].map(([node, { owner }]) => [node, owner]));
}

/** Waves of events; how many lines a batch takes of a lane at once. */
const history = (event: fc.Arbitrary<SaidEvent>) =>
  fc.tuple(
    fc.array(fc.array(event, { minLength: 1, maxLength: 15 }), { minLength: 1, maxLength: 3 }),
    fc.integer({ min: 1, max: 6 }),
  );

const saidBy = (kinds: readonly string[], owner: fc.Arbitrary<number>, nMax: number): fc.Arbitrary<SaidEvent> =>
  fc
    .tuple(
      owner,
      fc.uniqueArray(fc.tuple(fc.constantFrom(...kinds), fc.integer({ min: 0, max: nMax })), {
        minLength: 1,
        maxLength: 3,
        selector: ([kind, n]) => (kind === 'userId' ? kind : `${kind}${n}`),
      }),
      fc.integer({ min: 0, max: 20 }),
      fc.boolean(),
    )
    .map(([who, said, day, isTrusted]) => ({
      by: said.map(([kind, n]) => {
        const value = kind === 'userId' ? `u${who}` : `${kind}-${who}-${n}`;
        return kind === 'email' ? `email:${value}@shop.example` : `${kind}:${value}`;
      }),
      atMs: 1_790_000_000_000 + day * DAY_MS,
      isTrusted,
    }));

/** Everybody has her own: nothing is in conflict. */
const conflictFree = saidBy(['userId', 'email', 'anonymousId', 'device'], fc.integer({ min: 0, max: 3 }), 1).map(
  (event) => ({ ...event, isTrusted: true }),
);
/** All have everything in common. */
const anything = saidBy(['loyaltyId', 'email', 'anonymousId', 'device'], fc.constant(0), 4).chain((event) =>
  fc
    .option(fc.integer({ min: 0, max: 7 }), { nil: undefined })
    .map((user) => (user === undefined ? event : { ...event, by: [`userId:u${user}`, ...event.by] })),
);

async function live(world: ProfileWorld, [waves, eventsMax]: readonly [SaidEvent[][], number]): Promise<void> {
  for (const events of waves) {
    await world.say(...events);
    await world.run(eventsMax);
  }
}

it('the log alone says whose every identifier is, whatever was merged, moved, shared and set apart on the way', async () => {
  await fc.assert(
    fc.asyncProperty(history(anything), async (lived) => {
      const world = profileWorldOn(processes[0]!, ++workspaces);
      await live(world, lived);
      const owned = (await nodesOf(world)).filter((node) => node.profile_id !== null);
      expect(await ownersByLog(world)).toEqual(new Map(owned.map((node) => [node.id, node.profile_id])));
    }),
    { numRuns: propertyRuns(25) },
  );
});

it('everything that ever came in, processed again in an empty database, makes the same customers', async () => {
  await fc.assert(
    fc.asyncProperty(history(conflictFree), fc.integer({ min: 1, max: 6 }), async (lived, eventsMax) => {
      const workspaceId = ++workspaces;
      const world = profileWorldOn(processes[0]!, workspaceId);
      await live(world, lived);
      const again = profileWorldOn(processes[1]!, workspaceId);
      await copyIdentifiers(world, again);
      await processes[1]!.append(await linesOf(world, INTAKE_LOG));
      await again.run(eventsMax);
      expect(partition(await nodesOf(again))).toEqual(partition(await nodesOf(world)));
    }),
    { numRuns: propertyRuns(15) },
  );
});

/** What intake wrote before it took the events: identifiers of nobody. */
async function copyIdentifiers(from: ProfileWorld, to: ProfileWorld): Promise<void> {
  const { rows } = await from.sql.query<{ id: number; kind: number; hash: string; value: Buffer }>({
    text: 'select id, kind, hash, value from identity_node where workspace_id = $1',
    values: [from.workspaceId],
  });
  await to.sql.query({
    text: `insert into identity_node (workspace_id, id, kind, hash, value) overriding system value
           select $1, * from unnest($2::bigint[], $3::smallint[], $4::uuid[], $5::bytea[])`,
    values: [
      to.workspaceId,
      rows.map((row) => row.id),
      rows.map((row) => row.kind),
      rows.map((row) => row.hash),
      rows.map((row) => row.value),
    ],
  });
}
