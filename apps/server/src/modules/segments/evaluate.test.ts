import type { EventLeaf, SegmentRule } from '@segue/contract';
import { describe, expect, it } from 'vitest';

import type { Json } from '../../platform/json.ts';
import { evaluateRule, type RuleTruth } from './evaluate.ts';
import { applyEvents, mergeLeafStates, type LeafStates } from './leaf-state.ts';
import { valueAt } from './path.ts';
import { combineRules, compileRule } from './rule.ts';
import type { RuleEvent } from './rule-input.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function order(occurredAt: number, properties: { [key: string]: Json } = {}): RuleEvent {
  return { type: 'track', name: 'Order Completed', occurredAt, payload: { properties } };
}

function count(rule: SegmentRule, events: readonly RuleEvent[], nowMs = NOW): LeafStates {
  return applyEvents(combineRules([compileRule(rule)]), {}, { events, nowMs });
}

function truth(
  rule: SegmentRule,
  leaves: LeafStates,
  { nowMs = NOW, traits = {} }: { nowMs?: number; traits?: Json } = {},
): RuleTruth {
  return evaluateRule(compileRule(rule), { traits: { get: (steps) => valueAt(traits, steps) }, leaves }, nowMs);
}

describe('an event leaf', () => {
  const twice: EventLeaf = { event: 'Order Completed', count: { atLeast: 2 }, within: { days: 7 } };

  it('stops holding at the very millisecond an event is exactly as old as the window', () => {
    const leaves = count(twice, [order(NOW - DAY), order(NOW - 2 * DAY)]);
    expect(truth(twice, leaves)).toEqual({ holds: true, nextChangeAtMs: NOW + 5 * DAY });
    expect(truth(twice, leaves, { nowMs: NOW + 5 * DAY - 1 }).holds).toBe(true);
    expect(truth(twice, leaves, { nowMs: NOW + 5 * DAY })).toEqual({ holds: false, nextChangeAtMs: null });
  });

  it('starts to hold by silence: "not in the last week" comes true with no new event', () => {
    const silent: EventLeaf = { event: 'Order Completed', count: { exactly: 0 }, within: { days: 7 } };
    expect(truth(silent, {})).toEqual({ holds: true, nextChangeAtMs: null });
    expect(truth(silent, count(silent, [order(NOW - DAY)]))).toEqual({ holds: false, nextChangeAtMs: NOW + 6 * DAY });
  });

  it('is true only for a while when an exact count is passed through', () => {
    const once: EventLeaf = { event: 'Order Completed', count: { exactly: 1 }, within: { days: 7 } };
    const leaves = count(once, [order(NOW - DAY), order(NOW - 2 * DAY)]);
    expect(truth(once, leaves)).toEqual({ holds: false, nextChangeAtMs: NOW + 5 * DAY });
    expect(truth(once, leaves, { nowMs: NOW + 5 * DAY })).toEqual({ holds: true, nextChangeAtMs: NOW + 6 * DAY });
  });

  it('counts an event dated ahead of now from its own time on', () => {
    const ever: EventLeaf = { event: 'Order Completed' };
    expect(truth(ever, count(ever, [order(NOW + HOUR)]))).toEqual({ holds: false, nextChangeAtMs: NOW + HOUR });
  });

  it('keeps what has happened although many events are dated ahead', () => {
    const leaves = count(twice, [
      order(NOW - DAY),
      order(NOW - HOUR),
      ...Array.from({ length: 20 }, (_, hour) => order(NOW + (hour + 1) * HOUR)),
    ]);
    expect(truth(twice, leaves).holds).toBe(true);
  });

  it('asks all filters of the same event', () => {
    const rule: EventLeaf = {
      event: 'Order Completed',
      where: [
        { property: 'total', op: 'atLeast', value: 50 },
        { property: 'shipping.country', op: 'equals', value: 'PT' },
      ],
    };
    expect(
      truth(rule, count(rule, [order(NOW, { total: '60' }), order(NOW, { shipping: { country: 'PT' } })])).holds,
    ).toBe(false);
    expect(truth(rule, count(rule, [order(NOW, { total: '60', shipping: { country: 'PT' } })])).holds).toBe(true);
  });

  it('counts only inside absolute dates, the first instant included and the last excluded', () => {
    const november: EventLeaf = {
      event: 'Order Completed',
      after: '2026-11-01',
      before: '2026-12-01',
      count: { exactly: 1 },
    };
    const edges = [Date.UTC(2026, 10, 1) - 1, Date.UTC(2026, 10, 1), Date.UTC(2026, 11, 1)].map((at) => order(at));
    expect(truth(november, count(november, edges, Date.UTC(2027, 0, 1)), { nowMs: Date.UTC(2027, 0, 1) }).holds).toBe(
      true,
    );
  });

  it('tells pages by type, with or without a name', () => {
    const page = (name: string): RuleEvent => ({ type: 'page', name, occurredAt: NOW, payload: {} });
    const any: EventLeaf = { event: { type: 'page' } };
    const pricing: EventLeaf = { event: { type: 'page', name: 'Pricing' } };
    expect(truth(any, count(any, [page('')])).holds).toBe(true);
    expect(truth(pricing, count(pricing, [page('Home'), { ...page('Pricing'), type: 'track' }])).holds).toBe(false);
    expect(truth(pricing, count(pricing, [page('Pricing')])).holds).toBe(true);
  });
});

