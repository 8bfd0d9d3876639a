import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, jsonSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

const EVENT_TYPES = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const;
const eventTypeSchema = z.enum(EVENT_TYPES, { error: `give one of ${EVENT_TYPES.join(', ')}` });
const eventName = z.string().max(512, { error: 'use at most 512 characters' });
const sourceId = z.string().max(100).describe('`src_…`');
const instant = z.iso.datetime({ offset: true, error: 'give an instant like 2026-11-22T09:00:00Z' });
const count = z.int().nonnegative();

/** Something intake refused: one item, or a whole request. */
export const rejectedEventSchema = z.strictObject({
  id: idSchema('rej'),
  sourceId: idSchema('src').nullable(),
  at: instantSchema,
  type: z.string().describe('`request` when the request as a whole was refused'),
  name: z.string(),
  field: z.string().describe('Path of the field at fault within the item, "" for all of it'),
  reason: z.string().describe('What is wrong and what to do about it'),
  sizeBytes: count.describe('Of the item as it was kept'),
});
export type RejectedEvent = z.infer<typeof rejectedEventSchema>;

export const rejectedCountSchema = z.strictObject({
  sourceId: idSchema('src').nullable(),
  type: z.string(),
  field: z.string(),
  reason: z.string(),
  count,
  lastAt: instantSchema,
});
export type RejectedCount = z.infer<typeof rejectedCountSchema>;

const rejectedFilter = {
  sourceId: sourceId.optional(),
  reason: z.string().max(300).optional(),
  field: z.string().max(300).optional(),
};

export const HEALTH_STATUSES = ['waiting', 'receiving', 'silent', 'failing', 'disabled'] as const;

/** How regularly something comes, as its own past says. */
export const rhythmSchema = z.strictObject({
  activeHours: count.describe('Hours with at least one event in the last 28 days'),
  usualGapHours: z.number().nullable().describe('Median hours from one to the next; null while too few are known'),
  silentAfterHours: z.number().nullable().describe('Quiet for longer is more than its rhythm explains'),
});
export type RhythmAnswer = z.infer<typeof rhythmSchema>;

export const sourceHealthSchema = z.strictObject({
  sourceId: idSchema('src'),
  status: z.enum(HEALTH_STATUSES),
  reason: z.string().describe('Why it is said to be so, and what to do'),
  firstEventAt: instantSchema.nullable(),
  lastEventAt: instantSchema.nullable(),
  events: count.describe('Taken in since it is observed, test events aside'),
  rejectedLastHour: count,
  rejectedLastDay: count,
  deadLetters: count,
  drifts: count.describe('Changes of its events nobody has acknowledged'),
  rhythm: rhythmSchema,
});
export type SourceHealth = z.infer<typeof sourceHealthSchema>;

/** One kind of event of a source: what came, and since when. */
export const observedEventSchema = z.strictObject({
  type: z.string(),
  name: z.string(),
  firstSeenAt: instantSchema,
  lastSeenAt: instantSchema,
  count,
  fields: count,
});
export type ObservedEvent = z.infer<typeof observedEventSchema>;

export const observedFieldSchema = z.strictObject({
  path: z.string().describe('`properties.products[].price`'),
  types: z.array(z.strictObject({ type: z.string(), firstSeenAt: instantSchema, lastSeenAt: instantSchema, count })),
});
export const observedSchemaSchema = observedEventSchema.omit({ fields: true }).extend({
  fields: z.array(observedFieldSchema),
  isCut: z.boolean().describe('It has more fields than are kept'),
});
export type ObservedSchema = z.infer<typeof observedSchemaSchema>;

export const DRIFT_KINDS = ['new_field', 'new_type', 'vanished_field'] as const;

/** A change in what a kind of event carries. */
export const driftSchema = z.strictObject({
  id: idSchema('drf'),
  sourceId: idSchema('src').nullable(),
  type: z.string(),
  name: z.string(),
  kind: z.enum(DRIFT_KINDS),
  path: z.string(),
  jsonType: z.string().nullable().describe('The type that is new'),
  noticedAt: instantSchema.describe('When it was noticed last: a change may end and come back'),
  endedAt: instantSchema.nullable().describe('When a vanished field was back'),
  acknowledgedAt: instantSchema.nullable(),
});
export type Drift = z.infer<typeof driftSchema>;

export const eventCountSchema = z.strictObject({ from: instantSchema, type: z.string(), name: z.string(), count });
export type EventCountItem = z.infer<typeof eventCountSchema>;

/** What comes in right now: an event taken, or one refused with the reason. */
export const liveItemSchema = z.strictObject({
  id: z.string(),
  outcome: z.enum(['accepted', 'rejected']),
  sourceId: idSchema('src').nullable(),
  type: z.string(),
  name: z.string(),
  receivedAt: instantSchema,
  isTest: z.boolean(),
  field: z.string().nullable(),
  reason: z.string().nullable(),
  properties: z.record(z.string(), jsonSchema).describe('Personal values stay sealed'),
  traits: z.record(z.string(), jsonSchema),
});
export type LiveItem = z.infer<typeof liveItemSchema>;

export const TEST_STEPS = ['accepted', 'processed', 'profile', 'archived'] as const;

/** What became of a test event, step by step. */
export const testEventSchema = z.strictObject({
  id: idSchema('tst'),
  sourceId: idSchema('src'),
  sentAt: instantSchema,
  messageId: z.string().nullable(),
  steps: z.array(
    z.strictObject({
      step: z.enum(TEST_STEPS),
      state: z.enum(['done', 'waiting', 'failed', 'skipped']),
      note: z.string(),
    }),
  ),
  profileId: idSchema('prf').nullable(),
});
export type TestEvent = z.infer<typeof testEventSchema>;

