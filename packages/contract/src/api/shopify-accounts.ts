import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

/** A Shopify shop whose compliance webhooks are taken. Its secret cannot be read again. */
export const shopifyAccountSchema = z
  .strictObject({
    id: idSchema('sac'),
    shopDomain: z.string(),
    sourceId: idSchema('src').nullable(),
    matchCustomerId: z.boolean(),
    webhookPath: z.string().describe('Give Shopify this path of the server for all three compliance topics'),
    createdAt: instantSchema,
  })
  .meta({ id: 'ShopifyAccount' });
export type ShopifyAccount = z.infer<typeof shopifyAccountSchema>;

export const shopifyAccountEndpoints = {
  listShopifyAccounts: defineEndpoint({
    method: 'GET',
    path: '/api/v1/privacy/shopify-accounts',
    scope: 'privacy:read',
    tag: 'Privacy',
    summary: 'List the Shopify shops whose compliance webhooks are taken, newest first',
    query: pageQuerySchema,
    answer: pageOf(shopifyAccountSchema),
  }),
  createShopifyAccount: defineEndpoint({
    method: 'POST',
    path: '/api/v1/privacy/shopify-accounts',
    scope: 'privacy:write',
    tag: 'Privacy',
    summary: 'Take the compliance webhooks of a Shopify shop',
    description:
      'customers/data_request becomes an export, customers/redact an erasure, shop/redact a request that waits for an owner. Customers are found by email and phone; by their id at Shopify only with `matchCustomerId`.',
    body: z.strictObject({
      shopDomain: z
        .string({ error: 'give the domain: example.myshopify.com' })
        .trim()
        .toLowerCase()
        .max(255)
        .regex(/^[a-z0-9][a-z0-9-]*\.myshopify\.com$/, { error: 'write it like example.myshopify.com' }),
      secret: z
        .string({ error: 'give the client secret of the app' })
        .min(16, { error: 'give the whole client secret of the app' })
        .max(200, { error: 'give the client secret of the app' }),
      source: z
        .string()
        .max(100)
        .optional()
        .describe('`src_…`: where this shop’s events come from; shop/redact needs it'),
      matchCustomerId: z
        .boolean({ error: 'give true or false' })
        .default(false)
        .describe('Whether user ids in this workspace are customer ids of this shop'),
    }),
    status: 201,
    answer: shopifyAccountSchema,
  }),
  deleteShopifyAccount: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/privacy/shopify-accounts/{id}',
    scope: 'privacy:write',
    tag: 'Privacy',
    summary: 'Take no compliance webhooks of a shop any more',
    status: 204,
  }),
} as const;
