import { z } from 'zod';

import { defineEndpoint, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

/** What kind of place a visitor came from. */
export const REFERRER_CLASSES = ['search', 'social', 'ad', 'email', 'referral', 'other', 'direct'] as const;
export type ReferrerClass = (typeof REFERRER_CLASSES)[number];

const text = z.string().nullable();
const revenue = z
  .array(z.strictObject({ amountMinor: z.number().int(), currency: text.describe('Null where the shop did not say') }))
  .describe('In the smallest unit of each currency');

/** Where a session came from; null where nothing says. */
const touchFields = {
  referrerClass: z.enum(REFERRER_CLASSES),
  source: text,
  medium: text,
  campaign: text,
};

/** What a profile did without a pause of more than 30 minutes, or since a campaign brought it back within them. */
export const sessionSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  startedAt: instantSchema,
  endedAt: instantSchema,
  events: z.number().int(),
  entryPage: text.describe('Without its query'),
  exitPage: text,
  ...touchFields,
  term: text,
  content: text,
  clickIdType: text.describe('The parameter of the link: `gclid`'),
  clickId: text,
  referrer: text.describe('The host that linked'),
  device: z.strictObject({ class: text, os: text, browser: text }),
  country: text,
  region: text,
  orders: z.number().int().describe('Placed during the session; an order reported twice counts once'),
  revenue,
});
export type Session = z.infer<typeof sessionSchema>;

/** What one place brought in a period. */
export const acquisitionRowSchema = z.strictObject({
  ...touchFields,
  sessions: z.number().int(),
  profiles: z.number().int(),
  orders: z.number().int(),
  revenue,
});
export type AcquisitionRow = z.infer<typeof acquisitionRowSchema>;

const period = (what: string) =>
  z.iso.datetime({ offset: true, error: 'give an instant as 2026-11-22T09:00:00Z' }).optional().describe(what);

export const sessionEndpoints = {
  listProfileSessions: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/sessions',
    scope: 'profiles:read',
    tag: 'Profiles',
    summary: 'List the sessions of a profile, newest first',
    description:
      'Counted from history, so exact also when events came late: then it may differ from what `Session Started` told.',
    query: pageQuerySchema,
    answer: pageOf(sessionSchema),
  }),
  getAcquisition: defineEndpoint({
    method: 'GET',
    path: '/api/v1/acquisition',
    scope: 'events:read',
    tag: 'Events',
    summary: 'Count sessions, profiles and orders by where they came from',
    description:
      'Sessions that started in the period, the largest groups first. `touch=last` credits each with its own source, a direct one with the last known source of its profile; `touch=first` with how the profile first came.',
    query: z.strictObject({
      from: period('Start of the period; default: 30 days before its end'),
      to: period('End of the period, itself not included; default: now'),
      touch: z.enum(['first', 'last'], { error: 'give first or last' }).default('last'),
      limit: pageQuerySchema.shape.limit,
    }),
    answer: z.strictObject({
      from: instantSchema,
      to: instantSchema,
      touch: z.enum(['first', 'last']),
      items: z.array(acquisitionRowSchema),
    }),
  }),
} as const;
