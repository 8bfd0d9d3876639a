import type { JourneyGraph, JourneyStep } from '@segue/contract';
import fc from 'fast-check';

export const EPOCH_MS = Date.UTC(2026, 10, 1);
export const MINUTE_MS = 60_000;
export const HORIZON_MIN = 60;
export const TEMPLATE = `tpl_${'0'.repeat(32)}`;

/** One thing a customer did, in whole minutes. */
export interface ShopEvent {
  readonly name: string;
  readonly minute: number;
  readonly cart: string | undefined;
  readonly total: number;
}

export const arbitraryShopEvent: fc.Arbitrary<ShopEvent> = fc.record({
  name: fc.constantFrom('Cart Filled', 'Cart Filled', 'Order Completed', 'Cart Cleared', 'Page Seen'),
  minute: fc.integer({ min: 0, max: 40 }),
  cart: fc.constantFrom('a', 'a', 'b', undefined),
  total: fc.integer({ min: 0, max: 3 }),
});

type JourneyGoal = NonNullable<JourneyGraph['goal']>;

/** Each step leads only to later ones, so there are no loops; any of them may be the last of a path. */
function arbitraryStep(index: number, count: number): fc.Arbitrary<JourneyStep> {
  const id = `s${index}`;
  const next = fc.integer({ min: index + 1, max: count }).map((to) => (to === count ? {} : { next: `s${to}` }));
  const minutes = fc.integer({ min: 1, max: 12 }).map((amount) => ({ minutes: amount }));
  const where: fc.Arbitrary<Pick<JourneyGoal, 'where'>> = fc.constantFrom(
    {},
    { where: [{ property: 'total', op: 'atLeast', value: 2 }] },
  );
  return fc.oneof(
    fc
      .record({ duration: minutes, next })
      .map((step): JourneyStep => ({ id, kind: 'delay', duration: step.duration, ...step.next })),
    next.map((to): JourneyStep => ({
      id,
      kind: 'send',
      channel: 'email',
      template: TEMPLATE,
      topic: 'marketing',
      ...to,
    })),
    fc
      .record({ event: fc.constantFrom('Page Seen', 'Cart Filled'), where, next, timeout: minutes, late: next })
      .map((step): JourneyStep => ({
        id,
        kind: 'waitForEvent',
        events: [{ event: step.event, ...step.where, ...step.next }],
        timeout: step.timeout,
        ...(step.late.next === undefined ? {} : { onTimeout: step.late.next }),
      })),
    fc.record({ value: fc.integer({ min: 0, max: 3 }), next, other: next }).map((step): JourneyStep => ({
      id,
      kind: 'branch',
      branches: [{ when: [{ property: 'total', op: 'atLeast', value: step.value }], ...step.next }],
      ...(step.other.next === undefined ? {} : { otherwise: step.other.next }),
    })),
    fc.constant<JourneyStep>({ id, kind: 'exit' }),
  );
}

const arbitrarySteps = fc
  .integer({ min: 1, max: 6 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => arbitraryStep(index, count))));

export const arbitraryGraph: fc.Arbitrary<JourneyGraph> = fc
  .record({
    steps: arbitrarySteps,
    isKeyed: fc.boolean(),
    reentry: fc.constantFrom('never' as const, 'always' as const, 'afterEnd' as const),
    hasGoal: fc.boolean(),
    hasExit: fc.boolean(),
  })
  .map(({ steps, isKeyed, reentry, hasGoal, hasExit }) => ({
    entry: { kind: 'event', event: 'Cart Filled' },
    reentry,
    start: 's0',
    steps: [...steps],
    ...(isKeyed ? { key: 'cart' } : {}),
    ...(hasGoal ? { goal: { event: 'Order Completed', within: { minutes: 20 } } } : {}),
    ...(hasExit ? { exits: [{ kind: 'event' as const, event: 'Cart Cleared' }] } : {}),
  }));
