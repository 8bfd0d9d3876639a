import type { EventFilter, EventMatch, Scalar, ValueCondition } from '@segue/contract';

import { isZone, localDay, localHour, weekdayOf } from './calendar.ts';
import { compileCondition, ruleInstant } from './condition.ts';
import type { EventSource } from './leaf-plan.ts';
import { pathSteps, valueAt } from './path.ts';
import type { RuleEvent } from './rule-input.ts';

/** The hashes of a sealed property that equals one of these; undefined where such a value is never sealed. */
export type BlindIndex = (property: string, values: readonly Scalar[]) => readonly string[] | undefined;

interface SourceEnv {
  readonly index?: BlindIndex | undefined;
  readonly zone: string;
}

export interface Bounds {
  readonly fromMs: number;
  readonly untilMs: number;
}
export const UNBOUNDED: Bounds = { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };

/** What events a rule's words select. Without an index sealed properties equal nothing. */
export function eventSource(match: EventMatch, bounds: Bounds, { index, zone }: SourceEnv): EventSource {
  const filters = match.where ?? [];
  const { at } = match;
  return {
    ...selectorOf(match.event),
    filters,
    blind: filters.map((filter) => (index === undefined ? undefined : blindOf(filter, index))),
    ...(at === undefined
      ? {}
      : {
          at: {
            ...(at.days === undefined ? {} : { days: at.days }),
            ...(at.hours === undefined ? {} : { hours: at.hours }),
            zone,
            isCustomers: at.zone === 'customer',
          },
        }),
    fromMs: bounds.fromMs,
    untilMs: bounds.untilMs,
  };
}

function selectorOf(event: EventMatch['event']): Pick<EventSource, 'type' | 'name' | 'prefix'> {
  if (typeof event !== 'string') return event;
  return event.endsWith('.*') ? { type: 'track', prefix: event.slice(0, -1) } : { type: 'track', name: event };
}

/** The same text for sources that select the same events, whatever their spelling; it is part of keys of stored states. */
export function sourceMeaning({ type, name, prefix, filters, at, fromMs, untilMs }: EventSource): string {
  const plain = [type, name ?? null, filters.map(filterMeaning).sort(), String(fromMs), String(untilMs)];
  if (prefix === undefined && at === undefined) return JSON.stringify(plain);
  const clock = at === undefined ? null : [[...(at.days ?? [])].sort(), at.hours ?? null, at.zone, at.isCustomers];
  return JSON.stringify([...plain, prefix ?? null, clock]);
}

/** The same text for filters of the same meaning. */
export function filterMeaning(filter: EventFilter): string {
  const steps = pathSteps(filter.property);
  if (filter.op === 'some') return JSON.stringify([steps, 'some', filter.where.map(filterMeaning).sort()]);
  const value = 'value' in filter ? filter.value : null;
  const isInstant = filter.op === 'before' || filter.op === 'after';
  const meaning = [steps, filter.op, isInstant ? ruleInstant(filter.value) : value];
  return JSON.stringify('ignoreCase' in filter && filter.ignoreCase === true ? [...meaning, 'i'] : meaning);
}

/** What is sealed can be compared only whole, and only where the topmost level says so. */
function blindOf(filter: EventFilter, index: BlindIndex): readonly string[] | undefined {
  const [property, ...deeper] = pathSteps(filter.property);
  if (property === undefined || deeper.length > 0) return undefined;
  switch (filter.op) {
    case 'equals':
    case 'notEquals':
      return index(property, [filter.value]);
    case 'in':
    case 'notIn':
      return index(property, filter.value);
    default:
      return undefined;
  }
}

/** Whether a filter holds where its value is not the one it names. */
export function isNegative({ op }: EventFilter): boolean {
  return op === 'notEquals' || op === 'notIn';
}

/** Whether an event is one of a source's: type, name, period, clock and filters. */
export function compileSource(source: EventSource): (event: RuleEvent) => boolean {
  const { type, name, prefix, fromMs, untilMs } = source;
  const passes = compilePasses(source);
  return (event) =>
    event.type === type &&
    (name === undefined || event.name === name) &&
    (prefix === undefined || event.name.startsWith(prefix)) &&
    event.occurredAt >= fromMs &&
    event.occurredAt < untilMs &&
    passes(event);
}

/** Filters and clock alone; type, name and period are the caller's. */
export function compilePasses({ filters, blind, at }: EventSource): (event: RuleEvent) => boolean {
  const holds = compileFilters(filters, blind);
  if (at === undefined) return holds;
  const isAtTime = compileClock(at);
  return (event) => isAtTime(event) && holds(event);
}

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Day and hour are those of the event's own local time: Friday from 22 to 6 is Friday's first and last hours. */
function compileClock({
  days,
  hours,
  zone,
  isCustomers,
}: NonNullable<EventSource['at']>): (event: RuleEvent) => boolean {
  const isOnDay = days === undefined ? undefined : WEEKDAYS.map((day) => days.includes(day));
  return (event) => {
    const own = isCustomers ? event.payload.context?.['timezone'] : undefined;
    const where = typeof own === 'string' && isZone(own) ? own : zone;
    if (isOnDay !== undefined && isOnDay[weekdayOf(localDay(where, event.occurredAt))] !== true) return false;
    if (hours === undefined) return true;
    const hour = localHour(where, event.occurredAt);
    const { from, until } = hours;
    return from <= until ? hour >= from && hour < until : hour >= from || hour < until;
  };
}

/** Whether all filters hold on an event. Without blind hashes sealed properties equal nothing. */
export function compileFilters(
  filters: readonly EventFilter[],
  blind: EventSource['blind'] = [],
): (event: RuleEvent) => boolean {
  const tests = filters.map((filter, place) => {
    const steps = pathSteps(filter.property);
    const test = filter.op === 'some' ? compileSome(filter.where) : compileCondition(filter);
    const sought = blind[place];
    if (sought === undefined) return (event: RuleEvent): boolean => test(valueAt(event.payload.properties, steps));
    const isHit = compileHit(steps[0]!, sought);
    const isAway = isNegative(filter);
    return (event: RuleEvent): boolean => {
      const holds = test(valueAt(event.payload.properties, steps));
      return isAway ? holds && !isHit(event) : holds || isHit(event);
    };
  });
  const [only] = tests;
  if (only === undefined) return () => true;
  return tests.length === 1 ? only : (event) => tests.every((test) => test(event));
}

/** One element of a list for which all conditions hold. */
function compileSome(where: Extract<EventFilter, { op: 'some' }>['where']): ReturnType<typeof compileCondition> {
  const tests = where.map((condition) => {
    const steps = pathSteps(condition.property);
    const test = compileCondition(condition satisfies ValueCondition);
    return (element: Parameters<typeof test>[0]) => test(valueAt(element, steps));
  });
  return (value) => Array.isArray(value) && value.some((element) => tests.every((test) => test(element)));
}

function compileHit(property: string, sought: readonly string[]): (event: RuleEvent) => boolean {
  const hashes = new Set(sought);
  return ({ payload: { blind } }) =>
    blind !== undefined && Object.hasOwn(blind, property) && blind[property]!.some((hash) => hashes.has(hash));
}