describe('a date trait', () => {
  const soon: SegmentRule = { trait: 'renewsAt', op: 'withinNext', value: { days: 3 } };

  it('enters and leaves "within the next" exactly on time', () => {
    const traits = { renewsAt: new Date(NOW + 5 * DAY).toISOString() };
    expect(truth(soon, {}, { traits })).toEqual({ holds: false, nextChangeAtMs: NOW + 2 * DAY });
    expect(truth(soon, {}, { traits, nowMs: NOW + 2 * DAY })).toEqual({ holds: true, nextChangeAtMs: NOW + 5 * DAY });
    expect(truth(soon, {}, { traits, nowMs: NOW + 5 * DAY })).toEqual({ holds: false, nextChangeAtMs: null });
  });

  it('is neither within nor outside a time when it is no date', () => {
    for (const op of ['withinLast', 'notWithinLast', 'withinNext'] as const) {
      expect(truth({ trait: 'renewsAt', op, value: { days: 3 } }, {}, { traits: { renewsAt: 'later' } }).holds).toBe(
        false,
      );
    }
  });
});

describe('a group', () => {
  const lapsed: SegmentRule = {
    all: [
      { event: 'Order Completed' },
      { not: { event: 'Order Completed', within: { days: 30 } } },
      { trait: 'plan', op: 'equals', value: 'pro' },
    ],
  };

  it('names the flip of the whole rule, not that of a part', () => {
    const leaves = count(lapsed, [order(NOW - DAY)]);
    expect(truth(lapsed, leaves, { traits: { plan: 'pro' } })).toEqual({
      holds: false,
      nextChangeAtMs: NOW + 29 * DAY,
    });
    expect(truth(lapsed, leaves, { traits: { plan: 'free' } })).toEqual({ holds: false, nextChangeAtMs: null });
  });
});

describe('leaf states', () => {
  it('are shared by leaves that count the same, whatever threshold, window or spelling', () => {
    const rules: SegmentRule[] = [
      { event: 'Order Completed', within: { days: 7 } },
      { event: { type: 'track', name: 'Order Completed' }, count: { atMost: 3 }, where: [] },
      { event: 'Order Completed', count: { atLeast: 4 } },
      { event: 'Order Completed', after: '2026-11-01' },
    ];
    const keys = rules.map((rule) => [...compileRule(rule).leaves.keys()][0]!);
    expect(keys[1]).toBe(keys[0]);
    expect(new Set(keys).size).toBe(3);
    expect(combineRules(rules.map((rule) => compileRule(rule))).rulesByLeaf.get(keys[0]!)).toHaveLength(2);
  });

  it('keep their key for ever: states on disk are found by it', () => {
    const leaf: EventLeaf = { event: 'Order Completed', where: [{ property: 'total', op: 'atLeast', value: 50 }] };
    expect([...compileRule(leaf).leaves.keys()]).toEqual(['n4.bEYnZ1RxfoQt']);
  });

  it('are the very same object when nothing matched, and untouched leaves keep their array', () => {
    const rules = combineRules([compileRule({ event: 'A' }), compileRule({ event: 'Order Completed' })]);
    const a = applyEvents(rules, {}, { events: [{ ...order(NOW), name: 'A' }], nowMs: NOW });
    expect(applyEvents(rules, a, { events: [{ ...order(NOW), name: 'B' }], nowMs: NOW })).toBe(a);
    const both = applyEvents(rules, a, { events: [order(NOW)], nowMs: NOW });
    const [keyOfA] = Object.keys(a);
    expect(both[keyOfA!]).toBe(a[keyOfA!]);
    expect(Object.keys(both)).toHaveLength(2);
  });

  it('stay small however much happens', () => {
    const rule: EventLeaf = { event: 'Order Completed', count: { atLeast: 3 } };
    const events = Array.from({ length: 5_000 }, (_, index) => order(NOW - ((index * 7919) % 5_000)));
    expect(Object.values(count(rule, events))).toEqual([[NOW, NOW - 1, NOW - 2, NOW - 3]]);
  });

  it('keep the states of rules not known here when merging, and refuse a kind that cannot be added up', () => {
    expect(mergeLeafStates([{ 'n4.gone': [NOW] }, { 'n4.gone': [NOW - 1] }], NOW)).toEqual({
      'n4.gone': [NOW, NOW - 1],
    });
    expect(() => mergeLeafStates([{ 'sequence.x': [NOW] }], NOW)).toThrow('rebuild it from history');
  });
});
