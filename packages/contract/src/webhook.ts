import { z } from 'zod';

import { idSchema } from './endpoint.ts';

/** The kinds of event a webhook endpoint can ask for; `internal` are those Segue itself emits, like "Segment Entered". */
export const WEBHOOK_EVENT_TYPES = ['track', 'identify', 'page', 'screen', 'group', 'alias', 'internal'] as const;
export const WEBHOOK_FILTERS_MAX = 100;
export const WEBHOOK_HEADERS_MAX = 20;
export const WEBHOOK_CATEGORIES_MAX = 20;

const eventFilterSchema = z
  .strictObject({
    type: z
      .enum(WEBHOOK_EVENT_TYPES, { error: `give one of ${WEBHOOK_EVENT_TYPES.join(', ')}, or leave it out` })
      .optional(),
    name: z
      .string({ error: 'give the name as text, or leave it out' })
      .min(1, { error: 'give the name, or leave it out to mean every name' })
      .max(200, { error: 'give at most 200 characters' })
      .optional()
      .describe('Name of the event; "*" stands for any text: "Order *". Upper and lower case differ.'),
  })
  .refine((filter) => filter.type !== undefined || filter.name !== undefined, {
    error: 'give a type, a name or both; an empty list of filters means every event',
  });

const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
/** What the connection, the body or the signature needs for itself. */
const RESERVED_HEADER =
  /^(connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|host|date|cookie2?|content-.*|accept-encoding|user-agent|proxy-.*|webhook-.*)$/i;
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

const headersSchema = z
  .record(
    z
      .string()
      .regex(TOKEN, { error: 'use letters, digits and dashes in the name of a header' })
      .refine((name) => !RESERVED_HEADER.test(name), { error: 'this header is set by the server; use another name' }),
    z
      .string()
      .max(2_000, { error: 'give at most 2000 characters' })
      .regex(HEADER_VALUE, { error: 'use printable ASCII, without spaces at the ends' }),
  )
  .refine((headers) => Object.keys(headers).length <= WEBHOOK_HEADERS_MAX, {
    error: `give at most ${WEBHOOK_HEADERS_MAX} headers`,
  })
  .refine(
    (headers) => new Set(Object.keys(headers).map((name) => name.toLowerCase())).size === Object.keys(headers).length,
    {
      error: 'give each header once',
    },
  );

const fields = {
  url: z
    .string({ error: 'give the URL' })
    .max(2_000, { error: 'give at most 2000 characters' })
    .describe('Where events are posted to: https, and a public address'),
  description: z.string({ error: 'give a text' }).max(500, { error: 'give at most 500 characters' }),
  events: z
    .array(eventFilterSchema, { error: 'give a list of filters; an empty one means every event' })
    .max(WEBHOOK_FILTERS_MAX, { error: `give at most ${WEBHOOK_FILTERS_MAX} filters` })
    .describe('An event that fits one of these is sent; none means every event'),
  source: idSchema('src').nullable().describe('Only events of this source; null: of all, and those Segue emits'),
  headers: headersSchema.describe('Sent with every call. Kept sealed; only their names are shown again'),
  ratePerSecond: z
    .int({ error: 'give a whole number from 1 to 1000, or null' })
    .min(1, { error: 'give a whole number from 1 to 1000, or null' })
    .max(1_000, { error: 'give a whole number from 1 to 1000, or null' })
    .nullable()
    .describe('Calls a second at most; null: as fast as the endpoint answers'),
  includePersonal: z
    .boolean({ error: 'give true or false' })
    .describe('Send personal values too. Whoever sets this needs the scope profiles:read'),
  consentCategories: z
    .array(
      z
        .string({ error: 'give the id of a category, as your consent platform writes it' })
        .min(1, { error: 'give the id of a category, as your consent platform writes it' })
        .max(100, { error: 'give at most 100 characters' }),
      { error: 'give a list of categories; an empty one means it needs no consent' },
    )
    .max(WEBHOOK_CATEGORIES_MAX, { error: `give at most ${WEBHOOK_CATEGORIES_MAX} categories` })
    .describe(
      'Categories of consent it needs, all of them: an event whose `context.consent.categoryPreferences` says otherwise is kept from it. An event without a consent object is sent. `tcf:4` is purpose 4 of the TCF, judged by TC strings',
    ),
  isAdvertising: z
    .boolean({ error: 'give true or false' })
    .describe(
      'It is there for advertising: events of who opted out of sale, sharing or targeted advertising, by Global Privacy Control or a GPP string, are kept from it',
    ),
};

export const createWebhookSchema = z.strictObject({
  url: fields.url,
  description: fields.description.default(''),
  events: fields.events.default([]),
  source: fields.source.default(null),
  headers: fields.headers.default({}),
  ratePerSecond: fields.ratePerSecond.default(null),
  includePersonal: fields.includePersonal.default(false),
  consentCategories: fields.consentCategories.default([]),
  isAdvertising: fields.isAdvertising.default(false),
});
export type CreateWebhookBody = z.output<typeof createWebhookSchema>;

export const updateWebhookSchema = z.strictObject({
  url: fields.url.optional(),
  description: fields.description.optional(),
  events: fields.events.optional(),
  source: fields.source.optional(),
  headers: fields.headers.optional(),
  ratePerSecond: fields.ratePerSecond.optional(),
  includePersonal: fields.includePersonal.optional(),
  consentCategories: fields.consentCategories.optional(),
  isAdvertising: fields.isAdvertising.optional(),
});
export type UpdateWebhookBody = z.output<typeof updateWebhookSchema>;
