import type { EmailContent } from '@segue/contract';
import type { JsonObject } from '../../platform/json.ts';
import { escapeHtml } from '../../platform/html.ts';
import { type CompiledEmail, compileEmail, renderPart } from './compile-email.ts';
import { htmlToText } from './html-text.ts';
import { rewriteLinks } from './rewrite-links.ts';

/** One immutable state of a template. */
export interface TemplateVersion {
  readonly id: string;
  readonly templateId: string;
  readonly number: number;
  readonly content: EmailContent;
}

/** The links of one message. All absent in a preview. */
export interface EmailLinks {
  /** What `{{ unsubscribe_url }}` stands for; never tracked. */
  readonly unsubscribeUrl?: string | undefined;
  /** The tracked form of a link, see `createTracker`. */
  readonly trackUrl?: ((url: string) => string) | undefined;
  readonly openPixelUrl?: string | undefined;
}

export interface RenderedEmail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

const compiledVersions = new WeakMap<TemplateVersion, CompiledEmail>();

/** What a template can name: the customer's traits as `profile`, and whatever the sender gave beside. */
export function templateScope(traits: JsonObject, variables: JsonObject): JsonObject {
  return { ...variables, profile: traits };
}

/**
 * One mail out of a template version: pure, the same input gives the same mail. `now` is what the date filter calls
 * "now". Throws `invalid` when the template cannot be rendered with these variables.
 */
export function renderEmail(input: {
  version: TemplateVersion;
  variables: JsonObject;
  links: EmailLinks;
  now: number;
}): RenderedEmail {
  const { version, links } = input;
  const compiled = compiledOf(version);
  const scope = { ...input.variables, unsubscribe_url: links.unsubscribeUrl ?? '#', now: input.now };
  const body = renderPart(compiled, 'html', scope) ?? '';
  return {
    subject: oneLine(renderPart(compiled, 'subject', scope) ?? ''),
    html: addPixel(addPreheader(trackLinks(body, links), renderPart(compiled, 'preheader', scope)), links.openPixelUrl),
    text: renderPart(compiled, 'text', scope) ?? htmlToText(body),
  };
}

function compiledOf(version: TemplateVersion): CompiledEmail {
  const known = compiledVersions.get(version);
  if (known !== undefined) return known;
  const compiled = compileEmail(version.content);
  compiledVersions.set(version, compiled);
  return compiled;
}

/** A line break in a subject would begin a header of the customer's making. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

function trackLinks(html: string, links: EmailLinks): string {
  const { trackUrl, unsubscribeUrl } = links;
  return rewriteLinks(html, (url) =>
    trackUrl === undefined || url === unsubscribeUrl || !/^https?:\/\//i.test(url) ? url : trackUrl(url),
  );
}

function addPreheader(html: string, preheader: string | undefined): string {
  if (preheader === undefined || preheader.trim() === '') return html;
  const hidden = `<div style="display:none;max-height:0;overflow:hidden;opacity:0">${preheader}</div>`;
  const body = /<body\b(?:[^>"']|"[^"]*"|'[^']*')*>/i.exec(html);
  if (body === null) return hidden + html;
  const at = body.index + body[0].length;
  return html.slice(0, at) + hidden + html.slice(at);
}

function addPixel(html: string, url: string | undefined): string {
  if (url === undefined) return html;
  const pixel = `<img src="${escapeHtml(url)}" width="1" height="1" alt="" style="display:block;border:0">`;
  const end = html.toLowerCase().lastIndexOf('</body');
  return end < 0 ? html + pixel : html.slice(0, end) + pixel + html.slice(end);
}
