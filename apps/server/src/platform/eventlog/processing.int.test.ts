import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../testkit/index.ts';
import { newUuid } from '../ids/index.ts';
import type { EventBatch, Stage } from './batch.ts';
import { createConfigCache } from './config-cache.ts';
import { decodeEvent, INTERNAL_LOG } from './event.ts';
import { cutLanes } from './lease.ts';
import { eventlogMigrations } from './migrations/index.ts';
import { type DeadLetterTally, type LeasedRun, processRuns } from './processor.ts';
import { RetryBatch } from './retry-batch.ts';
import { inSubjects } from './subject-batch.ts';
import { readSubjects } from './subject-state.ts';
import { defineSection } from './subject.ts';
import { type LogProcess, openLogProcess, type PlacedEvent, storedEvent } from './testing/log-process.ts';

let database: TestDatabase;
let processes: LogProcess[] = [];

beforeAll(async () => {
  // Every effect of the test's stage is a row, and the definitions it works with are one.
  const tables = {
    id: '20990101T0000_effects',
    sql: 'create table effect (id text, lane int, seq int, version int); create table definition (version int)',
  };
  database = await createTestDatabase([...eventlogMigrations, tables]);
});
beforeEach(async () => {
  await Promise.all(processes.map((process) => process.close()));
  processes = [];
  const text = `truncate log_block, log_cursor, log_lane, log_dead_letter, server_process, effect, definition, subject_state;
                insert into definition values (1)`;
  await database.postgres.query({ text });
});
afterAll(async () => {
  await Promise.all(processes.map((process) => process.close()));
  await database.drop();
});

async function startProcess(): Promise<LogProcess> {
  const process = await openLogProcess({ databaseUrl: database.url });
  processes.push(process);
  return process;
}

/** Writes a row for each event, with the definitions the batch was given. */
function effectStage(spoil: (batch: EventBatch) => void | Promise<void> = () => {}): Stage {
  const versionOf = createConfigCache(async (batch) => {
    const { rows } = await batch.sql.query<{ version: number }>({ text: 'select version from definition' });
    return rows[0]!.version;
  });
  return {
    name: 'effects',
    async run(batch) {
      const version = await versionOf(batch);
      const events = batch.entries.map(({ event }) => event);
      await batch.sql.query({
        text: `insert into effect select id, lane, seq, $4 from unnest($1::text[], $2::int[], $3::int[]) as e(id, lane, seq)`,
        values: [events.map((e) => e.id), events.map((e) => e.lane), events.map((e) => e.seq), version],
      });
      await spoil(batch);
    },
  };
}

interface Effect {
  id: string;
  lane: number;
  seq: number;
  version: number;
}
const effects = async () =>
  (await database.postgres.query<Effect>({ text: 'select * from effect order by lane, seq' })).rows;

let made = 0;
function events(count: number, lanes = 16): PlacedEvent[] {
  return Array.from({ length: count }, () => {
    made++;
    return { lane: made % lanes, event: storedEvent({ id: `e${made}`, name: 'Viewed' }) };
  });
}
const idsOf = (placed: readonly PlacedEvent[]) => placed.map(({ event }) => event.id).sort();

async function expectOnce(placed: readonly PlacedEvent[]): Promise<void> {
  expect((await effects()).map((effect) => effect.id).sort()).toEqual(idsOf(placed));
}

const run = (process: LogProcess, stage: Stage, runs: readonly LeasedRun[], tally?: DeadLetterTally) =>
  processRuns(process.services, { processId: process.processId, stages: [stage], runs, ...(tally && { tally }) });

