import type {
  Duration,
  EventCount,
  EventFilter,
  EventLeaf,
  SegmentRule,
  TimelessCondition,
  TraitLeaf,
} from '@segue/contract';

import { pathSteps } from './path.ts';

/** A rule as one English sentence. */
export function describeRule(rule: SegmentRule): string {
  return `Profiles for which ${describeNode(rule, false)}.`;
}

function describeNode(node: SegmentRule, isInner: boolean): string {
  if ('all' in node) return describeGroup(node.all, ' and ', isInner);
  if ('any' in node) return describeGroup(node.any, ' or ', isInner);
  if ('not' in node) return `it is not so that ${describeNode(node.not, true)}`;
  if ('trait' in node) return `${pathSteps(node.trait).join('.')} ${describeTraitOp(node)}`;
  return describeEvent(node);
}

function describeGroup(children: readonly SegmentRule[], word: string, isInner: boolean): string {
  const isList = children.length > 1;
  const clauses = children.map((child) => describeNode(child, isList)).join(word);
  return isInner && isList ? `(${clauses})` : clauses;
}

function describeTraitOp(leaf: TraitLeaf): string {
  switch (leaf.op) {
    case 'withinLast':
      return `is within the last ${describeDuration(leaf.value)}`;
    case 'notWithinLast':
      return `is a date, but not within the last ${describeDuration(leaf.value)}`;
    case 'withinNext':
      return `is within the next ${describeDuration(leaf.value)}`;
    default:
      return describeCondition(leaf);
  }
}

const VERBS = {
  equals: 'is',
  notEquals: 'is not',
  includes: 'includes',
  contains: 'contains',
  startsWith: 'starts with',
  endsWith: 'ends with',
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
} as const satisfies Record<TimelessCondition['op'], string>;

function describeCondition(condition: TimelessCondition): string {
  const verb = VERBS[condition.op];
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
      return `${verb} ${condition.value.map((value) => JSON.stringify(value)).join(', ')}`;
    default:
      return `${verb} ${JSON.stringify(condition.value)}`;
  }
}

function describeEvent(leaf: EventLeaf): string {
  const filters = (leaf.where ?? []).map(describeFilter).join(' and ');
  const parts = [
    `${describeSelector(leaf.event)}${filters === '' ? '' : ` with ${filters}`} ${describeCount(leaf.count)}`,
    ...(leaf.within === undefined ? [] : [`in the last ${describeDuration(leaf.within)}`]),
    ...(leaf.after === undefined ? [] : [`from ${leaf.after} on`]),
    ...(leaf.before === undefined ? [] : [`before ${leaf.before}`]),
  ];
  return parts.join(' ');
}

function describeSelector(selector: EventLeaf['event']): string {
  if (typeof selector === 'string') return `"${selector}"`;
  return selector.name === undefined ? `any ${selector.type}` : `${selector.type} "${selector.name}"`;
}

function describeFilter(filter: EventFilter): string {
  return `${pathSteps(filter.property).join('.')} that ${describeCondition(filter)}`;
}

function describeCount(count: EventCount | undefined): string {
  const { atLeast, atMost, exactly, moreThan, lessThan } = count ?? { atLeast: 1 };
  if (exactly === 0 || atMost === 0 || lessThan === 1) return 'has not happened';
  if (atLeast !== undefined) return atLeast === 1 ? 'has happened' : `has happened at least ${atLeast} times`;
  if (atMost !== undefined) return `has happened at most ${counted(atMost)}`;
  if (exactly !== undefined) return `has happened exactly ${counted(exactly)}`;
  if (moreThan !== undefined) return `has happened more than ${counted(moreThan)}`;
  return `has happened less than ${counted(lessThan ?? 0)}`;
}

function counted(times: number): string {
  return times === 1 ? 'once' : `${times} times`;
}

function describeDuration(duration: Duration): string {
  const [unit = 'days', amount = 0] = Object.entries(duration)[0] ?? [];
  return amount === 1 ? `1 ${unit.slice(0, -1)}` : `${amount} ${unit}`;
}
