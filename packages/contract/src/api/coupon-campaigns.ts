import { z } from 'zod';

import { couponLimitsSchema, couponTermsSchema } from '../coupon-terms.ts';
import { defineEndpoint, idSchema, instantSchema, jsonSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { moneySchema } from '../money.ts';
import { givenNameSchema } from './segments.ts';

/** How many codes a pool can have generated. */
export const COUPON_CODES_MAX = 1_000_000;
/** How many rows one import takes. */
export const COUPON_IMPORT_MAX = 10_000;

export const COUPON_CODE_STATES = ['free', 'assigned', 'held', 'redeemed', 'void', 'expired'] as const;
export const COUPON_LANGUAGES = ['en', 'de', 'fr', 'es'] as const;

const scope = { read: 'coupons:read', write: 'coupons:write' } as const;
const tag = 'Coupons';

/** The terms in words, the same wherever they are shown. */
export const couponTextSchema = z
  .strictObject({
    language: z.enum(COUPON_LANGUAGES),
    headline: z.string().describe('What it gives, in a few words'),
    lines: z.array(z.string()).describe('Every condition, a sentence each'),
  })
  .meta({ id: 'CouponText' });

/** As they are answered: with everything that was left out. */
const shownTerms = couponTermsSchema.meta({ id: 'CouponTerms' });

export const couponCampaignSchema = z
  .strictObject({
    id: idSchema('cpc'),
    name: z.string(),
    state: z.enum(['active', 'paused', 'archived']),
    version: z.int().describe('Of the terms; a redemption keeps the one it was made under'),
    terms: shownTerms,
    limits: couponLimitsSchema.meta({ id: 'CouponLimits' }),
    text: couponTextSchema.describe('In the language of the workspace'),
    redeemed: z.int(),
    held: z.int(),
    spent: z.array(moneySchema).describe('What redemptions gave, by currency'),
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: 'CouponCampaign' });
export type CouponCampaign = z.output<typeof couponCampaignSchema>;

const pattern = z
  .string({ error: 'give a pattern, like "SPRING-####-####"' })
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9#-]{4,40}$/, { error: 'use letters, digits and -, with # for every drawn character' });
const perCode = z
  .int({ error: 'give a whole number, or null for no limit' })
  .min(1, { error: 'give at least 1, or null for no limit' })
  .max(1_000_000_000, { error: 'give at most 1000000000' })
  .nullable();
const lowWatermark = z
  .int({ error: 'give a whole number of codes' })
  .min(0, { error: 'give 0 or more' })
  .max(COUPON_CODES_MAX, { error: `give at most ${COUPON_CODES_MAX}` })
  .nullable()
  .default(null)
  .describe('With no more free codes than this the pool is `low`');
const expiresAt = z.iso
  .datetime({ offset: true, error: 'give an instant, like "2026-12-01T00:00:00Z"' })
  .nullable()
  .default(null)
  .describe('Of the codes, if sooner than the campaign’s');
const codeCount = z
  .int({ error: 'give a whole number of codes' })
  .min(1, { error: 'give at least 1' })
  .max(COUPON_CODES_MAX, { error: `give at most ${COUPON_CODES_MAX}` });

const poolBody = z.discriminatedUnion(
  'source',
  [
    z.strictObject({
      source: z.literal('generated'),
      pattern,
      count: codeCount,
      perCode: perCode.default(1).describe('Redemptions of one code'),
      lowWatermark,
      expiresAt,
    }),
    z.strictObject({
      source: z.literal('imported'),
      perCode: perCode.default(1).describe('Redemptions of one code'),
      lowWatermark,
      expiresAt,
    }),
    z.strictObject({
      source: z.literal('shared'),
      code: z.string({ error: 'give the code, like "WELCOME10"' }).trim().min(3).max(64),
      perCode: perCode.default(null).describe('Redemptions of the code, by whomever'),
      expiresAt,
    }),
  ],
  { error: 'choose a source: generated, imported or shared' },
);
export type CreateCouponPoolBody = z.output<typeof poolBody>;

export const couponPoolSchema = z
  .strictObject({
    id: idSchema('cpl'),
    campaignId: idSchema('cpc'),
    source: z.enum(['generated', 'imported', 'shared']),
    pattern: z.string().nullable(),
    perCode: z.int().nullable(),
    codes: z.int().describe('How many there are'),
    wanted: z.int().describe('How many there will be when all are generated'),
    lowWatermark: z.int().nullable(),
    low: z.boolean().describe('No more free codes than `lowWatermark`'),
    createdAt: instantSchema,
  })
  .meta({ id: 'CouponPool' });
export type CouponPool = z.output<typeof couponPoolSchema>;

export const couponCodeSchema = z
  .strictObject({
    id: idSchema('cpn'),
    poolId: idSchema('cpl'),
    code: z.string(),
    state: z.enum(COUPON_CODE_STATES),
    redeemed: z.int().nullable().describe('Null: not counted, since there is no limit'),
    perCode: z.int().nullable(),
    expiresAt: instantSchema.nullable(),
    assignedTo: z.array(idSchema('prf')),
  })
  .meta({ id: 'CouponCode' });

const codeFilter = { poolId: idSchema('cpl').optional(), state: z.enum(COUPON_CODE_STATES).optional() };

export const couponCampaignEndpoints = {
  createCouponCampaign: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupon-campaigns',
    scope: scope.write,
    tag,
    summary: 'Define a coupon campaign: terms and limits',
    body: z.strictObject({
      name: givenNameSchema('name the campaign'),
      terms: couponTermsSchema,
      limits: couponLimitsSchema.default({ total: null, perProfile: null, budget: null }),
    }),
    status: 201,
    answer: couponCampaignSchema,
  }),
  listCouponCampaigns: defineEndpoint({
    method: 'GET',
    path: '/api/v1/coupon-campaigns',
    scope: scope.read,
    tag,
    summary: 'List coupon campaigns, newest first',
    query: pageQuerySchema,
    answer: pageOf(couponCampaignSchema),
  }),
  getCouponCampaign: defineEndpoint({
    method: 'GET',
    path: '/api/v1/coupon-campaigns/{id}',
    scope: scope.read,
    tag,
    summary: 'Read a coupon campaign',
    answer: couponCampaignSchema,
  }),
  updateCouponCampaign: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/coupon-campaigns/{id}',
    scope: scope.write,
    tag,
    summary: 'Change name, terms, limits or state of a coupon campaign',
    description:
      'New terms are a new version: what is held or redeemed keeps the one it was made under. A limit below what is used already is refused with 409.',
    body: z
      .strictObject({
        name: givenNameSchema('name the campaign').exactOptional(),
        terms: couponTermsSchema.exactOptional(),
        limits: couponLimitsSchema.exactOptional(),
        state: z.enum(['active', 'paused', 'archived']).exactOptional(),
      })
      .refine((body) => Object.keys(body).length > 0, { error: 'give what to change' }),
    answer: couponCampaignSchema,
  }),
  listCouponVersions: defineEndpoint({
    method: 'GET',
    path: '/api/v1/coupon-campaigns/{id}/versions',
    scope: scope.read,
    tag,
    summary: 'List the terms a campaign has had, newest first',
    query: pageQuerySchema,
    answer: pageOf(
      z.strictObject({ version: z.int(), terms: shownTerms, createdAt: instantSchema }).meta({ id: 'CouponVersion' }),
    ),
  }),
  getCouponText: defineEndpoint({
    method: 'GET',
    path: '/api/v1/coupon-campaigns/{id}/text',
    scope: scope.read,
    tag,
    summary: 'Read the terms in words, in one of the languages',
    query: z.strictObject({ language: z.enum(COUPON_LANGUAGES).optional() }),
    answer: couponTextSchema,
  }),
  createCouponPool: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupon-campaigns/{id}/pools',
    scope: scope.write,
    tag,
    summary: 'Give a campaign codes: generated, imported, or one shared code',
    description: `Up to ${COUPON_CODES_MAX} codes are generated; the first at once, the rest in the background, as \`codes\` shows. No code holds 0, O, 1, I, L or U where it was drawn, and its last character checks the others.`,
    body: poolBody,
    status: 201,
    answer: couponPoolSchema,
  }),
  listCouponPools: defineEndpoint({
    method: 'GET',
    path: '/api/v1/coupon-campaigns/{id}/pools',
    scope: scope.read,
    tag,
    summary: 'List the pools of a campaign, oldest first',
    query: pageQuerySchema,
    answer: pageOf(couponPoolSchema),
  }),
  generateCoupons: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupon-pools/{id}/generate',
    scope: scope.write,
    tag,
    summary: 'Have more codes generated into a pool',
    body: z.strictObject({ count: codeCount }),
    answer: couponPoolSchema,
  }),
  importCoupons: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupon-pools/{id}/import',
    scope: scope.write,
    tag,
    summary: 'Put codes into a pool from JSON, text/csv or application/x-ndjson',
    description: `Up to ${COUPON_IMPORT_MAX} rows with a column \`code\` and, if it is one customer’s alone, \`recipient\` like "email:ada@example.com". Good rows are taken though others are not; the answer names the line of the others, and which line a repeated code stood in before.`,
    body: z.strictObject({
      rows: z
        .array(z.record(z.string(), jsonSchema), { error: 'give a list of rows' })
        .min(1, { error: 'give at least one row' })
        .max(COUPON_IMPORT_MAX, { error: `give at most ${COUPON_IMPORT_MAX} rows at a time` }),
    }),
    answer: z.strictObject({
      rows: z.int(),
      added: z.int(),
      failed: z.int(),
      errors: z
        .array(z.strictObject({ line: z.int().describe('From 1, the head of a CSV not counted'), message: z.string() }))
        .describe('The first 1 000'),
    }),
  }),
  listCoupons: defineEndpoint({
    method: 'GET',
    path: '/api/v1/coupon-campaigns/{id}/coupons',
    scope: scope.read,
    alsoScopes: [scope.write],
    tag,
    summary: 'List the codes of a campaign, in the order they were made',
    query: pageQuerySchema.extend(codeFilter),
    answer: pageOf(couponCodeSchema),
  }),
  exportCoupons: defineEndpoint({
    method: 'GET',
    path: '/api/v1/coupon-campaigns/{id}/coupons/file',
    scope: scope.read,
    alsoScopes: [scope.write],
    tag,
    summary: 'Export the codes of a campaign as a CSV file',
    query: z.strictObject(codeFilter),
    file: ['text/csv'],
  }),
  voidCoupon: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupon-codes/{id}/void',
    scope: scope.write,
    tag,
    summary: 'Make a code worthless; what was redeemed with it stays',
    answer: couponCodeSchema,
  }),
  assignCoupon: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupon-campaigns/{id}/assign',
    scope: scope.write,
    tag,
    summary: 'Give a customer a code: the oldest free one',
    description:
      'The same `intent` gets the same code again. Of a campaign with one shared code it is that code. 409 when no code is left.',
    body: z.strictObject({
      profileId: idSchema('prf').exactOptional(),
      identifier: z.string().min(1).max(600).exactOptional().describe('Like "email:ada@example.com"'),
      intent: z
        .string({ error: 'name what it is for, like "welcome-2026"' })
        .min(1, { error: 'name what it is for, like "welcome-2026"' })
        .max(200, { error: 'use at most 200 characters' }),
    }),
    answer: z.strictObject({
      couponId: idSchema('cpn'),
      code: z.string(),
      expiresAt: instantSchema.nullable(),
      isRepeat: z.boolean(),
    }),
  }),
} as const;
