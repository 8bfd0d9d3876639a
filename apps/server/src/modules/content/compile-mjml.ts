import { AppError, type ErrorDetail } from '../../platform/errors.ts';
import { checkMjml, type SourceFault } from './check-mjml.ts';
import { findLiquidFault } from './compile-email.ts';
import { countLines, hideLiquid, type LiquidHidden } from './hide-liquid.ts';
import { findMarkupFaults, STYLE_REMEDY } from './markup-faults.ts';
import { readHtmlTags } from './read-html-tags.ts';

/** As much as Liquid parses; the mail programs that clip do so at half of it. */
const HTML_CHARS_MAX = 200_000;
const FAULTS_MAX = 20;

/** A fault as the compiler tells it. */
interface MjmlError {
  readonly line: number;
  readonly message: string;
  readonly tagName: string;
}

export interface CompiledMjml {
  /** HTML with the Liquid of the source in it. */
  readonly html: string;
  /** What stood in `mj-preview`; the mail gets it as its preheader. */
  readonly preview: string | undefined;
}

/**
 * MJML to the HTML that mail programs understand; see https://documentation.mjml.io. Liquid comes through unchanged, and
 * no file is read. Throws `invalid` with every fault's line and remedy, field `mjml`.
 */
export async function compileMjml(source: string): Promise<CompiledMjml> {
  const liquidFault = findLiquidFault(source);
  if (liquidFault !== undefined) throw refusal([{ field: 'mjml', message: liquidFault }]);
  const hidden = hideLiquid(source);
  refuseFaults([...checkMjml(hidden), ...findMarkupFaults(source)]);
  const { text, preview } = takePreview(hidden.text);
  const { html, errors } = await runCompiler(text);
  const faults = errors.filter((error) => !isTitleAdvice(error)).map((error) => explainError(error, hidden));
  refuseFaults(faults.length > 0 ? faults : [...findLost(hidden, html + (preview ?? '')), ...findStyled(hidden, html)]);
  const compiled = hidden.restore(dropIndentation(html));
  if (compiled.length > HTML_CHARS_MAX)
    throw refusal([
      { field: 'mjml', message: `compiles to more than ${HTML_CHARS_MAX} characters of HTML; shorten it` },
    ]);
  return { html: compiled, preview: preview === undefined ? undefined : hidden.restore(preview) };
}

async function runCompiler(text: string): Promise<{ html: string; errors: readonly MjmlError[] }> {
  // Loading it takes most of a second, and only saving a template needs it.
  const { default: mjml2html } = await import('mjml');
  try {
    return await mjml2html(text, { ignoreIncludes: true, validationLevel: 'soft' });
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw refusal([{ field: 'mjml', message: `${what} Give <mjml> one <mj-body>.` }]);
  }
}

function refusal(details: readonly ErrorDetail[]): AppError {
  return new AppError('invalid', 'The template has a fault', { details });
}

function refuseFaults(faults: readonly SourceFault[]): void {
  if (faults.length === 0) return;
  throw refusal(
    faults.slice(0, FAULTS_MAX).map(({ line, message }) => ({ field: 'mjml', message: `line ${line}: ${message}` })),
  );
}

const PREVIEW = /<mj-preview(?:\s[^>]*)?>([\s\S]*?)<\/mj-preview\s*>/i;

/** The preheader is put in at sending, padded; two of them would show one after the other. */
function takePreview(text: string): { text: string; preview: string | undefined } {
  const match = PREVIEW.exec(text);
  if (match === null) return { text, preview: undefined };
  const content = match[1]!.trim();
  const blank = '\n'.repeat(countLines(match[0]));
  return {
    text: text.slice(0, match.index) + blank + text.slice(match.index + match[0].length),
    preview: content === '' ? undefined : content,
  };
}

/** A missing title is no fault of a mail: it shows nowhere. */
function isTitleAdvice(error: MjmlError): boolean {
  return /mj-title/.test(error.message);
}

function explainError(error: MjmlError, hidden: LiquidHidden): SourceFault {
  hidden.word.lastIndex = 0;
  const hasVariable = hidden.word.test(error.message);
  const what = `${error.tagName}: ${hidden.restore(error.message).trim()}`;
  return { line: error.line, message: `${what}; ${remedyOf(error.message, hasVariable)}` };
}

function remedyOf(what: string, hasVariable: boolean): string {
  if (/invalid value/.test(what))
    return hasVariable
      ? 'MJML computes with this value, so it must be a fixed one; choose between fixed ones with {% if %} in mj-raw'
      : 'write a value of that type, like "16px" or "#333333"';
  if (/illegal/.test(what)) return 'remove it, or see the attributes of this element at documentation.mjml.io';
  if (/registered/.test(what)) return 'use an element of MJML, or put HTML into mj-raw or mj-text';
  if (/only inside/.test(what)) return 'move it there';
  return 'see this element at documentation.mjml.io';
}

/** Liquid between elements is text to MJML, which keeps text only inside some of them. */
function findLost({ pieces, word }: LiquidHidden, kept: string): SourceFault[] {
  const found = new Set([...kept.matchAll(word)].map((match) => Number(match[1])));
  return pieces.flatMap(({ source, line }, index) =>
    found.has(index)
      ? []
      : [{ line, message: `${shorten(source)} would be lost here; write <mj-raw>${shorten(source)}</mj-raw>` }],
  );
}

/** Escaping for HTML keeps a value inside its quotes, not inside its style. */
function findStyled({ pieces, word }: LiquidHidden, html: string): SourceFault[] {
  const styled = new Set<number>();
  for (const { attributes, content } of readHtmlTags(html)) {
    const styles = attributes.filter(({ name }) => name === 'style').map(({ value }) => value);
    for (const style of [...styles, content]) for (const match of style.matchAll(word)) styled.add(Number(match[1]));
  }
  return [...styled].flatMap((index) => {
    const piece = pieces[index];
    return piece === undefined || piece.kind === 'tag'
      ? []
      : [{ line: piece.line, message: `${shorten(piece.source)} would be part of a style; ${STYLE_REMEDY}` }];
  });
}

function shorten(source: string): string {
  return source.length <= 60 ? source : `${source.slice(0, 57)}…`;
}

/** A third of what MJML writes is indentation, and Gmail counts it. Not where white space shows. */
function dropIndentation(html: string): string {
  return /<(pre|textarea)\b|white-space:\s*pre/i.test(html) ? html : html.replace(/\n\s*/g, '\n').trim();
}
