import { z } from 'zod';

import { wellFormedText } from './segment-condition.ts';

const LINE_CHARS_MAX = 500;
export const TEMPLATE_PART_CHARS_MAX = 200_000;

const UNSENDABLE = /[^\P{Cc}\t\n\r]|\p{Surrogate}/u;

function templatePart(remedy: string, lengthMax: number) {
  return z
    .string({ error: remedy })
    .max(lengthMax, { error: `use at most ${lengthMax} characters` })
    .refine((text) => !UNSENDABLE.test(text), { error: 'remove control characters and unpaired surrogates' });
}

const utmText = z
  .string({ error: 'give the text of the parameter' })
  .regex(/^[^\s&#?=]{1,100}$/, { error: 'use 1 to 100 characters without spaces and without & # ? =' });

/**
 * Campaign parameters put on the links of a mail that do not have them yet: `source` becomes `utm_source`. `{journey}` and
 * `{template}` stand for their ids.
 */
export const utmSchema = z.strictObject({
  source: utmText.optional(),
  medium: utmText.optional(),
  campaign: utmText.optional(),
  content: utmText.optional(),
  term: utmText.optional(),
  /** Only links to these hosts and those below them; every web link when left out. */
  hosts: z
    .array(z.string().regex(/^[a-z0-9.-]{1,253}$/, { error: 'give a host in lower case, like "shop.example"' }), {
      error: 'give the hosts as a list, like ["shop.example"]',
    })
    .max(20, { error: 'give at most 20 hosts' })
    .optional(),
});
export type Utm = z.infer<typeof utmSchema>;

const body = (what: string) =>
  templatePart(`give the ${what} of the mail`, TEMPLATE_PART_CHARS_MAX).refine((text) => text.trim() !== '', {
    error: `give the ${what} of the mail`,
  });

/** What an email template says; every part is Liquid. Its body is `html` or `mjml`, never both. */
const emailContentShape = {
  subject: templatePart('give the subject line', LINE_CHARS_MAX).refine((text) => text.trim() !== '', {
    error: 'give the subject line',
  }),
  html: body('HTML').optional(),
  /** MJML 5; compiled once, when it is saved. */
  mjml: body('MJML').optional(),
  /** Made from the HTML when left out. */
  text: templatePart('give the plain text of the mail', TEMPLATE_PART_CHARS_MAX).optional(),
  /** The line a mailbox shows after the subject. */
  preheader: templatePart('give the preheader', LINE_CHARS_MAX).optional(),
  utm: utmSchema.optional(),
};

const ONE_BODY = {
  error: 'give the body of the mail once: as "html" or as "mjml"',
  path: ['html'],
};
const hasOneBody = (content: { html?: string | undefined; mjml?: string | undefined }): boolean =>
  (content.html === undefined) !== (content.mjml === undefined);

export const emailContentSchema = z.strictObject(emailContentShape).refine(hasOneBody, ONE_BODY);
export type EmailContent = z.infer<typeof emailContentSchema>;

const templateName = wellFormedText('give the template a name');

/** Body of `POST /api/v1/templates`. */
export const createTemplateSchema = z
  .strictObject({
    name: templateName,
    channel: z.literal('email', { error: 'templates are for the channel "email"' }).default('email'),
    ...emailContentShape,
  })
  .refine(hasOneBody, ONE_BODY);
export type CreateTemplateBody = z.infer<typeof createTemplateSchema>;

/** Body of `PUT /api/v1/templates/{id}`: the whole template; a changed content becomes a new version. */
export const updateTemplateSchema = z
  .strictObject({ name: templateName, ...emailContentShape })
  .refine(hasOneBody, ONE_BODY);
export type UpdateTemplateBody = z.infer<typeof updateTemplateSchema>;

const previewShape = {
  /** What the template may name, as a journey or an API call would give it. */
  variables: z.record(z.string(), z.json()).default({}),
  /** Whose traits `profile` stands for. */
  profileId: z.string().optional(),
};

/** Body of `POST /api/v1/templates/{id}/preview`. */
export const previewTemplateSchema = z.strictObject(previewShape);
export type PreviewTemplateBody = z.infer<typeof previewTemplateSchema>;

/** Body of `POST /api/v1/template-previews`: a template that is not saved. */
export const previewDraftSchema = z
  .strictObject({ ...emailContentShape, ...previewShape })
  .refine(hasOneBody, ONE_BODY);
export type PreviewDraftBody = z.infer<typeof previewDraftSchema>;
