import type { ComputedTraitRule, EventLeaf, SegmentRule } from '@segue/contract';
import { describe, expect, it } from 'vitest';

import type { Json } from '../../platform/json.ts';
import { compileComputed, computedValue } from './computed.ts';
import { evaluateRule, type RuleTruth } from './evaluate.ts';
import { leafOf } from './leaf.ts';
import { applyEvents } from './leaf-state.ts';
import { lotOf } from './lot.ts';
import { combineRules, compileRule } from './rule.ts';
import type { RuleEvent } from './rule-input.ts';
import { compileInWorld, factsOf, viewOf } from './testing/rule-case.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Sunday in November, noon. */
const NOW = Date.UTC(2026, 10, 22, 12);
const WORLD = {
  zone: 'Europe/Berlin',
  customerZone: 'America/New_York',
  profileId: '018f6b6e-0000-7000-8000-000000000001',
  segments: {},
  computed: {},
};

function said(name: string, occurredAt: number, properties: { [key: string]: Json } = {}): RuleEvent {
  return { type: 'track', name, occurredAt, payload: { properties } };
}

function identified(occurredAt: number, traits: { [key: string]: Json }): RuleEvent {
  return { type: 'identify', name: '', occurredAt, payload: { traits } };
}

function truth(
  rule: SegmentRule,
  events: readonly RuleEvent[],
  {
    nowMs = NOW,
    traits = {},
    world = WORLD,
  }: { nowMs?: number; traits?: Json; world?: Parameters<typeof factsOf>[0] } = {},
): RuleTruth {
  const compiled = compileInWorld(rule, world);
  const leaves = applyEvents(combineRules([compiled]), {}, { events, nowMs });
  return evaluateRule(compiled, { traits: viewOf(traits), leaves, facts: factsOf(world) }, nowMs);
}

describe('the name of an event', () => {
  it('with ".*" is every name that begins so, at every dot, and nothing else', () => {
    const leaf: EventLeaf = { event: 'cart.*', count: { exactly: 2 } };
    const names = ['cart.add', 'cart.item.drop', 'cart', 'cartography.x', 'Cart.add'];
    expect(
      truth(
        leaf,
        names.map((name) => said(name, NOW)),
      ).holds,
    ).toBe(true);
    expect(
      truth(
        { event: 'cart.item.*', count: { exactly: 1 } },
        names.map((name) => said(name, NOW)),
      ).holds,
    ).toBe(true);
  });
});

describe('a filter over a list', () => {
  const shoes: EventLeaf = {
    event: 'Order',
    where: [
      {
        property: 'products',
        op: 'some',
        where: [
          { property: 'category', op: 'equals', value: 'Shoes' },
          { property: 'price', op: 'moreThan', value: 50 },
        ],
      },
    ],
  };

  it('asks all its conditions of the same element', () => {
    const two = [
      { category: 'Shoes', price: 20 },
      { category: 'Hats', price: '90' },
    ];
    expect(truth(shoes, [said('Order', NOW, { products: two })]).holds).toBe(false);
    expect(
      truth(shoes, [said('Order', NOW, { products: [...two, { category: 'Shoes', price: '50.01' }] })]).holds,
    ).toBe(true);
    expect(truth(shoes, [said('Order', NOW, { products: { category: 'Shoes', price: 60 } })]).holds).toBe(false);
  });
});

describe('clock time', () => {
  const night: EventLeaf = { event: 'Order', at: { days: ['sun'], hours: { from: 22, until: 6 }, zone: 'customer' } };
  const at = (timezone: Json, utc: string): RuleEvent => ({
    ...said('Order', Date.parse(utc)),
    payload: { context: { timezone } },
  });

  it('is the event’s own where it names a zone, and else the workspace’s', () => {
    const utc = '2026-11-22T03:00:00Z';
    expect(truth(night, [at('America/New_York', utc)]).holds).toBe(false);
    expect(truth(night, [at('Asia/Kathmandu', utc)]).holds).toBe(false);
    expect(truth(night, [at('Nowhere/Land', utc)]).holds).toBe(true);
    expect(truth(night, [at(undefined as unknown as Json, utc)]).holds).toBe(true);
  });

  it('follows clocks that are put back: the hour after two is there twice', () => {
    const two: EventLeaf = { event: 'Order', at: { hours: { from: 2, until: 3 } }, count: { exactly: 2 } };
    const night = ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-25T02:30:00Z'];
    expect(
      truth(
        two,
        night.map((utc) => said('Order', Date.parse(utc))),
      ).holds,
    ).toBe(true);
  });
});

