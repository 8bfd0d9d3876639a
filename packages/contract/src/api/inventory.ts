import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { couponChannelSchema as channelSchema } from '../coupon-terms.ts';
import { givenNameSchema } from './segments.ts';

export const LOCATION_KINDS = ['store', 'warehouse', '3pl', 'marketplace'] as const;
export const LOCATION_CAPABILITIES = ['ship', 'pickup', 'curbside', 'local_delivery', 'returns'] as const;
export const RESERVATION_KINDS = ['cart_hold', 'order', 'preorder', 'pickup', 'transfer'] as const;
export const ALLOCATION_STRATEGIES = ['priority', 'most_stock', 'nearest', 'fewest_splits'] as const;
/** How many lines one call takes. */
export const STOCK_LINES_MAX = 500;
const QUANTITY_MAX = 1_000_000_000;

const read = 'inventory:read';
const write = 'inventory:write';
const tag = 'Inventory';

const variantId = idSchema('var').describe('A variant of the catalog');
const locationId = idSchema('loc');
const quantity = z
  .int({ error: 'give a whole number of pieces' })
  .min(1, { error: 'give at least 1' })
  .max(QUANTITY_MAX, { error: `give at most ${QUANTITY_MAX}` });
const count = z
  .int({ error: 'give a whole number of pieces' })
  .min(0, { error: 'give 0 or more' })
  .max(QUANTITY_MAX, { error: `give at most ${QUANTITY_MAX}` });
const reason = z
  .string({ error: 'say why, like "received" or "damaged"' })
  .regex(/^[a-z][a-z0-9_]{0,39}$/, { error: 'use small letters, digits and _, like "cycle_count"' });
const reference = z
  .string({ error: 'name what it belongs to' })
  .min(1, { error: 'name what it belongs to' })
  .max(200, { error: 'use at most 200 characters' });
const instant = z.iso.datetime({ offset: true, error: 'give an instant, like "2026-12-01T00:00:00Z"' });
const clockTime = z.string().regex(/^([01]\d|2[0-4]):[0-5]\d$/, { error: 'write the time like "09:30"' });
const hours = z.partialRecord(
  z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], { error: 'name weekdays mon … sun' }),
  z.array(z.strictObject({ from: clockTime, to: clockTime })).max(6),
);
const timeZone = z
  .string()
  .max(60)
  .refine((zone) => isTimeZone(zone), { error: 'give a time zone, like "Europe/Berlin"' });

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

const locationFields = {
  name: givenNameSchema('name the location'),
  kind: z.enum(LOCATION_KINDS, { error: `choose one of ${LOCATION_KINDS.join(', ')}` }),
  code: z.string().min(1).max(60).nullable(),
  state: z.enum(['active', 'inactive'], { error: 'choose active or inactive' }),
  capabilities: z.array(z.enum(LOCATION_CAPABILITIES)).max(10).describe('What can be done from there'),
  channels: z.array(channelSchema).max(50).describe('Channels that may sell from it; empty: every one'),
  priority: z.int().min(0).max(10_000).describe('The smaller, the sooner it is taken from'),
  timeZone: timeZone.nullable(),
  hours: hours.nullable().describe('By weekday; a day that is missing is closed'),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, { error: 'give two capital letters (ISO 3166)' })
    .nullable(),
  postcode: z.string().min(1).max(20).nullable(),
  latitude: z.number().min(-90).max(90).nullable(),
  longitude: z.number().min(-180).max(180).nullable(),
};
export const locationSchema = z.strictObject({ id: locationId, ...locationFields }).meta({ id: 'Location' });
const { name, kind, ...others } = locationFields;
const optionalFields = z.strictObject(others).partial().shape;

const levelCounts = {
  onHand: z.int(),
  unavailable: z.int().describe('Damaged, in quality control, kept for safety'),
  reserved: z.int(),
  available: z.int().describe('On hand, less unavailable, less reserved; below 0 it is owed'),
  incoming: z.int(),
  preordered: z.int().describe('Promised out of what is coming'),
  backorderLimit: z.int().describe('How much may be owed'),
  preorderLimit: z.int().nullable().describe('How much of what is coming may be promised; null: all of it'),
  shortfall: z.int().describe('Reserved, and then it turned out not to be there'),
  version: z.int(),
};
export const stockLevelSchema = z.strictObject({ variantId, locationId, ...levelCounts }).meta({ id: 'StockLevel' });

