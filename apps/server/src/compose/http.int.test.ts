import { randomBytes } from 'node:crypto';
import type { FastifyInstance, InjectOptions, RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createKeyRing, createWorkspace } from '../modules/accounts/index.ts';
import { ensureDefaultTopics } from '../modules/consent/index.ts';
import { createCommitter, runArchive } from '../modules/events/index.ts';
import type { Services } from '../platform/context.ts';
import {
  applicationName,
  createEventLog,
  createLanes,
  LaneHold,
  readPositions,
  runProcessor,
} from '../platform/eventlog/index.ts';
import { SCOPES } from '../platform/http/index.ts';
import { createLogger } from '../platform/logger/index.ts';
import { openPostgres } from '../platform/postgres/index.ts';
import { createTestDatabase, createTestHistory, type TestDatabase, type TestHistory } from '../testkit/index.ts';
import { createHttp } from './http.ts';
import { historyMigrations, postgresMigrations } from './migrations.ts';
import { createStages } from './stages.ts';

const NOW = Date.UTC(2026, 10, 22, 9);
const SECRET = randomBytes(32);
const EMAIL = 'ada.secret@shop.example';

interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
}
interface Keys {
  readonly workspaceId: number;
  readonly apiKey: string;
  readonly writeKey: string;
}

let database: TestDatabase;
let history: TestHistory;
let services: Services;
let app: FastifyInstance;
const routes: Route[] = [];
let shop: Keys;
let neighbour: Keys;
/** The ids of what the shop has, by the noun of their route. */
let ids: Record<'profiles' | 'segments' | 'journeys' | 'templates' | 'messages', string>;
const abort = new AbortController();
const running: Promise<void>[] = [];

beforeAll(async () => {
  [database, history] = await Promise.all([
    createTestDatabase(postgresMigrations),
    createTestHistory(historyMigrations),
  ]);
  const processId = randomBytes(6).toString('hex');
  const postgres = openPostgres({ url: database.url, applicationName: applicationName(processId), maxConnections: 10 });
  await createLanes(postgres);
  const keyRing = createKeyRing(postgres, SECRET);
  services = {
    postgres,
    history: history.history,
    clock: { now: () => NOW, realDelayMs: () => 0 },
    logger: createLogger('silent'),
    log: createEventLog(),
    keysOf: (id) => keyRing.keysOf(id),
  };
  [shop, neighbour] = [await addWorkspace('Shop'), await addWorkspace('Neighbour')];
  app = createHttp({ services, keyRing, committer: createCommitter(services), pageDir: '/nowhere' });
  app.addHook('onRoute', (route: RouteOptions) => {
    for (const method of [route.method].flat()) {
      if (route.url.startsWith('/api/v1') && method !== 'HEAD')
        routes.push({ method: method as Route['method'], url: route.url });
    }
  });
  await app.ready();
  const hold = new LaneHold({ reader: 'processor', processId });
  const { signal } = abort;
  running.push(runProcessor(services, { stages: createStages(services), hold, workers: 1, signal }));
  running.push(runArchive(services, { processId, signal }));
  ids = await furnish();
});

afterAll(async () => {
  abort.abort();
  await Promise.all(running);
  await app.close();
  await services.postgres.close();
  await Promise.all([database.drop(), history.drop()]);
});

async function addWorkspace(name: string): Promise<Keys> {
  return services.postgres.transaction(async (sql) => {
    const created = await createWorkspace(sql, { name, secret: SECRET, nowMs: NOW, scopes: SCOPES });
    await ensureDefaultTopics(sql, created.workspaceId);
    return created;
  });
}

async function ask(route: Route, key: string | undefined, payload?: object) {
  const options: InjectOptions = {
    method: route.method,
    url: route.url,
    ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
    ...(payload !== undefined && { payload }),
  };
  return app.inject(options);
}

async function create(url: string, payload: object): Promise<string> {
  const response = await ask({ method: 'POST', url: `/api/v1/${url}` }, shop.apiKey, payload);
  expect(response.statusCode, `${url} ${response.body}`).toBeLessThan(300);
  return response.json<{ id: string }>().id;
}