describe('a calendar window', () => {
  const today: EventLeaf = { event: 'Order', during: 'today', count: { atLeast: 2 } };

  it('ends at local midnight, also on the day of 25 hours', () => {
    const noon = Date.parse('2026-10-25T12:00:00Z');
    const events = [said('Order', Date.parse('2026-10-24T22:00:00Z')), said('Order', noon - HOUR)];
    expect(truth(today, events, { nowMs: noon })).toEqual({
      holds: true,
      nextChangeAtMs: Date.parse('2026-10-25T23:00:00Z'),
    });
    expect(
      truth(today, [said('Order', Date.parse('2026-10-24T21:59:59.999Z')), events[1]!], { nowMs: noon }).holds,
    ).toBe(false);
  });

  it('is not looked at again once everything lies before it', () => {
    expect(truth(today, [said('Order', NOW - 3 * DAY)])).toEqual({ holds: false, nextChangeAtMs: null });
    expect(truth({ event: 'Order', during: 'yesterday' }, [said('Order', NOW)])).toEqual({
      holds: false,
      nextChangeAtMs: Date.parse('2026-11-22T23:00:00Z'),
    });
  });

  it('is the customer’s where the rule says so', () => {
    const hers: EventLeaf = { event: 'Order', during: 'today', zone: 'customer' };
    const lateYesterdayInNewYork = said('Order', Date.parse('2026-11-22T04:59:00Z'));
    expect(truth(hers, [lateYesterdayInNewYork]).holds).toBe(false);
    expect(truth({ ...hers, zone: 'workspace' }, [lateYesterdayInNewYork]).holds).toBe(true);
  });
});

describe('an aggregate', () => {
  const sum = (op: 'atLeast' | 'equals', value: number, more: Partial<EventLeaf> = {}): EventLeaf => ({
    event: 'Order',
    aggregate: { function: 'sum', property: 'total', op, value },
    ...more,
  });

  it('adds exactly, numbers in text too, and nothing that is no number or beyond a million million', () => {
    const totals: Json[] = [0.1, '0.2', 'x', '', null, true, 1e13, [5]];
    expect(
      truth(
        sum('equals', 0.3),
        totals.map((total, index) => said('Order', NOW - index, { total })),
      ).holds,
    ).toBe(true);
    const huge = Array.from({ length: 20 }, (_, index) =>
      said('Order', NOW - index, { total: index % 2 === 0 ? 1e12 : 0.000001 }),
    );
    expect(truth(sum('equals', Number(10_000_000_000_000_000_010n) / 1e6), huge).holds).toBe(true);
  });

  it('loses what is exactly as old as its window', () => {
    const week = sum('atLeast', 30, { within: { days: 7 } });
    const events = [
      said('Order', NOW - 7 * DAY, { total: 10 }),
      said('Order', NOW - 7 * DAY + 1, { total: 10 }),
      said('Order', NOW, { total: 10 }),
    ];
    expect(truth(week, events).holds).toBe(false);
    expect(truth(week, events, { nowMs: NOW - 1 })).toEqual({ holds: false, nextChangeAtMs: null });
    expect(truth(sum('atLeast', 20, { within: { days: 7 } }), events)).toEqual({
      holds: true,
      nextChangeAtMs: NOW + 1,
    });
  });

  it('of nothing is 0 for sums and different values, and no number for the others', () => {
    const of = (kind: 'sum' | 'distinct' | 'average' | 'min' | 'max'): boolean =>
      truth({ event: 'Order', aggregate: { function: kind, property: 'total', op: 'atMost', value: 5 } }, []).holds;
    expect((['sum', 'distinct', 'average', 'min', 'max'] as const).map(of)).toEqual([true, true, false, false, false]);
  });

  it('tells 1 from "1" where it counts different values, and true from "true"', () => {
    const distinct: EventLeaf = {
      event: 'Order',
      aggregate: { function: 'distinct', property: 'v', op: 'equals', value: 4 },
    };
    const values: Json[] = [1, '1', true, 'true', 1, null, {}];
    expect(
      truth(
        distinct,
        values.map((v, index) => said('Order', NOW - index, { v })),
      ).holds,
    ).toBe(true);
  });

  it('over a window of more than 4,096 events puts the oldest together and still adds exactly', () => {
    const rule = sum('equals', 6_000, { within: { days: 30 } });
    const events = Array.from({ length: 6_000 }, (_, index) => said('Order', NOW - index * 60_000, { total: 1 }));
    const compiled = compileRule(rule);
    const leaves = applyEvents(combineRules([compiled]), {}, { events, nowMs: NOW });
    expect((Object.values(leaves)[0] as Json[]).length).toBeLessThanOrEqual(4_096);
    expect(evaluateRule(compiled, { traits: viewOf({}), leaves }, NOW).holds).toBe(true);
  });
});

