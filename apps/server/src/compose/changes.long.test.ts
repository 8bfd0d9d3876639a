import type { OperationId, Problem } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVERY_SCOPE } from '@segue/contract';
import { forgetIdempotencyKeys } from '../platform/http/index.ts';
import { type ApiWorld, endpointOf, NOW, openApiWorld } from './testing/api-world.ts';
import { EXAMPLES } from './testing/examples.data.ts';
import { furnishShop } from './testing/furnish-shop.ts';
import { EMAIL, PERSONAL, type Shop } from './testing/shop.ts';

let world: ApiWorld;
let shop: Shop;

beforeAll(async () => {
  world = await openApiWorld();
  shop = await furnishShop(world, await world.addWorkspace('Shop'));
});
afterAll(() => world.close());

interface AuditRow {
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly action: string;
  readonly subject: string | null;
  readonly ip: string | null;
  readonly row: string;
}

async function auditRows(workspaceId: number): Promise<AuditRow[]> {
  const { rows } = await world.services.postgres.query<AuditRow>({
    text: `select actor_kind, actor_id, action, subject, ip, to_jsonb(a)::text as row from audit_entry a
           where workspace_id = $1 order by action`,
    values: [workspaceId],
  });
  return rows;
}

async function keyIdOf(workspaceId: number): Promise<string> {
  const { rows } = await world.services.postgres.query<{ id: string }>({
    text: `select id from api_key where workspace_id = $1 and name = 'First key'`,
    values: [workspaceId],
  });
  return rows[0]!.id;
}

async function keptKeys(): Promise<{ key: string; row: string }[]> {
  const { rows } = await world.services.postgres.query<{ key: string; row: string }>({
    text: `select key, encode(coalesce(body, ''), 'escape') || to_jsonb(k)::text as row from idempotency_key k
           where workspace_id = $1`,
    values: [shop.workspaceId],
  });
  return rows;
}

/** The words of an action are of the glossary: noun and past verb. */
const ACTION = /^[a-z_]+\.[a-z_]+$/;

/** What makes two things at once says so of each. */
const BESIDE: Partial<Record<OperationId, readonly string[]>> = {
  createSource: ['source.created', 'write_key.created'],
};

describe('every change', () => {
  it('leaves one audit entry that says who did what to what, and nothing personal or secret', async () => {
    const keyId = await keyIdOf(shop.workspaceId);
    for (const id of world.changes) {
      const example = await EXAMPLES[id](shop);
      const before = await auditRows(shop.workspaceId);
      const answer = await world.ask(id, shop.apiKey, example, { 'idempotency-key': shop.word() });
      expect([id, answer.status, answer.text]).toEqual([id, endpointOf(id).status ?? 200, expect.any(String)]);
      const known = new Set(before.map(({ row }) => row));
      const entries = (await auditRows(shop.workspaceId)).filter(({ row }) => !known.has(row));
      const by = example.headers === undefined ? { actor_kind: 'apiKey', actor_id: keyId } : { actor_kind: 'member' };
      expect([id, entries.map(({ action }) => action)]).toEqual([id, BESIDE[id] ?? [expect.stringMatching(ACTION)]]);
      for (const entry of entries) {
        expect([id, entry]).toEqual([id, expect.objectContaining({ ...by, ip: '127.0.0.1' })]);
        const isOfOneThing = Object.keys(example.params ?? {}).length > 0;
        expect([id, entry.subject]).toEqual([id, isOfOneThing ? expect.any(String) : entry.subject]);
      }
      const row = entries.map((entry) => entry.row).join();
      for (const secret of [...PERSONAL, 'whsec_', 'sk_', 'wk_']) expect([id, row]).not.toContain(secret);
    }
  });

  it('that is repeated under its key answers the same bytes, says so, and does nothing again', async () => {
    for (const id of world.changes) {
      const example = await EXAMPLES[id](shop);
      const key = { 'idempotency-key': shop.word() };
      const first = await world.ask(id, shop.apiKey, example, key);
      await world.settle();
      const before = await world.rowsOf(shop.workspaceId);
      const again = await world.ask(id, shop.apiKey, example, key);
      await world.settle();
      expect([id, again.status, again.text]).toEqual([id, first.status, first.text]);
      expect([id, first.headers['idempotent-replayed'], again.headers['idempotent-replayed']]).toEqual([
        id,
        undefined,
        'true',
      ]);
      expect([id, await world.rowsOf(shop.workspaceId)]).toEqual([id, before]);
    }
  }, 120_000);

  it('under a key that was used for another is refused, and not made', async () => {
    for (const id of world.changes) {
      const key = { 'idempotency-key': shop.word() };
      const example = await EXAMPLES[id](shop);
      await world.ask(id, shop.apiKey, example, key);
      const other = { ...example, body: { cap: { limit: 9, windowMs: 9_000 } } };
      const answer = await world.ask('updateSendPolicy', shop.apiKey, { ...other, query: {} }, key);
      expect([id, answer.status]).toEqual([id, 409]);
      expect(answer.json<Problem>()).toMatchObject({ code: 'conflict', errors: [{ field: 'Idempotency-Key' }] });
    }
    expect((await shop.call<{ cap: { limit: number } }>('getSendPolicy')).cap.limit).not.toBe(9);
  });
});

