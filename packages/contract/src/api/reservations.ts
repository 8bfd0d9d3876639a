import { z } from 'zod';

import { couponChannelSchema as channelSchema } from '../coupon-terms.ts';
import { defineEndpoint } from '../endpoint.ts';
import {
  RESERVATION_KINDS,
  ALLOCATION_STRATEGIES,
  read,
  write,
  tag,
  variantId,
  locationId,
  count,
  reference,
  line,
  lines,
  ownerRef,
  reserved,
  short,
} from '../stock.ts';

export const reservationEndpoints = {
  getBundle: defineEndpoint({
    method: 'GET',
    path: '/api/v1/variants/{id}/components',
    scope: read,
    tag,
    summary: 'Read what a bundle is made of; empty for a variant that is counted as itself',
    answer: z.strictObject({ components: z.array(z.strictObject({ variantId, quantity: z.int() })) }),
  }),
  setBundle: defineEndpoint({
    method: 'PUT',
    path: '/api/v1/variants/{id}/components',
    scope: write,
    tag,
    summary: 'Say what a bundle is made of; nothing makes it a variant that is counted as itself',
    body: z.strictObject({ components: z.array(line).max(50, { error: 'give at most 50' }) }),
    status: 204,
  }),
  reserveStock: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/reservations',
    scope: write,
    tag,
    summary: 'Set stock apart for an owner: every line or none',
    description:
      'Never more than there is, whoever asks at the same time. The same owner and wish again answers what was done; another wish of the owner is a conflict, unless it says `takesOver` of itself: then it takes its place, or leaves it when it is short.',
    body: z.strictObject({
      ownerRef,
      kind: z.enum(RESERVATION_KINDS).default('cart_hold'),
      lines,
      channel: channelSchema,
      strategy: z.enum(ALLOCATION_STRATEGIES).default('priority'),
      locationIds: z.array(locationId).min(1).max(100).exactOptional().describe('Only from these'),
      near: z
        .strictObject({
          latitude: z.number().min(-90).max(90).exactOptional(),
          longitude: z.number().min(-180).max(180).exactOptional(),
          country: z.string().length(2).exactOptional(),
          postcode: z.string().max(20).exactOptional(),
        })
        .exactOptional()
        .describe('Where it goes, for `nearest`'),
      expiresInSeconds: z
        .int()
        .min(1)
        .max(30 * 86_400)
        .exactOptional()
        .describe('Left out: 15 minutes for a cart’s hold, else for ever'),
      takesOver: z
        .array(reference)
        .max(10)
        .exactOptional()
        .describe('Owners whose stock it may use; they hold nothing after'),
    }),
    ownTransaction: true,
    answer: z.discriminatedUnion('kind', [reserved, short]),
  }),
  releaseStock: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/reservations/release',
    scope: write,
    tag,
    summary: 'Let go of what an owner holds, or of some lines of it',
    body: z.strictObject({ ownerRef, lines: lines.exactOptional() }),
    answer: z.strictObject({ released: z.int() }),
  }),
  consumeStock: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/reservations/consume',
    scope: write,
    tag,
    summary: 'Tell that what an owner holds has left',
    body: z.strictObject({
      ownerRef,
      lines: lines.exactOptional(),
      locationId: locationId.exactOptional().describe('Where it left from, if not from where it was set apart'),
      reference: reference.describe('The same for the same leaving: it happens once'),
    }),
    answer: z.strictObject({ consumed: z.int(), isRepeat: z.boolean() }),
  }),
  getReservation: defineEndpoint({
    method: 'GET',
    path: '/api/v1/inventory/reservations',
    scope: read,
    tag,
    summary: 'Read what an owner holds',
    query: z.strictObject({ ownerRef: reference }),
    answer: z.strictObject({
      parts: z.array(
        z.strictObject({
          variantId,
          locationId,
          quantity: z.int(),
          reserved: z.int(),
          waiting: z.int().describe('Promised out of what is coming'),
          consumed: z.int(),
          released: z.int(),
          expired: z.int(),
        }),
      ),
    }),
  }),
  listChannelBuffers: defineEndpoint({
    method: 'GET',
    path: '/api/v1/inventory/buffers',
    scope: read,
    tag,
    summary: 'List what channels may not sell',
    answer: z.strictObject({
      buffers: z.array(
        z.strictObject({
          channel: z.string(),
          variantId: variantId.nullable().describe('Null: of every variant without one of its own'),
          buffer: z.int(),
          cap: z.int().nullable(),
        }),
      ),
    }),
  }),
  setChannelBuffer: defineEndpoint({
    method: 'PUT',
    path: '/api/v1/inventory/buffers',
    scope: write,
    tag,
    summary: 'Keep stock from a channel: so much of it, or all beyond a cap',
    body: z.strictObject({
      channel: channelSchema,
      variantId: variantId.nullable().default(null),
      buffer: count.default(0),
      cap: count.nullable().default(null),
    }),
    status: 204,
  }),
  removeChannelBuffer: defineEndpoint({
    method: 'POST',
    path: '/api/v1/inventory/buffers/remove',
    scope: write,
    tag,
    summary: 'Let a channel sell everything again',
    body: z.strictObject({ channel: channelSchema, variantId: variantId.nullable().default(null) }),
    status: 204,
  }),
} as const;
