import { z } from 'zod';

import { couponChannelSchema as channelSchema } from './coupon-terms.ts';
import { currencySchema } from './money.ts';

const whole = (most: number) =>
  z
    .int({ error: 'give a whole number' })
    .min(1, { error: 'give at least 1' })
    .max(most, { error: `give at most ${most}` });
const rate = z
  .number({ error: 'give a number' })
  .gt(0, { error: 'give more than 0' })
  .max(1_000_000, { error: 'give at most 1000000' });

/** How long points count, from when they can be spent. */
export const pointsExpirySchema = z
  .discriminatedUnion(
    'kind',
    [
      z.strictObject({ kind: z.literal('never') }),
      z.strictObject({ kind: z.literal('days'), days: whole(36_500) }),
      z.strictObject({ kind: z.literal('end_of_month'), months: z.int().min(0).max(120) }),
      z.strictObject({ kind: z.literal('end_of_year'), years: z.int().min(0).max(20) }),
    ],
    { error: 'choose a kind: never, days, end_of_month or end_of_year' },
  )
  .meta({ id: 'PointsExpiry' });
export type PointsExpiry = z.output<typeof pointsExpirySchema>;

/** How points are earned by orders, wait, last, and are spent. */
export const pointsSettingsSchema = z
  .strictObject(
    {
      orders: z
        .strictObject({
          perUnit: z
            .array(z.strictObject({ currency: currencySchema, points: rate.describe('For one main unit, like 1 EUR') }))
            .max(30, { error: 'give at most 30 currencies' }),
          multipliers: z
            .array(
              z.strictObject({
                by: rate,
                collection: z.string().min(1).max(200).exactOptional(),
                vendor: z.string().min(1).max(200).exactOptional(),
                tag: z.string().min(1).max(100).exactOptional(),
              }),
            )
            .max(50)
            .default([])
            .describe('The first that fits a line counts for it'),
          channels: z.array(channelSchema).max(50).exactOptional().describe('Left out: every channel'),
        })
        .exactOptional()
        .describe('Net of discounts, taxes aside and returns; left out: orders earn nothing'),
      pendingDays: z.int().min(0).max(365).default(0).describe('So long after the order points cannot be spent'),
      expiry: pointsExpirySchema.default({ kind: 'never' }),
      noticeDays: z.int().min(0).max(365).default(30).describe('So long before their end points are told to expire'),
      worth: z
        .array(
          z.strictObject({
            currency: currencySchema,
            points: whole(1_000_000),
            amountMinor: whole(1_000_000_000),
          }),
        )
        .max(30)
        .default([])
        .describe('100 points are worth 100 cents: `{ "currency": "EUR", "points": 100, "amountMinor": 100 }`'),
      spentThenReturned: z
        .enum(['owed', 'forgiven'], { error: 'choose owed or forgiven' })
        .default('owed')
        .describe('Points of a returned order that are spent already: paid by later ones, or not at all'),
    },
    { error: 'give the settings of the program' },
  )
  .meta({ id: 'PointsSettings' });
export type PointsSettings = z.output<typeof pointsSettingsSchema>;

/** Points for something that happens. */
export const pointsRuleSchema = z
  .strictObject(
    {
      where: z
        .array(
          z.strictObject({
            property: z.string().min(1).max(200),
            equals: z.union([z.string().max(500), z.number(), z.boolean()]),
          }),
        )
        .max(20)
        .default([])
        .describe('All must hold; a path is written with points: `product.kind`'),
      points: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('fixed'), points: whole(1_000_000_000) }),
        z.strictObject({
          kind: z.literal('per_unit'),
          property: z.string().min(1).max(200).describe('A number of the event'),
          points: rate,
        }),
      ]),
      perDay: whole(1_000_000).exactOptional().describe('So often a day and customer (UTC)'),
      perCustomer: whole(1_000_000).exactOptional().describe('So often for each customer, ever'),
      startsAt: z.iso.datetime({ offset: true }).exactOptional(),
      endsAt: z.iso.datetime({ offset: true }).exactOptional(),
    },
    { error: 'give the rule, like { "points": { "kind": "fixed", "points": 50 } }' },
  )
  .meta({ id: 'PointsRule' });
export type PointsRule = z.output<typeof pointsRuleSchema>;
