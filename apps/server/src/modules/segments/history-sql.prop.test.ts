import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { historyLeafState, historyQuery, type CutPosition } from './history-sql.ts';
import { countedEvents } from './leaf.ts';
import { arbitraryEvent, arbitraryEventLeaf, EPOCH_MS, filters, GRID_MS } from './testing/arbitrary-rule.ts';
import { startHistoryChild, type HistoryChild, type HistoryEvent } from './testing/history-child.ts';
import { oracleCounts, type OracleEvent } from './testing/naive-oracle.ts';

const WORKSPACE = 7;
const LANES: readonly { log: number; lane: number }[] = [0, 1].flatMap((log) =>
  [0, 1, 15].map((lane) => ({ log, lane })),
);

interface Placed {
  readonly event: OracleEvent;
  readonly workspaceId: number;
  readonly node: number;
  readonly place: { readonly log: number; readonly lane: number };
  readonly seq: number;
}

const placed: fc.Arbitrary<Placed> = fc.record({
  event: arbitraryEvent,
  workspaceId: fc.constantFrom(WORKSPACE, WORKSPACE, WORKSPACE, WORKSPACE + 1),
  node: fc.integer({ min: 1, max: 5 }),
  place: fc.constantFrom(...LANES),
  seq: fc.integer({ min: 0, max: 9 }),
});
const arbitraryCut: fc.Arbitrary<CutPosition[]> = fc
  .tuple(fc.subarray([...LANES], { minLength: 4 }), fc.integer({ min: 6, max: 9 }))
  .map(([lanes, most]) => lanes.map((place, index) => ({ ...place, seq: Math.max(0, most - index) })));

function rowOf({ event, workspaceId, node, place, seq }: Placed): HistoryEvent {
  return {
    workspace_id: workspaceId,
    node,
    ...place,
    seq,
    type: event.type,
    name: event.name,
    occurred_ms: event.occurredAt,
    payload: JSON.stringify({ ...event.payload, context: { page: { url: '/' } } }),
  };
}

/** What of a payload ClickHouse cannot read: only this may come back undecided. */
const unreadable = /\\ud800|\d{20}|1\.7976931348623157e\+308/;

describe('historyQuery against the oracle', () => {
  let history: HistoryChild;
  beforeAll(() => {
    history = startHistoryChild();
  });
  afterAll(() => history.stop());

  it('finds for each node exactly the times the oracle counts, whatever the filters, values and cut', async () => {
    let decided = 0;
    const batch = fc.record({
      events: fc.array(placed, { minLength: 150, maxLength: 250, size: 'max' }),
      leaves: fc.array(
        fc.oneof({ weight: 6, arbitrary: arbitraryEventLeaf(filters) }, arbitraryEventLeaf(fc.constant([]))),
        {
          minLength: 40,
          maxLength: 60,
          size: 'max',
        },
      ),
      cut: arbitraryCut,
      nowMs: fc.integer({ min: 0, max: 45 }).map((step) => EPOCH_MS + step * GRID_MS),
    });
    await fc.assert(
      fc.asyncProperty(batch, async ({ events, leaves, cut, nowMs }) => {
        const counted = leaves.map((leaf) => countedEvents(leaf));
        const queries = counted.map((leaf) => historyQuery(leaf, { workspaceId: WORKSPACE, cut, nowMs }));
        const answers = await history.ask(events.map(rowOf), queries);
        const inScope = events.filter(
          ({ workspaceId, place, seq }) =>
            workspaceId === WORKSPACE &&
            cut.some((end) => end.log === place.log && end.lane === place.lane && seq <= end.seq),
        );
        for (const [index, leaf] of leaves.entries()) {
          const expected: Record<number, number[]> = {};
          for (const { event, node } of inScope)
            if (oracleCounts(leaf, event)) (expected[node] ??= []).push(event.occurredAt);
          for (const [node, times] of Object.entries(expected)) {
            const newestFirst = times.sort((a, b) => b - a);
            const pending = newestFirst.filter((ms) => ms > nowMs).length;
            expected[Number(node)] = newestFirst.slice(0, pending + counted[index]!.capacity);
          }
          const found: Record<number, readonly number[]> = {};
          for (const row of answers[index]!) {
            const { node, times } = historyLeafState(counted[index]!, row, nowMs);
            if (times.length > 0) found[node] = times;
            const { undecided, times: sure } = row as { undecided: [string, string][]; times: number[] };
            const needsTypeScript = counted[index]!.filters.some(({ op }) => op === 'before' || op === 'after');
            if (!needsTypeScript) expect(undecided.filter(([, payload]) => !unreadable.test(payload))).toEqual([]);
            if (counted[index]!.filters.length > 0) decided += sure.length;
          }
          expect(found, JSON.stringify(leaf)).toEqual(expected);
        }
      }),
      { numRuns: propertyRuns(15), endOnFailure: true },
    );
    expect(decided).toBeGreaterThan(1_000);
  });
});
