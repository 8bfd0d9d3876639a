import type { RetentionRule, SegmentRule } from '@segue/contract';
import { describe, expect, it } from 'vitest';

import { lookBacksOf, shortening } from './retention-rules.ts';

const DAY_MS = 86_400_000;
const durationMs = ({ days = 0 }: { days?: number | undefined }) => days * DAY_MS;
const rules: RetentionRule[] = [
  { type: 'track', name: 'cart.viewed', keepDays: 30 },
  { type: 'track', name: 'search*', keepDays: 10 },
];

function shortened(rule: SegmentRule): (number | undefined)[] {
  return lookBacksOf(rule, durationMs).map((look) => shortening(rules, look)?.keepDays);
}

describe('a retention that takes what a segment counts', () => {
  it.each<[string, SegmentRule, (number | undefined)[]]>([
    ['an event without end', { event: 'cart.viewed' }, [30]],
    ['a window that is kept', { event: 'cart.viewed', within: { days: 30 } }, [undefined]],
    ['a calendar word that reaches further', { event: 'cart.viewed', during: 'lastMonth' }, [30]],
    ['a calendar word that is kept', { event: 'cart.viewed', during: 'thisWeek' }, [undefined]],
    ['the last one, whatever its window', { event: 'cart.viewed', pick: 'last', within: { days: 1 } }, [30]],
    ['names by what they begin with', { event: 'cart.*' }, [30]],
    ['names within a beginning', { event: 'search.done.*' }, [10]],
    ['other names', { event: 'order.*' }, [undefined]],
    [
      'every step, and what must not come between',
      { sequence: [{ event: 'A' }, { event: 'cart.viewed', without: { event: 'searched' } }], within: { days: 20 } },
      [undefined, undefined, 10],
    ],
    ['what is no event', { all: [{ trait: 'plan', op: 'exists' }, { lifecycle: ['lead'] }] }, []],
  ])('is told of %s', (_, rule, expected) => {
    expect(shortened(rule)).toEqual(expected);
  });
});
