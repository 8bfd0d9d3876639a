import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, jsonSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

const jsonObject = z.record(z.string(), jsonSchema);

/** An event as the live feed shows it; personal values stay sealed. */
export const feedItemSchema = z.strictObject({
  id: z.string().describe('Of one event always the same'),
  type: z.string(),
  name: z.string(),
  occurredAt: instantSchema,
  receivedAt: instantSchema,
  profileId: idSchema('prf').nullable().describe('Null until it is known whose event it is'),
  via: z.string().nullable().describe('The kind of identifier it came in under'),
  properties: jsonObject,
});
export type FeedItem = z.infer<typeof feedItemSchema>;

/** An event on the timeline of one profile; personal values are shown while their keys exist. */
export const timelineItemSchema = z.strictObject({
  id: z.string().describe('The message id its sender gave it'),
  type: z.string(),
  name: z.string(),
  occurredAt: instantSchema,
  receivedAt: instantSchema,
  properties: jsonObject,
  traits: jsonObject,
  context: jsonObject,
});
export type TimelineItem = z.infer<typeof timelineItemSchema>;

export const eventEndpoints = {
  listProfileTimeline: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/timeline',
    scope: 'profiles:read',
    tag: 'Profiles',
    summary: 'Read what happened to a profile, newest first',
    query: pageQuerySchema,
    answer: pageOf(timelineItemSchema),
  }),
  listRecentEvents: defineEndpoint({
    method: 'GET',
    path: '/api/v1/events/recent',
    scope: 'events:read',
    tag: 'Events',
    summary: 'Read the newest events of the workspace, newest first',
    description: 'Events before these are found on the timelines of their profiles: there is no next page.',
    query: pageQuerySchema.pick({ limit: true }),
    answer: pageOf(feedItemSchema),
  }),
  streamEvents: defineEndpoint({
    method: 'GET',
    path: '/api/v1/stream',
    scope: 'events:read',
    tag: 'Events',
    summary: 'Follow events as they are taken in',
    description: 'Server-sent events named `events`; the data of each is a list of new events, oldest first.',
    stream: z.array(feedItemSchema),
  }),
} as const;
