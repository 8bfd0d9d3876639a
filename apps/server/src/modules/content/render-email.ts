import { escapeHtml } from '../../platform/html.ts';
import type { JsonObject } from '../../platform/json.ts';
import { addPreheader } from './add-preheader.ts';
import { addUtm, type UtmIds } from './add-utm.ts';
import { type CompiledEmail, compileEmail, renderPart } from './compile-email.ts';
import { keepUsed } from './email-variables.ts';
import { htmlToText } from './html-text.ts';
import { LENIENT } from './liquid-engine.ts';
import { rewriteLinks } from './rewrite-links.ts';
import type { VersionContent } from './version-content.ts';

/** One immutable state of a template. */
export interface TemplateVersion {
  readonly id: string;
  readonly templateId: string;
  readonly number: number;
  readonly content: VersionContent;
}

/** The links of one message. All absent in a preview. */
export interface EmailLinks {
  /** What `{{ unsubscribe_url }}` stands for; never tracked. */
  readonly unsubscribeUrl?: string | undefined;
  /** What `{{ view_in_browser_url }}` stands for; never tracked. */
  readonly viewUrl?: string | undefined;
  /** The tracked form of a link, see `createTracker`. */
  readonly trackUrl?: ((url: string) => string) | undefined;
  readonly openPixelUrl?: string | undefined;
  /** What campaign parameters name; without it none are put on. */
  readonly utm?: UtmIds | undefined;
}

export interface RenderedEmail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export interface RenderInput {
  readonly version: TemplateVersion;
  readonly variables: JsonObject;
  readonly links: EmailLinks;
  /** What the date filter calls "now". */
  readonly now: number;
  /** Nothing is known of the customer yet: what is `required` may be missing. */
  readonly isDraft?: boolean;
}

const compiledVersions = new WeakMap<TemplateVersion, CompiledEmail>();

/** What a template can name: the customer's traits as `profile`, and whatever the sender gave beside. */
export function templateScope(traits: JsonObject, variables: JsonObject): JsonObject {
  return { ...variables, profile: traits };
}

/**
 * One mail out of a template version: pure, the same input gives the same mail. Throws `invalid` when the template cannot
 * be rendered with these variables.
 */
export function renderEmail(input: RenderInput): RenderedEmail {
  const { version, links } = input;
  const compiled = compiledOf(version);
  const scope = {
    ...input.variables,
    unsubscribe_url: links.unsubscribeUrl ?? '#',
    view_in_browser_url: links.viewUrl ?? '#',
    now: input.now,
    [LENIENT]: input.isDraft === true,
  };
  const body = tagLinks(renderPart(compiled, 'html', scope) ?? '', { version, links });
  return {
    subject: oneLine(renderPart(compiled, 'subject', scope) ?? ''),
    html: addPixel(addPreheader(trackLinks(body, links), renderPart(compiled, 'preheader', scope)), links.openPixelUrl),
    text: renderPart(compiled, 'text', scope) ?? htmlToText(body),
  };
}

/** So much of the variables that the same version says the same again; what it does not name is not kept. */
export function usedVariables(version: TemplateVersion, variables: JsonObject): JsonObject {
  return keepUsed(compiledOf(version), variables);
}

export function compiledOf(version: TemplateVersion): CompiledEmail {
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

/** Takes the sting out of links that would run something, and puts campaign parameters on the others. */
function tagLinks(html: string, { version, links }: Pick<RenderInput, 'version' | 'links'>): string {
  const { utm } = version.content;
  const ids = links.utm;
  return rewriteLinks(html, (url) =>
    utm === undefined || ids === undefined || isOwn(url, links) ? url : addUtm(url, utm, ids),
  );
}

function trackLinks(html: string, links: EmailLinks): string {
  const { trackUrl } = links;
  if (trackUrl === undefined) return html;
  return rewriteLinks(html, (url) => (isOwn(url, links) || !/^https?:\/\//i.test(url) ? url : trackUrl(url)));
}

function isOwn(url: string, links: EmailLinks): boolean {
  return url === links.unsubscribeUrl || url === links.viewUrl;
}

function addPixel(html: string, url: string | undefined): string {
  if (url === undefined) return html;
  const pixel = `<img src="${escapeHtml(url)}" width="1" height="1" alt="" style="display:block;border:0">`;
  const end = html.toLowerCase().lastIndexOf('</body');
  return end < 0 ? html + pixel : html.slice(0, end) + pixel + html.slice(end);
}
