import { z } from 'zod';

import { parseInstant } from './instant.ts';
import type { EventFilter, Path, TraitLeaf, ValueCondition } from './segment-language.ts';

const IN_VALUES_MAX = 1000;
const TEXT_LENGTH_MAX = 1000;
const PATH_SEGMENTS_MAX = 8;
const DURATION_DAYS_MAX = 3660;
export const PATTERN_LENGTH_MAX = 500;
const SOME_CONDITIONS_MAX = 10;

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
const pattern = wellFormedText('give a regular expression in RE2 syntax, like "^gold|silver$"').max(
  PATTERN_LENGTH_MAX,
  {
    error: `use at most ${PATTERN_LENGTH_MAX} characters in a regular expression`,
  },
);
export const numberSchema = z.number({ error: 'give a number, without quotation marks' });
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
export const boundsSchema = z
  .tuple([numberSchema, numberSchema], { error: 'give two numbers, like [10, 20]' })
  .refine(([least, most]) => least <= most, { error: 'give the smaller number first' });
export const zoneSchema = z.enum(['workspace', 'customer'], {
  error: 'say whose clock it is: "workspace" or "customer"',
});
const ignoreCase = z
  .literal(true, { error: 'give true, or leave "ignoreCase" out to compare letter by letter' })
  .exactOptional();

const same = { op: z.enum(['equals', 'notEquals', 'includes']), value: scalar, ignoreCase };
const partOf = { op: z.enum(['contains', 'notContains', 'startsWith', 'endsWith']), value: text, ignoreCase };
const matches = { op: z.literal('matches'), value: pattern, ignoreCase };
const presence = { op: z.enum(['exists', 'missing']) };
const compare = { op: z.enum(['atLeast', 'atMost', 'moreThan', 'lessThan']), value: numberSchema };
const range = { op: z.literal('between'), value: boundsSchema };
const oneOf = { op: z.enum(['in', 'notIn']), value: scalars, ignoreCase };
const absolute = { op: z.enum(['before', 'after']), value: instantSchema };

const VALUE_OPS =
  'equals, notEquals, includes, contains, notContains, startsWith, endsWith, matches, exists, missing, atLeast, atMost, moreThan, lessThan, between, in, notIn, before, after';
const TIMED_OPS = 'withinLast, notWithinLast, withinNext, anniversaryWithin';
const EVENT_OPS_WHY = '(an op relative to now would make past events come and go; use "within" on the event)';

/** The forms of a condition on one value, beside the key that says where the value lies. */
function valueForms<const Where extends z.core.$ZodLooseShape>(where: Where) {
  return [
    z.strictObject({ ...where, ...same }),
    z.strictObject({ ...where, ...partOf }),
    z.strictObject({ ...where, ...matches }),
    z.strictObject({ ...where, ...presence }),
    z.strictObject({ ...where, ...compare }),
    z.strictObject({ ...where, ...range }),
    z.strictObject({ ...where, ...oneOf }),
    z.strictObject({ ...where, ...absolute }),
  ] as const;
}

const trait = { trait: pathSchema };
const anniversary = z.strictObject(
  {
    days: z
      .int({ error: 'give a whole number of days' })
      .min(0, { error: 'give 0 for today, or more' })
      .max(366, { error: 'give at most 366: it comes every year' }),
  },
  { error: 'give the days ahead, like { "days": 7 }; { "days": 0 } is today' },
);
const timedForms = [
  z.strictObject({
    ...trait,
    op: z.enum(['withinLast', 'notWithinLast', 'withinNext']),
    value: durationSchema,
  }),
  z.strictObject({
    ...trait,
    op: z.literal('anniversaryWithin'),
    value: anniversary,
    zone: zoneSchema.exactOptional(),
  }),
] as const;

const HELD_REMEDY = 'say how long, like { "atLeast": { "days": 30 } } or { "lessThan": { "days": 30 } }';
const held = z.strictObject({
  ...trait,
  op: z.literal('held'),
  value: scalar,
  for: z.union([z.strictObject({ atLeast: durationSchema }), z.strictObject({ lessThan: durationSchema })], {
    error: HELD_REMEDY,
  }),
});

/** What a trait must be at this moment: what a journey asks at a branch. Null counts as missing; a number in a text is a number. */
export const momentaryTraitSchema = z
  .discriminatedUnion('op', [...valueForms(trait), ...timedForms], {
    error: `choose an op: ${VALUE_OPS}, ${TIMED_OPS}`,
  })
  .meta({ id: 'TraitCondition', description: 'What a trait must be at this moment' });

/** What a trait must be, and `held`: for how long it has been so. */
export const traitLeafSchema: z.ZodType<TraitLeaf> = z.discriminatedUnion(
  'op',
  [...valueForms(trait), ...timedForms, held],
  { error: `choose an op: ${VALUE_OPS}, ${TIMED_OPS}, held` },
);

/** What one property must be, of an event or of an element of a list. */
export const propertyConditionSchema: z.ZodType<{ property: Path } & ValueCondition> = z
  .discriminatedUnion('op', [...valueForms({ property: pathSchema })], {
    error: `choose an op: ${VALUE_OPS} ${EVENT_OPS_WHY}`,
  })
  .meta({ id: 'PropertyCondition', description: 'What one property must be' });

/** What one property of an event must satisfy; all filters of a leaf must hold on the same event. */
export const eventFilterSchema: z.ZodType<EventFilter> = z
  .discriminatedUnion(
    'op',
    [
      ...valueForms({ property: pathSchema }),
      z.strictObject({
        property: pathSchema,
        op: z.literal('some'),
        where: z
          .array(propertyConditionSchema, {
            error:
              'give a list of conditions on one element, like [{ "property": "category", "op": "equals", "value": "Shoes" }]',
          })
          .min(1, { error: 'give at least one condition' })
          .max(SOME_CONDITIONS_MAX, { error: `give at most ${SOME_CONDITIONS_MAX} conditions` }),
      }),
    ],
    { error: `choose an op: ${VALUE_OPS}, some ${EVENT_OPS_WHY}` },
  )
  .meta({ id: 'EventFilter', description: 'What one property of an event must satisfy' });

/** What a trait of one of her companies must be. */
export const companyConditionSchema: z.ZodType<{ company: Path } & ValueCondition> = z.discriminatedUnion(
  'op',
  [...valueForms({ company: pathSchema })],
  { error: `choose an op: ${VALUE_OPS}` },
);
