const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const chunkCharacters = 64 * 1024;

/** Rows in COPY's text format, in chunks large enough that the stream costs nothing beside the parsing. */
export function* encodeCopyRows(rows: Iterable<readonly unknown[]>): Generator<string, number> {
  let chunk = '';
  let count = 0;
  for (const row of rows) {
    chunk += `${row.map(encodeField).join('\t')}\n`;
    count += 1;
    if (chunk.length >= chunkCharacters) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk) yield chunk;
  return count;
}

function encodeField(value: unknown): string {
  if (value === null || value === undefined) return '\\N';
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `\\\\x${asBuffer(value).toString('hex')}`;
  if (Array.isArray(value)) return escapeText(arrayLiteral(value));
  return escapeText(JSON.stringify(value));
}

function escapeText(text: string): string {
  return text.replace(/[\\\n\r\t]/g, (character) => escapes[character] ?? character);
}

function arrayLiteral(items: readonly unknown[]): string {
  return `{${items.map(arrayItem).join(',')}}`;
}

function arrayItem(item: unknown): string {
  if (item === null || item === undefined) return 'null';
  if (Array.isArray(item)) return arrayLiteral(item);
  return `"${itemText(item).replace(/["\\]/g, '\\$&')}"`;
}

function itemText(item: unknown): string {
  if (typeof item === 'bigint') return String(item);
  if (item instanceof Uint8Array) return `\\x${asBuffer(item).toString('hex')}`;
  if (item instanceof Date) return item.toISOString();
  return typeof item === 'string' ? item : JSON.stringify(item);
}

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
