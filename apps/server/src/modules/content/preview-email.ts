import type { TemplatePreview } from '@segue/contract';
import type { JsonObject } from '../../platform/json.ts';
import { listMissing, listVariables } from './email-variables.ts';
import { findWarnings } from './email-warnings.ts';
import { compiledOf, renderEmail, type TemplateVersion } from './render-email.ts';

/** A mail as it would look now, what it is made of and what it lacks. Nothing is sent, no link is tracked. */
export function previewEmail(input: {
  readonly version: TemplateVersion;
  readonly variables: JsonObject;
  readonly now: number;
}): TemplatePreview {
  const { version, variables, now } = input;
  const compiled = compiledOf(version);
  const missing = listMissing(compiled, variables);
  const mail = renderEmail({ version, variables, links: {}, now, isDraft: true });
  const hasPreheader = (version.content.preheader ?? '').trim() !== '';
  return {
    ...mail,
    sizeBytes: Buffer.byteLength(mail.html),
    variables: { used: listVariables(compiled).sort(), missing: [...missing].sort() },
    warnings: findWarnings({ compiled, html: mail.html, hasPreheader, missing }),
  };
}
