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
  seq: z.number().int().nullable().describe('Place in the chain; null of entries written before there was one'),
  hash: z.string().nullable().describe('Of this entry and the one before it, in hex'),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** Whether a piece of the audit chain holds. */
export const auditVerificationSchema = z
  .strictObject({
    intact: z.boolean().describe('Whether everything followed so far by this answer holds'),
    verified: z.number().int().describe('How many entries hold in this piece'),
    broken: z
      .strictObject({
        reason: z
          .enum(['changed', 'missing', 'unchained'])
          .describe('`unchained`: there are entries that no link holds, before the chain or behind its end'),
        seq: z.number().int(),
        entryId: z.string().nullable().describe('Null where the entry itself is gone'),
      })
      .nullable()
      .describe('The first entry that does not hold'),
    head: z.strictObject({ seq: z.number().int(), hash: z.string() }).describe('The last link there is'),
    next: z.string().nullable().describe('Pass it as `after`; null at the end, or where it is broken'),
  })
  .meta({ id: 'AuditVerification' });

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
  verifyAudit: defineEndpoint({
    method: 'GET',
    path: '/api/v1/audit/verification',
    scope: 'audit:read',
    tag: 'Workspace',
    summary: 'Follow the audit chain and name the first entry that does not hold',
    description:
      'Every entry is hashed with the one before it under a key that is not in the database, so a changed, removed, added or reordered entry is found. Ask again with `after` until `next` is null. Keep `head` somewhere else from time to time: it also shows whether the end was cut off.',
    query: z.strictObject({
      after: z.string().max(100).optional().describe('`next` of the answer before'),
      entries: z.coerce
        .number({ error: 'give a whole number from 1 to 10000' })
        .int({ error: 'give a whole number from 1 to 10000' })
        .min(1, { error: 'give a whole number from 1 to 10000' })
        .max(10_000, { error: 'give a whole number from 1 to 10000' })
        .default(5_000)
        .describe('How many entries at most'),
    }),
    answer: auditVerificationSchema,
  }),
} as const;
