import { isIPv4, isIPv6 } from 'node:net';

/**
 * What personal values and secrets look like wherever they stand in a text. A second wall: nobody should log them in the
 * first place. Order counts: what contains others comes first.
 */
const PATTERNS: readonly (readonly [RegExp, string | ((match: string, ...groups: string[]) => string)])[] = [
  // Credentials of a connection string: everything up to the last "@" before the path, for passwords hold "@" too.
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>]*@/gi, '$1[credentials]@'],
  [
    /\b(password|passwd|pwd|secret|token|api[_-]?key|write[_-]?key)(\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s"',;&]+)/gi,
    '$1$2[secret]',
  ],
  [/\b(bearer|basic|digest)\s+[\w.~+/=:-]{6,}/gi, '$1 [secret]'],
  [/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g, '[secret]'],
  [/\b(?:[aprsw]k|whsec|inv)_[\w+/=-]+/g, '[secret]'],
  // A query string, after a path or a URL.
  [/([/\w.\]-])\?[^\s"'<>?]*[=&][^\s"'<>]*/g, '$1?[query]'],
  // Quoted local parts first, then everything RFC 5322 allows in a bare one, and letters beyond ASCII.
  [/"[^"\n]*"@[^\s"'<>,;:()]+/g, '[email]'],
  [/[^\s"<>(),;:@[\]\\]+@[^\s"'<>(),;:@[\]\\]+/g, '[email]'],
  [/(?<![\w:.])[\da-f]*:[\da-f:]*:[\da-f:.]*(?![\w:])/gi, (match) => (isForeign6(match) ? '[ip]' : match)],
  [/(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]|:\d)/g, (match) => (isForeign4(match) ? '[ip]' : match)],
  [
    /(?<![\w.:/-])(?:\+|\(\+?|00)?\d[\d ().\u00a0/-]{5,}\d(?![\w:-]|\.\d)/g,
    (match) => (isPhone(match) ? '[phone]' : match),
  ],
];

/** The text without what looks like an email, a phone number, an address on the internet, a key, a password or a query string. */
export function redactText(text: string): string {
  let clean = text;
  for (const [pattern, mask] of PATTERNS) {
    clean = typeof mask === 'string' ? clean.replaceAll(pattern, mask) : clean.replaceAll(pattern, mask);
  }
  return clean;
}

const ISO_INSTANT = /^\d{4}-\d\d-\d\d/;

/**
 * A number with a + or with gaps, or ten and more digits in a row. Fewer in a row are counts and places in the log, and
 * four parts with dots an address on the internet.
 */
function isPhone(match: string): boolean {
  const digits = match.replaceAll(/\D/g, '');
  if (digits.length < 7 || digits.length > 17 || ISO_INSTANT.test(match) || isIPv4(match)) return false;
  return digits.length === match.length ? digits.length >= 10 : true;
}

/** Our own and the neighbours' addresses are needed to find a fault. */
const NEAR_IPV4 = /^(?:0|10|127|192\.168|172\.(?:1[6-9]|2\d|3[01])|169\.254)\./;

const isForeign4 = (text: string): boolean => isIPv4(text) && !NEAR_IPV4.test(text);

const isForeign6 = (text: string): boolean => isIPv6(text) && !/^(?:::1?|f[cd]..:.*|fe80:.*)$/i.test(text);
