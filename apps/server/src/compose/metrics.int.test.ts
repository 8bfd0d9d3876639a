import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVERY_SCOPE } from '@segue/contract';
import { createKeyRing, createWorkspace } from '../modules/accounts/index.ts';
import { ensureDefaultTopics } from '../modules/consent/index.ts';
import { createCommitter, runArchive } from '../modules/events/index.ts';
import { environment } from '../platform/config/config.ts';
import type { Services } from '../platform/context.ts';
import {
  applicationName,
  createEventLog,
  createLanes,
  LaneHold,
  runProcessor,
  type Stage,
} from '../platform/eventlog/index.ts';
import { createLogger } from '../platform/logger/index.ts';
import { createMetrics } from '../platform/metrics/index.ts';
import { openPostgres } from '../platform/postgres/index.ts';
import { createTestDatabase, createTestHistory, type TestDatabase, type TestHistory } from '../testkit/index.ts';
import { createAccounts } from './accounts.ts';
import { createHttp } from './http.ts';
import { historyMigrations, postgresMigrations } from './migrations.ts';
import { createStages } from './stages.ts';
import { watch } from './watch.ts';

const TOKEN = 'token-of-the-tests';
const SECRET = randomBytes(32);
const manual = readFileSync(join(import.meta.dirname, '../../../../docs/operating.md'), 'utf8');

let database: TestDatabase;
let history: TestHistory;
let services: Services;
let app: FastifyInstance;
let stopWatching: () => void;
let writeKey: string;
const processId = randomBytes(6).toString('hex');
const abort = new AbortController();
const running: Promise<void>[] = [];
const lines: string[] = [];

/** Fails for the event that says so: that one becomes a dead letter. */
const fragileStage: Stage = {
  name: 'fragile',
  run: async ({ entries }) => {
    if (entries.some(({ event }) => event.name === 'Poison')) throw new Error('poisoned');
  },
};

beforeAll(async () => {
  [database, history] = await Promise.all([
    createTestDatabase(postgresMigrations),
    createTestHistory(historyMigrations),
  ]);
  const postgres = openPostgres({ url: database.url, applicationName: applicationName(processId), maxConnections: 10 });
  await createLanes(postgres);
  const keyRing = createKeyRing(postgres, SECRET);
  services = {
    postgres,
    history: history.history,
    clock: { now: () => Date.now(), realDelayMs: () => 0 },
    logger: createLogger('info', { write: (line) => lines.push(line) }),
    log: createEventLog(),
    metrics: createMetrics(),
    keysOf: (id) => keyRing.keysOf(id),
  };
  const created = await postgres.transaction(async (sql) => {
    const workspace = await createWorkspace(sql, {
      name: 'Shop',
      secret: SECRET,
      nowMs: Date.now(),
      scopes: [EVERY_SCOPE],
    });
    await ensureDefaultTopics(sql, workspace.workspaceId);
    return workspace;
  });
  writeKey = created.writeKey;
  const committer = createCommitter(services);
  const accounts = createAccounts(services, keyRing, { secret: SECRET, publicUrl: 'http://127.0.0.1:4100' });
  app = createHttp({
    services,
    keyRing,
    accounts,
    committer,
    pageDir: '/nowhere',
    metricsToken: TOKEN,
    accessLog: true,
  });
  stopWatching = watch(services, { processId, roles: ['api', 'worker'] });
  await app.ready();
});

