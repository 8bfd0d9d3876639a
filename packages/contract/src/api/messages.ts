import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { MESSAGE_STATUSES, sendMessageSchema, updateSendPolicySchema } from '../message.ts';

/** Who asked for a message. */
export const messageSourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('api') }),
  z.strictObject({ kind: z.literal('confirmation') }).describe('It asks to confirm a consent'),
  z.strictObject({
    kind: z.literal('journey'),
    journeyId: idSchema('jrn'),
    version: z.int(),
    runId: idSchema('run'),
    stepId: z.string(),
  }),
]);
export type MessageSource = z.infer<typeof messageSourceSchema>;

/** A message as the API shows it. Times are null while they have not come. */
export const messageSchema = z.strictObject({
  id: idSchema('msg'),
  profileId: idSchema('prf'),
  channel: z.string(),
  topic: z.string(),
  templateId: idSchema('tpl'),
  source: messageSourceSchema,
  status: z.enum(MESSAGE_STATUSES).describe('`queued` and `sending` are on their way; the others are ends'),
  refusedBy: z.string().nullable().describe('The rule that refused it'),
  reason: z.string().nullable(),
  attempts: z.int(),
  createdAt: instantSchema,
  nextAttemptAt: instantSchema.nullable().describe('While it is queued: when it is looked at next'),
  endedAt: instantSchema.nullable(),
  deliveredAt: instantSchema.nullable(),
  openedAt: instantSchema.nullable().describe('When a person opened it first'),
  clickedAt: instantSchema.nullable().describe('When a person followed a link of it first'),
  machineOpenedAt: instantSchema
    .nullable()
    .describe('When a mailbox or scanner loaded its images first; no sign of a reader'),
  machineClickedAt: instantSchema.nullable().describe('When a scanner followed a link of it first'),
  bouncedAt: instantSchema.nullable(),
});
export type Message = z.infer<typeof messageSchema>;

/** One thing that happened to a message: a decision of the gate, an attempt, a receipt. */
export const messageMomentSchema = z.strictObject({
  at: instantSchema,
  what: z.string(),
  by: z.string().nullable(),
  reason: z.string().nullable(),
  attempt: z.int().nullable(),
});
export type MessageMoment = z.infer<typeof messageMomentSchema>;

export const messageWithHistorySchema = messageSchema.extend({
  history: z.array(messageMomentSchema).describe('Oldest first'),
});
export type MessageWithHistory = z.infer<typeof messageWithHistorySchema>;

/** At most `limit` marketing messages in any window of `windowMs`. */
export const sendPolicySchema = z.strictObject({
  cap: z.strictObject({ limit: z.int(), windowMs: z.int().describe('Milliseconds') }).describe('Per channel'),
  lessOften: z
    .strictObject({ limit: z.int(), windowMs: z.int().describe('Milliseconds') })
    .describe('For customers who asked to hear less often; counts every channel'),
});
export type SendPolicy = z.infer<typeof sendPolicySchema>;

export const messageEndpoints = {
  listMessages: defineEndpoint({
    method: 'GET',
    path: '/api/v1/messages',
    scope: 'messages:read',
    tag: 'Messages',
    summary: 'List messages, newest first',
    query: pageQuerySchema.extend({
      profile: z.string().optional().describe('Only those to this profile: `prf_…`'),
      journey: z.string().optional().describe('Only those of this journey: `jrn_…`'),
      status: z.enum(MESSAGE_STATUSES, { error: `give one of ${MESSAGE_STATUSES.join(', ')}` }).optional(),
    }),
    answer: pageOf(messageSchema),
  }),
  getMessage: defineEndpoint({
    method: 'GET',
    path: '/api/v1/messages/{id}',
    scope: 'messages:read',
    tag: 'Messages',
    summary: 'Read a message with its history: decisions of the gate, attempts, receipts',
    answer: messageWithHistorySchema,
  }),
  sendMessage: defineEndpoint({
    method: 'POST',
    path: '/api/v1/messages',
    scope: 'messages:write',
    tag: 'Messages',
    summary: 'Queue a message',
    description:
      'Needs an idempotency key, as `idempotencyKey` or as the header. A repeat answers the same message and sends nothing again. Whether it goes is decided at the moment of sending.',
    body: sendMessageSchema,
    status: 202,
    answer: messageSchema,
  }),
  getSendPolicy: defineEndpoint({
    method: 'GET',
    path: '/api/v1/send-policy',
    scope: 'messages:read',
    tag: 'Messages',
    summary: 'Read the frequency cap of marketing messages',
    answer: sendPolicySchema,
  }),
  updateSendPolicy: defineEndpoint({
    method: 'PUT',
    path: '/api/v1/send-policy',
    scope: 'messages:write',
    tag: 'Messages',
    summary: 'Set the frequency cap of marketing messages',
    body: updateSendPolicySchema,
    answer: sendPolicySchema,
  }),
} as const;
