import { describe, expect, it } from 'vitest';

import { parseInstant } from './instant.ts';
import { RULE_DEPTH_MAX, RULE_NODES_MAX, segmentRuleSchema } from './segment-rule.ts';

function refusals(rule: unknown): string[] {
  return (segmentRuleSchema.safeParse(rule).error?.issues ?? []).map(({ message }) => message);
}

function nested(depth: number): unknown {
  let rule: unknown = { trait: 'plan', op: 'exists' };
  for (let level = 1; level < depth; level += 1) rule = { not: rule };
  return rule;
}

describe('segmentRuleSchema', () => {
  it('accepts every kind of node and returns the rule as its author wrote it', () => {
    const rule = {
      all: [
        {
          any: [
            { trait: 'plan', op: 'in', value: ['pro', 2, true] },
            { trait: ['address', 'city.name'], op: 'contains', value: 'ö' },
          ],
        },
        { not: { event: { type: 'page', name: 'Pricing' }, within: { days: 7 } } },
        { trait: 'renewsAt', op: 'withinNext', value: { hours: 48 } },
        {
          event: 'Order Completed',
          where: [{ property: 'total', op: 'between', value: [10, 20] }],
          count: { exactly: 0 },
          after: '2026-11-01',
        },
      ],
    };
    expect(segmentRuleSchema.parse(rule)).toBe(rule);
  });

  it.each([
    ['a node without a kind', { all: [{ plan: 'pro' }] }, /^rule\.all\[0\]: make each node one of/],
    ['a node of two kinds', { trait: 'a', op: 'exists', event: 'b' }, /^rule: has both trait and event/],
    ['an empty group', { not: { any: [] } }, /^rule\.not\.any: give "any" a list of at least one node/],
    ['a stray key in a group', { all: [{ trait: 'a', op: 'exists' }], any2: 1 }, /^rule\.any2: remove "any2"/],
    ['a stray key in a leaf', { trait: 'a', op: 'exists', value: 1 }, /^rule\.value: there is no such field here/],
    ['an unknown op', { trait: 'a', op: 'near', value: 1 }, /^rule\.op: choose an op: equals/],
    [
      'a relative date on an event',
      { event: 'A', where: [{ property: 'p', op: 'withinLast', value: { days: 1 } }] },
      /^rule\.where\[0\]\.op: .*use "within"/,
    ],
    [
      'a number as text',
      { trait: 'a', op: 'atLeast', value: '5' },
      /^rule\.value: give a number, without quotation marks/,
    ],
    ['null as a value', { trait: 'a', op: 'equals', value: null }, /^rule\.value: .*"missing"/],
    [
      'bounds the wrong way round',
      { trait: 'a', op: 'between', value: [2, 1] },
      /^rule\.value: give the smaller number first/,
    ],
    ['two counts', { event: 'A', count: { atLeast: 1, atMost: 2 } }, /^rule\.count: give exactly one of atLeast/],
    ['a count beyond the cap', { event: 'A', count: { exactly: 1001 } }, /^rule\.count\.exactly: give at most 1000/],
    ['at least nothing', { event: 'A', count: { atLeast: 0 } }, /^rule\.count\.atLeast: give at least 1/],
    ['two units', { event: 'A', within: { days: 1, hours: 1 } }, /^rule\.within: give exactly one of days/],
    [
      'a period that is over before it starts',
      { event: 'A', after: '2026-02-01', before: '2026-01-01' },
      /^rule\.after: nothing happens/,
    ],
    ['a day that does not exist', { event: 'A', after: '2026-02-30' }, /^rule\.after: give a date like/],
    ['a prefix of nothing', { event: '.*' }, /^rule\.event: .*begin with before "\.\*"/],
    ['a prefix of typed names', { event: { type: 'page', name: 'Docs.*' } }, /^rule\.event.*: /],
    [
      'an unpaired surrogate',
      { trait: 'a', op: 'contains', value: '\ud800' },
      /^rule\.value: remove the NUL or unpaired surrogate/,
    ],
    ['an empty step in a path', { trait: 'a..b', op: 'exists' }, /^rule\.trait: write a path/],
    ['something else', 'everyone', /^rule: make each node/],
    ['nothing', undefined, /^rule: make each node/],
  ])('refuses %s, naming the node and the remedy', (_, rule, message) => {
    expect(refusals(rule)).toEqual([expect.stringMatching(message)]);
  });

  it('names every faulty leaf, not only the first', () => {
    expect(
      refusals({
        all: [
          { trait: '', op: 'exists' },
          { event: 'A', count: { exactly: -1 } },
        ],
      }),
    ).toHaveLength(2);
  });

  it('accepts the deepest allowed rule, and refuses a deeper one without exhausting the stack', () => {
    expect(refusals(nested(RULE_DEPTH_MAX))).toEqual([]);
    expect(refusals(nested(RULE_DEPTH_MAX + 1))).toEqual([
      expect.stringMatching(/nested deeper than 8 levels; flatten/),
    ]);
    expect(refusals(nested(100_000))).toHaveLength(1);
  });

  it('accepts the largest allowed rule, and refuses a larger one with one message', () => {
    const leaves = (count: number) => ({ any: Array.from({ length: count }, () => ({ trait: 'a', op: 'exists' })) });
    expect(refusals(leaves(RULE_NODES_MAX - 1))).toEqual([]);
    expect(refusals(leaves(10_000))).toEqual([expect.stringMatching(/more than 200 nodes; split/)]);
  });
});

describe('parseInstant', () => {
  it.each([
    ['2026-11-22', Date.UTC(2026, 10, 22)],
    ['2026-11-22T10:20Z', Date.UTC(2026, 10, 22, 10, 20)],
    ['2026-11-22 10:20:30', Date.UTC(2026, 10, 22, 10, 20, 30)],
    ['2026-11-22T10:20:30.5+05:30', Date.UTC(2026, 10, 22, 4, 50, 30, 500)],
    ['2026-11-22T10:20:30.123456-0800', Date.UTC(2026, 10, 22, 18, 20, 30, 123)],
    ['0050-01-01', Date.parse('0050-01-01')],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
  ])('reads %s', (text, ms) => {
    expect(parseInstant(text)).toBe(ms);
  });

  it.each([
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-11-22T24:00Z',
    '2026-11-22T10:60Z',
    '22.11.2026',
    '2026-11-22T',
    ' 2026-11-22',
    '2026-11-22T10:00+25:00',
  ])('refuses %s', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});
