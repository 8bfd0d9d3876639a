import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { EventType } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import type { Json, JsonObject } from '../../../platform/json.ts';
import { createTestHistory } from '../../../testkit/index.ts';
import { eventsHistoryMigrations } from '../history-migrations/index.ts';
import createHistorySessions from '../history-migrations/20261123T1400_create-history-sessions.sql?raw';
import { campaignKey, campaignOf } from './campaign.ts';
import { classifyTouch, referrerHost } from './classify-touch.ts';
import { type SessionRow, touchOfRow } from './history-sql.ts';
import { CLICK_IDS, PAYMENT_HOSTS } from './networks.data.ts';
import { type BehaviourEvent, isBehaviour, landingOf, pageOf } from './page-of.ts';
import { sessionIdOf } from './sessions-stage.ts';
import { SESSION_PAUSE_MINUTES } from './visits.ts';

let test: Awaited<ReturnType<typeof createTestHistory>>;
beforeAll(async () => {
  test = await createTestHistory(eventsHistoryMigrations);
});
afterAll(() => test.drop());

const START = Date.UTC(2026, 10, 22, 9);
let serial = 0;

const queries = fc.constantFrom(
  '',
  '',
  '',
  '?utm_source=News&utm_medium=email&utm_campaign=spring+sale',
  '?q=1&gclid=abc%2Fd',
  '?fbclid=f1&gclid=g2',
  '?msclkid=a@b',
  '?utm_source=%20x%20&utm_term=7#top',
  '?color=red',
);
const anyPage = fc.record(
  {
    url: fc
      .tuple(
        fc.constantFrom('https://shop.example/a', 'https://www.shop.example/b', 'https://m.shop.example/c/d'),
        queries,
      )
      .map((parts) => parts.join('')),
    path: fc.constantFrom('/a', '/b?x=1', ''),
    search: queries,
    referrer: fc.constantFrom(
      '',
      'https://shop.example/',
      'https://www.google.de/search',
      'https://l.instagram.com/?u=1',
      'https://checkout.paypal.com/x',
      'https://blog.example/post',
      'android-app://com.google.android.gm/',
      'nonsense',
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const anyContext = fc.record(
  {
    page: fc.oneof(
      { weight: 6, arbitrary: anyPage },
      { weight: 1, arbitrary: fc.constantFrom('text', null, 7) },
    ) as fc.Arbitrary<JsonObject>,
    campaign: fc.constantFrom<JsonObject[string][]>(
      null,
      {},
      { name: 'autumn', source: 'Letter', medium: 'email' },
      { content: 7 },
      'text',
    ),
    location: fc.constantFrom<JsonObject[]>({ country: 'DE', region: 'BE' }, { country: 'FR' }),
    screen: fc.constant<JsonObject>({ width: 1 }),
    userAgent: fc.constantFrom('one', 'two'),
    test: fc.constantFrom<Json[]>(true, false, 'true', 1, null, 'no', '', 0),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const KINDS: readonly [EventType, string][] = [
  ['track', 'Product Viewed'],
  ['track', 'Order Completed'],
  ['page', 'Home'],
  ['screen', 'Start'],
  ['identify', ''],
  ['internal', 'Segment Entered'],
];
const anyEvent = fc
  .record({
    minutes: fc.integer({ min: 0, max: 600 }),
    seconds: fc.integer({ min: 0, max: 59_999 }),
    kind: fc.constantFrom(...KINDS),
    context: fc.option(anyContext, { freq: 8, nil: undefined }),
    order: fc.record(
      {
        order_id: fc.constantFrom('o1', 'o2', ''),
        revenue: fc.constantFrom(10.5, 20, null),
        total: fc.constantFrom(7, 8),
        currency: fc.constantFrom('eur', 'USD'),
      },
      { noNullPrototype: true },
    ),
    node: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ minutes, seconds, kind: [type, name], context, order, node }) => ({
    id: `m${++serial}`,
    type,
    name,
    occurredAt: START + minutes * 60_000 + seconds,
    node,
    payload: { properties: order as JsonObject, ...(context === undefined ? {} : { context: context as JsonObject }) },
  }));
type SentEvent = BehaviourEvent & { readonly node: number };

const isOrder = (event: BehaviourEvent) =>
  event.type === 'track' && event.name === 'Order Completed' && event.payload.context?.['test'] !== true;
const minuteOf = (event: BehaviourEvent) => Math.floor(event.occurredAt / 60_000);
const keyOf = (event: BehaviourEvent): string => {
  const campaign = isBehaviour(event) ? campaignOf(event, pageOf(event)) : undefined;
  return campaign === undefined ? '' : campaignKey(campaign);
};
const rankOf = (event: BehaviourEvent) => (isBehaviour(event) ? (keyOf(event) === '' ? 1 : 0) : 2);
const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Sort, split, look: what a session is, in as few words as possible. */
function naiveHistory(workspaceId: number, events: readonly SentEvent[]) {
  const sorted = events
    .filter((event) => isBehaviour(event) || isOrder(event))
    .sort(
      (a, b) =>
        a.occurredAt - b.occurredAt || rankOf(a) - rankOf(b) || compare(keyOf(a), keyOf(b)) || compare(a.id, b.id),
    );
  const sessions: { done: SentEvent[]; orders: SentEvent[] }[] = [];
  const ordered = new Set<string>();
  let lastMinute = Number.NEGATIVE_INFINITY;
  let seen = new Set<string>();
  for (const event of sorted) {
    const paused = minuteOf(event) - lastMinute > SESSION_PAUSE_MINUTES;
    if (isBehaviour(event)) {
      const key = keyOf(event);
      if (paused) seen = new Set();
      if (paused || (key !== '' && !seen.has(key))) sessions.push({ done: [], orders: [] });
      seen.add(key);
      sessions.at(-1)!.done.push(event);
      lastMinute = minuteOf(event);
    }
    const order = isOrder(event) ? (event.payload.properties!['order_id'] as string) || event.id : undefined;
    if (order === undefined || ordered.has(order)) continue;
    ordered.add(order);
    if (isBehaviour(event) || !paused) sessions.at(-1)!.orders.push(event);
  }
  return sessions.map(({ done, orders }) => {
    const [first] = done;
    const campaign = campaignOf(first!, pageOf(first!));
    const referrer =
      campaign === undefined
        ? (done.map((event) => referrerHost(pageOf(event))).find((host) => host !== '') ?? '')
        : referrerHost(pageOf(first!));
    const revenue: Record<string, number> = {};
    for (const { payload } of orders) {
      const {
        currency,
        revenue: earned,
        total,
      } = payload.properties as { currency: string; revenue: number | null; total: number };
      revenue[currency.toUpperCase()] = (revenue[currency.toUpperCase()] ?? 0) + (earned ?? total);
    }
    return {
      session_id: sessionIdOf(workspaceId, first!.id),
      started_ms: first!.occurredAt,
      ended_ms: done.at(-1)!.occurredAt,
      events: done.length,
      entry_page: landingOf(first!, pageOf(first!)),
      exit_page:
        done
          .toSorted((a, b) => a.occurredAt - b.occurredAt || compare(a.id, b.id))
          .map((event) => landingOf(event, pageOf(event)))
          .findLast((page) => page !== '') ?? '',
      touch: classifyTouch(campaign, referrer),
      orders: orders.length,
      revenue,
    };
  });
}

async function archive(workspaceId: number, events: readonly SentEvent[], part: string): Promise<void> {
  await test.history.insert({
    table: 'event',
    columns: [
      'log',
      'lane',
      'seq',
      'workspace_id',
      'message_id',
      'type',
      'name',
      'occurred_ms',
      'received_ms',
      'node',
      'nodes',
      'kinds',
      'sealed',
      'payload',
    ],
    body: events
      .map((event, seq) =>
        JSON.stringify([
          0,
          1,
          seq,
          workspaceId,
          event.id,
          event.type,
          event.name,
          event.occurredAt,
          START,
          event.node,
          [event.node],
          [10],
          '',
          event.payload,
        ]),
      )
      .join('\n'),
    deduplicationToken: `${workspaceId} ${part}`,
  });
}

async function mapNodes(workspaceId: number, owners: readonly string[], version: number): Promise<void> {
  await test.history.insert({
    table: 'node_map',
    columns: ['workspace_id', 'node', 'profile_id', 'version'],
    body: owners.map((profileId, n) => JSON.stringify([workspaceId, n + 1, profileId, version])).join('\n'),
    deduplicationToken: `${workspaceId} map ${version}`,
  });
}

async function viewOf(workspaceId: number, profileId: string) {
  const rows = await test.history.query<SessionRow>({
    sql: `select * from history_sessions where workspace_id = {workspaceId: UInt32} and profile_id = {profileId: UUID}
          order by started_ms`,
    params: { workspaceId, profileId },
  });
  return rows.map((row) => ({
    session_id: row.session_id,
    started_ms: row.started_ms,
    ended_ms: row.ended_ms,
    events: row.events,
    entry_page: row.entry_page,
    exit_page: row.exit_page,
    touch: touchOfRow(row),
    orders: row.orders,
    revenue: row.revenue,
  }));
}

const inOrder = <T extends { started_ms: number; session_id: string }>(rows: readonly T[]) =>
  rows.toSorted((a, b) => a.started_ms - b.started_ms || compare(a.session_id, b.session_id));

it('the view holds the sessions of the sorted history, also after late arrivals and a merge', async () => {
  let workspaceId = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyEvent, { minLength: 1, maxLength: 120 }),
      fc.array(anyEvent, { maxLength: 20 }),
      async (early, late) => {
        workspaceId++;
        const [one, other] = [newUuid(START), newUuid(START)];
        await mapNodes(workspaceId, [one, one, other], 1);
        await archive(workspaceId, early, 'early');
        const of = (events: readonly SentEvent[], nodes: readonly number[]) =>
          events.filter(({ node }) => nodes.includes(node));
        expect(inOrder(await viewOf(workspaceId, one))).toEqual(inOrder(naiveHistory(workspaceId, of(early, [1, 2]))));
        expect(inOrder(await viewOf(workspaceId, other))).toEqual(inOrder(naiveHistory(workspaceId, of(early, [3]))));
        if (late.length > 0) await archive(workspaceId, late, 'late');
        await mapNodes(workspaceId, [one, one, one], 2);
        expect(inOrder(await viewOf(workspaceId, one))).toEqual(
          inOrder(naiveHistory(workspaceId, [...early, ...late])),
        );
        expect(await viewOf(workspaceId, other)).toEqual([]);
      },
    ),
    { numRuns: propertyRuns(8) },
  );
}, 240_000);

it('the view names the payment pages and click ids of the tables', () => {
  for (const host of PAYMENT_HOSTS) expect(createHistorySessions).toContain(`'${host}'`);
  expect(createHistorySessions).toContain(`(${CLICK_IDS.map(({ param }) => param).join('|')})=`);
  expect(createHistorySessions).toContain(`[${CLICK_IDS.map(({ param }) => `'${param}'`).join(', ')}]`);
  expect(createHistorySessions).toContain(`minute - last_minute > ${SESSION_PAUSE_MINUTES}`);
});
