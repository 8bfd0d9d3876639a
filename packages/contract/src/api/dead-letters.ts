import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, jsonSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

const jsonObject = z.record(z.string(), jsonSchema);

/** An event that could not be processed, set aside with its reason. */
export const deadLetterSchema = z.strictObject({
  id: idSchema('ddl'),
  sourceId: idSchema('src').nullable().describe('Null for what Segue itself emitted'),
  type: z.string().nullable(),
  name: z.string().nullable(),
  error: z.string(),
  failedAt: instantSchema.describe('When it failed last'),
  failures: z.int().positive().describe('How often the event failed, replays included'),
});
export type DeadLetter = z.infer<typeof deadLetterSchema>;

const filter = {
  sourceId: z.string().max(100).optional().describe('`src_…`'),
  type: z.string().max(20, { error: 'use at most 20 characters' }).optional(),
  name: z.string().max(512, { error: 'use at most 512 characters' }).optional(),
};

export const deadLetterEndpoints = {
  listDeadLetters: defineEndpoint({
    method: 'GET',
    path: '/api/v1/dead-letters',
    scope: 'events:read',
    tag: 'Events',
    summary: 'List events that could not be processed, those that came last first',
    query: pageQuerySchema.extend(filter),
    answer: pageOf(deadLetterSchema),
  }),
  getDeadLetter: defineEndpoint({
    method: 'GET',
    path: '/api/v1/dead-letters/{id}',
    scope: 'events:read',
    tag: 'Events',
    summary: 'Read a dead letter with its event',
    description: 'Personal values stay sealed; the timeline of the profile shows them to whoever may read profiles.',
    answer: deadLetterSchema.extend({
      event: z
        .strictObject({
          messageId: z.string(),
          occurredAt: instantSchema,
          receivedAt: instantSchema,
          properties: jsonObject,
          traits: jsonObject,
          context: jsonObject,
        })
        .nullable()
        .describe('Null when the line itself cannot be read'),
    }),
  }),
  replayDeadLetter: defineEndpoint({
    method: 'POST',
    path: '/api/v1/dead-letters/{id}/replay',
    scope: 'events:write',
    tag: 'Events',
    summary: 'Process the event of a dead letter again',
    description: 'It keeps its message id and is processed once. If it fails again it is a dead letter again, counted.',
    answer: z.strictObject({ replayed: z.int(), remaining: z.int() }),
  }),
  replayDeadLetters: defineEndpoint({
    method: 'POST',
    path: '/api/v1/dead-letters/replay',
    scope: 'events:write',
    tag: 'Events',
    summary: 'Process all matching dead letters again, at most 1,000 a call',
    description: 'Call again while `remaining` is not 0. An empty filter matches all.',
    body: z.strictObject(filter),
    answer: z.strictObject({ replayed: z.int(), remaining: z.int() }),
  }),
  discardDeadLetter: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/dead-letters/{id}',
    scope: 'events:write',
    tag: 'Events',
    summary: 'Give a dead letter up for good; its event stays in the history',
    status: 204,
  }),
} as const;