/** One of everything a shop can have. */
async function furnish(): Promise<typeof ids> {
  const event = { type: 'identify', userId: 'ada', messageId: 'm1', traits: { email: EMAIL, plan: 'gold-plan' } };
  const sent = await app.inject({
    method: 'POST',
    url: '/v1/batch',
    payload: { writeKey: shop.writeKey, batch: [event] },
  });
  expect(sent.statusCode).toBe(200);
  await settle();
  const found = await ask({ method: 'GET', url: `/api/v1/profiles?identifier=email:${EMAIL}` }, shop.apiKey);
  const profiles = found.json<{ items: { id: string }[] }>().items[0]!.id;
  const segments = await create('segments', {
    name: 'secret segment',
    rule: { trait: 'plan', op: 'equals', value: 'gold-plan' },
  });
  const templates = await create('templates', { name: 'secret template', subject: 'Hello', html: '<p>Hello</p>' });
  const steps = [{ id: 'mail', kind: 'send', channel: 'email', template: templates, topic: 'marketing' }];
  const graph = { entry: { kind: 'event', event: 'Cart' }, reentry: 'never', start: 'mail', steps };
  const journeys = await create('journeys', { name: 'secret journey', graph });
  const suppression = { channel: 'email', address: EMAIL };
  expect(
    (await ask({ method: 'POST', url: '/api/v1/suppressions' }, shop.apiKey, suppression)).statusCode,
  ).toBeLessThan(300);
  const wish = { profileId: profiles, templateId: templates, topic: 'marketing', idempotencyKey: 'one' };
  const messages = await create('messages', wish);
  return { profiles, segments, journeys, templates, messages };
}

/** Until everything in the logs is processed and archived. */
async function settle(): Promise<void> {
  const isBehind = async (reader: 'processor' | 'archive') =>
    (await readPositions(services.postgres, reader)).some(({ seq, head }) => seq < head);
  while ((await isBehind('processor')) || (await isBehind('archive')));
}

/** The route with what the shop has in place of its parameters. */
function concrete(route: Route): Route {
  const noun = route.url.split('/')[3] as keyof typeof ids;
  return { ...route, url: route.url.replace(':id', ids[noun]) };
}

/** The stream never ends by itself. */
const readRoutes = () => routes.filter(({ method, url }) => method === 'GET' && url !== '/api/v1/stream').map(concrete);

