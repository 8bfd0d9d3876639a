import { z } from 'zod';

import { parseInstant } from './instant.ts';
import {
  boundsSchema,
  durationSchema,
  eventFilterSchema,
  instantSchema,
  numberSchema,
  pathSchema,
  wellFormedText,
  zoneSchema,
} from './segment-condition.ts';
import {
  AGGREGATE_FUNCTIONS,
  COMPUTED_FUNCTIONS,
  type ComputedFunction,
  type ComputedTraitRule,
  type EventCount,
  type EventLeaf,
  type Period,
  type SequenceLeaf,
} from './segment-language.ts';

/** A leaf remembers the newest n + 1 times, so n bounds what a profile can weigh. */
export const COUNT_MAX = 1000;
/** So many different values are kept of a property; a comparison with more could not be told. */
export const DISTINCT_MAX = 1024;
export const SEQUENCE_STEPS_MAX = 5;
const FILTERS_MAX = 20;

export const SELECTABLE_EVENT_TYPES = ['track', 'page', 'screen', 'identify', 'group', 'alias'] as const;
export const CALENDAR_PERIODS = [
  'today',
  'yesterday',
  'thisWeek',
  'lastWeek',
  'thisMonth',
  'lastMonth',
  'thisYear',
  'lastYear',
] as const;
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const nameSchema = wellFormedText('name the event, like "Order Completed"');
const oneName = nameSchema.refine((name) => !name.endsWith('.*'), { error: 'name one event here, without ".*"' });
const nameOrPrefix = nameSchema.refine((name) => name !== '.*', {
  error: 'say what the names begin with before ".*", like "cart.*"',
});
const typedSelector = z.strictObject({ type: z.enum(SELECTABLE_EVENT_TYPES), name: oneName.exactOptional() });
const SELECTOR_FORMS = `{ "type": "page", "name": "Pricing" }; types: ${SELECTABLE_EVENT_TYPES.join(', ')}`;

/** One event, by its name or by type and name. */
export const oneEventSchema = z.union([oneName, typedSelector], {
  error: `name one event, like "Order Completed" (not ending in ".*") or ${SELECTOR_FORMS}`,
});
const selectorSchema = z.union([nameOrPrefix, typedSelector], {
  error: `name the event, like "Order Completed", "cart.*" for every name that begins with "cart.", or ${SELECTOR_FORMS}`,
});

/** All of them must hold on the same event. */
export const eventFiltersSchema = z
  .array(eventFilterSchema, {
    error: 'give a list of filters, like [{ "property": "total", "op": "atLeast", "value": 50 }]',
  })
  .max(FILTERS_MAX, { error: `give at most ${FILTERS_MAX} filters` });

const hour = (least: number, most: number) =>
  z
    .int({ error: 'give a whole hour' })
    .min(least, { error: `give an hour from ${least} to ${most}` })
    .max(most, { error: `give an hour from ${least} to ${most}` });
const clockTimeSchema = z
  .strictObject(
    {
      days: z
        .array(z.enum(WEEKDAYS, { error: `give days out of ${WEEKDAYS.join(', ')}` }), {
          error: 'give a list of days, like ["sat", "sun"]',
        })
        .min(1, { error: 'give at least one day, or leave "days" out' })
        .refine((days) => new Set(days).size === days.length, { error: 'name each day once' })
        .exactOptional(),
      hours: z
        .strictObject(
          { from: hour(0, 23), until: hour(0, 24) },
          { error: 'give the hours, like { "from": 9, "until": 17 }; 22 until 6 goes over midnight' },
        )
        .refine(({ from, until }) => from !== until, {
          error: 'nothing happens in no time: let "until" differ from "from" (0 until 24 is the whole day)',
          path: ['until'],
        })
        .exactOptional(),
      zone: zoneSchema.exactOptional(),
    },
    { error: 'say when, like { "days": ["sat", "sun"], "hours": { "from": 9, "until": 17 } }' },
  )
  .refine(({ days, hours }) => days !== undefined || hours !== undefined, {
    error: 'say when: give "days" or "hours", or leave "at" out',
  });

