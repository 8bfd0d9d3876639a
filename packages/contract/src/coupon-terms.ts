import { z } from 'zod';

import { idSchema } from './endpoint.ts';
import { moneySchema } from './money.ts';

const NAMES_MAX = 500;
const CURRENCIES_MAX = 30;
/** Sums of a whole cart stay exact as numbers. */
const LINE_MINOR_MAX = 1_000_000_000_000;

const instant = z.iso
  .datetime({ offset: true, error: 'give an instant, like "2026-12-01T00:00:00Z"' })
  .describe('ISO 8601, with its offset from UTC');

const word = z
  .string({ error: 'give a text' })
  .trim()
  .min(1, { error: 'give a text' })
  .max(200, { error: 'use at most 200 characters' });
const words = z
  .array(word, { error: 'give a list of texts' })
  .min(1, { error: 'give at least one' })
  .max(NAMES_MAX, { error: `give at most ${NAMES_MAX}` });

/** One amount a currency: `[{ "amountMinor": 500, "currency": "EUR" }]`. */
const amounts = z
  .array(moneySchema, { error: 'give a list of amounts, one a currency' })
  .min(1, { error: 'give an amount for at least one currency' })
  .max(CURRENCIES_MAX, { error: `give at most ${CURRENCIES_MAX} currencies` })
  .refine((list) => new Set(list.map((one) => one.currency)).size === list.length, {
    error: 'give each currency once',
  });
const positiveAmounts = amounts.refine((list) => list.every((one) => one.amountMinor > 0), {
  error: 'give amounts above 0',
});

/** Which products: a line is meant when any of these names it. */
export const couponProductsSchema = z
  .strictObject(
    {
      products: words.exactOptional().describe('Ids of products, Segue’s (`prd_…`) or the shop’s'),
      variants: words.exactOptional().describe('Ids of variants, Segue’s (`var_…`) or the shop’s'),
      skus: words.exactOptional(),
      collections: words.exactOptional(),
      categories: words.exactOptional().describe('Categories or product types'),
      vendors: words.exactOptional(),
    },
    { error: 'say which products, like { "collections": ["shirts"] }' },
  )
  .refine((one) => Object.keys(one).length > 0, { error: 'name products, variants, SKUs, collections or categories' })
  .meta({ id: 'CouponProducts' });
export type CouponProducts = z.infer<typeof couponProductsSchema>;

const percent = z
  .number({ error: 'give a number of percent, like 15' })
  .gt(0, { error: 'give more than 0' })
  .max(100, { error: 'give at most 100' })
  .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-9, {
    error: 'use at most two digits behind the point',
  });
const pieces = z
  .int({ error: 'give a whole number of pieces' })
  .min(1, { error: 'give at least 1' })
  .max(1_000, { error: 'give at most 1000' });

/** What a coupon gives. */
export const couponBenefitSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('percent'),
      percent,
      atMost: positiveAmounts.exactOptional().describe('Never more than this, by currency'),
    }),
    z.strictObject({
      kind: z.literal('amount'),
      amounts: positiveAmounts.describe('By currency; others are refused'),
    }),
    z.strictObject({
      kind: z.literal('free_shipping'),
      atMost: positiveAmounts.exactOptional().describe('Never more than this, by currency'),
    }),
    z.strictObject({
      kind: z.literal('buy_get'),
      buy: pieces.describe('Pieces to be paid'),
      get: pieces.describe('Pieces that are reduced, the cheapest ones'),
      percent: percent.default(100).describe('By how much; 100 is free'),
      gets: couponProductsSchema
        .exactOptional()
        .describe('Which pieces are reduced, when others than those to be bought'),
      times: pieces.exactOptional().describe('How often in one order; left out: as often as it fits'),
    }),
  ],
  { error: 'choose a kind: percent, amount, free_shipping or buy_get' },
);
export type CouponBenefit = z.output<typeof couponBenefitSchema>;

const channel = z
  .string({ error: 'give a channel, like "web" or "pos"' })
  .regex(/^[a-z][a-z0-9_:.-]{0,39}$/, { error: 'use small letters, digits and _ : . -, like "marketplace:amazon"' });
const stackGroup = z
  .string({ error: 'name the group' })
  .regex(/^[a-z][a-z0-9_-]{0,39}$/, { error: 'use small letters, digits, _ and -' });
