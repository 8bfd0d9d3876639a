export type ReadCsv =
  | { readonly kind: 'rows'; readonly rows: Record<string, string>[] }
  | { readonly kind: 'refused'; readonly message: string };

/**
 * The rows of a CSV text by the names in its first line (RFC 4180; also with semicolons and a byte order mark, as
 * spreadsheets write it). Empty cells are left out, and lines that hold nothing. Pure.
 */
export function readCsv(text: string): ReadCsv {
  const [head, ...lines] = splitCsv(text.replace(/^\uFEFF/, ''));
  if (head === undefined) return { kind: 'refused', message: 'is empty; begin with a line of column names' };
  const names = head.map((name) => name.trim());
  if (new Set(names).size !== names.length || names.includes('')) {
    return { kind: 'refused', message: 'needs a first line with one name for each column, each once' };
  }
  const wide = lines.findIndex((cells) => cells.length > names.length);
  if (wide >= 0) {
    return {
      kind: 'refused',
      message: `has more cells than columns in row ${wide + 1}; put texts with commas in quotes`,
    };
  }
  const rows = lines.map((cells) =>
    Object.fromEntries(
      cells.map((cell, index) => [names[index]!, cell.trim()] as const).filter(([, cell]) => cell !== ''),
    ),
  );
  return { kind: 'rows', rows };
}

function splitCsv(text: string): string[][] {
  const separator = separatorOf(text);
  const plain = `[^${separator}\\r\\n]*`;
  // A quote that is never closed is a letter like others.
  const cell = new RegExp(`[ \\t]*(?:"([^"]*(?:""[^"]*)*)"${plain}|(${plain}))(${separator}|\\r?\\n|\\r|$)`, 'y');
  const lines: string[][] = [];
  let cells: string[] = [];
  for (let isEnd = false; !isEnd;) {
    const [, quoted, bare = '', end = ''] = cell.exec(text) ?? [];
    cells.push(quoted?.replaceAll('""', '"') ?? bare);
    if (end === separator) continue;
    if (cells.some((one) => one.trim() !== '')) lines.push(cells);
    cells = [];
    isEnd = end === '';
  }
  return lines;
}

/** What stands more often in the first line. */
function separatorOf(text: string): ',' | ';' {
  const [head = ''] = text.split('\n', 1);
  return head.split(';').length > head.split(',').length ? ';' : ',';
}
