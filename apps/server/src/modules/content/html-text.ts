/** Elements of which nothing is read out. */
const SILENT = /<(head|style|script|title|template)\b[^>]*>[\s\S]*?<\/\1\s*>/gi;
const COMMENT = /<!--[\s\S]*?-->/g;
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  copy: '©',
  reg: '®',
  trade: '™',
  euro: '€',
  pound: '£',
  yen: '¥',
  cent: '¢',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  bull: '•',
  middot: '·',
  zwnj: '',
  shy: '',
  deg: '°',
  times: '×',
  laquo: '«',
  raquo: '»',
  rarr: '→',
  larr: '←',
};

/** Text for characters written as entities. An entity it does not know stays as it is written. */
export function decodeEntities(html: string): string {
  return html.replace(/&(#?[a-zA-Z0-9]{1,9});/g, (whole, entity: string) => {
    if (!entity.startsWith('#')) return (Object.hasOwn(NAMED, entity) ? NAMED[entity] : undefined) ?? whole;
    const code = Number(/^#x/i.test(entity) ? `0${entity.slice(1)}` : entity.slice(1));
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole;
  });
}

/** The plain text part of a mail, read out of its HTML: paragraphs as lines, list items with a dash, links with their address. */
export function htmlToText(html: string): string {
  const spoken = html.replace(COMMENT, '').replace(SILENT, '').replace(/\s+/g, ' ');
  const linked = spoken.replace(/<a\b([^>]*)>(.*?)<\/a\s*>/gi, (_, attributes: string, label: string) =>
    linkText(attributes, label),
  );
  const lines = linked
    .replace(/<img\b([^>]*)>/gi, (_, attributes: string) => attributeOf(attributes, 'alt') ?? '')
    .replace(/<br\b[^>]*>/gi, '\n')
    .replace(/<li\b[^>]*>/gi, '\n- ')
    .replace(/<hr\b[^>]*>/gi, '\n\n---\n\n')
    .replace(/<\/(td|th)\s*>/gi, ' ')
    .replace(/<\/?(p|div|h[1-6]|table|ul|ol|blockquote|section|article|header|footer|body)\b[^>]*>/gi, '\n\n')
    .replace(/<\/?tr\b[^>]*>/gi, '\n')
    .replace(/<\/?[a-z!][^>]*>/gi, '');
  return decodeEntities(lines)
    .split('\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').trim())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

function linkText(attributes: string, label: string): string {
  const href = attributeOf(attributes, 'href');
  if (href === undefined || !/^(https?|mailto|tel):/i.test(href)) return label;
  const words = label
    .replace(/<img\b([^>]*)>/gi, (_, inner: string) => attributeOf(inner, 'alt') ?? '')
    .replace(/<[^>]*>/g, '')
    .trim();
  const shown = href.replace(/^(mailto|tel):/i, '');
  return words === '' || words === shown ? shown : `${words} (${shown})`;
}

/** The value as it is written, entities and all. */
function attributeOf(attributes: string, name: string): string | undefined {
  const match = new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(attributes);
  return match?.[1] ?? match?.[2] ?? match?.[3];
}
