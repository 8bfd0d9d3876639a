import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { propertyRuns } from '@segue/testkit/property-runs';
import { createContext, type Services } from '../../platform/context.ts';
import { deriveKey } from '../../platform/crypto/index.ts';
import {
  createEventLog,
  createLanes,
  decodeEvent,
  type Entry,
  eventlogMigrations,
  type EventBatch,
  inSubjects,
  type LoggedEvent,
  type Merge,
} from '../../platform/eventlog/index.ts';
import { httpMigrations } from '../../platform/http/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { unpackLines } from '../../platform/eventlog/block.ts';
import { createLogger } from '../../platform/logger/index.ts';
import { createTestDatabase, numberWorkspaces, serveRoutes } from '../../testkit/index.ts';
import { accountsMigrations } from '../accounts/index.ts';
import { profilesMigrations } from '../profiles/index.ts';
import {
  addressHash,
  consentMigrations,
  consentRoutes,
  consentStage,
  createPreferenceRoutes,
  ensureDefaultTopics,
  readPermissions,
  suppressAddress,
  unsubscribeUrl,
} from './index.ts';
import { refreshStates } from './refresh-states.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let services: Services;
let nowMs = Date.UTC(2026, 10, 22);
let workspaces = 0;

beforeAll(async () => {
  const migrations = [eventlogMigrations, httpMigrations, accountsMigrations, profilesMigrations, consentMigrations];
  database = await createTestDatabase(migrations.flat());
  await numberWorkspaces(database.postgres, 2_000);
  await createLanes(database.postgres);
  services = {
    postgres: database.postgres,
    history: undefined as never,
    clock: { now: () => nowMs, realDelayMs: () => 0 },
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

/** A fresh workspace with one profile and one address. */
async function createWorld() {
  const workspaceId = ++workspaces;
  await ensureDefaultTopics(services.postgres, workspaceId);
  const profileId = await createProfile(workspaceId);
  const hash = addressHash(keysOf(workspaceId), 'email', 'ada@example.com');
  const link = {
    workspaceId,
    profileId,
    node: { kind: 30, id: 7 },
    channel: 'email',
    addressHash: hash,
    topic: 'marketing',
    messageId: 'msg_1',
  };
  const path = new URL(unsubscribeUrl(keysOf(workspaceId), { ...link, publicUrl: 'https://mail.shop.example/' }))
    .pathname;
  const actor = { kind: 'system', name: 'test' } as const;
  const app = serveRoutes([consentRoutes, createPreferenceRoutes(services)], () =>
    createContext(services, workspaceId, actor),
  );
  const ask = async (topic = 'marketing', of = profileId) => {
    const question = { profileId: of, channel: 'email', topic, addressHash: hash };
    return (await readPermissions(services.postgres, workspaceId, [question])).get(question)!;
  };
  return { workspaceId, profileId, hash, path, app, ask };
}

async function createProfile(workspaceId: number): Promise<string> {
  const id = randomUUID();
  await services.postgres.query({
    text: 'insert into profile (workspace_id, id, created_at) values ($1, $2, now())',
    values: [workspaceId, id],
  });
  await inSubjects(services, { workspaceId, ids: [] }, async (batch) => void batch.create(id));
  return id;
}

interface Heard {
  readonly profileId: string;
  readonly name: string;
  readonly at: number;
  readonly properties: Record<string, string | boolean>;
  readonly id?: string;
  readonly type?: LoggedEvent['type'];
}

/** One batch through the stage, with merges decided in it; what was merged away is removed as identity does. */
async function hear(
  workspaceId: number,
  heard: readonly Heard[],
  merged: readonly [from: string, into: string][] = [],
): Promise<void> {
  const ids = [...heard.map((one) => one.profileId), ...merged.flat()];
  await inSubjects(services, { workspaceId, ids }, async (batch) => {
    const entries = heard.map((one): Entry => ({
      event: toEvent(workspaceId, one),
      subject: batch.subjects.get(one.profileId),
    }));
    const merges = merged.map(([from, into]): Merge => ({
      from: batch.subjects.get(from)!,
      into: batch.subjects.get(into)!,
    }));
    await consentStage.run(Object.assign(batch, { entries, merges }) satisfies EventBatch);
    for (const [from, into] of merged) {
      batch.remove(from);
      await batch.sql.query({
        text: 'update profile set merged_into = $3 where workspace_id = $1 and id = $2',
        values: [workspaceId, from, into],
      });
    }
  });
}

function toEvent(workspaceId: number, heard: Heard): LoggedEvent {
  return {
    workspaceId,
    id: heard.id ?? randomUUID(),
    type: heard.type ?? 'track',
    name: heard.name,
    occurredAt: heard.at,
    receivedAt: nowMs,
    nodes: [{ kind: 30, id: 7 }],
    sealed: '',
    payload: { properties: heard.properties },
    log: 0,
    lane: 0,
    seq: 1,
  };
}

const granted = { channel: 'email', topic: 'marketing', status: 'granted', source: 'checkout' };
const denied = { ...granted, status: 'denied' };
const update = (profileId: string, at: number, properties: Heard['properties']): Heard => ({
  profileId,
  name: 'Consent Updated',
  at,
  properties,
});

async function emittedNames(workspaceId: number): Promise<string[]> {
  const { rows } = await services.postgres.query<{ payload: Buffer }>({
    text: 'select payload from log_block where log = 1 order by lane, first_seq',
  });
  const events = rows
    .flatMap((row) => unpackLines(row.payload))
    .map((line) => decodeEvent(line, { log: 1, lane: 0, seq: 0 }));
  return events.filter((event) => event.workspaceId === workspaceId).map((event) => event.name);
}

describe('permission', () => {
  it('needs an opt-in for marketing and none for orders', async () => {
    const { ask } = await createWorld();
    expect((await ask('marketing')).decision).toEqual({ kind: 'unasked' });
    expect((await ask('never_defined')).decision).toEqual({ kind: 'unasked' });
    expect((await ask('transactional')).decision).toEqual({ kind: 'permitted', basis: 'no_opt_in_needed' });
  });

  it('follows the last word by its own time, not by its arrival', async () => {
    const { workspaceId, profileId, ask } = await createWorld();
    await hear(workspaceId, [update(profileId, 2_000, denied)]);
    await hear(workspaceId, [update(profileId, 1_000, granted)]);
    expect((await ask()).decision).toEqual({ kind: 'denied' });
    await hear(workspaceId, [update(profileId, 3_000, granted), update(profileId, 3_000, denied)]);
    expect((await ask()).decision).toEqual({ kind: 'denied' });
    await hear(workspaceId, [update(profileId, 3_001, granted)]);
    expect((await ask()).decision).toEqual({ kind: 'permitted', basis: 'consent' });
  });

  it('of another workspace is untouched', async () => {
    const mine = await createWorld();
    const other = await createWorld();
    await hear(mine.workspaceId, [update(mine.profileId, 1_000, granted)]);
    expect((await other.ask('marketing', mine.profileId)).decision).toEqual({ kind: 'unasked' });
  });

  it('that is kept is what the records and merges come to, whatever happens in whatever order', async () => {
    const said = fc.record({
      who: fc.nat(2),
      at: fc.integer({ min: 1, max: 4 }),
      /** Said now rather than long ago: after every merge so far. */
      isNow: fc.boolean(),
      isGrant: fc.boolean(),
      isConfirmed: fc.boolean(),
      mergeAfter: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(said, { maxLength: 7 }), fc.boolean(), async (words, isDouble) => {
        const { workspaceId, profileId, hash, ask } = await createWorld();
        await services.postgres.query({
          text: 'update consent_topic set double_opt_in = $2 where workspace_id = $1 and is_marketing',
          values: [workspaceId, isDouble],
        });
        const people = [profileId, await createProfile(workspaceId), await createProfile(workspaceId)];
        const merge = async (index: number): Promise<void> => {
          const from = people[index]!;
          if (index === 0 || from === profileId) return;
          nowMs += 1;
          await hear(workspaceId, [], [[from, profileId]]);
          people[index] = profileId;
        };
        const told = words.map((word) => ({ ...word }));
        for (const word of told) {
          nowMs += 1;
          if (word.isNow) word.at = nowMs;
          const properties = { ...(word.isGrant ? granted : denied), confirmed: word.isConfirmed, address_hash: hash };
          // Only Segue's own pages can say that a yes was confirmed.
          const type = word.isConfirmed ? 'internal' : 'track';
          const heard = { ...update(people[word.who]!, word.at, properties), id: randomUUID(), type } as const;
          await hear(workspaceId, [heard]);
          await hear(workspaceId, [heard]);
          if (word.mergeAfter) await merge(word.who);
        }
        await merge(1);
        await merge(2);
        const kept = await ask();
        await inSubjects(services, { workspaceId, ids: [profileId] }, (batch) =>
          refreshStates(batch.sql, workspaceId, [profileId]),
        );
        expect(await ask()).toEqual(kept);
        const counted = told.filter((word) => !word.isGrant || word.isConfirmed || !isDouble);
        const lastAt = Math.max(0, ...counted.map((word) => word.at));
        const hasLastWord = counted.some((word) => word.at === lastAt && !word.isGrant) || counted.length === 0;
        if (hasLastWord) expect(kept.decision.kind).not.toBe('permitted');
        const { rows } = await services.postgres.query<{ n: number }>({
          text: 'select count(*)::int as n from consent_record where workspace_id = $1 and profile_id = $2',
          values: [workspaceId, profileId],
        });
        expect(rows[0]!.n).toBe(words.length);
      }),
      { numRuns: propertyRuns(25) },
    );
  });

  it('is the most restrictive of both sides after a merge, until something is said after it', async () => {
    const { workspaceId, profileId, ask } = await createWorld();
    const [a, b] = [await createProfile(workspaceId), await createProfile(workspaceId)];
    await hear(workspaceId, [update(a, 1_000, granted), update(b, 2_000, denied)]);
    const chain = [
      [a, b],
      [b, profileId],
    ] as const;
    await hear(
      workspaceId,
      [update(a, 3_000, granted)],
      chain.map(([from, into]) => [from, into]),
    );
    expect((await ask()).decision).toEqual({ kind: 'denied' });
    await hear(workspaceId, [update(profileId, nowMs - 1, granted)]);
    expect((await ask()).decision).toEqual({ kind: 'denied' });
    nowMs += 1_000;
    await hear(workspaceId, [update(profileId, nowMs, granted)]);
    expect((await ask()).decision).toEqual({ kind: 'permitted', basis: 'consent' });
  });

  it('that was confirmed for one address is none for another', async () => {
    const { workspaceId, profileId, hash, ask } = await createWorld();
    await services.postgres.query({
      text: 'update consent_topic set double_opt_in = true where workspace_id = $1 and is_marketing',
      values: [workspaceId],
    });
    const confirmed = { ...granted, confirmed: true, address_hash: hash };
    await hear(workspaceId, [{ ...update(profileId, 1_000, confirmed), type: 'internal' }]);
    expect((await ask()).decision.kind).toBe('permitted');
    const other = addressHash(keysOf(workspaceId), 'email', 'other@example.com');
    const question = { profileId, channel: 'email', topic: 'marketing', addressHash: other };
    const answers = await readPermissions(services.postgres, workspaceId, [question]);
    expect(answers.get(question)!.decision).toEqual({ kind: 'unconfirmed' });
  });
});

describe('a one-click unsubscribe (RFC 8058)', () => {
  it('ends the topic at once: no confirmation, no redirect, no cookie; repeating it is harmless', async () => {
    const { workspaceId, profileId, path, app, ask } = await createWorld();
    await hear(workspaceId, [update(profileId, 1_000, granted)]);
    for (let turn = 0; turn < 2; turn++) {
      const reply = await app.inject({
        method: 'POST',
        url: path,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'List-Unsubscribe=One-Click',
      });
      expect(reply.statusCode).toBe(200);
      expect(reply.headers).not.toHaveProperty('set-cookie');
      expect(reply.headers).not.toHaveProperty('location');
    }
    expect((await ask()).decision).toEqual({ kind: 'denied' });
    expect((await ask('transactional')).decision.kind).toBe('permitted');
    expect(await emittedNames(workspaceId)).toEqual(['Unsubscribed', 'Unsubscribed']);
  });

  it('works whatever body the mailbox provider sends', async () => {
    const bodies: [string | undefined, string | undefined][] = [
      [
        'multipart/form-data; boundary=x',
        '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
      ],
      ['application/json', 'not json'],
      ['text/plain', ''],
      [undefined, undefined],
    ];
    for (const [type, body] of bodies) {
      const { path, app, ask } = await createWorld();
      const reply = await app.inject({
        method: 'POST',
        url: path,
        ...(type !== undefined && { headers: { 'content-type': type } }),
        ...(body !== undefined && { body }),
      });
      expect(reply.statusCode).toBe(200);
      expect((await ask()).decision).toEqual({ kind: 'denied' });
    }
  });

  it('reaches the profile the customer became, and her address when she is gone', async () => {
    const merged = await createWorld();
    const into = await createProfile(merged.workspaceId);
    await hear(merged.workspaceId, [update(into, 1_000, granted)], [[merged.profileId, into]]);
    expect((await merged.app.inject({ method: 'POST', url: merged.path })).statusCode).toBe(200);
    expect((await merged.ask('marketing', into)).decision).toEqual({ kind: 'denied' });
    const gone = await createWorld();
    await services.postgres.query({
      text: 'delete from subject_state where workspace_id = $1',
      values: [gone.workspaceId],
    });
    await services.postgres.query({ text: 'delete from profile where workspace_id = $1', values: [gone.workspaceId] });
    expect((await gone.app.inject({ method: 'POST', url: gone.path })).statusCode).toBe(200);
    expect((await gone.ask('transactional')).decision).toEqual({ kind: 'suppressed', reason: 'unsubscribe_all' });
  });

  it('changes nothing when the link is only looked at, or was tampered with', async () => {
    const { workspaceId, profileId, path, app, ask } = await createWorld();
    await hear(workspaceId, [update(profileId, 1_000, granted)]);
    const page = await app.inject({ method: 'GET', url: path });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('value="email:marketing" checked');
    expect((await app.inject({ method: 'HEAD', url: path })).statusCode).toBe(200);
    const tampered = `${path.slice(0, -4)}AAAA`;
    for (const url of [tampered, '/p/u/', '/p/u/x', `/p/u/${workspaceId}.e30.x`]) {
      expect((await app.inject({ method: 'POST', url })).statusCode).toBe(404);
    }
    expect((await ask()).decision.kind).toBe('permitted');
  });

  it('survives the event it makes being heard again by the stage', async () => {
    const { workspaceId, profileId, path, app } = await createWorld();
    await app.inject({ method: 'POST', url: path });
    const { rows } = await services.postgres.query<{ payload: Buffer }>({
      text: 'select payload from log_block where log = 1',
    });
    const events = rows
      .flatMap((row) => unpackLines(row.payload))
      .map((line) => decodeEvent(line, { log: 1, lane: 0, seq: 1 }));
    const own = events.find((event) => event.workspaceId === workspaceId)!;
    await hear(workspaceId, [
      {
        profileId,
        name: own.name,
        at: own.occurredAt,
        id: own.id,
        type: 'internal',
        properties: { channel: 'email', topic: 'marketing' },
      },
    ]);
    const { rows: records } = await services.postgres.query({
      text: 'select 1 from consent_record where workspace_id = $1',
      values: [workspaceId],
    });
    expect(records).toHaveLength(1);
  });
});

describe('the preference page', () => {
  it('takes the choice of topics as the last word', async () => {
    const { path, app, ask } = await createWorld();
    const form = path.replace('/p/u/', '/p/topics/');
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const on = await app.inject({
      method: 'POST',
      url: form,
      headers,
      body: 'action=save&choice=email:marketing&choice=email:transactional&choice=%3Cscript%3E',
    });
    expect(on.statusCode).toBe(200);
    expect(on.body).toContain('value="email:marketing" checked');
    expect((await ask()).decision).toEqual({ kind: 'permitted', basis: 'consent' });
    nowMs += 1_000;
    await app.inject({ method: 'POST', url: form, headers, body: 'action=save' });
    expect((await ask()).decision).toEqual({ kind: 'denied' });
  });

  it('stops everything, orders too; a topic wanted again lifts that but never a complaint', async () => {
    const { workspaceId, hash, path, app, ask } = await createWorld();
    const form = path.replace('/p/u/', '/p/topics/');
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const stopped = await app.inject({ method: 'POST', url: form, headers, body: 'action=stop' });
    expect(stopped.body).toMatch(/lets them through again(?![^]*(value="stop"|need to know about your orders))/);
    expect((await ask('transactional')).decision).toEqual({ kind: 'suppressed', reason: 'unsubscribe_all' });
    expect((await ask()).consent).toBe('denied');
    nowMs += 1_000;
    await app.inject({ method: 'POST', url: form, headers, body: 'action=save&choice=email:marketing' });
    expect((await ask()).decision).toEqual({ kind: 'permitted', basis: 'consent' });
    await suppressAddress(services.postgres, workspaceId, {
      suppression: { channel: 'email', addressHash: hash, reason: 'complaint', occurredAt: nowMs, source: 'receipt' },
      nowMs,
    });
    nowMs += 1_000;
    const kept = await app.inject({ method: 'POST', url: form, headers, body: 'action=save&choice=email:marketing' });
    expect((await ask()).decision).toEqual({ kind: 'suppressed', reason: 'complaint' });
    expect(kept.body).toContain('a choice below does not change that');
  });
});

describe('suppression', () => {
  it('holds for every profile with the address, however it is written, and is lifted by naming it', async () => {
    const { workspaceId, app, ask } = await createWorld();
    const other = await createProfile(workspaceId);
    const body = { channel: 'email', address: ' Ada@Example.com' };
    expect((await app.inject({ method: 'POST', url: '/api/v1/suppressions', body })).statusCode).toBe(204);
    expect((await app.inject({ method: 'POST', url: '/api/v1/suppressions', body })).statusCode).toBe(204);
    expect((await ask('transactional', other)).decision).toEqual({ kind: 'suppressed', reason: 'manual' });
    const list = (await app.inject({ method: 'GET', url: '/api/v1/suppressions' })).json<{
      items: object[];
      nextCursor: null;
    }>();
    expect(list).toMatchObject({ items: [{ channel: 'email', reason: 'manual' }], nextCursor: null });
    expect(JSON.stringify(list)).not.toContain('example.com');
    expect((await app.inject({ method: 'DELETE', url: '/api/v1/suppressions', body })).statusCode).toBe(204);
    expect((await ask('transactional', other)).decision.kind).toBe('permitted');
    expect(
      (await app.inject({ method: 'POST', url: '/api/v1/suppressions', body: { channel: 'sms', address: '12' } }))
        .statusCode,
    ).toBe(400);
  });

  it('lists each row once over pages', async () => {
    const { app } = await createWorld();
    for (let i = 0; i < 7; i++) {
      if (i % 3 === 0) nowMs += 1;
      const body = { channel: 'email', address: `p${i}@example.com` };
      await app.inject({ method: 'POST', url: '/api/v1/suppressions', body });
    }
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { items: { addressHash: string }[]; nextCursor: string | null } = (
        await app.inject({ method: 'GET', url: `/api/v1/suppressions?limit=2&cursor=${cursor}` })
      ).json();
      seen.push(...page.items.map((item) => item.addressHash));
      cursor = page.nextCursor;
    }
    expect(new Set(seen).size).toBe(7);
    expect(seen).toHaveLength(7);
  });

  it('follows a permanent bounce', async () => {
    const { workspaceId, profileId, hash, ask } = await createWorld();
    const bounce = { profileId, name: 'Email Bounced', at: 1_000, properties: { permanent: true, address_hash: hash } };
    await hear(workspaceId, [bounce]);
    expect((await ask('transactional')).decision.kind).toBe('permitted');
    await hear(workspaceId, [{ ...bounce, type: 'internal' }]);
    expect((await ask('transactional')).decision).toEqual({ kind: 'suppressed', reason: 'hard_bounce' });
  });
});

describe('consents by the API', () => {
  it('are kept with their proof, which the database does not show', async () => {
    const { profileId, app, ask, workspaceId } = await createWorld();
    const url = `/api/v1/profiles/${publicId('prf', profileId)}/consents`;
    const body = { ...granted, text: 'Yes please', ip: '203.0.113.9', occurredAt: '2026-11-01T10:00:00Z' };
    expect((await app.inject({ method: 'POST', url, body })).statusCode).toBe(204);
    expect((await ask()).decision.kind).toBe('permitted');
    const { items } = (await app.inject({ method: 'GET', url })).json<{ items: object[] }>();
    expect(items).toMatchObject([
      {
        channel: 'email',
        topic: 'marketing',
        status: 'granted',
        source: 'checkout',
        text: 'Yes please',
        ip: '203.0.113.9',
        occurredAt: '2026-11-01T10:00:00.000Z',
        isCurrent: true,
      },
    ]);
    const { rows } = await services.postgres.query<{ proof: Buffer }>({
      text: 'select proof from consent_record where workspace_id = $1',
      values: [workspaceId],
    });
    expect(rows[0]!.proof.includes('203.0.113.9')).toBe(false);
    expect(await emittedNames(workspaceId)).toEqual(['Consent Updated']);
  });

  it('are refused from the future, for nobody, and for a profile of another workspace', async () => {
    const { profileId, app } = await createWorld();
    const other = await createWorld();
    const post = (id: string, body: object) =>
      app.inject({ method: 'POST', url: `/api/v1/profiles/${id}/consents`, body });
    expect(
      (await post(publicId('prf', profileId), { ...granted, occurredAt: '2027-01-01T00:00:00Z' })).statusCode,
    ).toBe(400);
    expect((await post(publicId('prf', profileId), { ...granted, status: 'maybe' })).statusCode).toBe(400);
    expect((await post(publicId('prf', randomUUID()), granted)).statusCode).toBe(404);
    expect((await post(publicId('prf', other.profileId), granted)).statusCode).toBe(404);
    expect(
      (await app.inject({ method: 'GET', url: `/api/v1/profiles/${publicId('prf', other.profileId)}/consents` }))
        .statusCode,
    ).toBe(404);
  });
});
