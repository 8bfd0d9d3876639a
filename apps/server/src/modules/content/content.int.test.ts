import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext, type Services } from '../../platform/context.ts';
import { deriveKey } from '../../platform/crypto/index.ts';
import {
  createEventLog,
  createLanes,
  decodeEvent,
  eventlogMigrations,
  type LoggedEvent,
} from '../../platform/eventlog/index.ts';
import { unpackLines } from '../../platform/eventlog/block.ts';
import { httpMigrations } from '../../platform/http/index.ts';
import { parsePublicId } from '../../platform/ids/index.ts';
import { createLogger } from '../../platform/logger/index.ts';
import { createTestDatabase, numberWorkspaces, serveRoutes } from '../../testkit/index.ts';
import { accountsMigrations } from '../accounts/index.ts';
import { consentMigrations } from '../consent/index.ts';
import { profilesMigrations } from '../profiles/index.ts';
import {
  contentMigrations,
  createTracker,
  createTrackingRoutes,
  currentTemplateVersion,
  loadTemplateVersions,
  templateRoutes,
} from './index.ts';
import { createVersionLoader } from './load-versions.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let services: Services;
let workspaces = 0;

beforeAll(async () => {
  const migrations = [
    eventlogMigrations,
    httpMigrations,
    accountsMigrations,
    profilesMigrations,
    consentMigrations,
    contentMigrations,
  ];
  database = await createTestDatabase(migrations.flat());
  await numberWorkspaces(database.postgres, 200);
  await createLanes(database.postgres);
  services = {
    postgres: database.postgres,
    history: undefined as never,
    clock: { now: () => Date.UTC(2026, 10, 22), realDelayMs: () => 0 },
    logger: createLogger('silent'),
    log: createEventLog(),
    keysOf: async (id) => keysOf(id),
  };
});
afterAll(() => database.drop());

function keysOf(workspaceId: number) {
  const root = Buffer.alloc(32, workspaceId % 256);
  return { wrapping: deriveKey(root, 'wrap'), blind: deriveKey(root, 'blind'), signing: deriveKey(root, 'sign') };
}

function createWorld(given: Services = services) {
  const workspaceId = ++workspaces;
  const app = serveRoutes([templateRoutes, createTrackingRoutes(given)], () =>
    createContext(given, workspaceId, { kind: 'system', name: 'test' }),
  );
  const message = {
    workspaceId,
    profileId: randomUUID(),
    node: { kind: 30, id: 7 },
    messageId: 'msg_1',
    journeyId: 'jrn_1',
    runId: 'run_1',
    templateId: 'tpl_1',
  };
  const tracker = createTracker(keysOf(workspaceId), { publicUrl: 'https://m.example/', message });
  const pathOf = (url: string) => new URL(url).pathname;
  return { workspaceId, app, message, tracker, pathOf };
}

async function emitted(workspaceId: number): Promise<LoggedEvent[]> {
  const { rows } = await services.postgres.query<{ payload: Buffer }>({
    text: 'select payload from log_block where log = 1 order by lane, first_seq',
  });
  const events = rows
    .flatMap((row) => unpackLines(row.payload))
    .map((line) => decodeEvent(line, { log: 1, lane: 0, seq: 0 }));
  return events.filter((event) => event.workspaceId === workspaceId);
}

const mail = {
  name: 'Cart',
  subject: 'Hi {{ profile.firstName | default: "there" }}',
  html: '<p>{{ total | money: "EUR" }}</p>',
};

