import { z } from 'zod';

import { couponChannelSchema as channelSchema } from '../coupon-terms.ts';
import { defineEndpoint, idSchema, instantSchema } from '../endpoint.ts';
import { currencySchema, moneySchema } from '../money.ts';
import { BASKET_KINDS } from '../segment-language.ts';

const LINES_PER_CALL_MAX = 100;
const BASKET_QUANTITY_MAX = 9_999;

const scope = { read: 'baskets:read', write: 'baskets:write' } as const;
const tag = 'Baskets';

const text = (max: number) => z.string({ error: 'give a text' }).min(1, { error: 'give a text' }).max(max);
const reference = text(200).exactOptional();
const identifier = text(600).exactOptional().describe('Whose it is, like "loyaltyId:4711" or "email:ada@example.com"');
const token = text(200).describe('Of a basket: whoever knows it may read and change the basket');

const line = z
  .strictObject({
    key: z.string().describe('What tells the lines of a basket apart'),
    variantId: idSchema('var').nullable().describe('Null: the catalog knows no such variant'),
    productId: idSchema('prd').nullable(),
    productRef: z.string().nullable().describe('As whoever put it there calls it'),
    variantRef: z.string().nullable(),
    sku: z.string().nullable(),
    name: z.string().nullable(),
    imageUrl: z.string().nullable(),
    url: z.string().nullable(),
    quantity: z.int().describe('0: it was removed'),
    note: z.string().nullable(),
    priceWhenAdded: moneySchema.nullable(),
    price: moneySchema.nullable().describe('Now, by the catalog; null: it knows none'),
    isInStock: z.boolean(),
    addedAt: instantSchema,
  })
  .meta({ id: 'BasketLine' });

const basket = z
  .strictObject({
    id: z.string(),
    kind: z.enum(BASKET_KINDS),
    token: z.string().describe('For the customer’s device'),
    profileId: idSchema('prf').nullable(),
    isLinked: z.boolean().describe('False: a guest’s, whatever profile her device belongs to'),
    state: z.enum(['active', 'converted', 'abandoned']),
    name: z.string().nullable(),
    shareToken: z.string().nullable(),
    currency: z.string().nullable(),
    channel: z.string(),
    source: z.string().describe('`api`, `device`, `viewed`, or the shop it lives at'),
    version: z.int().describe('Grows with every change'),
    lines: z.array(line),
    total: moneySchema.nullable().describe('Of the prices now; null where one is unknown or another currency'),
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: 'Basket' });

const lineWord = z.strictObject({
  key: text(300).exactOptional().describe('Of a line that was answered; or name what it is'),
  variantId: reference.describe('Ours, or the shop’s own'),
  sku: reference,
  productId: reference.describe('Ours, or the shop’s own'),
  name: text(300).exactOptional().describe('For what the catalog does not know'),
  detail: text(100).exactOptional().describe('Tells apart lines of one variant, like an engraving'),
  quantity: z
    .int({ error: 'give a whole number of pieces, 0 to remove the line' })
    .min(0, { error: 'give 0 or more' })
    .max(BASKET_QUANTITY_MAX, { error: `give at most ${BASKET_QUANTITY_MAX}` })
    .describe('How many lie there afterwards, not how many more; 0 removes the line'),
  note: text(500).nullable().exactOptional().describe('Left out: as before'),
  price: moneySchema.exactOptional().describe('For what the catalog does not know'),
  at: instantSchema
    .exactOptional()
    .describe('When it was said, where that is not now: of two words on a line the newer one counts'),
});

const lineWords = z
  .array(lineWord, { error: 'give the lines that change' })
  .max(LINES_PER_CALL_MAX, { error: `give at most ${LINES_PER_CALL_MAX} lines at once` });

const device = z
  .string({ error: 'give a name of the device' })
  .regex(/^[A-Za-z0-9_.:-]{1,60}$/, { error: 'use 1 to 60 letters, digits and _ . : -' })
  .default('api')
  .describe('Who says it: settles two words of the same instant the same way everywhere');

const hold = z.strictObject({
  ref: z.string().describe('`holdRef` of the order that is made of the cart'),
  isHeld: z.boolean().describe('False: not all of it could be set apart'),
  expiresAt: instantSchema.nullable(),
  short: z.array(z.strictObject({ variantId: idSchema('var'), wanted: z.int(), available: z.int() })),
});

