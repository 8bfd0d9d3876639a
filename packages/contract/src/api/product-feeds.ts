import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { currencySchema } from '../money.ts';

const scope = { read: 'catalog:read', write: 'catalog:write' } as const;
const tag = 'Catalog';
const MINUTES = { min: 15, max: 10_080, default: 1_440 };
const minutesError = { error: `give whole minutes from ${MINUTES.min} to ${MINUTES.max} (a week)` };

const credentialSchema = (what: string) =>
  z
    .string({ error: `give the ${what}` })
    .min(1, { error: `give the ${what}` })
    .max(500, { error: 'give at most 500 characters' });

const fields = {
  url: z
    .string({ error: 'give the address of the feed' })
    .min(1, { error: 'give the address of the feed' })
    .max(2_000, { error: 'give at most 2 000 characters' })
    .describe('CSV, RSS or Atom, plain or as gzip. A user and password in it are taken out, sealed, and never shown'),
  intervalMinutes: z
    .int(minutesError)
    .min(MINUTES.min, minutesError)
    .max(MINUTES.max, minutesError)
    .describe('Between the end of one fetch and the next'),
  currency: currencySchema.nullable().describe('Of amounts that name none; null: these are refused'),
  archivesMissing: z
    .boolean()
    .describe(
      'Products of this feed that a whole fetch without a refused row does not name any more are archived; none, where more than half are missing',
    ),
  credentials: z
    .strictObject({ user: credentialSchema('user'), password: credentialSchema('password') })
    .nullable()
    .describe('For HTTP Basic; cannot be read again'),
  enabled: z.boolean().describe('False: it is not fetched'),
};

const runSchema = z.strictObject({
  id: idSchema('pfr'),
  state: z
    .enum(['running', 'done', 'unchanged', 'failed'])
    .describe('unchanged: the server, or the file itself, says that it is the same as before'),
  begunAt: instantSchema,
  endedAt: instantSchema.nullable(),
  tookMs: z.int().nullable(),
  httpStatus: z.int().nullable().describe('Null: no answer came'),
  bytes: z.int().describe('Of the file, unpacked'),
  rows: z.int().describe('Rows read'),
  taken: z.int().describe('Rows without a fault'),
  refused: z.int().describe('Rows with one; their products stay as they are'),
  products: z.int(),
  created: z.int(),
  changed: z.int(),
  archived: z.int().describe('Products it does not name any more'),
  kept: z.string().nullable().describe('Why products it does not name any more were not archived'),
  message: z.string().nullable().describe('Why it failed'),
  errors: z
    .array(
      z.strictObject({ row: z.int().describe('From 1, the head not counted'), field: z.string(), message: z.string() }),
    )
    .describe('The first 100'),
});

/** A product feed as the API shows it. */
export const productFeedSchema = z.strictObject({
  id: idSchema('pfd'),
  name: z.string(),
  url: z.string(),
  hasCredentials: z.boolean(),
  currency: z.string().nullable(),
  intervalMinutes: z.int(),
  archivesMissing: z.boolean(),
  enabled: z.boolean(),
  failures: z.int().describe('Since the last fetch that succeeded'),
  nextAt: instantSchema.nullable().describe('When it is fetched next; null: it is not enabled'),
  createdAt: instantSchema,
  updatedAt: instantSchema,
});

export const productFeedEndpoints = {
  createProductFeed: defineEndpoint({
    method: 'POST',
    path: '/api/v1/product-feeds',
    scope: scope.write,
    tag,
    summary: 'Fetch a product feed by its address, now and again and again',
    description:
      'A file with the columns of `importProducts`, up to 200 MB. It is fetched again only when its server says that it changed; after a fault in 1, 5, 15, then every 60 minutes, never later than its interval.',
    body: z.strictObject({
      name: z
        .string({ error: 'name the feed' })
        .regex(/^[a-z0-9][a-z0-9_-]{0,59}$/, { error: 'use small letters, digits, _ and -' })
        .describe('Its products are known by it, as those of a file that is imported under this name'),
      url: fields.url,
      intervalMinutes: fields.intervalMinutes.default(MINUTES.default),
      currency: fields.currency.default(null),
      archivesMissing: fields.archivesMissing.default(false),
      credentials: fields.credentials.default(null),
      enabled: fields.enabled.default(true),
    }),
    status: 201,
    answer: productFeedSchema,
  }),
  listProductFeeds: defineEndpoint({
    method: 'GET',
    path: '/api/v1/product-feeds',
    scope: scope.read,
    tag,
    summary: 'List product feeds, newest first',
    query: pageQuerySchema,
    answer: pageOf(productFeedSchema),
  }),
  getProductFeed: defineEndpoint({
    method: 'GET',
    path: '/api/v1/product-feeds/{id}',
    scope: scope.read,
    tag,
    summary: 'Read a product feed with its last runs',
    answer: productFeedSchema.extend({ runs: z.array(runSchema).describe('The last 20, newest first') }),
  }),
  updateProductFeed: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/product-feeds/{id}',
    scope: scope.write,
    tag,
    summary: 'Change a product feed',
    description:
      'It is fetched anew at once. Where the address moves to another server, its credentials are forgotten unless they are given again.',
    body: z.strictObject({
      url: fields.url.exactOptional(),
      intervalMinutes: fields.intervalMinutes.exactOptional(),
      currency: fields.currency.exactOptional(),
      archivesMissing: fields.archivesMissing.exactOptional(),
      credentials: fields.credentials.exactOptional(),
      enabled: fields.enabled.exactOptional(),
    }),
    answer: productFeedSchema,
  }),
  deleteProductFeed: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/product-feeds/{id}',
    scope: scope.write,
    tag,
    summary: 'Fetch a product feed no more; its products stay',
    status: 204,
  }),
  runProductFeed: defineEndpoint({
    method: 'POST',
    path: '/api/v1/product-feeds/{id}/run',
    scope: scope.write,
    tag,
    summary: 'Fetch a product feed now',
    description: 'One that is being fetched is fetched once more afterwards.',
    body: z.strictObject({
      allowShrink: z
        .boolean()
        .default(false)
        .describe(
          'Archive what is missing though it is more than half; the file is taken also if it is the same as before',
        ),
    }),
    bodyOptional: true,
    status: 202,
    answer: productFeedSchema,
  }),
} as const;
