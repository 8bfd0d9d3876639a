import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import { createServer as createHttpListener } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspace } from '../../modules/accounts/index.ts';
import { createLanes } from '../../platform/eventlog/index.ts';
import { createTestDatabase, createTestHistory, makeTempFolder, withPostgres } from '../../testkit/index.ts';
import type { TestDatabase, TestHistory } from '../../testkit/index.ts';
import { historyMigrations, postgresMigrations } from '../migrations.ts';
import type { Finding } from './finding.ts';
import { type DoctorOptions, runDoctor } from './run-doctor.ts';

const SECRET = 'the secret of this installation';
const NOW = Date.now();

let folder: ReturnType<typeof makeTempFolder>;
let database: TestDatabase;
let history: TestHistory;
let env: Record<string, string>;
const listening: NetServer[] = [];

async function setUp(migrated: boolean): Promise<void> {
  [database, history] = await Promise.all([
    createTestDatabase(migrated ? postgresMigrations : []),
    createTestHistory(migrated ? historyMigrations : []),
  ]);
  env = {
    SEGUE_DATA_DIR: folder.path,
    SEGUE_PORT: String(await closedPort()),
    SEGUE_POSTGRES_URL: database.url,
    SEGUE_CLICKHOUSE_URL: `${history.url.replace(/\/$/, '')}/${history.database}`,
    SEGUE_SECRET: SECRET,
  };
  if (!migrated) return;
  await createLanes(database.postgres);
  await database.postgres.transaction((sql) =>
    createWorkspace(sql, {
      name: 'Shop',
      secret: createHash('sha256').update(SECRET).digest(),
      nowMs: NOW,
      scopes: [],
    }),
  );
}

beforeEach(() => {
  folder = makeTempFolder();
});

afterEach(async () => {
  for (const server of listening.splice(0)) server.close();
  await Promise.all([database?.drop(), history?.drop()]);
  folder.remove();
});

async function diagnose(changes: Record<string, string> = {}, options: DoctorOptions = {}): Promise<Finding[]> {
  return runDoctor({ ...options, env: { ...env, ...changes } });
}

const find = (findings: readonly Finding[], name: string) => findings.find((finding) => finding.name === name);