afterAll(async () => {
  abort.abort();
  await Promise.all(running);
  stopWatching();
  await app.close();
  await services.postgres.close();
  await Promise.all([database.drop(), history.drop()]);
});

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Every sample of the answer by its name. */
async function scrape(): Promise<Map<string, Sample[]>> {
  const answer = await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${TOKEN}` } });
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, expect.stringContaining('version=0.0.4')]);
  const samples = new Map<string, Sample[]>();
  for (const [, name, labels = '', value] of answer.body.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)) {
    const parsed = Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text]));
    samples.set(name!, [...(samples.get(name!) ?? []), [parsed, Number(value)]]);
  }
  return samples;
}

async function sum(name: string, wanted: Record<string, string> = {}): Promise<number> {
  const samples = (await scrape()).get(name) ?? [];
  const fits = ([labels]: Sample) => Object.entries(wanted).every(([key, value]) => labels[key] === value);
  return samples.filter(fits).reduce((total, [, value]) => total + value, 0);
}

const send = (batch: readonly object[], key = writeKey) =>
  app.inject({ method: 'POST', url: '/v1/batch?writeKeyHint=ada@example.com', payload: { writeKey: key, batch } });
const track = (messageId: string, event = 'Counted') => ({ type: 'track', userId: 'ada-lovelace', messageId, event });

describe('the metrics', () => {
  it('are those of the manual, no more and no fewer, and begin at nothing', async () => {
    const answer = await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${TOKEN}` } });
    const there = [...answer.body.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name).sort();
    const documented = [...manual.matchAll(/^\| `(segue_\w+)`/gm)].map(([, name]) => name).sort();
    expect(there).toEqual(documented);
    expect(await sum('segue_intake_events_total')).toBe(0);
  });

  it('are nobody’s without the token, wherever the caller seems to be', async () => {
    for (const authorization of [undefined, 'Bearer wrong', `Basic ${TOKEN}`, 'Bearer ']) {
      const headers = { host: 'localhost', ...(authorization !== undefined && { authorization }) };
      const answer = await app.inject({ url: '/metrics', headers, remoteAddress: '127.0.0.1' });
      expect(answer.statusCode).toBe(401);
      expect(answer.body).not.toContain('segue_log');
    }
  });

  it('say how many events came in, waited, were processed, archived and set aside', async () => {
    const events = Array.from({ length: 40 }, (_, n) => track(`m${n}`));
    expect((await send(events)).statusCode).toBe(200);
    await send([...events.slice(0, 5), { type: 'track', userId: 'ada-lovelace' }]);
    await send([track('poison', 'Poison')]);
    await send([track('x')], 'wk_wrong');
    await app.inject({
      method: 'POST',
      url: '/v1/batch',
      payload: 'no json',
      headers: { 'content-type': 'text/plain' },
    });
    expect(await sum('segue_intake_events_total', { outcome: 'accepted' })).toBe(41);
    expect(await sum('segue_intake_events_total', { outcome: 'duplicate' })).toBe(5);
    expect(await sum('segue_intake_events_total', { outcome: 'rejected' })).toBe(1);
    expect(await sum('segue_intake_requests_total', { status: '200' })).toBe(3);
    expect(await sum('segue_intake_requests_total', { status: '401' })).toBe(1);
    expect(await sum('segue_intake_requests_total', { status: '400' })).toBe(1);
    expect(await sum('segue_intake_commit_events_sum')).toBe(46);
    expect(await sum('segue_log_lag_events', { reader: 'processor', log: 'intake' })).toBe(41);
    expect(await sum('segue_log_lag_seconds', { reader: 'processor', log: 'intake' })).toBeGreaterThan(0);
    expect(await sum('segue_log_lanes_held')).toBe(0);

    const { signal } = abort;
    const hold = new LaneHold({ reader: 'processor', processId });
    running.push(
      runProcessor(services, { stages: [...createStages(services), fragileStage], hold, workers: 1, signal }),
      runArchive(services, { processId, signal }),
    );
    const behind = async (name: string) =>
      (await sum(name, { reader: 'processor' })) + (await sum(name, { reader: 'archive' }));
    while ((await behind('segue_log_lag_events')) > 0);
    expect(await behind('segue_log_lag_seconds')).toBe(0);
    expect(await sum('segue_log_lanes_held', { reader: 'processor' })).toBe(32);
    expect(await sum('segue_processor_dead_letters_total')).toBe(1);
    expect(await sum('segue_dead_letters')).toBe(1);
    const { rows } = await services.postgres.query<{ head: number }>({
      text: 'select sum(head)::int as head from log_lane',
    });
    expect(await sum('segue_processor_batch_events_sum')).toBe(rows[0]!.head - 1);
    expect(await sum('segue_archive_block_events_sum')).toBe(rows[0]!.head);
    const stages = (await scrape()).get('segue_processor_stage_duration_seconds_count')!.map(([{ stage }]) => stage);
    expect(stages.sort()).toEqual([...createStages(services), fragileStage].map(({ name }) => name).sort());
  });

  it('tell requests apart by their pattern, never by what they asked for', async () => {
    await app.inject({ url: '/api/v1/profiles/prf_01a2027bd6807629b78489426f6955a3' });
    await app.inject({ url: '/u/ada@example.com?x=1' });
    const { text } = { text: (await services.metrics!.text()).match(/^segue_http.*_count.*$/gm)!.join('\n') };
    expect(text).toMatch(/method="POST",route="\/v1\/[\w*]+",status="2xx"\} 3$/m);
    expect(text).toContain('route="/api/v1/profiles/:id",status="4xx"} 1');
    expect(text).not.toMatch(/prf_|ada/);
  });

  it('show the pool and the process, and answer though the database does not', async () => {
    expect(await sum('segue_postgres_connections')).toBeGreaterThan(0);
    expect(await sum('segue_process_memory_bytes', { kind: 'resident' })).toBeGreaterThan(10_000_000);
    expect(await sum('segue_process_info', { roles: 'api,worker', process: processId })).toBe(1);
    const lonely = createMetrics();
    const broken = {
      ...services,
      metrics: lonely,
      postgres: { ...services.postgres, query: () => Promise.reject(new Error('away')) },
    };
    watch(broken, { processId, roles: [] })();
    expect(await lonely.text()).toContain('segue_process_memory_bytes{kind="resident"}');
  });
});

