import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, jsonSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

/** What a person can ask for. */
export const PRIVACY_REQUEST_KINDS = ['export', 'erase', 'restrict', 'unrestrict', 'object', 'unobject'] as const;
/** What a person can object to (GDPR, article 21). */
export const OBJECTIONS = ['marketing', 'profiling'] as const;
/** `erase_shop` comes of Shopify alone. */
export const PRIVACY_WORK_KINDS = [...PRIVACY_REQUEST_KINDS, 'erase_shop'] as const;
export const PRIVACY_REGULATIONS = ['gdpr', 'ccpa', 'other'] as const;
export const PRIVACY_REQUEST_STATES = ['received', 'waiting', 'running', 'done', 'failed', 'cancelled'] as const;

const kinds = PRIVACY_REQUEST_KINDS.join(', ');
const identifier = z.strictObject({
  kind: z.string({ error: 'give the kind: email, phone, userId, …' }).min(1, { error: 'give the kind' }).max(40),
  value: z
    .string({ error: 'give the identifier itself' })
    .trim()
    .min(1, { error: 'give the identifier itself' })
    .max(500, { error: 'use at most 500 characters' }),
});

/** What a person asked of the shop about her data, and how far it is. */
export const privacyRequestSchema = z
  .strictObject({
    id: idSchema('prq'),
    kind: z.enum(PRIVACY_WORK_KINDS),
    regulation: z.enum(PRIVACY_REGULATIONS),
    state: z.enum(PRIVACY_REQUEST_STATES),
    waitingFor: z.enum(['approval']).nullable().describe('What it waits for'),
    waitingReason: z
      .enum(['whole_shop', 'claimed_identifier'])
      .nullable()
      .describe(
        'Why a member must approve it. `claimed_identifier`: somebody typed this address in, and nothing proves that it is the one of the customer, `profileId`, who holds it',
      ),
    origin: z.enum(['api', 'shopify']),
    profileId: idSchema('prf').nullable(),
    identifierHash: z
      .string()
      .nullable()
      .describe('Keyed hash of the identifier that was given; the value is not kept'),
    createdAt: instantSchema,
    dueAt: instantSchema.describe('Until when the law wants it done'),
    isOverdue: z.boolean(),
    finishedAt: instantSchema.nullable(),
    outcome: z.enum(['done', 'nothing_held']).nullable().describe('`nothing_held`: the identifier leads to nobody'),
    counts: z.record(z.string(), z.number()).describe('How much was found or changed, by module'),
    attempts: z.number().int(),
    error: z.string().nullable().describe('Why the last attempt failed'),
    isFileReady: z.boolean().describe('Whether the export can be fetched'),
  })
  .meta({ id: 'PrivacyRequest' });
export type PrivacyRequest = z.infer<typeof privacyRequestSchema>;