export const sourceHealthEndpoints = {
  getSourceHealth: defineEndpoint({
    method: 'GET',
    path: '/api/v1/sources/{id}/health',
    scope: 'sources:read',
    tag: 'Sources',
    summary: 'Read whether a source delivers, since when, and what is wrong',
    description: 'Cheap enough to ask every second while waiting for the first event.',
    answer: sourceHealthSchema,
  }),
  listRejectedEvents: defineEndpoint({
    method: 'GET',
    path: '/api/v1/rejected-events',
    scope: 'sources:read',
    tag: 'Sources',
    summary: 'List what intake refused, newest first',
    description: 'A sample of at most 60 a minute and source, kept for 7 days; the counts are of all.',
    query: pageQuerySchema.extend(rejectedFilter),
    answer: pageOf(rejectedEventSchema),
  }),
  countRejectedEvents: defineEndpoint({
    method: 'GET',
    path: '/api/v1/rejected-event-counts',
    scope: 'sources:read',
    tag: 'Sources',
    summary: 'Count what intake refused in the last 7 days, by source, reason and field, most first',
    query: z.strictObject({ sourceId: sourceId.optional(), since: instant.optional() }),
    answer: pageOf(rejectedCountSchema),
  }),
  getRejectedEvent: defineEndpoint({
    method: 'GET',
    path: '/api/v1/rejected-events/{id}',
    scope: 'sources:read',
    tag: 'Sources',
    summary: 'Read a refused event with what was sent',
    description: 'What was sent may be personal: it is shown only to callers with `profiles:read`, else null.',
    answer: rejectedEventSchema.extend({
      item: z.string().nullable().describe('JSON as it was sent, cut after 8,192 characters'),
      isCut: z.boolean(),
    }),
  }),
  listObservedEvents: defineEndpoint({
    method: 'GET',
    path: '/api/v1/sources/{id}/events',
    scope: 'sources:read',
    tag: 'Sources',
    summary: 'List the kinds of events a source sends, by type and name',
    query: pageQuerySchema,
    answer: pageOf(observedEventSchema),
  }),
  getObservedSchema: defineEndpoint({
    method: 'GET',
    path: '/api/v1/sources/{id}/event-schema',
    scope: 'sources:read',
    tag: 'Sources',
    summary: 'Read the fields one kind of event was seen with',
    description: 'Properties and traits to the depth of 4. Personal fields are sealed before they are observed.',
    query: z.strictObject({ type: eventTypeSchema, name: eventName.default('') }),
    answer: observedSchemaSchema,
  }),
  countSourceEvents: defineEndpoint({
    method: 'GET',
    path: '/api/v1/sources/{id}/event-counts',
    scope: 'sources:read',
    tag: 'Sources',
    summary: 'Count the events of a source by hour or day, type and name, oldest first; test events are not counted',
    query: z.strictObject({
      unit: z.enum(['hour', 'day'], { error: 'give hour or day' }).default('day'),
      from: instant.optional().describe('Default: a day or 28 days before `to`'),
      to: instant.optional().describe('Default: now'),
      name: eventName.optional(),
    }),
    answer: pageOf(eventCountSchema),
  }),
  listDrifts: defineEndpoint({
    method: 'GET',
    path: '/api/v1/event-drifts',
    scope: 'sources:read',
    tag: 'Sources',
    summary: 'List changes in what events carry, those first noticed last first',
    query: pageQuerySchema.extend({
      sourceId: sourceId.optional(),
      acknowledged: z.enum(['true', 'false'], { error: 'give true or false' }).optional(),
    }),
    answer: pageOf(driftSchema),
  }),
  acknowledgeDrift: defineEndpoint({
    method: 'POST',
    path: '/api/v1/event-drifts/{id}/acknowledge',
    scope: 'sources:write',
    tag: 'Sources',
    summary: 'Say that a change is known; a repeat changes nothing',
    answer: driftSchema,
  }),
  streamLiveEvents: defineEndpoint({
    method: 'GET',
    path: '/api/v1/events/live',
    scope: 'events:read',
    tag: 'Events',
    summary: 'Follow what comes in right now, refused events included',
    description:
      'Server-sent events named `events` (a list, oldest first) and `skipped` (how many accepted ones were too many to show).',
    query: z.strictObject({
      sourceId: sourceId.optional(),
      type: z.string().max(20).optional(),
      name: eventName.optional(),
      outcome: z.enum(['accepted', 'rejected'], { error: 'give accepted or rejected' }).optional(),
    }),
    stream: z.array(liveItemSchema),
  }),
  sendTestEvent: defineEndpoint({
    method: 'POST',
    path: '/api/v1/sources/{id}/test-events',
    scope: 'events:write',
    tag: 'Sources',
    summary: 'Send one event through intake and follow what becomes of it',
    description:
      'It takes the way of every event and acts like one, messages included: use a customer of your own. It carries `context.test: true` and is left out of counts, schemas, health and reports.',
    body: z.record(z.string(), jsonSchema, { error: 'send one event as a JSON object' }),
    status: 201,
    answer: testEventSchema,
  }),
  getTestEvent: defineEndpoint({
    method: 'GET',
    path: '/api/v1/test-events/{id}',
    scope: 'sources:read',
    tag: 'Sources',
    summary: 'Read how far a test event has come',
    answer: testEventSchema,
  }),
} as const;