describe('the leases of lanes', () => {
  const lanesOf = (process: LogProcess) => process.hold.leases.map(({ log, lane }) => `${log}/${lane}`);

  it('are shared out evenly between two processes, each lane to one', async () => {
    const [a, b] = [await startProcess(), await startProcess()];
    await a.hold.renew(a.services, true);
    expect(lanesOf(a)).toHaveLength(32);
    await b.hold.renew(b.services, true);
    await a.hold.renew(a.services, true);
    await b.hold.renew(b.services, true);
    expect([lanesOf(a).length, lanesOf(b).length]).toEqual([16, 16]);
    expect(new Set([...lanesOf(a), ...lanesOf(b)]).size).toBe(32);
  });

  it('of a process that died are free at once, long before they run out', async () => {
    const [a, b] = [await startProcess(), await startProcess()];
    await a.hold.renew(a.services, true);
    await a.close();
    processes = [b];
    // The server notices a closed connection within moments; leases run for ten seconds.
    await vi.waitFor(
      async () => {
        await b.hold.renew(b.services, true);
        expect(lanesOf(b)).toHaveLength(32);
      },
      { timeout: 5_000, interval: 10 },
    );
  });

  it('stop a holder that lost them: its batch is taken back, the new holder applies it once', async () => {
    const [a, b] = [await startProcess(), await startProcess()];
    const placed = events(40);
    await a.append(placed);
    await a.hold.renew(a.services, true);
    const begun = await a.nextRuns();
    await database.postgres.query({ text: `update log_cursor set lease_until = now() - interval '1 second'` });
    // The stale holder still counts as living, so the other takes its share first.
    await b.hold.renew(b.services, true);
    const lost = begun.filter(({ lease }) => lanesOf(b).includes(`${lease.log}/${lease.lane}`));
    expect(lost.length).toBeGreaterThan(0);
    expect((await run(a, effectStage(), lost)).kind).toBe('retry');
    expect(await effects()).toEqual([]);
    await b.process([effectStage()]);
    await a.process([effectStage()]);
    await expectOnce(placed);
  });
});

describe('a batch', () => {
  it('writes its effects and its cursors together or not at all', async () => {
    const process = await startProcess();
    const placed = events(20);
    await process.append(placed);
    await process.hold.renew(process.services, true);
    const spoiled = effectStage(() => {
      throw new RetryBatch('meanwhile');
    });
    expect((await run(process, spoiled, await process.nextRuns())).kind).toBe('retry');
    expect(await effects()).toEqual([]);
    const { rows } = await database.postgres.query({ text: 'select 1 from log_cursor where seq > 0' });
    expect(rows).toEqual([]);
    await process.process([effectStage()]);
    await expectOnce(placed);
  });

  it('whose commit went through while its answer was lost is not applied again', async () => {
    const process = await startProcess();
    const placed = events(20);
    await process.append(placed);
    await process.hold.renew(process.services, true);
    const runs = await process.nextRuns();
    const before = runs.map(({ lease }) => lease.seq);
    await run(process, effectStage(), runs);
    for (const [i, { lease }] of runs.entries()) lease.seq = before[i]!;
    expect((await run(process, effectStage(), await process.nextRuns())).kind).toBe('retry');
    await process.hold.renew(process.services, true);
    expect(await process.nextRuns()).toEqual([]);
    await expectOnce(placed);
  });

  it('is processed in lane order, each event once, by two processes at the same time', async () => {
    const [a, b] = [await startProcess(), await startProcess()];
    await a.hold.renew(a.services, true);
    await b.hold.renew(b.services, true);
    const placed: PlacedEvent[] = [];
    const stage = effectStage();
    await Promise.all(
      [a, b].map(async (process) => {
        for (let i = 0; i < 10; i++) {
          const more = events(30);
          placed.push(...more);
          await process.append(more);
          await process.process([stage], 50);
        }
      }),
    );
    for (const process of [a, b, a]) await process.process([stage], 50);
    await expectOnce(placed);
  });
});

