import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, jsonSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

/** A customer as the API shows her. */
export const profileSchema = z
  .strictObject({
    id: idSchema('prf'),
    createdAt: instantSchema,
    firstSeenAt: instantSchema.nullable(),
    lastSeenAt: instantSchema.nullable(),
    identifiers: z.array(z.strictObject({ kind: z.string(), value: z.string() })).describe('Strongest first'),
    traits: z.record(z.string(), jsonSchema),
    computedTraits: z.array(z.string()).describe('Which of them follow from events by what the workspace defined'),
    restrictedAt: instantSchema
      .nullable()
      .describe('Since when a privacy request keeps everything from being done with her data. Null: nothing does'),
    profilingObjectedAt: instantSchema
      .nullable()
      .describe('Since when she objects to profiling: no segment, no journey of marketing. Null: she does not'),
  })
  .meta({ id: 'Profile' });
export type Profile = z.infer<typeof profileSchema>;

export const profileEndpoints = {
  listProfiles: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles',
    scope: 'profiles:read',
    tag: 'Profiles',
    summary: 'List profiles, newest first, or find the one an identifier leads to',
    description: '`?identifier=email:ada@example.com` answers one profile or none.',
    query: pageQuerySchema.extend({
      identifier: z.string().max(600).optional().describe('`kind:value`, like `email:ada@example.com`'),
    }),
    answer: pageOf(profileSchema),
  }),
  getProfile: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}',
    scope: 'profiles:read',
    tag: 'Profiles',
    summary: 'Read a profile',
    description: 'The id of a profile that was merged away answers the profile it became.',
    answer: profileSchema,
  }),
} as const;