const match = {
  event: selectorSchema,
  where: eventFiltersSchema.exactOptional(),
  at: clockTimeSchema.exactOptional(),
};
const matchSchema = z.strictObject(match, {
  error: 'name an event that must not come between, like { "event": "Order Cancelled" }',
});

const period = {
  within: durationSchema.exactOptional(),
  during: z.enum(CALENDAR_PERIODS, { error: `choose a calendar word: ${CALENDAR_PERIODS.join(', ')}` }).exactOptional(),
  zone: zoneSchema.exactOptional(),
  after: instantSchema.exactOptional(),
  before: instantSchema.exactOptional(),
};

type Fault = { path: (string | number)[]; message: string };

/** What is wrong with a period as a whole. Pure. */
function periodFaults({ within, during, zone, after, before }: Period): Fault[] {
  const faults: Fault[] = [];
  if (within !== undefined && during !== undefined)
    faults.push({ path: ['during'], message: 'leave out either "within" or "during": they are two windows' });
  if (zone !== undefined && during === undefined)
    faults.push({
      path: ['zone'],
      message: 'only "during" asks a calendar; leave "zone" out (for hours it belongs into "at")',
    });
  if (after !== undefined && before !== undefined && (parseInstant(after) ?? 0) >= (parseInstant(before) ?? 0))
    faults.push({ path: ['after'], message: 'nothing happens in this period: set "after" earlier than "before"' });
  return faults;
}

function refuseEach(context: z.core.$RefinementCtx, faults: readonly Fault[]): void {
  for (const fault of faults) context.addIssue({ code: 'custom', ...fault });
}

const COUNT_REMEDY = 'give exactly one of atLeast, atMost, exactly, moreThan, lessThan, like { "atLeast": 2 }';
const times = (least: number) =>
  z
    .int({ error: 'give a whole number' })
    .min(least, { error: `give at least ${least}` })
    .max(COUNT_MAX, { error: `give at most ${COUNT_MAX}` })
    .exactOptional();

const countSchema: z.ZodType<EventCount> = z
  .strictObject(
    { atLeast: times(1), atMost: times(0), exactly: times(0), moreThan: times(0), lessThan: times(1) },
    { error: COUNT_REMEDY },
  )
  .refine((count) => Object.keys(count).length === 1, { error: COUNT_REMEDY });

const aggregated = {
  function: z.enum(AGGREGATE_FUNCTIONS, { error: `choose a function: ${AGGREGATE_FUNCTIONS.join(', ')}` }),
  property: pathSchema,
};
const AGGREGATE_OPS = 'choose an op: atLeast, atMost, moreThan, lessThan, equals, between';
const aggregateSchema = z
  .discriminatedUnion(
    'op',
    [
      z.strictObject({
        ...aggregated,
        op: z.enum(['atLeast', 'atMost', 'moreThan', 'lessThan', 'equals']),
        value: numberSchema,
      }),
      z.strictObject({ ...aggregated, op: z.literal('between'), value: boundsSchema }),
    ],
    { error: AGGREGATE_OPS },
  )
  .superRefine((aggregate, context) => {
    if (aggregate.function === 'distinct') refuseEach(context, distinctFaults(aggregate));
  });

/** A number of different values is never below 0, and is told up to a bound. Pure. */
function distinctFaults({ op, value }: { op: string; value: number | readonly number[] }): Fault[] {
  const numbers = [value].flat();
  const most = numbers.at(-1) ?? 0;
  if (most > DISTINCT_MAX)
    return [
      { path: ['value'], message: `different values are told up to ${DISTINCT_MAX}; give at most ${DISTINCT_MAX}` },
    ];
  if (most < 0 || (most === 0 && op === 'lessThan'))
    return [{ path: ['value'], message: 'a number of different values is never below 0; give a greater number' }];
  return [];
}

