import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { EVERY_SCOPE } from '@segue/contract';
import type { FastifyInstance } from 'fastify';
import { createAccounts } from '../../../compose/accounts.ts';
import { createHttp, type HttpOptions } from '../../../compose/http.ts';
import { historyMigrations, postgresMigrations } from '../../../compose/migrations.ts';
import { createStages } from '../../../compose/stages.ts';
import type { History } from '../../../platform/clickhouse/index.ts';
import type { Clock } from '../../../platform/clock/index.ts';
import { createContext, type Ctx, type Services } from '../../../platform/context.ts';
import {
  applicationName,
  createEventLog,
  createLanes,
  LaneHold,
  readPositions,
  runProcessor,
  type Stage,
} from '../../../platform/eventlog/index.ts';
import type { Json, JsonObject } from '../../../platform/json.ts';
import type { Logger } from '../../../platform/logger/index.ts';
import { createMetrics } from '../../../platform/metrics/index.ts';
import { openPostgres } from '../../../platform/postgres/index.ts';
import { createTestDatabase, createTestHistory } from '../../../testkit/index.ts';
import { createKeyRing, ensureFirstWorkspace } from '../../accounts/index.ts';
import { type Committer, createCommitter, runArchive, runObserver } from '../index.ts';

export const WRITE_KEY = 'test-write-key';
export const API_KEY = 'test-api-key';
export const NOW = Date.UTC(2026, 10, 22, 9);
export const SECRET = randomBytes(32);

/** Databases of a test file; any number of worlds may share them, as processes do. */
export interface Engines {
  readonly databaseUrl: string;
  readonly history: History;
  drop(): Promise<void>;
}

export async function createEngines(): Promise<Engines> {
  const [database, history] = await Promise.all([
    createTestDatabase(postgresMigrations),
    createTestHistory(historyMigrations),
  ]);
  return {
    databaseUrl: database.url,
    history: history.history,
    drop: async () => {
      await Promise.all([database.drop(), history.drop()]);
    },
  };
}

/** One server process: the real HTTP application, processor and archive over real engines. */
export interface World {
  readonly services: Services;
  readonly ctx: Ctx;
  readonly http: FastifyInstance;
  readonly committer: Committer;
  readonly processId: string;
  /** Everything logged, as text. */
  readonly logs: string[];
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Sends events as one batch with the write key; throws unless every one was taken. */
  send(events: readonly JsonObject[]): Promise<void>;
  get(path: string, apiKey?: string): Promise<Answer>;
  /** Starts the processor, the archive and the observer, as a worker does; with further stages after the product's. */
  work(stages?: readonly Stage[]): void;
  /** Until everything in the logs is processed and archived. */
  settle(): Promise<void>;
  count(sql: string): Promise<number>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: JsonObject;
}

/** How a world differs from the usual one. */
interface WorldOptions extends Pick<HttpOptions, 'intake' | 'trustProxy' | 'outbound'> {
  readonly clock?: Clock;
  /** Of the pool; 10 if left out. */
  readonly maxConnections?: number;
  readonly history?: History;
}

export async function openWorld(engines: Engines, options: WorldOptions = {}): Promise<World> {
  const processId = randomBytes(6).toString('hex');
  const postgres = openPostgres({
    url: engines.databaseUrl,
    applicationName: applicationName(processId),
    maxConnections: options.maxConnections ?? 10,
  });
  await createLanes(postgres);
  const { workspaceId } = await ensureFirstWorkspace(postgres, {
    secret: SECRET,
    nowMs: NOW,
    scopes: [EVERY_SCOPE],
    apiKey: API_KEY,
    writeKey: WRITE_KEY,
    setUp: () => Promise.resolve(),
  });
  const keyRing = createKeyRing(postgres, SECRET);
  const logs: string[] = [];
  const services: Services = {
    postgres,
    history: options.history ?? engines.history,
    clock: options.clock ?? { now: () => NOW, realDelayMs: () => 0 },
    logger: collectLogs(logs),
    log: createEventLog(),
    metrics: createMetrics(),
    keysOf: (id) => keyRing.keysOf(id),
  };
  const committer = createCommitter(services);
  const { clock: _clock, history: _history, maxConnections: _connections, ...intakeOptions } = options;
  const accounts = createAccounts(services, keyRing, { secret: SECRET, publicUrl: 'http://127.0.0.1:4100' });
  const http = createHttp({ services, keyRing, accounts, committer, pageDir: '/nowhere', ...intakeOptions });
  const abort = new AbortController();
  const running: Promise<void>[] = [];
  const world: World = {
    services,
    http,
    committer,
    processId,
    logs,
    ctx: createContext(services, workspaceId, { kind: 'system', name: 'test' }),
    async post(path, body, headers = {}) {
      const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
      const response = await http.inject({
        method: 'POST',
        url: path,
        payload,
        headers: { 'content-type': 'application/json', ...headers },
      });
      return { status: response.statusCode, headers: response.headers, body: response.json() };
    },
    async send(events) {
      const answer = await world.post('/v1/batch', { writeKey: WRITE_KEY, batch: events as Json[] });
      if (answer.body['accepted'] !== events.length)
        throw new Error(`not taken: ${answer.status} ${JSON.stringify(answer.body)}`);
    },
    async get(path, apiKey = API_KEY) {
      const response = await http.inject({ method: 'GET', url: path, headers: { authorization: `Bearer ${apiKey}` } });
      return { status: response.statusCode, headers: response.headers, body: response.json() };
    },
    work(stages = []) {
      const hold = new LaneHold({ reader: 'processor', processId });
      running.push(
        runProcessor(services, {
          stages: [...createStages(services), ...stages],
          hold,
          workers: 2,
          signal: abort.signal,
        }),
        runArchive(services, { processId, signal: abort.signal }),
        runObserver(services, { processId, signal: abort.signal }),
      );
    },
    settle: () => settle(services),
    async count(sql) {
      const [row] = await services.history.query<{ n: number }>({ sql: `select count() as n from ${sql}` });
      return row!.n;
    },
    async close() {
      await http.close();
      await committer.drain();
      abort.abort();
      await Promise.all(running);
      await postgres.close();
    },
  };
  return world;
}

async function settle(services: Services): Promise<void> {
  const givenUpAt = performance.now() + 20_000;
  while (performance.now() < givenUpAt) {
    const positions = await Promise.all(
      (['processor', 'archive', 'observer'] as const).map((reader) => readPositions(services.postgres, reader)),
    );
    if (positions.flat().every((lane) => lane.seq === lane.head)) return;
    await pause(15);
  }
  throw new Error('the logs were not read to their end in time');
}

function collectLogs(logs: string[]): Logger {
  const collect = (fields: object, message: string): void => {
    logs.push(`${message} ${inspect(fields, { depth: 10, maxStringLength: null })}`);
  };
  return { debug: collect, info: collect, warn: collect, error: collect };
}

let serial = 0;

/** A track event nobody has sent before. */
export function trackEvent(fields: JsonObject = {}): JsonObject {
  return {
    type: 'track',
    event: 'Product Viewed',
    messageId: `m-${++serial}-${randomBytes(4).toString('hex')}`,
    userId: 'ada',
    ...fields,
  };
}
