import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, jsonSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

export const COMPANY_ROLE_LENGTH_MAX = 100;

/** A company as the API shows it. */
export const companySchema = z.strictObject({
  id: idSchema('cmp'),
  groupId: z.string().nullable().describe('What the shop calls it; null where that was personal and was erased'),
  name: z.string().nullable(),
  traits: z.record(z.string(), jsonSchema),
  firstSeenAt: instantSchema,
  lastSeenAt: instantSchema,
  createdAt: instantSchema,
});
export type Company = z.infer<typeof companySchema>;

const membership = {
  role: z.string().nullable(),
  firstSeenAt: instantSchema.describe('When it first was said that the profile belongs to the company'),
  lastSeenAt: instantSchema,
};

export const companyMemberSchema = z.strictObject({ profileId: idSchema('prf'), ...membership });
export type CompanyMember = z.infer<typeof companyMemberSchema>;

export const profileCompanySchema = z.strictObject({
  id: idSchema('cmp'),
  groupId: z.string().nullable(),
  name: z.string().nullable(),
  ...membership,
});
export type ProfileCompany = z.infer<typeof profileCompanySchema>;

const roleSchema = z
  .string({ error: 'give the role as a text, or null for none' })
  .trim()
  .min(1, { error: 'give the role, or null for none' })
  .max(COMPANY_ROLE_LENGTH_MAX, { error: `give a role of at most ${COMPANY_ROLE_LENGTH_MAX} characters` });

export const setCompanyMemberSchema = z.strictObject({
  role: roleSchema.nullable().optional().describe('Left out: the role stays as it is'),
});

export const companyEndpoints = {
  listCompanies: defineEndpoint({
    method: 'GET',
    path: '/api/v1/companies',
    scope: 'companies:read',
    tag: 'Companies',
    summary: 'List companies, newest first, or find some by name or groupId',
    query: pageQuerySchema.extend({
      name: z
        .string()
        .trim()
        .min(1, { error: 'give a part of the name' })
        .max(200)
        .optional()
        .describe('Part of the name, in any case'),
      groupId: z.string().min(1, { error: 'give the groupId' }).max(512).optional().describe('The whole groupId'),
    }),
    answer: pageOf(companySchema),
  }),
  getCompany: defineEndpoint({
    method: 'GET',
    path: '/api/v1/companies/{id}',
    scope: 'companies:read',
    tag: 'Companies',
    summary: 'Read a company',
    answer: companySchema,
  }),
  listCompanyMembers: defineEndpoint({
    method: 'GET',
    path: '/api/v1/companies/{id}/members',
    scope: 'companies:read',
    tag: 'Companies',
    summary: 'List the profiles that belong to a company',
    query: pageQuerySchema,
    answer: pageOf(companyMemberSchema),
  }),
  setCompanyMember: defineEndpoint({
    method: 'PUT',
    path: '/api/v1/companies/{id}/members/{profileId}',
    scope: 'companies:write',
    tag: 'Companies',
    summary: 'Put a profile into a company, or change its role there',
    body: setCompanyMemberSchema,
    answer: companyMemberSchema,
  }),
  removeCompanyMember: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/companies/{id}/members/{profileId}',
    scope: 'companies:write',
    tag: 'Companies',
    summary: 'Take a profile out of a company',
    description: 'A group call made later puts it back: it says that the profile belongs to the company again.',
    status: 204,
  }),
  listProfileCompanies: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/companies',
    scope: 'companies:read',
    tag: 'Companies',
    summary: 'List the companies a profile belongs to, in the order they were first seen',
    query: pageQuerySchema,
    answer: pageOf(profileCompanySchema),
  }),
} as const;
