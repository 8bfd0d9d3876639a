import { z } from 'zod';

import { parseInstant } from './instant.ts';

const IN_VALUES_MAX = 1000;
const TEXT_LENGTH_MAX = 1000;
const PATH_SEGMENTS_MAX = 8;
const DURATION_DAYS_MAX = 3660;

/** Neither survives every engine: UTF-8 has no unpaired surrogates, and Postgres text has no NUL. */
const UNSTORABLE = /[\p{Surrogate}\0]/u;

/** Text that every engine stores and compares as the same bytes. */
export function wellFormedText(remedy: string) {
  return z
    .string({ error: remedy })
    .min(1, { error: remedy, abort: true })
    .max(TEXT_LENGTH_MAX, { error: `use at most ${TEXT_LENGTH_MAX} characters` })
    .refine((text) => !UNSTORABLE.test(text), { error: 'remove the NUL or unpaired surrogate: it cannot be stored' });
}

const PATH_REMEDY = `write a path like "plan", "address.city" or ["address", "city.name"], at most ${PATH_SEGMENTS_MAX} steps`;
const pathSegment = wellFormedText(PATH_REMEDY);

/** `"address.city"` steps into objects at each dot; `["address", "city.name"]` says the steps when a name has a dot. */
export const pathSchema = z.union(
  [
    pathSegment.refine(
      (path) => path.split('.').every((step) => step !== '') && path.split('.').length <= PATH_SEGMENTS_MAX,
      {
        error: PATH_REMEDY,
      },
    ),
    z.array(pathSegment).min(1).max(PATH_SEGMENTS_MAX),
  ],
  { error: PATH_REMEDY },
);

const wholeAmount = (most: number) =>
  z
    .int({ error: 'give a whole number' })
    .min(1, { error: 'give at least 1' })
    .max(most, { error: `give at most ${most} (${DURATION_DAYS_MAX} days)` });

/** A length of time in exactly one unit: `{ "days": 30 }`. */
export const durationSchema = z
  .strictObject(
    {
      days: wholeAmount(DURATION_DAYS_MAX).optional(),
      hours: wholeAmount(DURATION_DAYS_MAX * 24).optional(),
      minutes: wholeAmount(DURATION_DAYS_MAX * 1440).optional(),
      seconds: wholeAmount(DURATION_DAYS_MAX * 86_400).optional(),
    },
    { error: 'give one of days, hours, minutes, seconds, like { "days": 30 }' },
  )
  .refine((duration) => Object.keys(duration).length === 1, {
    error: 'give exactly one of days, hours, minutes, seconds, like { "days": 30 }',
  });

/** An absolute instant: an ISO 8601 date (midnight UTC) or date-time. */
export const instantSchema = z
  .string({ error: 'give a date like "2026-11-27" or "2026-11-27T18:00:00Z"' })
  .refine((text) => parseInstant(text) !== undefined, {
    error: 'give a date like "2026-11-27" or "2026-11-27T18:00:00Z"',
  });

const text = wellFormedText('give a text of at least one character');
const number = z.number({ error: 'give a number, without quotation marks' });
const scalar = z.union(
  [
    z
      .string()
      .max(TEXT_LENGTH_MAX)
      .refine((value) => !UNSTORABLE.test(value)),
    z.number(),
    z.boolean(),
  ],
  {
    error: `give a text (at most ${TEXT_LENGTH_MAX} characters), a number, true or false; for an absent value use "missing"`,
  },
);
const scalars = z
  .array(scalar, { error: 'give a list of values, like ["gold", "silver"]' })
  .min(1, { error: 'give at least one value' })
  .max(IN_VALUES_MAX, { error: `give at most ${IN_VALUES_MAX} values` });
const bounds = z
  .tuple([number, number], { error: 'give two numbers, like [10, 20]' })
  .refine(([least, most]) => least <= most, { error: 'give the smaller number first' });

const timelessShapes = [
  { op: z.enum(['equals', 'notEquals', 'includes']), value: scalar },
  { op: z.enum(['contains', 'startsWith', 'endsWith']), value: text },
  { op: z.enum(['exists', 'missing']) },
  { op: z.enum(['atLeast', 'atMost', 'moreThan', 'lessThan']), value: number },
  { op: z.literal('between'), value: bounds },
  { op: z.enum(['in', 'notIn']), value: scalars },
  { op: z.enum(['before', 'after']), value: instantSchema },
] as const;
const [same, partOf, presence, compare, range, oneOf, absolute] = timelessShapes;
const relative = { op: z.enum(['withinLast', 'notWithinLast', 'withinNext']), value: durationSchema };

const TIMELESS_OPS =
  'equals, notEquals, includes, contains, startsWith, endsWith, exists, missing, atLeast, atMost, moreThan, lessThan, between, in, notIn, before, after';
const TRAIT_OPS_REMEDY = `choose an op: ${TIMELESS_OPS}, withinLast, notWithinLast, withinNext`;
const WHERE_OPS_REMEDY = `choose an op: ${TIMELESS_OPS} (an op relative to now would make past events come and go; use "within" on the event)`;

/** What a trait must satisfy. Text compares case-sensitively; null counts as missing; a number in a text is a number. */
export const traitLeafSchema = z.discriminatedUnion(
  'op',
  [
    z.strictObject({ trait: pathSchema, ...same }),
    z.strictObject({ trait: pathSchema, ...partOf }),
    z.strictObject({ trait: pathSchema, ...presence }),
    z.strictObject({ trait: pathSchema, ...compare }),
    z.strictObject({ trait: pathSchema, ...range }),
    z.strictObject({ trait: pathSchema, ...oneOf }),
    z.strictObject({ trait: pathSchema, ...absolute }),
    z.strictObject({ trait: pathSchema, ...relative }),
  ],
  { error: TRAIT_OPS_REMEDY },
);

/** What one property of an event must satisfy; all filters of a leaf must hold on the same event. */
export const eventFilterSchema = z.discriminatedUnion(
  'op',
  [
    z.strictObject({ property: pathSchema, ...same }),
    z.strictObject({ property: pathSchema, ...partOf }),
    z.strictObject({ property: pathSchema, ...presence }),
    z.strictObject({ property: pathSchema, ...compare }),
    z.strictObject({ property: pathSchema, ...range }),
    z.strictObject({ property: pathSchema, ...oneOf }),
    z.strictObject({ property: pathSchema, ...absolute }),
  ],
  { error: WHERE_OPS_REMEDY },
);

export type Path = z.infer<typeof pathSchema>;
export type Duration = z.infer<typeof durationSchema>;
export type Scalar = z.infer<typeof scalar>;
export type TraitLeaf = z.infer<typeof traitLeafSchema>;
export type EventFilter = z.infer<typeof eventFilterSchema>;
/** An op and its value, without the path they are about. */
export type TimelessCondition = EventFilter extends infer Filter
  ? Filter extends EventFilter
    ? Omit<Filter, 'property'>
    : never
  : never;
