import { z } from 'zod';

import { EVERY_SCOPE, SCOPES } from '../access.ts';
import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

const scopes = z
  .array(z.enum([...SCOPES, EVERY_SCOPE], { error: `give scopes such as profiles:read, or "*" for every one` }), {
    error: 'give the list of scopes the key may use',
  })
  .min(1, { error: 'give at least one scope' })
  .max(SCOPES.length, { error: 'name each scope once' })
  .refine((given) => new Set(given).size === given.length, { error: 'name each scope once' });

/** An API key. The key itself is shown once, when it is made: only its hash is kept. */
export const apiKeySchema = z.strictObject({
  id: idSchema('key'),
  name: z.string(),
  prefix: z.string().describe('Its first 8 characters, to recognise it by; "" for keys older than this field'),
  scopes: z.array(z.string()),
  createdAt: instantSchema,
  createdBy: z.string().nullable().describe('Name of the member who made it, or kept it when its maker left'),
  expiresAt: instantSchema.nullable(),
  lastUsedAt: instantSchema.nullable().describe('To the minute'),
  state: z.enum(['active', 'expired', 'revoked']),
});
export type ApiKey = z.infer<typeof apiKeySchema>;

export const createApiKeySchema = z.strictObject({
  name: z
    .string({ error: 'give the key a name' })
    .trim()
    .min(1, { error: 'give the key a name' })
    .max(100, { error: 'use at most 100 characters' }),
  scopes,
  expiresAt: z.iso
    .datetime({ offset: true, error: 'give an instant like 2027-01-31T00:00:00Z, or leave it out' })
    .optional()
    .describe('When it ends by itself; left out: never'),
});

export const keyEndpoints = {
  listApiKeys: defineEndpoint({
    method: 'GET',
    path: '/api/v1/api-keys',
    scope: 'keys:read',
    tag: 'Workspace',
    summary: 'List API keys, newest first, revoked and expired ones too',
    query: pageQuerySchema,
    answer: pageOf(apiKeySchema),
  }),
  createApiKey: defineEndpoint({
    method: 'POST',
    path: '/api/v1/api-keys',
    scope: 'keys:write',
    tag: 'Workspace',
    summary: 'Make an API key; it is shown only now',
    description: 'It may do no more than whoever makes it. "*" is every scope, also those that come later.',
    body: createApiKeySchema,
    status: 201,
    answer: apiKeySchema.extend({ key: z.string().describe('Send it as "Authorization: Bearer <key>"') }),
  }),
  revokeApiKey: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/api-keys/{id}',
    scope: 'keys:write',
    tag: 'Workspace',
    summary: 'Revoke an API key; it opens nothing from 5 seconds on',
    status: 204,
  }),
} as const;
