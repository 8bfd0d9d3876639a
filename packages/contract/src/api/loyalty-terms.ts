import { z } from 'zod';

import { wellFormedText } from '../segment-condition.ts';
import { currencySchema } from '../money.ts';

const DAYS_MAX = 3_660;
const CURRENCIES_MAX = 30;
const MULTIPLIERS_MAX = 100;
const CHANNELS_MAX = 50;
/** Sums stay exact as numbers, whatever is multiplied. */
export const POINTS_MAX = 1_000_000_000;

export const pointsChannelSchema = z
  .string({ error: 'give a channel, like "web" or "pos"' })
  .regex(/^[a-z][a-z0-9_:.-]{0,39}$/, { error: 'use small letters, digits and _ : . -, like "marketplace:amazon"' });
export const pointsChannelsSchema = z
  .array(pointsChannelSchema, { error: 'give a list of channels, like ["web", "pos"]' })
  .min(1, { error: 'give at least one channel, or leave it out for every channel' })
  .max(CHANNELS_MAX, { error: `give at most ${CHANNELS_MAX} channels` });

const days = (least: number) =>
  z
    .int({ error: 'give a whole number of days' })
    .min(least, { error: `give at least ${least}` })
    .max(DAYS_MAX, { error: `give at most ${DAYS_MAX}` });

export const pointsSchema = z
  .int({ error: 'give a whole number of points' })
  .min(1, { error: 'give at least 1' })
  .max(POINTS_MAX, { error: `give at most ${POINTS_MAX}` });

/** A factor that is computed with exactly: at most four digits behind the point. */
export const factorSchema = (most: number) =>
  z
    .number({ error: 'give a number, like 1.5' })
    .min(0, { error: 'give 0 or more' })
    .max(most, { error: `give at most ${most}` })
    .refine((value) => Math.abs(value * 10_000 - Math.round(value * 10_000)) < 1e-6, {
      error: 'use at most four digits behind the point',
    });

const word = wellFormedText('give a text, like "shirts"').max(200, { error: 'use at most 200 characters' });
/** All of it must hold of one product; `{}` is every product. */
export const pointsProductSchema = z.strictObject(
  {
    product: word.exactOptional().describe('An id of the product, Segue’s or a shop’s'),
    variant: word.exactOptional(),
    sku: word.exactOptional(),
    collection: word.exactOptional(),
    vendor: word.exactOptional(),
    type: word.exactOptional(),
    tag: word.exactOptional(),
  },
  { error: 'say which products, like { "collection": "shirts" }' },
);

export const pointsMultipliersSchema = z
  .array(
    z.strictObject(
      { match: pointsProductSchema, by: factorSchema(1_000) },
      { error: 'write like { "match": { "collection": "shirts" }, "by": 2 }' },
    ),
    { error: 'give a list of multipliers' },
  )
  .max(MULTIPLIERS_MAX, { error: `give at most ${MULTIPLIERS_MAX} multipliers` })
  .describe('The first that matches a line counts; 0: no points for it');

function eachCurrencyOnce(list: readonly { readonly currency: string }[]): boolean {
  return new Set(list.map(({ currency }) => currency)).size === list.length;
}
const once = { error: 'give each currency once' };

export const pointsRatesSchema = z
  .array(
    z.strictObject(
      { currency: currencySchema, points: factorSchema(100_000).describe('For one main unit: 1 EUR, 1 JPY') },
      { error: 'write like { "currency": "EUR", "points": 1 }' },
    ),
    { error: 'give the points of one main unit by currency' },
  )
  .min(1, { error: 'give at least one currency' })
  .max(CURRENCIES_MAX, { error: `give at most ${CURRENCIES_MAX} currencies` })
  .refine(eachCurrencyOnce, once);

const values = z
  .array(
    z.strictObject(
      {
        currency: currencySchema,
        points: pointsSchema,
        amountMinor: z
          .int({ error: 'give a whole number of minor units' })
          .min(1, { error: 'give at least 1' })
          .max(1_000_000_000, { error: 'give at most 1000000000' }),
      },
      { error: 'write like { "currency": "EUR", "points": 100, "amountMinor": 100 }: 100 points pay 1.00 EUR' },
    ),
    { error: 'give what points are worth by currency' },
  )
  .min(1, { error: 'give at least one currency' })
  .max(CURRENCIES_MAX, { error: `give at most ${CURRENCIES_MAX} currencies` })
  .refine(eachCurrencyOnce, once);

const earn = z.strictObject(
  {
    rates: pointsRatesSchema,
    multipliers: pointsMultipliersSchema.default([]),
    channels: pointsChannelsSchema.exactOptional().describe('Orders of these channels alone'),
  },
  { error: 'give what orders earn, like { "rates": [{ "currency": "EUR", "points": 1 }] }' },
);

const availability = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('at_once') }),
    z.strictObject({ kind: z.literal('after_days'), days: days(1).describe('After they were earned') }),
    z.strictObject({
      kind: z.literal('after_delivery'),
      days: days(0).describe('After delivery: how long goods may be returned, or 0'),
      atLatestDays: days(1).default(60).describe('After the order, if no delivery is ever told'),
    }),
  ],
  { error: 'choose a kind: at_once, after_days or after_delivery' },
);

const expiry = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('never') }),
    z.strictObject({ kind: z.literal('days'), days: days(1).describe('After they were earned') }),
    z.strictObject({
      kind: z.literal('end_of_month'),
      months: z.int().min(0).max(120).default(0).describe('Months after that of earning'),
    }),
    z.strictObject({
      kind: z.literal('end_of_year'),
      years: z.int().min(0).max(10).default(0).describe('Years after that of earning'),
    }),
    z.strictObject({ kind: z.literal('inactivity'), days: days(1).describe('Since she last earned or spent any') }),
  ],
  { error: 'choose a kind: never, days, end_of_month, end_of_year or inactivity' },
);

/** How points are earned and spent. An order is judged by the terms of the instant it was placed, for ever. */
export const pointsTermsSchema = z
  .strictObject(
    {
      earn: earn.nullable().default(null).describe('By orders, for net merchandise; null: not at all'),
      rounding: z
        .enum(['down', 'nearest', 'up'], { error: 'choose one of down, nearest, up' })
        .default('down')
        .describe('Of what one order or event earns'),
      availability: availability.default({ kind: 'at_once' }).describe('Until then points are pending'),
      expiry: expiry.default({ kind: 'never' }).describe('Ends of months and years are those of the workspace’s clock'),
      noticeDays: days(1).nullable().default(null).describe('So long before points expire “Points Expiring” is told'),
      burn: z
        .strictObject(
          {
            values,
            minimum: pointsSchema.default(1),
            step: pointsSchema.default(1).describe('Whole multiples of this'),
          },
          { error: 'give what points are worth, or null' },
        )
        .nullable()
        .default(null)
        .describe('How points are spent; null: only for what callers give for them'),
      shortfall: z
        .enum(['debt', 'negative'], { error: 'choose one of debt, negative' })
        .default('debt')
        .describe(
          'Points to be taken back that are spent already: a debt beside a balance of 0, or a negative balance. Points that come later pay it first',
        ),
      graceDays: days(0)
        .default(0)
        .describe('Spent points that come back after they expired can be used so long; 0: they expire at once'),
      isTransferable: z.boolean({ error: 'give true or false' }).default(false),
    },
    { error: 'give the terms of the program' },
  )
  .refine(({ burn }) => burn === null || burn.minimum % burn.step === 0, {
    error: 'give a minimum that is a multiple of the step',
    path: ['burn', 'minimum'],
  });
