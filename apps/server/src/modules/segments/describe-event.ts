import type {
  AggregateFunction,
  CalendarPeriod,
  ClockTime,
  EventCount,
  EventFilter,
  EventLeaf,
  EventMatch,
  Period,
  SequenceLeaf,
  SequenceStep,
} from '@segue/contract';

import { describeDuration, describeValue, describeZone, eitherOf } from './describe-condition.ts';
import { pathSteps } from './path.ts';

/** Which events: `"Order Completed" with total that is at least 50`. */
export function describeMatch({ event, where, at }: EventMatch): string {
  const filters = (where ?? []).map(describeFilter).join(' and ');
  return `${describeSelector(event)}${filters === '' ? '' : ` with ${filters}`}${at === undefined ? '' : describeClock(at)}`;
}

function describeSelector(selector: EventMatch['event']): string {
  if (typeof selector !== 'string')
    return selector.name === undefined ? `any ${selector.type}` : `${selector.type} "${selector.name}"`;
  return selector.endsWith('.*') ? `any event whose name begins with "${selector.slice(0, -1)}"` : `"${selector}"`;
}

function describeFilter(filter: EventFilter): string {
  const path = pathSteps(filter.property).join('.');
  if (filter.op !== 'some') return `${path} that ${describeValue(filter)}`;
  const element = filter.where.map((asked) => `whose ${pathSteps(asked.property).join('.')} ${describeValue(asked)}`);
  return `an element of ${path} ${element.join(' and ')}`;
}

const DAYS = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
} as const;

function describeClock({ days, hours, zone }: ClockTime): string {
  const day = days === undefined ? '' : ` on a ${eitherOf(days.map((name) => DAYS[name]))}`;
  const hour = hours === undefined ? '' : ` from ${hours.from}:00 until ${hours.until}:00`;
  return `${day}${hour}${describeZone(zone)}`;
}

const CALENDAR = {
  today: 'today',
  yesterday: 'yesterday',
  thisWeek: 'this week',
  lastWeek: 'last week',
  thisMonth: 'this month',
  lastMonth: 'last month',
  thisYear: 'this year',
  lastYear: 'last year',
} as const satisfies Record<CalendarPeriod, string>;

/** When, with a blank before each part: ` in the last 30 days`. */
export function describePeriod({ within, during, zone, after, before }: Period): string {
  const parts = [
    ...(within === undefined ? [] : [`in the last ${describeDuration(within)}`]),
    ...(during === undefined ? [] : [`${CALENDAR[during]}${describeZone(zone)}`]),
    ...(after === undefined ? [] : [`from ${after} on`]),
    ...(before === undefined ? [] : [`before ${before}`]),
  ];
  return parts.map((part) => ` ${part}`).join('');
}

/** How often; `done`: what it is that has been done (`happened`, `been opened`). */
export function describeCount(count: EventCount | undefined, done: string): string {
  const { atLeast, atMost, exactly, moreThan, lessThan } = count ?? { atLeast: 1 };
  if (exactly === 0 || atMost === 0 || lessThan === 1) return `has not ${done}`;
  if (atLeast !== undefined) return atLeast === 1 ? `has ${done}` : `has ${done} at least ${atLeast} times`;
  if (atMost !== undefined) return `has ${done} at most ${counted(atMost)}`;
  if (exactly !== undefined) return `has ${done} exactly ${counted(exactly)}`;
  if (moreThan !== undefined) return moreThan === 0 ? `has ${done}` : `has ${done} more than ${counted(moreThan)}`;
  return `has ${done} less than ${counted(lessThan ?? 0)}`;
}

function counted(times: number): string {
  return times === 1 ? 'once' : `${times} times`;
}

const AGGREGATES = {
  sum: 'the sum of',
  average: 'the average',
  min: 'the smallest',
  max: 'the greatest',
  distinct: 'the number of different values of',
} as const satisfies Record<AggregateFunction, string>;

/** `the sum of total` */
export function describeAggregate(name: AggregateFunction, property: string): string {
  return `${AGGREGATES[name]} ${property}`;
}

/** What the newest or oldest event was like. */
export function describePick(leaf: EventLeaf, which: 'last' | 'first'): string {
  const period = describePeriod(leaf);
  const asked = [
    ...(leaf.having ?? []).map((filter) => `has ${describeFilter(filter)}`),
    ...(period === '' ? [] : [`happened${period}`]),
  ];
  return `the ${which} ${describeMatch(leaf)} ${asked.length === 0 ? 'is known' : asked.join(' and ')}`;
}

/** Steps one after another. */
export function describeSequence(leaf: SequenceLeaf): string {
  const steps = leaf.sequence.map(describeStep).join(', then ');
  return `${steps} has happened in this order${describePeriod(leaf)}`;
}

function describeStep({ within, without, ...match }: SequenceStep): string {
  const soon = within === undefined ? '' : ` within ${describeDuration(within)}`;
  const alone = without === undefined ? '' : ` without ${describeMatch(without)} between`;
  return `${describeMatch(match)}${soon}${alone}`;
}
