import { escapeHtml } from '../../platform/html.ts';
import { decodeEntities } from './decode-entities.ts';

const LINK_START = /<(?:a|area)(?=[\s/])/gi;
const ATTRIBUTE = /[\s/]*([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+)))?/y;
/** Schemes that run what follows them. A template never means one; a value in a link might. */
const RUNNING_SCHEME = /^(javascript|vbscript|data):/i;

/** What happens to the address of a link; the same text leaves it untouched. */
export type RewriteUrl = (url: string) => string;

/** Passes the address of every `<a>` and `<area>` through `rewrite`; everything else stays byte for byte. */
export function rewriteLinks(html: string, rewrite: RewriteUrl): string {
  let result = '';
  let done = 0;
  LINK_START.lastIndex = 0;
  for (let start = LINK_START.exec(html); start !== null; start = LINK_START.exec(html)) {
    const href = findHref(html, LINK_START.lastIndex);
    if (href === undefined) continue;
    const url = decodeEntities(href.value).trim();
    const rewritten = RUNNING_SCHEME.test(url.replace(/[\s\p{Cc}]/gu, '')) ? '#' : rewrite(url);
    if (rewritten === url) continue;
    result += `${html.slice(done, href.from)}"${escapeHtml(rewritten)}"`;
    done = href.to;
    LINK_START.lastIndex = href.to;
  }
  return result + html.slice(done);
}

/** The first `href` of a tag whose attributes begin at `at`; `from` and `to` include its quotes. */
function findHref(html: string, at: number): { value: string; from: number; to: number } | undefined {
  ATTRIBUTE.lastIndex = at;
  for (let match = ATTRIBUTE.exec(html); match !== null; match = ATTRIBUTE.exec(html)) {
    const quoted = match[2] ?? match[3];
    const value = quoted ?? match[4];
    if (match[1]!.toLowerCase() !== 'href' || value === undefined) continue;
    const to = ATTRIBUTE.lastIndex;
    return { value, from: to - value.length - (quoted === undefined ? 0 : 2), to };
  }
  return undefined;
}
