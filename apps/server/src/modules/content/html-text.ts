import { decodeEntities } from './decode-entities.ts';

/** Elements of which nothing is read out. */
const SILENT: ReadonlySet<string> = new Set([
  'head',
  'style',
  'script',
  'title',
  'template',
  'noscript',
  'svg',
  'object',
]);
/** Elements that never have an end tag. */
const VOID: ReadonlySet<string> = new Set(['br', 'hr', 'img', 'input', 'meta', 'link', 'col', 'wbr', 'source', 'area']);
const PARAGRAPHS: ReadonlySet<string> = new Set(
  'p div h1 h2 h3 h4 h5 h6 table ul ol dl blockquote section article header footer main nav aside body address figure pre form'.split(
    ' ',
  ),
);
const LINES: ReadonlySet<string> = new Set(['tr', 'dt', 'dd', 'figcaption', 'caption', 'center']);
const HIDDEN_STYLE = /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)/i;

/**
 * The plain text part of a mail, read out of its HTML: paragraphs as lines, lists with dashes or numbers, rows of tables
 * on one line, links with their address, images by their alt text. What does not show is not read. One pass, whatever the
 * markup.
 */
export function htmlToText(html: string): string {
  const reader = new TextReader();
  for (let at = 0; at < html.length;) {
    const open = html.indexOf('<', at);
    if (open < 0) {
      reader.text(html.slice(at));
      break;
    }
    reader.text(html.slice(at, open));
    at = readMarkup(html, open, reader);
  }
  return reader.finish();
}

