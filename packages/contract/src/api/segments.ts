import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { segmentRuleSchema } from '../segment-rule.ts';

export const SEGMENT_STATUSES = ['filling', 'sweeping', 'live', 'archived'] as const;
export type SegmentStatus = (typeof SEGMENT_STATUSES)[number];

/** Body of `POST /api/v1/segments`. */
export const createSegmentSchema = z.strictObject({
  name: z
    .string({ error: 'name the segment' })
    .trim()
    .min(1, { error: 'name the segment' })
    .max(200, { error: 'use at most 200 characters' })
    .refine((text) => !/[\p{Surrogate}\0]/u.test(text), { error: 'remove the character that is not text' }),
  rule: segmentRuleSchema,
});

export const segmentSchema = z.strictObject({
  id: idSchema('seg'),
  name: z.string(),
  rule: segmentRuleSchema,
  description: z.string().describe('The rule as a sentence'),
  status: z.enum(SEGMENT_STATUSES).describe('filling and sweeping while history is counted, then live'),
  members: z.int().describe('Grows until the segment is live'),
  createdAt: instantSchema,
});
export type Segment = z.infer<typeof segmentSchema>;

export const segmentEndpoints = {
  createSegment: defineEndpoint({
    method: 'POST',
    path: '/api/v1/segments',
    scope: 'segments:write',
    tag: 'Segments',
    summary: 'Define a segment',
    description: 'It counts live at once; what came before is counted from history until its status is `live`.',
    body: createSegmentSchema,
    status: 201,
    answer: segmentSchema,
  }),
  listSegments: defineEndpoint({
    method: 'GET',
    path: '/api/v1/segments',
    scope: 'segments:read',
    tag: 'Segments',
    summary: 'List segments, newest first',
    query: pageQuerySchema,
    answer: pageOf(segmentSchema),
  }),
  getSegment: defineEndpoint({
    method: 'GET',
    path: '/api/v1/segments/{id}',
    scope: 'segments:read',
    tag: 'Segments',
    summary: 'Read a segment',
    answer: segmentSchema,
  }),
  archiveSegment: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/segments/{id}',
    scope: 'segments:write',
    tag: 'Segments',
    summary: 'Archive a segment: it has no members any more and its name is free',
    status: 204,
  }),
  listSegmentMembers: defineEndpoint({
    method: 'GET',
    path: '/api/v1/segments/{id}/members',
    scope: 'segments:read',
    tag: 'Segments',
    summary: 'List the profiles of a segment',
    query: pageQuerySchema,
    answer: pageOf(z.strictObject({ profileId: idSchema('prf'), enteredAt: instantSchema })),
  }),
  listProfileSegments: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/segments',
    scope: 'profiles:read',
    tag: 'Profiles',
    summary: 'List the segments a profile is in, in the order they were made',
    query: pageQuerySchema,
    answer: pageOf(z.strictObject({ id: idSchema('seg'), name: z.string(), enteredAt: instantSchema })),
  }),
} as const;