describe('an idempotency key', () => {
  const segment = (name: string) => ({ body: { name, rule: { trait: 'plan', op: 'equals', value: 'x' } } });
  const create = (name: string, key: string, apiKey = shop.apiKey) =>
    world.ask('createSegment', apiKey, segment(name), { 'idempotency-key': key });
  const countSegments = async (name: string) => {
    const { items } = await shop.call<{ items: { name: string }[] }>('listSegments', { query: { limit: '500' } });
    return items.filter((item) => item.name === name).length;
  };

  it('is of one body: another is refused with the header at fault, and not done', async () => {
    const [name, other, key] = [shop.word(), shop.word(), shop.word()];
    expect((await create(name, key)).status).toBe(201);
    const answer = await create(other, key);
    expect(answer.status).toBe(409);
    expect(answer.json<Problem>().errors).toEqual([
      { field: 'Idempotency-Key', message: 'send a new key with a new request, the old one to repeat the old' },
    ]);
    expect(await countSegments(other)).toBe(0);
  });

  it('is not used up by a call that failed: once the fault is mended, it is done', async () => {
    const [taken, key] = [shop.word(), shop.word()];
    const { id } = await shop.call('createSegment', segment(taken));
    expect((await create(taken, key)).status).toBe(409);
    expect((await keptKeys()).some((kept) => kept.key.endsWith(` ${key}`))).toBe(false);
    await shop.call('archiveSegment', { params: { id } });
    const answer = await create(taken, key);
    expect([answer.status, answer.headers['idempotent-replayed']]).toEqual([201, undefined]);
  });

  it('used by many at once does it once, and all get the one answer', async () => {
    const [name, key] = [shop.word(), shop.word()];
    const answers = await Promise.all(Array.from({ length: 6 }, () => create(name, key)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined)).toHaveLength(1);
    expect(await countSegments(name)).toBe(1);
  });

  it('is its caller’s own: another caller with the same key is served for himself', async () => {
    const key = shop.word();
    const created = await shop.call<{ key: string }>('createApiKey', {
      body: { name: 'Another caller', scopes: [EVERY_SCOPE] },
    });
    const [mine, his] = [await create(shop.word(), key), await create(shop.word(), key, created.key)];
    expect([mine.status, his.status, his.headers['idempotent-replayed']]).toEqual([201, 201, undefined]);
    expect(his.json<{ id: string }>().id).not.toBe(mine.json<{ id: string }>().id);
    const { profileId, templateId } = shop;
    const send = (apiKey: string) => {
      const body = { profileId, templateId, topic: 'marketing' };
      return world.ask('sendMessage', apiKey, { body }, { 'idempotency-key': 'order-1' });
    };
    const messages = [await send(shop.apiKey), await send(created.key)].map((one) => one.json<{ id: string }>().id);
    expect(new Set(messages).size).toBe(2);
  });

  it('keeps its answer sealed', async () => {
    const name = `sealed${shop.word()}`;
    await create(name, shop.word());
    await shop.call('createTemplate', { body: { name: EMAIL, subject: name, html: '<p>x</p>' } });
    const kept = (await keptKeys()).map(({ row }) => row).join('\n');
    for (const text of [name, Buffer.from(name).toString('hex'), EMAIL, '"id"']) expect(kept).not.toContain(text);
  });

  it.each([['with spaces'], ['ünicode'], ['x'.repeat(201)]])('is refused when it is "%s"', async (key) => {
    const name = shop.word();
    const answer = await create(
      name,
      encodeURI(key) === key || key.length > 200 ? key : Buffer.from(key).toString('latin1'),
    );
    expect(answer.status).toBe(400);
    expect(answer.json<Problem>().errors).toMatchObject([{ field: 'Idempotency-Key' }]);
    expect(await countSegments(name)).toBe(0);
  });

  it('is forgotten after two days, not before', async () => {
    const [name, key] = [shop.word(), shop.word()];
    await create(name, key);
    const at = (nowMs: number) => ({ ...world.services, clock: { ...world.services.clock, now: () => nowMs } });
    const isKept = async () => (await keptKeys()).some((kept) => kept.key.endsWith(` ${key}`));
    await forgetIdempotencyKeys(at(NOW + 48 * 3_600_000));
    expect(await isKept()).toBe(true);
    expect(await forgetIdempotencyKeys(at(NOW + 48 * 3_600_000 + 1))).toBeGreaterThan(0);
    expect(await isKept()).toBe(false);
    expect((await create(name, key)).status).toBe(409);
  });
});

describe('the audit', () => {
  it('has every action of a workspace, none of another', async () => {
    const neighbour = await furnishShop(world, await world.addWorkspace('Neighbour'));
    const own = await auditRows(neighbour.workspaceId);
    expect(own.map(({ action }) => action)).toEqual(expect.arrayContaining(['segment.created', 'message.queued']));
    const subjects = new Set(own.map(({ subject }) => subject));
    expect((await auditRows(shop.workspaceId)).some(({ subject }) => subject !== null && subjects.has(subject))).toBe(
      false,
    );
  });

  it('has nothing of a change that was refused', async () => {
    const before = await auditRows(shop.workspaceId);
    const refused: OperationId[] = ['createSegment', 'createTemplate', 'createJourney', 'sendMessage', 'recordConsent'];
    for (const id of refused) await world.ask(id, shop.apiKey, { params: { id: shop.profileId }, body: {} });
    expect(await auditRows(shop.workspaceId)).toEqual(before);
  });
});
