import { LiquidError, type Template } from 'liquidjs';
import { AppError, type ErrorDetail } from '../../platform/errors.ts';
import { FILTER_NAMES, LIQUID, type OutputKind, REQUIRED_FAULT, TAG_NAMES } from './liquid-engine.ts';
import { findMarkupFaults } from './markup-faults.ts';
import type { VersionContent } from './version-content.ts';

/** What is rendered. */
export type EmailPart = 'subject' | 'html' | 'text' | 'preheader';

const OUTPUT_KINDS: Readonly<Record<EmailPart, OutputKind>> = {
  subject: 'text',
  html: 'html',
  text: 'text',
  preheader: 'html',
};
const PARTS = Object.keys(OUTPUT_KINDS) as EmailPart[];

/** A parsed email template. Parts that were left out are undefined. */
export type CompiledEmail = Readonly<Record<EmailPart, readonly Template[] | undefined>>;

/** Parses every part; throws `invalid` with every part's fault, its line, and what to do. */
export function compileEmail(content: VersionContent): CompiledEmail {
  const faults: ErrorDetail[] = [];
  const compiled: Partial<Record<EmailPart, readonly Template[]>> = {};
  for (const part of PARTS) {
    const source = content[part];
    if (source === undefined) continue;
    try {
      compiled[part] = LIQUID[OUTPUT_KINDS[part]].parse(source);
    } catch (error) {
      faults.push({ field: part, message: explainFault(error) });
    }
  }
  if (faults.length > 0) throw new AppError('invalid', 'The template has a fault', { details: faults });
  return { subject: compiled.subject, html: compiled.html, text: compiled.text, preheader: compiled.preheader };
}

/** As `compileEmail`, and also refuses markup in which escaping a value would not be enough. */
export function requireValidEmail(content: VersionContent): CompiledEmail {
  const compiled = compileEmail(content);
  const faults = findMarkupFaults(content.html).map(({ line, message }) => ({
    field: 'html',
    message: `line ${line}: ${message}`,
  }));
  if (faults.length > 0) throw new AppError('invalid', 'The template has a fault', { details: faults });
  return compiled;
}

/** Renders one part; throws `invalid` naming part and line when it cannot be rendered. */
export function renderPart(compiled: CompiledEmail, part: EmailPart, scope: object): string | undefined {
  const templates = compiled[part];
  if (templates === undefined) return undefined;
  try {
    return String(LIQUID[OUTPUT_KINDS[part]].renderSync(templates as Template[], scope));
  } catch (error) {
    const details = [{ field: part, message: explainFault(error) }];
    throw new AppError('invalid', 'The template cannot be rendered', { details, cause: error });
  }
}

/** What stops this text from being a template, with line and remedy; undefined when nothing does. */
export function findLiquidFault(source: string): string | undefined {
  try {
    LIQUID.html.parse(source);
    return undefined;
  } catch (error) {
    return explainFault(error);
  }
}

const PLACE = /, line:(\d+), col:(\d+)$/;

function explainFault(error: unknown): string {
  if (!LiquidError.is(error)) return error instanceof Error ? error.message : String(error);
  const place = PLACE.exec(error.message);
  const what = error.message.replace(PLACE, '');
  return place === null ? `${what}; ${remedyOf(what)}` : `line ${place[1]}: ${what}; ${remedyOf(what)}`;
}

function remedyOf(what: string): string {
  if (/undefined filter: (raw|newline_to_br)/.test(what))
    return 'values are always escaped: write the markup into the template itself';
  if (what.startsWith('undefined filter')) return `use one of ${FILTER_NAMES.join(', ')}`;
  if (/tag "\w+" not found/.test(what)) return `use one of the tags ${TAG_NAMES.join(', ')}`;
  if (what.includes('not closed')) return 'close it';
  if (what.includes(REQUIRED_FAULT)) return 'give it, or write a default instead of "required"';
  if (/limit exceeded/.test(what)) return 'make the template smaller, or its loops shorter';
  return 'see the Liquid syntax of this place';
}