describe('a picked event', () => {
  const last: EventLeaf = { event: 'Order', pick: 'last', having: [{ property: 'total', op: 'atLeast', value: 50 }] };

  it('is the newest by event time, whatever came later', () => {
    expect(truth(last, [said('Order', NOW, { total: 10 }), said('Order', NOW - 1, { total: 90 })]).holds).toBe(false);
    expect(
      truth({ ...last, pick: 'first' }, [said('Order', NOW, { total: 10 }), said('Order', NOW - 1, { total: 90 })])
        .holds,
    ).toBe(true);
  });

  it('of several at the same instant is any for which it holds', () => {
    expect(truth(last, [said('Order', NOW, { total: 90 }), said('Order', NOW, { total: 10 })]).holds).toBe(true);
  });

  it('has the period as a condition on its time, not as a choice among events', () => {
    const late: EventLeaf = { event: 'Order', pick: 'first', within: { days: 7 } };
    expect(truth(late, [said('Order', NOW - 8 * DAY), said('Order', NOW)]).holds).toBe(false);
    expect(truth(late, [said('Order', NOW - DAY)])).toEqual({ holds: true, nextChangeAtMs: NOW + 6 * DAY });
  });
});

describe('a sequence', () => {
  const bought: SegmentRule = {
    sequence: [{ event: 'Viewed' }, { event: 'Bought', within: { hours: 1 }, without: { event: 'Left' } }],
  };

  it('takes the limit of time as included, and steps at the same instant as no sequence', () => {
    expect(truth(bought, [said('Viewed', NOW - HOUR), said('Bought', NOW)]).holds).toBe(true);
    expect(truth(bought, [said('Viewed', NOW - HOUR - 1), said('Bought', NOW)]).holds).toBe(false);
    expect(truth(bought, [said('Viewed', NOW), said('Bought', NOW)]).holds).toBe(false);
  });

  it('is broken by what comes strictly between, also when that arrives last', () => {
    const both = [said('Viewed', NOW - 10), said('Bought', NOW)];
    expect(truth(bought, [...both, said('Left', NOW - 5)]).holds).toBe(false);
    expect(truth(bought, [...both, said('Left', NOW - 10), said('Left', NOW)]).holds).toBe(true);
    expect(truth(bought, [...both, said('Left', NOW - 5), said('Viewed', NOW - 4)]).holds).toBe(true);
  });

  it('leaves its window with its first step', () => {
    const week: SegmentRule = { ...bought, within: { days: 7 } } as SegmentRule;
    expect(truth(week, [said('Viewed', NOW - HOUR), said('Bought', NOW)])).toEqual({
      holds: true,
      nextChangeAtMs: NOW - HOUR + 7 * DAY,
    });
  });

  it('stays done however much happens after it', () => {
    const ever: SegmentRule = { sequence: [{ event: 'Viewed' }, { event: 'Bought' }, { event: 'Praised' }] };
    const views = Array.from({ length: 900 }, (_, index) => said('Viewed', NOW + index));
    const events = [said('Viewed', NOW - 3), said('Bought', NOW - 2), ...views];
    const nowMs = NOW + 1_000;
    expect(truth(ever, [...events, said('Praised', nowMs)], { nowMs }).holds).toBe(true);
    expect(truth(ever, events, { nowMs }).holds).toBe(false);
  });
});

