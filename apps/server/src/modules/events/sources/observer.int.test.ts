import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  appendLines,
  applicationName,
  encodeEvent,
  INTAKE_LOG,
  LaneHold,
  readRuns,
} from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { createTestClock } from '../../../testkit/index.ts';
import { addWorkspace } from '../testing/second-workspace.ts';
import { createEngines, type Engines, NOW, openWorld, trackEvent, type World, WRITE_KEY } from '../testing/world.ts';
import { KINDS_PER_SOURCE_MAX, Observer } from './observer.ts';
import { auditedActions, call, sourceIdOf, until } from '../testing/source-world.ts';

const HOUR_MS = 3_600_000;
let engines: Engines;
beforeAll(async () => {
  engines = await createEngines();
});
afterAll(() => engines.drop());

it('passes an event by that it can never write down, says so, and counts all others', async () => {
  const own = await createEngines();
  const world = await openWorld(own);
  const plant = (name: string, n: number) =>
    encodeEvent({
      ...{ workspaceId: world.ctx.workspaceId, id: `p${n}`, type: 'track', name, occurredAt: NOW, receivedAt: NOW },
      ...{ nodes: [], sealed: '', payload: { source: 1, properties: { n } } },
    });
  const names = Array.from({ length: 30 }, (_, n) => (n === 17 ? 'Vie\u0000wed' : 'Viewed'));
  await world.services.postgres.transaction((sql) =>
    appendLines(sql, INTAKE_LOG, { lines: new Map([[3, names.map(plant)]]) }),
  );
  world.work();
  await world.settle();
  const observed = async () => {
    const text = 'select name, count from observed_event';
    return (await world.services.postgres.query<{ name: string; count: number }>({ text })).rows;
  };
  await until(async () => (await observed())[0]?.count === 29, 'observing all others');
  expect(await observed()).toEqual([{ name: 'Viewed', count: 29 }]);
  const isLoud = () => world.logs.some((line) => /^a reader passed an event by.*reader: 'observer'/s.test(line));
  await until(async () => isLoud(), 'saying so');
  await world.close();
  await own.drop();
});

