import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { segmentRuleSchema } from '../segment-rule.ts';

export const SEGMENT_STATUSES = ['filling', 'sweeping', 'live', 'archived'] as const;
export type SegmentStatus = (typeof SEGMENT_STATUSES)[number];

/** Why a profile is in a segment. `already_in`: it was when the segment was defined, and nobody was told. */
export const MEMBER_CAUSES = ['event', 'time', 'already_in', 'rule_changed', 'merged', 'list'] as const;
export type MemberCause = (typeof MEMBER_CAUSES)[number];
export const PREVIEW_SAMPLE_MAX = 10;

/** A name people give to what they define. */
export function givenNameSchema(remedy: string) {
  return z
    .string({ error: remedy })
    .trim()
    .min(1, { error: remedy })
    .max(200, { error: 'use at most 200 characters' })
    .refine((text) => !/[\p{Surrogate}\0]/u.test(text), { error: 'remove the character that is not text' });
}

const name = givenNameSchema('name the segment');

/** Body of `POST /api/v1/segments`. */
export const createSegmentSchema = z.strictObject({ name, rule: segmentRuleSchema });

/** Body of `PATCH /api/v1/segments/{id}`: what is left out stays. */
export const updateSegmentSchema = z
  .strictObject({ name: name.exactOptional(), rule: segmentRuleSchema.exactOptional() })
  .refine((change) => change.name !== undefined || change.rule !== undefined, { error: 'give "name" or "rule"' });
export type UpdateSegmentBody = z.output<typeof updateSegmentSchema>;

export const segmentSchema = z
  .strictObject({
    id: idSchema('seg'),
    name: z.string(),
    rule: segmentRuleSchema.describe('By which members are told now'),
    description: z.string().describe('The rule as a sentence'),
    status: z.enum(SEGMENT_STATUSES).describe('filling and sweeping while history is counted, then live'),
    members: z.int().describe('Grows until the segment is live'),
    change: z
      .strictObject({
        rule: segmentRuleSchema,
        description: z.string(),
        status: z
          .enum(['filling', 'sweeping'])
          .describe('filling while history is counted, sweeping while members change'),
      })
      .nullable()
      .describe('A new rule on its way; null: none is. Until history is counted for it the old one holds'),
    usedBy: z
      .array(z.strictObject({ id: idSchema('seg'), name: z.string() }))
      .describe('Segments whose rules ask for this one: it cannot be archived while there are any'),
    createdAt: instantSchema,
  })
  .meta({ id: 'Segment' });
export type Segment = z.infer<typeof segmentSchema>;

/** What a rule would come to. */
export const segmentPreviewSchema = z
  .strictObject({
    members: z.int().describe('How many profiles the rule holds for now; when not exact, the most likely number'),
    profiles: z.int().describe('How many profiles there are'),
    isExact: z.boolean().describe('Whether everybody was asked; else some, drawn from all'),
    low: z.int().describe('At least so many (95 of 100 samples); when exact, `members`'),
    high: z.int().describe('At most so many'),
    description: z.string().describe('The rule as a sentence'),
    sample: z.array(idSchema('prf')).describe(`Up to ${PREVIEW_SAMPLE_MAX} of them`),
  })
  .meta({ id: 'SegmentPreview' });
export type SegmentPreview = z.infer<typeof segmentPreviewSchema>;

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
  updateSegment: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/segments/{id}',
    scope: 'segments:write',
    tag: 'Segments',
    summary: 'Rename a segment or change its rule',
    description:
      'A changed rule is counted over the whole history first; until then `change` shows it and the old one holds. Then exactly those enter and leave for whom the two differ, and so do members of segments that refer to it.',
    body: updateSegmentSchema,
    answer: segmentSchema,
  }),
  previewSegment: defineEndpoint({
    method: 'POST',
    path: '/api/v1/segments/preview',
    scope: 'segments:read',
    tag: 'Segments',
    summary: 'See how many profiles a rule would hold for, and some of them',
    description: 'Asks the history once. It defines nothing and remembers nothing.',
    body: z.strictObject({ rule: segmentRuleSchema }),
    answer: segmentPreviewSchema,
    changesNothing: true,
  }),
  archiveSegment: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/segments/{id}',
    scope: 'segments:write',
    tag: 'Segments',
    summary: 'Archive a segment: it has no members any more and its name is free',
    description: 'Refused with 409 while rules of other segments ask for it; the answer names them.',
    status: 204,
  }),
  listSegmentMembers: defineEndpoint({
    method: 'GET',
    path: '/api/v1/segments/{id}/members',
    scope: 'segments:read',
    tag: 'Segments',
    summary: 'List the profiles of a segment',
    query: pageQuerySchema,
    answer: pageOf(
      z
        .strictObject({ profileId: idSchema('prf'), enteredAt: instantSchema, cause: z.enum(MEMBER_CAUSES) })
        .meta({ id: 'SegmentMember' }),
    ),
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