describe('a held value', () => {
  const gold = (how: 'atLeast' | 'lessThan'): SegmentRule => ({
    trait: 'plan',
    op: 'held',
    value: 'gold',
    for: how === 'atLeast' ? { atLeast: { days: 30 } } : { lessThan: { days: 30 } },
  });

  it('keeps its clock when it is said again, and starts it anew when it was something else', () => {
    const again = [identified(NOW - 30 * DAY, { plan: 'gold' }), identified(NOW - DAY, { plan: 'gold', city: 'Faro' })];
    expect(truth(gold('atLeast'), again)).toEqual({ holds: true, nextChangeAtMs: null });
    expect(truth(gold('lessThan'), again).holds).toBe(false);
    const changed = [...again, identified(NOW - 2 * DAY, { plan: 'free' })];
    expect(truth(gold('atLeast'), changed)).toEqual({ holds: false, nextChangeAtMs: NOW + 29 * DAY });
    expect(truth(gold('lessThan'), changed)).toEqual({ holds: true, nextChangeAtMs: NOW + 29 * DAY });
  });

  it('is held for as long as it has been said, through a thousand sayings', () => {
    const daily = Array.from({ length: 1_000 }, (_, day) => identified(NOW - day * DAY, { plan: 'gold' }));
    const years: SegmentRule = { trait: 'plan', op: 'held', value: 'gold', for: { atLeast: { days: 999 } } };
    expect(truth(years, daily.toReversed()).holds).toBe(true);
    expect(truth({ ...years, for: { atLeast: { days: 1_000 } } } as SegmentRule, daily.toReversed())).toEqual({
      holds: false,
      nextChangeAtMs: NOW + DAY,
    });
  });
});

describe('an anniversary', () => {
  const birthday = (days: number): SegmentRule => ({ trait: 'born', op: 'anniversaryWithin', value: { days } });

  it('of 29 February is on 28 February where there is no such day', () => {
    const at = (utc: string) => truth(birthday(0), [], { nowMs: Date.parse(utc), traits: { born: '1992-02-29' } });
    expect(at('2027-02-28T11:00:00Z')).toEqual({ holds: true, nextChangeAtMs: Date.parse('2027-02-28T23:00:00Z') });
    expect(at('2028-02-28T11:00:00Z').holds).toBe(false);
    expect(at('2028-02-29T11:00:00Z').holds).toBe(true);
  });

  it('comes near at local midnight, over the turn of the year', () => {
    expect(truth(birthday(40), [], { traits: { born: '1990-01-02T23:00:00-08:00' } })).toEqual({
      holds: false,
      nextChangeAtMs: Date.parse('2026-11-22T23:00:00Z'),
    });
  });
});

describe('draws of lots', () => {
  it('are the same for ever, and split the same for every percentage', () => {
    expect(lotOf('spring', WORLD.profileId)).toBe(3_575);
    const shares = Array.from({ length: 10_000 }, (_, index) => lotOf('spring', `profile ${index}`));
    const below = shares.filter((lot) => lot < 700).length;
    expect(below).toBeGreaterThan(600);
    expect(below).toBeLessThan(800);
  });
});

