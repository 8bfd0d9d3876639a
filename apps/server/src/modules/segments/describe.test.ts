import type { SegmentRule } from '@segue/contract';
import { describe, expect, it } from 'vitest';

import { describeRule } from './describe.ts';

describe('describeRule', () => {
  it.each<[SegmentRule, string]>([
    [{ trait: 'plan', op: 'equals', value: 'pro' }, 'Profiles for which plan is "pro".'],
    [{ trait: ['address', 'city'], op: 'missing' }, 'Profiles for which address.city is missing.'],
    [
      { trait: 'renewsAt', op: 'withinNext', value: { days: 1 } },
      'Profiles for which renewsAt is within the next 1 day.',
    ],
    [
      { event: 'Order Completed', count: { exactly: 0 }, within: { days: 30 } },
      'Profiles for which "Order Completed" has not happened in the last 30 days.',
    ],
    [
      {
        event: 'Order Completed',
        where: [{ property: 'total', op: 'between', value: [10, 20] }],
        count: { moreThan: 1 },
        after: '2026-11-01',
      },
      'Profiles for which "Order Completed" with total that is between 10 and 20 has happened more than once from 2026-11-01 on.',
    ],
    [
      {
        all: [
          { any: [{ trait: 'a', op: 'in', value: ['x', 1] }, { event: { type: 'page' } }] },
          { not: { event: { type: 'page', name: 'Pricing' }, within: { hours: 2 } } },
        ],
      },
      'Profiles for which (a is one of "x", 1 or any page has happened) and it is not so that page "Pricing" has happened in the last 2 hours.',
    ],
  ])('tells a rule as a sentence', (rule, sentence) => {
    expect(describeRule(rule)).toBe(sentence);
  });
});
