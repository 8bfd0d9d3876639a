import type { SourceFault } from './check-mjml.ts';

export const STYLE_REMEDY = 'write a fixed style, or choose between fixed ones with {% if %}';

/** Where HTML lets a value do more than stand for itself, escaped or not. */
const MARKUP_FAULTS: readonly { readonly pattern: RegExp; readonly message: string }[] = [
  { pattern: /<\s*script\b/i, message: 'mailboxes drop scripts; remove the script element' },
  {
    pattern: /<[a-z][^<>]*\s[\w:-]+\s*=\s*\{[{%]/i,
    message: 'an attribute with a variable needs quotes, like href="{{ url }}"',
  },
  { pattern: /<[a-z][^<>]*\son\w+\s*=/i, message: 'mailboxes drop event handlers like onclick; remove the attribute' },
  {
    pattern: /\sstyle\s*=\s*(?:"[^"]*\{\{|'[^']*\{\{)/i,
    message: `a variable would be part of a style; ${STYLE_REMEDY}`,
  },
  {
    pattern: /<style\b(?:(?!<\/style)[^{]|\{(?!\{)(?!<\/style))*\{\{/i,
    message: `a variable would be part of a style; ${STYLE_REMEDY}`,
  },
];

/** The first of each kind. */
export function findMarkupFaults(html: string): SourceFault[] {
  return MARKUP_FAULTS.flatMap(({ pattern, message }) => {
    const match = pattern.exec(html);
    if (match === null) return [];
    return [{ line: html.slice(0, match.index + match[0].length).split('\n').length, message }];
  });
}
