import { z } from 'zod';

import { couponChannelSchema as channelSchema } from '../coupon-terms.ts';
import { defineEndpoint, idSchema, instantSchema, jsonSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { AMOUNT_MINOR_MAX, currencySchema } from '../money.ts';
import { ALLOCATION_STRATEGIES } from '../stock.ts';

export const ORDER_LINES_MAX = 200;

const scope = { read: 'orders:read', write: 'orders:write' } as const;
const tag = 'Orders';

const amount = z
  .int({ error: 'give a whole number of minor units (cents)' })
  .min(0, { error: 'give 0 or more' })
  .max(AMOUNT_MINOR_MAX);
const quantity = z
  .int({ error: 'give a whole number of pieces' })
  .min(1, { error: 'give at least 1' })
  .max(100_000, { error: 'give at most 100000' });
const text = (max: number) => z.string({ error: 'give a text' }).min(1, { error: 'give a text' }).max(max);
const reference = text(200).describe('Of your own: the same is the same, and done once');

const address = z
  .strictObject({
    name: text(200).exactOptional(),
    street: text(500).exactOptional(),
    city: text(200).exactOptional(),
    region: text(200).exactOptional(),
    postcode: text(30).exactOptional(),
    country: text(60).exactOptional(),
    phone: text(60).exactOptional(),
  })
  .meta({ id: 'OrderAddress' });

const orderLine = z
  .strictObject({
    id: z.string(),
    variantId: idSchema('var').nullable(),
    productRef: z.string().nullable().describe('As the source calls it'),
    variantRef: z.string().nullable(),
    sku: z.string().nullable(),
    name: z.string(),
    variantTitle: z.string().nullable(),
    brand: z.string().nullable(),
    quantity: z.int(),
    cancelled: z.int(),
    fulfilled: z.int(),
    returned: z.int(),
    unitPriceMinor: z.int(),
    discountMinor: z.int().describe('Off the whole line'),
  })
  .meta({ id: 'OrderLine' });

const fulfilment = z.strictObject({
  id: z.string(),
  state: z.enum(['pending', 'shipped', 'delivered', 'cancelled', 'failed']),
  at: instantSchema,
  createdAt: instantSchema,
  locationId: idSchema('loc').nullable(),
  trackingCompany: z.string().nullable(),
  trackingNumber: z.string().nullable(),
  trackingUrl: z.string().nullable(),
  estimatedAt: instantSchema.nullable(),
  lines: z.array(z.strictObject({ lineId: z.string(), quantity: z.int() })),
});

const RESTOCKS = ['cancel', 'return', 'none', 'unknown'] as const;
const refund = z.strictObject({
  id: z.string(),
  at: instantSchema,
  amountMinor: z.int(),
  reason: z.string().nullable(),
  lines: z.array(z.strictObject({ lineId: z.string(), quantity: z.int(), restock: z.enum(RESTOCKS) })),
});

export const orderSchema = z
  .strictObject({
    id: idSchema('ord'),
    source: z.string(),
    sourceOrderId: z.string(),
    number: z.string(),
    channel: z.string(),
    locationId: idSchema('loc').nullable(),
    profileId: idSchema('prf').nullable(),
    currency: z.string(),
    placedAt: instantSchema,
    isTest: z.boolean(),
    isPreorder: z.boolean().describe('Of what is coming'),
    promisedAt: instantSchema.nullable().describe('Of a pre-order: when it was to come, as it was placed'),
    payment: z.enum(['pending', 'authorized', 'partially_paid', 'paid', 'partially_refunded', 'refunded', 'voided']),
    fulfilment: z.enum(['unfulfilled', 'partial', 'fulfilled', 'delivered']),
    standing: z.enum(['open', 'closed', 'cancelled']),
    cancelledAt: instantSchema.nullable(),
    totalMinor: z.int(),
    subtotalMinor: z.int(),
    discountMinor: z.int(),
    shippingMinor: z.int(),
    taxMinor: z.int(),
    paidMinor: z.int(),
    refundedMinor: z.int(),
    couponCodes: z.array(z.string()),
    pointsRedeemed: z.int(),
    cartToken: z.string().nullable(),
    version: z.int(),
    lines: z.array(orderLine),
    fulfilments: z.array(fulfilment),
    refunds: z.array(refund),
  })
  .meta({ id: 'Order' });

const placed = z.strictObject({ order: orderSchema, isRepeat: z.boolean() });

export const orderEndpoints = {
  placeOrder: defineEndpoint({
    method: 'POST',
    path: '/api/v1/orders',
    scope: scope.write,
    tag,
    summary: 'Place an order: prices, coupons, points and stock in one, all of it or nothing',
    description:
      'For chat, phone, marketplaces, your own shop and till. 409 names the line that is short, the coupon that does not count, or the total that changed. The same `source` and `reference` again answers the order that was placed.',
    body: z.strictObject({
      source: z
        .string()
        .regex(/^[a-z][a-z0-9_:.-]{0,99}$/, { error: 'use small letters, digits and _ : . -, like "pos:store-1"' })
        .default('api'),
      reference,
      number: text(100).exactOptional().describe('As the customer is told it; left out: the reference'),
      channel: channelSchema,
      locationId: idSchema('loc').exactOptional().describe('The store it is sold in'),
      currency: currencySchema,
      profileId: idSchema('prf').exactOptional(),
      identifier: text(600).exactOptional().describe('Whose it is, like "email:ada@example.com"'),
      lines: z
        .array(
          z.strictObject({
            variantId: idSchema('var'),
            quantity,
            unitPriceMinor: amount.exactOptional().describe('Left out: the catalog’s price'),
            discountMinor: amount.exactOptional().describe('Off the whole line, by other means than coupons'),
          }),
          { error: 'give the lines of the order' },
        )
        .min(1, { error: 'give at least one line' })
        .max(ORDER_LINES_MAX, { error: `give at most ${ORDER_LINES_MAX} lines` }),
      shippingMinor: amount.default(0),
      taxMinor: amount.default(0).describe('On top of the prices'),
      couponCodes: z.array(text(100)).max(10).default([]),
      points: z.int().min(0).max(1_000_000_000).default(0).describe('Points to pay with'),
      cartToken: text(200).exactOptional(),
      holdRef: text(200).exactOptional().describe('What the cart held, of stock and coupons: the order takes it over'),
      payment: z.enum(['pending', 'authorized', 'paid']).default('pending'),
      isHandedOver: z.boolean().default(false).describe('The customer takes it along'),
      isPreorder: z
        .boolean()
        .default(false)
        .describe(
          'Takes nothing that lies there, only of what is coming, as much as is on its way or may be pre-ordered',
        ),
      strategy: z.enum(ALLOCATION_STRATEGIES).exactOptional(),
      expectedTotalMinor: amount.exactOptional().describe('What the customer was shown; another total is refused'),
      shipTo: address.exactOptional(),
      billTo: address.exactOptional(),
    }),
    status: 201,
    answer: placed,
  }),
  listOrders: defineEndpoint({
    method: 'GET',
    path: '/api/v1/orders',
    scope: scope.read,
    tag,
    summary: 'List orders of every channel, newest first',
    query: pageQuerySchema.extend({
      profileId: idSchema('prf').optional(),
      channel: channelSchema.optional(),
      source: text(200).optional(),
      sourceOrderId: text(200).optional(),
      standing: z.enum(['open', 'closed', 'cancelled']).optional(),
    }),
    answer: pageOf(orderSchema),
  }),
  getOrder: defineEndpoint({
    method: 'GET',
    path: '/api/v1/orders/{id}',
    scope: scope.read,
    tag,
    summary: 'Read an order',
    answer: orderSchema,
  }),
  getOrderAddresses: defineEndpoint({
    method: 'GET',
    path: '/api/v1/orders/{id}/addresses',
    scope: scope.read,
    alsoScopes: ['profiles:read'],
    tag,
    summary: 'Read where an order goes and who pays',
    answer: z.strictObject({ shipTo: address.nullable(), billTo: address.nullable() }),
  }),
  listOrderEvents: defineEndpoint({
    method: 'GET',
    path: '/api/v1/orders/{id}/events',
    scope: scope.read,
    tag,
    summary: 'List what became of an order, oldest first',
    answer: z.strictObject({
      events: z.array(z.strictObject({ name: z.string(), at: instantSchema, detail: jsonSchema })),
    }),
  }),
  payOrder: defineEndpoint({
    method: 'POST',
    path: '/api/v1/orders/{id}/pay',
    scope: scope.write,
    tag,
    summary: 'Tell that an order was paid, or a part of it',
    body: z.strictObject({ amountMinor: amount.exactOptional().describe('Left out: all that is open') }),
    bodyOptional: true,
    answer: orderSchema,
  }),
  cancelOrder: defineEndpoint({
    method: 'POST',
    path: '/api/v1/orders/{id}/cancel',
    scope: scope.write,
    tag,
    summary: 'Cancel an order nothing of which has left: stock, coupons and points are given back',
    body: z.strictObject({ reason: text(200).exactOptional() }),
    bodyOptional: true,
    answer: orderSchema,
  }),
  closeOrder: defineEndpoint({
    method: 'POST',
    path: '/api/v1/orders/{id}/close',
    scope: scope.write,
    tag,
    summary: 'Close an order that is done with',
    answer: orderSchema,
  }),
  fulfilOrder: defineEndpoint({
    method: 'POST',
    path: '/api/v1/orders/{id}/fulfilments',
    scope: scope.write,
    tag,
    summary: 'Tell that goods of an order have left',
    body: z.strictObject({
      reference,
      lines: z
        .array(z.strictObject({ lineId: text(200), quantity }))
        .min(1)
        .max(ORDER_LINES_MAX)
        .exactOptional()
        .describe('Left out: everything that is still to be sent'),
      locationId: idSchema('loc')
        .exactOptional()
        .describe('Where they left from, if not from where they were set apart'),
      trackingCompany: text(100).exactOptional(),
      trackingNumber: text(100).exactOptional(),
      trackingUrl: z
        .url({ protocol: /^https?$/, error: 'give a web address' })
        .max(2_000)
        .exactOptional(),
      estimatedAt: z.iso.datetime({ offset: true, error: 'give an instant' }).exactOptional(),
    }),
    answer: orderSchema,
  }),
  deliverOrder: defineEndpoint({
    method: 'POST',
    path: '/api/v1/orders/{id}/deliveries',
    scope: scope.write,
    tag,
    summary: 'Tell that a fulfilment has arrived',
    body: z.strictObject({ reference: reference.describe('Of the fulfilment') }),
    answer: orderSchema,
  }),
  refundOrder: defineEndpoint({
    method: 'POST',
    path: '/api/v1/orders/{id}/refunds',
    scope: scope.write,
    tag,
    summary: 'Tell that money was given back, and what became of the goods',
    body: z.strictObject({
      reference,
      amountMinor: amount,
      reason: text(200).exactOptional(),
      lines: z
        .array(
          z.strictObject({
            lineId: text(200),
            quantity,
            restock: z
              .enum(['cancel', 'return', 'none'])
              .default('none')
              .describe('cancel: never sent; return: came back; none: the customer keeps it'),
            locationId: idSchema('loc').exactOptional().describe('Where it came back to'),
          }),
        )
        .max(ORDER_LINES_MAX)
        .default([]),
    }),
    answer: orderSchema,
  }),
} as const;
