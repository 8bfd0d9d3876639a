import { z } from 'zod';

import { givenNameSchema } from './segments.ts';
import { defineEndpoint, idSchema, instantSchema, jsonSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

export const IMPORT_KINDS = ['profiles', 'events', 'consents', 'orders'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];
export const IMPORT_FORMATS = ['csv', 'ndjson'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];
export const IMPORT_STATES = ['uploading', 'running', 'done', 'cancelled', 'failed'] as const;
export const CELL_TYPES = ['auto', 'text', 'number', 'boolean', 'time', 'json'] as const;
export type CellType = (typeof CELL_TYPES)[number];

/** How many bytes one call uploads at most. */
export const IMPORT_PIECE_BYTES_MAX = 8 * 1024 * 1024;
/** How many rows a dry run looks at. */
export const DRY_RUN_ROWS_MAX = 10_000;
const COLUMNS_MAX = 1_000;

const name = z
  .string({ error: 'give the name' })
  .trim()
  .min(1, { error: 'give the name' })
  .max(200, { error: 'use at most 200 characters' });

const target = z
  .string({ error: 'say what the column becomes, like "traits.plan", or "ignore"' })
  .min(1, { error: 'say what the column becomes, like "traits.plan", or "ignore"' })
  .max(200, { error: 'use at most 200 characters' });

/** What a column of the file becomes. */
export const columnMappingSchema = z
  .strictObject({
    column: z.string({ error: 'give the name of the column' }).max(200, { error: 'use at most 200 characters' }),
    to: target.describe(
      'profiles: userId, anonymousId, email, phone, timestamp, traits, traits.<name>. events: the same without traits, and event, messageId, properties, properties.<name>. orders: identifiers, timestamp, order_id, total, currency …, products, products.<field>, properties.<name>. consents: identifier, channel, topic, status, occurredAt, source, text, url, ip, isConfirmed, address. Or: ignore',
    ),
    type: z
      .enum(CELL_TYPES, { error: `give one of ${CELL_TYPES.join(', ')}` })
      .optional()
      .describe(
        'How its cells are read. Default `auto`: numbers, true and false, JSON; what looks like a code stays text',
      ),
  })
  .meta({ id: 'ColumnMapping' });
export type ColumnMapping = z.output<typeof columnMappingSchema>;

const mapping = z.array(columnMappingSchema, { error: 'give a list of columns' }).max(COLUMNS_MAX);

/** How a file is to be read. */
export const importOptionsSchema = z
  .strictObject({
    delimiter: z
      .enum([',', ';', '\t', '|'], { error: 'give "," or ";" or a tab or "|"' })
      .optional()
      .describe('Left out: as the first line shows'),
    timeZone: z
      .string({ error: 'give a time zone, like "Europe/Berlin"' })
      .max(64, { error: 'use at most 64 characters' })
      .optional()
      .describe('Of times that do not say theirs. Default: UTC'),
    dateOrder: z
      .enum(['dmy', 'mdy'], { error: 'give "dmy" or "mdy"' })
      .optional()
      .describe('What 01/02/2026 means. Left out: a date that could be two is refused with its line'),
    defaults: z
      .record(z.string(), z.string())
      .optional()
      .describe('What holds where no column says it, by target: { "channel": "email", "topic": "marketing" }'),
    list: givenNameSchema('give the id of a list, like "lst_…", or the name of one')
      .optional()
      .describe(
        'Of profiles: the manual list everybody in the file is put on, by id or name; made at the start when no list has the name. Takes the scope segments:write too',
      ),
  })
  .meta({ id: 'ImportOptions' });
export type ImportOptions = z.output<typeof importOptionsSchema>;

export const createImportSchema = z.strictObject({
  kind: z.enum(IMPORT_KINDS, { error: `give one of ${IMPORT_KINDS.join(', ')}` }),
  format: z.enum(IMPORT_FORMATS, { error: `give one of ${IMPORT_FORMATS.join(', ')}` }),
  name: name.describe('What people call it, like the name of the file'),
  mapping: mapping.optional().describe('Left out: as `columns` suggests it'),
  options: importOptionsSchema.optional(),
});

const readAs = z.strictObject({
  mapping: mapping.optional().describe('In place of what it was created with'),
  options: importOptionsSchema.optional().describe('In place of those it was created with'),
});

const rowErrorSchema = z.strictObject({
  line: z.int().describe('In the file, from 1; the first line of a row that takes several'),
  column: z.string().describe('Empty: the row as a whole'),
  message: z.string().describe('What is wrong and what to do about it'),
});
export type RowError = z.infer<typeof rowErrorSchema>;

const countsSchema = z.strictObject({ read: z.int(), accepted: z.int(), rejected: z.int() });

/** An import and how far it has come. */
export const importSchema = z
  .strictObject({
    id: idSchema('imp'),
    name: z.string(),
    kind: z.enum(IMPORT_KINDS),
    format: z.enum(IMPORT_FORMATS),
    state: z.enum(IMPORT_STATES),
    sizeBytes: z.int().describe('Uploaded so far: the offset of the next piece'),
    mapping: z.array(columnMappingSchema).nullable().describe('null: as suggested'),
    options: importOptionsSchema,
    list: idSchema('lst').nullable().describe('Where its profiles go; known from the start on'),
    rows: countsSchema,
    percent: z.number().describe('Of the file, from 0 to 100'),
    reason: z.string().nullable().describe('Why it failed'),
    createdAt: instantSchema,
    startedAt: instantSchema.nullable(),
    endedAt: instantSchema.nullable(),
  })
  .meta({ id: 'Import' });
export type Import = z.infer<typeof importSchema>;

const columnSchema = z.strictObject({
  column: z.string(),
  suggestion: columnMappingSchema,
  because: z.enum(['name', 'values', 'nothing']).describe('What the suggestion was made from'),
  samples: z.array(z.string()).describe('The first values that are not empty, cut to 100 characters'),
});
export type ImportColumn = z.infer<typeof columnSchema>;

export const importEndpoints = {
  createImport: defineEndpoint({
    method: 'POST',
    path: '/api/v1/imports',
    scope: 'imports:write',
    tag: 'Imports',
    summary: 'Begin an import: then upload its file, look at its columns, and start it',
    description:
      'Each row becomes an event of its own time, so profiles, consent and segments follow. A bad row is named with its line and stops nothing. An import is no sign-up: whoever was erased stays so. An import of consents takes the scope consent:write too.',
    body: createImportSchema,
    status: 201,
    answer: importSchema,
  }),
  listImports: defineEndpoint({
    method: 'GET',
    path: '/api/v1/imports',
    scope: 'imports:read',
    tag: 'Imports',
    summary: 'List imports with their progress, newest first',
    query: pageQuerySchema,
    answer: pageOf(importSchema),
  }),
  getImport: defineEndpoint({
    method: 'GET',
    path: '/api/v1/imports/{id}',
    scope: 'imports:read',
    tag: 'Imports',
    summary: 'Read how far an import has come',
    answer: importSchema,
  }),
  uploadImport: defineEndpoint({
    method: 'POST',
    path: '/api/v1/imports/{id}/bytes',
    scope: 'imports:write',
    tag: 'Imports',
    summary: 'Upload the next piece of the file',
    description: `The body is bytes as they stand in the file, at most ${IMPORT_PIECE_BYTES_MAX}, of any content type but JSON. After a broken call read the import and go on at its \`sizeBytes\`; a piece that is there already changes nothing.`,
    query: z.strictObject({
      offset: z.coerce
        .number({ error: 'give the place of the piece in the file, in bytes' })
        .int({ error: 'give the place of the piece in the file, in bytes' })
        .min(0, { error: 'give the place of the piece in the file, in bytes' })
        .describe('Where in the file the piece begins'),
    }),
    bytes: true,
    answer: importSchema,
  }),
  getImportColumns: defineEndpoint({
    method: 'GET',
    path: '/api/v1/imports/{id}/columns',
    scope: 'imports:read',
    tag: 'Imports',
    summary: 'Read the columns of the uploaded file, with what each is likely to be',
    description:
      'Names are known in English, German and French and from the exports of Shopify, Klaviyo, Mailchimp and WooCommerce; else the values decide.',
    answer: z.strictObject({
      delimiter: z.string().nullable().describe('null: not CSV'),
      columns: z.array(columnSchema),
      missing: z
        .array(z.string())
        .describe('What this kind of import still needs: map a column to it or give a default'),
    }),
  }),
  dryRunImport: defineEndpoint({
    method: 'POST',
    path: '/api/v1/imports/{id}/dry-run',
    scope: 'imports:write',
    tag: 'Imports',
    summary: 'See what would become of the first rows; nothing is changed',
    body: readAs,
    bodyOptional: true,
    changesNothing: true,
    answer: z.strictObject({
      rows: countsSchema.describe(`Of the first ${DRY_RUN_ROWS_MAX}`),
      isWhole: z.boolean().describe('Whether that is every row'),
      errors: z.array(rowErrorSchema).describe('The first 20'),
      sample: z
        .array(z.strictObject({ line: z.int(), becomes: z.record(z.string(), jsonSchema) }))
        .describe('What the first five rows become'),
    }),
  }),
  startImport: defineEndpoint({
    method: 'POST',
    path: '/api/v1/imports/{id}/start',
    scope: 'imports:write',
    tag: 'Imports',
    summary: 'Start an import whose file is uploaded',
    description:
      'It runs in the background and goes on after a crash where it was, with no row twice and none left out. An import of consents takes the scope consent:write too. A row is refused that is longer than 256 KB, or becomes an event that is larger or nested deeper than the tracking API takes. Rows of one order must stand together, at most 2 000: those that come after its end are refused.',
    body: readAs,
    bodyOptional: true,
    status: 202,
    answer: importSchema,
  }),
  cancelImport: defineEndpoint({
    method: 'POST',
    path: '/api/v1/imports/{id}/cancel',
    scope: 'imports:write',
    tag: 'Imports',
    summary: 'Stop an import',
    description: 'Rows that were taken stay taken.',
    answer: importSchema,
  }),
  listImportErrors: defineEndpoint({
    method: 'GET',
    path: '/api/v1/imports/{id}/errors',
    scope: 'imports:read',
    tag: 'Imports',
    summary: 'List the rows an import did not take, by line',
    description: 'The first 100 000, kept for 7 days after its end.',
    query: pageQuerySchema,
    answer: pageOf(rowErrorSchema),
  }),
  getImportErrorsFile: defineEndpoint({
    method: 'GET',
    path: '/api/v1/imports/{id}/errors/file',
    scope: 'imports:read',
    tag: 'Imports',
    summary: 'Download the rows an import did not take as CSV: line, column, message, and the row as it stood',
    description: 'Rows are kept for seven days; of one longer than 4,096 bytes only line, column and message.',
    file: ['text/csv'],
  }),
} as const;
