import { countLines, type LiquidHidden } from './hide-liquid.ts';

/** A fault in a template's source, with what to do about it. */
export interface SourceFault {
  /** Counts from 1. */
  readonly line: number;
  readonly message: string;
}

/** A long mail has some 300 elements; compiling is synchronous, so what comes in is bounded. */
export const MJML_CHARS_MAX = 100_000;
const ELEMENTS_MAX = 3_000;
const DEPTH_MAX = 20;
/** Styles to put into the elements: their characters times the tags of the source. Each selector is tried on each element. */
const INLINING_MAX = 2_000_000;

interface Tag {
  /** Whether words stand between the tag before and this one. */
  readonly hasTextBefore: boolean;
  readonly name: string;
  readonly kind: 'open' | 'close' | 'empty';
  readonly line: number;
}

/**
 * What MJML itself passes over in silence: elements that are not closed (it drops what follows), files it would read, and
 * sources too large or too deep to compile at once. The Liquid in it is hidden.
 */
export function checkMjml({ text, word }: Pick<LiquidHidden, 'text' | 'word'>): SourceFault[] {
  if (text.length > MJML_CHARS_MAX)
    return [{ line: 1, message: `the source is longer than ${MJML_CHARS_MAX} characters; shorten it` }];
  const bare = blankComments(text);
  const inlining = checkInlineStyles(bare);
  if (inlining !== undefined) return [inlining];
  const read = readTags(bare, word);
  if (!Array.isArray(read)) return [read];
  if (read.length > ELEMENTS_MAX)
    return [{ line: read[ELEMENTS_MAX]!.line, message: `there are more than ${ELEMENTS_MAX} elements; shorten it` }];
  const include = read.find((tag) => tag.name === 'mj-include');
  if (include !== undefined)
    return [
      { line: include.line, message: 'mj-include reads files, which a template cannot; write the part itself here' },
    ];
  const [root] = read;
  if (root?.name !== 'mjml' || root.kind !== 'open')
    return [
      { line: root?.line ?? 1, message: 'the source begins with another element; wrap all of it into <mjml>…</mjml>' },
    ];
  return checkNesting(read);
}

const STYLE_START = /<mj-style(?=[\s/>])/gi;

/** Styles with `inline` are matched while compiling, and some selectors take their time by a power of the elements. */
function checkInlineStyles(text: string): SourceFault | undefined {
  const tags = text.split('<').length;
  let chars = 0;
  STYLE_START.lastIndex = 0;
  for (let match = STYLE_START.exec(text); match !== null; match = STYLE_START.exec(text)) {
    const end = tagEnd(text, STYLE_START.lastIndex);
    if (end < 0) return undefined;
    const isInline = /\sinline\b/i.test(text.slice(match.index, end));
    const close = text.indexOf('</mj-style', end);
    const css = isInline ? text.slice(end + 1, close < 0 ? text.length : close) : '';
    const line = 1 + countLines(text.slice(0, match.index));
    if (/~|:[\w-]+\(/.test(css))
      return { line, message: 'an inline style cannot select by "~" or by functions like ":not()"; give a css-class' };
    chars += css.length;
    if (chars * tags > INLINING_MAX)
      return { line, message: 'the inline styles are too long for so many elements; leave out inline="inline"' };
    STYLE_START.lastIndex = close < 0 ? text.length : close;
  }
  return undefined;
}

/** Elements that show their children and no text of their own. */
const TEXTLESS: ReadonlySet<string> = new Set(
  'mjml mj-head mj-attributes mj-body mj-wrapper mj-section mj-group mj-column mj-hero'.split(' '),
);

function checkNesting(tags: readonly Tag[]): SourceFault[] {
  const open: Tag[] = [];
  for (const tag of tags) {
    const around = open.at(-1);
    if (tag.hasTextBefore && around !== undefined && TEXTLESS.has(around.name))
      return [{ line: tag.line, message: `text inside <${around.name}> is lost; put it into <mj-text>` }];
    if (tag.kind === 'empty') continue;
    if (tag.kind === 'open') {
      open.push(tag);
      if (open.length > DEPTH_MAX)
        return [{ line: tag.line, message: `elements are nested more than ${DEPTH_MAX} deep; flatten them` }];
      continue;
    }
    const opener = open.pop();
    if (opener === undefined) return [{ line: tag.line, message: `</${tag.name}> closes nothing; remove it` }];
    if (opener.name !== tag.name)
      return [
        {
          line: opener.line,
          message: `<${opener.name}> is not closed before </${tag.name}> on line ${tag.line}; close it`,
        },
      ];
  }
  const [unclosed] = open.toReversed();
  return unclosed === undefined ? [] : [{ line: unclosed.line, message: `<${unclosed.name}> is not closed; close it` }];
}

const TAG_START = /<(\/?)(mj-[a-z0-9-]+|mjml)(?=[\s/>])/gi;

/** MJML's own tags in order; a fault when one has no end. One pass: a tag without end stops it. */
function readTags(text: string, word: RegExp): Tag[] | SourceFault {
  const tags: Tag[] = [];
  let line = 1;
  let counted = 0;
  TAG_START.lastIndex = 0;
  for (let match = TAG_START.exec(text); match !== null; match = TAG_START.exec(text)) {
    const before = text.slice(counted, match.index);
    line += countLines(before);
    counted = match.index;
    // HTML among them is told by the compiler, Liquid by whoever looks for what got lost.
    const hasTextBefore = !before.includes('<') && before.replace(word, '').trim() !== '';
    const name = match[2]!.toLowerCase();
    const end = tagEnd(text, TAG_START.lastIndex);
    if (end < 0) return { line, message: `<${name} has no end; close its quotes and write ">"` };
    const isEmpty = text[end - 1] === '/';
    tags.push({ hasTextBefore, name, kind: match[1] === '/' ? 'close' : isEmpty ? 'empty' : 'open', line });
    if (tags.length > ELEMENTS_MAX) return tags;
    TAG_START.lastIndex = end + 1;
    line += countLines(text.slice(counted, end + 1));
    counted = end + 1;
  }
  return tags;
}

/** Where the tag's ">" is, quoted ones passed by; -1 when there is none. */
function tagEnd(text: string, from: number): number {
  let quote = '';
  for (let at = from; at < text.length; at++) {
    const char = text[at]!;
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '>') return at;
  }
  return -1;
}

/** Comments are no elements; their lines still count. */
function blankComments(text: string): string {
  let result = '';
  let done = 0;
  for (let at = text.indexOf('<!--'); at >= 0; at = text.indexOf('<!--', done)) {
    const end = text.indexOf('-->', at + 4);
    const to = end < 0 ? text.length : end + 3;
    result += text.slice(done, at) + '\n'.repeat(countLines(text.slice(at, to)));
    done = to;
    if (end < 0) break;
  }
  return result + text.slice(done);
}
