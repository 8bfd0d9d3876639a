import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema } from '../endpoint.ts';
import { reachabilitySchema } from './reachability.ts';

export const ASKED_PRODUCTS_MAX = 20;

const named = (what: string) => {
  const one = z
    .string()
    .min(1, { error: `give the id of a ${what}` })
    .max(200, { error: `give an id of at most 200 characters` });
  return z
    .union([one, z.array(one)], { error: `give ${what}=… once for each` })
    .transform((value) => [...new Set(typeof value === 'string' ? [value] : value)])
    .refine((values) => values.length <= ASKED_PRODUCTS_MAX, {
      error: `ask about at most ${ASKED_PRODUCTS_MAX} at once`,
    })
    .optional();
};

const productSchema = z
  .strictObject({
    productId: z.string().nullable(),
    sku: z.string().nullable(),
    variant: z.string().nullable(),
    name: z.string().nullable(),
    price: z.number().nullable(),
    url: z.string().nullable(),
  })
  .meta({ id: 'ShopProduct' });
const lineSchema = productSchema.extend({ quantity: z.number() });

const boughtSchema = z
  .strictObject({
    kind: z.enum(['product', 'variant']),
    id: z.string(),
    isBought: z
      .boolean()
      .nullable()
      .describe(
        'She has at least one that was not cancelled and not given back. Null: not among what was read, and not everything was, see `history`',
      ),
    lastBoughtAt: instantSchema.nullable(),
    orders: z.int().describe('How often'),
    quantity: z.number(),
    orderIds: z.array(z.string()).describe('Newest first; orders without an id are left out'),
  })
  .meta({ id: 'Bought' });

const interestSchema = productSchema
  .extend({
    what: z.enum(['viewed', 'in_cart']).describe('`in_cart`: put there, even if it was taken out again'),
    at: instantSchema.describe('When last'),
    lastBoughtAt: instantSchema.nullable().describe('Null: never; else she looked at it again since'),
  })
  .meta({ id: 'Interest' });

export const openCartSchema = z
  .strictObject({
    cartId: z.string().nullable().describe('Null: the shop names none'),
    lines: z.array(
      lineSchema.extend({
        isBought: z.boolean().describe('Bought since it was put there, elsewhere'),
        isInStock: z.boolean().nullable().describe('Null: the catalog does not know it'),
        priceNow: z.number().nullable().describe('What it costs now; null: the catalog does not say'),
      }),
    ),
    value: z.number().nullable().describe('Price by quantity, of the main unit; null while a price is unknown'),
    currency: z.string().nullable(),
    touchedAt: instantSchema,
    isCheckoutStarted: z.boolean(),
    expiresAt: instantSchema.describe('30 days after it was last touched it is no longer open'),
  })
  .meta({ id: 'OpenCart' });

const parcelSchema = z
  .strictObject({
    state: z.string(),
    trackingCompany: z.string().nullable(),
    trackingNumber: z.string().nullable(),
    trackingUrl: z.string().nullable(),
    estimatedAt: instantSchema.nullable(),
  })
  .meta({ id: 'OpenParcel' });

export const openOrderSchema = z
  .strictObject({
    orderId: z.string().nullable(),
    id: idSchema('ord').nullable().describe('In the order book; null: events alone tell of it'),
    number: z.string().nullable(),
    channel: z.string().nullable(),
    payment: z.string().nullable().describe('As in the order book'),
    fulfilment: z.string().nullable().describe('As in the order book'),
    standing: z.string().nullable().describe('As in the order book: open, closed or cancelled'),
    parcels: z.array(parcelSchema),
    orderedAt: instantSchema,
    changedAt: instantSchema,
    lines: z.array(lineSchema).describe('Less what was given back'),
    total: z.number().nullable().describe('As the shop said it last'),
    refunded: z.number().describe('Of that, what was given back'),
    currency: z.string().nullable(),
  })
  .meta({ id: 'OpenOrder' });

const guessSchema = <T extends z.ZodType>(value: T) =>
  z.strictObject({
    value: value.nullable().describe('Null: too little is known, or nothing stands out'),
    evidence: z.int().describe('Answers it is told by'),
    counts: z.record(z.string(), z.int()),
  });

export const answersSchema = z
  .strictObject({
    profileId: idSchema('prf'),
    history: z.strictObject({
      readAt: instantSchema,
      isUpToDate: z.boolean().describe('False: events that arrived in the last moments are not in it yet'),
      isWhole: z.boolean().describe('False: of what is named in `truncated` only the newest was read'),
      truncated: z.array(z.enum(['orders', 'carts', 'views', 'replies', 'segments'])),
    }),
    withheldFor: z
      .enum(['restricted', 'objected'])
      .nullable()
      .describe(
        'Why parts are null. `restricted`: nothing is told of her history; `objected`: nothing that is a profile of her: interests, her channel and hour, segments, stage, place',
      ),
    bought: z.array(boughtSchema).nullable().describe('One for each product and variant asked about'),
    interests: z
      .array(interestSchema)
      .nullable()
      .describe('Viewed or put in a cart and not bought since, newest first'),
    replies: z
      .strictObject({
        timeZone: z.string(),
        channel: guessSchema(z.string()).describe('Messages she opened, clicked or replied to, by channel'),
        hour: guessSchema(z.int().min(0).max(23)).describe('The same by hour of her day'),
      })
      .nullable(),
    carts: z.array(openCartSchema).nullable().describe('Newest first'),
    orders: z
      .array(openOrderSchema)
      .nullable()
      .describe('Completed, and not yet fulfilled, cancelled or given back, or on the way; newest first'),
    points: z
      .array(
        z.strictObject({
          ...{ program: z.string(), name: z.string(), unit: z.string() },
          ...{ balance: z.int().describe('What she can spend'), pending: z.int() },
        }),
      )
      .nullable()
      .describe('By program'),
    segments: z.array(z.strictObject({ id: idSchema('seg'), name: z.string(), enteredAt: instantSchema })).nullable(),
    lists: z.array(z.strictObject({ id: idSchema('lst'), name: z.string() })),
    lifecycleStage: z.string().nullable(),
    journeys: z.array(
      z.strictObject({
        journeyId: idSchema('jrn'),
        journey: z.string(),
        runId: idSchema('run'),
        step: z.string().describe('Where it waits'),
        kind: z.string(),
        until: instantSchema.nullable().describe('It goes on then at the latest'),
        next: z.array(z.string()).describe('The steps it may go on with; none: its path ends'),
        isPaused: z.boolean().describe('The journey is paused'),
      }),
    ),
    place: z
      .strictObject({
        country: z.string().nullable(),
        region: z.string().nullable(),
        city: z.string().nullable(),
        latitude: z.number().nullable(),
        longitude: z.number().nullable(),
      })
      .nullable(),
    reachability: reachabilitySchema,
  })
  .meta({ id: 'Answers' });
export type Answers = z.infer<typeof answersSchema>;

export const answerEndpoints = {
  getAnswers: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/answers',
    scope: 'profiles:read',
    // Segments, lists and stage; where she is in journeys; what she may be sent; orders, carts and points.
    alsoScopes: ['segments:read', 'journeys:read', 'consent:read', 'orders:read', 'baskets:read', 'loyalty:read'],
    tag: 'Profiles',
    summary: 'Ask what a customer bought, looked at, has open, and what comes next for her',
    description:
      'By event time, over everything she is known by; what the order book and baskets know counts before what events say of the same order or cart. Products and variants are named as the shop named them in its events; a product also by its sku.',
    query: z.strictObject({ product: named('product'), variant: named('variant') }),
    answer: answersSchema,
  }),
} as const;