const emailDomain = z
  .string({ error: 'give a domain, like "customer.example"' })
  .toLowerCase()
  .regex(/^[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?\.[a-z]{2,63}$/, { error: 'give a domain, like "customer.example"' });
const segmentIds = z
  .array(idSchema('seg'), { error: 'give a list of ids of segments' })
  .min(1, { error: 'give at least one' })
  .max(50, { error: 'give at most 50' });

/** Everything that decides whether a coupon counts for a cart, and what it gives: the one set of terms. */
export const couponTermsSchema = z
  .strictObject(
    {
      benefit: couponBenefitSchema,
      minimum: amounts
        .exactOptional()
        .describe('Least value of the goods it counts for, by currency; others are refused'),
      only: couponProductsSchema.exactOptional().describe('Counts for these products alone'),
      except: couponProductsSchema.exactOptional().describe('Never counts for these'),
      excludeSale: z.boolean().default(false).describe('Never counts for what is reduced already'),
      firstOrderOnly: z.boolean().default(false).describe('Only for who has ordered nothing before'),
      segments: segmentIds.exactOptional().describe('Only for members of one of these'),
      notSegments: segmentIds.exactOptional().describe('For members of none of these'),
      recipientOnly: z.boolean().default(false).describe('A code counts only for whom it was assigned to'),
      emailDomains: z
        .array(emailDomain)
        .min(1)
        .max(100)
        .exactOptional()
        .describe('Only for addresses of these domains'),
      startsAt: instant.exactOptional().describe('From this instant on'),
      expiresAt: instant.exactOptional().describe('Before this instant'),
      channels: z.array(channel).min(1).max(50).exactOptional().describe('Only in these channels'),
      stores: words.exactOptional().describe('Only in these stores; elsewhere than in a store it is refused'),
      stacking: z
        .discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('group'), group: stackGroup }),
          z.strictObject({ kind: z.literal('exclusive') }),
        ])
        .default({ kind: 'group', group: 'default' })
        .describe('Of one group the best coupon counts; groups add up; an exclusive one counts alone'),
      offlineCap: moneySchema
        .exactOptional()
        .describe('Tills without a connection may take it, up to this value; left out: they may not'),
    },
    { error: 'give the terms, like { "benefit": { "kind": "percent", "percent": 10 } }' },
  )
  .refine(({ startsAt, expiresAt }) => !startsAt || !expiresAt || Date.parse(startsAt) < Date.parse(expiresAt), {
    error: 'give an end after the start',
    path: ['expiresAt'],
  });
export type CouponTerms = z.output<typeof couponTermsSchema>;

const count = (what: string) =>
  z
    .int({ error: `give a whole number, ${what}` })
    .min(1, { error: 'give at least 1, or null for no limit' })
    .max(1_000_000_000, { error: 'give at most 1000000000' })
    .nullable();

/** How often, and how much. Null: without limit. What is held counts as what is redeemed. */
export const couponLimitsSchema = z.strictObject(
  {
    total: count('of all redemptions').default(null).describe('Redemptions of the whole campaign'),
    perProfile: count('of redemptions by one customer').default(null).describe('Redemptions by one customer'),
    budget: moneySchema.nullable().default(null).describe('What all redemptions may cost; only in this currency'),
  },
  { error: 'give limits, like { "perProfile": 1 }' },
);
export type CouponLimits = z.output<typeof couponLimitsSchema>;

/** Why a coupon does not count. */
export const COUPON_REFUSALS = [
  'unknown',
  'void',
  'paused',
  'not_started',
  'expired',
  'channel',
  'store',
  'currency',
  'recipient',
  'profile_required',
  'segment',
  'first_order',
  'email',
  'no_product',
  'minimum',
  'no_effect',
  'better_coupon',
  'used_up',
  'held',
  'profile_limit',
  'campaign_limit',
  'budget',
] as const;
export type CouponRefusal = (typeof COUPON_REFUSALS)[number];

export const couponChannelSchema = channel;

const minor = z
  .int({ error: 'give a whole number of minor units' })
  .min(0, { error: 'give 0 or more' })
  .max(1_000_000_000_000, { error: 'give at most 1000000000000' });
const names = z.array(word).max(200, { error: 'give at most 200' });

/** A line of what is bought. What the catalog knows of its product need not be given. */
export const couponLineSchema = z
  .strictObject(
    {
      id: word.describe('The caller’s name for the line; discounts come back by it'),
      productId: word.exactOptional(),
      variantId: word.exactOptional(),
      sku: word.exactOptional(),
      collections: names.exactOptional(),
      categories: names.exactOptional(),
      vendor: word.exactOptional(),
      quantity: z
        .int({ error: 'give a whole number of pieces' })
        .min(1, { error: 'give at least 1' })
        .max(100_000, { error: 'give at most 100000' }),
      unitPriceMinor: minor.describe('Price of one piece'),
      discountMinor: minor.default(0).describe('What is off the whole line already, by other means than coupons'),
      isOnSale: z.boolean().exactOptional().describe('Reduced already; else the catalog’s compare-at price says it'),
    },
    { error: 'give a line, like { "id": "1", "sku": "TEE-M", "quantity": 2, "unitPriceMinor": 1999 }' },
  )
  .refine((line) => line.quantity * line.unitPriceMinor <= LINE_MINOR_MAX, {
    error: `a line may cost at most ${LINE_MINOR_MAX}`,
    path: ['unitPriceMinor'],
  })
  .refine((line) => line.quantity * line.unitPriceMinor >= line.discountMinor, {
    error: 'is more than the line costs',
    path: ['discountMinor'],
  })
  .meta({ id: 'CouponLine' });
export type CouponLine = z.output<typeof couponLineSchema>;
