const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
};

/** Text for what WordPress writes as entities; one it does not know stays as it is. Pure. */
export function decodeEntities(text: string): string {
  return text.replace(/&(#?[a-zA-Z0-9]{1,9});/g, (whole, entity: string) => {
    if (!entity.startsWith('#')) return (Object.hasOwn(NAMED, entity) ? NAMED[entity] : undefined) ?? whole;
    const code = Number(/^#x/i.test(entity) ? `0${entity.slice(1)}` : entity.slice(1));
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole;
  });
}

/** What a description in HTML says, on one line per paragraph. Pure. */
export function textOfHtml(html: string): string {
  const text = html
    .replace(/<(script|style)\b[^>]*>[\s\S]*?<\/\1\s*>/gi, ' ')
    .replace(/<(br|\/p|\/li|\/h[1-6]|\/div)\b[^>]*>/gi, '\n')
    .replace(/<[^<>]*>/g, ' ');
  const lines = decodeEntities(text)
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim());
  return lines.filter((line) => line !== '').join('\n');
}
