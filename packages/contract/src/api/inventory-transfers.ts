import { z } from 'zod';

import { defineEndpoint, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import {
  count,
  instant,
  lines,
  locationId,
  read,
  reference,
  STOCK_LINES_MAX,
  tag,
  variantId,
  write,
} from '../stock.ts';

const transfer = z
  .strictObject({
    id: z.uuid(),
    fromLocationId: locationId,
    toLocationId: locationId,
    state: z
      .enum(['draft', 'shipped', 'received', 'cancelled'])
      .describe('`received`: nothing of it is on its way any more'),
    dueAt: instantSchema.nullable(),
    reference: z.string().nullable(),
    createdAt: instantSchema,
    shippedAt: instantSchema.nullable(),
    lines: z.array(
      z.strictObject({
        variantId: variantId.describe('The item: of a bundle, a part of it'),
        quantity: z.int(),
        inTransit: z.int(),
        received: z.int().describe('What arrived, damaged or not'),
        damaged: z.int(),
        missing: z.int().describe('Sent, and will not arrive'),
        returned: z.int().describe('Brought back to where it came from'),
      }),
    ),
  })
  .meta({ id: 'StockTransfer' });

export const transferEndpoints = {
  createStockTransfer: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/transfers',
    scope: write,
    tag,
    summary: 'Set goods apart to be sent to another location: all lines or none',
    description:
      'Takes only what lies there free. The same wish with the same `reference` again answers what was made.',
    body: z
      .strictObject({
        fromLocationId: locationId,
        toLocationId: locationId,
        lines,
        dueAt: instant.nullable().default(null).describe('When it is to arrive'),
        reference: reference.nullable().default(null).describe('Made once'),
      })
      .refine((body) => body.fromLocationId !== body.toLocationId, {
        path: ['toLocationId'],
        error: 'name another location than the one it comes from',
      }),
    status: 201,
    answer: z.strictObject({ isRepeat: z.boolean(), transfer }),
  }),
  listStockTransfers: defineEndpoint({
    method: 'GET',
    path: '/api/v1/inventory/transfers',
    scope: read,
    tag,
    summary: 'List transfers of goods, newest first',
    query: pageQuerySchema,
    answer: pageOf(transfer),
  }),
  getStockTransfer: defineEndpoint({
    method: 'GET',
    path: '/api/v1/inventory/transfers/{id}',
    scope: read,
    tag,
    summary: 'Read a transfer of goods',
    answer: transfer,
  }),
  shipStockTransfer: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/transfers/{id}/ship',
    scope: write,
    tag,
    summary: 'Tell that the goods left: they are coming at the other location',
    body: z.strictObject({
      dueAt: instant.nullable().exactOptional().describe('When it is to arrive, if that has changed'),
    }),
    bodyOptional: true,
    answer: transfer,
  }),
  receiveStockTransfer: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/transfers/{id}/receive',
    scope: write,
    tag,
    summary: 'Tell what arrived of it, whole or damaged, and what will not',
    body: z.strictObject({
      lines: z
        .array(
          z
            .strictObject({
              variantId,
              received: count.default(0),
              damaged: count.default(0),
              missing: count.default(0),
            })
            .refine((line) => line.damaged <= line.received, {
              path: ['damaged'],
              error: 'give at most what was received',
            })
            .refine((line) => line.received + line.missing > 0, {
              path: ['received'],
              error: 'tell what was received, or what is missing',
            }),
        )
        .min(1, { error: 'give at least one line' })
        .max(STOCK_LINES_MAX)
        .refine((all) => new Set(all.map((line) => line.variantId)).size === all.length, {
          error: 'name each variant once',
        }),
    }),
    answer: transfer,
  }),
  cancelStockTransfer: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/transfers/{id}/cancel',
    scope: write,
    tag,
    summary: 'Do not send it; what is still on its way goes back',
    answer: transfer,
  }),
} as const;
