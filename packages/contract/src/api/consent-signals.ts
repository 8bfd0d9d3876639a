import { z } from 'zod';

import { channelSchema, topicSchema } from '../consent.ts';
import { defineEndpoint, idSchema, instantSchema, jsonSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { wellFormedText } from '../segment-condition.ts';

export const SIGNAL_KINDS = ['tcf', 'gpp', 'categories', 'gpc'] as const;
export const OPT_ACTIONS = ['stop', 'start', 'help'] as const;
/** How many rows one import takes. */
export const CONSENT_IMPORT_MAX = 5_000;
const CATEGORY_TOPICS_MAX = 100;
const OPT_WORDS_MAX = 200;
const IMPORT_TOPIC = 'give a topic in lower case, like "marketing", or * to deny every one';

/** What a consent platform or browser said about a customer. */
export const consentSignalSchema = z
  .strictObject({
    id: z.guid(),
    kind: z.enum(SIGNAL_KINDS),
    occurredAt: instantSchema,
    recordedAt: instantSchema,
    sourceId: idSchema('src').nullable().describe('Who sent it'),
    isCurrent: z.boolean().describe('Whether it is the last of its kind'),
    raw: z.string().nullable().describe('As it was sent'),
    decoded: jsonSchema.nullable().describe('What it says; null when it cannot be read'),
    error: z.string().nullable().describe('Why it cannot be read'),
    url: z.string().optional().describe('The page it was said on'),
    ip: z.string().optional().describe('Where she came from'),
    language: z.string().optional(),
  })
  .meta({ id: 'ConsentSignal' });
export type ConsentSignal = z.infer<typeof consentSignalSchema>;

const categoryId = z
  .string({ error: 'give the id of a category, as your consent platform writes it' })
  .min(1, { error: 'give the id of a category, as your consent platform writes it' })
  .max(100, { error: 'give at most 100 characters' });

const optWordSchema = z.strictObject({
  action: z.enum(OPT_ACTIONS, { error: 'give stop, start or help' }),
  word: wellFormedText('give the word or phrase customers write')
    .trim()
    .min(1, { error: 'give the word or phrase customers write' })
    .max(60, { error: 'give at most 60 characters' }),
  channel: channelSchema.nullable().default(null).describe('null: on every channel'),
  language: z
    .string({ error: 'give a language like "de", or null' })
    .regex(/^[a-z]{2}$/, { error: 'give a language of two letters like "de", or null' })
    .nullable()
    .default(null)
    .describe('null: in every language'),
});

const categoryTopicSchema = z.strictObject({ category: categoryId, channel: channelSchema, topic: topicSchema });

/** Body of `PUT /api/v1/consent-settings`. */
export const updateConsentSettingsSchema = z.strictObject({
  categoryTopics: z
    .array(categoryTopicSchema, { error: 'give a list of categories with channel and topic' })
    .max(CATEGORY_TOPICS_MAX, { error: `give at most ${CATEGORY_TOPICS_MAX} of them` })
    .describe(
      'Categories of the consent platform that are consent to messages; several for one topic must all be allowed',
    ),
  optWords: z
    .array(optWordSchema, { error: 'give a list of words' })
    .max(OPT_WORDS_MAX, { error: `give at most ${OPT_WORDS_MAX} words` })
    .describe('Words that stop, start or explain messages, beside those Segue knows'),
});

/** What a workspace decides about consent signals. */
export const consentSettingsSchema = z
  .strictObject({
    categoryTopics: z.array(z.strictObject({ category: z.string(), channel: channelSchema, topic: z.string() })),
    optWords: z.array(
      z.strictObject({
        action: z.enum(OPT_ACTIONS),
        word: z.string(),
        channel: channelSchema.nullable(),
        language: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'ConsentSettings' });
export type ConsentSettings = z.infer<typeof consentSettingsSchema>;

/** One row of an import; what is wrong with one costs no other. */
export const consentImportRowSchema = z.strictObject({
  identifier: z
    .string({ error: 'give whom it is about: an address, or like "userId:4711"' })
    .min(1, { error: 'give whom it is about: an address, or like "userId:4711"' })
    .max(520, { error: 'give at most 520 characters' }),
  channel: channelSchema,
  topic: z
    .string({ error: IMPORT_TOPIC })
    .refine((text) => text === '*' || topicSchema.safeParse(text).success, { error: IMPORT_TOPIC })
    .describe('`*`, for a denial: every marketing topic'),
  status: z.enum(['granted', 'denied'], { error: 'give "granted" or "denied"' }),
  occurredAt: z.iso.datetime({
    offset: true,
    error:
      'give the time it was said in ISO 8601, like "2026-11-22T10:00:00Z": without it nobody can tell which word is the last',
  }),
  source: z
    .string({ error: 'say where it was said, like "newsletter_tool"' })
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, { error: 'write the source in lower case, like "newsletter_tool"' })
    .default('import'),
  text: wellFormedText('give the wording the customer saw').optional(),
  url: z
    .url({ protocol: /^https?$/, error: 'give the http(s) address of the page' })
    .max(2000)
    .optional(),
  ip: z.union([z.ipv4(), z.ipv6()], { error: 'give an IPv4 or IPv6 address' }).optional(),
  isConfirmed: z.boolean({ error: 'give true or false' }).default(false).describe('Double opt-in was done already'),
  address: z
    .string({ error: 'give the address it was confirmed for' })
    .max(512, { error: 'give at most 512 characters' })
    .optional()
    .describe('The address it was confirmed for, where `identifier` is none: a confirmed yes holds for that one only'),
});
export type ConsentImportRow = z.output<typeof consentImportRowSchema>;

export const importConsentsSchema = z.strictObject({
  rows: z
    .array(z.record(z.string(), jsonSchema), { error: 'give a list of rows' })
    .min(1, { error: 'give at least one row' })
    .max(CONSENT_IMPORT_MAX, { error: `give at most ${CONSENT_IMPORT_MAX} rows at a time` })
    .describe(
      'Each: identifier, channel, topic, status, occurredAt, and if known source, text, url, ip, isConfirmed, address. As `text/csv` the same names head the columns',
    ),
});

export const consentSignalEndpoints = {
  listProfileConsentSignals: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/consent-signals',
    scope: 'consent:read',
    tag: 'Consent',
    summary: 'List what consent platforms and browsers said about a customer, newest first, with its proof',
    description:
      'IAB TCF and GPP strings with their decoded purposes, categories of consent, Global Privacy Control. Only changes are kept: the same string on every event is one signal.',
    query: pageQuerySchema.extend({
      kind: z.enum(SIGNAL_KINDS, { error: `give one of ${SIGNAL_KINDS.join(', ')}` }).optional(),
    }),
    answer: pageOf(consentSignalSchema),
  }),
  getProfileConsentCategories: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/consent-categories',
    scope: 'consent:read',
    tag: 'Consent',
    summary: 'Read what a customer allows by category of the consent platform',
    description:
      'The newest `Segment Consent Preference Updated` by event time; of profiles that became one, what each of them allowed.',
    answer: z
      .strictObject({
        categories: z.record(z.string(), z.boolean()).describe('A category that is not here was never asked about'),
        saidAt: instantSchema.nullable().describe('null: she never said anything'),
      })
      .meta({ id: 'ConsentCategories' }),
  }),
  getConsentSettings: defineEndpoint({
    method: 'GET',
    path: '/api/v1/consent-settings',
    scope: 'consent:read',
    tag: 'Consent',
    summary: 'Read what categories of consent mean, and the words that stop, start or explain messages',
    answer: consentSettingsSchema,
  }),
  updateConsentSettings: defineEndpoint({
    method: 'PUT',
    path: '/api/v1/consent-settings',
    scope: 'workspace:write',
    tag: 'Consent',
    summary: 'Say what categories of consent mean, and which further words stop, start or explain messages',
    description: 'Replaces both lists. It holds for what customers say from now on.',
    body: updateConsentSettingsSchema,
    answer: consentSettingsSchema,
  }),
  importConsents: defineEndpoint({
    method: 'POST',
    path: '/api/v1/consents/import',
    scope: 'consent:write',
    tag: 'Consent',
    summary: 'Import what customers said elsewhere, as JSON or text/csv',
    description: `Up to ${CONSENT_IMPORT_MAX} rows. Good rows are taken though others are not, and count within moments; the answer names row and field of the others. A customer nobody knows yet becomes a profile. The same row again changes nothing, and an older yes never outranks a later no.`,
    body: importConsentsSchema,
    status: 202,
    answer: z.strictObject({
      rows: z.int(),
      accepted: z.int(),
      failed: z.int(),
      errors: z
        .array(
          z.strictObject({
            row: z.int().describe('From 1, the head of a CSV not counted'),
            field: z.string(),
            message: z.string(),
          }),
        )
        .describe('The first 1 000'),
    }),
  }),
} as const;
