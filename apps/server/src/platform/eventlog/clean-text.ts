// As JSON.stringify writes them: \u0000 and halves of surrogate pairs, not preceded by an escaped backslash.
const SUSPECT = /\\u(?:0000|d[89a-f])/;
const ESCAPED = /\\(?:\\|u(?:0000|d[89a-f][0-9a-f]{2})|.)/g;

/** Replaces NUL and lone surrogates in JSON text: neither Postgres nor ClickHouse can hold them in a text. */
export function cleanText(json: string): string {
  if (!SUSPECT.test(json)) return json;
  return json.replace(ESCAPED, (escape) => (SUSPECT.test(escape) ? '\\ufffd' : escape));
}
