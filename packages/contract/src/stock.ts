import { z } from 'zod';

import { couponChannelSchema as channelSchema } from './coupon-terms.ts';
import { idSchema, instantSchema } from './endpoint.ts';
import { givenNameSchema } from './api/segments.ts';

export const LOCATION_KINDS = ['store', 'warehouse', '3pl', 'marketplace'] as const;
export const LOCATION_CAPABILITIES = ['ship', 'pickup', 'curbside', 'local_delivery', 'returns'] as const;
export const RESERVATION_KINDS = ['cart_hold', 'order', 'preorder', 'pickup', 'transfer'] as const;
export const ALLOCATION_STRATEGIES = ['priority', 'most_stock', 'nearest', 'fewest_splits'] as const;
/** How many lines one call takes. */
export const STOCK_LINES_MAX = 500;
export const QUANTITY_MAX = 1_000_000_000;

export const read = 'inventory:read';
export const write = 'inventory:write';
export const tag = 'Inventory';

export const variantId = idSchema('var').describe('A variant of the catalog');
export const locationId = idSchema('loc');
export const quantity = z
  .int({ error: 'give a whole number of pieces' })
  .min(1, { error: 'give at least 1' })
  .max(QUANTITY_MAX, { error: `give at most ${QUANTITY_MAX}` });
export const count = z
  .int({ error: 'give a whole number of pieces' })
  .min(0, { error: 'give 0 or more' })
  .max(QUANTITY_MAX, { error: `give at most ${QUANTITY_MAX}` });
export const reason = z
  .string({ error: 'say why, like "received" or "damaged"' })
  .regex(/^[a-z][a-z0-9_]{0,39}$/, { error: 'use small letters, digits and _, like "cycle_count"' });
export const reference = z
  .string({ error: 'name what it belongs to' })
  .min(1, { error: 'name what it belongs to' })
  .max(200, { error: 'use at most 200 characters' });
export const instant = z.iso.datetime({ offset: true, error: 'give an instant, like "2026-12-01T00:00:00Z"' });
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

export const locationFields = {
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
export const { name: locationName, kind: locationKind, ...others } = locationFields;
export const optionalFields = z.strictObject(others).partial().shape;

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

export const line = z.strictObject(
  { variantId, quantity },
  { error: 'give a line, like { "variantId": "var_…", "quantity": 2 }' },
);
export const lines = z
  .array(line, { error: 'give a list of lines' })
  .min(1, { error: 'give at least one line' })
  .max(STOCK_LINES_MAX, { error: `give at most ${STOCK_LINES_MAX} lines` });
export const ownerRef = reference.describe('Who it is for, like "cart:9f3a"; one reservation an owner');

const part = z.strictObject({
  variantId: variantId.describe('The item: of a bundle, a part of it'),
  locationId,
  quantity: z.int(),
});
export const reserved = z
  .strictObject({
    kind: z.literal('reserved'),
    parts: z.array(part),
    untracked: z.array(variantId).describe('Their stock is told by nobody: nothing was set apart of them'),
    expiresAt: instantSchema.nullable(),
    isRepeat: z.boolean(),
  })
  .meta({ id: 'Reserved' });
export const short = z
  .strictObject({
    kind: z.literal('short'),
    lines: z.array(z.strictObject({ variantId, wanted: z.int(), available: z.int() })),
  })
  .meta({ id: 'ReservationShort' });

export const availability = z
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

export const incoming = z
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

export const news = z
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
