import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

const instant = z.iso.datetime({ offset: true, error: 'give an instant like 2026-11-30T00:00:00Z' });

/** Who changed what, and when. Never changed itself. */
export const auditEntrySchema = z.strictObject({
  id: idSchema('aud'),
  at: instantSchema,
  actor: z.strictObject({
    kind: z.enum(['member', 'apiKey', 'system']),
    id: z.string().nullable().describe('`mbr_…` or `key_…`; null for the system itself'),
    name: z.string(),
  }),
  ip: z.string().nullable(),
  action: z.string().describe('Noun and verb: `segment.created`'),
  subject: z.string().nullable().describe('Public id of what was changed'),
  detail: z.record(z.string(), z.json()).nullable(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const auditEndpoints = {
  listAuditEntries: defineEndpoint({
    method: 'GET',
    path: '/api/v1/audit',
    scope: 'audit:read',
    tag: 'Workspace',
    summary: 'List what was changed and by whom, newest first',
    query: pageQuerySchema.extend({
      actor: z.string().max(100).optional().describe('`mbr_…`, `key_…`, or the name of a part of the system'),
      action: z.string().max(100).optional().describe('`segment.created`, or `segment` for all of a noun'),
      subject: z.string().max(200).optional().describe('Public id of what was changed'),
      from: instant.optional().describe('From this instant on'),
      to: instant.optional().describe('Before this instant'),
    }),
    answer: pageOf(auditEntrySchema),
  }),
} as const;
