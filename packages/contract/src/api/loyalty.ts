import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { currencySchema, moneySchema } from '../money.ts';
import { wellFormedText } from '../segment-condition.ts';
import { loyaltyProgramEndpoints, programKeySchema } from './loyalty-programs.ts';
import { loyaltyRuleEndpoints } from './loyalty-rules.ts';
import { POINTS_MAX, pointsSchema } from './loyalty-terms.ts';

const whose = {
  profileId: idSchema('prf').exactOptional(),
  identifier: z
    .string({ error: 'give an identifier, like "loyaltyId:4711" or "email:ada@example.com"' })
    .min(1, { error: 'give an identifier, like "loyaltyId:4711" or "email:ada@example.com"' })
    .max(600, { error: 'give at most 600 characters' })
    .exactOptional()
    .describe('Of the customer, like the number of her card: "loyaltyId:4711"'),
};
const NOBODY = { error: 'say whose points: give "profileId" or "identifier"' };
function isNamed({ profileId, identifier }: { profileId?: string; identifier?: string }): boolean {
  return (profileId === undefined) !== (identifier === undefined);
}

const reference = wellFormedText('name it, like "till-7-1042": a repeat with the same reference changes nothing').max(
  200,
  { error: 'use at most 200 characters' },
);
const orderOf = z
  .strictObject(
    { source: reference.describe('As the order book calls it, like "pos:con_…"'), id: reference },
    { error: 'name the order: { "source": "pos:store-1", "id": "1042" }' },
  )
  .exactOptional()
  .describe('Cancelled or refunded, it gives the points back');
const common = {
  program: programKeySchema.exactOptional().describe('Left out: the oldest active program'),
  reference,
};
const amountMinor = z
  .int({ error: 'give a whole number of minor units' })
  .min(0, { error: 'give 0 or more' })
  .max(1_000_000_000_000, { error: 'give at most 1000000000000' });

const standing = {
  balance: z.int().describe('What she can spend; below 0 only where the program says so'),
  pending: z.int().describe('Earned, and not to be spent yet'),
  debt: z.int().describe('Was spent and is to be taken back: what comes next pays it first'),
};
const done = z
  .strictObject({
    program: programKeySchema,
    reference: z.string(),
    points: z.int(),
    amount: moneySchema.nullable().describe('What they were worth'),
    ...standing,
    isRepeat: z.boolean().describe('It was done before; this is how'),
  })
  .meta({ id: 'PointsDone' });

const programPoints = z
  .strictObject({
    program: programKeySchema,
    name: z.string(),
    unit: z.string(),
    ...standing,
    lifetimeEarned: z.int().describe('Ever, less what was taken back'),
    lifetimeBurned: z.int().describe('Ever, less what came back'),
    expiring: z
      .array(z.strictObject({ points: z.int(), expiresAt: instantSchema }))
      .describe('The next ones to expire'),
  })
  .meta({ id: 'ProgramPoints' });
const profilePoints = z.strictObject({ profileId: idSchema('prf'), programs: z.array(programPoints) });

const ENTRY_KINDS = [
  'earn_pending',
  'earn',
  'activate',
  'burn',
  'expire',
  'reverse',
  'refund_burn',
  'adjust',
  'transfer',
  'settle',
] as const;

const entry = z
  .strictObject({
    program: programKeySchema,
    kind: z.enum(ENTRY_KINDS),
    points: z.int().describe('Added to the balance, or taken from it'),
    pending: z.int().describe('Added to what is pending, or taken from it'),
    debt: z.int().describe('Added to the debt, or paid of it'),
    balance: z.int().describe('After it'),
    reference: z.string().describe('Of what: `order:ord_…`, `event:…`, or as the caller called it'),
    at: instantSchema,
  })
  .meta({ id: 'PointsEntry' });

const tag = 'Loyalty';