const line = z.strictObject(
  { variantId, quantity },
  { error: 'give a line, like { "variantId": "var_…", "quantity": 2 }' },
);
const lines = z
  .array(line, { error: 'give a list of lines' })
  .min(1, { error: 'give at least one line' })
  .max(STOCK_LINES_MAX, { error: `give at most ${STOCK_LINES_MAX} lines` });
const ownerRef = reference.describe('Who it is for, like "cart:9f3a"; one reservation an owner');

const part = z.strictObject({
  variantId: variantId.describe('The item: of a bundle, a part of it'),
  locationId,
  quantity: z.int(),
});
const reserved = z
  .strictObject({
    kind: z.literal('reserved'),
    parts: z.array(part),
    untracked: z.array(variantId).describe('Their stock is told by nobody: nothing was set apart of them'),
    expiresAt: instantSchema.nullable(),
    isRepeat: z.boolean(),
  })
  .meta({ id: 'Reserved' });
const short = z
  .strictObject({
    kind: z.literal('short'),
    lines: z.array(z.strictObject({ variantId, wanted: z.int(), available: z.int() })),
  })
  .meta({ id: 'ReservationShort' });

const availability = z
  .strictObject({
    variantId,
    isTracked: z.boolean().describe('False: nobody tells its stock; it counts as in stock'),
    isInStock: z.boolean(),
    available: z.int().describe('There now, less the channel’s buffer'),
    sellable: z.int().nullable().describe('What the channel may sell now (ATS); null: without limit'),
    byLocation: z.array(z.strictObject({ locationId, available: z.int() })),
    incoming: z
      .array(z.strictObject({ at: instantSchema.nullable(), quantity: z.int() }))
      .describe('Coming, and not promised yet'),
  })
  .meta({ id: 'Availability' });

const incoming = z
  .strictObject({
    id: z.uuid(),
    variantId,
    locationId,
    quantity: z.int(),
    received: z.int(),
    cancelled: z.int(),
    dueAt: instantSchema.nullable(),
    reference: z.string().nullable(),
  })
  .meta({ id: 'IncomingStock' });

const news = z
  .strictObject({
    seq: z.int(),
    kind: z.enum(['level', 'due']).describe('`due`: what is coming comes at another time'),
    variantId,
    locationId,
    before: z.int(),
    after: z.int(),
    totalBefore: z.int().describe('At all active locations'),
    totalAfter: z.int(),
    at: instantSchema,
  })
  .meta({ id: 'StockNews' });

export const inventoryEndpoints = {
  createLocation: defineEndpoint({
    method: 'POST',
    path: '/api/v1/locations',
    scope: write,
    tag,
    summary: 'Add a place with stock',
    body: z.strictObject({ name, kind, ...optionalFields }),
    status: 201,
    answer: locationSchema,
  }),
  listLocations: defineEndpoint({
    method: 'GET',
    path: '/api/v1/locations',
    scope: read,
    tag,
    summary: 'List places with stock, newest first',
    query: pageQuerySchema,
    answer: pageOf(locationSchema),
  }),
  getLocation: defineEndpoint({
    method: 'GET',
    path: '/api/v1/locations/{id}',
    scope: read,
    tag,
    summary: 'Read a place with stock',
    answer: locationSchema,
  }),
  updateLocation: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/locations/{id}',
    scope: write,
    tag,
    summary: 'Change a place with stock; one that is inactive sells nothing',
    body: z.strictObject(locationFields).partial(),
    answer: locationSchema,
  }),
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
    path: '/api/v1/inventory/promise',
    scope: read,
    tag,
    summary: 'Say when so many of a variant can be promised (ATP)',
    query: z.strictObject({
      variantId,
      quantity: z.coerce.number().int().min(1).max(QUANTITY_MAX).default(1),
      channel: channelSchema.optional(),
    }),
    answer: z.strictObject({ at: instantSchema.nullable().describe('Null: never, by what is known') }),
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
