import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema } from '../endpoint.ts';

const CHANGES_PER_CALL_MAX = 100;
const VALUE_TEXT_MAX = 1_000;
const VALUE_LIST_MAX = 50;

const scope = { read: 'baskets:read', write: 'baskets:write' } as const;
const tag = 'Baskets';

const atom = z.union([z.string().max(VALUE_TEXT_MAX), z.number(), z.boolean()], {
  error: `give a text of at most ${VALUE_TEXT_MAX} characters, a number or true or false`,
});
const value = z.union([atom, z.array(atom).max(VALUE_LIST_MAX)], {
  error: `give a text, a number, true or false, or a list of at most ${VALUE_LIST_MAX} of them`,
});

const name = z
  .string({ error: 'give the name of the preference' })
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,59}$/, { error: 'begin with a letter; use at most 60 letters, digits and _ . -' });

const preferences = z
  .strictObject({
    preferences: z.record(z.string(), value).describe('What she prefers, by name: of two words the newer one'),
    entries: z
      .array(
        z.strictObject({
          name,
          value,
          saidAt: instantSchema,
          saidBy: z.string().describe('The device, till or server that said it'),
        }),
      )
      .describe('In the order of their names'),
    isLinked: z.boolean().describe('False: a guest’s, which nobody else shares'),
    version: z.string().describe('Another one with every change'),
  })
  .meta({ id: 'Preferences' });

const changes = z
  .array(
    z.strictObject({
      name,
      value: value.nullable().describe('Null: she prefers nothing any more'),
      at: instantSchema
        .exactOptional()
        .describe('When she said it, where that is not now: of two words on a name the newer one counts'),
    }),
    { error: 'give the preferences that change' },
  )
  .min(1, { error: 'give the preferences that change' })
  .max(CHANGES_PER_CALL_MAX, { error: `give at most ${CHANGES_PER_CALL_MAX} preferences at once` });

const device = z
  .string({ error: 'give a name of the device' })
  .regex(/^[A-Za-z0-9_.:-]{1,60}$/, { error: 'use 1 to 60 letters, digits and _ . : -' })
  .default('api')
  .describe('Who says it: settles two words of the same instant the same way everywhere');

const whose = {
  profileId: idSchema('prf').exactOptional(),
  identifier: z.string().min(1).max(600).exactOptional().describe('Whose they are, like "loyaltyId:4711"'),
};
const token = z.string({ error: 'give the token of the device' }).min(1).max(200);

export const preferenceEndpoints = {
  getPreferences: defineEndpoint({
    method: 'GET',
    path: '/api/v1/preferences',
    scope: scope.read,
    tag,
    summary: 'Read what a customer prefers, wherever she said it',
    description:
      'Only what was said on devices that are known to be hers, or by servers, tills and staff. Who said nothing prefers nothing.',
    query: z.strictObject({
      profileId: idSchema('prf').optional(),
      identifier: z.string().max(600).optional().describe('`kind:value`, like `loyaltyId:4711`'),
    }),
    answer: preferences,
  }),
  setPreferences: defineEndpoint({
    method: 'POST',
    path: '/api/v1/preferences',
    scope: scope.write,
    tag,
    summary: 'Say what a customer prefers, or no longer does',
    description:
      'Each preference is what was said of it last, by instant: words that arrive late or twice change nothing. Her open devices are told at once.',
    body: z.strictObject({ ...whose, changes, device }),
    answer: preferences,
  }),
  openPreferences: defineEndpoint({
    method: 'POST',
    path: '/api/v1/preferences/tokens',
    scope: scope.write,
    tag,
    summary: 'Give a device of a customer the token that reads and changes her preferences',
    body: z.strictObject(whose),
    status: 201,
    answer: z.strictObject({ token, preferences }),
  }),
  linkPreferences: defineEndpoint({
    method: 'POST',
    path: '/api/v1/preferences/link',
    scope: scope.write,
    tag,
    summary: 'Make a guest’s preferences the customer’s: she signed in',
    description:
      'From then on her devices share what either knew; of two words on a name the newer one counts. 409: the device is another customer’s; open a new token for it.',
    body: z.strictObject({ token, ...whose }),
    answer: preferences,
  }),
  renewPreferenceTokens: defineEndpoint({
    method: 'POST',
    path: '/api/v1/preferences/tokens/renewals',
    scope: scope.write,
    tag,
    summary: 'Shut every device out of a customer’s preferences: she lost one',
    description: 'What she prefers stays. Devices that stay are given a new token.',
    body: z.strictObject(whose),
    answer: z.strictObject({ shutOut: z.int().describe('How many tokens lead nowhere from now on') }),
  }),
} as const;
