import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf } from '../endpoint.ts';
import { rhythmSchema } from './source-health.ts';

export const TOUCHPOINT_STATES = ['tracked', 'silent', 'broken', 'absent'] as const;

/** A place where shop and customer meet, and whether its events arrive as they should. */
export const touchpointSchema = z.strictObject({
  key: z.string().describe('`product_page`'),
  label: z.string(),
  area: z.string().describe('`browse`, `buy`, `account`, `message` …'),
  state: z.enum(TOUCHPOINT_STATES),
  reason: z.string(),
  events: z.array(z.strictObject({ type: z.string(), name: z.string() })).describe('What stands for it: one is enough'),
  evidence: z.array(
    z.strictObject({
      sourceId: idSchema('src').nullable().describe('Null for what Segue itself emits'),
      type: z.string(),
      name: z.string(),
      lastSeenAt: instantSchema,
      count: z.int().describe('In the last 28 days'),
      rhythm: rhythmSchema,
    }),
  ),
  faults: z.array(
    z.strictObject({
      sourceId: idSchema('src').nullable(),
      name: z.string(),
      field: z.string(),
      remedy: z.string(),
    }),
  ),
});
export type Touchpoint = z.infer<typeof touchpointSchema>;

export const touchpointEndpoints = {
  listTouchpoints: defineEndpoint({
    method: 'GET',
    path: '/api/v1/touchpoints',
    scope: 'sources:read',
    tag: 'Sources',
    summary: 'List the touchpoints of a shop: which are tracked, silent, broken or absent, with the evidence',
    description: 'All of them at once: there are a few dozen.',
    answer: pageOf(touchpointSchema),
  }),
} as const;
