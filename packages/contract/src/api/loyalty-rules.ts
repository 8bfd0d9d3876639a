import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { currencySchema } from '../money.ts';
import { eventFilterSchema, wellFormedText } from '../segment-condition.ts';
import { programKeySchema } from './loyalty-programs.ts';
import {
  factorSchema,
  pointsChannelsSchema,
  pointsMultipliersSchema,
  pointsRatesSchema,
  pointsSchema,
} from './loyalty-terms.ts';
import { givenNameSchema } from './segments.ts';

const CONDITIONS_MAX = 20;

const property = wellFormedText('name a property of the event, like "total" or "value"').max(200, {
  error: 'use at most 200 characters',
});

const formula = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('fixed'), points: pointsSchema }),
    z.strictObject({
      kind: z.literal('per_unit'),
      property: property.describe('A number, like `minutes`, or an amount of money in main units'),
      points: factorSchema(100_000).describe('For each 1 of it'),
      currency: currencySchema.exactOptional().describe('Events whose `currency` is another earn nothing'),
    }),
    z.strictObject({
      kind: z.literal('products'),
      rates: pointsRatesSchema.describe('By the event’s `currency`'),
      multipliers: pointsMultipliersSchema.default([]),
    }),
  ],
  { error: 'choose a kind: fixed, per_unit or products' },
);

const instant = z.iso.datetime({ offset: true, error: 'give an instant, like "2026-12-01T00:00:00Z"' });
const times = z
  .int({ error: 'give a whole number' })
  .min(1, { error: 'give at least 1' })
  .max(1_000_000, { error: 'give at most 1000000' });

const limits = z
  .strictObject(
    {
      perEvent: pointsSchema.exactOptional().describe('Points for one event'),
      perDay: pointsSchema.exactOptional().describe('Points for one customer and day of the workspace’s clock'),
      timesPerDay: times.exactOptional(),
      times: times.exactOptional().describe('For one customer ever: 1 is a welcome bonus'),
    },
    { error: 'give limits, like { "perDay": 100 }' },
  )
  .default({});

/** What an event earns. `products` reads Segment’s `products`, each with `price` and `quantity`. */
const ruleFields = {
  name: givenNameSchema('name the rule'),
  event: wellFormedText('name the event, like "Product Reviewed"').max(200, { error: 'use at most 200 characters' }),
  where: z
    .array(eventFilterSchema, { error: 'give a list of conditions on properties' })
    .max(CONDITIONS_MAX, { error: `give at most ${CONDITIONS_MAX} conditions` })
    .default([])
    .describe('All of them must hold of the event'),
  formula,
  limits,
  channels: pointsChannelsSchema.exactOptional().describe('Events whose `context.channel` is one of these'),
  startsAt: instant.exactOptional().describe('Events that happened from then on'),
  endsAt: instant.exactOptional().describe('Events that happened before then'),
  isTrustedOnly: z
    .boolean({ error: 'give true or false' })
    .default(true)
    .describe('What browsers send, anybody can make up: it earns only if this is false, better with limits'),
};
const pointsRuleBody = z.strictObject(ruleFields).refine((rule) => spans(rule), {
  error: 'give an end after the start',
  path: ['endsAt'],
});

function spans({ startsAt, endsAt }: { startsAt?: string; endsAt?: string }): boolean {
  return startsAt === undefined || endsAt === undefined || Date.parse(startsAt) < Date.parse(endsAt);
}

const state = z.enum(['active', 'paused', 'archived'], { error: 'choose one of active, paused, archived' });

const rule = z
  .strictObject({
    id: idSchema('lrl'),
    program: programKeySchema,
    state,
    ...ruleFields,
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: 'PointsRule' });

const tag = 'Loyalty';

export const loyaltyRuleEndpoints = {
  createPointsRule: defineEndpoint({
    method: 'POST',
    path: '/api/v1/points-programs/{key}/rules',
    scope: 'loyalty:write',
    tag,
    summary: 'Let an event earn points',
    description:
      'Counts events that come in from now on, each once. What orders earn for their value is said in the terms of the program; a rule on an event of an order is for what it earns beside that, and goes back with the order.',
    body: pointsRuleBody,
    status: 201,
    answer: rule,
  }),
  listPointsRules: defineEndpoint({
    method: 'GET',
    path: '/api/v1/points-programs/{key}/rules',
    scope: 'loyalty:read',
    tag,
    summary: 'List the rules of a program, newest first',
    query: pageQuerySchema,
    answer: pageOf(rule),
  }),
  getPointsRule: defineEndpoint({
    method: 'GET',
    path: '/api/v1/points-rules/{id}',
    scope: 'loyalty:read',
    tag,
    summary: 'Get an earning rule',
    answer: rule,
  }),
  updatePointsRule: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/points-rules/{id}',
    scope: 'loyalty:write',
    tag,
    summary: 'Pause, resume or archive an earning rule, or change what it says',
    description: 'What was earned stays. An archived rule does not come back.',
    body: z
      .strictObject({ state: state.exactOptional(), rule: pointsRuleBody.exactOptional().describe('All of it, anew') })
      .refine((change) => Object.keys(change).length > 0, { error: 'say what to change' }),
    answer: rule,
  }),
} as const;
