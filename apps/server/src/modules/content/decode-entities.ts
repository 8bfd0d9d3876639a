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
  zwsp: '',
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
