import { z } from 'zod';

import { couponChannelSchema as channelSchema } from '../coupon-terms.ts';
import { defineEndpoint, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import {
  STOCK_LINES_MAX,
  QUANTITY_MAX,
  read,
  write,
  tag,
  variantId,
  locationId,
  quantity,
  count,
  reason,
  reference,
  instant,
  stockLevelSchema,
  availability,
  incoming,
  news,
} from '../stock.ts';

export const stockEndpoints = {
  listStockLevels: defineEndpoint({
    method: 'GET',
    path: '/api/v1/inventory/levels',
    scope: read,
    tag,
    summary: 'List stock levels',
    query: pageQuerySchema.extend({ variantId: variantId.optional(), locationId: locationId.optional() }),
    answer: pageOf(stockLevelSchema),
  }),
  setStockLevels: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/levels/set',
    scope: write,
    tag,
    summary: 'Set counts, each only where it is still what was expected (compare and swap)',
    description:
      'Without an expectation the count is set whatever it is. What is stale is not set; the answer has what it is now.',
    body: z.strictObject({
      levels: z
        .array(
          z.strictObject({
            variantId,
            locationId,
            field: z.enum(['on_hand', 'unavailable']).default('on_hand'),
            quantity: count,
            expectedVersion: z.int().min(0).exactOptional(),
            expectedQuantity: count.exactOptional(),
            reason: reason.default('counted'),
          }),
        )
        .min(1)
        .max(STOCK_LINES_MAX),
    }),
    answer: z.strictObject({
      levels: z.array(z.strictObject({ outcome: z.enum(['set', 'stale']), quantity: z.int(), version: z.int() })),
    }),
  }),
  limitStockLevels: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/levels/limits',
    scope: write,
    tag,
    summary: 'Say how much may be owed (backorder) and promised of what is coming (pre-order)',
    body: z.strictObject({
      levels: z
        .array(
          z.strictObject({
            variantId,
            locationId,
            backorderLimit: count.exactOptional(),
            preorderLimit: count.nullable().exactOptional(),
          }),
        )
        .min(1)
        .max(STOCK_LINES_MAX),
    }),
    status: 204,
  }),
  recordStockMovements: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/movements',
    scope: write,
    tag,
    summary: 'Tell what came, left, broke or was found: all movements or none',
    description: 'A movement with the `key` of one that was made is passed by. Of a bundle its parts move.',
    body: z.strictObject({
      movements: z
        .array(
          z.strictObject({
            variantId,
            locationId,
            field: z.enum(['on_hand', 'unavailable']).default('on_hand'),
            delta: z
              .int({ error: 'give a whole number of pieces' })
              .min(-QUANTITY_MAX)
              .max(QUANTITY_MAX)
              .refine((delta) => delta !== 0, { error: 'give a difference other than 0' }),
            reason,
            key: reference.exactOptional().describe('The same for the same movement'),
          }),
        )
        .min(1)
        .max(STOCK_LINES_MAX),
    }),
    answer: z.strictObject({ made: z.int().describe('Those that were not made before') }),
  }),
  listStockMovements: defineEndpoint({
    method: 'GET',
    path: '/api/v1/inventory/movements',
    scope: read,
    tag,
    summary: 'List movements, newest first: levels are their sums',
    query: pageQuerySchema.extend({ variantId: variantId.optional(), locationId: locationId.optional() }),
    answer: pageOf(
      z
        .strictObject({
          id: z.int(),
          variantId,
          locationId,
          field: z.enum(['on_hand', 'unavailable', 'reserved', 'incoming', 'preordered']),
          delta: z.int(),
          reason: z.string(),
          refType: z.string().nullable(),
          refId: z.string().nullable(),
          at: instantSchema,
        })
        .meta({ id: 'StockMovement' }),
    ),
  }),
  readAvailability: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/availability',
    scope: read,
    tag,
    summary: 'Say what can be had of variants, for a channel',
    body: z.strictObject({
      variantIds: z.array(variantId).min(1).max(STOCK_LINES_MAX),
      channel: channelSchema.exactOptional(),
      locationIds: z.array(locationId).min(1).max(100).exactOptional(),
    }),
    changesNothing: true,
    answer: z.strictObject({ variants: z.array(availability) }),
  }),
  promiseStock: defineEndpoint({
    method: 'GET',
    path: '/api/v1/variants/{id}/promise',
    scope: read,
    tag,
    summary: 'Say when so many of a variant can be promised (ATP)',
    query: z.strictObject({
      quantity: z.coerce.number().int().min(1).max(QUANTITY_MAX).default(1),
      channel: channelSchema.optional(),
    }),
    answer: z.strictObject({ at: instantSchema.nullable().describe('Null: never, by what is known') }),
  }),
  addIncoming: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/incoming',
    scope: write,
    tag,
    summary: 'Tell what is coming, and when',
    body: z.strictObject({
      variantId,
      locationId,
      quantity,
      dueAt: instant.nullable().default(null),
      reference: reference.nullable().default(null).describe('Told once for an item and place'),
    }),
    status: 201,
    answer: incoming,
  }),
  listIncoming: defineEndpoint({
    method: 'GET',
    path: '/api/v1/inventory/incoming',
    scope: read,
    tag,
    summary: 'List what is coming, newest first',
    query: pageQuerySchema,
    answer: pageOf(incoming),
  }),
  receiveIncoming: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/incoming/{id}/receive',
    scope: write,
    tag,
    summary: 'Tell that some of it arrived: it goes to whoever was promised it first',
    body: z.strictObject({ quantity }),
    answer: incoming,
  }),
  cancelIncoming: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/incoming/{id}/cancel',
    scope: write,
    tag,
    summary: 'Tell that some of it will not come',
    body: z.strictObject({ quantity }),
    answer: incoming,
  }),
  postponeIncoming: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/inventory/incoming/{id}',
    scope: write,
    tag,
    summary: 'Tell that it comes at another time',
    body: z.strictObject({ dueAt: instant.nullable() }),
    answer: incoming,
  }),
  streamStock: defineEndpoint({
    method: 'GET',
    path: '/api/v1/inventory/stream',
    scope: read,
    tag,
    summary: 'Follow changes of stock as they happen, in the order of their commits',
    description:
      'Server-sent events named `stock`, each with its `seq` as id: give the last one as `after` (or Last-Event-ID) and nothing is missed for seven days. Without it the stream begins now.',
    query: z.strictObject({ after: z.coerce.number().int().min(0).optional() }),
    stream: z.array(news),
  }),
} as const;
