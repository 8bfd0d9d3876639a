import { z } from 'zod';

import { couponChannelSchema as channelSchema } from './coupon-terms.ts';
import { idSchema, instantSchema, jsonSchema } from './endpoint.ts';
import { amountMinorSchema, currencySchema, moneySchema } from './money.ts';

export const text = (max: number) =>
  z
    .string({ error: 'give a text' })
    .min(1, { error: 'give a text' })
    .max(max, { error: `use at most ${max} characters` });
const url = z
  .url({ protocol: /^https?$/, error: 'give a web address' })
  .max(2_000, { error: 'use at most 2000 characters' });
export const ref = text(200).describe('What the shop calls it');

export const price = z.strictObject(
  {
    currency: currencySchema,
    amountMinor: amountMinorSchema,
    compareAtMinor: amountMinorSchema.exactOptional().describe('What it cost before it was reduced'),
    channel: channelSchema.exactOptional().describe('Left out: every channel without a price of its own'),
    from: z.iso.datetime({ offset: true, error: 'give an instant' }).exactOptional().describe('Left out: now'),
  },
  { error: 'give a price, like { "currency": "EUR", "amountMinor": 1999 }' },
);

const variantInput = z.strictObject({
  ref,
  sku: text(200).exactOptional(),
  barcode: text(100).exactOptional(),
  title: text(200).exactOptional().describe('What tells it from the others, like "M / red"'),
  options: z.record(text(100), text(200)).exactOptional(),
  prices: z.array(price, { error: 'give a list of prices' }).max(200, { error: 'give at most 200' }),
  cost: moneySchema.exactOptional().describe('What it cost the shop'),
  requiresShipping: z.boolean().exactOptional(),
  backorder: z.enum(['deny', 'continue']).exactOptional(),
  imageUrl: url.exactOptional(),
  url: url.exactOptional(),
});

const media = z.strictObject({ url, alt: text(500).exactOptional(), kind: z.enum(['image', 'video', 'model']) });
export const STATUSES = ['active', 'draft', 'archived'] as const;

export const productInputSchema = z
  .strictObject({
    ref,
    title: text(500),
    description: text(50_000).exactOptional(),
    vendor: text(200).exactOptional(),
    productType: text(200).exactOptional(),
    status: z.enum(STATUSES, { error: `choose one of ${STATUSES.join(', ')}` }).default('active'),
    url: url.exactOptional(),
    tags: z.array(text(100)).max(250, { error: 'give at most 250' }).exactOptional(),
    attributes: z.record(text(100), jsonSchema).exactOptional(),
    options: z
      .array(z.strictObject({ name: text(100), values: z.array(text(200)).max(500) }))
      .max(20)
      .exactOptional(),
    media: z.array(media).max(250, { error: 'give at most 250' }).exactOptional(),
    collections: z.array(text(200)).max(100, { error: 'give at most 100' }).exactOptional().describe('By name'),
    rating: z.strictObject({ average: z.number().min(0).max(5), count: z.int().min(0) }).exactOptional(),
    availability: z
      .strictObject({ regions: z.array(text(10)).max(300) })
      .exactOptional()
      .describe('Where it can be bought, like ["DE", "AT"]; left out: everywhere'),
    variants: z
      .array(variantInput, { error: 'give its variants; a product without choices has one' })
      .min(1, { error: 'give its variants; a product without choices has one' })
      .max(2_000, { error: 'give at most 2000' })
      .refine((list) => new Set(list.map((one) => one.ref)).size === list.length, {
        error: 'give every variant a ref of its own',
      }),
  })
  .meta({ id: 'ProductInput' });

export const variant = z
  .strictObject({
    id: idSchema('var'),
    sku: z.string().nullable(),
    barcode: z.string().nullable(),
    title: z.string().nullable(),
    options: z.record(z.string(), z.string()),
    status: z.enum(STATUSES),
    backorder: z.enum(['deny', 'continue']),
    requiresShipping: z.boolean(),
    imageUrl: z.string().nullable(),
    url: z.string().nullable(),
    price: z
      .strictObject({ amountMinor: z.int(), compareAtMinor: z.int().nullable(), currency: z.string() })
      .nullable()
      .describe('In the channel and currency that were asked for'),
  })
  .meta({ id: 'Variant' });

export const productSchema = z
  .strictObject({
    id: idSchema('prd'),
    source: z.string().describe('Whose word on its title, texts and state counts'),
    title: z.string(),
    description: z.string().nullable(),
    vendor: z.string().nullable(),
    productType: z.string().nullable(),
    status: z.enum(STATUSES),
    url: z.string().nullable(),
    tags: z.array(z.string()),
    attributes: jsonSchema,
    options: z.array(z.strictObject({ name: z.string(), values: z.array(z.string()) })),
    media: z.array(
      z.strictObject({ url: z.string(), alt: z.string().exactOptional(), kind: z.enum(['image', 'video', 'model']) }),
    ),
    collections: z.array(z.string()),
    rating: z.strictObject({ average: z.number(), count: z.int() }).nullable(),
    regions: z.array(z.string()).nullable(),
    refs: z.array(z.strictObject({ source: z.string(), id: z.string() })).describe('What shops call it'),
    variants: z.array(variant),
    updatedAt: instantSchema,
  })
  .meta({ id: 'Product' });

const condition = z.union([
  z.strictObject({
    field: z.enum(['tag', 'vendor', 'productType', 'title']),
    is: z.enum(['equals', 'not_equals', 'contains']),
    value: text(200),
  }),
  z.strictObject({
    field: z.literal('price'),
    is: z.enum(['at_least', 'at_most']),
    amountMinor: amountMinorSchema,
    currency: currencySchema,
  }),
]);
export const collectionRuleSchema = z
  .strictObject({
    match: z.enum(['all', 'any']),
    conditions: z.array(condition).min(1, { error: 'give at least one' }).max(50, { error: 'give at most 50' }),
  })
  .meta({ id: 'CollectionRule' });
export const collectionSchema = z
  .strictObject({
    id: idSchema('col'),
    name: z.string(),
    handle: z.string(),
    rule: collectionRuleSchema.nullable().describe('Null: put together by hand'),
    createdAt: instantSchema,
  })
  .meta({ id: 'Collection' });
