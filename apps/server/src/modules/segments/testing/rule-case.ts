import type { SegmentRule } from '@segue/contract';

import type { Facts } from '../facts.ts';
import { valueAt } from '../path.ts';
import { type CompiledRule, compileRule } from '../rule.ts';
import type { OracleHistory, OracleWorld } from './naive-oracle.ts';

/** Compiles a rule with what the oracle reads it with. */
export function compileInWorld(rule: SegmentRule, world: OracleWorld): CompiledRule {
  return compileRule(rule, {
    zone: world.zone,
    segmentRule: (id) => world.segments[id],
    computedTrait: (name) => (Object.hasOwn(world.computed, name) ? world.computed[name] : undefined),
  });
}

/** Of the facts the zone and the profile's id, which are all that the oracle knows. */
export function factsOf(world: OracleWorld): Facts {
  const unknown = (): never => {
    throw new Error('no generated rule asks this');
  };
  return {
    profileId: world.profileId,
    zone: () => world.customerZone,
    consent: unknown,
    isReachable: unknown,
    hasAddress: unknown,
    companies: unknown,
    place: unknown,
    isOnList: unknown,
    lifecycle: unknown,
    bought: unknown,
    hasOrder: unknown,
    basketHolds: unknown,
    points: unknown,
    hasCoupon: unknown,
  };
}

export function viewOf(traits: OracleHistory['traits']) {
  return { get: (path: readonly string[]) => valueAt(traits, path) };
}
