import { z } from 'zod';

import { defineEndpoint } from '../endpoint.ts';
import { durationSchema } from '../segment-condition.ts';
import { eventFiltersSchema, oneEventSchema } from '../segment-event-leaf.ts';

const DAY_MS = 86_400_000;

/**
 * How lifecycle stages are told, all by event time. Never bought: `visitor`, or `lead` once there is a way to write to
 * her. Bought: `lapsed` when the newest order is at least `lapsedAfter` old, `at_risk` when at least `atRiskAfter`; else
 * `won_back` when that order came after she had lapsed and is younger than `wonBackFor`, `loyal` from `loyalOrders`
 * orders within `loyalWithin` on, `first_time` with one order ever, `active` otherwise.
 */
export const lifecycleSettingsSchema = z
  .strictObject({
    order: z
      .strictObject({ event: oneEventSchema, where: eventFiltersSchema.exactOptional() })
      .describe('The event that is an order; at first "Order Completed"'),
    atRiskAfter: durationSchema,
    lapsedAfter: durationSchema,
    wonBackFor: durationSchema,
    loyalOrders: z
      .int({ error: 'give a whole number of orders' })
      .min(2, { error: 'give at least 2: one order is "first_time"' })
      .max(1000, { error: 'give at most 1000' }),
    loyalWithin: durationSchema,
  })
  .refine(({ atRiskAfter, lapsedAfter }) => lengthMs(atRiskAfter) < lengthMs(lapsedAfter), {
    error: 'nobody is ever at risk: set "atRiskAfter" shorter than "lapsedAfter"',
    path: ['atRiskAfter'],
  })
  .meta({ id: 'LifecycleSettings' });
export type LifecycleSettings = z.infer<typeof lifecycleSettingsSchema>;

function lengthMs({ days = 0, hours = 0, minutes = 0, seconds = 0 }: z.infer<typeof durationSchema>): number {
  return days * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

export const lifecycleEndpoints = {
  getLifecycle: defineEndpoint({
    method: 'GET',
    path: '/api/v1/lifecycle',
    scope: 'segments:read',
    tag: 'Segments',
    summary: 'Read how lifecycle stages are told',
    answer: lifecycleSettingsSchema,
  }),
  updateLifecycle: defineEndpoint({
    method: 'PUT',
    path: '/api/v1/lifecycle',
    scope: 'segments:write',
    tag: 'Segments',
    summary: 'Say how lifecycle stages are told',
    description:
      'Replaces all of it. Stages are told anew over the whole history. The first time switches them on: profiles then have the trait `lifecycle_stage`, and `Lifecycle Stage Entered` is told of whoever enters another one from then on.',
    body: lifecycleSettingsSchema,
    answer: lifecycleSettingsSchema,
  }),
} as const;
