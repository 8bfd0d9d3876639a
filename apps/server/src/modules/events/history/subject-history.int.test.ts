import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createReshaper,
  eventlogMigrations,
  type EventType,
  type LoggedEvent,
  readPositions,
  type Stage,
  type SubjectHistory,
} from '../../../platform/eventlog/index.ts';
import { type LogProcess, openLogProcess, storedEvent } from '../../../platform/eventlog/testing/log-process.ts';
import {
  createTestClock,
  createTestDatabase,
  createTestHistory,
  numberWorkspaces,
  type TestDatabase,
  type TestHistory,
} from '../../../testkit/index.ts';
import { accountsMigrations } from '../../accounts/index.ts';
import {
  createIdentityStage,
  createTraitsStage,
  findProfileId,
  IdentifierReader,
  NodeDirectory,
  profilesMigrations,
  runProfileRebuilds,
} from '../../profiles/index.ts';
import { runArchive } from '../archive/run-archive.ts';
import { eventsHistoryMigrations } from '../history-migrations/index.ts';
import { createSubjectHistory, readNodes } from './subject-history.ts';

const NOW = Date.UTC(2026, 10, 22, 9);
let database: TestDatabase;
let history: TestHistory;
let process: LogProcess;
let workspaces = 0;

beforeAll(async () => {
  database = await createTestDatabase([eventlogMigrations, accountsMigrations, profilesMigrations].flat());
  await numberWorkspaces(database.postgres, 20);
  history = await createTestHistory(eventsHistoryMigrations);
  process = await openLogProcess({
    databaseUrl: database.url,
    history: history.history,
    clock: createTestClock(NOW),
  });
});
afterAll(async () => {
  await process.close();
  await Promise.all([database.drop(), history.drop()]);
});

interface Said {
  /** `userId:ada`, as many as the event carries. */
  readonly by: readonly string[];
  readonly type?: EventType;
  readonly atMs?: number;
}

interface Shop {
  readonly workspaceId: number;
  /** Appends as intake would; nothing is processed yet. Answers the message ids. */
  say(...events: readonly Said[]): Promise<string[]>;
  run(): Promise<number>;
}

function newShop(): Shop {
  const workspaceId = ++workspaces;
  const { services } = process;
  const directory = new NodeDirectory(services.postgres, services.keysOf);
  const reader = new IdentifierReader();
  const stages = [createIdentityStage(), createTraitsStage(services.keysOf)];
  const identify = (by: readonly string[]) =>
    by.map((text) => reader.read(text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1))!);
  return {
    workspaceId,
    async say(...events) {
      const said = events.map((event) => ({ event, identifiers: reader.rank(identify(event.by), true).identifiers }));
      await directory.ensure(said.flatMap((s) => s.identifiers.map((identifier) => ({ workspaceId, identifier }))));
      const placed = said.map(({ event: { type = 'track', atMs = NOW }, identifiers }) => {
        const nodes = identifiers.map((identifier) => directory.find(workspaceId, identifier)!);
        const refs = nodes.map(({ kind, id }) => ({ kind, id }));
        return { lane: nodes[0]!.lane, event: storedEvent({ workspaceId, type, occurredAt: atMs, nodes: refs }) };
      });
      await process.append(placed);
      return placed.map(({ event }) => event.id);
    },
    run: () => process.process(stages),
  };
}

/** Copies everything that is in the logs now, and no more. */
async function archive(): Promise<void> {
  const abort = new AbortController();
  const running = runArchive(process.services, { processId: process.processId, signal: abort.signal });
  const isDone = async () => (await readPositions(process.services.postgres, 'archive')).every((p) => p.seq >= p.head);
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 20));
  abort.abort();
  await running;
}

interface Asking {
  /** False: nothing is read beforehand. */
  readonly counts?: boolean;
  readonly limits?: Parameters<typeof createSubjectHistory>[1];
  /** What happens between the reading beforehand and the lock. */
  readonly meanwhile?: () => Promise<unknown>;
}

