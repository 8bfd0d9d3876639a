import { z } from 'zod';

import {
  channelSchema,
  createTopicSchema,
  liftSuppressionSchema,
  recordConsentSchema,
  suppressAddressSchema,
  suppressionReasonSchema,
  TOPIC_KINDS,
  updateTopicSchema,
} from '../consent.ts';
import { defineEndpoint, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

/** What messages can be about. */
export const consentTopicSchema = z.strictObject({
  topic: z.string(),
  name: z.string(),
  description: z.string().nullable().describe('What the customer reads below the name'),
  kind: z.enum(TOPIC_KINDS).describe('`marketing` asks for opt-in, `transactional` does not'),
  requiresOptIn: z.boolean().describe('Whether a message is forbidden until the customer said yes'),
  doubleOptIn: z
    .boolean()
    .describe('Whether a yes counts only once it was confirmed from the mailbox it was given for'),
  isDefault: z.boolean().describe('Whether the console suggests it for a new message of its kind'),
});
export type ConsentTopic = z.infer<typeof consentTopicSchema>;

/** One word of a customer, with what proves it. */
export const consentSchema = z.strictObject({
  id: z.guid(),
  channel: z.string(),
  topic: z.string().describe('`*` stands for every topic that asks for opt-in'),
  status: z
    .enum(['granted', 'denied', 'pending'])
    .describe('`pending` is no permission: it waits for the customer to confirm it'),
  occurredAt: instantSchema,
  recordedAt: instantSchema,
  source: z.string(),
  isConfirmed: z.boolean().describe('Whether it was said from the mailbox itself'),
  isCurrent: z.boolean().describe('Whether it is her last word on this channel and topic'),
  text: z.string().optional().describe('The wording she saw'),
  url: z.string().optional().describe('The page it stood on'),
  ip: z.string().optional().describe('Where she came from'),
  message: z.string().optional().describe('The mail whose link she used: `msg_…`'),
  language: z.string().optional().describe('Of the wording'),
});
export type Consent = z.infer<typeof consentSchema>;

/** An address that must not be used. The address itself is not kept. */
export const suppressionSchema = z.strictObject({
  addressHash: z.guid(),
  channel: z.string(),
  reason: suppressionReasonSchema,
  source: z.string(),
  occurredAt: instantSchema,
});
export type Suppression = z.infer<typeof suppressionSchema>;

export const consentEndpoints = {
  listTopics: defineEndpoint({
    method: 'GET',
    path: '/api/v1/topics',
    scope: 'consent:read',
    tag: 'Consent',
    summary: 'List the topics of the workspace, in the order they were made',
    answer: pageOf(consentTopicSchema),
  }),
  createTopic: defineEndpoint({
    method: 'POST',
    path: '/api/v1/topics',
    scope: 'workspace:write',
    tag: 'Consent',
    summary: 'Make a topic',
    body: createTopicSchema,
    status: 201,
    answer: consentTopicSchema,
  }),
  updateTopic: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/topics/{topic}',
    scope: 'workspace:write',
    tag: 'Consent',
    summary: 'Change a topic',
    description:
      'Its kind stays: what customers were asked for cannot later go without asking. Switching double opt-in on makes every earlier yes that was not confirmed wait for a confirmation.',
    body: updateTopicSchema,
    answer: consentTopicSchema,
  }),
  listProfileConsents: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/consents',
    scope: 'consent:read',
    tag: 'Consent',
    summary: 'List what a customer said about channels and topics, newest first, with its proof',
    query: pageQuerySchema,
    answer: pageOf(consentSchema),
  }),
  recordConsent: defineEndpoint({
    method: 'POST',
    path: '/api/v1/profiles/{id}/consents',
    scope: 'consent:write',
    tag: 'Consent',
    summary: 'Record what a customer said elsewhere: at the till, on the telephone, in an import',
    body: recordConsentSchema,
    status: 204,
  }),
  listSuppressions: defineEndpoint({
    method: 'GET',
    path: '/api/v1/suppressions',
    scope: 'consent:read',
    tag: 'Consent',
    summary: 'List addresses that must not be used, newest first',
    query: pageQuerySchema.extend({ channel: channelSchema.optional() }),
    answer: pageOf(suppressionSchema),
  }),
  suppressAddress: defineEndpoint({
    method: 'POST',
    path: '/api/v1/suppressions',
    scope: 'consent:write',
    tag: 'Consent',
    summary: 'Make an address unusable, for every profile that has it',
    body: suppressAddressSchema,
    status: 204,
  }),
  liftSuppression: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/suppressions',
    scope: 'workspace:write',
    tag: 'Consent',
    summary: 'Make an address usable again',
    description: 'Lifts one reason, or every reason when none is named.',
    body: liftSuppressionSchema,
    status: 204,
  }),
} as const;
