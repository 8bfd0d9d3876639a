import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { createWebhookSchema, updateWebhookSchema, WEBHOOK_EVENT_TYPES } from '../webhook.ts';

/** How many deliveries one call replays at most. */
export const WEBHOOK_REPLAY_MAX = 10_000;

const healthSchema = z.strictObject({
  state: z.enum(['healthy', 'failing', 'disabled']),
  reason: z.string().nullable().describe('Why it is disabled, or what the last failure was'),
  disabledAt: instantSchema.nullable(),
  failingSince: instantSchema.nullable().describe('The first failure since the last success'),
  lastSuccessAt: instantSchema.nullable(),
  lastFailureAt: instantSchema.nullable(),
  waiting: z.int().describe('Deliveries that are still to be made, up to 10 000'),
  lastDay: z.strictObject({
    succeeded: z.int().describe('Attempts that were answered with 2xx'),
    failed: z.int().describe('Attempts that were not'),
    successRate: z.number().nullable().describe('From 0 to 1; null without attempts'),
    latencyMs: z.int().nullable().describe('Mean time to the answer'),
    latencyMaxMs: z.int().nullable(),
    filtered: z.int().describe('Events kept from it by consent'),
  }),
  lastFiltered: z
    .array(
      z.strictObject({
        at: instantSchema,
        eventId: z.string(),
        type: z.string(),
        name: z.string(),
        reason: z.string(),
      }),
    )
    .describe('The last ten events kept from it, newest first'),
});

/** A webhook endpoint as the API shows it. */
export const webhookSchema = z.strictObject({
  id: idSchema('whk'),
  url: z.string(),
  description: z.string(),
  events: z.array(z.strictObject({ type: z.enum(WEBHOOK_EVENT_TYPES).optional(), name: z.string().optional() })),
  source: idSchema('src').nullable(),
  headerNames: z.array(z.string()),
  ratePerSecond: z.int().nullable(),
  includePersonal: z.boolean(),
  consentCategories: z.array(z.string()),
  isAdvertising: z.boolean(),
  enabled: z.boolean(),
  previousSecretUntil: instantSchema.nullable().describe('Until then calls are signed with the secret before, too'),
  health: healthSchema,
  createdAt: instantSchema,
  updatedAt: instantSchema,
});
export type Webhook = z.infer<typeof webhookSchema>;

export const WEBHOOK_DELIVERY_STATUSES = ['waiting', 'sending', 'delivered', 'failed'] as const;
export type WebhookDeliveryStatus = (typeof WEBHOOK_DELIVERY_STATUSES)[number];

const attemptSchema = z.strictObject({
  at: instantSchema,
  result: z.enum(['delivered', 'refused', 'failed', 'unknown']),
  status: z.int().nullable().describe('HTTP status of the answer; null without an answer'),
  reason: z.string().nullable(),
  tookMs: z.int().nullable(),
  responseBody: z.string().nullable().describe('The first KB of the answer'),
});
export type WebhookAttempt = z.infer<typeof attemptSchema>;

export const webhookDeliverySchema = z.strictObject({
  id: idSchema('dlv').describe('Sent as `webhook-id`, the same at every attempt and replay'),
  type: z.string(),
  eventName: z.string(),
  status: z.enum(WEBHOOK_DELIVERY_STATUSES),
  createdAt: instantSchema,
  nextAttemptAt: instantSchema.nullable(),
  endedAt: instantSchema.nullable(),
  attempts: z.array(attemptSchema).describe('Oldest first; the last 30'),
  replays: z.int(),
});
export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>;

const secretSchema = z
  .string()
  .regex(/^whsec_/)
  .describe('Verifies signatures. Shown only now: keep it');

