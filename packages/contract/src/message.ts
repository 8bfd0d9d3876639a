import { z } from 'zod';

import { topicSchema } from './consent.ts';
import { promotedProductsSchema } from './promoted.ts';

/** `queued` and `sending` are on their way; the others are ends. */
export const MESSAGE_STATUSES = ['queued', 'sending', 'sent', 'refused', 'failed', 'unknown'] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

const VARIABLES_CHARS_MAX = 32_000;

/** A caller's own name for one wish to send: the same key is the same wish. */
export const idempotencyKeySchema = z
  .string({ error: 'give an idempotency key, in the body or as the Idempotency-Key header' })
  .regex(/^[\x21-\x7e]{1,200}$/, { error: 'use 1 to 200 printable ASCII characters without spaces' });

/** Body of `POST /api/v1/messages`. */
export const sendMessageSchema = z.strictObject({
  profileId: z.string({ error: 'give the profile, like "prf_…"' }),
  templateId: z.string({ error: 'give the template, like "tpl_…"' }),
  channel: z.literal('email', { error: 'messages go by the channel "email"' }).default('email'),
  topic: topicSchema,
  /** What the template may show beside the profile's traits. */
  variables: z
    .record(z.string(), z.json())
    .refine((variables) => JSON.stringify(variables).length <= VARIABLES_CHARS_MAX, {
      error: `use at most ${VARIABLES_CHARS_MAX} characters`,
    })
    .default({}),
  /** What it invites to buy: shown by the template as `products`, and asked about at the gate. */
  products: promotedProductsSchema.default([]),
  idempotencyKey: idempotencyKeySchema.optional(),
});
export type SendMessageBody = z.infer<typeof sendMessageSchema>;

const DAY_MS = 24 * 3_600_000;
export const CAP_WINDOW_DAYS_MAX = 90;

const limitSchema = z.strictObject({
  limit: z.int({ error: 'give how many messages may go, 0 for none' }).min(0).max(10_000),
  windowMs: z
    .int({ error: 'give the length of the window in milliseconds' })
    .min(1_000)
    .max(CAP_WINDOW_DAYS_MAX * DAY_MS),
});

/**
 * Body of `PUT /api/v1/send-policy`: at most `limit` marketing messages in any window of `windowMs`. `cap` counts per
 * channel; `lessOften` counts all channels, for customers who asked for less, and stays when it is left out.
 */
export const updateSendPolicySchema = z.strictObject({ cap: limitSchema, lessOften: limitSchema.optional() });
export type UpdateSendPolicyBody = z.infer<typeof updateSendPolicySchema>;
