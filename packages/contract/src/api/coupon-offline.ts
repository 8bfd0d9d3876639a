import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, jsonSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { currencySchema, moneySchema } from '../money.ts';
import { couponAmountSchema, couponRefSchema, couponRefusedSchema, typedCodeSchema } from './coupon-redemptions.ts';

/** How many redemptions one reconciliation takes. */
export const COUPON_RECONCILE_MAX = 500;
export const COUPON_EXCEPTION_KINDS = [
  'used_up',
  'held',
  'profile_limit',
  'campaign_limit',
  'budget',
  'void',
  'paused',
  'expired',
  'not_started',
  'channel',
  'store',
  'currency',
  'recipient',
  'unknown_code',
  'over_cap',
  'no_voucher',
  'sequence_reused',
  'merged_over_limit',
  'pool_low',
] as const;

const scope = { read: 'coupons:read', write: 'coupons:write' } as const;
const tag = 'Coupons';

/** Tills without a connection, and what came in against a limit. */
export const couponOfflineEndpoints = {
  createCouponSheet: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupons/sheets',
    scope: scope.write,
    tag,
    summary: 'Give a till what it needs to take coupons without a connection',
    description:
      'A signed sheet of the campaigns with an `offlineCap`, and the public key (Ed25519) by which the till checks vouchers. Shared codes stand in it as SHA-256 of salt and code.',
    body: z.strictObject({
      deviceId: couponRefSchema('name the till'),
      store: z.string().min(1).max(200).exactOptional(),
      hours: z.int().min(1).max(168).default(24).describe('How long the sheet is good'),
    }),
    changesNothing: true,
    answer: z.strictObject({
      sheet: z.string().describe('Signed: two parts in base64url, joined by a dot'),
      publicKey: z.string().describe('Ed25519, SPKI in base64'),
      expiresAt: instantSchema,
    }),
  }),
  createCouponVouchers: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupons/vouchers',
    scope: scope.write,
    tag,
    summary: 'Make signed vouchers (for a QR code) of codes, that a till can check without a connection',
    body: z.strictObject({ codes: z.array(typedCodeSchema).min(1).max(500) }),
    changesNothing: true,
    answer: z.strictObject({
      vouchers: z.array(z.strictObject({ code: z.string(), voucher: z.string() })),
      refused: z.array(couponRefusedSchema),
    }),
  }),
  reconcileCoupons: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupons/reconcile',
    scope: scope.write,
    tag,
    summary: 'Tell what a till redeemed without a connection',
    description: `Up to ${COUPON_RECONCILE_MAX}, each once by device and sequence however often it is sent. What another had redeemed before, and what is beyond a limit or the cap, becomes an exception.`,
    body: z.strictObject({
      deviceId: couponRefSchema('name the till'),
      store: z.string().min(1).max(200).exactOptional(),
      orderSource: couponRefSchema('name the source of the till’s orders, like "pos:store-1"')
        .exactOptional()
        .describe(
          'As its orders name it, so that the same order is not counted twice. Left out: `pos:` and the device',
        ),
      redemptions: z
        .array(
          z.strictObject({
            sequence: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
            code: z.string().trim().min(1).max(2_000).describe('The code, or its voucher'),
            amountMinor: couponAmountSchema,
            currency: currencySchema,
            at: z.iso.datetime({ offset: true, error: 'give an instant, like "2026-12-01T10:00:00Z"' }),
            orderRef: z.string().min(1).max(200).exactOptional().describe('Left out: device and sequence'),
            profileId: idSchema('prf').exactOptional(),
            identifier: z.string().min(1).max(600).exactOptional(),
          }),
        )
        .min(1, { error: 'give at least one' })
        .max(COUPON_RECONCILE_MAX, { error: `give at most ${COUPON_RECONCILE_MAX} at a time` }),
    }),
    answer: z.strictObject({
      results: z.array(
        z.strictObject({
          sequence: z.int(),
          outcome: z.enum(['redeemed', 'exception']),
          exception: z.enum(COUPON_EXCEPTION_KINDS).nullable(),
          isRepeat: z.boolean(),
        }),
      ),
    }),
  }),
  listCouponExceptions: defineEndpoint({
    method: 'GET',
    path: '/api/v1/coupon-exceptions',
    scope: scope.read,
    tag,
    summary: 'List what came in against a limit and is for people to decide, newest first',
    query: pageQuerySchema.extend({ state: z.enum(['open', 'resolved']).default('open') }),
    answer: pageOf(
      z
        .strictObject({
          id: z.uuid(),
          kind: z.enum(COUPON_EXCEPTION_KINDS),
          campaignId: idSchema('cpc').nullable(),
          redemptionId: idSchema('rdm').nullable(),
          profileId: idSchema('prf').nullable(),
          amount: moneySchema.nullable(),
          detail: jsonSchema,
          state: z.enum(['open', 'resolved']),
          note: z.string().nullable(),
          at: instantSchema,
        })
        .meta({ id: 'CouponException' }),
    ),
  }),
  resolveCouponException: defineEndpoint({
    method: 'POST',
    path: '/api/v1/coupon-exceptions/{id}/resolve',
    scope: scope.write,
    tag,
    summary: 'Note that an exception was looked at',
    body: z.strictObject({ note: z.string().max(1_000).default('') }),
    status: 204,
  }),
} as const;