export const webhookEndpoints = {
  listWebhooks: defineEndpoint({
    method: 'GET',
    path: '/api/v1/webhooks',
    scope: 'webhooks:read',
    tag: 'Webhooks',
    summary: 'List webhook endpoints with their health, newest first',
    query: pageQuerySchema,
    answer: pageOf(webhookSchema),
  }),
  createWebhook: defineEndpoint({
    method: 'POST',
    path: '/api/v1/webhooks',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Create a webhook endpoint: events that fit are posted to it from now on',
    description:
      'Calls are signed as standard-webhooks says (headers `webhook-id`, `webhook-timestamp`, `webhook-signature`) with the secret in the answer, which is shown only now. Delivery is at least once and in no promised order: recognise repeats by `webhook-id`. Answer 2xx within 15 seconds; anything else is tried again for three days. 410 disables the endpoint; `Retry-After` is heeded.',
    body: createWebhookSchema,
    status: 201,
    answer: webhookSchema.extend({ secret: secretSchema }),
  }),
  getWebhook: defineEndpoint({
    method: 'GET',
    path: '/api/v1/webhooks/{id}',
    scope: 'webhooks:read',
    tag: 'Webhooks',
    summary: 'Read a webhook endpoint and its health',
    answer: webhookSchema,
  }),
  updateWebhook: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/webhooks/{id}',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Change what is given of a webhook endpoint',
    description: 'Given headers replace all headers. What is already waiting goes to the new URL.',
    body: updateWebhookSchema,
    answer: webhookSchema,
  }),
  deleteWebhook: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/webhooks/{id}',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Delete a webhook endpoint and what was to be delivered to it',
    status: 204,
  }),
  disableWebhook: defineEndpoint({
    method: 'POST',
    path: '/api/v1/webhooks/{id}/disable',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Stop calling a webhook endpoint',
    description: 'What is waiting stays; what happens meanwhile is not kept for it.',
    body: z.strictObject({ reason: z.string().max(200).optional() }),
    bodyOptional: true,
    answer: webhookSchema,
  }),
  enableWebhook: defineEndpoint({
    method: 'POST',
    path: '/api/v1/webhooks/{id}/enable',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Call a webhook endpoint again, also one that was disabled by itself',
    description: 'What was waiting is delivered; from now on new events are. Failed deliveries can be replayed.',
    answer: webhookSchema,
  }),
  rotateWebhookSecret: defineEndpoint({
    method: 'POST',
    path: '/api/v1/webhooks/{id}/rotate-secret',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Give a webhook endpoint a new secret',
    description: 'For 24 hours calls carry signatures of both secrets, so that a receiver can change over in between.',
    answer: z.strictObject({ secret: secretSchema, previousSecretUntil: instantSchema }),
  }),
  testWebhook: defineEndpoint({
    method: 'POST',
    path: '/api/v1/webhooks/{id}/test',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Call a webhook endpoint with a `webhook.test` and answer what became of it',
    description: 'Works on a disabled endpoint too, and counts neither for nor against its health.',
    changesNothing: true,
    answer: attemptSchema.extend({ webhookId: z.string() }),
  }),
  listWebhookDeliveries: defineEndpoint({
    method: 'GET',
    path: '/api/v1/webhooks/{id}/deliveries',
    scope: 'webhooks:read',
    tag: 'Webhooks',
    summary: 'List the deliveries of a webhook endpoint with their attempts, newest event first',
    description: 'Kept for 30 days.',
    query: pageQuerySchema.extend({
      status: z
        .enum(WEBHOOK_DELIVERY_STATUSES, { error: `give one of ${WEBHOOK_DELIVERY_STATUSES.join(', ')}` })
        .optional(),
      event: z.string().max(200).optional().describe('Name of the event'),
      since: z.iso.datetime({ offset: true, error: 'give an instant like 2026-11-22T09:00:00Z' }).optional(),
    }),
    answer: pageOf(webhookDeliverySchema),
  }),
  getWebhookDelivery: defineEndpoint({
    method: 'GET',
    path: '/api/v1/webhooks/{id}/deliveries/{delivery}',
    scope: 'webhooks:read',
    tag: 'Webhooks',
    summary: 'Read a delivery with what is sent',
    description: 'Personal values are in the payload only for callers with the scope profiles:read.',
    answer: webhookDeliverySchema.extend({ payload: z.record(z.string(), z.json()) }),
  }),
  replayWebhookDelivery: defineEndpoint({
    method: 'POST',
    path: '/api/v1/webhooks/{id}/deliveries/{delivery}/replay',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Deliver once more, under the same webhook-id',
    answer: webhookDeliverySchema,
  }),
  replayWebhookDeliveries: defineEndpoint({
    method: 'POST',
    path: '/api/v1/webhooks/{id}/replay',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Deliver once more what failed, or everything, since an instant',
    description: `At most ${WEBHOOK_REPLAY_MAX} at a time, oldest first: while \`next\` is not null, call again with it as \`after\`.`,
    body: z.strictObject({
      since: z.iso.datetime({ offset: true, error: 'give an instant like 2026-11-22T09:00:00Z' }),
      status: z.enum(['failed', 'all'], { error: 'give failed or all' }).default('failed'),
      after: idSchema('dlv').optional(),
    }),
    answer: z.strictObject({ replayed: z.int(), next: idSchema('dlv').nullable() }),
  }),
} as const;
