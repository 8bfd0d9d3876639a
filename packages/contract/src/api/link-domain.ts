import { z } from 'zod';

import { defineEndpoint, instantSchema } from '../endpoint.ts';

/** The domain that links in messages show. */
export const linkDomainSchema = z.strictObject({
  host: z.string().nullable().describe('Null: links show the public address of the server'),
  verifiedAt: instantSchema.nullable().describe('Links use the domain from then on'),
  probeUrl: z
    .string()
    .nullable()
    .describe('Open it once the domain leads to this server: that proves it. Null when there is nothing to prove'),
  linksBeginWith: z.string().describe('What the links of a message sent now begin with'),
});
export type LinkDomain = z.infer<typeof linkDomainSchema>;

/** Body of `PUT /api/v1/link-domain`. */
export const updateLinkDomainSchema = z.strictObject({
  host: z
    .string({ error: 'give a host name like "links.shop.example", or null for none' })
    .toLowerCase()
    .max(253, { error: 'use at most 253 characters' })
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?$/, {
      error: 'give the name alone, like "links.shop.example": no scheme, no path',
    })
    .nullable(),
});

export const linkDomainEndpoints = {
  getLinkDomain: defineEndpoint({
    method: 'GET',
    path: '/api/v1/link-domain',
    scope: 'workspace:read',
    tag: 'Workspace',
    summary: 'Read the domain that links in messages show',
    answer: linkDomainSchema,
  }),
  updateLinkDomain: defineEndpoint({
    method: 'PUT',
    path: '/api/v1/link-domain',
    scope: 'workspace:write',
    tag: 'Workspace',
    summary: 'Set the domain that links in messages show',
    description:
      'It is used once it is proved: let the name lead to this server, then open `probeUrl`. Nothing is fetched from here. Links sent before keep working as long as their name does.',
    body: updateLinkDomainSchema,
    answer: linkDomainSchema,
  }),
} as const;
