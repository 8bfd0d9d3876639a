import { z } from 'zod';

import { COUPON_REFUSALS, couponChannelSchema, couponLineSchema } from '../coupon-terms.ts';
import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { currencySchema } from '../money.ts';
import { couponTextSchema } from './coupon-campaigns.ts';

const CODES_MAX = 10;

const scope = { read: 'coupons:read', write: 'coupons:write' } as const;
const tag = 'Coupons';

export const typedCodeSchema = z
  .string({ error: 'give the code as the customer typed it' })
  .trim()
  .min(1, { error: 'give the code as the customer typed it' })
  .max(100, { error: 'use at most 100 characters' });
export const couponRefSchema = (remedy: string) =>
  z.string({ error: remedy }).min(1, { error: remedy }).max(200, { error: 'use at most 200 characters' });
const ownerRef = couponRefSchema('name the cart or checkout, like "cart:9f3a"').describe(
  'What holds the coupons, one hold each',
);
export const couponAmountSchema = z
  .int({ error: 'give a whole number of minor units' })
  .min(0, { error: 'give 0 or more' })
  .max(1_000_000_000_000, { error: 'give at most 1000000000000' });
const orderNames = {
  orderSource: couponRefSchema('name the source of the order, like "pos:store-1"'),
  orderRef: couponRefSchema('give the number of the order in its source'),
};

const quoteFields = {
  codes: z
    .array(typedCodeSchema, { error: 'give a list of codes' })
    .min(1, { error: 'give at least one code' })
    .max(CODES_MAX, { error: `give at most ${CODES_MAX} codes` }),
  cart: z.strictObject({
    currency: currencySchema,
    lines: z
      .array(couponLineSchema, { error: 'give the lines of the cart' })
      .max(500, { error: 'give at most 500 lines' })
      .refine((lines) => new Set(lines.map((line) => line.id)).size === lines.length, {
        error: 'give every line an id of its own',
      }),
    shippingMinor: couponAmountSchema.default(0),
  }),
  channel: couponChannelSchema,
  store: z.string().min(1).max(200).exactOptional(),
  profileId: idSchema('prf').exactOptional(),
  identifier: z.string().min(1).max(600).exactOptional().describe('Who buys, like "email:ada@example.com"'),
  ip: z
    .union([z.ipv4(), z.ipv6()], { error: 'give an IP address' })
    .exactOptional()
    .describe('Of the customer’s device: guesses are counted by it'),
};
const validateBody = z.strictObject({
  ...quoteFields,
  ownerRef: ownerRef.exactOptional().describe('Whose hold is not counted against it: the cart’s own'),
});
export type CouponQuoteBody = z.output<typeof validateBody>;

const discount = z
  .strictObject({
    code: z.string(),
    couponId: idSchema('cpn'),
    campaignId: idSchema('cpc'),
    name: z.string(),
    amountMinor: z.int().describe('Off the lines and the shipping together'),
    lines: z.array(z.strictObject({ lineId: z.string(), amountMinor: z.int() })),
    shippingMinor: z.int(),
    text: couponTextSchema,
  })
  .meta({ id: 'CouponDiscount' });
export const couponRefusedSchema = z
  .strictObject({ code: z.string(), reason: z.enum(COUPON_REFUSALS), message: z.string() })
  .meta({ id: 'CouponRefused' });
const quote = {
  currency: z.string(),
  discounts: z.array(discount),
  refused: z.array(couponRefusedSchema),
  subtotalMinor: z.int().describe('Of the lines, after `discountMinor`, before coupons'),
  discountMinor: z.int().describe('By coupons, off lines and shipping'),
  totalMinor: z.int().describe('Lines and shipping after coupons'),
};

const redemption = z
  .strictObject({
    id: idSchema('rdm'),
    couponId: idSchema('cpn'),
    campaignId: idSchema('cpc'),
    version: z.int(),
    orderSource: z.string(),
    orderRef: z.string(),
    channel: z.string(),
    profileId: idSchema('prf').nullable(),
    amountMinor: z.int(),
    currency: z.string(),
    state: z
      .enum(['redeemed', 'voided', 'exception'])
      .describe('An exception was given by a till or shop and is beyond a limit: it counts for none'),
    redeemedAt: instantSchema,
    voidedAt: instantSchema.nullable(),
  })
  .meta({ id: 'CouponRedemption' });

const outcome = z.strictObject({
  redemptions: z.array(redemption),
  refused: z.array(couponRefusedSchema),
  isRepeat: z.boolean().describe('It was done before; this is how'),
});

export const couponRedemptionEndpoints = {
  validateCoupons: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupons/validate',
    scope: scope.read,
    tag,
    summary: 'Say what codes are worth for a cart, with their terms, and why others are not',
    description: 'Holds nothing. Many unknown codes of one customer, address or caller are answered with 429.',
    body: validateBody,
    changesNothing: true,
    answer: z.strictObject(quote),
  }),
  holdCoupons: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupons/hold',
    scope: scope.write,
    tag,
    summary: 'Hold coupons for a cart for 15 minutes, so that nobody else spends them',
    description:
      'One hold an owner: another call with the same cart answers the same, one with another cart or other codes takes the place of the hold.',
    body: z.strictObject({ ...quoteFields, ownerRef }),
    answer: z.strictObject({ ...quote, ownerRef: z.string(), expiresAt: instantSchema.nullable() }),
  }),
  releaseCoupons: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupons/release',
    scope: scope.write,
    tag,
    summary: 'Let go of what a cart holds',
    body: z.strictObject({ ownerRef }),
    answer: z.strictObject({ released: z.int() }),
  }),
  commitCoupons: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupons/commit',
    scope: scope.write,
    tag,
    summary: 'Redeem what a cart holds: its order is paid',
    description:
      'A hold that has expired is taken again if it still can be. A repeat for the same order answers what was done.',
    body: z.strictObject({
      ownerRef,
      ...orderNames,
      amounts: z
        .array(z.strictObject({ code: typedCodeSchema, amountMinor: couponAmountSchema }))
        .max(CODES_MAX)
        .exactOptional()
        .describe('What was given in the end, where it is not what was held'),
    }),
    answer: outcome,
  }),
  redeemCoupons: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupons/redeem',
    scope: scope.write,
    tag,
    summary: 'Redeem codes for an order at once, without a hold: at the till, in chat',
    body: z.strictObject({ ...quoteFields, ...orderNames }),
    answer: z.strictObject({ ...quote, ...outcome.shape }),
  }),
  voidCoupons: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupons/void',
    scope: scope.write,
    tag,
    summary: 'Take back the redemptions of an order: each gives exactly one use back',
    body: z.strictObject({
      ...orderNames,
      code: typedCodeSchema.exactOptional().describe('Left out: all of the order'),
    }),
    answer: z.strictObject({ voided: z.int() }),
  }),
  listCouponRedemptions: defineEndpoint({
    method: 'GET',
    path: '/api/v1/coupon-redemptions',
    scope: scope.read,
    tag,
    summary: 'List redemptions, newest first',
    query: pageQuerySchema.extend({
      campaignId: idSchema('cpc').optional(),
      profileId: idSchema('prf').optional(),
      orderSource: z.string().max(200).optional(),
      orderRef: z.string().max(200).optional(),
    }),
    answer: pageOf(redemption),
  }),
} as const;
