import { z } from 'zod';

import { defineEndpoint } from '../endpoint.ts';

const color = z
  .string({ error: 'give a colour like "#1f4d3a", or null' })
  .regex(/^#[0-9a-f]{6}$/i, { error: 'give a colour of six hex digits, like "#1f4d3a"' });

/** How the brand shows itself in mails and on the pages they lead to. */
export const brandSchema = z.strictObject({
  name: z.string().describe('The name of the workspace until another is set'),
  color: z.string().nullable().describe('Of buttons, like `#1f4d3a`; the text on them is chosen to be readable'),
  logoUrl: z.string().nullable(),
  postalAddress: z.string().nullable().describe('Marketing mail must name it: `{{ brand.postalAddress }}`'),
  language: z.string().describe('Of pages whose visitor asks for no language they have'),
});
export type Brand = z.infer<typeof brandSchema>;

/** Body of `PUT /api/v1/brand`: the whole of it; what is left out or null is not set. */
export const updateBrandSchema = z.strictObject({
  name: z
    .string({ error: 'give the name customers know' })
    .trim()
    .min(1, { error: 'give the name customers know' })
    .max(100, { error: 'use at most 100 characters' })
    .nullable()
    .default(null),
  color: color.nullable().default(null),
  logoUrl: z
    .url({ protocol: /^https$/, error: 'give the https address of an image, or null' })
    .max(2_000, { error: 'use at most 2000 characters' })
    .nullable()
    .default(null),
  postalAddress: z
    .string({ error: 'give the address on one line, or null' })
    .trim()
    .max(300, { error: 'use at most 300 characters' })
    .nullable()
    .default(null),
});
export type UpdateBrandBody = z.infer<typeof updateBrandSchema>;

export const brandEndpoints = {
  getBrand: defineEndpoint({
    method: 'GET',
    path: '/api/v1/brand',
    scope: 'workspace:read',
    tag: 'Workspace',
    summary: 'Read how the brand shows itself in mails and on the pages they lead to',
    answer: brandSchema,
  }),
  updateBrand: defineEndpoint({
    method: 'PUT',
    path: '/api/v1/brand',
    scope: 'workspace:write',
    tag: 'Workspace',
    summary: 'Set name, colour, logo and postal address of the brand',
    body: updateBrandSchema,
    answer: brandSchema,
  }),
} as const;
