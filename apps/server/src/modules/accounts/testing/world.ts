import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { EVERY_SCOPE } from '@segue/contract';
import type { FastifyInstance, FastifyRequest, InjectOptions } from 'fastify';
import { authenticate } from '../../../compose/authenticate.ts';
import type { Ctx, Services } from '../../../platform/context.ts';
import { createEventLog, createLanes, eventlogMigrations } from '../../../platform/eventlog/index.ts';
import { createHttpServer, createServe, httpMigrations, type Routes } from '../../../platform/http/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { Logger } from '../../../platform/logger/index.ts';
import {
  checkAnswers,
  createTestClock,
  createTestDatabase,
  createTestHistory,
  type TestClock,
} from '../../../testkit/index.ts';
import {
  type Accounts,
  accountsMigrations,
  createKeyRing,
  createWorkspace,
  type MemberMessage,
  openAccounts,
} from '../index.ts';
import { newPlace, ORIGIN } from './sign-in-as.ts';

const migrations = [...eventlogMigrations, ...httpMigrations, ...accountsMigrations];
export const SECRET = randomBytes(32);

export interface Shop {
  readonly workspaceId: number;
  readonly apiKey: string;
  readonly writeKey: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: JsonObject;
  readonly text: string;
  readonly setCookie: string[];
}

/** Accounts over HTTP as compose joins them, with a mailbox for what members are sent. */
export interface World {
  readonly app: FastifyInstance;
  readonly services: Services;
  readonly clock: TestClock;
  readonly mails: MemberMessage[];
  readonly logs: string[];
  addShop(name?: string): Promise<Shop>;
  /** Calls as a page of the console does, from a place of its own unless one is given. */
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, options?: CallOptions): Promise<Answer>;
  /** Until mails and notes under way are done. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly cookie?: string | undefined;
  readonly key?: string | undefined;
  readonly body?: object | undefined;
  readonly headers?: Record<string, string> | undefined;
  readonly place?: string | undefined;
}

export async function openWorld(
  options: { mail?: boolean; publicUrl?: string; routes?: readonly Routes[] } = {},
): Promise<World> {
  const [database, history] = await Promise.all([createTestDatabase(migrations), createTestHistory()]);
  const { postgres } = database;
  await createLanes(postgres);
  const clock = createTestClock(Date.UTC(2026, 10, 22, 9));
  const keyRing = createKeyRing(postgres, SECRET);
  const [logs, mails]: [string[], MemberMessage[]] = [[], []];
  const services: Services = {
    postgres,
    history: history.history,
    clock,
    logger: collectLogs(logs),
    log: createEventLog(),
    keysOf: (id) => keyRing.keysOf(id),
  };
  const mailbox = { send: async (message: MemberMessage) => void mails.push(message) };
  const mail = options.mail === false ? undefined : mailbox;
  const publicUrl = options.publicUrl ?? ORIGIN;
  const setUpWorkspace = () => Promise.resolve();
  const accounts = openAccounts({ services, keyRing, secret: SECRET, publicUrl, mail, setUpWorkspace });
  const app = serveAccounts(services, accounts, options.routes ?? []);
  await app.ready();
  return {
    app,
    services,
    clock,
    mails,
    logs,
    addShop: (name = 'Shop') =>
      postgres.transaction((sql) =>
        createWorkspace(sql, { name, secret: SECRET, nowMs: clock.now(), scopes: [EVERY_SCOPE] }),
      ),
    call: (method, url, given = {}) => call(app, { method, url }, given),
    settle: () => accounts.settle(),
    async close() {
      await accounts.settle();
      await app.close();
      await Promise.all([database.drop(), history.drop()]);
    },
  };
}

function serveAccounts(services: Services, accounts: Accounts, more: readonly Routes[]): FastifyInstance {
  const app = createHttpServer(services.logger);
  checkAnswers(app);
  const contexts = new WeakMap<FastifyRequest, Ctx>();
  app.addHook('onRequest', async (request, reply) => {
    const { endpoint } = request.routeOptions.config;
    if (endpoint !== undefined)
      contexts.set(request, await authenticate({ services, accounts }, { request, reply, endpoint }));
  });
  const serve = createServe(app, { contextOf: (request) => contexts.get(request)! });
  for (const routes of [...accounts.routes, ...more]) routes(serve, app);
  return app;
}

async function call(
  app: FastifyInstance,
  what: { method: 'GET' | 'POST' | 'PATCH' | 'DELETE'; url: string },
  options: CallOptions,
): Promise<Answer> {
  const { cookie, key, body, headers, place = newPlace() } = options;
  const request: InjectOptions = {
    ...what,
    remoteAddress: place,
    headers: {
      ...(key === undefined ? { origin: ORIGIN } : { authorization: `Bearer ${key}` }),
      ...(cookie !== undefined && { cookie }),
      ...headers,
    },
    ...(body !== undefined && { payload: body }),
  };
  const response = await app.inject(request);
  const text = response.body;
  const setCookie = [response.headers['set-cookie'] ?? []].flat();
  const answer = text === '' ? {} : (JSON.parse(text) as JsonObject);
  return { status: response.statusCode, headers: response.headers, body: answer, text, setCookie };
}

function collectLogs(logs: string[]): Logger {
  const collect = (fields: object, message: string): void => {
    logs.push(`${message} ${inspect(fields, { depth: 10, maxStringLength: null })}`);
  };
  return { debug: collect, info: collect, warn: collect, error: collect };
}
