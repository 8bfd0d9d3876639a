import type { EmailContent } from '@segue/contract';
import { compileMjml } from './compile-mjml.ts';
import type { VersionContent } from './version-content.ts';

/** Compiles MJML, once and for all: what was saved looks the same whatever compiler comes later. */
export async function toVersionContent(content: EmailContent): Promise<VersionContent> {
  const { html, mjml, ...rest } = content;
  if (mjml === undefined) return { ...rest, html: html ?? '' };
  const compiled = await compileMjml(mjml);
  return { ...rest, mjml, html: compiled.html, preheader: rest.preheader ?? compiled.preview };
}
