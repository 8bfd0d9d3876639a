import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { api, type Endpoint, EVERY_SCOPE, isChange, type OperationId } from '@segue/contract';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { createKeyRing, createWorkspace } from '../../modules/accounts/index.ts';
import { ensureDefaultTopics } from '../../modules/consent/index.ts';
import { createCommitter, runArchive } from '../../modules/events/index.ts';
import type { Clock } from '../../platform/clock/index.ts';
import type { Services } from '../../platform/context.ts';
import {
  applicationName,
  createEventLog,
  createLanes,
  LaneHold,
  readPositions,
  runProcessor,
} from '../../platform/eventlog/index.ts';
import type { Logger } from '../../platform/logger/index.ts';
import { createOutbound } from '../../platform/outbound/index.ts';
import { openPostgres } from '../../platform/postgres/index.ts';
import { checkAnswers, createTestDatabase, createTestHistory } from '../../testkit/index.ts';
import { createAccounts } from '../accounts.ts';
import { createHttp } from '../http.ts';
import { historyMigrations, postgresMigrations } from '../migrations.ts';
import { createStages } from '../stages.ts';

export const NOW = Date.UTC(2026, 10, 22, 9);
const SECRET = randomBytes(32);
const STILL: Clock = { now: () => NOW, realDelayMs: () => 0 };

export interface Keys {
  readonly workspaceId: number;
  readonly apiKey: string;
  readonly writeKey: string;
}

/** What a call takes beside its endpoint. */
export interface Example {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Who calls, if it must be somebody else than the owner of the API key. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  json<T>(): T;
}

/** The whole product over engines of its own; every answer is held against the contract. */
export interface ApiWorld {
  readonly services: Services;
  readonly app: FastifyInstance;
  /** What the server registered. */
  readonly registered: ReadonlySet<Endpoint>;
  /** What the server wrote down as failed. */
  readonly faults: readonly string[];
  readonly operations: readonly OperationId[];
  readonly changes: readonly OperationId[];
  /** What is answered whole; a stream never ends by itself. */
  readonly reads: readonly OperationId[];
  addWorkspace(name: string, scopes?: readonly string[]): Promise<Keys>;
  /** Calls as the API key's owner, or as nobody. */
  ask(id: OperationId, key: string | undefined, example?: Example, headers?: Record<string, string>): Promise<Answer>;
  /** Until everything in the logs is processed and archived. */
  settle(): Promise<void>;
  /** Every row of a workspace as text, by table. */
  rowsOf(workspaceId: number): Promise<Map<string, string[]>>;
  close(): Promise<void>;
}

/** `clock`: one that a test moves; otherwise it always is `NOW`. */
export async function openApiWorld({ clock = STILL }: { clock?: Clock } = {}): Promise<ApiWorld> {
  const [database, history] = await Promise.all([
    createTestDatabase(postgresMigrations),
    createTestHistory(historyMigrations),
  ]);
  const processId = randomBytes(6).toString('hex');
  const postgres = openPostgres({ url: database.url, applicationName: applicationName(processId), maxConnections: 10 });
  await createLanes(postgres);
  const keyRing = createKeyRing(postgres, SECRET);
  const faults: string[] = [];
  const services: Services = {
    postgres,
    history: history.history,
    clock,
    logger: noteFaults(faults),
    log: createEventLog(),
    keysOf: (id) => keyRing.keysOf(id),
  };
  const outbound = createOutbound({ allow: ['127.0.0.0/8'] });
  const accounts = createAccounts(services, keyRing, { secret: SECRET, publicUrl: 'http://127.0.0.1:4100' });
  const app = createHttp({
    services,
    keyRing,
    accounts,
    committer: createCommitter(services),
    pageDir: '/nowhere',
    outbound,
  });
  const registered = collectEndpoints(app);
  checkAnswers(app);
  await app.ready();
  const operations = (Object.keys(api) as OperationId[]).filter((id) => registered.has(endpointOf(id)));
  const abort = new AbortController();
  const { signal } = abort;
  const hold = new LaneHold({ reader: 'processor', processId });
  const running = [
    runProcessor(services, { stages: createStages(services), hold, workers: 1, signal }),
    runArchive(services, { processId, signal }),
  ];
  return {
    services,
    app,
    registered,
    faults,
    operations,
    changes: operations.filter((id) => isChange(endpointOf(id))),
    reads: operations.filter((id) => endpointOf(id).method === 'GET' && endpointOf(id).stream === undefined),
    addWorkspace: (name, scopes = [EVERY_SCOPE]) =>
      postgres.transaction(async (sql) => {
        const created = await createWorkspace(sql, { name, secret: SECRET, nowMs: NOW, scopes });
        await ensureDefaultTopics(sql, created.workspaceId);
        return created;
      }),
    ask: (id, key, example, headers) => ask(app, api[id], { key, example, headers }),
    settle: () => settle(services),
    rowsOf: (workspaceId) => rowsOf(services, workspaceId),
    async close() {
      abort.abort();
      await accounts.settle();
      await Promise.all(running);
      await app.close();
      await postgres.close();
      await Promise.all([database.drop(), history.drop()]);
    },
  };
}

