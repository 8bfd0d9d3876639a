import fc from 'fast-check';
import { expect, it } from 'vitest';
import { propertyRuns } from '@segue/testkit/property-runs';
import { deriveOrder } from './derive-order.ts';
import { joinPart, joinSnapshot, NO_FACTS, type OrderFacts } from './order-facts.ts';
import type { OrderInput, OrderPart } from './order-input.ts';
import { happeningsOf } from './tell-order.ts';

const ref = { source: 'shopify:shop.example', id: '1001' };
const LINES = ['a', 'b'];
const at = fc.integer({ min: 1, max: 9 });
const part = fc.record({ lineId: fc.constantFrom(...LINES), quantity: fc.integer({ min: 1, max: 3 }) });

const refund = fc.record({
  id: fc.constantFrom('r1', 'r2'),
  atMs: at,
  amountMinor: fc.integer({ min: 0, max: 2_000 }),
  lines: fc.array(
    fc.record({
      lineId: fc.constantFrom(...LINES),
      quantity: fc.integer({ min: 1, max: 3 }),
      restock: fc.constantFrom('cancel' as const, 'return' as const, 'none' as const),
    }),
    { maxLength: 2 },
  ),
});
const fulfilment = fc.record({
  id: fc.constantFrom('f1', 'f2'),
  atMs: at,
  createdAtMs: fc.constant(3),
  state: fc.constantFrom('pending' as const, 'shipped' as const, 'delivered' as const, 'cancelled' as const),
  lines: fc.array(part, { minLength: 1, maxLength: 2 }),
});

const snapshot: fc.Arbitrary<OrderInput> = fc
  .record({
    at,
    paidMinor: fc.integer({ min: 0, max: 4_000 }),
    payment: fc.constantFrom('pending' as const, 'authorized' as const, 'paid' as const, 'voided' as const),
    cancelledAtMs: fc.option(at, { nil: undefined }),
    isAccepted: fc.boolean(),
    quantities: fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })),
    cancelled: fc.integer({ min: 0, max: 2 }),
    refunds: fc.array(refund, { maxLength: 1 }),
    fulfilments: fc.array(fulfilment, { maxLength: 1 }),
  })
  .map(({ at: atMs, quantities, cancelled, ...fields }) => ({
    ref,
    version: { at: atMs, hash: JSON.stringify([quantities, cancelled, fields]) },
    ...{ number: '#1001', channel: 'web', placedAtMs: 1, currency: 'EUR', who: {} },
    totals: { totalMinor: 4_000, subtotalMinor: 4_000, discountMinor: 0, shippingMinor: 0, taxMinor: 0 },
    couponCodes: [],
    lines: LINES.map((id, place) => ({
      id,
      name: id,
      quantity: quantities[place]!,
      cancelled: Math.min(cancelled, quantities[place]!),
      unitPriceMinor: 500,
      discountMinor: 0,
    })),
    stock: 'theirs',
    ...fields,
  }));

const told: fc.Arbitrary<{ readonly whole: OrderInput } | { readonly part: OrderPart }> = fc.oneof(
  snapshot.map((whole) => ({ whole })),
  refund.map((one) => ({ part: { ref, kind: 'refund' as const, refund: one } })),
  fulfilment.map((one) => ({ part: { ref, kind: 'fulfilment' as const, fulfilment: one } })),
  fc
    .tuple(fc.constantFrom('f1', 'f2'), at)
    .map(([fulfilmentId, atMs]) => ({ part: { ref, kind: 'delivered' as const, fulfilmentId, atMs } })),
  fc
    .tuple(fc.constantFrom('fulfilled', 'delivered', 'cancelled', 'deleted', 'restored'), at)
    .map(([of, atMs]) => ({ part: { ref, kind: 'ended' as const, of, atMs } })),
);
type Told = typeof told extends fc.Arbitrary<infer T> ? T : never;

const join = (facts: OrderFacts, one: Told) =>
  'whole' in one ? joinSnapshot(facts, one.whole) : joinPart(facts, one.part);
