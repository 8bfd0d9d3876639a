import type { EventFilter, SegmentRule } from '@segue/contract';
import { describe, expect, it } from 'vitest';

import { LIFECYCLE_DEFAULTS } from './lifecycle/lifecycle-defaults.ts';
import { findComputedTraitFaults, findLifecycleFaults, findRuleFaults, type RuleNames } from './rule-faults.ts';

const KNOWN = '1'.repeat(32);
const UNKNOWN = '2'.repeat(32);
const NAMES: RuleNames = {
  isPersonalTrait: (name) => name === 'email',
  derivedTraits: new Set(['session_count', 'orders_total']),
  lists: new Set([`lst_${KNOWN}`]),
  segments: new Set([`seg_${KNOWN}`]),
  topics: new Set(['marketing']),
  unknownTopic: 'is no topic of this workspace; give one of marketing, or make it first',
};

describe('findRuleFaults', () => {
  it.each<[string, SegmentRule]>([
    ['a pattern RE2 reads', { trait: 'sku', op: 'matches', value: '(?i)^\\pL+\\z' }],
    [
      'a sealed property compared as a whole',
      { event: 'A', where: [{ property: 'email', op: 'in', value: ['a@b.example'] }] },
    ],
    ['a trait held', { trait: 'plan', op: 'held', value: 'gold', for: { atLeast: { days: 1 } } }],
    ['a personal trait asked now', { trait: 'email', op: 'exists' }],
    ['a segment and a list there are', { all: [{ segment: `seg_${KNOWN}` }, { list: `lst_${KNOWN}` }] }],
    ['a topic there is', { reachable: { channel: 'email', topic: 'marketing' } }],
  ])('lets %s pass', (_, rule) => {
    expect(findRuleFaults(rule, NAMES)).toEqual([]);
  });

  it.each<[string, SegmentRule, string, RegExp]>([
    ['a pattern that is none', { trait: 'a', op: 'matches', value: '(' }, 'rule.value', /no regular expression in RE2/],
    [
      'a pattern that looks ahead',
      { not: { event: 'A', where: [{ property: 'a', op: 'matches', value: '(?=a)' }] } },
      'rule.not.where[0].value',
      /no regular expression in RE2/,
    ],
    [
      'a pattern that would fill the memory',
      { company: 'a', op: 'matches', value: '((a{100}){100}){100}' },
      'rule.value',
      /invalid repeat count/,
    ],
    [
      'a pattern of an element',
      { event: 'A', where: [{ property: 'p', op: 'some', where: [{ property: 'a', op: 'matches', value: '[' }] }] },
      'rule.where[0].where[0].value',
      /no regular expression in RE2/,
    ],
    [
      'a part of a sealed property',
      { sequence: [{ event: 'A' }, { event: 'B', where: [{ property: 'email', op: 'contains', value: 'x' }] }] },
      'rule.sequence[1].where[0].property',
      /compared as a whole/,
    ],
    [
      'a sealed property between',
      {
        sequence: [
          { event: 'A' },
          { event: 'B', without: { event: 'C', where: [{ property: ['address', 'phone'], op: 'exists' }] } },
        ],
      },
      'rule.sequence[1].without.where[0].property',
      /"address.phone" is sealed/,
    ],
    [
      'a sealed property in any case',
      { event: 'A', where: [{ property: 'email', op: 'equals', value: 'a', ignoreCase: true }] },
      'rule.where[0].property',
      /letter by letter/,
    ],
    [
      'a sealed property of the last event',
      { event: 'A', pick: 'last', having: [{ property: 'phone', op: 'startsWith', value: '+49' }] },
      'rule.having[0].property',
      /compared as a whole/,
    ],
    [
      'a sealed property of an element',
      { event: 'A', where: [{ property: 'guests', op: 'some', where: [{ property: 'email', op: 'exists' }] }] },
      'rule.where[0].where[0].property',
      /its value is not known/,
    ],
    [
      'how many sealed values there are',
      { event: 'A', aggregate: { function: 'distinct', property: 'email', op: 'atLeast', value: 2 } },
      'rule.aggregate.property',
      /its value is not known/,
    ],
    [
      'since when a personal trait is so',
      { trait: 'email', op: 'held', value: 'a', for: { atLeast: { days: 1 } } },
      'rule.trait',
      /"email" is personal/,
    ],
    [
      'since when a computed trait is so',
      { any: [{ trait: 'orders_total', op: 'held', value: 1, for: { lessThan: { days: 1 } } }] },
      'rule.any[0].trait',
      /follows from events/,
    ],
    ['a segment that is none', { all: [{ segment: `seg_${UNKNOWN}` }] }, 'rule.all[0].segment', /no such segment/],
    ['a list that is none', { list: `lst_${UNKNOWN}` }, 'rule.list', /no such list/],
    [
      'a topic that is none',
      { consent: { channel: 'email', topic: 'weather', state: ['subscribed'] } },
      'rule.consent.topic',
      /no topic of this workspace/,
    ],
    [
      'a topic to be reached for',
      { reachable: { channel: 'sms', topic: 'weather' } },
      'rule.reachable.topic',
      /no topic/,
    ],
  ])('refuses %s, naming the node', (_, rule, field, message) => {
    expect(findRuleFaults(rule, NAMES)).toEqual([{ field, message: expect.stringMatching(message) }]);
  });

  it('names every node at fault', () => {
    const rule: SegmentRule = { any: [{ list: `lst_${UNKNOWN}` }, { trait: 'a', op: 'matches', value: '*' }] };
    expect(findRuleFaults(rule, NAMES).map(({ field }) => field)).toEqual(['rule.any[0].list', 'rule.any[1].value']);
  });
});

describe('findComputedTraitFaults', () => {
  it('refuses to compute from what is sealed, and to filter by a part of it', () => {
    const rule = {
      function: 'last' as const,
      event: 'A',
      property: 'email',
      where: [{ property: 'phone', op: 'contains' as const, value: '1' }],
    };
    expect(findComputedTraitFaults(rule).map(({ field }) => field)).toEqual([
      'rule.where[0].property',
      'rule.property',
    ]);
    const named = { function: 'distinct' as const, event: 'A', property: 'customer.name' };
    expect(findComputedTraitFaults(named).map(({ field }) => field)).toEqual(['rule.property']);
  });

  it('lets what is sealed be compared as a whole, and what things are called be counted', () => {
    const where = [{ property: 'email', op: 'equals' as const, value: 'ada@shop.example' }];
    expect(findComputedTraitFaults({ function: 'count', event: 'A', where })).toEqual([]);
    expect(findComputedTraitFaults({ function: 'distinct', event: 'A', property: 'product.name' })).toEqual([]);
  });
});

describe('findLifecycleFaults', () => {
  it('refuses to tell orders by a part of what is sealed, and by a pattern that is none', () => {
    const where: EventFilter[] = [
      { property: 'email', op: 'contains', value: '@shop.example' },
      { property: 'coupon', op: 'matches', value: '*' },
      { property: 'status', op: 'equals', value: 'paid' },
    ];
    const faults = findLifecycleFaults({ ...LIFECYCLE_DEFAULTS, order: { event: 'Order Completed', where } });
    expect(faults.map(({ field }) => field)).toEqual(['order.where[0].property', 'order.where[1].value']);
    expect(findLifecycleFaults(LIFECYCLE_DEFAULTS)).toEqual([]);
  });
});