/** Bounded, so that markup full of open quotes is not read to its end again and again. */
const TAG = /<(\/?)([a-z][a-z0-9:-]*)((?:[^>"']|"[^"]*"|'[^']*'){0,1000})>/iy;

/** Reads what begins with "<"; answers where to go on. */
function readMarkup(html: string, at: number, reader: TextReader): number {
  if (html.startsWith('<!--', at)) return after(html, '-->', at);
  if (html.startsWith('<!', at) || html.startsWith('<?', at)) return after(html, '>', at);
  TAG.lastIndex = at;
  const match = TAG.exec(html);
  if (match === null) {
    // No tag: the sign itself, or a tag without end, which a mail program would not show either.
    if (/^<\/?[a-z]/i.test(html.slice(at, at + 3))) return after(html, '>', at);
    reader.text('<');
    return at + 1;
  }
  const name = match[2]!.toLowerCase();
  if (match[1] === '/') reader.close(name);
  else reader.open(name, match[3]!);
  return TAG.lastIndex;
}

function after(html: string, end: string, from: number): number {
  const at = html.indexOf(end, from);
  return at < 0 ? html.length : at + end.length;
}

interface OpenLink {
  readonly href: string;
  readonly from: number;
}

interface OpenList {
  readonly isOrdered: boolean;
  count: number;
}

/** Gathers text as tags open and close; white space is made of breaks only when the next word comes. */
class TextReader {
  #out = '';
  #breaks = 0;
  #space = false;
  #hidden: { name: string; depth: number } | undefined;
  readonly #lists: OpenList[] = [];
  readonly #links: OpenLink[] = [];
  readonly #tables: { readonly isData: boolean; hasCell: boolean }[] = [];
  #pending = '';
  /** The link read last, to say one that stands under picture and name once. */
  #said = { href: '', words: '' };

  text(raw: string): void {
    if (this.#hidden !== undefined || raw === '') return;
    const words = decodeEntities(raw).replace(/[\u034f\u200b-\u200d\u2060\ufeff\u00ad]/g, '');
    if (/^[\s\u00a0]/.test(words)) this.#space = true;
    const trimmed = words.replace(/[\s\u00a0]+/g, ' ').trim();
    if (trimmed === '') return;
    this.#say(trimmed);
    if (/[\s\u00a0]$/.test(words)) this.#space = true;
  }

  open(name: string, attributes: string): void {
    const isClosed = VOID.has(name) || attributes.trimEnd().endsWith('/');
    if (this.#hidden !== undefined) {
      if (name === this.#hidden.name && !isClosed) this.#hidden.depth++;
      return;
    }
    if (!isClosed && (SILENT.has(name) || HIDDEN_STYLE.test(decodeEntities(attributeOf(attributes, 'style') ?? '')))) {
      this.#hidden = { name, depth: 1 };
      return;
    }
    if (PARAGRAPHS.has(name)) this.#break(name === 'table' || !this.#isInCell() ? 2 : 1);
    else if (LINES.has(name)) this.#break(1);
    this.#openElement(name, attributes);
  }

  close(name: string): void {
    if (this.#hidden !== undefined) {
      if (name === this.#hidden.name && --this.#hidden.depth === 0) this.#hidden = undefined;
      return;
    }
    if (name === 'a') this.#closeLink();
    else if (name === 'ul' || name === 'ol') this.#lists.pop();
    else if (name === 'table') this.#tables.pop();
    else if (name === 'td' || name === 'th') this.#space = true;
    if (PARAGRAPHS.has(name)) this.#break(name === 'table' || !this.#isInCell() ? 2 : 1);
    else if (LINES.has(name) || name === 'li') this.#break(1);
  }

  finish(): string {
    return this.#out.trim();
  }

  #openElement(name: string, attributes: string): void {
    switch (name) {
      case 'br':
        this.#breaks = Math.min(2, this.#breaks + 1);
        break;
      case 'hr':
        this.#break(2);
        this.#say('---');
        this.#break(2);
        break;
      case 'img':
        this.text(attributeOf(attributes, 'alt') ?? '');
        break;
      case 'a':
        this.#links.push({
          href: decodeEntities(attributeOf(attributes, 'href') ?? '').trim(),
          from: this.#out.length,
        });
        break;
      case 'ul':
      case 'ol':
        this.#lists.push({ isOrdered: name === 'ol', count: 0 });
        break;
      case 'li':
        this.#openItem();
        break;
      case 'table':
        this.#tables.push({
          isData: !/^(presentation|none)$/i.test(attributeOf(attributes, 'role') ?? ''),
          hasCell: false,
        });
        break;
      case 'tr':
        if (this.#tables.length > 0) this.#tables.at(-1)!.hasCell = false;
        break;
      case 'td':
      case 'th':
        this.#openCell();
    }
  }

  #openItem(): void {
    this.#break(1);
    const list = this.#lists.at(-1);
    if (list !== undefined) list.count++;
    const indent = '  '.repeat(Math.max(0, this.#lists.length - 1));
    this.#pending = `${indent}${list?.isOrdered === true ? `${list.count}.` : '-'} `;
  }

  /** Cells of data stand beside each other; those of a layout only share a line while they hold words. */
  #openCell(): void {
    const table = this.#tables.at(-1);
    if (table === undefined) return;
    if (table.hasCell && table.isData && this.#breaks === 0) this.#pending = '| ';
    this.#space = true;
    table.hasCell = true;
  }

  #closeLink(): void {
    const link = this.#links.pop();
    if (link === undefined || !/^(https?|mailto|tel):/i.test(link.href)) return;
    const words = this.#out.slice(link.from).trim();
    const shown = link.href.replace(/^(mailto|tel):/i, '');
    if (words !== '' && words === this.#said.words && link.href === this.#said.href) {
      this.#out = this.#out.slice(0, link.from);
      return;
    }
    this.#said = { href: link.href, words };
    if (words === '') this.#say(shown);
    else if (words !== shown) this.#say(`(${shown})`, true);
  }

  #isInCell(): boolean {
    return this.#tables.at(-1)?.isData === true && this.#tables.at(-1)!.hasCell;
  }

  #break(lines: number): void {
    this.#breaks = Math.max(this.#breaks, lines);
  }

  #say(words: string, isApart = false): void {
    if (this.#out !== '' && this.#breaks > 0) this.#out += '\n'.repeat(this.#breaks);
    else if (this.#out !== '' && (this.#space || isApart)) this.#out += ' ';
    this.#out += this.#pending + words;
    this.#pending = '';
    this.#breaks = 0;
    this.#space = false;
  }
}

/** The value as it is written, entities and all. */
export function attributeOf(attributes: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|[\\s"'])${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(attributes);
  return match?.[1] ?? match?.[2] ?? match?.[3];
}
