import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

const CONNECTOR_KINDS = ['shopify', 'woocommerce', 'pos', 'drop'] as const;
const CONNECTOR_STATES = ['active', 'paused', 'uninstalled'] as const;
const TRUTH_FIELDS = ['products', 'prices', 'stock', 'orders', 'customers'] as const;
const JOB_KINDS = ['back_fill', 'poll', 'health', 'reconcile'] as const;
const DELIVERY_STATES = ['pending', 'done', 'ignored', 'faulted'] as const;
const DROP_SUBJECTS = ['products', 'levels', 'orders', 'customers'] as const;

const name = z
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
const currency = z
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
const createConnectorSchema = z.discriminatedUnion(
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

const updateConnectorSchema = z.strictObject({
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
const connectorSchema = z
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

const jobSchema = z
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

const deliverySchema = z
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

const deviceSchema = z
  .strictObject({
    device: z.string(),
    location: z.string().nullable().describe('Where it stands, as its items name places'),
    acceptedThrough: z.int().describe('Every record up to here is taken'),
    missing: z.array(z.int()).describe('Records between that have not come, the first 100'),
    lastSeenAt: instantSchema.nullable(),
    createdAt: instantSchema,
  })
  .meta({ id: 'ConnectorDevice' });

const dayBody = z.iso.date({ error: 'give a day, like "2026-11-23"' });
const device = z
  .string({ error: 'give the name of the device, like "till-1"' })
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: 'use letters, digits and . _ -, at most 64' });

const dropAnswerSchema = z.strictObject({
  rows: z.int(),
  accepted: z.int(),
  rejected: z.int(),
  removed: z.int().describe('Of a snapshot: what it does not hold any more'),
  errors: z
    .array(z.strictObject({ line: z.int(), column: z.string(), message: z.string() }))
    .describe('The first 1,000'),
});

/** How many bytes one file holds at most. */
const DROP_BYTES_MAX = 256 * 1024 * 1024;

export const connectorEndpoints = {
  listConnectors: defineEndpoint({
    method: 'GET',
    path: '/api/v1/connectors',
    scope: 'connectors:read',
    tag: 'Connectors',
    summary: 'List connected shops, tills and feeds, newest first',
    query: pageQuerySchema,
    answer: pageOf(connectorSchema),
  }),
  createConnector: defineEndpoint({
    method: 'POST',
    path: '/api/v1/connectors',
    scope: 'connectors:write',
    tag: 'Connectors',
    summary: 'Connect a shop, a till system or a feed of files',
    description:
      'Its secrets are sealed and cannot be read again. A shop that can be asked is subscribed to its webhooks and read from its beginning; one that was connected before finds its products and orders again.',
    body: createConnectorSchema,
    status: 201,
    answer: connectorSchema,
  }),
  getConnector: defineEndpoint({
    method: 'GET',
    path: '/api/v1/connectors/{id}',
    scope: 'connectors:read',
    tag: 'Connectors',
    summary: 'Read a connector',
    answer: connectorSchema,
  }),
  updateConnector: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/connectors/{id}',
    scope: 'connectors:write',
    tag: 'Connectors',
    summary: 'Change a connector, or its secrets',
    body: updateConnectorSchema,
    answer: connectorSchema,
  }),
  deleteConnector: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/connectors/{id}',
    scope: 'connectors:write',
    tag: 'Connectors',
    summary: 'Disconnect a shop',
    description: 'Its products, stock and orders stay; what is still to be processed of it goes.',
    status: 204,
  }),
  checkConnector: defineEndpoint({
    method: 'POST',
    path: '/api/v1/connectors/{id}/check',
    scope: 'connectors:write',
    tag: 'Connectors',
    summary: 'Call the shop once, to see whether address and keys are right',
    changesNothing: true,
    answer: z.strictObject({
      isReachable: z.boolean(),
      message: z.string().describe('What the shop calls itself, or what is wrong and what to do about it'),
    }),
  }),
  getConnectorStatus: defineEndpoint({
    method: 'GET',
    path: '/api/v1/connectors/{id}/status',
    scope: 'connectors:read',
    tag: 'Connectors',
    summary: 'Read how far behind a connector is, and what is wrong with it',
    answer: z.strictObject({
      lagMs: z.int().describe('Age of the oldest delivery that is not processed; 0: none is'),
      pending: z.int(),
      faulted: z.int(),
      lastDeliveryAt: instantSchema.nullable(),
      nextPollAt: instantSchema.nullable(),
      waitingRecords: z.int().describe('Records that wait for the product or the order they are about'),
      stockToPush: z.int(),
      fault: z.string().nullable().describe('What the shop last refused'),
      jobs: z.array(jobSchema).describe('The newest 20'),
    }),
  }),
  startConnectorBackFill: defineEndpoint({
    method: 'POST',
    path: '/api/v1/connectors/{id}/back-fill',
    scope: 'connectors:write',
    tag: 'Connectors',
    summary: 'Read everything of a shop again, or what changed since an instant',
    description:
      'Runs in the background and goes on after a crash where it was. What is known already changes nothing.',
    body: z.strictObject({
      since: instantSchema.optional().describe('Left out: from the beginning'),
      resources: z
        .array(z.enum(['locations', 'products', 'customers', 'orders', 'levels'], { error: 'no such resource' }))
        .min(1, { error: 'name at least one' })
        .optional()
        .describe('Left out: all'),
      placedOn: dayBody
        .optional()
        .describe('Only the orders placed on this day (UTC): to mend what a report found. Excludes the others'),
    }),
    bodyOptional: true,
    status: 202,
    answer: z.strictObject({ jobs: z.array(jobSchema) }),
  }),
  startConnectorReport: defineEndpoint({
    method: 'POST',
    path: '/api/v1/connectors/{id}/reports',
    scope: 'connectors:write',
    tag: 'Connectors',
    summary: 'Compare the orders known here with the shop’s own numbers, day by day',
    body: z.strictObject({ from: dayBody, to: dayBody.describe('Included') }),
    status: 202,
    answer: jobSchema,
  }),
  getConnectorReport: defineEndpoint({
    method: 'GET',
    path: '/api/v1/connectors/{id}/reports/{job}',
    scope: 'connectors:read',
    tag: 'Connectors',
    summary: 'Read such a comparison',
    description: 'Days are in UTC, by when an order was placed; sums are in minor units of the connector’s currency.',
    answer: z.strictObject({
      job: jobSchema,
      days: z.array(
        z.strictObject({
          day: z.iso.date(),
          theirs: z.strictObject({ orders: z.int(), totalMinor: z.int() }),
          ours: z.strictObject({ orders: z.int(), totalMinor: z.int() }),
          isEqual: z.boolean(),
        }),
      ),
    }),
  }),
  listConnectorDeliveries: defineEndpoint({
    method: 'GET',
    path: '/api/v1/connectors/{id}/deliveries',
    scope: 'connectors:read',
    tag: 'Connectors',
    summary: 'List what a shop sent, newest first',
    description: 'Kept for 7 days; what was set aside for 30.',
    query: pageQuerySchema.extend({
      state: z.enum(DELIVERY_STATES, { error: `give one of ${DELIVERY_STATES.join(', ')}` }).optional(),
    }),
    answer: pageOf(deliverySchema),
  }),
  replayConnectorDelivery: defineEndpoint({
    method: 'POST',
    path: '/api/v1/connectors/{id}/deliveries/{delivery}/replay',
    scope: 'connectors:write',
    tag: 'Connectors',
    summary: 'Process a delivery again that was set aside',
    answer: deliverySchema,
  }),
  replayConnectorDeliveries: defineEndpoint({
    method: 'POST',
    path: '/api/v1/connectors/{id}/replay',
    scope: 'connectors:write',
    tag: 'Connectors',
    summary: 'Process every delivery again that was set aside',
    answer: z.strictObject({ deliveries: z.int() }),
  }),
  listConnectorDevices: defineEndpoint({
    method: 'GET',
    path: '/api/v1/connectors/{id}/devices',
    scope: 'connectors:read',
    tag: 'Connectors',
    summary: 'List the tills of a connector, by name',
    answer: z.strictObject({ items: z.array(deviceSchema) }),
  }),
  createConnectorDevice: defineEndpoint({
    method: 'POST',
    path: '/api/v1/connectors/{id}/devices',
    scope: 'connectors:write',
    tag: 'Connectors',
    summary: 'Let a till in; its key is shown once',
    description: 'A device that was there before gets a new key and goes on with its numbers.',
    body: z.strictObject({
      device,
      location: z
        .string({ error: 'give the place' })
        .min(1, { error: 'give the place' })
        .max(200)
        .optional()
        .describe('Where it stands: an id of a location here, or what the till system calls it'),
    }),
    status: 201,
    answer: z.strictObject({ device: z.string(), key: z.string() }),
  }),
  deleteConnectorDevice: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/connectors/{id}/devices/{device}',
    scope: 'connectors:write',
    tag: 'Connectors',
    summary: 'Let a till in no more; what it sent stays',
    status: 204,
  }),
  joinConnectorCart: defineEndpoint({
    method: 'POST',
    path: '/api/v1/connectors/{id}/carts',
    scope: 'connectors:write',
    tag: 'Connectors',
    summary: 'Say whose cart it is that the shop knows by a token',
    description:
      'A shop’s carts name nobody. What lies in the cart becomes hers, and what she does with it from then on. A page that writes `segue_anonymous_id` into the cart’s attributes needs no such call.',
    body: z.strictObject({
      token: z.string({ error: 'give the token of the cart' }).min(1).max(200),
      anonymousId: z.string({ error: 'give her anonymousId' }).min(1).max(200),
    }),
    status: 204,
  }),
  dropConnectorFile: defineEndpoint({
    method: 'POST',
    path: '/api/v1/connectors/{id}/drop',
    scope: 'connectors:write',
    tag: 'Connectors',
    summary: 'Take a file of products, stock, orders or customers',
    description: `The body is the file as it is, CSV or NDJSON, at most ${DROP_BYTES_MAX} bytes, of any content type but JSON; it is read while it comes, and taken whole or not at all. A bad row is named by its line and stops nothing. Of a snapshot, what the file does not name is gone: its products are archived, its stock is 0.`,
    query: z.strictObject({
      of: z.enum(DROP_SUBJECTS, { error: `give one of ${DROP_SUBJECTS.join(', ')}` }),
      format: z.enum(['csv', 'ndjson'], { error: 'give "csv" or "ndjson"' }).default('csv'),
      mode: z.enum(['delta', 'snapshot'], { error: 'give "delta" or "snapshot"' }).default('delta'),
      at: instantSchema
        .optional()
        .describe('When the file was true; older than what is known, it changes nothing. Default: now'),
    }),
    bytes: true,
    answer: dropAnswerSchema,
  }),
} as const;