describe('an event that cannot be processed', () => {
  const poisoned = (poison: (id: string) => boolean) =>
    effectStage((batch) => {
      const found = batch.entries.find(({ event }) => poison(event.id));
      if (found !== undefined) throw new TypeError(`cannot read ${found.event.id}`);
    });

  it('becomes a dead letter with its place and reason, and every other event is applied once', async () => {
    const process = await startProcess();
    const placed = events(60, 3);
    const poison = placed[37]!.event.id;
    await process.append(placed);
    await process.hold.renew(process.services, true);
    const result = await run(
      process,
      poisoned((id) => id === poison),
      await process.nextRuns(),
    );
    expect(result).toEqual({ kind: 'done', events: 60, deadLetters: 1 });
    await expectOnce(placed.filter(({ event }) => event.id !== poison));
    const { rows } = await database.postgres.query<{
      log: 0;
      lane: number;
      seq: number;
      line: string;
      error: string;
      workspace_id: number;
    }>({
      text: 'select * from log_dead_letter',
    });
    expect(rows).toHaveLength(1);
    const [letter] = rows;
    expect(decodeEvent(letter!.line, letter!)).toMatchObject({ id: poison });
    expect(letter).toMatchObject({
      lane: placed[37]!.lane,
      workspace_id: 1,
      error: `TypeError: cannot read ${poison}`,
    });
    expect(await process.nextRuns()).toEqual([]);
  });

  it('does not stand for all: when every event fails, the processor stands still and loses none', async () => {
    const process = await startProcess();
    const placed = events(200, 2);
    await process.append(placed);
    await process.hold.renew(process.services, true);
    const tally = { inARow: 0 };
    const broken = poisoned(() => true);
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(run(process, broken, await process.nextRuns(), tally)).rejects.toThrow('the processor stands still');
    }
    const { rows } = await database.postgres.query<{ line: string }>({ text: 'select line from log_dead_letter' });
    expect(rows).toHaveLength(50);
    const buried = new Set(rows.map(({ line }) => decodeEvent(line, { log: 0, lane: 0, seq: 0 }).id));
    await run(process, effectStage(), await process.nextRuns(), tally);
    expect(tally.inARow).toBe(0);
    await expectOnce(placed.filter(({ event }) => !buried.has(event.id)));
  });

  it('is buried too when its line cannot even be read', async () => {
    const process = await startProcess();
    const placed = events(3, 1);
    await process.append(placed);
    await process.hold.renew(process.services, true);
    const [found] = await process.nextRuns();
    const lines = [found!.run.lines[0]!, '{broken', found!.run.lines[2]!];
    const result = await run(process, effectStage(), [{ ...found!, run: { ...found!.run, lines } }]);
    expect(result).toEqual({ kind: 'done', events: 3, deadLetters: 1 });
    await expectOnce([placed[0]!, placed[2]!]);
  });
});

/** Writes the definition as a verb does: the cut first. */
const define = (process: LogProcess, version: number) =>
  process.services.postgres.transaction(async (sql) => {
    const cut = await cutLanes(sql);
    await sql.query({ text: 'update definition set version = $1', values: [version] });
    return new Map(cut.filter(({ log }) => log === 0).map(({ lane, seq }) => [lane, seq]));
  });

describe('a cut', () => {
  it('takes a batch back that began before it; tried again it works with the new definitions', async () => {
    const process = await startProcess();
    const placed = events(10);
    await process.append(placed);
    await process.hold.renew(process.services, true);
    let cut = new Map<number, number>();
    const stage = effectStage(async (batch) => {
      if (batch.configVersion === 0) cut = await define(process, 2);
    });
    expect((await run(process, stage, await process.nextRuns())).kind).toBe('retry');
    expect([...cut.values()].every((seq) => seq === 0)).toBe(true);
    await process.process([stage]);
    await expectOnce(placed);
    expect((await effects()).every(({ version }) => version === 2)).toBe(true);
  });

  it('is exact: up to it events were processed with the old definitions, all later ones with the new', async () => {
    const [a, b] = [await startProcess(), await startProcess()];
    const cuts: Map<number, number>[] = [];
    const placed: PlacedEvent[] = [];
    const work = async (process: LogProcess) => {
      const stage = effectStage();
      for (let i = 0; i < 12; i++) {
        const more = events(25, 4);
        placed.push(...more);
        await process.append(more);
        await process.process([stage], 20);
      }
    };
    const cutter = async () => {
      for (let version = 2; version <= 6; version++) cuts.push(await define(a, version));
    };
    await Promise.all([work(a), work(b), cutter()]);
    for (const process of [a, b, a, b]) await process.process([effectStage()]);
    await expectOnce(placed);
    for (const { lane, seq, version } of await effects()) {
      expect(version).toBe(1 + cuts.filter((cut) => seq > cut.get(lane)!).length);
    }
  });
});