const names = {
  id: '0190a7c0-0000-7000-8000-000000000001',
  source: ref.source,
  sourceOrderId: ref.id,
  profileId: null,
  node: null,
  version: 1,
};
const derive = (facts: OrderFacts) => deriveOrder(facts, names);

it('whatever is said of an order, in any order and however often, ends in the same state', () => {
  fc.assert(
    fc.property(
      fc
        .array(told, { minLength: 1, maxLength: 8 })
        .chain((said) =>
          fc.tuple(
            fc.constant(said),
            fc.shuffledSubarray([...said, ...said], { minLength: said.length * 2, maxLength: said.length * 2 }),
          ),
        ),
      ([said, garbled]) => {
        const once = said.reduce(join, NO_FACTS);
        const again = garbled.reduce(join, NO_FACTS);
        expect(derive(again)).toEqual(derive(once));
      },
    ),
    { numRuns: propertyRuns(3_000) },
  );
});

it('no more comes back than was sent, nor is sent than was wanted, nor is given back than was paid', () => {
  fc.assert(
    fc.property(fc.array(told, { maxLength: 10 }), (said) => {
      const state = derive(said.reduce(join, NO_FACTS));
      if (state === undefined) return;
      expect(state.refundedMinor).toBeLessThanOrEqual(state.paidMinor);
      for (const line of state.lines) {
        expect(line.returned).toBeGreaterThanOrEqual(0);
        expect(line.returned).toBeLessThanOrEqual(line.fulfilled);
        expect(line.fulfilled).toBeLessThanOrEqual(line.quantity - line.cancelled);
        expect(line.cancelled).toBeLessThanOrEqual(line.quantity);
      }
    }),
    { numRuns: propertyRuns(3_000) },
  );
});

it('every happening is told once, and all of them but updates whatever came first', () => {
  const tellAll = (said: readonly Told[]): Set<string> => {
    const keys = new Set<string>();
    let facts = NO_FACTS;
    for (const one of said) {
      const next = join(facts, one);
      const state = derive(next);
      if (state !== undefined && next !== facts) {
        for (const { key } of happeningsOf({ facts, state: derive(facts) }, { facts: next, state })) keys.add(key);
      }
      facts = next;
    }
    return keys;
  };
  // What a source takes back (a parcel, an acceptance) may have been told meanwhile: what holds in the end has been told.
  fc.assert(
    fc.property(fc.array(told, { minLength: 1, maxLength: 8 }), (said) => {
      const facts = said.reduce(join, NO_FACTS);
      const state = derive(facts);
      if (state === undefined) return;
      const last = happeningsOf({ facts, state }, { facts, state }).map(({ key }) => key);
      for (const turned of [said, [...said].reverse()]) {
        const keys = tellAll(turned);
        for (const key of last) expect(keys.has(key)).toBe(true);
      }
    }),
    { numRuns: propertyRuns(2_000) },
  );
});

it('an order that its source threw away is cancelled, until a newer word of it, unless some of it was sent', () => {
  fc.assert(
    fc.property(snapshot, at, fc.option(at, { nil: undefined }), (whole, deleted, restored) => {
      const end = (of: 'deleted' | 'restored', atMs: number): OrderPart => ({ ref, kind: 'ended', of, atMs });
      const facts = [end('deleted', deleted), ...(restored === undefined ? [] : [end('restored', restored)])].reduce(
        joinPart,
        joinSnapshot(NO_FACTS, whole),
      );
      const before = derive(joinSnapshot(NO_FACTS, whole))!;
      const isSent = before.lines.some(({ fulfilled }) => fulfilled > 0);
      const isGone = deleted >= Math.max(whole.version.at, restored ?? 0) && !isSent;
      const cancelledAtMs = before.cancelledAtMs ?? (isGone ? deleted : null);
      expect(derive(facts)).toMatchObject({
        cancelledAtMs,
        standing: cancelledAtMs === null ? before.standing : 'cancelled',
      });
    }),
    { numRuns: propertyRuns(300) },
  );
});
