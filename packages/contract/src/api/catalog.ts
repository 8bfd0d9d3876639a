import { z } from 'zod';

import { couponChannelSchema as channelSchema } from '../coupon-terms.ts';
import { defineEndpoint, idSchema, instantSchema, jsonSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { amountMinorSchema, currencySchema, moneySchema } from '../money.ts';
import { givenNameSchema } from './segments.ts';

/** How many products one call takes. */
export const PRODUCTS_BULK_MAX = 200;
/** How many rows one file of products has. */
export const PRODUCT_ROWS_MAX = 50_000;

const scope = { read: 'catalog:read', write: 'catalog:write' } as const;
const tag = 'Catalog';

const text = (max: number) =>
  z
    .string({ error: 'give a text' })
    .min(1, { error: 'give a text' })
    .max(max, { error: `use at most ${max} characters` });
const url = z
  .url({ protocol: /^https?$/, error: 'give a web address' })
  .max(2_000, { error: 'use at most 2000 characters' });
const ref = text(200).describe('What the shop calls it');

const price = z.strictObject(
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
const STATUSES = ['active', 'draft', 'archived'] as const;

const productInput = z
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

const variant = z
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

const product = z
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
const collectionRule = z
  .strictObject({
    match: z.enum(['all', 'any']),
    conditions: z.array(condition).min(1, { error: 'give at least one' }).max(50, { error: 'give at most 50' }),
  })
  .meta({ id: 'CollectionRule' });
const collection = z
  .strictObject({
    id: idSchema('col'),
    name: z.string(),
    handle: z.string(),
    rule: collectionRule.nullable().describe('Null: put together by hand'),
    createdAt: instantSchema,
  })
  .meta({ id: 'Collection' });

export const catalogEndpoints = {
  putProducts: defineEndpoint({
    method: 'POST',
    path: '/api/v1/products',
    scope: scope.write,
    tag,
    summary: 'Put products into the catalog, each whole, with all its variants',
    description: `Up to ${PRODUCTS_BULK_MAX}. One is known by its \`ref\`, else by the SKUs of its variants; variants that are left out are not sold any more. The same again changes nothing.`,
    body: z.strictObject({
      products: z
        .array(productInput, { error: 'give a list of products' })
        .min(1, { error: 'give at least one product' })
        .max(PRODUCTS_BULK_MAX, { error: `give at most ${PRODUCTS_BULK_MAX} at a time` })
        .refine((list) => new Set(list.map((one) => one.ref)).size === list.length, {
          error: 'give every product once',
        }),
    }),
    answer: z.strictObject({
      products: z.array(
        z.strictObject({
          id: idSchema('prd'),
          ref: z.string(),
          kind: z.enum(['created', 'changed', 'same', 'stale', 'joined']).describe('joined: another source keeps it'),
          variants: z.array(z.strictObject({ ref: z.string(), id: idSchema('var') })),
        }),
      ),
    }),
  }),
  listProducts: defineEndpoint({
    method: 'GET',
    path: '/api/v1/products',
    scope: scope.read,
    tag,
    summary: 'Search products; without words newest first',
    query: pageQuerySchema.extend({
      q: z.string().max(200).optional().describe('Words, or their beginnings: of titles, codes, kinds, texts'),
      collection: z.string().max(200).optional().describe('Its handle'),
      vendor: z.string().max(200).optional(),
      tag: z.string().max(100).optional(),
      status: z.enum(STATUSES).optional(),
      region: z.string().max(10).optional().describe('Only what can be bought there'),
      channel: channelSchema.optional().describe('Whose prices; left out: web'),
      currency: currencySchema.optional(),
    }),
    answer: pageOf(product),
  }),
  getProduct: defineEndpoint({
    method: 'GET',
    path: '/api/v1/products/{id}',
    scope: scope.read,
    tag,
    summary: 'Read a product with its variants',
    query: z.strictObject({ channel: channelSchema.optional(), currency: currencySchema.optional() }),
    answer: product,
  }),
  archiveProduct: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/products/{id}',
    scope: scope.write,
    tag,
    summary: 'Take a product out of sale; its source can bring it back',
    status: 204,
  }),
  importProducts: defineEndpoint({
    method: 'POST',
    path: '/api/v1/products/import',
    scope: scope.write,
    tag,
    summary: 'Put products into the catalog from a file: CSV or a product feed',
    description: `Up to ${PRODUCT_ROWS_MAX} rows as \`text/csv\` (commas, semicolons or tabs) or \`application/xml\` (RSS or Atom), with the columns of product feeds: id, item_group_id, title, description, link, image_link, price ("19.99 EUR"), sale_price, brand, gtin, sku, product_type, color, size …; good rows are taken though others are not.`,
    body: z.strictObject({
      name: z
        .string()
        .regex(/^[a-z0-9][a-z0-9_-]{0,59}$/, { error: 'use small letters, digits, _ and -' })
        .default('file')
        .describe(
          'Of the feed: its products are known by it and their id. Beside a file it comes as the header `x-feed-name`',
        ),
      rows: z
        .array(z.record(z.string(), z.string()), { error: 'give a list of rows' })
        .min(1, { error: 'give at least one row' })
        .max(PRODUCT_ROWS_MAX, { error: `give at most ${PRODUCT_ROWS_MAX} rows at a time` }),
    }),
    answer: z.strictObject({
      rows: z.int(),
      products: z.int(),
      created: z.int(),
      changed: z.int(),
      failed: z.int().describe('Rows that were not taken'),
      errors: z
        .array(
          z.strictObject({
            row: z.int().describe('From 1, the head not counted'),
            field: z.string(),
            message: z.string(),
          }),
        )
        .describe('The first 1 000'),
    }),
  }),
  listPrices: defineEndpoint({
    method: 'GET',
    path: '/api/v1/variants/{id}/prices',
    scope: scope.read,
    tag,
    summary: 'List the prices of a variant, newest first, with the lowest of the 30 days before each reduction',
    answer: z.strictObject({
      prices: z.array(
        z.strictObject({
          currency: z.string(),
          channel: z.string().nullable().describe('Null: every channel without a price of its own'),
          from: instantSchema,
          amountMinor: z.int().nullable().describe('Null: not for sale from then on'),
          compareAtMinor: z.int().nullable(),
          lowestPriorMinor: z.int().nullable().describe('Of the 30 days before, where this is a reduction'),
        }),
      ),
    }),
  }),
  createCollection: defineEndpoint({
    method: 'POST',
    path: '/api/v1/collections',
    scope: scope.write,
    tag,
    summary: 'Put products together, by hand or by a rule',
    body: z.strictObject({
      name: givenNameSchema('name the collection'),
      rule: collectionRule.nullable().default(null),
    }),
    status: 201,
    answer: collection,
  }),
  listCollections: defineEndpoint({
    method: 'GET',
    path: '/api/v1/collections',
    scope: scope.read,
    tag,
    summary: 'List collections, newest first',
    query: pageQuerySchema,
    answer: pageOf(collection),
  }),
  updateCollection: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/collections/{id}',
    scope: scope.write,
    tag,
    summary: 'Rename a collection, or give it another rule',
    body: z.strictObject({
      name: givenNameSchema('name the collection').exactOptional(),
      rule: collectionRule.nullable().exactOptional(),
    }),
    answer: collection,
  }),
  deleteCollection: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/collections/{id}',
    scope: scope.write,
    tag,
    summary: 'Delete a collection; its products stay',
    status: 204,
  }),
  addCollectionProducts: defineEndpoint({
    method: 'POST',
    path: '/api/v1/collections/{id}/products',
    scope: scope.write,
    tag,
    summary: 'Put products into a collection by hand',
    body: z.strictObject({ productIds: z.array(idSchema('prd')).min(1).max(500, { error: 'give at most 500' }) }),
    status: 204,
  }),
  removeCollectionProduct: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/collections/{id}/products/{productId}',
    scope: scope.write,
    tag,
    summary: 'Take out of a collection what was put there by hand',
    status: 204,
  }),
} as const;