/** What a stage is given as the past of a profile, asked once for each of `asks`. */
async function pastOf(
  shop: Shop,
  userId: string,
  asks: readonly (readonly EventType[] | undefined)[],
  { counts = true, limits, meanwhile }: Asking = {},
) {
  const id = (await findProfileId(
    { ...process.services, sql: process.services.postgres, workspaceId: shop.workspaceId },
    { kind: 'userId', value: userId },
  ))!;
  const answers: LoggedEvent[][] = [];
  const probe: Stage = {
    name: 'probe',
    run: async () => {},
    async rebuild(batch) {
      for (const types of asks) {
        const events: LoggedEvent[] = [];
        for await (const event of batch.history(batch.rebuilds[0]!, types)) events.push(event);
        answers.push(events);
      }
    },
  };
  const past = createSubjectHistory(process.services.history, limits);
  const history: SubjectHistory = {
    async open(sql, of) {
      const opened = await past.open(sql, of);
      await meanwhile?.();
      return opened;
    },
  };
  const reshaper = createReshaper({ stages: [probe], history });
  await reshaper.reshape(process.services, { workspaceId: shop.workspaceId, ids: [id], counts }, async (batch) => ({
    rebuilds: [batch.subjects.get(id)!],
  }));
  return answers;
}

describe('the past of a profile', () => {
  it('is all the processor has taken, each once and oldest first, wherever the archive stands', async () => {
    const shop = newShop();
    const said: string[] = [];
    const say = async (...atMs: number[]) =>
      said.push(
        ...(await shop.say(
          ...atMs.map((at, i) => ({ by: [i % 2 === 0 ? 'userId:ada' : 'anonymousId:web'], atMs: at })),
        )),
      );
    await shop.say({ by: ['userId:ada', 'anonymousId:web'], type: 'identify', atMs: NOW - 1 });
    await say(NOW - 500, NOW - 900, NOW - 700);
    await shop.run();
    const unarchived = (await pastOf(shop, 'ada', [undefined]))[0]!;
    expect(await pastOf(shop, 'ada', [undefined], { counts: false })).toEqual([unarchived]);
    await archive();
    const archived = (await pastOf(shop, 'ada', [undefined]))[0]!;
    expect(archived).toEqual(unarchived);
    expect(archived.map(({ occurredAt }) => NOW - occurredAt)).toEqual([900, 700, 500, 1]);
    await say(NOW - 600, NOW - 100);
    await shop.run();
    const half = (await pastOf(shop, 'ada', [['track']]))[0]!;
    expect(half.map(({ occurredAt }) => NOW - occurredAt)).toEqual([900, 700, 600, 500, 100]);
    expect(half.map(({ id }) => id).sort()).toEqual([...said].sort());
  });

  it('ends where the processor stands, and holds nothing of anybody else', async () => {
    const shop = newShop();
    const other = newShop();
    for (const one of [shop, other]) await one.say({ by: ['userId:ada'], atMs: NOW - 9 }, { by: ['userId:bob'] });
    await shop.run();
    await shop.say({ by: ['userId:ada'], atMs: NOW - 5 });
    await archive();
    expect((await pastOf(shop, 'ada', [undefined]))[0]!.map(({ occurredAt }) => NOW - occurredAt)).toEqual([9]);
    await shop.run();
    expect((await pastOf(shop, 'ada', [undefined]))[0]).toHaveLength(2);
  });

  it('is whole though it is read before the profile is locked, and more is taken and archived meanwhile', async () => {
    const shop = newShop();
    await shop.say({ by: ['userId:ada'], atMs: NOW - 9 });
    await shop.run();
    await archive();
    await shop.say({ by: ['userId:ada'], atMs: NOW - 7 });
    await shop.run();
    const more = async (...said: Said[]) => {
      await shop.say(...said);
      await shop.run();
      await archive();
    };
    const times = async (...said: Said[]) => {
      const [events] = await pastOf(shop, 'ada', [['track']], { meanwhile: () => more(...said) });
      return events!.map(({ occurredAt }) => NOW - occurredAt);
    };
    expect(await times({ by: ['userId:ada'], atMs: NOW - 8 }, { by: ['userId:ada'], atMs: NOW - 1 })).toEqual([
      9, 8, 7, 1,
    ]);
    // An identifier that came meanwhile brings its own past.
    await more({ by: ['anonymousId:web'], atMs: NOW - 5 });
    await shop.say({ by: ['anonymousId:web'], atMs: NOW - 4 });
    await shop.run();
    expect(await times({ by: ['userId:ada', 'anonymousId:web'], atMs: NOW - 3 })).toEqual([9, 8, 7, 5, 4, 3, 1]);
  });

  it('is refused while the archive is too far behind, naming what to wait for, and never read at length under the lock', async () => {
    const shop = newShop();
    const five = () => shop.say(...Array.from({ length: 5 }, (_, i) => ({ by: ['userId:ada'], atMs: NOW - i })));
    await archive();
    await five();
    await shop.run();
    const far = { behindEventsMax: 3, lockedEventsMax: 1_000 };
    const refused = {
      code: 'conflict',
      details: [{ field: '', message: expect.stringContaining('the archive has caught up') }],
    };
    await expect(pastOf(shop, 'ada', [undefined], { limits: far })).rejects.toMatchObject(refused);
    const near = { behindEventsMax: 1_000, lockedEventsMax: 3 };
    await expect(pastOf(shop, 'ada', [undefined], { limits: near, counts: false })).rejects.toMatchObject(refused);
    expect((await pastOf(shop, 'ada', [['track']], { limits: near }))[0]).toHaveLength(5);
    const meanwhile = async () => {
      await five();
      await shop.run();
    };
    await expect(pastOf(shop, 'ada', [undefined], { limits: near, meanwhile })).rejects.toMatchObject(refused);
    await archive();
    expect((await pastOf(shop, 'ada', [['track']], { limits: far }))[0]).toHaveLength(10);
  });

  it('is told without a lock too, and refused while the archive lacks more of it than is held at once', async () => {
    const shop = newShop();
    const five = (userId: string) =>
      shop.say(...Array.from({ length: 5 }, (_, i) => ({ by: [`userId:${userId}`], atMs: NOW - i })));
    await archive();
    await five('ada');
    await five('bob');
    await shop.run();
    const { rows } = await database.postgres.query<{ node: number }>({
      text: `select min(id)::int as node from identity_node where workspace_id = $1`,
      values: [shop.workspaceId],
    });
    const read = async (limits: { behindEventsMax?: number; ownEventsMax?: number }) => {
      const of = { sql: database.postgres, workspaceId: shop.workspaceId, nodes: [rows[0]!.node], limits };
      const events: LoggedEvent[] = [];
      for await (const event of readNodes(history.history, of)) events.push(event);
      return events.map(({ occurredAt }) => NOW - occurredAt);
    };
    const whole = [4, 3, 2, 1, 0];
    expect([await read({}), await read({ ownEventsMax: 5 })]).toEqual([whole, whole]);
    await expect(read({ ownEventsMax: 4 })).rejects.toMatchObject({ code: 'conflict' });
    await expect(read({ behindEventsMax: 9 })).rejects.toMatchObject({ code: 'conflict' });
    await archive();
    expect(await read({ behindEventsMax: 0, ownEventsMax: 0 })).toEqual(whole);
  });

  it('is asked for again and again by what waits to be counted anew, until the archive is near enough', async () => {
    const shop = newShop();
    await archive();
    await shop.say(...Array.from({ length: 5 }, (_, i) => ({ by: ['userId:ada'], atMs: NOW - i })));
    await shop.run();
    await database.postgres.query({
      text: `insert into profile_rebuild (workspace_id, from_profile, into_profile, nodes, reason, asked_at)
             select workspace_id, id, id, '{}', 'test', now() from profile where workspace_id = $1`,
      values: [shop.workspaceId],
    });
    const limits = { behindEventsMax: 3, lockedEventsMax: 3 };
    const past = createSubjectHistory(process.services.history, limits);
    const round = () => runProfileRebuilds(process.services, createReshaper({ stages: [], history: past }));
    expect([await round(), await round()]).toEqual([0, 0]);
    await archive();
    expect([await round(), await round()]).toEqual([1, 0]);
  });

  it('is read page by page when it is long, the same for every stage that asks', async () => {
    const shop = newShop();
    const times = Array.from({ length: 9_000 }, (_, i) => ({ by: ['userId:ada'], atMs: NOW - ((i * 7_919) % 9_000) }));
    await shop.say(...times, { by: ['userId:ada'], type: 'identify', atMs: NOW });
    await shop.run();
    await archive();
    const [all, again, identified] = await pastOf(shop, 'ada', [undefined, undefined, ['identify']]);
    expect(all!.map(({ occurredAt }) => occurredAt)).toEqual(
      [...times.map(({ atMs }) => atMs), NOW].sort((a, b) => a - b),
    );
    expect(again).toEqual(all);
    expect(identified).toHaveLength(1);
  });
});
