import { z } from 'zod';

import { topicSchema } from './consent.ts';
import { promotedProductsSchema } from './promoted.ts';
import { emailContentSchema } from './template.ts';

/** `queued` and `sending` are on their way; the others are ends. */
export const MESSAGE_STATUSES = ['queued', 'sending', 'sent', 'refused', 'failed', 'unknown'] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

const VARIABLES_CHARS_MAX = 32_000;

/** A caller's own name for one wish to send: the same key is the same wish. */
export const idempotencyKeySchema = z
  .string({ error: 'give an idempotency key, in the body or as the Idempotency-Key header' })
  .regex(/^[\x21-\x7e]{1,200}$/, { error: 'use 1 to 200 printable ASCII characters without spaces' });

const givenInstant = z.iso.datetime({ offset: true, error: 'give an instant, like "2026-12-24T18:00:00Z"' });

const sendMessageShape = {
  profileId: z.string({ error: 'give the profile, like "prf_…"' }).optional(),
  /** An address instead of a profile; it goes to this one and to no other. One that nobody had yet becomes a profile. */
  to: z.strictObject({ email: z.email({ error: 'give an email address' }) }).optional(),
  templateId: z.string({ error: 'give the template, like "tpl_…"' }).optional(),
  /** What it says, instead of a template. */
  content: emailContentSchema.optional(),
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
  /** 9 matters most: who gets the last place under a cap. */
  priority: z
    .int({ error: 'give a whole number from 1 to 9' })
    .min(1, { error: 'give a whole number from 1 to 9' })
    .max(9, { error: 'give a whole number from 1 to 9' })
    .default(5),
  /** Not before then; at once when left out. */
  sendAt: givenInstant.optional(),
  /** After that it is of no use: what still waits is refused. */
  expiresAt: givenInstant.optional(),
  /** Whether opens and clicks are told; both when left out. */
  tracking: z.strictObject({ opens: z.boolean().default(true), clicks: z.boolean().default(true) }).optional(),
  /** What it is part of, in the shop's own words. */
  campaign: z
    .string({ error: 'give the name of the campaign' })
    .regex(/^\S(.{0,98}\S)?$/u, { error: 'use 1 to 100 characters, none of them a space at either end' })
    .optional(),
};

interface GivenMessage {
  readonly profileId?: string | undefined;
  readonly to?: object | undefined;
  readonly templateId?: string | undefined;
  readonly content?: object | undefined;
  readonly sendAt?: string | undefined;
  readonly expiresAt?: string | undefined;
}

const hasOneAddressee = ({ profileId, to }: GivenMessage): boolean => (profileId === undefined) !== (to === undefined);
const ONE_ADDRESSEE = { error: 'give either the profile, as "profileId", or an address, as "to"', path: ['profileId'] };
const hasOneContent = ({ templateId, content }: GivenMessage): boolean =>
  (templateId === undefined) !== (content === undefined);
const ONE_CONTENT = {
  error: 'give either a template, as "templateId", or what it says, as "content"',
  path: ['templateId'],
};
const expiresLater = ({ sendAt, expiresAt }: GivenMessage): boolean =>
  expiresAt === undefined || sendAt === undefined || Date.parse(expiresAt) > Date.parse(sendAt);
const EXPIRES_LATER = { error: 'give an instant after sendAt', path: ['expiresAt'] };

/** Body of `POST /api/v1/messages`. */
export const sendMessageSchema = z
  .strictObject({ ...sendMessageShape, idempotencyKey: idempotencyKeySchema.optional() })
  .refine(hasOneAddressee, ONE_ADDRESSEE)
  .refine(hasOneContent, ONE_CONTENT)
  .refine(expiresLater, EXPIRES_LATER);
export type SendMessageBody = z.infer<typeof sendMessageSchema>;

const BATCH_MOST = 100;

/** Body of `POST /api/v1/messages/batch`. */
export const sendBatchSchema = z.strictObject({
  messages: z
    .array(
      z
        .strictObject({ ...sendMessageShape, idempotencyKey: idempotencyKeySchema })
        .refine(hasOneAddressee, ONE_ADDRESSEE)
        .refine(hasOneContent, ONE_CONTENT)
        .refine(expiresLater, EXPIRES_LATER),
      { error: 'give the messages as a list' },
    )
    .min(1, { error: 'give at least one message' })
    .max(BATCH_MOST, { error: `give at most ${BATCH_MOST} messages` }),
});
export type SendBatchBody = z.infer<typeof sendBatchSchema>;

/** Body of `POST /api/v1/messages/explain`: a message as it would be sent. */
export const explainMessageSchema = z
  .strictObject(sendMessageShape)
  .refine(hasOneAddressee, ONE_ADDRESSEE)
  .refine(hasOneContent, ONE_CONTENT)
  .refine(expiresLater, EXPIRES_LATER);