describe('a tracked link', () => {
  it('goes on to its address and becomes an event without the query', async () => {
    const { workspaceId, app, message, tracker, pathOf } = createWorld();
    const url = `https://shop.example/cart?token=${'x'.repeat(3_000)}`;
    const reply = await app.inject({ method: 'GET', url: pathOf(tracker.trackUrl(url)) });
    expect(reply.statusCode).toBe(302);
    expect(reply.headers.location).toBe(url);
    const [event] = await emitted(workspaceId);
    expect(event).toMatchObject({
      name: 'Email Link Clicked',
      type: 'internal',
      nodes: [message.node],
      payload: {
        properties: {
          ...{ message_id: 'msg_1', journey_id: 'jrn_1', run_id: 'run_1', template_id: 'tpl_1' },
          url: 'https://shop.example/cart',
        },
      },
    });
  });

  it('leads nowhere but to an address we signed for this purpose', async () => {
    const { workspaceId, app, tracker, pathOf } = createWorld();
    const other = createWorld();
    const link = pathOf(tracker.trackUrl('https://shop.example/'));
    const pixel = pathOf(tracker.openPixelUrl).replace('/t/o/', '/t/c/').replace('.gif', '');
    const evil = Buffer.from(JSON.stringify([1, 'p', 30, 7, 'msg_1', '', '', 'https://evil.example/'])).toString(
      'base64url',
    );
    const forged = link.replace(/\.[^.]+\./, `.${evil}.`);
    const foreign = link.replace(/\/t\/c\/\d+/, `/t/c/${other.workspaceId}`);
    for (const url of [
      `${link.slice(0, -4)}AAAA`,
      pixel,
      forged,
      foreign,
      '/t/c/',
      '/t/c/https://evil.example/',
      '/t/c/1.e30.e30',
    ]) {
      expect((await app.inject({ method: 'GET', url })).statusCode, url).toBe(404);
    }
    expect(await emitted(workspaceId)).toEqual([]);
  });

  it('is not made of what is no web address, nor of our own pages', () => {
    const { tracker } = createWorld();
    for (const url of [
      'mailto:a@b.example',
      'javascript:alert(1)',
      '/relative',
      'https://',
      'https://m.example/p/u/1.a.b',
    ]) {
      expect(tracker.trackUrl(url)).toBe(url);
    }
  });

  it('is no click when it is only probed', async () => {
    const { workspaceId, app, tracker, pathOf } = createWorld();
    const reply = await app.inject({ method: 'HEAD', url: pathOf(tracker.trackUrl('https://shop.example/')) });
    expect(reply.statusCode).toBe(302);
    expect((await app.inject({ method: 'HEAD', url: pathOf(tracker.openPixelUrl) })).statusCode).toBe(200);
    expect((await emitted(workspaceId)).map((event) => [event.name, event.payload.properties?.reason])).toEqual([
      ['Email Link Followed By Machine', 'head'],
      ['Email Opened By Machine', 'head'],
    ]);
  });

  it('goes on when the database fails, and when it does not answer', async () => {
    const failing = { ...services.postgres, transaction: () => Promise.reject(new Error('down')) };
    const hanging = { ...services.postgres, transaction: () => new Promise<never>(() => undefined) };
    for (const postgres of [failing, hanging]) {
      const { app, tracker, pathOf } = createWorld({ ...services, postgres });
      expect(
        (await app.inject({ method: 'GET', url: pathOf(tracker.trackUrl('https://shop.example/x')) })).headers.location,
      ).toBe('https://shop.example/x');
    }
  });
});

describe('the open pixel', () => {
  it('is an image nobody keeps, and becomes an event', async () => {
    const { workspaceId, app, tracker, pathOf } = createWorld();
    const reply = await app.inject({ method: 'GET', url: pathOf(tracker.openPixelUrl) });
    expect(reply.headers).toMatchObject({ 'content-type': 'image/gif', 'cache-control': 'no-store, private' });
    expect(reply.rawPayload.subarray(0, 6).toString()).toBe('GIF89a');
    expect(await emitted(workspaceId)).toMatchObject([
      { name: 'Email Opened', payload: { properties: { message_id: 'msg_1' } } },
    ]);
  });
});

