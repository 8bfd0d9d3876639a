import type { TemplateWarning } from '@segue/contract';
import type { CompiledEmail } from './compile-email.ts';
import { listVariables } from './email-variables.ts';
import { attributeOf } from './html-text.ts';

/** Gmail shows so much of a mail's HTML and hides the rest, its footer included, behind a link. */
export const CLIP_BYTES = 102 * 1_024;
/** Tracked links are this much longer than the shop's own. */
const LINK_BYTES = 300;
/** Bounded, so that markup full of open quotes is not read to its end again and again. */
const IMAGE = /<img\b((?:[^>"']|"[^"]*"|'[^']*'){0,1000})>/gi;

/** What a mail can go without, but should not: seen in the mail as it would be sent. `missing` as of `listMissing`. */
export function findWarnings(mail: {
  readonly compiled: CompiledEmail;
  readonly html: string;
  readonly hasPreheader: boolean;
  readonly missing: readonly string[];
}): TemplateWarning[] {
  const { compiled, html, hasPreheader, missing } = mail;
  const used = new Set(listVariables(compiled));
  const warnings: (TemplateWarning | undefined)[] = [
    warnOfSize(html),
    warnOfImages(html),
    used.has('unsubscribe_url')
      ? undefined
      : { code: 'no_unsubscribe', message: 'marketing mail must show how to stop it; link to {{ unsubscribe_url }}' },
    used.has('brand.postalAddress') || /<address\b/i.test(html)
      ? undefined
      : {
          code: 'no_postal_address',
          message: 'marketing mail must name the postal address of its sender; write {{ brand.postalAddress }}',
        },
    hasPreheader
      ? undefined
      : { code: 'no_preheader', message: 'mailboxes show the first words of the mail; give a preheader instead' },
    /<html\b/i.test(html) && !/<title>\s*[^<\s]/i.test(html)
      ? { code: 'no_title', message: 'a screen reader announces the mail by its title; give one (mj-title)' }
      : undefined,
  ];
  const ofVariables = missing.map((path): TemplateWarning => ({
    code: 'missing_variable',
    message: `${path} has no value here and comes out empty; write {{ ${path} | default: "…" }} or {{ ${path} | required }}`,
  }));
  return [...warnings.filter((warning) => warning !== undefined), ...ofVariables];
}

function warnOfSize(html: string): TemplateWarning | undefined {
  const links = html.match(/<a\b/gi)?.length ?? 0;
  const sizeBytes = Buffer.byteLength(html) + links * LINK_BYTES;
  if (sizeBytes <= CLIP_BYTES) return undefined;
  const kilobytes = Math.ceil(sizeBytes / 1_024);
  return {
    code: 'clipped',
    message: `with tracked links the HTML is about ${kilobytes} KB and Gmail cuts it off at 102 KB; shorten it`,
  };
}

function warnOfImages(html: string): TemplateWarning | undefined {
  const missing = [...html.matchAll(IMAGE)].filter(
    ([, attributes = '']) => attributeOf(attributes, 'alt') === undefined,
  );
  if (missing.length === 0) return undefined;
  const which = missing.length === 1 ? 'an image has' : `${missing.length} images have`;
  return {
    code: 'image_without_alt',
    message: `${which} no alt text, so whoever sees no images sees nothing; describe it, or write alt="" for ornament`,
  };
}