describe('what Segue emits', () => {
  /** Tells of every event that comes, and hears what was told from the second definition on. */
  function tellingStage(onAsk: () => void): Stage {
    const effect = effectStage();
    const versionOf = createConfigCache(async (batch) => {
      const { rows } = await batch.sql.query<{ version: number }>({ text: 'select version from definition' });
      return rows[0]!.version;
    });
    return {
      name: 'telling',
      async hears(batch) {
        const version = await versionOf(batch);
        return () => {
          onAsk();
          return version > 1;
        };
      },
      async run(batch) {
        await effect.run(batch);
        for (const { event } of batch.entries) {
          if (event.type === 'internal') continue;
          const node = { kind: 90, id: 1 };
          const properties = { of: event.id };
          batch.emit({ subjectId: newUuid(0), node, id: `told-${event.id}`, name: 'Told', occurredAt: 0, properties });
        }
      },
    };
  }
  const told = async () => (await effects()).filter(({ id }) => id.startsWith('told-'));

  it('and no stage hears is asked about once, when it is emitted', async () => {
    const process = await startProcess();
    await process.append(events(20));
    let asked = 0;
    await process.process([tellingStage(() => asked++)]);
    expect(asked).toBe(20);
    expect(await told()).toEqual([]);
  });

  it.each(['from memory', 'from the database'])(
    'is heard %s by a stage that learned to since it was emitted',
    async (from) => {
      const process = await startProcess();
      const placed = events(20);
      await process.append(placed);
      await process.hold.renew(process.services, true);
      const stage = tellingStage(() => undefined);
      expect((await run(process, stage, await process.nextRuns())).kind).toBe('done');
      await define(process, 2);
      if (from === 'from the database') {
        processes = [];
        await process.close();
      }
      const reader = processes[0] ?? (await startProcess());
      await reader.process([stage]);
      const ids = (await told()).map(({ id }) => id);
      expect(ids.sort()).toEqual(placed.map(({ event }) => `told-${event.id}`).sort());
    },
  );
});

describe('inSubjects', () => {
  const counter = defineSection<{ count: number }>('counter');

  it('lets one change a subject after the other, whichever process they are in, and tells of each', async () => {
    const [a, b] = [await startProcess(), await startProcess()];
    const id = newUuid(0);
    await inSubjects(a.services, { workspaceId: 1, ids: [] }, async (batch) =>
      batch.create(id).set(counter, { count: 0 }),
    );
    const change = (process: LogProcess) =>
      inSubjects(process.services, { workspaceId: 1, ids: [id] }, async (batch) => {
        const subject = batch.subjects.get(id)!;
        subject.set(counter, { count: subject.get(counter)!.count + 1 });
        batch.emit({
          subjectId: id,
          node: { kind: 90, id: 1 },
          name: 'Counted',
          occurredAt: batch.now,
          properties: {},
        });
      });
    await Promise.all(Array.from({ length: 30 }, (_, i) => change(i % 2 === 0 ? a : b)));
    const subjects = await readSubjects(a.services.postgres, 1, [id]);
    expect(subjects.get(id)!.get(counter)).toEqual({ count: 30 });
    const { rows } = await database.postgres.query<{ head: number }>({
      text: 'select sum(head)::int as head from log_lane where log = $1',
      values: [INTERNAL_LOG],
    });
    expect(rows[0]!.head).toBe(30);
  });

  it('never runs time backwards for a subject: who waited for it decides after whoever held it', async () => {
    const process = await startProcess();
    const { clock } = process.services;
    const id = newUuid(0);
    await inSubjects(process.services, { workspaceId: 1, ids: [] }, async (batch) =>
      batch.create(id).set(counter, { count: 0 }),
    );
    let decidedAt = 0;
    let second: Promise<number> | undefined;
    await inSubjects(process.services, { workspaceId: 1, ids: [id] }, async () => {
      second = inSubjects(process.services, { workspaceId: 1, ids: [id] }, async (batch) => batch.now);
      await vi.waitUntil(async () => {
        const { rows } = await database.postgres.query<{ waiting: number }>({
          text: `select count(*)::int as waiting from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        });
        return rows[0]!.waiting > 0;
      });
      clock.advance(5_000);
      decidedAt = clock.now();
    });
    expect(await second).toBeGreaterThanOrEqual(decidedAt);
  });

  it('leaves nothing behind when its work fails', async () => {
    const process = await startProcess();
    const id = newUuid(0);
    const failed = inSubjects(process.services, { workspaceId: 1, ids: [] }, async (batch) => {
      batch.create(id).set(counter, { count: 1 });
      batch.emit({ subjectId: id, node: { kind: 90, id: 1 }, name: 'Counted', occurredAt: 0, properties: {} });
      throw new Error('changed its mind');
    });
    await expect(failed).rejects.toThrow('changed its mind');
    expect((await readSubjects(process.services.postgres, 1, [id])).size).toBe(0);
    expect(await process.nextRuns()).toEqual([]);
  });

  it('leaves out subjects that do not exist and those of another workspace', async () => {
    const process = await startProcess();
    const id = newUuid(0);
    await inSubjects(process.services, { workspaceId: 1, ids: [] }, async (batch) => void batch.create(id));
    const found = await inSubjects(
      process.services,
      { workspaceId: 2, ids: [id, newUuid(0)] },
      async (batch) => batch.subjects.size,
    );
    expect(found).toBe(0);
  });
});