async function listen(server: NetServer): Promise<number> {
  listening.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A Segue that says this of its health. */
const healthServer = (health: object) =>
  listen(createHttpListener((_request, response) => void response.end(JSON.stringify(health))));

/** A mail server that greets so and then agrees to everything. */
const mailServer = (greeting: string) =>
  listen(
    createServer((socket) => {
      socket.on('error', () => {});
      socket.write(`${greeting}\r\n`);
      socket.on('data', () => socket.write('250 yes\r\n'));
    }),
  );

describe('the doctor', () => {
  it('finds nothing wrong before the first start, and leaves no trace', async () => {
    await setUp(false);
    const tables = async () => [
      (await database.postgres.query({ text: `select tablename from pg_tables where schemaname = 'public'` })).rows,
      await history.history.query({ sql: 'select name from system.tables where database = currentDatabase()' }),
    ];
    const before = await tables();
    const findings = await diagnose({ SEGUE_SMTP_URL: `smtp://127.0.0.1:${await mailServer('220 mail')}` });
    expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(find(findings, 'migrations')).toMatchObject({
      status: 'ok',
      text: expect.stringMatching(/none yet/) as string,
    });
    expect(find(findings, 'secret')).toMatchObject({ status: 'ok' });
    expect(await tables()).toEqual(before);
  });

  it('finds nothing wrong with an installation that is well, running or not', async () => {
    await setUp(true);
    const port = await healthServer({ status: 'ok', accepting: true, history: true });
    for (const changes of [{}, { SEGUE_PORT: String(port) }]) {
      const findings = await diagnose(changes, { isDemo: true });
      const unwell = findings.filter(({ name, status }) => status !== 'ok' && name !== 'PostgreSQL');
      // The embedded engine of the tests runs without fsync, which it says; one of one's own does not.
      const { status, text } = find(findings, 'PostgreSQL')!;
      expect(status === 'ok' || /fsync is off/.test(text)).toBe(true);
      expect(unwell).toEqual([]);
      expect(find(findings, 'secret')).toMatchObject({ text: 'it opens this data' });
    }
  });

  it('says what to do about everything that is not well', async () => {
    await setUp(true);
    const findings = await diagnose({ SEGUE_SECRET: 'some other secret text', SEGUE_SMTP_URL: 'smtp://127.0.0.1:1' });
    const unwell = findings.filter(({ status }) => status !== 'ok');
    expect(unwell.length).toBeGreaterThan(2);
    expect(unwell.filter(({ remedy }) => remedy === undefined)).toEqual([]);
  });

  it('names every wrong variable and stops there', async () => {
    await setUp(false);
    const findings = await diagnose({ SEGUE_PORT: 'many', SEGUE_SMTP_URL: 'mail.example' });
    expect(findings.map(({ name, status }) => [name, status])).toEqual([
      ['environment', 'fail'],
      ['environment', 'fail'],
    ]);
    expect(findings.map(({ text }) => text.split(':')[0]).sort()).toEqual(['SEGUE_PORT', 'SEGUE_SMTP_URL']);
  });

  it('notices engines that do not answer', async () => {
    await setUp(false);
    const closed = await closedPort();
    const findings = await diagnose({
      SEGUE_POSTGRES_URL: `postgres://u:p@127.0.0.1:${closed}/x`,
      SEGUE_CLICKHOUSE_URL: `http://127.0.0.1:${closed}/x`,
    });
    expect(find(findings, 'PostgreSQL')).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/ECONNREFUSED/) as string,
    });
    expect(find(findings, 'ClickHouse')).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/ECONNREFUSED/) as string,
    });
  });

  it('notices a user who may not make tables', async () => {
    await setUp(false);
    const role = `limited_${randomBytes(4).toString('hex')}`;
    await database.postgres.query({ text: `create role ${role} login password 'x'` });
    await database.postgres.query({ text: 'revoke create on schema public from public' });
    const url = new URL(database.url);
    const limited = /^postgres(?:ql)?:\/\/[^@/]*@/.test(database.url)
      ? database.url.replace(/\/\/[^@/]*@/, `//${role}:x@`)
      : `${url.protocol}//${role}:x@${url.host}${url.pathname}${url.search}`;
    const findings = await diagnose({ SEGUE_POSTGRES_URL: limited });
    expect(find(findings, 'PostgreSQL rights')).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/permission denied/) as string,
    });
    await database.drop();
    await withPostgres(database.url.replace(/\/[^/?]*(\?|$)/, '/postgres$1'), (sql) =>
      sql.query({ text: `drop role ${role}` }),
    );
    database = await createTestDatabase();
  });

  it('notices migrations that are to come, are from another version, or were edited', async () => {
    await setUp(true);
    const sql = database.postgres;
    await sql.query({ text: `delete from segue_migration where id = (select max(id) from segue_migration)` });
    expect(find(await diagnose(), 'migrations')).toMatchObject({
      status: 'warn',
      text: expect.stringMatching(/^1 to come/) as string,
    });
    await sql.query({
      text: `update segue_migration set checksum = 'x' where id = (select min(id) from segue_migration)`,
    });
    expect(find(await diagnose(), 'migrations')).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/was edited/) as string,
    });
    await sql.query({ text: `insert into segue_migration (id, checksum) values ('29990101T0000_from-tomorrow', 'x')` });
    expect(find(await diagnose(), 'migrations')).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/from-tomorrow/) as string,
    });
  });

  it('notices a secret that is missing, is another, or lies open', async () => {
    await setUp(true);
    expect(find(await diagnose({ SEGUE_SECRET: 'some other secret text' }), 'secret')).toMatchObject({
      status: 'fail',
      text: 'this data was sealed with another secret',
    });
    expect(find(await diagnose({ SEGUE_SECRET: '' }), 'secret')).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/none here/) as string,
    });
    const file = join(folder.path, 'secret');
    writeFileSync(file, createHash('sha256').update(SECRET).digest('hex'));
    chmodSync(file, 0o644);
    const findings = await diagnose({ SEGUE_SECRET: '' });
    expect(find(findings, 'secret')).toMatchObject({
      status: 'warn',
      text: expect.stringMatching(/lies only here/) as string,
    });
    expect(find(findings, 'data folder')).toMatchObject({
      status: 'warn',
      text: expect.stringMatching(/can be read by others/) as string,
    });
  });

  it('notices a clock that differs from the database’s', async () => {
    await setUp(false);
    const at = (skewMs: number) => ({ now: () => Date.now() + skewMs, realDelayMs: () => 0 });
    expect(find(await diagnose({}, { clock: at(60_000) }), 'clock')).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/ahead/) as string,
    });
    expect(find(await diagnose({}, { clock: at(-5_000) }), 'clock')).toMatchObject({
      status: 'warn',
      text: expect.stringMatching(/behind/) as string,
    });
    expect(find(await diagnose(), 'clock')).toMatchObject({ status: 'ok' });
  });

  it('notices a mail server that is away, refuses, or is none', async () => {
    await setUp(false);
    const mail = async (port: number) =>
      find(await diagnose({ SEGUE_SMTP_URL: `smtp://127.0.0.1:${port}` }), 'mail server');
    expect(await mail(await mailServer('220 mail.example'))).toMatchObject({ status: 'ok' });
    expect(await mail(await mailServer('554 go away'))).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/554/) as string,
    });
    expect(await mail(await closedPort())).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/ECONNREFUSED/) as string,
    });
    expect(find(await diagnose(), 'mail server')).toMatchObject({ status: 'warn' });
    expect(find(await diagnose({ SEGUE_ROLES: 'api' }), 'mail server')).toMatchObject({ status: 'ok' });
  });

  it('tells a free port, a running Segue, an unwell one and a stranger apart', async () => {
    await setUp(false);
    const judge = async (port: number) => find(await diagnose({ SEGUE_PORT: String(port) }), `port ${port}`);
    expect(await judge(await closedPort())).toMatchObject({ status: 'ok', text: 'free' });
    expect(await judge(await healthServer({ status: 'ok', accepting: true, history: true }))).toMatchObject({
      status: 'ok',
    });
    expect(await judge(await healthServer({ status: 'ok', accepting: true, history: false }))).toMatchObject({
      status: 'warn',
    });
    expect(await judge(await healthServer({ status: 'draining', accepting: false, history: true }))).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/draining/) as string,
    });
    expect(await judge(await healthServer({ hello: 'I am something else' }))).toMatchObject({ status: 'fail' });
  });

  it('follows the public URL', async () => {
    await setUp(false);
    const running = await healthServer({ status: 'ok', accepting: true, history: true });
    const stranger = await healthServer({});
    const judge = async (publicUrl: string, port = running) =>
      find(await diagnose({ SEGUE_PUBLIC_URL: publicUrl, SEGUE_PORT: String(port) }), 'public URL');
    expect(await judge('https://shop.example/segue')).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/has a path/) as string,
    });
    // Every address of 127/8 is loopback to the system, and "0.0.0.0" leads there by another name.
    expect(await judge(`http://0.0.0.0:${running}`)).toMatchObject({
      status: 'warn',
      text: expect.stringMatching(/not encrypted/) as string,
    });
    expect(await judge(`http://0.0.0.0:${stranger}`)).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/does not lead/) as string,
    });
    expect(await judge('https://shop.example', await closedPort())).toMatchObject({
      status: 'ok',
      text: expect.stringMatching(/not running/) as string,
    });
    const local = { SEGUE_SMTP_URL: 'smtp://127.0.0.1:1', SEGUE_PORT: String(running) };
    expect(find(await diagnose(local), 'public URL')).toMatchObject({
      status: 'warn',
      text: expect.stringMatching(/links in mail/) as string,
    });
  });

  it('notices readers that do not get on, dead letters, stuck back-fills and stuck sends', async () => {
    await setUp(true);
    const sql = database.postgres;
    const { rows } = await sql.query<{ id: number }>({ text: 'select id from workspace' });
    const workspaceId = rows[0]!.id;
    await sql.query({
      text: `update log_lane set head = 3 where log = 0 and lane = 5`,
    });
    await sql.query({
      text: `insert into log_block (log, lane, first_seq, n, committed_at, payload)
             values (0, 5, 1, 3, now() - interval '20 minutes', '')`,
    });
    await sql.query({
      text: `insert into log_dead_letter (reader, log, lane, seq, workspace_id, line, error)
             values ('processor', 0, 1, 1, $1, '[]', 'x')`,
      values: [workspaceId],
    });
    await sql.query({
      text: `insert into segment (workspace_id, id, name, rule, status, created_at)
             values ($1, gen_random_uuid(), 'slow', '{}', 'filling', now() - interval '2 hours')`,
      values: [workspaceId],
    });
    const findings = await diagnose();
    expect(find(findings, 'reader processor')).toMatchObject({
      status: 'warn',
      text: '3 events behind, the oldest for 1200 s; no worker runs',
    });
    await sql.query({ text: `insert into server_process (id) values ('one')` });
    expect(find(await diagnose(), 'reader processor')).toMatchObject({ status: 'fail' });
    expect(find(findings, 'dead letters')).toMatchObject({
      status: 'warn',
      text: expect.stringMatching(/^1 events/) as string,
    });
    expect(find(findings, 'back-fills')).toMatchObject({
      status: 'warn',
      text: expect.stringMatching(/^1 segments/) as string,
    });
    expect(find(findings, 'sends')).toMatchObject({ status: 'ok' });
  });
});
