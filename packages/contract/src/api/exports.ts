import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

export const EXPORT_SUBJECTS = ['profiles', 'segment', 'events', 'consents', 'orders'] as const;
export type ExportSubject = (typeof EXPORT_SUBJECTS)[number];
export const EXPORT_FORMATS = ['csv', 'ndjson', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
export const EXPORT_STATES = ['ready', 'running', 'done'] as const;

const instant = z.iso.datetime({ offset: true, error: 'give a time in ISO 8601, like "2026-11-22T10:00:00Z"' });

export const createExportSchema = z.strictObject({
  what: z.enum(EXPORT_SUBJECTS, { error: `give one of ${EXPORT_SUBJECTS.join(', ')}` }),
  segment: z
    .string({ error: 'give the id of a segment' })
    .max(100)
    .optional()
    .describe('Of `what: segment`: whose members'),
  format: z.enum(EXPORT_FORMATS, { error: `give one of ${EXPORT_FORMATS.join(', ')}` }),
  columns: z
    .array(z.string({ error: 'give names of columns' }).min(1, { error: 'give names of columns' }).max(200))
    .min(1, { error: 'give at least one column, or leave them out for all' })
    .max(500, { error: 'give at most 500 columns' })
    .optional()
    .describe('Like "email", "traits.plan", "properties.total". Left out: all there are'),
  from: instant.optional().describe('Of events, orders and consents: not before'),
  to: instant.optional().describe('Of events, orders and consents: before'),
});

/** An export: what its file holds is read while it is downloaded, and kept nowhere. */
export const exportSchema = z
  .strictObject({
    id: idSchema('exp'),
    what: z.enum(EXPORT_SUBJECTS),
    segment: idSchema('seg').nullable(),
    format: z.enum(EXPORT_FORMATS),
    columns: z.array(z.string()).nullable(),
    from: instantSchema.nullable(),
    to: instantSchema.nullable(),
    state: z.enum(EXPORT_STATES).describe('Of the newest download; one that broke off stays `running`'),
    rows: z.strictObject({
      written: z.int().describe('By the newest download so far'),
      total: z
        .int()
        .nullable()
        .describe(
          'As counted when the download began, those who are left out too; of consents null until the file is whole',
        ),
    }),
    percent: z.number().describe('Of the newest download, from 0 to 100'),
    file: z.string().describe('Where it is downloaded, with the same key'),
    createdAt: instantSchema,
  })
  .meta({ id: 'Export' });
export type Export = z.infer<typeof exportSchema>;

export const exportEndpoints = {
  createExport: defineEndpoint({
    method: 'POST',
    path: '/api/v1/exports',
    scope: 'exports:write',
    tag: 'Exports',
    summary: 'Describe an export; its file can be downloaded at once',
    description:
      'The file is made while it is read: nothing of it is kept, so nobody erased meanwhile is in it. Whoever’s processing is restricted is left out. In CSV a text that a spreadsheet would take for a formula begins with an apostrophe.',
    body: createExportSchema,
    status: 201,
    answer: exportSchema,
  }),
  listExports: defineEndpoint({
    method: 'GET',
    path: '/api/v1/exports',
    scope: 'exports:read',
    tag: 'Exports',
    summary: 'List exports, newest first',
    query: pageQuerySchema,
    answer: pageOf(exportSchema),
  }),
  getExport: defineEndpoint({
    method: 'GET',
    path: '/api/v1/exports/{id}',
    scope: 'exports:read',
    tag: 'Exports',
    summary: 'Read what an export holds, and how far its download has come',
    answer: exportSchema,
  }),
  getExportFile: defineEndpoint({
    method: 'GET',
    path: '/api/v1/exports/{id}/file',
    scope: 'exports:read',
    tag: 'Exports',
    summary: 'Download the file of an export',
    description: 'As things stand now, personal values in the clear; each download is in the audit log.',
    file: ['text/csv', 'application/x-ndjson', 'application/vnd.apache.parquet'],
  }),
} as const;