const read = {
  getProfilePoints: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/points',
    scope: 'loyalty:read',
    tag,
    summary: 'Say what points a customer has, by program',
    answer: profilePoints,
  }),
  findPoints: defineEndpoint({
    method: 'GET',
    path: '/api/v1/points',
    scope: 'loyalty:read',
    tag,
    summary: 'Say what points the holder of a card or an address has',
    query: z.strictObject({ identifier: z.string().min(1).max(600).describe('Like "loyaltyId:4711"') }),
    answer: profilePoints.extend({ profileId: idSchema('prf').nullable().describe('Null: it is nobody’s') }),
  }),
  listPointsEntries: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/points/entries',
    scope: 'loyalty:read',
    tag,
    summary: 'List what became of a customer’s points, newest first',
    query: pageQuerySchema.extend({ program: programKeySchema.exactOptional() }),
    answer: pageOf(entry),
  }),
  quotePoints: defineEndpoint({
    method: 'POST',
    path: '/api/v1/points/quote',
    scope: 'loyalty:read',
    tag,
    summary: 'Say how many points can be used for an amount, and what they are worth',
    body: z
      .strictObject({
        ...whose,
        program: common.program,
        currency: currencySchema,
        amountMinor: amountMinor.describe('What is to be paid'),
        points: pointsSchema.exactOptional().describe('At most so many'),
      })
      .refine((body) => body.profileId === undefined || body.identifier === undefined, NOBODY),
    changesNothing: true,
    answer: z
      .strictObject({
        program: programKeySchema,
        unit: z.string(),
        balance: z.int().nullable().describe('Null: it was not said whose'),
        points: z.int().describe('So many can be used'),
        worthMinor: z.int().describe('What they are worth'),
        currency: z.string(),
      })
      .meta({ id: 'PointsQuote' }),
  }),
} as const;

const change = {
  earnPoints: defineEndpoint({
    method: 'POST',
    path: '/api/v1/points/earn',
    scope: 'loyalty:write',
    tag,
    summary: 'Give a customer points',
    description: 'They become available and expire by the terms of the program, unless said otherwise.',
    body: z
      .strictObject({
        ...whose,
        ...common,
        points: pointsSchema,
        isAvailable: z
          .boolean({ error: 'give true or false' })
          .exactOptional()
          .describe('True: at once, whatever the terms say'),
      })
      .refine(isNamed, NOBODY),
    status: 201,
    answer: done,
  }),
  burnPoints: defineEndpoint({
    method: 'POST',
    path: '/api/v1/points/burn',
    scope: 'loyalty:write',
    tag,
    summary: 'Spend points of a customer, all of them or none; those that expire first go first',
    body: z
      .strictObject({
        ...whose,
        ...common,
        points: pointsSchema,
        currency: currencySchema.exactOptional().describe('Answers what they are worth in it'),
        atMostMinor: amountMinor.exactOptional().describe('Refused if they are worth more'),
        order: orderOf,
      })
      .refine(isNamed, NOBODY)
      .refine(({ currency, atMostMinor }) => atMostMinor === undefined || currency !== undefined, {
        error: 'say in which currency',
        path: ['currency'],
      }),
    status: 201,
    answer: done,
  }),
  refundPoints: defineEndpoint({
    method: 'POST',
    path: '/api/v1/points/refund',
    scope: 'loyalty:write',
    tag,
    summary: 'Give spent points back, as they were: with their old expiry',
    description:
      'Together never more than were spent. What expired meanwhile expires again, or can be used for the days of grace in the terms.',
    body: z.strictObject({
      program: common.program,
      burn: reference.describe('The reference they were spent under'),
      reference,
      points: pointsSchema.exactOptional().describe('Left out: all that did not come back yet'),
    }),
    status: 201,
    answer: done,
  }),
  adjustPoints: defineEndpoint({
    method: 'POST',
    path: '/api/v1/points/adjust',
    scope: 'loyalty:write',
    tag,
    summary: 'Correct a balance by hand',
    description: 'Counts neither as earned nor as spent. No more is taken than there is.',
    body: z
      .strictObject({
        ...whose,
        ...common,
        points: z
          .int({ error: 'give a whole number of points' })
          .min(-POINTS_MAX, { error: `give at least -${POINTS_MAX}` })
          .max(POINTS_MAX, { error: `give at most ${POINTS_MAX}` })
          .refine((points) => points !== 0, { error: 'give more or less than 0' }),
        reason: wellFormedText('say why it is corrected').max(500, { error: 'use at most 500 characters' }),
      })
      .refine(isNamed, NOBODY),
    status: 201,
    answer: done,
  }),
  transferPoints: defineEndpoint({
    method: 'POST',
    path: '/api/v1/points/transfer',
    scope: 'loyalty:write',
    tag,
    summary: 'Give points of one customer to another; they keep their expiry',
    body: z.strictObject({
      from: z.strictObject(whose, { error: 'say whose' }).refine(isNamed, NOBODY),
      to: z.strictObject(whose, { error: 'say to whom' }).refine(isNamed, NOBODY),
      ...common,
      points: pointsSchema,
    }),
    status: 201,
    answer: done,
  }),
} as const;

export const loyaltyEndpoints = { ...loyaltyProgramEndpoints, ...loyaltyRuleEndpoints, ...read, ...change } as const;
