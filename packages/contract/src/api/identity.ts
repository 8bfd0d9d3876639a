import { z } from 'zod';

import { defineEndpoint } from '../endpoint.ts';

/** Segue's own kinds of identifiers. They may be ranked and limited otherwise, never taken away. */
export const IDENTIFIER_KINDS = ['userId', 'loyaltyId', 'email', 'phone', 'channel', 'device', 'anonymousId'] as const;

export const OWN_KINDS_MAX = 50;
const KINDS_MAX = IDENTIFIER_KINDS.length + OWN_KINDS_MAX;
const TOO_MANY_KINDS = `use at most ${OWN_KINDS_MAX} kinds of your own`;
export const BLOCKED_VALUES_MAX = 200;
/** As many identifiers as one profile may hold of all kinds together. */
const LIMIT_MAX = 1_000;
const wholeNumber = (max: number) => {
  const error = `give a whole number from 1 to ${max}`;
  return z.int({ error }).min(1, { error }).max(max, { error });
};

const kindSettingSchema = z.strictObject({
  kind: z
    .string({ error: 'give the name of the kind' })
    .regex(/^[a-zA-Z][a-zA-Z0-9_]{0,49}$/, {
      error: 'start with a letter and use at most 50 letters, digits and underscores',
    })
    .describe(`${IDENTIFIER_KINDS.join(', ')}, or a name of your own`),
  limit: wholeNumber(LIMIT_MAX).describe('How many of the kind one profile may hold; of userId always 1'),
  perDays: wholeNumber(366)
    .nullable()
    .describe('The limit counts what is newly held within any so many days; null: ever'),
});

/** How a workspace recognises its customers. */
export const identitySettingsSchema = z
  .strictObject({
    kinds: z
      .array(kindSettingSchema, { error: 'give the list of kinds, strongest first' })
      .max(KINDS_MAX, { error: TOO_MANY_KINDS })
      .describe('Strongest first. All of Segue’s own kinds, and yours'),
    blockedValues: z
      .array(
        z
          .string({ error: 'give a text' })
          .trim()
          .min(1, { error: 'give a text that is not blank' })
          .max(100, { error: 'use at most 100 characters' })
          .regex(/[^*]/, { error: 'write something beside *, which alone would block every value' }),
        { error: 'give the list of values' },
      )
      .max(BLOCKED_VALUES_MAX, { error: `give at most ${BLOCKED_VALUES_MAX} values` })
      .describe('Values that identify nobody, beside Segue’s own list; without case, `*` stands for any characters'),
    country: z
      .string({ error: 'give a country of two letters, like GB, or null' })
      .regex(/^[A-Z]{2}$/, { error: 'give a country of two capitals (ISO 3166-1), like GB, or null' })
      .nullable()
      .describe('ISO 3166-1 alpha-2: whose telephone numbers come without a country; null: nobody’s'),
    userIdsPerHourMax: wholeNumber(1_000).describe(
      'A device or anonymousId seen with more user ids than this within an hour is a till or kiosk',
    ),
  })
  .meta({ id: 'IdentitySettings' });
export type IdentitySettings = z.infer<typeof identitySettingsSchema>;

const { kinds, blockedValues, country, userIdsPerHourMax } = identitySettingsSchema.shape;
/** What is left out is as it was before anybody decided. */
const updateIdentitySettingsSchema = z.strictObject({
  kinds: z
    .array(kindSettingSchema.extend({ perDays: kindSettingSchema.shape.perDays.default(null) }), {
      error: 'give the list of kinds, strongest first',
    })
    .max(KINDS_MAX, { error: TOO_MANY_KINDS })
    .describe(kinds.description ?? ''),
  blockedValues: blockedValues.default([]),
  country: country.default(null),
  userIdsPerHourMax: userIdsPerHourMax.default(5),
});

export const identityEndpoints = {
  getIdentitySettings: defineEndpoint({
    method: 'GET',
    path: '/api/v1/identity/settings',
    scope: 'identity:read',
    tag: 'Profiles',
    summary: 'Read how customers are recognised: kinds of identifiers with rank and limit, blocked values, country',
    answer: identitySettingsSchema,
  }),
  updateIdentitySettings: defineEndpoint({
    method: 'PUT',
    path: '/api/v1/identity/settings',
    scope: 'workspace:write',
    tag: 'Profiles',
    summary: 'Set how customers are recognised from now on',
    description:
      'Takes what the reading call answers, whole. It holds for events from 5 seconds on, in every process; profiles as they are stay so, even where they break a stricter limit. An own kind that is left out is no longer read; what was found with it stays, and the same name later means the same kind.',
    body: updateIdentitySettingsSchema,
    answer: identitySettingsSchema,
  }),
} as const;
