import type { LifecycleSettings, LifecycleStage } from '@segue/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { countKind } from '../leaves/count.ts';
import type { LeafState } from '../leaves/leaf-kind.ts';
import { lifecycleStage, lifecycleTimes, ordersToKeep } from './lifecycle-stage.ts';

const DAY_MS = 86_400_000;

/** The words of the settings, one by one, over all orders there ever were. */
function naiveStage(
  orders: readonly number[],
  hasAddress: boolean,
  { settings, nowMs }: { settings: LifecycleSettings; nowMs: number },
): LifecycleStage {
  const days = (duration: { days?: number | undefined }) => (duration.days ?? 0) * DAY_MS;
  const come = orders.filter((atMs) => atMs <= nowMs).sort((a, b) => a - b);
  if (come.length === 0) return hasAddress ? 'lead' : 'visitor';
  const newest = come[come.length - 1]!;
  if (newest + days(settings.lapsedAfter) <= nowMs) return 'lapsed';
  if (newest + days(settings.atRiskAfter) <= nowMs) return 'at_risk';
  if (come.length > 1) {
    const hadLapsed = come[come.length - 2]! + days(settings.lapsedAfter) <= newest;
    if (hadLapsed && nowMs < newest + days(settings.wonBackFor)) return 'won_back';
  }
  const recent = come.filter((atMs) => nowMs < atMs + days(settings.loyalWithin));
  if (recent.length >= settings.loyalOrders) return 'loyal';
  return come.length === 1 ? 'first_time' : 'active';
}

const settingsArbitrary: fc.Arbitrary<LifecycleSettings> = fc
  .record({
    atRisk: fc.integer({ min: 1, max: 20 }),
    more: fc.integer({ min: 1, max: 20 }),
    wonBack: fc.integer({ min: 1, max: 40 }),
    loyalOrders: fc.integer({ min: 2, max: 5 }),
    loyalWithin: fc.integer({ min: 1, max: 60 }),
  })
  .map(({ atRisk, more, wonBack, loyalOrders, loyalWithin }) => ({
    order: { event: 'Order Completed' },
    atRiskAfter: { days: atRisk },
    lapsedAfter: { days: atRisk + more },
    wonBackFor: { days: wonBack },
    loyalOrders,
    loyalWithin: { days: loyalWithin },
  }));
/** Whole days, so that orders of one instant and exact edges come up, and hours between. */
const orderArbitrary = fc.oneof(
  fc.integer({ min: 0, max: 120 }).map((day) => day * DAY_MS),
  fc.integer({ min: 0, max: 120 * 24 }).map((hour) => (hour * DAY_MS) / 24),
);

describe('the lifecycle stage', () => {
  it('is what the words of the settings say, whatever order events came in, and changes at the instant it says', () => {
    fc.assert(
      fc.property(
        fc.array(orderArbitrary, { maxLength: 12 }),
        fc.boolean(),
        settingsArbitrary,
        fc.array(fc.integer({ min: 0, max: 30 * 24 }), { minLength: 1, maxLength: 12 }),
        (orders, hasAddress, settings, steps) => {
          const times = lifecycleTimes(settings);
          const kind = countKind({ newest: ordersToKeep(settings) });
          let state: LeafState | undefined;
          let nowMs = 0;
          let heard = 0;
          for (const [round, hours] of steps.entries()) {
            // Some events of each round, in any order of their times, late and early ones among them.
            const upTo =
              round === steps.length - 1 ? orders.length : Math.floor(((round + 1) * orders.length) / steps.length);
            for (; heard < upTo; heard += 1) state = kind.insert(state, [orders[heard]!], nowMs);
            const known = orders.slice(0, heard);
            const stageAt = (atMs: number) => lifecycleStage((state ?? []) as number[], { hasAddress, times }, atMs);
            const { stage, nextChangeAtMs } = stageAt(nowMs);
            expect(stage).toBe(naiveStage(known, hasAddress, { settings, nowMs }));
            // Until then nothing changes, at the instant before least of all.
            const untilMs = nextChangeAtMs ?? nowMs + 400 * DAY_MS;
            for (const atMs of [untilMs - 1, Math.floor((nowMs + untilMs) / 2)])
              expect(naiveStage(known, hasAddress, { settings, nowMs: Math.max(nowMs, atMs) })).toBe(stage);
            expect(stageAt(untilMs).stage).toBe(naiveStage(known, hasAddress, { settings, nowMs: untilMs }));
            nowMs += (hours * DAY_MS) / 24;
          }
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
