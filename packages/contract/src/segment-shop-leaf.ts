import { z } from 'zod';

import { numberSchema, wellFormedText } from './segment-condition.ts';
import {
  BASKET_KINDS,
  type BasketLeaf,
  type BoughtLeaf,
  COUPON_STATES,
  type CouponLeaf,
  ORDER_STATES,
  type OrderLeaf,
  POINTS_KINDS,
  type PointsLeaf,
  type ProductMatch,
} from './segment-language.ts';

const PIECES_MAX = 1_000_000;
const POINTS_MAX = 1_000_000_000_000;

const name = wellFormedText('give a text, like "TEE-M"')
  .max(200, { error: 'use at most 200 characters' })
  .exactOptional();
const match = {
  product: name,
  variant: name,
  sku: name,
  collection: name,
  vendor: name,
  type: name,
  tag: name,
};
const PRODUCT = 'say which products, like { "collection": "shirts" }, or {} for any';
const productSchema: z.ZodType<ProductMatch> = z.strictObject(match, { error: PRODUCT });

export const boughtLeafSchema: z.ZodType<BoughtLeaf> = z.strictObject({
  bought: z.strictObject(
    {
      ...match,
      atLeast: z
        .int({ error: 'give a whole number of pieces' })
        .min(1, { error: 'give at least 1' })
        .max(PIECES_MAX, { error: `give at most ${PIECES_MAX}` })
        .exactOptional(),
    },
    { error: PRODUCT },
  ),
});

export const basketLeafSchema: z.ZodType<BasketLeaf> = z.strictObject({
  basket: z.enum(BASKET_KINDS, { error: `choose one of ${BASKET_KINDS.join(', ')}` }),
  holds: productSchema.exactOptional(),
  inStock: z.boolean({ error: 'give true for what can be bought now, false for what cannot' }).exactOptional(),
});

export const orderLeafSchema: z.ZodType<OrderLeaf> = z.strictObject({
  order: z
    .array(z.enum(ORDER_STATES, { error: `give states out of ${ORDER_STATES.join(', ')}` }), {
      error: `give a list of states out of ${ORDER_STATES.join(', ')}`,
    })
    .min(1, { error: 'give at least one state' }),
});

const points = numberSchema.min(-POINTS_MAX).max(POINTS_MAX).exactOptional();

export const pointsLeafSchema: z.ZodType<PointsLeaf> = z.strictObject({
  points: z
    .strictObject(
      {
        of: z.enum(POINTS_KINDS, { error: `choose one of ${POINTS_KINDS.join(', ')}` }).exactOptional(),
        program: name,
        atLeast: points,
        atMost: points,
      },
      { error: 'ask like { "atLeast": 500 }' },
    )
    .refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, {
      error: 'give atLeast, atMost or both',
    })
    .refine(({ atLeast, atMost }) => atLeast === undefined || atMost === undefined || atLeast <= atMost, {
      error: 'nobody can have so many: set "atLeast" no larger than "atMost"',
      path: ['atLeast'],
    }),
});

export const couponLeafSchema: z.ZodType<CouponLeaf> = z.strictObject({
  coupon: z.strictObject(
    {
      campaign: z.string({ error: 'give the id of a coupon campaign, like "cpc_…"' }).regex(/^cpc_[0-9a-f]{32}$/, {
        error: 'give the id of a coupon campaign: "cpc_" and 32 hex digits',
      }),
      state: z
        .array(z.enum(COUPON_STATES, { error: `give states out of ${COUPON_STATES.join(', ')}` }), {
          error: `give a list of states out of ${COUPON_STATES.join(', ')}`,
        })
        .min(1, { error: 'give at least one state' }),
    },
    { error: 'ask like { "campaign": "cpc_…", "state": ["redeemed"] }' },
  ),
});