describe('the management API', () => {
  it('has the routes this test is about', () => {
    expect(routes.length).toBeGreaterThan(30);
    expect(readRoutes().every(({ url }) => !url.includes(':'))).toBe(true);
  });

  it('answers nobody without a key it knows: 401, as problem+json, with the remedy', async () => {
    for (const route of routes.map(concrete)) {
      for (const key of [undefined, 'sk_wrong', shop.writeKey]) {
        const response = await ask(route, key);
        expect([route, response.statusCode]).toEqual([route, 401]);
        expect(response.headers['content-type']).toMatch('application/problem+json');
        expect(response.headers['www-authenticate']).toBe('Bearer');
        expect(response.json()).toMatchObject({
          status: 401,
          code: 'unauthenticated',
          errors: [{ field: 'Authorization' }],
        });
      }
    }
  });

  it('answers HEAD no more freely than GET', async () => {
    const response = await app.inject({
      method: 'HEAD',
      url: concrete({ method: 'GET', url: '/api/v1/profiles/:id' }).url,
    });
    expect(response.statusCode).toBe(401);
  });

  it('refuses a key without the scope, and names the scope it needs', async () => {
    const { apiKey } = await services.postgres.transaction((sql) =>
      createWorkspace(sql, { name: 'Limited', secret: SECRET, nowMs: NOW, scopes: [] }),
    );
    for (const route of routes.map(concrete)) {
      const response = await ask(route, apiKey);
      expect([route, response.statusCode]).toEqual([route, 403]);
      expect(response.json<{ title: string }>().title).toMatch(/scope [a-z]+:(read|write)/);
    }
  });

  it('asks for a write scope wherever something changes', async () => {
    const reading = SCOPES.filter((scope) => scope.endsWith(':read'));
    const { apiKey } = await services.postgres.transaction((sql) =>
      createWorkspace(sql, { name: 'Reader', secret: SECRET, nowMs: NOW, scopes: reading }),
    );
    // A preview writes nothing.
    const changing = routes.filter(({ method, url }) => method !== 'GET' && !url.endsWith('/preview'));
    for (const route of changing)
      expect([route, (await ask(concrete(route), apiKey)).statusCode]).toEqual([route, 403]);
  });

  it('shows a workspace what it has', async () => {
    for (const route of readRoutes()) {
      const response = await ask(route, shop.apiKey);
      expect([route, response.statusCode]).toEqual([route, 200]);
    }
    const lists = {
      profiles: 'profiles',
      segments: 'segments',
      journeys: 'journeys',
      templates: 'templates',
      messages: 'messages',
    } as const;
    for (const noun of Object.values(lists)) {
      const response = await ask({ method: 'GET', url: `/api/v1/${noun}` }, shop.apiKey);
      expect(response.json<{ items: { id: string }[] }>().items.map(({ id }) => id)).toEqual([ids[noun]]);
    }
  });

  it('shows another workspace nothing of it, on any route that reads', async () => {
    const secrets = [...Object.values(ids), EMAIL, 'gold-plan', 'secret segment', 'secret template', 'secret journey'];
    for (const route of readRoutes()) {
      const response = await ask(route, neighbour.apiKey);
      if (Object.values(ids).some((id) => route.url.includes(id))) {
        expect([route, response.statusCode]).toEqual([route, 404]);
      } else {
        expect([route, response.statusCode]).toEqual([route, 200]);
        for (const secret of secrets) expect(response.body).not.toContain(secret);
      }
    }
    const byEmail = await ask({ method: 'GET', url: `/api/v1/profiles?identifier=email:${EMAIL}` }, neighbour.apiKey);
    expect(byEmail.json()).toEqual({ items: [], nextCursor: null });
  });

  it('lets another workspace change nothing of it', async () => {
    const rows = async () => {
      const texts = ['profile', 'segment', 'journey', 'template', 'message'].map(
        (table) =>
          `select '${table}' as name, to_jsonb(t)::text as row from ${table} t where workspace_id = ${shop.workspaceId}`,
      );
      return (await services.postgres.query({ text: `${texts.join(' union all ')} order by 1, 2` })).rows;
    };
    const before = await rows();
    for (const route of routes.filter(({ method, url }) => method !== 'GET' && url.includes(':id')).map(concrete)) {
      const response = await ask(route, neighbour.apiKey, {});
      expect([400, 404], `${route.method} ${route.url} ${response.body}`).toContain(response.statusCode);
    }
    expect(await rows()).toEqual(before);
  });

  it('answers a malformed cursor, body or id with the field at fault, never with a fault of its own', async () => {
    const cursors = [['x'], [1, 2, 3, 4], [null], ['2026-13-99T99:99:99.999Z', 'x'], {}].map((key) =>
      Buffer.from(JSON.stringify(key)).toString('base64url'),
    );
    for (const route of readRoutes()) {
      for (const cursor of [...cursors, '%00', 'x']) {
        const response = await ask({ ...route, url: `${route.url}?cursor=${cursor}` }, shop.apiKey);
        expect([route.url, cursor, response.statusCode < 500]).toEqual([route.url, cursor, true]);
      }
      const response = await ask({ ...route, url: `${route.url}?limit=0` }, shop.apiKey);
      if (response.statusCode !== 200)
        expect(response.json()).toMatchObject({ code: 'invalid', errors: [{ field: 'limit' }] });
    }
    for (const { method, url } of routes) {
      if (method === 'GET') continue;
      for (const payload of [{}, { name: 1 }, { rule: [] }]) {
        expect(
          (await ask(concrete({ method, url }), neighbour.apiKey, payload)).statusCode,
          `${method} ${url}`,
        ).toBeLessThan(500);
      }
      const response = await app.inject({
        method,
        url: concrete({ method, url }).url,
        headers: { authorization: `Bearer ${neighbour.apiKey}`, 'content-type': 'application/json' },
        payload: '{"broken',
      });
      expect(response.statusCode, `${method} ${url}`).toBeLessThan(500);
    }
    for (const id of ['prf_x', '%00', 'seg_00000000000000000000000000000000', 'x'.repeat(3_000)]) {
      for (const { method, url } of routes.filter((route) => route.url.includes(':id'))) {
        const response = await ask(
          { method, url: url.replace(':id', id) },
          shop.apiKey,
          method === 'GET' ? undefined : {},
        );
        expect([400, 404], `${method} ${url} ${response.body}`).toContain(response.statusCode);
      }
    }
  });
});

describe('keys', () => {
  it('are kept as a hash: nobody who reads the table can use them', async () => {
    const { rows } = await services.postgres.query<{ row: string }>({ text: 'select t::text as row from api_key t' });
    const all = rows.map(({ row }) => row).join('\n');
    for (const { apiKey } of [shop, neighbour]) {
      expect(all).not.toContain(apiKey);
      expect(all).not.toContain(Buffer.from(apiKey).toString('hex'));
    }
  });

  it('that were revoked open nothing in a process that has not seen them', async () => {
    const { apiKey, workspaceId } = await addWorkspace('Revoked');
    const text = 'update api_key set revoked_at = now() where workspace_id = $1';
    await services.postgres.query({ text, values: [workspaceId] });
    expect((await ask({ method: 'GET', url: '/api/v1/profiles' }, apiKey)).statusCode).toBe(401);
  });

  it('of a workspace open only with the secret it was made with', async () => {
    const other = createKeyRing(services.postgres, randomBytes(32));
    await expect(other.keysOf(shop.workspaceId)).rejects.toThrow('SEGUE_SECRET');
    await expect(services.keysOf(shop.workspaceId)).resolves.toBeDefined();
    await expect(services.keysOf(999_999)).rejects.toThrow('no workspace');
  });
});
