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

/** What an email template says; every part is Liquid. */
export const emailContentSchema = z.strictObject({
  subject: templatePart('give the subject line', LINE_CHARS_MAX).refine((text) => text.trim() !== '', {
    error: 'give the subject line',
  }),
  html: templatePart('give the HTML of the mail', TEMPLATE_PART_CHARS_MAX).refine((text) => text.trim() !== '', {
    error: 'give the HTML of the mail',
  }),
  /** Made from the HTML when left out. */
  text: templatePart('give the plain text of the mail', TEMPLATE_PART_CHARS_MAX).optional(),
  /** The line a mailbox shows after the subject. */
  preheader: templatePart('give the preheader', LINE_CHARS_MAX).optional(),
});
export type EmailContent = z.infer<typeof emailContentSchema>;

/** Body of `POST /api/v1/templates`. */
export const createTemplateSchema = z.strictObject({
  name: wellFormedText('give the template a name'),
  channel: z.literal('email', { error: 'templates are for the channel "email"' }).default('email'),
  ...emailContentSchema.shape,
});
export type CreateTemplateBody = z.infer<typeof createTemplateSchema>;

/** Body of `PUT /api/v1/templates/{id}`: the whole template; a changed content becomes a new version. */
export const updateTemplateSchema = createTemplateSchema.omit({ channel: true });
export type UpdateTemplateBody = z.infer<typeof updateTemplateSchema>;

/** Body of `POST /api/v1/templates/{id}/preview`. */
export const previewTemplateSchema = z.strictObject({
  /** What the template may name, as a journey or an API call would give it. */
  variables: z.record(z.string(), z.json()).default({}),
  /** Whose traits `profile` stands for. */
  profileId: z.string().optional(),
});
export type PreviewTemplateBody = z.infer<typeof previewTemplateSchema>;
