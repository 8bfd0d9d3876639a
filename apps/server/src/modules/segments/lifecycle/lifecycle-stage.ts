import type { LifecycleSettings, LifecycleStage } from '@segue/contract';

import { durationMs } from '../window.ts';

/** What of the settings the stages follow from, in milliseconds. */
export interface LifecycleTimes {
  readonly atRiskMs: number;
  readonly lapsedMs: number;
  readonly wonBackMs: number;
  readonly loyalOrders: number;
  readonly loyalMs: number;
}

export function lifecycleTimes(settings: LifecycleSettings): LifecycleTimes {
  return {
    atRiskMs: durationMs(settings.atRiskAfter),
    lapsedMs: durationMs(settings.lapsedAfter),
    wonBackMs: durationMs(settings.wonBackFor),
    loyalOrders: settings.loyalOrders,
    loyalMs: durationMs(settings.loyalWithin),
  };
}

/** Of so many of the newest orders the stage follows: one more than the first tells of being back. */
export function ordersToKeep({ loyalOrders }: Pick<LifecycleSettings, 'loyalOrders'>): number {
  return Math.max(2, loyalOrders);
}

export interface StageNow {
  readonly stage: LifecycleStage;
  /** The first later instant at which time alone may change it; null when it never does. May be early, never late. */
  readonly nextChangeAtMs: number | null;
}

/**
 * The lifecycle stage at `nowMs`, by event time. `orderTimes`: newest first, those yet to come and at least the
 * `ordersToKeep` newest that have come. `hasAddress`: there is an e-mail address or a telephone number of hers. Pure.
 */
export function lifecycleStage(
  orderTimes: readonly number[],
  { hasAddress, times }: { readonly hasAddress: boolean; readonly times: LifecycleTimes },
  nowMs: number,
): StageNow {
  let pending = 0;
  while (pending < orderTimes.length && orderTimes[pending]! > nowMs) pending += 1;
  const come = orderTimes.slice(pending);
  const [newest, before] = come;
  const oldestLoyal = come[times.loyalOrders - 1];
  const changes = [
    orderTimes[pending - 1],
    ...(newest === undefined ? [] : [newest + times.atRiskMs, newest + times.lapsedMs, newest + times.wonBackMs]),
    ...(oldestLoyal === undefined ? [] : [oldestLoyal + times.loyalMs]),
  ].filter((atMs): atMs is number => atMs !== undefined && atMs > nowMs);
  const nextChangeAtMs = changes.length === 0 ? null : Math.min(...changes);
  if (newest === undefined) return { stage: hasAddress ? 'lead' : 'visitor', nextChangeAtMs };
  const age = nowMs - newest;
  const isBack = before !== undefined && newest - before >= times.lapsedMs && age < times.wonBackMs;
  const isLoyal = oldestLoyal !== undefined && oldestLoyal > nowMs - times.loyalMs;
  return { stage: stageOfBuyer({ age, isBack, isLoyal, isFirst: before === undefined }, times), nextChangeAtMs };
}

function stageOfBuyer(
  buyer: { age: number; isBack: boolean; isLoyal: boolean; isFirst: boolean },
  { atRiskMs, lapsedMs }: LifecycleTimes,
): LifecycleStage {
  if (buyer.age >= lapsedMs) return 'lapsed';
  if (buyer.age >= atRiskMs) return 'at_risk';
  if (buyer.isBack) return 'won_back';
  if (buyer.isLoyal) return 'loyal';
  return buyer.isFirst ? 'first_time' : 'active';
}