function noteFaults(faults: string[]): Logger {
  const note = (fields: object, message: string): void => void faults.push(`${message} ${inspect(fields)}`);
  return { debug: () => {}, info: () => {}, warn: note, error: note };
}

function collectEndpoints(app: FastifyInstance): ReadonlySet<Endpoint> {
  const registered = new Set<Endpoint>();
  app.addHook('onRoute', (route: RouteOptions) => {
    if (route.config?.endpoint !== undefined) registered.add(route.config.endpoint);
  });
  return registered;
}

async function ask(
  app: FastifyInstance,
  endpoint: Endpoint,
  call: { key: string | undefined; example: Example | undefined; headers: Record<string, string> | undefined },
): Promise<Answer> {
  const { example = {}, key } = call;
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const response = await app.inject({
    method: endpoint.method,
    url: urlOf(endpoint, example),
    headers: { ...(example.headers ?? authorization), ...call.headers },
    ...(example.body !== undefined && { payload: example.body as object }),
  });
  const { statusCode: status, headers, body: text } = response;
  return { status, headers, text, json: <T>() => JSON.parse(text) as T };
}

/** Of parameters that are not given, one that is of no kind. */
export function urlOf(endpoint: Endpoint, { params = {}, query = {} }: Example): string {
  const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? 'none'));
  const search = new URLSearchParams(query).toString();
  return search === '' ? path : `${path}?${search}`;
}

export const endpointOf = (id: OperationId): Endpoint => api[id];

async function settle(services: Services): Promise<void> {
  const givenUpAt = performance.now() + 20_000;
  while (performance.now() < givenUpAt) {
    const [processed, archived] = await Promise.all([
      readPositions(services.postgres, 'processor'),
      readPositions(services.postgres, 'archive'),
    ]);
    if ([...processed, ...archived].every(({ seq, head }) => seq >= head)) return;
    await pause(10);
  }
  throw new Error('the logs were not read to their end in time');
}

async function rowsOf({ postgres }: Services, workspaceId: number): Promise<Map<string, string[]>> {
  const { rows: tables } = await postgres.query<{ name: string }>({
    text: `select c.table_name as name from information_schema.columns c
           join information_schema.tables t using (table_schema, table_name)
           where c.table_schema = 'public' and c.column_name = 'workspace_id' and t.table_type = 'BASE TABLE'
           order by 1`,
  });
  const found = new Map<string, string[]>();
  for (const { name } of tables) {
    const { rows } = await postgres.query<{ row: string }>({
      text: `select to_jsonb(t)::text as row from ${name} t where workspace_id = $1 order by 1`,
      values: [workspaceId],
    });
    if (rows.length > 0)
      found.set(
        name,
        rows.map(({ row }) => row),
      );
  }
  return found;
}
