import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction, replayDeadLetters, type Stage } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { requirePublicId } from '../../../platform/ids/index.ts';
import { addWorkspace } from '../testing/second-workspace.ts';
import { API_KEY, createEngines, type Engines, openWorld, trackEvent, type World } from '../testing/world.ts';
import { addKey, auditedActions, call, sourceIdOf } from '../testing/source-world.ts';

let engines: Engines;
let world: World;
let source: string;
/** Names no stage can process just now. */
const poisonous = new Set<string>();
/** How often each message id went through, as a transaction that committed says. */
const poison: Stage = {
  name: 'poison',
  async run(batch) {
    const bad = batch.entries.find(({ event }) => poisonous.has(event.name));
    if (bad !== undefined) throw new TypeError(`cannot process ${bad.event.name}`);
    const ids = batch.entries.filter(({ event }) => event.type === 'track').map(({ event }) => event.id);
    await batch.sql.query({ text: 'insert into went_through select unnest($1::text[])', values: [ids] });
  },
};
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  await world.services.postgres.query({ text: 'create table went_through (id text)' });
  source = await sourceIdOf(world);
  world.work([poison]);
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

const list = async (query = '', key = API_KEY) =>
  (await call(world, { method: 'GET', path: `/api/v1/dead-letters${query}`, key })).body['items'] as JsonObject[];
const passages = async (id: string) => {
  const { rowCount } = await world.services.postgres.query({
    text: 'select from went_through where id = $1',
    values: [id],
  });
  return rowCount;
};

/** Makes dead letters of fresh events of this name; answers their message ids. */
async function bury(name: string, count: number): Promise<string[]> {
  const events = Array.from({ length: count }, () =>
    trackEvent({ event: name, properties: { total: 7, email: 'ada@example.com' } }),
  );
  poisonous.add(name);
  await world.send(events);
  await world.settle();
  poisonous.delete(name);
  return events.map(({ messageId }) => messageId as string);
}

