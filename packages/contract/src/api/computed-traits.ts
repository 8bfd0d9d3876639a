import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { computedTraitRuleSchema } from '../segment-event-leaf.ts';

export const COMPUTED_TRAIT_STATUSES = ['filling', 'live', 'archived'] as const;
export type ComputedTraitStatus = (typeof COMPUTED_TRAIT_STATUSES)[number];
const NAME_REMEDY = 'name it in lower case, like "orders_total": a letter, then at most 59 letters, digits and "_"';

/** What rules, templates and journeys call it. */
export const computedTraitNameSchema = z
  .string({ error: NAME_REMEDY })
  .regex(/^[a-z][a-z0-9_]{0,59}$/, { error: NAME_REMEDY });

/** Body of `POST /api/v1/computed-traits`. */
export const createComputedTraitSchema = z.strictObject({
  name: computedTraitNameSchema,
  rule: computedTraitRuleSchema,
});
export type CreateComputedTraitBody = z.output<typeof createComputedTraitSchema>;

export const computedTraitSchema = z
  .strictObject({
    id: idSchema('ctr'),
    name: z.string(),
    rule: computedTraitRuleSchema,
    description: z.string().describe('What it is, as a sentence'),
    status: z.enum(COMPUTED_TRAIT_STATUSES).describe('filling while history is counted, then live'),
    usedBy: z
      .array(z.strictObject({ id: idSchema('seg'), name: z.string() }))
      .describe('Segments whose rules ask for it: it cannot be archived while there are any'),
    createdAt: instantSchema,
  })
  .meta({ id: 'ComputedTrait' });
export type ComputedTrait = z.infer<typeof computedTraitSchema>;

export const computedTraitEndpoints = {
  createComputedTrait: defineEndpoint({
    method: 'POST',
    path: '/api/v1/computed-traits',
    scope: 'segments:write',
    tag: 'Segments',
    summary: 'Define a trait that follows from events',
    description:
      'Rules, templates and journeys read it by its name. It counts live at once; what came before is counted from history until its status is `live`.',
    body: createComputedTraitSchema,
    status: 201,
    answer: computedTraitSchema,
  }),
  listComputedTraits: defineEndpoint({
    method: 'GET',
    path: '/api/v1/computed-traits',
    scope: 'segments:read',
    tag: 'Segments',
    summary: 'List computed traits, newest first',
    query: pageQuerySchema,
    answer: pageOf(computedTraitSchema),
  }),
  getComputedTrait: defineEndpoint({
    method: 'GET',
    path: '/api/v1/computed-traits/{id}',
    scope: 'segments:read',
    tag: 'Segments',
    summary: 'Read a computed trait',
    answer: computedTraitSchema,
  }),
  updateComputedTrait: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/computed-traits/{id}',
    scope: 'segments:write',
    tag: 'Segments',
    summary: 'Change what a computed trait comes from',
    description: 'It is counted anew over the whole history. Its name stays: rules and templates say it.',
    body: z.strictObject({ rule: computedTraitRuleSchema }),
    answer: computedTraitSchema,
  }),
  archiveComputedTrait: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/computed-traits/{id}',
    scope: 'segments:write',
    tag: 'Segments',
    summary: 'Archive a computed trait: its name is free',
    description: 'Refused with 409 while rules of segments ask for it; the answer names them.',
    status: 204,
  }),
} as const;
