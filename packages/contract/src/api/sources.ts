import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

export const SOURCE_KINDS = ['website', 'app', 'server', 'store', 'other'] as const;

const name = z
  .string({ error: 'give the name' })
  .trim()
  .min(1, { error: 'give the name' })
  .max(100, { error: 'use at most 100 characters' });

const trusted = z.boolean({ error: 'give true or false' });

/** The right of a source to send events. It is public by nature: it sits in web pages. */
export const writeKeySchema = z.strictObject({
  id: idSchema('wky'),
  name: z.string(),
  key: z.string(),
  createdAt: instantSchema,
  revokedAt: instantSchema.nullable(),
});
export type WriteKey = z.infer<typeof writeKeySchema>;

/** Where events come from: a website, an app, a till. */
export const sourceSchema = z.strictObject({
  id: idSchema('src'),
  name: z.string(),
  kind: z.string(),
  enabled: z.boolean().describe('Events of a source that is not are refused'),
  trusted: z
    .boolean()
    .describe('Whether an email or phone in its events is known to be the customer’s; else it is a claim'),
  createdAt: instantSchema,
});
export type Source = z.infer<typeof sourceSchema>;

/** Kinds whose events are made by the shop itself, not by whoever sits before a page. */
export const TRUSTED_SOURCE_KINDS: readonly string[] = ['server', 'store'];

export const sourceEndpoints = {
  listSources: defineEndpoint({
    method: 'GET',
    path: '/api/v1/sources',
    scope: 'sources:read',
    tag: 'Sources',
    summary: 'List sources, oldest first',
    query: pageQuerySchema,
    answer: pageOf(sourceSchema),
  }),
  createSource: defineEndpoint({
    method: 'POST',
    path: '/api/v1/sources',
    scope: 'sources:write',
    tag: 'Sources',
    summary: 'Add a source with its first write key',
    body: z.strictObject({
      name,
      kind: z.enum(SOURCE_KINDS, { error: `give one of ${SOURCE_KINDS.join(', ')}` }).default('website'),
      trusted: trusted.optional().describe('Default: true for server and store, else false'),
    }),
    status: 201,
    answer: sourceSchema.extend({ writeKey: writeKeySchema }),
  }),
  getSource: defineEndpoint({
    method: 'GET',
    path: '/api/v1/sources/{id}',
    scope: 'sources:read',
    tag: 'Sources',
    summary: 'Read a source',
    answer: sourceSchema,
  }),
  updateSource: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/sources/{id}',
    scope: 'sources:write',
    tag: 'Sources',
    summary: 'Rename, disable or enable a source, or say whether it is trusted',
    description:
      'A disabled source is refused from 5 seconds on, in every process; what it sent before stays. An email or phone in events of a source that is not trusted is a claim: it never joins two known customers.',
    body: z.strictObject({
      name: name.optional(),
      enabled: z.boolean({ error: 'give true or false' }).optional(),
      trusted: trusted.optional(),
    }),
    answer: sourceSchema,
  }),
  listWriteKeys: defineEndpoint({
    method: 'GET',
    path: '/api/v1/sources/{id}/write-keys',
    scope: 'sources:read',
    tag: 'Sources',
    summary: 'List the write keys of a source, oldest first, revoked ones too',
    query: pageQuerySchema,
    answer: pageOf(writeKeySchema),
  }),
  createWriteKey: defineEndpoint({
    method: 'POST',
    path: '/api/v1/sources/{id}/write-keys',
    scope: 'sources:write',
    tag: 'Sources',
    summary: 'Add a write key to a source',
    body: z.strictObject({ name }),
    status: 201,
    answer: writeKeySchema,
  }),
  revokeWriteKey: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/sources/{id}/write-keys/{keyId}',
    scope: 'sources:write',
    tag: 'Sources',
    summary: 'Revoke a write key; events with it are refused from 5 seconds on',
    status: 204,
  }),
} as const;
