import type { CalendarPeriod, Duration, EventSelector, Period, RetentionRule, SegmentRule } from '@segue/contract';
import type { EventNames } from '../../events/index.ts';

const DAY_MS = 86_400_000;

export function namesOf({ name }: Pick<RetentionRule, 'name'>): EventNames {
  const isBeginning = name.endsWith('*');
  return { text: isBeginning ? name.slice(0, -1) : name, isBeginning };
}

/** The rule that decides about an event: the first that fits. Undefined: it is kept for ever. */
export function ruleFor(
  rules: readonly RetentionRule[],
  event: { type: string; name: string },
): RetentionRule | undefined {
  return rules.find((rule) => rule.type === event.type && fits(namesOf(rule), event.name));
}

function fits({ text, isBeginning }: EventNames, name: string): boolean {
  return isBeginning ? name.startsWith(text) : name === text;
}

/** What a segment counts and how far it looks back. */
export interface LookBack {
  readonly type: string;
  /** As a rule writes it: `cart.*` is every name that begins with `cart.`. Undefined: any name. */
  readonly name: string | undefined;
  /** Undefined: without end. */
  readonly withinMs: number | undefined;
}

type DurationMs = (duration: Duration) => number;

/** Every event a segment's rule counts. */
export function lookBacksOf(rule: SegmentRule, durationMs: DurationMs): LookBack[] {
  if ('all' in rule) return rule.all.flatMap((inner) => lookBacksOf(inner, durationMs));
  if ('any' in rule) return rule.any.flatMap((inner) => lookBacksOf(inner, durationMs));
  if ('not' in rule) return lookBacksOf(rule.not, durationMs);
  if ('event' in rule) {
    // The first or last one ever may have been at any time.
    const withinMs = rule.pick === undefined ? reachMs(rule, durationMs) : undefined;
    return [lookBackOf(rule.event, withinMs)];
  }
  if (!('sequence' in rule)) return [];
  const withinMs = reachMs(rule, durationMs);
  const selectors = rule.sequence.flatMap(({ event, without }) => [
    event,
    ...(without === undefined ? [] : [without.event]),
  ]);
  return selectors.map((event) => lookBackOf(event, withinMs));
}

function lookBackOf(event: EventSelector, withinMs: number | undefined): LookBack {
  const { type, name } = typeof event === 'string' ? { type: 'track', name: event } : event;
  return { type, name, withinMs };
}

/** At most so many days, and one for what a time zone may add. */
const CALENDAR_DAYS: Readonly<Record<CalendarPeriod, number>> = {
  today: 2,
  yesterday: 3,
  thisWeek: 8,
  lastWeek: 15,
  thisMonth: 32,
  lastMonth: 63,
  thisYear: 367,
  lastYear: 733,
};

function reachMs({ within, during }: Period, durationMs: DurationMs): number | undefined {
  if (within !== undefined) return durationMs(within);
  return during === undefined ? undefined : CALENDAR_DAYS[during] * DAY_MS;
}

/** The shortest keeping that takes something a look back counts; undefined when nothing does. */
export function shortening(rules: readonly RetentionRule[], look: LookBack): RetentionRule | undefined {
  const short = decisiveFor(rules, look).filter(
    (rule) => rule.type === look.type && (look.withinMs === undefined || look.withinMs > rule.keepDays * DAY_MS),
  );
  return short.toSorted((a, b) => a.keepDays - b.keepDays)[0];
}

/** The rules that decide about some event of a look back. */
function decisiveFor(rules: readonly RetentionRule[], { type, name }: LookBack): readonly RetentionRule[] {
  if (name === undefined) return rules;
  if (name.endsWith('.*')) return rules.filter((rule) => meet(namesOf(rule), name.slice(0, -1)));
  const decisive = ruleFor(rules, { type, name });
  return decisive === undefined ? [] : [decisive];
}

function meet({ text, isBeginning }: EventNames, prefix: string): boolean {
  return text.startsWith(prefix) || (isBeginning && prefix.startsWith(text));
}
