import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createReshaper,
  eventlogMigrations,
  type EventType,
  type LoggedEvent,
  readPositions,
  type Stage,
} from '../../../platform/eventlog/index.ts';
import { type LogProcess, openLogProcess } from '../../../platform/eventlog/testing/log-process.ts';
import {
  createTestClock,
  createTestDatabase,
  createTestHistory,
  numberWorkspaces,
  type TestDatabase,
  type TestHistory,
} from '../../../testkit/index.ts';
import { accountsMigrations } from '../../accounts/index.ts';
import { findProfileId, profilesMigrations } from '../../profiles/index.ts';
import { type ProfileWorld, profileWorldOn } from '../../profiles/testing/profile-world.ts';
import { runArchive } from '../archive/run-archive.ts';
import { eventsHistoryMigrations } from '../history-migrations/index.ts';
import { createSubjectHistory } from './subject-history.ts';

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

const newWorld = (): ProfileWorld => profileWorldOn(process, ++workspaces);

/** Copies everything that is in the logs now, and no more. */
async function archive(): Promise<void> {
  const abort = new AbortController();
  const running = runArchive(process.services, { processId: process.processId, signal: abort.signal });
  const isDone = async () => (await readPositions(process.services.postgres, 'archive')).every((p) => p.seq >= p.head);
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 20));
  abort.abort();
  await running;
}

/** What a stage is given as the past of a profile, asked once for each of `asks`. */
async function pastOf(world: ProfileWorld, userId: string, asks: readonly (readonly EventType[] | undefined)[]) {
  const id = (await findProfileId(world, { kind: 'userId', value: userId }))!;
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
  const reshaper = createReshaper({ stages: [probe], history: createSubjectHistory(process.services.history) });
  await reshaper.reshape(process.services, { workspaceId: world.workspaceId, ids: [id] }, async (batch) => ({
    rebuilds: [batch.subjects.get(id)!],
  }));
  return answers;
}

describe('the past of a profile', () => {
  it('is all the processor has taken, each once and oldest first, wherever the archive stands', async () => {
    const world = newWorld();
    const said: string[] = [];
    const say = async (...atMs: number[]) =>
      said.push(
        ...(await world.say(
          ...atMs.map((at, i) => ({ by: [i % 2 === 0 ? 'userId:ada' : 'anonymousId:web'], atMs: at })),
        )),
      );
    await world.say({ by: ['userId:ada', 'anonymousId:web'], type: 'identify', atMs: NOW - 1 });
    await say(NOW - 500, NOW - 900, NOW - 700);
    await world.run();
    const unarchived = (await pastOf(world, 'ada', [undefined]))[0]!;
    await archive();
    const archived = (await pastOf(world, 'ada', [undefined]))[0]!;
    expect(archived).toEqual(unarchived);
    expect(archived.map(({ occurredAt }) => NOW - occurredAt)).toEqual([900, 700, 500, 1]);
    await say(NOW - 600, NOW - 100);
    await world.run();
    const half = (await pastOf(world, 'ada', [['track']]))[0]!;
    expect(half.map(({ occurredAt }) => NOW - occurredAt)).toEqual([900, 700, 600, 500, 100]);
    expect(half.map(({ id }) => id).sort()).toEqual([...said].sort());
  });

  it('ends where the processor stands, and holds nothing of anybody else', async () => {
    const world = newWorld();
    const other = newWorld();
    for (const one of [world, other]) await one.say({ by: ['userId:ada'], atMs: NOW - 9 }, { by: ['userId:bob'] });
    await world.run();
    await world.say({ by: ['userId:ada'], atMs: NOW - 5 });
    await archive();
    expect((await pastOf(world, 'ada', [undefined]))[0]!.map(({ occurredAt }) => NOW - occurredAt)).toEqual([9]);
    await world.run();
    expect((await pastOf(world, 'ada', [undefined]))[0]).toHaveLength(2);
  });

  it('is read page by page when it is long, the same for every stage that asks', async () => {
    const world = newWorld();
    const times = Array.from({ length: 9_000 }, (_, i) => ({ by: ['userId:ada'], atMs: NOW - ((i * 7_919) % 9_000) }));
    await world.say(...times, { by: ['userId:ada'], type: 'identify', atMs: NOW });
    await world.run();
    await archive();
    const [all, again, identified] = await pastOf(world, 'ada', [undefined, undefined, ['identify']]);
    expect(all!.map(({ occurredAt }) => occurredAt)).toEqual(
      [...times.map(({ atMs }) => atMs), NOW].sort((a, b) => a - b),
    );
    expect(again).toEqual(all);
    expect(identified).toHaveLength(1);
  });
});
