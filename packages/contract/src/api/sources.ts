import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

export const SOURCE_KINDS = ['website', 'app', 'server', 'store', 'other'] as const;

const name = z
  .string({ error: 'give the name' })
  .trim()
  .min(1, { error: 'give the name' })
  .max(100, { error: 'use at most 100 characters' });

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
  createdAt: instantSchema,
});
export type Source = z.infer<typeof sourceSchema>;

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
    summary: 'Rename, disable or enable a source',
    description: 'A disabled source is refused from 5 seconds on, in every process; what it sent before stays.',
    body: z.strictObject({ name: name.optional(), enabled: z.boolean({ error: 'give true or false' }).optional() }),
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
