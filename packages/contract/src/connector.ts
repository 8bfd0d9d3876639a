import { z } from 'zod';

import { idSchema, instantSchema } from './endpoint.ts';

const CONNECTOR_KINDS = ['shopify', 'woocommerce', 'pos', 'drop'] as const;
const CONNECTOR_STATES = ['active', 'paused', 'uninstalled'] as const;
const TRUTH_FIELDS = ['products', 'prices', 'stock', 'orders', 'customers'] as const;
const JOB_KINDS = ['back_fill', 'poll', 'health', 'reconcile'] as const;
export const DELIVERY_STATES = ['pending', 'done', 'ignored', 'faulted'] as const;
export const DROP_SUBJECTS = ['products', 'levels', 'orders', 'customers'] as const;

export const name = z
  .string({ error: 'give the name' })
  .trim()
  .min(1, { error: 'give the name' })
  .max(200, { error: 'use at most 200 characters' });
const secret = (what: string) =>
  z
    .string({ error: `give ${what}` })
    .min(8, { error: `give the whole of ${what}` })
    .max(400, { error: `give ${what}` });
const url = z
  .string({ error: 'give the URL, like https://shop.example' })
  .max(2_000, { error: 'use at most 2,000 characters' });
export const currency = z
  .string({ error: 'give the currency, like "EUR"' })
  .regex(/^[A-Z]{3}$/, { error: 'give the currency as three capital letters, like "EUR"' });
const channel = z
  .string({ error: 'give the channel, like "web"' })
  .regex(/^[a-z][a-z0-9_:.-]{0,39}$/, { error: 'use lower case letters, digits and _ : . -, at most 40' });
const slug = z
  .string({ error: 'give the topic, like "marketing"' })
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, { error: 'use lower case letters, digits, - and _' });
const truth = z
  .array(z.enum(TRUTH_FIELDS, { error: `give of ${TRUTH_FIELDS.join(', ')}` }), { error: 'give a list' })
  .min(1, { error: 'name at least one field' })
  .describe(`What this connector is believed about: of ${TRUTH_FIELDS.join(', ')}. Left out: everything it says`);

const choices = {
  currency: currency.describe('Of prices that come without one'),
  channel: channel.optional().describe('Of orders that do not say theirs. Default: the kind'),
  matchCustomerIds: z
    .boolean({ error: 'give true or false' })
    .default(false)
    .describe('Whether user ids in this workspace are customer ids of this shop'),
  pushesStock: z
    .boolean({ error: 'give true or false' })
    .default(false)
    .describe('Whether changes of stock are told to the shop'),
  consentTopic: slug.default('marketing').describe('What a yes given at the shop is about'),
  truth: truth.optional(),
};

const kindError = { error: `give one of ${CONNECTOR_KINDS.join(', ')}` };
export const createConnectorSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('shopify'),
      name,
      ...choices,
      shopDomain: z
        .string({ error: 'give the domain: example.myshopify.com' })
        .trim()
        .toLowerCase()
        .max(255)
        .regex(/^[a-z0-9][a-z0-9-]*\.myshopify\.com$/, { error: 'write it like example.myshopify.com' }),
      clientSecret: secret('the client secret of the app').describe('Webhooks are signed with it'),
      accessToken: secret('the Admin API access token').optional().describe('Without it nothing is asked of the shop'),
      apiVersion: z
        .string({ error: 'give the version, like "2026-10"' })
        .regex(/^(\d{4}-\d{2}|unstable)$/, { error: 'write it like "2026-10"' })
        .default('2026-10'),
      apiUrl: url.optional().describe('Where the Admin API is. Default: the shop’s domain'),
    }),
    z.strictObject({
      kind: z.literal('woocommerce'),
      name,
      ...choices,
      storeUrl: url.describe('The address of the shop, like https://shop.example'),
      webhookSecret: secret('the secret of the webhooks'),
      consumerKey: secret('the consumer key').optional().describe('With its secret: polling, back-fill, stock'),
      consumerSecret: secret('the consumer secret').optional(),
    }),
    z.strictObject({ kind: z.literal('pos'), name, ...choices }),
    z.strictObject({ kind: z.literal('drop'), name, ...choices }),
  ],
  kindError,
);

