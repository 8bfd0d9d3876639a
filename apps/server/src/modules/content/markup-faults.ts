import type { SourceFault } from './check-mjml.ts';
import { countLines, hideLiquid } from './hide-liquid.ts';
import { type HtmlAttribute, type HtmlTag, readHtmlTags } from './read-html-tags.ts';

export const STYLE_REMEDY = 'write a fixed style, or choose between fixed ones with {% if %}';

const SCRIPT = 'mailboxes drop scripts; remove the script element';
const UNQUOTED = 'an attribute with a variable needs quotes, like href="{{ url }}"';
const HANDLER = 'mailboxes drop event handlers like onclick; remove the attribute';
const STYLED = `a variable would be part of a style; ${STYLE_REMEDY}`;

/** Where HTML lets a value do more than stand for itself, escaped or not; the first of each kind. */
export function findMarkupFaults(html: string): SourceFault[] {
  const { text, pieces, word } = hideLiquid(html);
  const kindsIn = (part: string) => [...part.matchAll(word)].map((match) => pieces[Number(match[1])]?.kind);
  const liquid: LiquidIn = {
    hasOutput: (part) => kindsIn(part).includes('output'),
    beginsWithLiquid: (part) => part.search(word) === 0,
    without: (part) => part.replace(word, ''),
  };
  const found = new Map<string, number>();
  for (const tag of readHtmlTags(text)) {
    for (const { message, at } of faultsOfTag(tag, liquid)) if (!found.has(message)) found.set(message, at);
  }
  return [...found].map(([message, at]) => ({ line: 1 + countLines(text.slice(0, at)), message }));
}

/** What is known of the Liquid in a part of the source in which it is hidden. */
interface LiquidIn {
  readonly hasOutput: (part: string) => boolean;
  readonly beginsWithLiquid: (part: string) => boolean;
  readonly without: (part: string) => string;
}

function faultsOfTag(tag: HtmlTag, liquid: LiquidIn): { message: string; at: number }[] {
  const { name, at, attributes, content } = tag;
  const faults = attributes.flatMap((attribute) =>
    faultsOfAttribute(attribute, liquid).map((message) => ({ message, at: attribute.at })),
  );
  if (name === 'script') faults.push({ message: SCRIPT, at });
  if (liquid.hasOutput(name)) faults.push({ message: UNQUOTED, at });
  if (name === 'style' && liquid.hasOutput(content)) faults.push({ message: STYLED, at });
  return faults;
}

function faultsOfAttribute({ name, value, isQuoted }: HtmlAttribute, liquid: LiquidIn): string[] {
  const plainName = liquid.without(name);
  const isLoose = liquid.hasOutput(name) || (!isQuoted && (liquid.hasOutput(value) || liquid.beginsWithLiquid(value)));
  return [
    ...(isLoose ? [UNQUOTED] : []),
    ...(/^on\w/.test(plainName) ? [HANDLER] : []),
    ...(plainName === 'style' && liquid.hasOutput(value) ? [STYLED] : []),
  ];
}
