import { z } from 'zod';

import {
  DELIVERY_STATES,
  DROP_SUBJECTS,
  createConnectorSchema,
  updateConnectorSchema,
  connectorSchema,
  jobSchema,
  deliverySchema,
  deviceSchema,
  dayBody,
  device,
  dropAnswerSchema,
  DROP_BYTES_MAX,
} from '../connector.ts';
import { defineEndpoint, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

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