describe('a dead letter', () => {
  it('tells what failed and why; personal values stay sealed, whoever asks', async () => {
    const [id] = await bury('Told', 1);
    const [letter] = await list('?name=Told');
    expect(letter).toMatchObject({
      sourceId: source,
      type: 'track',
      name: 'Told',
      error: 'TypeError: cannot process Told',
      failures: 1,
    });
    const { body } = await call(world, { method: 'GET', path: `/api/v1/dead-letters/${String(letter!['id'])}` });
    expect(body['event']).toMatchObject({ messageId: id, properties: { total: 7 } });
    expect(JSON.stringify(body)).not.toContain('ada@example.com');
  });

  it('is processed once when it is replayed, under the message id it came with, and is in the history once', async () => {
    const [id] = await bury('Once', 1);
    const [letter] = await list('?name=Once');
    const path = `/api/v1/dead-letters/${String(letter!['id'])}/replay`;
    expect((await call(world, { method: 'POST', path })).body).toMatchObject({ replayed: 1 });
    await world.settle();
    expect(await list('?name=Once')).toEqual([]);
    expect(await passages(id!)).toBe(1);
    expect(await world.count(`event where message_id = '${id}'`)).toBe(1);
    const { body } = await call(world, { method: 'GET', path: `/api/v1/sources/${source}/events` });
    expect((body['items'] as JsonObject[]).find(({ name }) => name === 'Once')).toMatchObject({ count: 1 });
    expect((await call(world, { method: 'POST', path })).status).toBe(404);
  });

  it('is processed once however many ask at once', async () => {
    const ids = await bury('Raced', 5);
    const path = '/api/v1/dead-letters/replay';
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => call(world, { method: 'POST', path, body: { name: 'Raced' } })),
    );
    expect(answers.reduce((sum, { body }) => sum + Number(body['replayed']), 0)).toBe(5);
    await world.settle();
    for (const id of ids) expect(await passages(id)).toBe(1);
  });

  it('is neither lost nor doubled when the connection dies after the event was appended and before the commit', async () => {
    const [id] = await bury('Killed', 1);
    const [letter] = await list('?name=Killed');
    const uuid = requirePublicId('ddl', letter!['id'] as string);
    const dying = inTransaction(world.ctx, async (ctx) => {
      await replayDeadLetters(ctx, { id: uuid, filter: {} });
      ctx.beforeCommit(async () => {
        const { rows } = await ctx.sql.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' });
        await world.services.postgres.query({ text: 'select pg_terminate_backend($1)', values: [rows[0]!.pid] });
        await ctx.sql.query({ text: 'select 1' });
      });
    });
    await expect(dying).rejects.toThrow();
    await world.settle();
    expect(await list('?name=Killed')).toHaveLength(1);
    expect(await passages(id!)).toBe(0);
    await call(world, { method: 'POST', path: `/api/v1/dead-letters/${String(letter!['id'])}/replay` });
    await world.settle();
    expect(await passages(id!)).toBe(1);
    expect(await world.count(`event where message_id = '${id}'`)).toBe(1);
  });

  it('locks no lane before its transaction ends: whoever holds the audit chain and emits never waits for it', async () => {
    const [id] = await bury('Locked', 1);
    await inTransaction(world.ctx, async (ctx) => {
      expect(await replayDeadLetters(ctx, { filter: { name: 'Locked' } })).toHaveLength(1);
      await world.services.postgres.transaction(async (sql) => {
        await sql.query({ text: `set local lock_timeout = '10s'` });
        await sql.query({ text: 'select from log_lane order by log, lane for update' });
      });
    });
    await world.settle();
    expect(await passages(id!)).toBe(1);
  });

  it('that fails again is a dead letter again, and its failures add up', async () => {
    const [id] = await bury('Stubborn', 1);
    poisonous.add('Stubborn');
    for (const failures of [2, 3]) {
      const [letter] = await list('?name=Stubborn');
      await call(world, { method: 'POST', path: `/api/v1/dead-letters/${String(letter!['id'])}/replay` });
      await world.settle();
      expect(await list('?name=Stubborn')).toMatchObject([{ failures }]);
    }
    poisonous.delete('Stubborn');
    await call(world, { method: 'POST', path: '/api/v1/dead-letters/replay', body: { name: 'Stubborn' } });
    await world.settle();
    expect(await passages(id!)).toBe(1);
    expect(await world.count(`event where message_id = '${id}'`)).toBe(1);
  });

  it('that is discarded is gone, and its event stays in the history', async () => {
    const [id] = await bury('Discarded', 1);
    const [letter] = await list('?name=Discarded');
    const path = `/api/v1/dead-letters/${String(letter!['id'])}`;
    expect((await call(world, { method: 'DELETE', path })).status).toBe(204);
    expect((await call(world, { method: 'DELETE', path })).status).toBe(404);
    await world.settle();
    expect(await list('?name=Discarded')).toEqual([]);
    expect(await passages(id!)).toBe(0);
    expect(await world.count(`event where message_id = '${id}'`)).toBe(1);
  });

  it('is replayed only where the filter matches, and by those who may', async () => {
    await bury('Kept', 1);
    await bury('Taken', 2);
    const reader = await addKey(world, ['events:read']);
    const path = '/api/v1/dead-letters/replay';
    expect((await call(world, { method: 'POST', path, body: {}, key: reader })).status).toBe(403);
    const neighbour = await addWorkspace(world);
    expect(await list('', neighbour.apiKey)).toEqual([]);
    expect((await call(world, { method: 'POST', path, body: {}, key: neighbour.apiKey })).body).toEqual({
      replayed: 0,
      remaining: 0,
    });
    const [kept] = await list('?name=Kept');
    for (const [method, end] of [
      ['POST', '/replay'],
      ['DELETE', ''],
      ['GET', ''],
    ] as const) {
      const theirs = `/api/v1/dead-letters/${String(kept!['id'])}${end}`;
      expect((await call(world, { method, path: theirs, key: neighbour.apiKey })).status).toBe(404);
    }
    const taken = await call(world, { method: 'POST', path, body: { name: 'Taken', type: 'track', sourceId: source } });
    expect(taken.body).toEqual({ replayed: 2, remaining: 0 });
    await world.settle();
    expect(await list('?name=Kept')).toHaveLength(1);
  });

  it('is paged newest first without a gap or a repeat', async () => {
    await bury('Paged', 8);
    const all = (await list('?name=Paged')).map(({ id }) => id);
    const seen: unknown[] = [];
    for (let cursor: unknown = ''; cursor !== null;) {
      const path = `/api/v1/dead-letters?name=Paged&limit=3&cursor=${String(cursor)}`;
      const { body } = await call(world, { method: 'GET', path });
      seen.push(...(body['items'] as JsonObject[]).map(({ id }) => id));
      cursor = body['nextCursor'];
    }
    expect(seen).toEqual(all);
    expect(new Set(seen).size).toBe(8);
  });

  it('keeps its id and its place in the list when it is taken again and fails again: no page skips or repeats it', async () => {
    await bury('Moving', 6);
    const page = async (cursor: unknown) => {
      const path = `/api/v1/dead-letters?name=Moving&limit=2&cursor=${String(cursor)}`;
      return (await call(world, { method: 'GET', path })).body as JsonObject & { items: JsonObject[] };
    };
    const all = (await list('?name=Moving')).map(({ id }) => id);
    const first = await page('');
    poisonous.add('Moving');
    const path = '/api/v1/dead-letters/replay';
    expect((await call(world, { method: 'POST', path, body: { name: 'Moving' } })).body).toMatchObject({ replayed: 6 });
    await world.settle();
    const second = await page(first['nextCursor']);
    expect(second.items.map(({ failures }) => failures)).toEqual([2, 2]);
    const third = await page(second['nextCursor']);
    poisonous.delete('Moving');
    expect([...first.items, ...second.items, ...third.items].map(({ id }) => id)).toEqual(all);
    expect(third['nextCursor']).toBeNull();
    expect((await list('?name=Moving')).map(({ id }) => id)).toEqual(all);
  });

  it('leaves a trace of everybody who replayed or discarded one', async () => {
    const actions = await auditedActions(world);
    expect(new Set(actions.filter((action) => action.startsWith('dead_letter')))).toEqual(
      new Set(['dead_letter.replayed', 'dead_letters.replayed', 'dead_letter.discarded']),
    );
  });
});
