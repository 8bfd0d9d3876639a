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

export const TOPIC_KINDS = ['marketing', 'transactional'] as const;

const topicName = z
  .string({ error: 'give the name customers read' })
  .trim()
  .min(1, { error: 'give the name customers read' })
  .max(100, { error: 'use at most 100 characters' });
const topicDescription = z
  .string({ error: 'say in a sentence what these messages are' })
  .trim()
  .max(300, { error: 'use at most 300 characters' });

const topicDefault = z.enum(['opt_in', 'opt_out'], {
  error: 'give "opt_in", or "opt_out" where the law lets you write until the customer says no',
});

/** Body of `POST /api/v1/topics`. */
export const createTopicSchema = z.strictObject({
  topic: topicSchema,
  name: topicName,
  description: topicDescription.nullable().default(null),
  kind: z.enum(TOPIC_KINDS, { error: 'give "marketing", or "transactional" for what needs no consent' }),
  default: topicDefault
    .optional()
    .describe(
      'What holds of who never said anything. Left out: `opt_in` for marketing; of a transactional topic leave it out',
    ),
  doubleOptIn: z.boolean({ error: 'give true or false' }).default(false),
  isDefault: z.boolean({ error: 'give true or false' }).default(false),
});
export type CreateTopicBody = z.infer<typeof createTopicSchema>;

/** Body of `PATCH /api/v1/topics/{topic}`: what is left out stays. */
export const updateTopicSchema = z.strictObject({
  name: topicName.optional(),
  description: topicDescription.nullable().optional(),
  default: topicDefault.optional(),
  doubleOptIn: z.boolean({ error: 'give true or false' }).optional(),
  isDefault: z.boolean({ error: 'give true or false' }).optional(),
});
export type UpdateTopicBody = z.infer<typeof updateTopicSchema>;

/** The name of a text customers agree to. */
export const wordingNameSchema = z
  .string({ error: 'give the name of the wording, like "checkout_box"' })
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, { error: 'write the name in lower case, like "checkout_box"' });

/** Body of `POST /api/v1/consent-wordings`. */
export const writeWordingSchema = z.strictObject({
  id: wordingNameSchema,
  language: z
    .string({ error: 'give the language of the text, like "en"' })
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, { error: 'give a language tag, like "en" or "de-AT"' }),
  text: z.string({ error: 'give the text customers agree to' }).trim().min(1).max(2_000),
});
export type WriteWordingBody = z.infer<typeof writeWordingSchema>;

/** Body of `POST /api/v1/profiles/{id}/rhythm`: what a customer wishes about when and how often; what is left out stays. */
export const setRhythmSchema = z
  .strictObject({
    frequency: z.enum(['usual', 'less_often'], { error: 'give "usual" or "less_often"' }).optional(),
    pausedUntil: z.iso
      .datetime({ offset: true, error: 'give an ISO 8601 time, like "2026-12-22T10:00:00Z", or null to end a pause' })
      .nullable()
      .optional(),
    source: z
      .string({ error: 'say where the customer said so, like "telephone"' })
      .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, { error: 'write the source in lower case, like "telephone"' }),
    text: wellFormedText('give what the customer said').optional(),
  })
  .refine((body) => body.frequency !== undefined || body.pausedUntil !== undefined, {
    error: 'give a frequency, an end of a pause, or both',
    path: ['frequency'],
  });
export type SetRhythmBody = z.infer<typeof setRhythmSchema>;

/** Body of `POST /api/v1/profiles/{id}/consents`: what a customer said, with what proves it. */
export const recordConsentSchema = z.strictObject({
  channel: channelSchema,
  topic: topicSchema,
  status: z.enum(['granted', 'denied'], { error: 'give "granted" or "denied"' }),
  source: z
    .string({ error: 'say where the customer said so, like "checkout"' })
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, { error: 'write the source in lower case, like "checkout" or "store_till"' }),
  occurredAt: z.iso
    .datetime({ offset: true, error: 'give an ISO 8601 time, like "2026-11-22T10:00:00Z"' })
    .optional()
    .describe('When she said so; left out: now. A later word of hers stands'),
  text: wellFormedText('give the wording the customer saw').optional(),
  url: z
    .url({ protocol: /^https?$/, error: 'give the http(s) address of the page' })
    .max(2000)
    .optional(),
  ip: z.union([z.ipv4(), z.ipv6()], { error: 'give an IPv4 or IPv6 address' }).optional(),
  wording: z
    .strictObject({ id: wordingNameSchema, version: z.int().min(1).optional() })
    .optional()
    .describe('Which wording she was shown: its text is kept as proof. Without a version the newest'),
  address: z
    .string({ error: 'give the address it was confirmed for' })
    .min(1)
    .max(512)
    .optional()
    .describe('With `isConfirmed`: the address it was confirmed for; left out: the only one she has on the channel'),
  isConfirmed: z
    .boolean({ error: 'give true or false' })
    .default(false)
    .describe('She has confirmed a yes by double opt-in already, where it was said: it permits that address only'),
  doubleOptIn: z
    .boolean({ error: 'give true or false' })
    .default(false)
    .describe('Ask her to confirm a yes, also when the topic does not'),
});
export type RecordConsentBody = z.infer<typeof recordConsentSchema>;

const address = z.string({ error: 'give the address' }).min(1).max(512);
/** Body of `POST /api/v1/profiles/{id}/preference-link`. */
export const createPreferenceLinkSchema = z.strictObject({
  channel: channelSchema.default('email').describe('The page is first of all about this one'),
  address: address.optional().describe('Which of her addresses; left out: the one messages on the channel go to'),
});

/** Why an address must not be used. */
export const suppressionReasonSchema = z.enum(['hard_bounce', 'complaint', 'unsubscribe_all', 'manual'], {
  error: 'give hard_bounce, complaint, unsubscribe_all or manual',
});

/** Body of `POST /api/v1/suppressions`. */
export const suppressAddressSchema = z.strictObject({
  channel: channelSchema,
  address,
  reason: suppressionReasonSchema.default('manual'),
});
export type SuppressAddressBody = z.infer<typeof suppressAddressSchema>;

/** Body of `DELETE /api/v1/suppressions`; without a reason every reason is lifted. */
export const liftSuppressionSchema = z.strictObject({
  channel: channelSchema,
  address,
  reason: suppressionReasonSchema.optional(),
});
export type LiftSuppressionBody = z.infer<typeof liftSuppressionSchema>;