export const privacyRequestEndpoints = {
  createPrivacyRequest: defineEndpoint({
    method: 'POST',
    path: '/api/v1/privacy/requests',
    scope: 'privacy:write',
    tag: 'Privacy',
    summary: 'Take what a person asks about her data: export, erase, restrict, unrestrict, object or unobject',
    description:
      'Name her by `profile` or by one `identifier`. The work is done in the background; the answer says by when the law wants it done. An identifier that leads to nobody ends as `nothing_held`. To export or erase a known customer by an email or phone that is only claimed to be hers waits for approval. To object to `marketing` denies every marketing topic on every channel until she says yes again; to object to `profiling` takes her out of every segment and out of journeys that send marketing. `unobject` ends an objection to profiling on her own word, which `reason` tells. The identifier is kept sealed while the request runs and as a keyed hash afterwards.',
    body: z
      .strictObject({
        kind: z.enum(PRIVACY_REQUEST_KINDS, { error: `give one of ${kinds}` }),
        profile: z.string().max(100).optional().describe('`prf_…`'),
        identifier: identifier.optional(),
        regulation: z.enum(PRIVACY_REGULATIONS, { error: 'give gdpr, ccpa or other' }).default('gdpr'),
        against: z
          .array(z.enum(OBJECTIONS, { error: 'give marketing, profiling or both' }))
          .min(1, { error: 'give marketing, profiling or both' })
          .max(OBJECTIONS.length, { error: 'give each once' })
          .optional()
          .describe('What she objects to; both where nothing is said, as profiling for direct marketing is part of it'),
        reason: z
          .string({ error: 'say why, like "she asked for it by telephone"' })
          .trim()
          .min(1, { error: 'say why, like "she asked for it by telephone"' })
          .max(200, { error: 'use at most 200 characters' })
          .optional()
          .describe('To end an objection: why. It stays in the audit log, so name nobody'),
        suppress: z
          .boolean({ error: 'give true or false' })
          .default(true)
          .describe('To erase: keep late events of the identifier out, even where nothing is held of it'),
        note: z
          .string()
          .max(2_000, { error: 'use at most 2000 characters' })
          .optional()
          .describe('Kept sealed until it is done'),
      })
      .refine((body) => (body.profile === undefined) !== (body.identifier === undefined), {
        error: 'give either the profile or an identifier, not both',
        path: ['profile'],
      })
      .refine((body) => (body.kind === 'unobject') === (body.reason !== undefined), {
        error: 'give the reason to end an objection, and for nothing else',
        path: ['reason'],
      })
      .refine((body) => body.kind === 'object' || body.against === undefined, {
        error: 'leave it out: it is about an objection',
        path: ['against'],
      }),
    status: 202,
    answer: privacyRequestSchema,
  }),
  listPrivacyRequests: defineEndpoint({
    method: 'GET',
    path: '/api/v1/privacy/requests',
    scope: 'privacy:read',
    tag: 'Privacy',
    summary: 'List privacy requests, newest first',
    query: pageQuerySchema.extend({
      state: z.enum(PRIVACY_REQUEST_STATES).optional().describe('Only those in this state'),
      kind: z.enum(PRIVACY_WORK_KINDS).optional().describe('Only those of this kind'),
    }),
    answer: pageOf(privacyRequestSchema),
  }),
  getPrivacyRequest: defineEndpoint({
    method: 'GET',
    path: '/api/v1/privacy/requests/{id}',
    scope: 'privacy:read',
    tag: 'Privacy',
    summary: 'Read a privacy request',
    answer: privacyRequestSchema,
  }),
  getPrivacyExport: defineEndpoint({
    method: 'GET',
    path: '/api/v1/privacy/requests/{id}/export',
    scope: 'privacy:read',
    tag: 'Privacy',
    summary: 'Fetch the file of an export that is done',
    description:
      'Everything known of her, as JSON. It is kept for 30 days, or until she is erased. It may be many megabytes and leaves as it is read: give a client the time (`timeoutMs`). One that ends early is broken off, never valid JSON. That it was fetched, and by whom, is in the audit log.',
    answer: z
      .strictObject({ request: idSchema('prq'), exportedAt: instantSchema, data: z.array(jsonSchema) })
      .meta({ id: 'PrivacyExport' }),
  }),
  cancelPrivacyRequest: defineEndpoint({
    method: 'POST',
    path: '/api/v1/privacy/requests/{id}/cancel',
    scope: 'privacy:write',
    tag: 'Privacy',
    summary: 'Cancel a request nobody has begun to work on, or that failed before anybody was erased',
    answer: privacyRequestSchema,
  }),
  retryPrivacyRequest: defineEndpoint({
    method: 'POST',
    path: '/api/v1/privacy/requests/{id}/retry',
    scope: 'privacy:write',
    tag: 'Privacy',
    summary: 'Try a request that failed once more',
    answer: privacyRequestSchema,
  }),
  approvePrivacyRequest: defineEndpoint({
    method: 'POST',
    path: '/api/v1/privacy/requests/{id}/approve',
    scope: 'workspace:write',
    tag: 'Privacy',
    summary: 'Let a request go on that waits for approval',
    description:
      'For an owner or admin who is signed in, never an API key. It waits because it erases whoever is known through one shop only, or exports or erases a customer by an address that is only claimed to be hers: see `waitingReason`. What is erased cannot be brought back.',
    answer: privacyRequestSchema,
  }),
} as const;
