import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import {
  createJourneySchema,
  JOURNEY_STATES,
  journeyGraphSchema,
  RUN_REASONS,
  RUN_STATES,
  updateJourneySchema,
} from '../journey.ts';
import { MESSAGE_STATUSES } from '../message.ts';

const count = z.int();

export const journeySchema = z.strictObject({
  id: idSchema('jrn'),
  name: z.string(),
  state: z.enum(JOURNEY_STATES),
  version: z.int().nullable().describe('The published version'),
  graph: journeyGraphSchema.describe('The draft'),
  createdAt: instantSchema,
  updatedAt: instantSchema,
});
export type Journey = z.infer<typeof journeySchema>;

export const journeyWithCountsSchema = journeySchema.extend({
  publishedGraph: journeyGraphSchema.nullable(),
  faults: z
    .array(z.strictObject({ field: z.string(), message: z.string() }))
    .describe('What keeps the draft from being published'),
  counts: z.strictObject({
    entered: count,
    active: count,
    goals: count,
    exited: z.record(z.enum(RUN_REASONS), count),
  }),
  steps: z
    .array(z.strictObject({ id: z.string(), kind: z.string(), entered: count, active: count }))
    .describe('Of the published graph, or else of the draft'),
});
export type JourneyWithCounts = z.infer<typeof journeyWithCountsSchema>;

/** One profile's passage through a journey. Times are null while they have not come. */
export const journeyRunSchema = z.strictObject({
  id: idSchema('run'),
  journeyId: idSchema('jrn'),
  version: z.int(),
  profileId: idSchema('prf'),
  key: z.string().nullable().describe('What tells runs of one profile apart'),
  state: z.enum(RUN_STATES),
  step: z.string().nullable().describe('The step it waits at'),
  wakeAt: instantSchema.nullable(),
  enteredAt: instantSchema,
  endedAt: instantSchema.nullable(),
  reason: z.enum(RUN_REASONS).nullable().describe('Why it ended, or why its path did'),
  goalAt: instantSchema.nullable(),
  path: z.array(
    z.strictObject({
      step: z.string(),
      at: instantSchema,
      message: z
        .strictObject({
          id: idSchema('msg'),
          status: z.enum(MESSAGE_STATUSES),
          refusedBy: z.string().nullable().describe('The rule that refused it, like `paused`'),
          reason: z.string().nullable(),
        })
        .nullable()
        .describe(
          'What became of what the step sent; a message that was refused is not sent later. Null: it sends none',
        ),
    }),
  ),
});
export type PresentedRun = z.infer<typeof journeyRunSchema>;

const runsQuery = pageQuerySchema.extend({
  state: z.enum(RUN_STATES, { error: `give one of ${RUN_STATES.join(', ')}` }).optional(),
});

export const journeyEndpoints = {
  createJourney: defineEndpoint({
    method: 'POST',
    path: '/api/v1/journeys',
    scope: 'journeys:write',
    tag: 'Journeys',
    summary: 'Keep a journey as a draft: it starts nothing until it is published',
    body: createJourneySchema,
    status: 201,
    answer: journeyWithCountsSchema,
  }),
  listJourneys: defineEndpoint({
    method: 'GET',
    path: '/api/v1/journeys',
    scope: 'journeys:read',
    tag: 'Journeys',
    summary: 'List journeys, newest first',
    query: pageQuerySchema,
    answer: pageOf(journeySchema),
  }),
  getJourney: defineEndpoint({
    method: 'GET',
    path: '/api/v1/journeys/{id}',
    scope: 'journeys:read',
    tag: 'Journeys',
    summary: 'Read a journey with its counts and what keeps its draft from being published',
    answer: journeyWithCountsSchema,
  }),
  updateJourney: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/journeys/{id}',
    scope: 'journeys:write',
    tag: 'Journeys',
    summary: 'Change the name or the draft of a journey',
    description: 'Runs and the published version stay as they are.',
    body: updateJourneySchema,
    answer: journeyWithCountsSchema,
  }),
  publishJourney: defineEndpoint({
    method: 'POST',
    path: '/api/v1/journeys/{id}/publish',
    scope: 'journeys:write',
    tag: 'Journeys',
    summary: 'Make the draft the version that runs start on',
    description: 'Runs under way stay on theirs. An unchanged draft makes no new version.',
    answer: journeyWithCountsSchema,
  }),
  pauseJourney: defineEndpoint({
    method: 'POST',
    path: '/api/v1/journeys/{id}/pause',
    scope: 'journeys:write',
    tag: 'Journeys',
    summary: 'Pause a journey: nobody enters and nothing is sent, while goals and exits still stop runs',
    answer: journeyWithCountsSchema,
  }),
  resumeJourney: defineEndpoint({
    method: 'POST',
    path: '/api/v1/journeys/{id}/resume',
    scope: 'journeys:write',
    tag: 'Journeys',
    summary: 'Resume a paused journey where it stood',
    answer: journeyWithCountsSchema,
  }),
  archiveJourney: defineEndpoint({
    method: 'POST',
    path: '/api/v1/journeys/{id}/archive',
    scope: 'journeys:write',
    tag: 'Journeys',
    summary: 'Archive a journey: ends every run, for good',
    answer: journeyWithCountsSchema,
  }),
  listJourneyRuns: defineEndpoint({
    method: 'GET',
    path: '/api/v1/journeys/{id}/runs',
    scope: 'journeys:read',
    tag: 'Journeys',
    summary: 'List the runs of a journey, newest first',
    query: runsQuery,
    answer: pageOf(journeyRunSchema),
  }),
  listProfileRuns: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/runs',
    scope: 'journeys:read',
    tag: 'Profiles',
    summary: 'List the runs of a profile, newest first',
    query: runsQuery,
    answer: pageOf(journeyRunSchema),
  }),
} as const;
