import { z } from 'zod';

import { wellFormedText } from './segment-condition.ts';

/** The channels a message can go by. */
export const channelSchema = z.enum(
  ['email', 'sms', 'whatsapp', 'messenger', 'instagram', 'telegram', 'web_chat', 'onsite', 'web_push', 'push', 'voice'],
  {
    error:
      'give a channel: email, sms, whatsapp, messenger, instagram, telegram, web_chat, onsite, web_push, push or voice',
  },
);
export type Channel = z.infer<typeof channelSchema>;

/** What a message is about: a short lower-case name like `marketing`. */
export const topicSchema = z
  .string({ error: 'give a topic, like "marketing"' })
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, { error: 'write a topic in lower case, like "marketing" or "price_alerts"' });

/** Body of `POST /api/v1/profiles/{id}/consents`: what a customer said, with what proves it. */
export const recordConsentSchema = z.strictObject({
  channel: channelSchema,
  topic: topicSchema,
  status: z.enum(['granted', 'denied'], { error: 'give "granted" or "denied"' }),
  source: z
    .string({ error: 'say where the customer said so, like "checkout"' })
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, { error: 'write the source in lower case, like "checkout" or "store_till"' }),
  occurredAt: z.iso.datetime({ offset: true, error: 'give an ISO 8601 time, like "2026-11-22T10:00:00Z"' }).optional(),
  text: wellFormedText('give the wording the customer saw').optional(),
  url: z
    .url({ protocol: /^https?$/, error: 'give the http(s) address of the page' })
    .max(2000)
    .optional(),
  ip: z.union([z.ipv4(), z.ipv6()], { error: 'give an IPv4 or IPv6 address' }).optional(),
});
export type RecordConsentBody = z.infer<typeof recordConsentSchema>;

const address = z.string({ error: 'give the address' }).min(1).max(512);
const suppressionReason = z.enum(['hard_bounce', 'complaint', 'unsubscribe_all', 'manual'], {
  error: 'give hard_bounce, complaint, unsubscribe_all or manual',
});

/** Body of `POST /api/v1/suppressions`. */
export const suppressAddressSchema = z.strictObject({
  channel: channelSchema,
  address,
  reason: suppressionReason.default('manual'),
});
export type SuppressAddressBody = z.infer<typeof suppressAddressSchema>;

/** Body of `DELETE /api/v1/suppressions`; without a reason every reason is lifted. */
export const liftSuppressionSchema = z.strictObject({
  channel: channelSchema,
  address,
  reason: suppressionReason.optional(),
});
export type LiftSuppressionBody = z.infer<typeof liftSuppressionSchema>;