describe('the observer', () => {
  const clock = createTestClock(NOW);
  let world: World;
  let source: string;
  beforeAll(async () => {
    world = await openWorld(engines, { clock });
    source = await sourceIdOf(world);
    world.work();
  });
  afterAll(() => world.close());

  const get = async (path: string, key?: string) =>
    (await call(world, { method: 'GET', path, ...(key === undefined ? {} : { key }) })).body as JsonObject & {
      items: JsonObject[];
    };
  const order = (properties: JsonObject) => trackEvent({ event: 'Order Completed', properties });

  it('says of a source that it waits, and within seconds of its first event that it receives', async () => {
    expect(await get(`/api/v1/sources/${source}/health`)).toMatchObject({
      status: 'waiting',
      firstEventAt: null,
      lastEventAt: null,
      events: 0,
    });
    await world.send([trackEvent()]);
    await until(
      async () => (await get(`/api/v1/sources/${source}/health`))['status'] === 'receiving',
      'seeing the first event',
    );
    expect(await get(`/api/v1/sources/${source}/health`)).toMatchObject({
      firstEventAt: new Date(NOW).toISOString(),
      events: 1,
    });
  });

  it('knows names, fields and types of what a source sends, and counts each event once', async () => {
    await world.send([
      ...Array.from({ length: 30 }, () => order({ total: 10, products: [{ sku: 'a' }, { sku: 'b', price: 3 }] })),
      { type: 'identify', userId: 'ada', traits: { plan: 'gold', email: 'ada@example.com' } },
    ]);
    await world.settle();
    const { items } = await get(`/api/v1/sources/${source}/events`);
    expect(items.map(({ type, name, count }) => [type, name, count])).toEqual([
      ['identify', '', 1],
      ['track', 'Order Completed', 30],
      ['track', 'Product Viewed', 1],
    ]);
    const schema = await get(`/api/v1/sources/${source}/event-schema?type=track&name=Order%20Completed`);
    expect((schema['fields'] as JsonObject[]).map(({ path }) => path)).toEqual([
      'properties.products',
      'properties.products[]',
      'properties.products[].price',
      'properties.products[].sku',
      'properties.total',
    ]);
    const identify = await get(`/api/v1/sources/${source}/event-schema?type=identify`);
    expect(JSON.stringify(identify)).not.toContain('email');
  });

  it('tells a new field and a new type once, until somebody says it is known', async () => {
    await world.send(Array.from({ length: 40 }, () => order({ total: 10, products: [] })));
    await world.settle();
    expect((await get('/api/v1/event-drifts')).items).toEqual([]);
    clock.advance(1_000);
    for (let i = 0; i < 2; i++) {
      await world.send([order({ total: '10', gift: true })]);
      await world.settle();
    }
    const { items } = await get(`/api/v1/event-drifts?sourceId=${source}&acknowledged=false`);
    expect(items.map(({ kind, path, jsonType }) => [kind, path, jsonType]).sort()).toEqual([
      ['new_field', 'properties.gift', null],
      ['new_type', 'properties.total', 'string'],
    ]);
    const path = `/api/v1/event-drifts/${String(items[0]!['id'])}/acknowledge`;
    const first = await call(world, { method: 'POST', path });
    expect(first.body).toMatchObject({ acknowledgedAt: new Date(clock.now()).toISOString() });
    expect((await call(world, { method: 'POST', path })).body).toEqual(first.body);
    expect((await get('/api/v1/event-drifts?acknowledged=false')).items).toHaveLength(1);
    expect(await auditedActions(world)).toEqual(['drift.acknowledged']);
  });

  it('goes on whatever long names of events and fields come', async () => {
    // Three bytes each, and nothing in it that could be compressed.
    const text = (length: number) => {
      const bytes = randomBytes(2 * length);
      return Array.from({ length }, (_, n) => String.fromCharCode(0x4e00 + (bytes.readUInt16LE(2 * n) % 0x5000))).join(
        '',
      );
    };
    const event = text(512);
    const start = 'a'.repeat(59);
    const [one, two, three, four] = [text(100), text(100), text(100), text(100)] as const;
    await world.send(Array.from({ length: 51 }, () => trackEvent({ event, properties: {} })));
    await world.settle();
    // Cut in the midst of a character, the first two would be the same to the database.
    const properties = {
      [`${start}\u{1F600}`]: 1,
      [`${start}\u{1D11E}`]: 1,
      [one]: { [two]: { [three]: { [four]: 1 } } },
    };
    await world.send([trackEvent({ event, properties })]);
    await world.send([trackEvent({ event, properties: { [one]: { [two]: { [three]: { [four]: 'x' } } } } })]);
    await world.settle();
    const drifts = (await get('/api/v1/event-drifts')).items.filter(({ name }) => name === event);
    const kept = [one, two, three, four].map((key) => key.slice(0, 60));
    expect(drifts.map(({ kind, path }) => `${String(kind)} ${String(path)}`).sort()).toEqual(
      [
        `new_field properties.${start}\u{1F600}`,
        `new_field properties.${start}\u{1D11E}`,
        `new_field properties.${kept[0]!}`,
        `new_type properties.${kept.join('.')}`,
      ].sort(),
    );
  });

  it('tells when a steady field is gone, and when it is back', async () => {
    const gone = async () => (await get('/api/v1/event-drifts')).items.filter(({ kind }) => kind === 'vanished_field');
    await world.send(Array.from({ length: 101 }, () => order({ total: 10 })));
    await world.settle();
    expect(await gone()).toMatchObject([{ path: 'properties.products', endedAt: null }]);
    await world.send([order({ total: 10, products: [] })]);
    await world.settle();
    expect(await gone()).toMatchObject([{ path: 'properties.products', endedAt: expect.any(String) as string }]);
  });

  it('keeps what a neighbour sends to the neighbour', async () => {
    const neighbour = await addWorkspace(world);
    const theirs = await sourceIdOf(world, neighbour.writeKey);
    await world.post('/v1/batch', { writeKey: neighbour.writeKey, batch: [trackEvent({ event: 'Theirs' })] });
    await world.settle();
    expect((await get(`/api/v1/sources/${theirs}/events`, neighbour.apiKey)).items).toMatchObject([{ name: 'Theirs' }]);
    expect(JSON.stringify(await get(`/api/v1/sources/${source}/events`))).not.toContain('Theirs');
    for (const path of ['health', 'events', 'event-counts', 'event-schema?type=track&name=Theirs']) {
      expect((await call(world, { method: 'GET', path: `/api/v1/sources/${theirs}/${path}` })).status).toBe(404);
    }
    expect((await get('/api/v1/event-drifts', neighbour.apiKey)).items).toEqual([]);
    const [own] = (await get('/api/v1/event-drifts')).items;
    const path = `/api/v1/event-drifts/${String(own!['id'])}/acknowledge`;
    expect((await call(world, { method: 'POST', path, key: neighbour.apiKey })).status).toBe(404);
  });

  it('agrees with the history on how many events of each name came, hour by hour', async () => {
    clock.advance(2 * HOUR_MS);
    await world.send([order({ total: 1 }), order({ total: 2 }), trackEvent()]);
    await world.settle();
    const { items } = await get(`/api/v1/sources/${source}/event-counts?unit=hour`);
    const observed = (await get(`/api/v1/sources/${source}/events`)).items;
    for (const { type, name, count } of observed) {
      const hours = items.filter((item) => item['type'] === type && item['name'] === name);
      expect(hours.reduce((sum, item) => sum + Number(item['count']), 0)).toBe(count);
    }
    expect(items.filter(({ name }) => name === 'Order Completed')).toHaveLength(2);
  });

  it('shows which touchpoints of the shop are tracked, broken and absent, with the field and the remedy', async () => {
    await world.post('/v1/batch', {
      writeKey: WRITE_KEY,
      batch: [trackEvent({ event: 'Products Searched', properties: 'chairs' as never })],
    });
    await until(
      async () => Number((await get(`/api/v1/sources/${source}/health`))['rejectedLastHour']) > 0,
      'counting',
    );
    const { items } = await get('/api/v1/touchpoints');
    const of = (key: string) => items.find((item) => item['key'] === key)!;
    expect(of('search')).toMatchObject({
      state: 'broken',
      faults: [{ sourceId: source, field: 'properties', remedy: '1 refused in a day: must be an object' }],
    });
    expect(of('order')).toMatchObject({ state: 'broken', evidence: [{ sourceId: source, name: 'Order Completed' }] });
    expect((of('order')['faults'] as JsonObject[]).map(({ field }) => field)).toEqual([
      'order_id',
      'currency',
      'total',
    ]);
    expect(of('identify')['state']).toBe('tracked');
    expect(of('whatsapp')['state']).toBe('absent');
  });

  it('counts the kinds beyond its bound for the source alone', async () => {
    const before = Number((await get(`/api/v1/sources/${source}/health`))['events']);
    for (let i = 0; i < 2; i++) {
      await world.send(Array.from({ length: 400 }, (_, n) => trackEvent({ event: `Clicked ${i} ${n}` })));
    }
    await world.settle();
    const { rows } = await world.services.postgres.query<{ n: number }>({
      text: 'select count(*)::int as n from observed_event where workspace_id = $1',
      values: [world.ctx.workspaceId],
    });
    expect(rows[0]!.n).toBe(KINDS_PER_SOURCE_MAX);
    expect(await get(`/api/v1/sources/${source}/health`)).toMatchObject({ events: before + 800 });
  });
});

