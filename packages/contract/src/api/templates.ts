import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import {
  createTemplateSchema,
  previewDraftSchema,
  previewTemplateSchema,
  updateTemplateSchema,
  utmSchema,
} from '../template.ts';

export const TEMPLATE_WARNINGS = [
  'image_without_alt',
  'no_unsubscribe',
  'no_postal_address',
  'clipped',
  'no_preheader',
  'missing_variable',
  'no_title',
] as const;

export const templateSchema = z.strictObject({
  id: idSchema('tpl'),
  channel: z.string(),
  name: z.string(),
  version: z.int().describe('Grows with every changed content'),
  subject: z.string(),
  html: z.string().describe('Of an MJML template: what it compiled to'),
  mjml: z.string().nullable(),
  text: z.string().nullable().describe('Null: it is made from the HTML'),
  preheader: z.string().nullable(),
  utm: utmSchema.nullable().describe('Campaign parameters put on its links'),
  createdAt: instantSchema,
  updatedAt: instantSchema,
});
export type Template = z.infer<typeof templateSchema>;

/** Something a mail can go without, but should not. */
export const templateWarningSchema = z.strictObject({
  code: z.enum(TEMPLATE_WARNINGS),
  message: z.string().describe('What is wrong and what to do about it'),
});
export type TemplateWarning = z.infer<typeof templateWarningSchema>;

/** A mail as it would look now. */
export const templatePreviewSchema = z.strictObject({
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  sizeBytes: z.int().describe('Of the HTML, links not yet tracked'),
  variables: z.strictObject({
    used: z.array(z.string()).describe('What the template names, like `profile.firstName`'),
    missing: z.array(z.string()).describe('Those without a value here and without a default: they come out empty'),
  }),
  warnings: z.array(templateWarningSchema),
});
export type TemplatePreview = z.infer<typeof templatePreviewSchema>;

export const templateEndpoints = {
  createTemplate: defineEndpoint({
    method: 'POST',
    path: '/api/v1/templates',
    scope: 'templates:write',
    tag: 'Templates',
    summary: 'Make a template',
    description:
      'One that could not be rendered is refused, naming line and remedy. Liquid: `profile` holds the traits, `brand` the shop’s name, color, logoUrl and postalAddress; `{{ unsubscribe_url }}` is the customer’s own preference page, `{{ view_in_browser_url }}` the mail as a page.',
    body: createTemplateSchema,
    status: 201,
    answer: templateSchema,
  }),
  listTemplates: defineEndpoint({
    method: 'GET',
    path: '/api/v1/templates',
    scope: 'templates:read',
    tag: 'Templates',
    summary: 'List templates, newest first',
    query: pageQuerySchema,
    answer: pageOf(templateSchema),
  }),
  getTemplate: defineEndpoint({
    method: 'GET',
    path: '/api/v1/templates/{id}',
    scope: 'templates:read',
    tag: 'Templates',
    summary: 'Read a template with its current content',
    answer: templateSchema,
  }),
  updateTemplate: defineEndpoint({
    method: 'PUT',
    path: '/api/v1/templates/{id}',
    scope: 'templates:write',
    tag: 'Templates',
    summary: 'Replace a template',
    description: 'A changed content becomes a new version; messages queued before keep theirs.',
    body: updateTemplateSchema,
    answer: templateSchema,
  }),
  previewTemplate: defineEndpoint({
    method: 'POST',
    path: '/api/v1/templates/{id}/preview',
    scope: 'templates:read',
    tag: 'Templates',
    summary: 'Render a template as it would look now',
    description: 'Nothing is sent and no link is tracked.',
    body: previewTemplateSchema,
    bodyOptional: true,
    answer: templatePreviewSchema,
    changesNothing: true,
  }),
  previewDraft: defineEndpoint({
    method: 'POST',
    path: '/api/v1/template-previews',
    scope: 'templates:read',
    tag: 'Templates',
    summary: 'Render a template that is not saved',
    description: 'MJML is compiled and its faults are named; nothing is kept or sent.',
    body: previewDraftSchema,
    answer: templatePreviewSchema,
    changesNothing: true,
  }),
} as const;
