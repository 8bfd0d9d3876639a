import { z } from 'zod';

import { defineEndpoint, pageOf, pageQuerySchema } from '../endpoint.ts';
import {
  read,
  write,
  tag,
  locationFields,
  locationSchema,
  optionalFields,
  locationName,
  locationKind,
} from '../stock.ts';

export const locationEndpoints = {
  createLocation: defineEndpoint({
    method: 'POST',
    path: '/api/v1/locations',
    scope: write,
    tag,
    summary: 'Add a place with stock',
    body: z.strictObject({ name: locationName, kind: locationKind, ...optionalFields }),
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
} as const;