describe('two observers', () => {
  it('count each event once, though one dies between a block and its cursor and the other goes on', async () => {
    const own = await createEngines();
    const [first, second] = await Promise.all([openWorld(own), openWorld(own)]);
    const workspaceId = first.ctx.workspaceId;
    const events = Array.from({ length: 90 }, (_, n) => ({
      ...{ workspaceId, id: `e${n}`, type: 'track' as const, name: 'Viewed', occurredAt: NOW, receivedAt: NOW },
      ...{ nodes: [], sealed: '', payload: { source: 1, properties: { n } } },
    }));
    const lines = new Map([0, 1, 2].map((lane) => [lane, events.filter((_, n) => n % 3 === lane).map(encodeEvent)]));
    await first.services.postgres.transaction((sql) => appendLines(sql, INTAKE_LOG, { lines }));

    const holdOf = async (world: World) => {
      const hold = new LaneHold({ reader: 'observer', processId: world.processId });
      await hold.renew(world.services, true);
      const next = () => readRuns(world.services, hold.leases, { eventsMax: 1_000, fromDatabase: true });
      return { hold, next, observer: new Observer(world.services, world.processId) };
    };
    const dying = await holdOf(first);
    expect((await holdOf(second)).hold.leases).toEqual([]);
    const runs = await dying.next();
    await dying.observer.observe(runs.slice(0, 1));
    // It has written what it saw and waits for its cursor when its connection is cut.
    await second.services.postgres.transaction(async (sql) => {
      await sql.query({ text: `select from log_cursor where reader = 'observer' for update` });
      const dead = expect(dying.observer.observe(runs.slice(1))).rejects.toThrow();
      const cut = async () => {
        const { rowCount } = await sql.query({
          text: `select pg_terminate_backend(pid) from pg_stat_activity
                 where application_name = $1 and wait_event_type = 'Lock'`,
          values: [applicationName(first.processId)],
        });
        return rowCount === 1;
      };
      await until(cut, 'waiting for the cursor');
      await dead;
    });
    await first.close();
    const heir = await holdOf(second);
    await until(async () => {
      await heir.hold.renew(second.services, true);
      return heir.hold.leases.length > 0;
    }, 'freeing the lanes');
    await heir.observer.observe(await heir.next());
    expect(await heir.next()).toEqual([]);
    const { rows } = await second.services.postgres.query({
      text: 'select o.count, a.count as all from observed_event o join source_activity a using (workspace_id, source)',
    });
    expect(rows).toEqual([{ count: 90, all: 90 }]);
    await second.close();
    await own.drop();
  });
});
