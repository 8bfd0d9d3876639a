import { z } from 'zod';

import { defineEndpoint, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { pointsTermsSchema } from './loyalty-terms.ts';
import { givenNameSchema } from './segments.ts';

export const programKeySchema = z
  .string({ error: 'give the key of a points program, like "points"' })
  .regex(/^[a-z][a-z0-9_-]{0,39}$/, { error: 'use small letters, digits, _ and -, at most 40, a letter first' });

const unit = givenNameSchema('name the unit, like "points" or "stars"').max(40, { error: 'use at most 40 characters' });
const startsAt = z.iso
  .datetime({ offset: true, error: 'give an instant, like "2026-12-01T00:00:00Z"' })
  .describe('Orders placed earlier earn nothing');

const program = z
  .strictObject({
    key: programKeySchema,
    name: z.string(),
    unit: z.string(),
    state: z.enum(['active', 'archived']),
    version: z.int().describe('Counts changes of the terms'),
    terms: pointsTermsSchema,
    startsAt: instantSchema,
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: 'PointsProgram' });

const tag = 'Loyalty';

export const loyaltyProgramEndpoints = {
  createPointsProgram: defineEndpoint({
    method: 'POST',
    path: '/api/v1/points-programs',
    scope: 'loyalty:write',
    tag,
    summary: 'Begin a points program',
    description: 'Rules of segments name it by its key. Where a call names no program, the oldest active one is meant.',
    body: z.strictObject({
      key: programKeySchema,
      name: givenNameSchema('name the program'),
      unit: unit.default('points'),
      terms: pointsTermsSchema,
      startsAt: startsAt.exactOptional().describe('Left out: now. Orders placed earlier earn nothing'),
    }),
    status: 201,
    answer: program,
  }),
  listPointsPrograms: defineEndpoint({
    method: 'GET',
    path: '/api/v1/points-programs',
    scope: 'loyalty:read',
    tag,
    summary: 'List points programs, newest first',
    query: pageQuerySchema,
    answer: pageOf(program),
  }),
  getPointsProgram: defineEndpoint({
    method: 'GET',
    path: '/api/v1/points-programs/{key}',
    scope: 'loyalty:read',
    tag,
    summary: 'Get a points program',
    answer: program,
  }),
  updatePointsProgram: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/points-programs/{key}',
    scope: 'loyalty:write',
    tag,
    summary: 'Change a points program',
    description:
      'New terms hold from now on: orders placed before keep those of their instant, also when they are returned. Of an archived program points can still be spent.',
    body: z
      .strictObject({
        name: givenNameSchema('name the program').exactOptional(),
        unit: unit.exactOptional(),
        state: z.enum(['active', 'archived'], { error: 'choose one of active, archived' }).exactOptional(),
        terms: pointsTermsSchema.exactOptional().describe('All of them: what is left out gets its default'),
      })
      .refine((change) => Object.keys(change).length > 0, { error: 'say what to change' }),
    answer: program,
  }),
  getPointsTotals: defineEndpoint({
    method: 'GET',
    path: '/api/v1/points-programs/{key}/totals',
    scope: 'loyalty:read',
    tag,
    summary: 'Say what all customers have of a program: its liability',
    answer: z
      .strictObject({
        balance: z.int().describe('Can be spent'),
        pending: z.int(),
        debt: z.int().describe('Was spent and is to be taken back'),
        lifetimeEarned: z.int(),
        lifetimeBurned: z.int(),
      })
      .meta({ id: 'PointsTotals' }),
  }),
} as const;
