import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { EVERY_SCOPE } from '@segue/contract';
import { postgresMigrations } from '../../../../compose/migrations.ts';
import type { History } from '../../../../platform/clickhouse/index.ts';
import { createContext, type Services } from '../../../../platform/context.ts';
import { createEventLog } from '../../../../platform/eventlog/index.ts';
import type { Json, JsonObject } from '../../../../platform/json.ts';
import { createOutbound } from '../../../../platform/outbound/index.ts';
import { type Listener, type ReceivedCall, startListener } from '../../../../platform/outbound/testing/listener.ts';
import type { Transaction } from '../../../../platform/postgres/index.ts';
import { createTestClock, createTestDatabase, serveRoutes, type TestClock } from '../../../../testkit/index.ts';
import { createKeyRing, createWorkspace } from '../../../accounts/index.ts';
import { createFeedRoutes, runProductFeeds } from '../../index.ts';
import type { FeedDeps } from '../run-feeds.ts';

const NOW = Date.UTC(2026, 10, 24, 9);

export type Answer = (response: ServerResponse, call: ReceivedCall) => void;

interface Told {
  readonly status: number;
  readonly body: JsonObject;
}

/** One workspace, and the server its feed is fetched from. */
export interface FeedWorld {
  readonly clock: TestClock;
  readonly services: Services;
  readonly server: Listener;
  /** What was logged. */
  readonly logs: readonly string[];
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: Json): Promise<Told>;
  /** A feed of that server; answers its id. */
  feed(fields?: JsonObject): Promise<string>;
  /** A round of the loop. */
  round(deps?: Partial<FeedDeps>, services?: Services): Promise<number>;
  /** Its last run. */
  lastRun(id: string): Promise<JsonObject>;
  /** By what the feed calls them: title, status, variants that are sold, price. */
  products(): Promise<Record<string, string>>;
  query<R = Record<string, unknown>>(text: string): Promise<R[]>;
  close(): Promise<void>;
}

export interface FeedRoom {
  /** What a process of its own needs to work on the same database. */
  readonly child: { readonly url: string; readonly secret: string };
  open(): Promise<FeedWorld>;
  drop(): Promise<void>;
}

export async function openFeedRoom(): Promise<FeedRoom> {
  const database = await createTestDatabase(postgresMigrations);
  const { postgres } = database;
  const secret = randomBytes(32);
  const keyRing = createKeyRing(postgres, secret);
  let shops = 0;
  return {
    child: { url: database.url, secret: secret.toString('hex') },
    async open() {
      const logs: string[] = [];
      const collect = (fields: object, message: string) =>
        void logs.push(`${message} ${inspect(fields, { depth: 10 })}`);
      const clock = createTestClock(NOW);
      const services: Services = {
        ...{ postgres, clock, log: createEventLog(), keysOf: (id: number) => keyRing.keysOf(id) },
        logger: { debug: collect, info: collect, warn: collect, error: collect },
        // Nothing here asks it.
        history: undefined as unknown as History,
      };
      const made = await postgres.transaction((sql) =>
        createWorkspace(sql, { name: `Shop ${++shops}`, secret, nowMs: NOW, scopes: [EVERY_SCOPE] }),
      );
      return openWorld({ services, clock, logs, workspaceId: made.workspaceId, server: await startListener() });
    },
    drop: () => database.drop(),
  };
}

interface Opened {
  readonly services: Services;
  readonly clock: TestClock;
  readonly logs: string[];
  readonly workspaceId: number;
  readonly server: Listener;
}

function openWorld({ services, clock, logs, workspaceId, server }: Opened): FeedWorld {
  const ctx = createContext(services, workspaceId, { kind: 'system', name: 'test' });
  const outbound = createOutbound({ allow: ['127.0.0.0/8'] });
  const routes = serveRoutes([createFeedRoutes(outbound)], () => ctx);
  const never = new AbortController();
  const world: FeedWorld = {
    ...{ clock, services, server, logs },
    async call(method, path, body) {
      const response = await routes.inject({
        method,
        url: `/api/v1/product-feeds${path}`,
        ...(body !== undefined && { payload: body as object }),
      });
      return { status: response.statusCode, body: response.body === '' ? {} : response.json() };
    },
    async feed(fields = {}) {
      const body = { name: 'summer', url: server.url, intervalMinutes: 60, ...fields };
      const made = await world.call('POST', '', body);
      if (made.status !== 201) throw new Error(JSON.stringify(made.body));
      return String(made.body['id']);
    },
    round: (deps = {}, other = services) =>
      runProductFeeds(other, { outbound, owner: 'one', signal: never.signal, ...deps }),
    async lastRun(id) {
      const { body } = await world.call('GET', `/${id}`);
      return (body['runs'] as JsonObject[])[0]!;
    },
    async products() {
      const rows = await world.query<{ ref: string; told: string }>(
        `select e.external_id as ref, concat_ws(' ', p.title, p.status,
           (select string_agg(coalesce(v.sku, '-') || '=' || coalesce((select h.amount_minor::text from price_history h
              where h.workspace_id = v.workspace_id and h.variant_id = v.id order by h.from_at desc limit 1), ''), ','
              order by v.place, v.id)
            from variant v where v.workspace_id = p.workspace_id and v.product_id = p.id and v.status = 'active')) as told
         from external_ref e join product p on p.workspace_id = e.workspace_id and p.id = e.internal_id
         where e.workspace_id = $1 and e.kind = 'product' order by e.external_id`,
      );
      return Object.fromEntries(rows.map(({ ref, told }) => [ref, told]));
    },
    async query<R>(text: string) {
      const { rows } = await services.postgres.query<R>({ text, values: [workspaceId] });
      return rows;
    },
    async close() {
      await world.query('delete from product_feed where workspace_id = $1');
      await routes.close();
      await server.close();
    },
  };
  return world;
}

/** A process that dies in its nth transaction, and does nothing more. */
export function dyingAt(services: Services, nth: number): { services: Services; hasDied: () => boolean } {
  let count = 0;
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw Object.assign(new Error('the process is dead'), { code: '57P01' });
  };
  const { postgres } = services;
  const dying: Services['postgres'] = {
    ...postgres,
    query: (statement) => (isDead ? die() : postgres.query(statement)),
    async transaction<T>(work: (sql: Transaction) => Promise<T>) {
      if (isDead) die();
      return postgres.transaction(async (sql) => {
        const answer = await work(sql);
        // Before the commit: all of it is lost.
        if (++count === nth) die();
        return answer;
      });
    },
  };
  return { services: { ...services, postgres: dying }, hasDied: () => isDead };
}