/**
 * How often an event happened (`count`, without it at least once), what a property of it comes to (`aggregate`), or what
 * the newest or oldest was like (`pick`).
 */
export const eventLeafSchema: z.ZodType<EventLeaf> = z
  .strictObject({
    ...match,
    ...period,
    count: countSchema.exactOptional(),
    aggregate: aggregateSchema.exactOptional(),
    pick: z.enum(['last', 'first'], { error: 'pick the "last" or the "first" event' }).exactOptional(),
    having: eventFiltersSchema
      .min(1, { error: 'say what the picked event is like, or leave "having" out' })
      .exactOptional(),
  })
  .superRefine((leaf, context) => refuseEach(context, [...periodFaults(leaf), ...mixFaults(leaf)]));

/** A leaf asks one thing: how often, how much, or of the newest or oldest one. Pure. */
function mixFaults({ count, aggregate, pick, having }: EventLeaf): Fault[] {
  const faults: Fault[] = [];
  if (count !== undefined && aggregate !== undefined)
    faults.push({ path: ['aggregate'], message: 'put "count" and "aggregate" in two nodes of an "all" group' });
  if (pick !== undefined && (count !== undefined || aggregate !== undefined))
    faults.push({ path: ['pick'], message: 'one picked event has no count or aggregate; put it in a node of its own' });
  if (having !== undefined && pick === undefined)
    faults.push({ path: ['having'], message: 'say which event: add "pick": "last" or "first", or use "where"' });
  return faults;
}

const stepSchema = z.strictObject(
  { ...match, within: durationSchema.exactOptional(), without: matchSchema.exactOptional() },
  { error: 'make each step an event, like { "event": "Product Viewed" }' },
);

/** Steps one after another. */
export const sequenceLeafSchema: z.ZodType<SequenceLeaf> = z
  .strictObject({
    sequence: z
      .array(stepSchema, {
        error: 'give a list of steps, like [{ "event": "Cart Viewed" }, { "event": "Order Completed" }]',
      })
      .min(2, { error: 'give at least two steps; one alone is an event' })
      .max(SEQUENCE_STEPS_MAX, { error: `give at most ${SEQUENCE_STEPS_MAX} steps` }),
    ...period,
  })
  .superRefine((leaf, context) => {
    refuseEach(context, periodFaults(leaf));
    for (const key of ['within', 'without'] as const) {
      if (leaf.sequence[0]?.[key] === undefined) continue;
      const message = `there is no step before the first; move "${key}" to a later step${key === 'within' ? ', or beside "sequence" for the whole of it' : ''}`;
      refuseEach(context, [{ path: ['sequence', 0, key], message }]);
    }
  });

/** How often and when messages to her came to this. */
export const engagementSchema = { count: countSchema.exactOptional(), ...period };
export { periodFaults, refuseEach };

const NEEDS_PROPERTY: Readonly<Record<ComputedFunction, boolean>> = {
  count: false,
  sum: true,
  average: true,
  min: true,
  max: true,
  distinct: true,
  first: true,
  last: true,
  mostFrequent: true,
  daysSince: false,
};

/** What a computed trait comes from. */
export const computedTraitRuleSchema: z.ZodType<ComputedTraitRule> = z
  .strictObject({
    ...match,
    ...period,
    function: z.enum(COMPUTED_FUNCTIONS, { error: `choose a function: ${COMPUTED_FUNCTIONS.join(', ')}` }),
    property: pathSchema.exactOptional(),
  })
  .superRefine((rule, context) => {
    refuseEach(context, periodFaults(rule));
    const isNeeded = NEEDS_PROPERTY[rule.function];
    if (isNeeded === (rule.property !== undefined)) return;
    const message = isNeeded
      ? `say of which property "${rule.function}" is, like "total"`
      : `"${rule.function}" is about the events themselves; leave "property" out`;
    refuseEach(context, [{ path: ['property'], message }]);
  });
