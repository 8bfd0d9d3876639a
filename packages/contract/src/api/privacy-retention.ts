import { z } from 'zod';

import { defineEndpoint, idSchema } from '../endpoint.ts';

const DAYS_MAX = 36_500;
const days = z
  .number({ error: `give whole days from 1 to ${DAYS_MAX}` })
  .int({ error: `give whole days from 1 to ${DAYS_MAX}` })
  .min(1, { error: `give whole days from 1 to ${DAYS_MAX}` })
  .max(DAYS_MAX, { error: `give whole days from 1 to ${DAYS_MAX}` });

/** What customers do may be forgotten; who they are is kept as long as they are. */
export const FORGETTABLE_TYPES = ['track', 'page', 'screen'] as const;

export const retentionRuleSchema = z
  .strictObject({
    type: z.enum(FORGETTABLE_TYPES, {
      error: 'give track, page or screen: identify, group and alias are kept as long as the profile, erase her instead',
    }),
    name: z
      .string({ error: 'give the name of the event, or a beginning and *' })
      .min(1, { error: 'give the name of the event, or * for all of the type' })
      .max(512, { error: 'use at most 512 characters' })
      .describe('`Product Viewed`, `Product *`, or `*` for all of the type'),
    keepDays: days.describe('Older events are removed from the history'),
  })
  .meta({ id: 'RetentionRule' });
export type RetentionRule = z.infer<typeof retentionRuleSchema>;

const retention = {
  rules: z
    .array(retentionRuleSchema)
    .max(100, { error: 'use at most 100 rules' })
    .describe('The first that fits an event decides; what none fits is kept for ever'),
  exportDays: days.describe('How long the files of exports are kept'),
};

/** How long the history keeps events, and what that takes from segments. */
export const retentionSchema = z
  .strictObject({
    ...retention,
    warnings: z
      .array(
        z.strictObject({
          segmentId: idSchema('seg'),
          segment: z.string(),
          event: z.string(),
          keepDays: z.number().int(),
          message: z.string(),
        }),
      )
      .describe('Segments that look back further than is kept'),
  })
  .meta({ id: 'Retention' });
export type Retention = z.infer<typeof retentionSchema>;

export const retentionEndpoints = {
  getRetention: defineEndpoint({
    method: 'GET',
    path: '/api/v1/privacy/retention',
    scope: 'privacy:read',
    tag: 'Privacy',
    summary: 'Read how long events are kept',
    answer: retentionSchema,
  }),
  setRetention: defineEndpoint({
    method: 'PUT',
    path: '/api/v1/privacy/retention',
    scope: 'workspace:write',
    tag: 'Privacy',
    summary: 'Say how long events are kept',
    description:
      'By event time; removed within a few hours and for good. What is counted already stays counted; a segment that is made or counted anew afterwards sees only what is kept: `warnings` names those that look back further.',
    body: z.strictObject({ rules: retention.rules, exportDays: retention.exportDays.default(30) }),
    answer: retentionSchema,
  }),
} as const;
