import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { problemSchema } from '../problem.ts';
import {
  explainMessageSchema,
  MESSAGE_STATUSES,
  policyRulesSchema,
  sendBatchSchema,
  sendMessageSchema,
  updateSendPolicySchema,
} from '../message.ts';

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
  profileId: idSchema('prf').nullable().describe('Null while the profile of a new address is being made'),
  channel: z.string(),
  topic: z.string(),
  templateId: idSchema('tpl').nullable().describe('Null: it says what it says itself'),
  source: messageSourceSchema,
  status: z.enum(MESSAGE_STATUSES).describe('`queued` and `sending` are on their way; the others are ends'),
  refusedBy: z.string().nullable().describe('The rule that refused it'),
  heldBy: z.string().nullable().describe('While it is queued: the rule that holds it back'),
  reason: z.string().nullable(),
  attempts: z.int(),
  priority: z.int().describe('From 1 to 9, which matters most'),
  campaign: z.string().nullable(),
  dueAt: instantSchema.describe('When it is to go'),
  expiresAt: instantSchema.nullable(),
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

const numbersSchema = z.record(z.string(), z.union([z.number(), z.string(), z.null()]));

/** One thing that happened to a message: a decision of the gate, an attempt, a receipt. */
export const messageMomentSchema = z.strictObject({
  at: instantSchema,
  what: z.string(),
  by: z.string().nullable(),
  reason: z.string().nullable(),
  attempt: z.int().nullable(),
  numbers: numbersSchema.nullable().describe('The numbers a rule decided by'),
  until: instantSchema.nullable().describe('Of what is held: when it is asked again'),
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
  ...policyRulesSchema.shape,
});
export type SendPolicy = z.infer<typeof sendPolicySchema>;

/** What one rule of the gate says of a message. */
export const ruleVerdictSchema = z.strictObject({
  rule: z.string(),
  asks: z.string().describe('What it asks, in a few words'),
  verdict: z.enum(['passes', 'refuses', 'holds']),
  reason: z.string().nullable(),
  numbers: numbersSchema.nullable().describe('The numbers it decides by'),
  until: instantSchema.nullable().describe('Of a rule that holds: when it is asked again'),
});

/** Why a message would go now, or would not. */
export const messageExplanationSchema = z.strictObject({
  decision: z.enum(['send', 'refuse', 'hold']),
  by: z.string().nullable().describe('The first rule that speaks'),
  reason: z.string().nullable(),
  until: instantSchema.nullable(),
  rules: z.array(ruleVerdictSchema).describe('Every rule, in the order they are asked'),
});
export type MessageExplanation = z.infer<typeof messageExplanationSchema>;

const foreseenDecisionSchema = messageExplanationSchema.omit({ rules: true });
export type ForeseenDecision = z.infer<typeof foreseenDecisionSchema>;

const sendBatchResultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('queued'), message: messageSchema }),
  z.strictObject({ kind: z.literal('refused'), error: problemSchema.pick({ code: true, title: true, errors: true }) }),
]);
export type SendBatchResult = z.infer<typeof sendBatchResultSchema>;

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
    answer: messageSchema.extend({
      decision: foreseenDecisionSchema
        .nullable()
        .describe(
          'What the gate says at this moment. It is asked again when the message goes; null when it is decided already, goes later, or goes to an address that nobody had',
        ),
    }),
  }),
  sendMessages: defineEndpoint({
    method: 'POST',
    path: '/api/v1/messages/batch',
    scope: 'messages:write',
    tag: 'Messages',
    summary: 'Queue many messages',
    description:
      'Each has an idempotency key of its own and is queued or refused by itself, in the order given; one that is refused stops no other.',
    body: sendBatchSchema,
    ownTransaction: true,
    status: 200,
    answer: z.strictObject({ results: z.array(sendBatchResultSchema).describe('One for each, in their order') }),
  }),
  getMessageContent: defineEndpoint({
    method: 'GET',
    path: '/api/v1/messages/{id}/content',
    scope: 'messages:read',
    tag: 'Messages',
    summary: 'Read what a message said',
    description: 'As it was sent, with links that lead where they were meant to and count nobody.',
    answer: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('kept'), subject: z.string(), html: z.string(), text: z.string() }),
      z.strictObject({ kind: z.literal('none'), reason: z.string() }),
    ]),
  }),
  explainMessage: defineEndpoint({
    method: 'POST',
    path: '/api/v1/messages/explain',
    scope: 'messages:read',
    tag: 'Messages',
    summary: 'Ask why a message would go now, or would not',
    description:
      'Asks every rule of the policy gate about a message as if it were due now, with what is true at this moment. Nothing is queued, counted or sent.',
    body: explainMessageSchema,
    changesNothing: true,
    answer: messageExplanationSchema,
  }),
  getSendPolicy: defineEndpoint({
    method: 'GET',
    path: '/api/v1/send-policy',
    scope: 'messages:read',
    tag: 'Messages',
    summary: 'Read how much and when marketing may be sent: caps, quiet hours, gaps, holdout',
    answer: sendPolicySchema,
  }),
  updateSendPolicy: defineEndpoint({
    method: 'PUT',
    path: '/api/v1/send-policy',
    scope: 'messages:write',
    tag: 'Messages',
    summary: 'Set how much and when marketing may be sent',
    description: 'All but `cap` stay as they are when they are left out. What is held back is asked again at once.',
    body: updateSendPolicySchema,
    answer: sendPolicySchema,
  }),
} as const;
