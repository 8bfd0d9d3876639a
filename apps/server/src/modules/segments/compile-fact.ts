import type {
  BasketLeaf,
  BoughtLeaf,
  CompanyLeaf,
  ConsentLeaf,
  CouponLeaf,
  LifecycleLeaf,
  ListLeaf,
  OrderLeaf,
  PlaceLeaf,
  PointsLeaf,
  ReachableLeaf,
} from '@segue/contract';

import { compileCondition } from './condition.ts';
import { distanceKm } from './distance.ts';
import type { Fact, Facts, Place } from './facts.ts';
import { pathSteps, valueAt } from './path.ts';

/** A leaf about something that is neither a trait nor a count of events. */
export type FactLeaf = ConsentLeaf | ReachableLeaf | CompanyLeaf | PlaceLeaf | ListLeaf | LifecycleLeaf | ShopLeaf;
/** A leaf about what she has bought, put aside, earned or been given. */
type ShopLeaf = BoughtLeaf | BasketLeaf | OrderLeaf | PointsLeaf | CouponLeaf;

export interface CompiledFact {
  /** What it reads. */
  readonly fact: Fact;
  readonly holds: (facts: Facts) => boolean;
}

/** Compiles a leaf about a fact. Time alone never changes its answer. Pure. */
export function compileFact(leaf: FactLeaf): CompiledFact {
  if ('consent' in leaf) {
    const { channel, topic, state } = leaf.consent;
    return { fact: '$consent', holds: (facts) => state.includes(facts.consent(channel, topic)) };
  }
  if ('reachable' in leaf) {
    const { channel, topic } = leaf.reachable;
    return { fact: '$reachable', holds: (facts) => facts.isReachable(channel, topic) };
  }
  if ('company' in leaf) return compileCompany(leaf);
  if ('place' in leaf) {
    const isThere = compilePlace(leaf.place);
    return {
      fact: '$place',
      holds(facts) {
        const place = facts.place();
        return place !== undefined && isThere(place);
      },
    };
  }
  if ('list' in leaf) return { fact: '$list', holds: (facts) => facts.isOnList(leaf.list) };
  if (!('lifecycle' in leaf)) return compileShop(leaf);
  const stages = new Set<string | undefined>(leaf.lifecycle);
  return { fact: '$lifecycle', holds: (facts) => stages.has(facts.lifecycle()) };
}

function compileShop(leaf: ShopLeaf): CompiledFact {
  if ('bought' in leaf) {
    const { atLeast = 1, ...match } = leaf.bought;
    return { fact: '$orders', holds: (facts) => facts.bought(match) >= atLeast };
  }
  if ('order' in leaf) return { fact: '$orders', holds: (facts) => facts.hasOrder(leaf.order) };
  if ('basket' in leaf) {
    const { basket, holds: match = {}, inStock } = leaf;
    return { fact: '$baskets', holds: (facts) => facts.basketHolds(basket, match, inStock) };
  }
  if ('coupon' in leaf) {
    const { campaign, state } = leaf.coupon;
    return { fact: '$coupons', holds: (facts) => facts.hasCoupon(campaign, state) };
  }
  const { of = 'balance', program, atLeast = -Infinity, atMost = Infinity } = leaf.points;
  return {
    fact: '$points',
    holds(facts) {
      const points = facts.points(of, program);
      return points >= atLeast && points <= atMost;
    },
  };
}

/** One of her companies has the trait; who belongs to none has no company without it either. */
function compileCompany(leaf: CompanyLeaf): CompiledFact {
  const steps = pathSteps(leaf.company);
  const test = compileCondition(leaf);
  return { fact: '$company', holds: (facts) => facts.companies().some((traits) => test(valueAt(traits, steps))) };
}

/** All that the leaf says of the place must hold; what is not known of a place is not so. Names without regard to case. */
function compilePlace({ countries, regions, cities, near }: PlaceLeaf['place']): (place: Place) => boolean {
  const isOneOf = (names: readonly string[] | undefined) => {
    if (names === undefined) return () => true;
    const folded = new Set(names.map(folding));
    return (name: string | undefined) => name !== undefined && folded.has(folding(name));
  };
  const isInCountry = isOneOf(countries);
  const isInRegion = isOneOf(regions?.map(withoutCountry));
  const isInCity = isOneOf(cities);
  return (place) =>
    isInCountry(place.country) &&
    isInRegion(place.region === undefined ? undefined : withoutCountry(place.region)) &&
    isInCity(place.city) &&
    (near === undefined || isNear(place, near));
}

function folding(name: string): string {
  return name.trim().normalize('NFC').toLowerCase();
}

/** A subdivision by its ISO 3166-2 code may be said with its country: `US-CA` is `CA`. */
function withoutCountry(region: string): string {
  return /^[A-Za-z]{2}-[A-Za-z0-9]{1,3}$/.test(region) ? region.slice(3) : region;
}

function isNear({ latitude, longitude }: Place, near: NonNullable<PlaceLeaf['place']['near']>): boolean {
  return latitude !== undefined && longitude !== undefined && distanceKm({ latitude, longitude }, near) <= near.km;
}
