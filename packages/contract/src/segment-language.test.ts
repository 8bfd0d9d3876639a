import { describe, expect, it } from 'vitest';

import { computedTraitRuleSchema } from './segment-event-leaf.ts';
import type { SegmentRule } from './segment-language.ts';
import { RULE_NODES_MAX, segmentRuleSchema } from './segment-rule.ts';

const ID = '0'.repeat(32);

function refusals(rule: unknown): string[] {
  return (segmentRuleSchema.safeParse(rule).error?.issues ?? []).map(({ message }) => message);
}

const step = { event: 'A' };

describe('the language of rules', () => {
  it.each<[string, SegmentRule]>([
    ['everyone', { everyone: true }],
    ['text without regard to case', { trait: 'plan', op: 'equals', value: 'Gold', ignoreCase: true }],
    ['text that is not in it', { trait: 'plan', op: 'notContains', value: 'trial' }],
    ['a regular expression', { trait: 'plan', op: 'matches', value: '(?i)^gold|silver$' }],
    ['the empty text', { trait: 'plan', op: 'equals', value: '' }],
    ['a birthday', { trait: 'birthday', op: 'anniversaryWithin', value: { days: 0 }, zone: 'customer' }],
    ['a value held', { trait: 'plan', op: 'held', value: 'gold', for: { atLeast: { days: 30 } } }],
    ['a value held for less', { trait: 'plan', op: 'held', value: 'gold', for: { lessThan: { days: 30 } } }],
    [
      'an element of a list',
      {
        event: 'Order Completed',
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
      },
    ],
    ['names by what they begin with', { event: 'cart.*' }],
    ['an hour over midnight', { event: 'A', at: { hours: { from: 22, until: 6 }, zone: 'customer' } }],
    ['days of the week', { event: 'A', at: { days: ['sat', 'sun'] } }],
    ['a calendar word', { event: 'A', during: 'lastMonth', zone: 'customer' }],
    ['a sum', { event: 'A', aggregate: { function: 'sum', property: 'total', op: 'between', value: [10, 20] } }],
    [
      'different values',
      { event: 'A', aggregate: { function: 'distinct', property: 'sku', op: 'lessThan', value: 1 } },
    ],
    ['the last one', { event: 'A', pick: 'last', having: [{ property: 'total', op: 'atLeast', value: 50 }] }],
    ['the first one ever in a period', { event: 'A', pick: 'first', after: '2026-01-01', before: '2027-01-01' }],
    [
      'steps one after another',
      { sequence: [step, { event: 'B', within: { hours: 1 }, without: { event: 'C' } }], within: { days: 30 } },
    ],
    ['another segment', { segment: `seg_${ID}` }],
    ['a list', { list: `lst_${ID}` }],
    ['a bucket', { bucket: { salt: 'spring', from: 12.5, below: 100 } }],
    ['consent', { consent: { channel: 'email', topic: 'marketing', state: ['subscribed', 'pending'] } }],
    ['reachability', { reachable: { channel: 'sms' } }],
    [
      'what became of messages',
      { message: 'opened', template: `tpl_${ID}`, journey: `jrn_${ID}`, count: { atLeast: 2 } },
    ],
    ['a company', { company: ['plan'], op: 'in', value: ['pro', 1] }],
    ['a place', { place: { countries: ['DE'], near: { latitude: 48.1, longitude: 11.6, km: 25 } } }],
    ['a stage', { lifecycle: ['at_risk', 'lapsed'] }],
  ])('takes %s', (_, rule) => {
    expect(refusals(rule)).toEqual([]);
    expect(segmentRuleSchema.parse(rule)).toBe(rule);
  });

  it.each([
    ['two windows', { event: 'A', within: { days: 1 }, during: 'today' }, /^rule\.during: leave out either/],
    ['a zone without a calendar', { event: 'A', zone: 'customer' }, /^rule\.zone: only "during" asks a calendar/],
    [
      'a calendar word nobody knows',
      { event: 'A', during: 'fortnight' },
      /^rule\.during: choose a calendar word: today/,
    ],
    [
      'a sequence over before it starts',
      { sequence: [step, step], after: '2026-02-01', before: '2026-02-01' },
      /^rule\.after: nothing happens in this period/,
    ],
    [
      'messages over before they start',
      { message: 'sent', after: '2026-02-01', before: '2026-01-01' },
      /^rule\.after: nothing happens in this period/,
    ],
    ['no hours', { event: 'A', at: { hours: { from: 9, until: 9 } } }, /^rule\.at\.hours\.until: nothing happens/],
    [
      'an hour no clock shows',
      { event: 'A', at: { hours: { from: 24, until: 3 } } },
      /^rule\.at\.hours\.from: give an hour/,
    ],
    ['a clock that says nothing', { event: 'A', at: { zone: 'customer' } }, /^rule\.at: say when/],
    [
      'a day nobody knows',
      { event: 'A', at: { days: ['fri', 'funday'] } },
      /^rule\.at\.days\[1\]: give days out of mon/,
    ],
    ['a day twice', { event: 'A', at: { days: ['fri', 'fri'] } }, /^rule\.at\.days: name each day once/],
    [
      'a sum and a count',
      { event: 'A', count: { atLeast: 1 }, aggregate: { function: 'sum', property: 'a', op: 'atLeast', value: 1 } },
      /^rule\.aggregate: put "count" and "aggregate" in two nodes/,
    ],
    [
      'bounds of a sum the wrong way round',
      { event: 'A', aggregate: { function: 'sum', property: 'a', op: 'between', value: [2, 1] } },
      /^rule\.aggregate\.value: give the smaller number first/,
    ],
    [
      'fewer than no values',
      { event: 'A', aggregate: { function: 'distinct', property: 'a', op: 'lessThan', value: 0 } },
      /^rule\.aggregate\.value: a number of different values is never below 0/,
    ],
    [
      'more values than are kept',
      { event: 'A', aggregate: { function: 'distinct', property: 'a', op: 'atLeast', value: 2000 } },
      /^rule\.aggregate\.value: .*give at most 1024/,
    ],
    [
      'a count of one event',
      { event: 'A', pick: 'last', count: { atLeast: 1 } },
      /^rule\.pick: one picked event has no count/,
    ],
    [
      'what is asked of no event',
      { event: 'A', having: [{ property: 'a', op: 'exists' }] },
      /^rule\.having: say which event: add "pick"/,
    ],
    ['one step', { sequence: [step] }, /^rule\.sequence: give at least two steps/],
    ['six steps', { sequence: [step, step, step, step, step, step] }, /^rule\.sequence: give at most 5 steps/],
    [
      'a first step after another',
      { sequence: [{ event: 'A', within: { hours: 1 } }, step] },
      /^rule\.sequence\[0\]\.within: there is no step before the first/,
    ],
    [
      'a fault deep in a step',
      { all: [{ everyone: true }, { sequence: [step, { event: 'B', without: { event: '' } }] }] },
      /^rule\.all\[1\]\.sequence\[1\]\.without\.event/,
    ],
    [
      'a list within a list',
      {
        event: 'A',
        where: [{ property: 'p', op: 'some', where: [{ property: 'q', op: 'some', where: [] }] }],
      },
      /^rule\.where\[0\]\.where\[0\]\.op: choose an op/,
    ],
    [
      'too much asked of one element',
      { event: 'A', where: [{ property: 'p', op: 'some', where: Array(11).fill({ property: 'q', op: 'exists' }) }] },
      /^rule\.where\[0\]\.where: give at most 10 conditions/,
    ],
    [
      'too many filters',
      { event: 'A', where: Array(21).fill({ property: 'q', op: 'exists' }) },
      /^rule\.where: give at most 20 filters/,
    ],
    [
      'a pattern too long',
      { trait: 'a', op: 'matches', value: 'a'.repeat(501) },
      /^rule\.value: use at most 500 characters/,
    ],
    [
      'case disregarded of no text',
      { trait: 'a', op: 'exists', ignoreCase: true },
      /^rule\.ignoreCase: there is no such field/,
    ],
    [
      'a value held both longer and shorter',
      { trait: 'a', op: 'held', value: 1, for: { atLeast: { days: 1 }, lessThan: { days: 2 } } },
      /^rule\.for: say how long/,
    ],
    [
      'a birthday in a thousand days',
      { trait: 'a', op: 'anniversaryWithin', value: { days: 1000 } },
      /^rule\.value\.days: give at most 366/,
    ],
    ['nowhere', { place: {} }, /^rule\.place: say where: give countries/],
    ['no country', { place: { countries: [] } }, /^rule\.place\.countries: give a list of ISO codes/],
    [
      'a country by its name',
      { place: { countries: ['Germany'] } },
      /^rule\.place\.countries\[0\]: write a country as its two/,
    ],
    [
      'a place outside the globe',
      { place: { near: { latitude: 91, longitude: 0, km: 1 } } },
      /^rule\.place\.near\.latitude: is outside the globe/,
    ],
    [
      'a circle of nothing',
      { place: { near: { latitude: 0, longitude: 0, km: 0 } } },
      /^rule\.place\.near\.km: give a distance of more than 0/,
    ],
    [
      'an empty bucket',
      { bucket: { salt: 'a', from: 50, below: 50 } },
      /^rule\.bucket\.from: nobody is in this bucket/,
    ],
    ['more than everybody', { bucket: { salt: 'a', from: 0, below: 101 } }, /^rule\.bucket\.below: give a percentage/],
    [
      'less than a lot',
      { bucket: { salt: 'a', from: 0, below: 0.005 } },
      /^rule\.bucket\.below: give at most two decimals/,
    ],
    ['nobody as everyone', { everyone: false }, /^rule\.everyone: write \{ "everyone": true \}/],
    ['a channel nobody knows', { reachable: { channel: 'pigeon' } }, /^rule\.reachable\.channel: give a channel/],
    ['no state', { consent: { channel: 'email', state: [] } }, /^rule\.consent\.state: give at least one state/],
    ['a stage nobody knows', { lifecycle: ['gone'] }, /^rule\.lifecycle\[0\]: give stages out of visitor/],
    ['a segment by its name', { segment: 'Buyers' }, /^rule\.segment: give the id of a segment/],
    ['a message that was admired', { message: 'admired' }, /^rule\.message: choose what became of it: sent/],
    [
      'a company trait relative to now',
      { company: 'a', op: 'withinLast', value: { days: 1 } },
      /^rule\.op: choose an op/,
    ],
    ['two kinds in one node', { segment: `seg_${ID}`, list: `lst_${ID}` }, /^rule: has both segment and list/],
  ])('refuses %s, naming the node and the remedy', (_, rule, message) => {
    expect(refusals(rule)).toEqual([expect.stringMatching(message)]);
  });

  it('counts the steps of sequences as nodes', () => {
    const sequence = { sequence: [step, step, step, step, step] };
    const rule = { any: Array.from({ length: Math.ceil(RULE_NODES_MAX / 5) }, () => sequence) };
    expect(refusals(rule)).toEqual([expect.stringMatching(/more than 200 nodes; split/)]);
  });
});

describe('the rule of a computed trait', () => {
  it.each([
    { function: 'count', event: 'Order Completed', within: { days: 90 } },
    { function: 'mostFrequent', event: 'Order Completed', property: 'store' },
    { function: 'daysSince', event: { type: 'page' }, where: [{ property: 'a', op: 'exists' }] },
  ])('takes $function', (rule) => {
    expect(computedTraitRuleSchema.parse(rule)).toEqual(rule);
  });

  it.each([
    [{ function: 'sum', event: 'A' }, 'property', /say of which property "sum" is/],
    [{ function: 'count', event: 'A', property: 'total' }, 'property', /leave "property" out/],
    [{ function: 'median', event: 'A' }, 'function', /choose a function: count, sum/],
    [{ function: 'count', event: 'A', within: { days: 1 }, during: 'today' }, 'during', /leave out either/],
  ])('refuses %j', (rule, field, message) => {
    const issues = computedTraitRuleSchema.safeParse(rule).error?.issues ?? [];
    expect(issues.map(({ path, message }) => [path.join('.'), message])).toEqual([
      [field, expect.stringMatching(message)],
    ]);
  });
});
