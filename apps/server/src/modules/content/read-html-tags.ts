/** A start tag of HTML as a browser reads it. */
export interface HtmlTag {
  /** In lower case. */
  readonly name: string;
  /** Where it begins. */
  readonly at: number;
  readonly attributes: readonly HtmlAttribute[];
  /** What stands in a `<style>`, which is text to its end; '' of any other element. */
  readonly content: string;
}

export interface HtmlAttribute {
  /** In lower case. */
  readonly name: string;
  /** As it is written, entities and all. */
  readonly value: string;
  readonly isQuoted: boolean;
  readonly at: number;
}

const NAME = /<([a-z][^\s/>]*)/iy;
const BETWEEN = /[\s/=]*/y;
const ATTRIBUTE = /([^\s/>=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/y;

/**
 * The start tags in order, those in comments for Outlook included. One pass: what an unclosed tag swallows is not read
 * again.
 */
export function* readHtmlTags(html: string): Generator<HtmlTag> {
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at)) {
    if (html.startsWith('<!--', at) && !html.startsWith('<!--[if', at)) {
      const end = html.indexOf('-->', at + 4);
      if (end < 0) return;
      at = end;
      continue;
    }
    NAME.lastIndex = at;
    const start = NAME.exec(html);
    if (start === null) {
      at++;
      continue;
    }
    const name = start[1]!.toLowerCase();
    const { attributes, end } = readAttributes(html, NAME.lastIndex);
    const contentEnd = name === 'style' ? endOfStyle(html, end) : end;
    yield { name, at, attributes, content: html.slice(end, contentEnd) };
    at = contentEnd;
  }
}

function readAttributes(html: string, from: number): { attributes: HtmlAttribute[]; end: number } {
  const attributes: HtmlAttribute[] = [];
  for (let at = from; ;) {
    BETWEEN.lastIndex = at;
    BETWEEN.test(html);
    ATTRIBUTE.lastIndex = BETWEEN.lastIndex;
    const match = ATTRIBUTE.exec(html);
    if (match === null) return { attributes, end: Math.min(BETWEEN.lastIndex + 1, html.length) };
    at = ATTRIBUTE.lastIndex;
    const [, name = '', double, single, bare] = match;
    attributes.push({
      name: name.toLowerCase(),
      value: double ?? single ?? bare ?? '',
      isQuoted: (double ?? single) !== undefined,
      at,
    });
  }
}

const STYLE_END = /<\/style/gi;

function endOfStyle(html: string, from: number): number {
  STYLE_END.lastIndex = from;
  return STYLE_END.exec(html)?.index ?? html.length;
}
