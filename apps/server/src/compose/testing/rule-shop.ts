import type { ManualList, Segment, SegmentRule } from '@segue/contract';
import { ensureDefaultTopics } from '../../modules/consent/index.ts';
import { API_KEY, createEngines, NOW, openWorld, trackEvent, type World } from '../../modules/events/testing/world.ts';
import { runBackFills, runDueWakes } from '../../modules/segments/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import type { Stage } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { createTestClock } from '../../testkit/index.ts';

/** A flip as it was told. */
export interface ToldFlip {
  readonly name: string;
  readonly segment: string;
  readonly profileId: string;
  readonly cause: string;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The whole product over HTTP with a clock that only the test moves; what runs in the background runs when it is asked to. */
export interface RuleShop {
  readonly world: World;
  readonly told: ToldFlip[];
  /** What the API answers; throws where it refuses, unless `status` is expected. */
  call<T = JsonObject>(method: Method, path: string, body?: unknown, status?: number): Promise<T>;
  /** Sends events a second apart and lets the processor take them: rules are asked, nothing in the background runs. */
  send(...events: readonly JsonObject[]): Promise<void>;
  /** Makes a segment and waits until it is live; answers its id. */
  segment(rule: SegmentRule): Promise<string>;
  /** Everything in the background, until nothing is left to do. */
  catchUp(): Promise<void>;
  isIn(segmentId: string, profileId: string): Promise<boolean>;
  /** The public id of whom a `kind:value` leads to. */
  profile(identifier: string): Promise<string>;
  list(): Promise<ManualList>;
  advance(ms: number): void;
  close(): Promise<void>;
}

let serial = 0;

export async function openRuleShop(): Promise<RuleShop> {
  const clock = createTestClock(NOW);
  const engines = await createEngines();
  const world = await openWorld(engines, { clock });
  await ensureDefaultTopics(world.services.postgres, world.ctx.workspaceId);
  const told: ToldFlip[] = [];
  world.work([listenTo(told)]);
  const shop: RuleShop = {
    world,
    told,
    async call<T>(method: Method, path: string, body?: unknown, status?: number) {
      clock.advance(1_000);
      const isCsv = typeof body === 'string';
      const response = await world.http.inject({
        method,
        url: `/api/v1${path}`,
        headers: { authorization: `Bearer ${API_KEY}`, ...(isCsv && { 'content-type': 'text/csv' }) },
        ...(body !== undefined && { payload: body as object }),
      });
      const isExpected = status === undefined ? response.statusCode < 300 : response.statusCode === status;
      if (!isExpected) throw new Error(`${method} ${path}: ${response.statusCode} ${response.body}`);
      return (response.body === '' ? {} : response.json()) as T;
    },
    async send(...events) {
      for (const event of events) {
        clock.advance(1_000);
        await world.send([{ timestamp: new Date(clock.now()).toISOString(), ...trackEvent(event) }]);
      }
      await world.settle();
    },
    async segment(rule) {
      const { id } = await shop.call<Segment>('POST', '/segments', { name: `Segment ${++serial}`, rule });
      for (let status = ''; status !== 'live'; { status } = await shop.call<Segment>('GET', `/segments/${id}`)) {
        await world.settle();
        await runBackFills(world.services);
      }
      return id;
    },
    async catchUp() {
      await world.settle();
      while ((await runDueWakes(world.services)) > 0);
      await world.settle();
    },
    async isIn(segmentId, profileId) {
      const { items } = await shop.call<{ items: { id: string }[] }>('GET', `/profiles/${profileId}/segments`);
      return items.some(({ id }) => id === segmentId);
    },
    async profile(identifier) {
      const query = new URLSearchParams({ identifier });
      const { items } = await shop.call<{ items: { id: string }[] }>('GET', `/profiles?${query.toString()}`);
      return items[0]!.id;
    },
    list: () => shop.call<ManualList>('POST', '/lists', { name: `List ${++serial}` }),
    advance: (ms) => clock.advance(ms),
    async close() {
      await world.close();
      await engines.drop();
    },
  };
  return shop;
}

function listenTo(told: ToldFlip[]): Stage {
  return {
    name: 'listener',
    hears: () => Promise.resolve((event) => event.name.startsWith('Segment ')),
    run(batch) {
      for (const { event, subject } of batch.entries) {
        if (event.type !== 'internal' || subject === undefined || !event.name.startsWith('Segment ')) continue;
        const { segment_id: segment, cause } = event.payload.properties ?? {};
        const profileId = publicId('prf', subject.id);
        told.push({ name: event.name, segment: String(segment), profileId, cause: String(cause) });
      }
      return Promise.resolve();
    },
  };
}