export const updateConnectorSchema = z.strictObject({
  name: name.optional(),
  state: z
    .enum(['active', 'paused'], { error: 'give "active" or "paused"' })
    .optional()
    .describe('Paused: what the shop sends is kept and waits'),
  currency: currency.optional(),
  channel: channel.optional(),
  matchCustomerIds: z.boolean({ error: 'give true or false' }).optional(),
  pushesStock: z.boolean({ error: 'give true or false' }).optional(),
  consentTopic: slug.optional(),
  truth: truth.nullable().optional().describe('null: it is believed about everything'),
  apiVersion: z
    .string({ error: 'give the version, like "2026-10"' })
    .regex(/^(\d{4}-\d{2}|unstable)$/, { error: 'write it like "2026-10"' })
    .optional(),
  apiUrl: url.optional(),
  signingSecret: secret('the secret that webhooks are signed with')
    .optional()
    .describe('The one before holds for 7 days more, so that no webhook is lost'),
  accessToken: secret('the Admin API access token').optional(),
  consumerKey: secret('the consumer key').optional(),
  consumerSecret: secret('the consumer secret').optional(),
});

/** A connected shop, till system or feed. Its secrets cannot be read again. */
export const connectorSchema = z
  .strictObject({
    id: idSchema('cnc'),
    kind: z.enum(CONNECTOR_KINDS),
    name: z.string(),
    account: z.string().describe('The shop’s domain or address; empty where there is none'),
    source: z.string().describe('What its products, places and orders are known by'),
    state: z.enum(CONNECTOR_STATES),
    currency: z.string(),
    channel: z.string(),
    matchCustomerIds: z.boolean(),
    pushesStock: z.boolean(),
    consentTopic: z.string(),
    truth: z.array(z.enum(TRUTH_FIELDS)).nullable(),
    apiVersion: z.string().nullable(),
    apiUrl: z.string().nullable(),
    canAsk: z.boolean().describe('Whether it holds what it takes to call the shop'),
    hookPath: z.string().nullable().describe('Give the shop, or the till system, this path of the server'),
    hookTopics: z
      .array(z.string())
      .describe('What the shop is to send there. One that can be asked is told so by itself; else paste them by hand'),
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: 'Connector' });

export const jobSchema = z
  .strictObject({
    id: idSchema('cnc').describe('Of the job'),
    kind: z.enum(JOB_KINDS),
    state: z.enum(['waiting', 'running', 'done', 'failed']),
    resource: z.string().nullable(),
    since: instantSchema.nullable(),
    records: z.int().describe('Taken so far'),
    fault: z.string().nullable(),
    createdAt: instantSchema,
    endedAt: instantSchema.nullable(),
  })
  .meta({ id: 'ConnectorJob' });

export const deliverySchema = z
  .strictObject({
    id: idSchema('dlr'),
    topic: z.string(),
    state: z.enum(DELIVERY_STATES),
    attempts: z.int(),
    fault: z.string().nullable().describe('Why it was set aside, or left out'),
    triggeredAt: instantSchema.nullable(),
    receivedAt: instantSchema,
    processedAt: instantSchema.nullable(),
  })
  .meta({ id: 'ConnectorDelivery' });

export const deviceSchema = z
  .strictObject({
    device: z.string(),
    location: z.string().nullable().describe('Where it stands, as its items name places'),
    acceptedThrough: z.int().describe('Every record up to here is taken'),
    missing: z.array(z.int()).describe('Records between that have not come, the first 100'),
    lastSeenAt: instantSchema.nullable(),
    createdAt: instantSchema,
  })
  .meta({ id: 'ConnectorDevice' });

export const dayBody = z.iso.date({ error: 'give a day, like "2026-11-23"' });
export const device = z
  .string({ error: 'give the name of the device, like "till-1"' })
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: 'use letters, digits and . _ -, at most 64' });

export const dropAnswerSchema = z.strictObject({
  rows: z.int(),
  accepted: z.int(),
  rejected: z.int(),
  removed: z.int().describe('Of a snapshot: what it does not hold any more'),
  errors: z
    .array(z.strictObject({ line: z.int(), column: z.string(), message: z.string() }))
    .describe('The first 1,000'),
});

/** How many bytes one file holds at most. */
export const DROP_BYTES_MAX = 256 * 1024 * 1024;