const changed = z.strictObject({ basket, hold: hold.nullable().describe('Null: no stock is set apart for it') });

export const basketEndpoints = {
  listBaskets: defineEndpoint({
    method: 'GET',
    path: '/api/v1/baskets',
    scope: scope.read,
    tag,
    summary: 'Read a customer’s carts, wish lists and recently viewed, wherever she began them',
    query: z.strictObject({
      profileId: idSchema('prf').optional(),
      identifier: z.string().max(600).optional().describe('`kind:value`, like `loyaltyId:4711`'),
      kind: z.enum(BASKET_KINDS, { error: `choose one of ${BASKET_KINDS.join(', ')}` }).optional(),
    }),
    answer: z.strictObject({ baskets: z.array(basket).describe('The customer’s own first, then the newest') }),
  }),
  createBasket: defineEndpoint({
    method: 'POST',
    path: '/api/v1/baskets',
    scope: scope.write,
    tag,
    summary: 'Open a customer’s basket, or a guest’s',
    description:
      'A customer has one cart, one wish list and one list of what she viewed: who has it already is answered that one, with `isNew` false. Without `profileId` and `identifier` it is a guest’s.',
    body: z.strictObject({
      kind: z.enum(BASKET_KINDS, { error: `choose one of ${BASKET_KINDS.join(', ')}` }),
      profileId: idSchema('prf').exactOptional(),
      identifier,
      channel: channelSchema,
      currency: currencySchema.exactOptional(),
      name: text(200).exactOptional(),
    }),
    status: 201,
    answer: z.strictObject({ basket, isNew: z.boolean() }),
  }),
  getBasket: defineEndpoint({
    method: 'GET',
    path: '/api/v1/baskets/{id}',
    scope: scope.read,
    tag,
    summary: 'Read a basket; one that was merged answers what it became part of',
    answer: basket,
  }),
  setBasketLines: defineEndpoint({
    method: 'POST',
    path: '/api/v1/baskets/{id}/lines',
    scope: scope.write,
    tag,
    summary: 'Set or remove lines of a basket, and hold its stock',
    description:
      'Each line is what was said of it last, by instant: words that arrive late or twice change nothing. `hold` sets the cart’s stock apart for 15 minutes, again with every change; false lets go of it.',
    body: z.strictObject({ lines: lineWords, device, hold: z.boolean().exactOptional() }),
    answer: changed,
  }),
  linkBasket: defineEndpoint({
    method: 'POST',
    path: '/api/v1/baskets/link',
    scope: scope.write,
    tag,
    summary: 'Make a guest’s basket the customer’s: she signed in',
    description:
      'What the customer has of the kind already and what the guest put aside become one, once: quantities add up as far as they can be sold. That is a new basket, and every token and id of either leads to it from then on. 409: the basket is another customer’s.',
    body: z.strictObject({ token, profileId: idSchema('prf').exactOptional(), identifier }),
    answer: basket,
  }),
  shareBasket: defineEndpoint({
    method: 'POST',
    path: '/api/v1/baskets/{id}/share',
    scope: scope.write,
    tag,
    summary: 'Share a wish list by a link that only reads, or stop sharing it',
    body: z.strictObject({ isShared: z.boolean(), name: text(200).nullable().exactOptional() }),
    answer: basket,
  }),
  renewBasketToken: defineEndpoint({
    method: 'POST',
    path: '/api/v1/baskets/{id}/token',
    scope: scope.write,
    tag,
    summary: 'Shut every device out of a basket: its tokens lead nowhere, a new one is answered',
    description: 'For a customer who signs out, or lost a device. Devices that stay are given the new token.',
    answer: basket,
  }),
  convertBasket: defineEndpoint({
    method: 'POST',
    path: '/api/v1/baskets/{id}/conversions',
    scope: scope.write,
    tag,
    summary: 'Say that a cart was bought, by an order that the order book is not told of',
    description: 'What was bought leaves the cart, once per `reference`. Left out, `lines` are all of it.',
    body: z.strictObject({
      reference: text(200).describe('Of the order: the same is done once'),
      lines: z
        .array(z.strictObject({ key: text(300), quantity: z.int().min(1).max(BASKET_QUANTITY_MAX) }))
        .max(500)
        .exactOptional(),
    }),
    answer: basket,
  }),
} as const;
