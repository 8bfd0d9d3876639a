import fc from 'fast-check';

import type { Json } from '../../../platform/json.ts';
import type { CutPosition } from '../history/scope.ts';
import type { RuleEvent } from '../rule-input.ts';
import { AWKWARD_TEXTS } from './arbitrary-leaf.ts';
import { arbitraryEvent, EPOCH_MS, GRID_MS } from './arbitrary-rule.ts';
import type { HistoryEvent } from './history-child.ts';

export const WORKSPACE = 7;
const LANES: readonly { log: number; lane: number }[] = [0, 1].flatMap((log) =>
  [0, 1, 15].map((lane) => ({ log, lane })),
);

/** An event at its place in the log. */
export interface PlacedEvent {
  readonly event: RuleEvent;
  readonly workspaceId: number;
  readonly node: number;
  readonly place: { readonly log: number; readonly lane: number };
  readonly seq: number;
}

const text = fc.constantFrom<string>(...AWKWARD_TEXTS);
const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 40, arbitrary: text },
  {
    weight: 30,
    arbitrary: fc.constantFrom<Json>(0, 1, 2, 42, 0.1, 0.2, 50, 1e12, 1e13, -1.5, '0.1', '1e3', true, false),
  },
  { weight: 10, arbitrary: fc.array(text, { maxLength: 2 }) },
  { weight: 10, arbitrary: fc.constantFrom<Json>(null, {}, 'x'.repeat(1_200)) },
  { weight: 1, arbitrary: fc.constantFrom<Json>('\ud800', 123456789012345680000) },
);
const product = fc.record({ category: text, price: value }, { requiredKeys: [] });
const properties = fc.record(
  {
    plan: value,
    'gift note': value,
    größe: value,
    total: value,
    products: fc.array(fc.oneof(product, value), { maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const gridMs = fc.integer({ min: 0, max: 40 }).map((step) => EPOCH_MS + step * GRID_MS);
const context = fc.record(
  { timezone: fc.constantFrom<Json>('Asia/Tokyo', 'UTC', 'Nowhere/Else', '', null, 7) },
  { requiredKeys: [] },
);

/** What is tracked and what a customer says of herself, with values that engines like to read differently. */
const widerEvent: fc.Arbitrary<RuleEvent> = fc.oneof(
  fc.record({
    type: fc.constantFrom('track', 'track', 'internal', 'page'),
    name: fc.constantFrom('Order', 'Order', 'Größe 🛒', 'Gr.', 'Gr.own'),
    occurredAt: gridMs,
    payload: fc.record({ properties, context }),
  }),
  fc.record({
    type: fc.constant('identify'),
    name: fc.constant(''),
    occurredAt: gridMs,
    payload: fc.record({ traits: properties }),
  }),
);

export const arbitraryPlaced: fc.Arbitrary<PlacedEvent> = fc.record({
  event: fc.oneof(
    { weight: 1, arbitrary: arbitraryEvent as fc.Arbitrary<RuleEvent> },
    { weight: 3, arbitrary: widerEvent },
  ),
  workspaceId: fc.constantFrom(WORKSPACE, WORKSPACE, WORKSPACE, WORKSPACE + 1),
  node: fc.integer({ min: 1, max: 5 }),
  place: fc.constantFrom(...LANES),
  seq: fc.integer({ min: 0, max: 9 }),
});

export const arbitraryCut: fc.Arbitrary<CutPosition[]> = fc
  .tuple(fc.subarray([...LANES], { minLength: 4 }), fc.integer({ min: 6, max: 9 }))
  .map(([lanes, most]) => lanes.map((place, index) => ({ ...place, seq: Math.max(0, most - index) })));

export function isInScope({ workspaceId, place, seq }: PlacedEvent, cut: readonly CutPosition[] | undefined): boolean {
  return (
    workspaceId === WORKSPACE &&
    (cut === undefined || cut.some((end) => end.log === place.log && end.lane === place.lane && seq <= end.seq))
  );
}

export function rowOf({ event, workspaceId, node, place, seq }: PlacedEvent): HistoryEvent {
  return {
    workspace_id: workspaceId,
    node,
    ...place,
    seq,
    type: event.type,
    name: event.name,
    occurred_ms: event.occurredAt,
    payload: JSON.stringify(event.payload),
  };
}
