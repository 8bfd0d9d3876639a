import { z } from 'zod';

import { defineEndpoint, instantSchema } from '../endpoint.ts';

/** Why a message would be refused, in the order in which the policy gate looks. */
export const UNREACHABLE_REASONS = [
  'no_sender',
  'restricted',
  'no_address',
  'suppressed:complaint',
  'suppressed:hard_bounce',
  'suppressed:unsubscribe_all',
  'suppressed:manual',
  'denied',
  'unconfirmed',
  'not_opted_in',
  'objected',
  'paused',
] as const;
export type UnreachableReason = (typeof UNREACHABLE_REASONS)[number];

/** Whether a message would go out, and if not why: the first thing in its way. */
export const reachSchema = z
  .strictObject({
    isReachable: z.boolean(),
    reason: z.enum(UNREACHABLE_REASONS).nullable().describe('Null: she is reachable'),
    sentence: z.string(),
  })
  .meta({ id: 'Reach' });
export type PresentedReach = z.infer<typeof reachSchema>;

const kindSchema = reachSchema.extend({
  topic: z.string().nullable().describe('The topic it is about: one that may be written about, else the suggested one'),
});

/** Where a customer can be reached, channel by channel. */
export const reachabilitySchema = z
  .strictObject({
    channels: z.array(
      z.strictObject({
        channel: z.string(),
        marketing: kindSchema.describe('Marketing that somebody sends: of the topic that reaches her best'),
        journeys: kindSchema.describe('Marketing that a journey chooses for her: not for who objects to profiling'),
        transactional: kindSchema.describe('What concerns her orders and her account'),
        topics: z.array(reachSchema.extend({ topic: z.string(), kind: z.enum(['marketing', 'transactional']) })),
      }),
    ),
    pausedUntil: instantSchema.nullable().describe('No marketing before this; null: not paused'),
  })
  .meta({ id: 'Reachability' });
export type PresentedReachability = z.infer<typeof reachabilitySchema>;

export const reachabilityEndpoints = {
  getReachability: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/reachability',
    scope: 'consent:read',
    tag: 'Consent',
    summary: 'Read on which channels a customer can be reached, and why not on the others',
    description:
      'As the policy gate would decide now, for the address messages go to. How many messages went out lately is judged at the moment of sending.',
    answer: reachabilitySchema,
  }),
} as const;
