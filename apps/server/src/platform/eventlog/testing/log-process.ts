import { randomBytes } from 'node:crypto';

import { createTestClock, type TestClock } from '../../../testkit/test-clock.ts';
import type { History } from '../../clickhouse/index.ts';
import type { Services } from '../../context.ts';
import { deriveKey, type WorkspaceKeys } from '../../crypto/index.ts';
import { createLogger } from '../../logger/index.ts';
import { openPostgres } from '../../postgres/index.ts';
import { appendLines } from '../append.ts';
import type { Stage } from '../batch.ts';
import { createEventLog } from '../event-log.ts';
import { encodeEvent, INTAKE_LOG, type LogId, type StoredEvent } from '../event.ts';
import { applicationName, createLanes } from '../lease.ts';
import { type LeasedRun, processRuns } from '../processor.ts';
import { LaneHold, readRuns } from '../reader.ts';

const TAKEN_BACK_MAX = 200;
const START_MS = Date.UTC(2026, 10, 22, 9);

/** One server process over a database that others may share: its own connections, its own memory of the log, no loops. */
export interface LogProcess {
  readonly processId: string;
  readonly services: Services & { readonly clock: TestClock };
  readonly hold: LaneHold;
  append(events: readonly PlacedEvent[], log?: LogId): Promise<void>;
  /** What the processor would take next. */
  nextRuns(eventsMax?: number): Promise<LeasedRun[]>;
  /** Takes the lanes, then processes until nothing is left; answers how many batches were taken back on the way. */
  process(stages: readonly Stage[], eventsMax?: number): Promise<number>;
  close(): Promise<void>;
}

export interface PlacedEvent {
  readonly lane: number;
  readonly event: StoredEvent;
}

export interface LogProcessOptions {
  readonly databaseUrl: string;
  readonly clock?: TestClock;
  readonly history?: History;
  readonly keysOf?: Services['keysOf'];
}

/** The keys of a workspace, made of its number. */
export async function testKeysOf(workspaceId: number): Promise<WorkspaceKeys> {
  const root = Buffer.alloc(32, workspaceId % 256);
  return { wrapping: deriveKey(root, 'wrap'), blind: deriveKey(root, 'blind'), signing: deriveKey(root, 'sign') };
}

export function storedEvent(event: Partial<StoredEvent> = {}): StoredEvent {
  return {
    workspaceId: 1,
    id: randomBytes(8).toString('hex'),
    type: 'track',
    name: 'Viewed',
    occurredAt: START_MS,
    receivedAt: START_MS,
    nodes: [],
    sealed: '',
    payload: {},
    ...event,
  };
}

export async function openLogProcess(options: LogProcessOptions): Promise<LogProcess> {
  const processId = randomBytes(6).toString('hex');
  const postgres = openPostgres({
    url: options.databaseUrl,
    applicationName: applicationName(processId),
    maxConnections: 6,
  });
  await createLanes(postgres);
  const services = {
    postgres,
    history: options.history ?? (undefined as never),
    clock: options.clock ?? createTestClock(START_MS),
    logger: createLogger('silent'),
    log: createEventLog(),
    keysOf: options.keysOf ?? testKeysOf,
  };
  const hold = new LaneHold({ reader: 'processor', processId });
  const nextRuns = (eventsMax = 1_000) => readRuns(services, hold.leases, { eventsMax, fromDatabase: true });
  return {
    processId,
    services,
    hold,
    nextRuns,
    async append(events, log = INTAKE_LOG) {
      const lines = new Map<number, string[]>();
      for (const { lane, event } of events) lines.set(lane, [...(lines.get(lane) ?? []), encodeEvent(event)]);
      services.log.appended(await postgres.transaction((sql) => appendLines(sql, log, { lines })));
    },
    async process(stages, eventsMax) {
      await hold.renew(services, true);
      for (let taken = 0; ;) {
        const runs = await nextRuns(eventsMax);
        if (runs.length === 0) return taken;
        const result = await processRuns(services, { processId, stages, runs });
        if (result.kind === 'done') continue;
        if (++taken > TAKEN_BACK_MAX) throw new Error(`a batch is taken back for ever: ${result.reason}`);
        await hold.renew(services, true);
      }
    },
    close: () => postgres.close(),
  };
}