describe('templates', () => {
  it('keep every version: a changed content makes a new one, the same content none', async () => {
    const { workspaceId, app } = createWorld();
    const created = (await app.inject({ method: 'POST', url: '/api/v1/templates', body: mail })).json<{
      id: string;
      version: number;
    }>();
    expect(created).toMatchObject({ version: 1, name: 'Cart', channel: 'email', text: null });
    const id = parsePublicId('tpl', created.id)!;
    const first = (await currentTemplateVersion(services.postgres, workspaceId, [id])).get(id)!;
    const url = `/api/v1/templates/${created.id}`;
    expect((await app.inject({ method: 'PUT', url, body: mail })).json()).toMatchObject({ version: 1 });
    expect((await app.inject({ method: 'PUT', url, body: { ...mail, subject: 'New' } })).json()).toMatchObject({
      version: 2,
      subject: 'New',
    });
    const second = (await currentTemplateVersion(services.postgres, workspaceId, [id, randomUUID()])).get(id)!;
    const versions = await loadTemplateVersions(services.postgres, workspaceId, [first, second, second, randomUUID()]);
    expect([...versions.values()].map(({ number, content }) => [number, content.subject])).toEqual(
      expect.arrayContaining([
        [1, mail.subject],
        [2, 'New'],
      ]),
    );
    expect(versions.size).toBe(2);
    await expect(
      services.postgres.query({
        text: `update template_version set number = 9 where workspace_id = $1`,
        values: [workspaceId],
      }),
    ).rejects.toThrow('never changes');
  });

  it('changed by two members at once keep both versions', async () => {
    const { app } = createWorld();
    const { id } = (await app.inject({ method: 'POST', url: '/api/v1/templates', body: mail })).json<{ id: string }>();
    const replies = await Promise.all(
      ['A', 'B', 'C'].map((subject) =>
        app.inject({ method: 'PUT', url: `/api/v1/templates/${id}`, body: { ...mail, subject } }),
      ),
    );
    expect(replies.map((reply) => reply.json<{ version: number }>().version).toSorted((a, b) => a - b)).toEqual([
      2, 3, 4,
    ]);
  });

  it('are refused with line and remedy when they could not be sent', async () => {
    const { app } = createWorld();
    const reply = await app.inject({
      method: 'POST',
      url: '/api/v1/templates',
      body: { ...mail, html: '<p>\n{{ x | shout }}' },
    });
    expect(reply.statusCode).toBe(400);
    expect(reply.json()).toMatchObject({
      errors: [{ field: 'html', message: expect.stringMatching(/^line 2: undefined filter: shout; use one of/) }],
    });
    expect(
      (await app.inject({ method: 'POST', url: '/api/v1/templates', body: { ...mail, subject: ' ' } })).statusCode,
    ).toBe(400);
    expect(
      (await app.inject({ method: 'POST', url: '/api/v1/templates', body: { ...mail, html: 'a\u0000b' } })).statusCode,
    ).toBe(400);
  });

  it('are previewed with given variables', async () => {
    const { app } = createWorld();
    const { id } = (await app.inject({ method: 'POST', url: '/api/v1/templates', body: mail })).json<{ id: string }>();
    const reply = await app.inject({
      method: 'POST',
      url: `/api/v1/templates/${id}/preview`,
      body: { variables: { total: 12, profile: { firstName: 'Ada' } } },
    });
    expect(reply.json()).toMatchObject({
      subject: 'Hi Ada',
      html: '<p>€12.00</p>',
      text: '€12.00',
      variables: { used: ['profile.firstName', 'total'], missing: [] },
    });
    expect((await app.inject({ method: 'POST', url: `/api/v1/templates/${id}/preview` })).json()).toMatchObject({
      subject: 'Hi there',
    });
  });

  it('of another workspace do not exist', async () => {
    const mine = createWorld();
    const other = createWorld();
    const { id } = (await mine.app.inject({ method: 'POST', url: '/api/v1/templates', body: mail })).json<{
      id: string;
    }>();
    const uuid = parsePublicId('tpl', id)!;
    const version = (await currentTemplateVersion(services.postgres, mine.workspaceId, [uuid])).get(uuid)!;
    await loadTemplateVersions(services.postgres, mine.workspaceId, [version]);
    const calls = [
      { method: 'GET', url: `/api/v1/templates/${id}` },
      { method: 'PUT', url: `/api/v1/templates/${id}`, body: mail },
      { method: 'POST', url: `/api/v1/templates/${id}/preview`, body: {} },
    ] as const;
    for (const call of calls) expect((await other.app.inject(call)).statusCode).toBe(404);
    expect((await other.app.inject({ method: 'GET', url: '/api/v1/templates' })).json()).toEqual({
      items: [],
      nextCursor: null,
    });
    expect((await loadTemplateVersions(services.postgres, other.workspaceId, [version])).size).toBe(0);
  });

  it('are listed each once over pages, and remembered within bounds', async () => {
    const { workspaceId, app } = createWorld();
    for (let i = 0; i < 5; i++)
      await app.inject({ method: 'POST', url: '/api/v1/templates', body: { ...mail, name: `N${i}` } });
    const ids: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { items: { id: string }[]; nextCursor: string | null } = (
        await app.inject({ method: 'GET', url: `/api/v1/templates?limit=2&cursor=${cursor}` })
      ).json();
      ids.push(...page.items.map((item) => item.id));
      cursor = page.nextCursor;
    }
    expect(new Set(ids).size).toBe(5);
    const uuids = ids.map((id) => parsePublicId('tpl', id)!);
    const versions = [...(await currentTemplateVersion(services.postgres, workspaceId, uuids)).values()];
    const load = createVersionLoader(2);
    expect((await load(services.postgres, workspaceId, versions)).size).toBe(5);
    expect((await load(services.postgres, workspaceId, versions)).size).toBe(5);
  });
});