describe('a request', () => {
  it('has an id: its own when that is sane, else one of ours; in the answer, in the problem and in the log', async () => {
    const given = await app.inject({ url: '/nowhere', headers: { 'x-request-id': 'trace-0af7651916cd43dd' } });
    expect(given.headers['x-request-id']).toBe('trace-0af7651916cd43dd');
    expect(given.json()).toMatchObject({ requestId: 'trace-0af7651916cd43dd' });
    for (const bad of ['short', 'ada@example.com', 'x'.repeat(101), 'two words']) {
      const answer = await app.inject({ url: '/nowhere', headers: { 'x-request-id': bad } });
      expect(answer.headers['x-request-id']).toMatch(/^req_\w{13,}$/);
      expect(answer.json<{ requestId: string }>().requestId).toBe(answer.headers['x-request-id']);
    }
    const logged = lines.map((line) => JSON.parse(line) as { message: string; fields: Record<string, unknown> });
    expect(logged).toContainEqual(
      expect.objectContaining({
        level: 'info',
        message: 'a request was answered',
        fields: {
          requestId: 'trace-0af7651916cd43dd',
          method: 'GET',
          route: 'none',
          status: 404,
          ms: expect.any(Number) as number,
        },
      }),
    );
  });

  it('leaves neither query, address, key nor body in the log', () => {
    const all = lines.join('\n');
    expect(all).toContain('"route":"/v1/');
    for (const trace of ['ada-lovelace', 'ada@', 'writeKeyHint', writeKey, 'wk_wrong', 'no json', '127.0.0.1'])
      expect(all).not.toContain(trace);
  });
});

describe('the manual', () => {
  it('names every variable of the environment, and none that is not there', () => {
    const documented = [...manual.matchAll(/^\| `(SEGUE_\w+)`/gm)].map(([, name]) => name);
    expect(documented.sort()).toEqual(Object.keys(environment.shape).sort());
  });

  it('names their defaults', () => {
    const documented = new Map(
      [...manual.matchAll(/^\| `(SEGUE_\w+)` \| ([^|]+) \|/gm)].map(([, name, text]) => [name!, text!]),
    );
    for (const [name, value] of Object.entries(environment.parse({}))) {
      if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
      expect([name, documented.get(name)]).toEqual([name, expect.stringContaining(`\`${String(value)}\``)]);
    }
  });
});