describe('rules that name others', () => {
  const [a, b] = ['a', 'b'].map((letter) => `seg_${letter.repeat(32)}`) as [string, string];

  it('share the leaves of what they name, and refuse to name themselves', () => {
    const named: SegmentRule = { event: 'Order' };
    const world = { ...WORLD, segments: { [a]: named, [b]: { not: { segment: b } } } };
    const compiled = compileInWorld({ all: [{ segment: a }, { event: 'Order', within: { days: 3 } }] }, world);
    expect(compiled.leaves.size).toBe(1);
    expect(truth({ segment: a }, [said('Order', NOW)], { world }).holds).toBe(true);
    expect(() => compileInWorld({ segment: b }, world)).toThrow('names itself');
  });

  it('ask a computed trait of its events, exact in time', () => {
    const world = {
      ...WORLD,
      computed: {
        spent: { event: 'Order', function: 'sum', property: 'total', within: { days: 7 } } satisfies ComputedTraitRule,
      },
    };
    const rule: SegmentRule = { trait: 'spent', op: 'atLeast', value: 10 };
    expect(truth(rule, [said('Order', NOW, { total: 10 })], { world, traits: { spent: 0 } })).toEqual({
      holds: true,
      nextChangeAtMs: NOW + 7 * DAY,
    });
  });
});

describe('a computed trait', () => {
  const value = (rule: ComputedTraitRule, events: readonly RuleEvent[], nowMs = NOW) => {
    const computed = compileComputed(rule, { zone: 'UTC' });
    let state: Json | undefined;
    for (const event of events) {
      const sample = computed.leaf.sampleOf(event);
      if (sample !== undefined) state = computed.leaf.kind.insert(state, sample, nowMs);
    }
    return computedValue(computed, state, { nowMs, customerZone: () => 'UTC' });
  };

  it('counts whole days since the newest event and tells when the next one is full', () => {
    const since: ComputedTraitRule = { event: 'Order', function: 'daysSince' };
    expect(value(since, [])).toEqual({ value: undefined, nextChangeAtMs: null });
    expect(value(since, [said('Order', NOW - 2 * DAY + 1)])).toEqual({ value: 1, nextChangeAtMs: NOW + 1 });
  });

  it('takes the most frequent value, of equally frequent ones the greater text', () => {
    const favourite: ComputedTraitRule = { event: 'Order', function: 'mostFrequent', property: 'kind' };
    const kinds = ['tea', 'mate', 'tea', 'mate', 'coffee'];
    expect(
      value(
        favourite,
        kinds.map((kind, index) => said('Order', NOW - index, { kind })),
      ).value,
    ).toBe('tea');
    expect(value(favourite, []).value).toBeUndefined();
  });
});

describe('keys of leaves', () => {
  it('are for ever: states on disk are found by them', () => {
    const keyOf = (rule: SegmentRule) => [...compileRule(rule, { zone: 'Europe/Berlin' }).leaves.keys()][0];
    expect([
      keyOf({ event: 'cart.*', during: 'thisMonth' }),
      keyOf({ event: 'Order', at: { days: ['sun', 'sat'] } }),
      keyOf({
        event: 'Order',
        within: { days: 1 },
        aggregate: { function: 'sum', property: 'total', op: 'atLeast', value: 1 },
      }),
      keyOf({ event: 'Order', pick: 'last' }),
      keyOf({ sequence: [{ event: 'A' }, { event: 'B', within: { minutes: 1 } }, { event: 'C' }] }),
      keyOf({ trait: 'plan', op: 'held', value: 'gold', for: { atLeast: { days: 1 } } }),
    ]).toMatchInlineSnapshot(`
      [
        "q4x2851200000.6tQZy_NtbAtM",
        "n4.cNPA0G7Av4FD",
        "asumx86400000.1vMQNbUfdPyX",
        "plast.jVK2V0Y2rEwp",
        "se_60000_e.PQBMHOoQ116n",
        "h.K-u6OpNen1P3",
      ]
    `);
  });

  it('are the same for days said in another order', () => {
    const of = (days: ('sat' | 'sun')[]) => [...compileRule({ event: 'Order', at: { days } }).leaves.keys()];
    expect(of(['sat', 'sun'])).toEqual(of(['sun', 'sat']));
    expect(() => leafOf({ kind: 'held', trait: ['plan'], value: true })).not.toThrow();
  });
});
