import { XMLParser, XMLValidator } from 'fast-xml-parser';

export type ReadFeed =
  | { readonly kind: 'rows'; readonly rows: Record<string, string>[] }
  | { readonly kind: 'refused'; readonly message: string };

const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  // "007" is a code, not a number.
  parseTagValue: false,
  isArray: (name) => name === 'item' || name === 'entry',
});

/**
 * The rows of a product feed as RSS 2.0 (`rss/channel/item`) or Atom (`feed/entry`), by the names of their elements without
 * their prefix (`g:price` is `price`); an element that comes several times is one text, joined by commas. Pure.
 */
export function readFeed(text: string): ReadFeed {
  // Entities of a document's own grow without bound, or read files; no feed needs them.
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text))
    return { kind: 'refused', message: 'declares a document type; leave that out' };
  const valid = XMLValidator.validate(text);
  if (valid !== true) return { kind: 'refused', message: `cannot be read at line ${valid.err.line}: ${valid.err.msg}` };
  const document = parser.parse(text) as { rss?: { channel?: { item?: unknown } }; feed?: { entry?: unknown } };
  const items = document.rss?.channel?.item ?? document.feed?.entry;
  if (!Array.isArray(items)) return { kind: 'refused', message: 'has no items; give rss/channel/item or feed/entry' };
  return { kind: 'rows', rows: items.map(rowOf) };
}

function rowOf(item: unknown): Record<string, string> {
  if (typeof item !== 'object' || item === null) return {};
  return Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) => {
      const text = textOf(value);
      return text === '' ? [] : [[name, text]];
    }),
  );
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value))
    return value
      .map(textOf)
      .filter((text) => text !== '')
      .join(',');
  return '';
}
