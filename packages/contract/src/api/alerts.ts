import { z } from 'zod';

import { couponChannelSchema as channelSchema } from '../coupon-terms.ts';
import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { moneySchema } from '../money.ts';

/** What a customer can ask to hear of. */
export const ALERT_TYPES = ['restock', 'price_drop', 'low_stock', 'preorder'] as const;
export type AlertType = (typeof ALERT_TYPES)[number];

/** `queued`: it is there again, and her turn has not come yet. */
export const ALERT_STATES = ['active', 'queued', 'sent', 'converted', 'cancelled', 'expired'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** What Segue says of a customer when an alert comes true: journeys, segments and webhooks hear it by this name. */
export const ALERT_EVENTS = {
  restock: 'Back In Stock',
  price_drop: 'Price Dropped',
  low_stock: 'Low Stock In Cart',
  preorder: 'Preorder Date Changed',
} as const satisfies Readonly<Record<AlertType, string>>;

const scope = { read: 'baskets:read', write: 'baskets:write' } as const;
const tag = 'Baskets';

const type = z.enum(ALERT_TYPES, { error: `choose one of ${ALERT_TYPES.join(', ')}` });
const name = (max: number) =>
  z
    .string({ error: 'give a text' })
    .min(1, { error: 'give a text' })
    .max(max, { error: `give at most ${max} characters` });

const threshold = z.union(
  [
    z.strictObject({
      pieces: z
        .int({ error: 'give a whole number of pieces' })
        .min(1, { error: 'give 1 or more' })
        .max(1_000_000, { error: 'give at most 1000000' }),
    }),
    z.strictObject({ amount: moneySchema }),
    z.strictObject({
      percent: z
        .number({ error: 'give a number of percent' })
        .gt(0, { error: 'give more than 0 percent' })
        .max(100, { error: 'give at most 100 percent' })
        .multipleOf(0.01, { error: 'give at most two digits behind the point' }),
    }),
  ],
  { error: 'give { "pieces": 5 }, { "percent": 10 } or { "amount": { "amountMinor": 500, "currency": "EUR" } }' },
);
export type AlertThreshold = z.output<typeof threshold>;

const alert = z
  .strictObject({
    id: idSchema('alt'),
    type,
    state: z.enum(ALERT_STATES),
    profileId: idSchema('prf'),
    variantId: idSchema('var'),
    locationId: idSchema('loc').nullable().describe('Of a restock: only there; null: anywhere'),
    channel: z.string(),
    threshold: threshold
      .nullable()
      .describe('So many pieces at least, or so much less than she saw; null: whatever there is'),
    seenPrice: moneySchema.nullable().describe('Of a price drop: what she saw, or was told of last'),
    dueAt: instantSchema.nullable().describe('Of a pre-order: the date she knows'),
    tellings: z.int().describe('How often it was told'),
    source: z.string(),
    createdAt: instantSchema,
    toldAt: instantSchema.nullable(),
    endedAt: instantSchema.nullable(),
    expiresAt: instantSchema,
  })
  .meta({ id: 'Alert' });
export type Alert = z.infer<typeof alert>;

/** Body of `POST /api/v1/alerts`. */
export const createAlertSchema = z
  .strictObject({
    type,
    profileId: idSchema('prf').exactOptional(),
    identifier: name(600)
      .exactOptional()
      .describe('Whose it is, where not by `profileId`: like "email:ada@shop.example" or "loyaltyId:4711"'),
    variantId: name(200).exactOptional().describe('Ours, or the shop’s own'),
    sku: name(200).exactOptional(),
    productId: name(200).exactOptional().describe('Of a product with one variant: ours, or the shop’s own'),
    locationId: idSchema('loc').exactOptional().describe('Of a restock: only in this store'),
    channel: channelSchema.default('web').describe('Where she would buy: its stock and its prices count'),
    threshold: threshold.exactOptional(),
    seenPrice: moneySchema.exactOptional().describe('Of a price drop: what she saw; left out: what is known of it'),
    expiresAt: instantSchema.exactOptional().describe('Left out: a year from now'),
    source: z
      .string({ error: 'give a short text' })
      .regex(/^[a-z][a-z0-9_.:-]{0,39}$/, { error: 'use up to 40 of a-z, 0-9 and _ . : -, a letter first' })
      .default('api'),
  })
  .refine((body) => (body.profileId === undefined) !== (body.identifier === undefined), {
    error: 'give either "profileId" or "identifier"',
    path: ['profileId'],
  })
  .refine((body) => body.variantId !== undefined || body.sku !== undefined || body.productId !== undefined, {
    error: 'give a variantId, a sku or a productId',
    path: ['variantId'],
  })
  .refine((body) => body.locationId === undefined || body.type === 'restock', {
    error: 'only a restock is of one location',
    path: ['locationId'],
  })
  .refine((body) => body.seenPrice === undefined || body.type === 'price_drop', {
    error: 'only a price drop has a price she saw',
    path: ['seenPrice'],
  })
  .refine((body) => fits(body.type, body.threshold), {
    error: 'a restock counts pieces, a price drop an amount or percent; the others have no threshold of their own',
    path: ['threshold'],
  });
export type CreateAlertBody = z.output<typeof createAlertSchema>;

function fits(of: AlertType, given: AlertThreshold | undefined): boolean {
  if (given === undefined) return true;
  return 'pieces' in given ? of === 'restock' : of === 'price_drop';
}

const minutes = (max: number) =>
  z
    .int({ error: 'give a whole number of minutes' })
    .min(0, { error: 'give 0 or more' })
    .max(max, { error: `give at most ${max}` });

const settings = z
  .strictObject({
    waveFactor: z
      .number({ error: 'give a number, like 1.5' })
      .min(0.1, { error: 'give 0.1 or more' })
      .max(100, { error: 'give at most 100' })
      .multipleOf(0.01, { error: 'give at most two digits behind the point' })
      .describe('Of each piece that is there so many customers are told: a wave is this times what is available'),
    waveDelayMinutes: minutes(7 * 24 * 60).describe('Between two waves, while there is some left'),
    settleMinutes: minutes(24 * 60).describe('How long it must have been back before the first wave'),
    lowStock: z
      .int({ error: 'give a whole number of pieces' })
      .min(0, { error: 'give 0 or more' })
      .max(10_000, { error: 'give at most 10000' })
      .describe('So few are low stock; 0: nobody is told. It counts again once there were twice as many'),
    attributionDays: z
      .int({ error: 'give a whole number of days' })
      .min(1, { error: 'give 1 or more' })
      .max(90, { error: 'give at most 90' })
      .describe('Who buys within so many days of being told bought for it'),
  })
  .meta({ id: 'AlertSettings' });
export type AlertSettings = z.infer<typeof settings>;

const summary = z.strictObject({
  types: z.array(
    z.strictObject({
      type,
      waiting: z.int().describe('Alerts that wait'),
      told: z.int().describe('Times somebody was told'),
      converted: z.int().describe('Of these, who bought within `attributionDays`'),
    }),
  ),
});
export type AlertSummary = z.infer<typeof summary>;

export const alertEndpoints = {
  createAlert: defineEndpoint({
    method: 'POST',
    path: '/api/v1/alerts',
    scope: scope.write,
    tag,
    summary: 'Tell a customer once when it is back, cheaper, nearly gone, or due at another date',
    description:
      'One of a kind for each customer, variant and location: a repeat answers the one that is there, with `isNew` false. A restock of what can be had already is refused with 409. What comes true is an event of hers: "Back In Stock", "Price Dropped", "Low Stock In Cart", "Preorder Date Changed".',
    body: createAlertSchema,
    status: 201,
    answer: z.strictObject({ alert, isNew: z.boolean() }),
  }),
  listAlerts: defineEndpoint({
    method: 'GET',
    path: '/api/v1/alerts',
    scope: scope.read,
    tag,
    summary: 'List alerts, newest first',
    query: pageQuerySchema.extend({
      profileId: idSchema('prf').optional(),
      variantId: idSchema('var').optional(),
      type: type.optional(),
      state: z
        .enum(ALERT_STATES, { error: `choose one of ${ALERT_STATES.join(', ')}` })
        .optional()
        .describe('`active` has `queued` among them'),
    }),
    answer: pageOf(alert),
  }),
  getAlert: defineEndpoint({
    method: 'GET',
    path: '/api/v1/alerts/{id}',
    scope: scope.read,
    tag,
    summary: 'Read an alert',
    answer: alert,
  }),
  cancelAlert: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/alerts/{id}',
    scope: scope.write,
    tag,
    summary: 'Cancel an alert; one that has ended stays as it is',
    status: 204,
  }),
  getAlertSummary: defineEndpoint({
    method: 'GET',
    path: '/api/v1/alerts/summary',
    scope: scope.read,
    tag,
    summary: 'Count who waits, who was told and who bought',
    query: z.strictObject({
      variantId: idSchema('var').optional(),
      from: instantSchema.optional().describe('Told since then; left out: in the last 30 days'),
    }),
    answer: summary,
  }),
  getAlertSettings: defineEndpoint({
    method: 'GET',
    path: '/api/v1/alerts/settings',
    scope: scope.read,
    tag,
    summary: 'Read how alerts are told',
    answer: settings,
  }),
  updateAlertSettings: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/alerts/settings',
    scope: scope.write,
    tag,
    summary: 'Change how alerts are told; what is left out stays',
    body: settings.partial(),
    answer: settings,
  }),
} as const;
