import type { IncomingHttpHeaders } from 'node:http';

/** What the SDKs send beyond the plain; a browser that does not say what it wants to send may send these. */
const KNOWN_HEADERS = [
  'authorization',
  'content-type',
  'x-write-key',
  'x-retry-count',
  'anonymousid',
  'sentat',
  'rsa-recovered',
  'rsa-retry-attempt',
  'rsa-since-last-attempt',
  'rsa-since-first-attempt',
  'rsa-retry-reason',
].join(', ');
/** Longer and stranger lists are not echoed. */
const HEADER_LIST = /^[\w!#$%&'*+.^`|~, -]{1,1000}$/;
/** As long as any browser keeps it: a preflight before every event would double the requests. */
const MAX_AGE_SECONDS = 86_400;

/**
 * What lets a browser on another origin read an answer, errors too: without `Retry-After` exposed the SDKs would not wait.
 * The origin is echoed, since `*` would not do for a client configured to send credentials; intake itself reads no cookies.
 */
export function originHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const { origin } = headers;
  if (origin === undefined) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Retry-After, X-RateLimit-Reset',
    vary: 'Origin',
  };
}

/** The answer to a preflight, in addition to `originHeaders`. */
export function preflightHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const wanted = headers['access-control-request-headers'];
  const isSensible = typeof wanted === 'string' && HEADER_LIST.test(wanted);
  return {
    'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS',
    'access-control-allow-headers': isSensible ? wanted : KNOWN_HEADERS,
    'access-control-max-age': String(MAX_AGE_SECONDS),
    // A shop in development talks to a server on the same machine.
    ...(headers['access-control-request-private-network'] === 'true'
      ? { 'access-control-allow-private-network': 'true' }
      : {}),
    vary: 'Origin, Access-Control-Request-Headers',
  };
}
