import { FeedFault } from './feed-fault.ts';

const ITEM_CHARS_MAX = 1_000_000;
/** What begins something outside of an item, or ends the document. */
const OUTSIDE = /<(?:(item|entry)(?=[\s/>])|!--|!\[CDATA\[|!DOCTYPE|!ENTITY|\/(?:rss|feed|[\w-]+:RDF)\s*>)/gi;

/**
 * Cuts RSS and Atom into the texts of their items while it comes, so that no more than one of them is held. What looks like an end
 * inside of a comment or CDATA is none.
 */
export class FeedItems {
  #text = '';
  #isWhole = false;
  #isFeed = false;

  /** The items that are whole now. */
  *push(chunk: string): Iterable<string> {
    this.#text += chunk;
    for (;;) {
      const found = firstOf(OUTSIDE, this.#text, 0);
      if (found === undefined) {
        // A tag may be cut in two.
        const cut = this.#text.lastIndexOf('<');
        this.#text = cut === -1 ? '' : this.#text.slice(cut);
        break;
      }
      this.#text = this.#text.slice(found.index);
      const end = this.#endOf(found);
      if (end === undefined) break;
      if (found[1] !== undefined) {
        this.#isFeed = true;
        yield this.#text.slice(0, end);
      }
      this.#text = this.#text.slice(end);
    }
    if (this.#text.length > ITEM_CHARS_MAX)
      throw new FeedFault('has an item of more than 1,000,000 characters, or one that does not end');
  }

  /** Throws when the document broke off. */
  end(): void {
    if (!this.#isFeed) throw new FeedFault('has no items; give CSV, rss/channel/item or feed/entry');
    if (!this.#isWhole) throw new FeedFault('breaks off: the end of its document is missing');
  }

  /** Where what begins the text is over; undefined: not yet. */
  #endOf(found: RegExpExecArray): number | undefined {
    if (found[1] !== undefined) return endOfItem(this.#text, found[1]);
    const word = found[0].toUpperCase();
    if (word === '<!DOCTYPE' || word === '<!ENTITY')
      throw new FeedFault('declares a document type; leave that out of the file');
    if (word === '<!--') return behind(this.#text, '-->');
    if (word === '<![CDATA[') return behind(this.#text, ']]>');
    this.#isWhole = true;
    return found[0].length;
  }
}

function endOfItem(text: string, name: string): number | undefined {
  const marks = new RegExp(`<!--|<!\\[CDATA\\[|</${name}\\s*>`, 'gi');
  const head = text.indexOf('>');
  if (head === -1) return undefined;
  if (text[head - 1] === '/') return head + 1;
  for (let at = head; ;) {
    const mark = firstOf(marks, text, at);
    if (mark === undefined) return undefined;
    if (mark[0].startsWith('</')) return mark.index + mark[0].length;
    const inner = behind(text.slice(mark.index), mark[0] === '<!--' ? '-->' : ']]>');
    if (inner === undefined) return undefined;
    at = mark.index + inner;
  }
}

function firstOf(marks: RegExp, text: string, from: number): RegExpExecArray | undefined {
  marks.lastIndex = from;
  return marks.exec(text) ?? undefined;
}

function behind(text: string, end: string): number | undefined {
  const at = text.indexOf(end);
  return at === -1 ? undefined : at + end.length;
}
