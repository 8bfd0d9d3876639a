import type { Duration, NumberCondition, Scalar, TraitLeaf, ValueCondition, Zone } from '@segue/contract';

const VERBS = {
  equals: 'is',
  notEquals: 'is not',
  includes: 'includes',
  contains: 'contains',
  notContains: 'does not contain',
  startsWith: 'starts with',
  endsWith: 'ends with',
  matches: 'matches the pattern',
  exists: 'is known',
  missing: 'is missing',
  atLeast: 'is at least',
  atMost: 'is at most',
  moreThan: 'is more than',
  lessThan: 'is less than',
  between: 'is between',
  in: 'is one of',
  notIn: 'is none of',
  before: 'is before',
  after: 'is at or after',
} as const satisfies Record<ValueCondition['op'], string>;

/** What one value must be, in words: `is at least 5`. */
export function describeValue(condition: ValueCondition | NumberCondition): string {
  const verb = VERBS[condition.op];
  const anyCase = 'ignoreCase' in condition ? ' in upper or lower case' : '';
  switch (condition.op) {
    case 'exists':
    case 'missing':
      return verb;
    case 'before':
    case 'after':
      return `${verb} ${condition.value}`;
    case 'between':
      return `${verb} ${condition.value.join(' and ')}`;
    case 'in':
    case 'notIn':
      return `${verb} ${condition.value.map((value) => quoted(value)).join(', ')}${anyCase}`;
    default:
      return `${verb} ${quoted(condition.value)}${anyCase}`;
  }
}

/** What a trait must be, in words. */
export function describeTraitOp(leaf: TraitLeaf): string {
  switch (leaf.op) {
    case 'withinLast':
      return `is within the last ${describeDuration(leaf.value)}`;
    case 'notWithinLast':
      return `is a date, but not within the last ${describeDuration(leaf.value)}`;
    case 'withinNext':
      return `is within the next ${describeDuration(leaf.value)}`;
    case 'anniversaryWithin':
      return `returns ${describeDaysAhead(leaf.value.days)}${describeZone(leaf.zone)}`;
    case 'held': {
      const span =
        'atLeast' in leaf.for
          ? `for at least ${describeDuration(leaf.for.atLeast)}`
          : `for less than ${describeDuration(leaf.for.lessThan)}`;
      return `has been ${quoted(leaf.value)} ${span}`;
    }
    default:
      return describeValue(leaf);
  }
}

function describeDaysAhead(days: number): string {
  return days === 0 ? 'today' : `today or within the next ${describeDuration({ days })}`;
}

/** Whose calendar or clock, where it is not the workspace's. */
export function describeZone(zone: Zone | undefined): string {
  return zone === 'customer' ? " by the customer's time" : '';
}

export function describeDuration(duration: Duration): string {
  const [unit = 'days', amount = 0] = Object.entries(duration)[0] ?? [];
  return amount === 1 ? `1 ${unit.slice(0, -1)}` : `${amount} ${unit}`;
}

/** `a, b or c` */
export function eitherOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function quoted(value: Scalar): string {
  return JSON.stringify(value);
}