export type ExplainMessageBody = z.infer<typeof explainMessageSchema>;

const DAY_MS = 24 * 3_600_000;
export const CAP_WINDOW_DAYS_MAX = 90;

const limitSchema = z.strictObject({
  limit: z.int({ error: 'give how many messages may go, 0 for none' }).min(0).max(10_000),
  windowMs: z
    .int({ error: 'give the length of the window in milliseconds' })
    .min(1_000)
    .max(CAP_WINDOW_DAYS_MAX * DAY_MS),
});

const scopedCapSchema = limitSchema.extend({
  channel: z
    .string()
    .regex(/^[a-z_]{1,30}$/, { error: 'give a channel, like "email"' })
    .optional(),
  topic: topicSchema.optional(),
});

const clockSchema = z
  .string({ error: 'give a time of day, like "21:00"' })
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'give a time of day, like "21:00"' });

export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

const quietWindowSchema = z.strictObject({
  from: clockSchema,
  /** The next day when it is before `from`; a whole day when it is the same. */
  to: clockSchema,
  /** The days it begins on; every day when left out. */
  days: z
    .array(z.enum(WEEKDAYS, { error: `give one of ${WEEKDAYS.join(', ')}` }))
    .min(1, { error: 'give at least one day' })
    .max(7)
    .optional(),
});

const HOLD_HOURS_MAX = 14 * 24;

/** What the gate may keep back, beside caps. Each stays as it is when it is left out. */
const policyRulesShape = {
  /** Nothing leaves, whatever its topic; what waits goes on waiting. */
  isPaused: z.boolean({ error: 'give true or false' }),
  /** Further caps; all of them hold. Without a channel or a topic they are of all of them. */
  caps: z.array(scopedCapSchema, { error: 'give the caps as a list' }).max(20, { error: 'give at most 20 caps' }),
  /** What becomes of a message that a cap leaves no room for: `hold` waits until there is room. */
  whenCapped: z.enum(['hold', 'refuse'], { error: 'give "hold" or "refuse"' }),
  /** In the customer's own zone: her trait `timezone`, else the country of her number, else where she was last seen, else the workspace's. */
  quietHours: z
    .strictObject({
      windows: z
        .array(quietWindowSchema, { error: 'give the windows as a list' })
        .min(1, { error: 'give at least one window' })
        .max(20, { error: 'give at most 20 windows' }),
      /** Every channel when left out. */
      channels: z
        .array(z.string().regex(/^[a-z_]{1,30}$/))
        .min(1)
        .max(20)
        .optional(),
      action: z.enum(['hold', 'refuse'], { error: 'give "hold" or "refuse"' }).default('hold'),
    })
    .nullable(),
  /** Between two marketing messages to one customer, of whatever channels. */
  minGapMs: z
    .int({ error: 'give milliseconds, 0 for none' })
    .min(0)
    .max(30 * DAY_MS),
  /** So many of a hundred customers get no marketing at all, to show what it earns. */
  holdoutPercent: z.number({ error: 'give a number from 0 to 50' }).min(0).max(50),
  /** How fast messages leave on a channel, whatever their topic, by all processes together. */
  rates: z
    .array(
      z.strictObject({
        channel: z.string().regex(/^[a-z_]{1,30}$/, { error: 'give a channel, like "email"' }),
        perSecond: z
          .number({ error: 'give how many messages a second' })
          .min(0.01, { error: 'give at least 0.01' })
          .max(100_000),
        /** So many may go at once after a rest. */
        burst: z.int({ error: 'give a whole number' }).min(1, { error: 'give at least 1' }).max(100_000).default(1),
      }),
      { error: 'give the rates as a list' },
    )
    .max(20, { error: 'give at most 20 rates' })
    .refine((rates) => new Set(rates.map(({ channel }) => channel)).size === rates.length, {
      error: 'give each channel once',
    }),
  /** A message held for longer since it was due is refused. */
  holdMaxMs: z
    .int({ error: 'give milliseconds' })
    .min(60_000, { error: 'give at least a minute' })
    .max(HOLD_HOURS_MAX * 3_600_000, { error: `give at most ${HOLD_HOURS_MAX} hours` }),
};
export const policyRulesSchema = z.strictObject(policyRulesShape);

/**
 * Body of `PUT /api/v1/send-policy`: at most `limit` marketing messages in any window of `windowMs`. `cap` counts per
 * channel; `lessOften` counts all channels, for customers who asked for less. All but `cap` stay when they are left out.
 */
export const updateSendPolicySchema = z.strictObject({
  cap: limitSchema,
  lessOften: limitSchema.optional(),
  ...policyRulesSchema.partial().shape,
});
export type UpdateSendPolicyBody = z.infer<typeof updateSendPolicySchema>;
