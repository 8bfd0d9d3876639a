import { z } from 'zod';

import { couponChannelSchema as channelSchema } from '../coupon-terms.ts';
import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { currencySchema } from '../money.ts';
import { STATUSES, productInputSchema, productSchema, collectionRuleSchema, collectionSchema } from '../product.ts';
import { givenNameSchema } from './segments.ts';

/** How many products one call takes. */
export const PRODUCTS_BULK_MAX = 200;
/** How many rows one file of products has. */
export const PRODUCT_ROWS_MAX = 50_000;

const scope = { read: 'catalog:read', write: 'catalog:write' } as const;
const tag = 'Catalog';

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
        .array(productInputSchema, { error: 'give a list of products' })
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
    description:
      'A whole SKU or barcode is best, then names, then kinds and tags, then texts. A word that no name or kind begins with stands for the nearest one too.',
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
    answer: pageOf(productSchema),
  }),
  getProduct: defineEndpoint({
    method: 'GET',
    path: '/api/v1/products/{id}',
    scope: scope.read,
    tag,
    summary: 'Read a product with its variants',
    query: z.strictObject({ channel: channelSchema.optional(), currency: currencySchema.optional() }),
    answer: productSchema,
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
      rule: collectionRuleSchema.nullable().default(null),
    }),
    status: 201,
    answer: collectionSchema,
  }),
  listCollections: defineEndpoint({
    method: 'GET',
    path: '/api/v1/collections',
    scope: scope.read,
    tag,
    summary: 'List collections, newest first',
    query: pageQuerySchema,
    answer: pageOf(collectionSchema),
  }),
  updateCollection: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/collections/{id}',
    scope: scope.write,
    tag,
    summary: 'Rename a collection, or give it another rule',
    body: z.strictObject({
      name: givenNameSchema('name the collection').exactOptional(),
      rule: collectionRuleSchema.nullable().exactOptional(),
    }),
    answer: collectionSchema,
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
