import { z } from 'zod';

import { ROLES } from '../access.ts';
import { defineEndpoint, idSchema, instantSchema } from '../endpoint.ts';

const name = z
  .string({ error: 'give the name' })
  .trim()
  .min(1, { error: 'give the name' })
  .max(100, { error: 'use at most 100 characters' });

const timeZone = z
  .string({ error: 'give a time zone like Europe/Berlin' })
  .refine(isTimeZone, { error: 'give a time zone like Europe/Berlin' });

const currency = z
  .string({ error: 'give a currency code like EUR' })
  .regex(/^[A-Z]{3}$/, { error: 'give a currency code of three capitals, like EUR' });

const language = z
  .string({ error: 'give a language like en or pt-BR' })
  .regex(/^[a-z]{2,3}(-[A-Z]{2})?$/, { error: 'give a language like en or pt-BR' });

/** One brand. */
export const workspaceSchema = z.strictObject({
  id: idSchema('wsp'),
  name: z.string(),
  timeZone: z.string().describe('IANA name: where its days begin and end'),
  currency: z.string().describe('ISO 4217'),
  language: z.string().describe('BCP 47'),
  createdAt: instantSchema,
});
export type Workspace = z.infer<typeof workspaceSchema>;

export const workspaceEndpoints = {
  getWorkspace: defineEndpoint({
    method: 'GET',
    path: '/api/v1/workspace',
    scope: 'workspace:read',
    tag: 'Workspace',
    summary: 'Read the workspace this key or session works in, and who asks',
    answer: workspaceSchema.extend({
      you: z.strictObject({
        kind: z.enum(['member', 'apiKey']),
        id: z.string().describe('`mbr_…` or `key_…`'),
        role: z.enum(ROLES).nullable().describe('null for an API key'),
        scopes: z.array(z.string()),
      }),
    }),
  }),
  updateWorkspace: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/workspace',
    scope: 'workspace:write',
    tag: 'Workspace',
    summary: 'Change name, time zone, currency or language',
    body: z.strictObject({
      name: name.optional(),
      timeZone: timeZone.optional(),
      currency: currency.optional(),
      language: language.optional(),
    }),
    answer: workspaceSchema,
  }),
  createWorkspace: defineEndpoint({
    method: 'POST',
    path: '/api/v1/workspaces',
    scope: 'workspace:write',
    tag: 'Workspace',
    summary: 'Make another workspace, of which you are the owner',
    description:
      'For an owner who is signed in; an API key belongs to one workspace and makes none. The keys are shown only now. Choose a workspace per call with the header `Segue-Workspace: wsp_…`; it holds for that call alone.',
    body: z.strictObject({
      name,
      timeZone: timeZone.default('UTC'),
      currency: currency.default('EUR'),
      language: language.default('en'),
    }),
    status: 201,
    answer: workspaceSchema.extend({ apiKey: z.string(), writeKey: z.string() }),
  }),
} as const;

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
