import { isIP } from 'node:net';
import type { AddressRules } from './address-rules.ts';

const URL_CHARS_MAX = 2_000;
const TLS_PORT = 443;
const FREE_PORTS_FROM = 1_024;

/** Above 1023, and yet no place for HTTP: the Fetch standard's bad ports, and what databases and brokers listen on. */
const OTHER_PROTOCOLS: ReadonlySet<number> = new Set([
  1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5672,
  5984, 6000, 6379, 6380, 6443, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 7001, 9042, 9092, 9200, 9300, 10_080,
  10_250, 11_211, 15_672, 27_017, 27_018,
]);

export type UrlCheck =
  | { readonly kind: 'ok'; readonly url: URL; readonly host: string }
  /** What is wrong and what to do about it. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * What can be said of a URL before any name is resolved. `host` is a name or an address, without brackets. Plain http is
 * for this machine's own addresses where the allow-list names them; a name is judged again by what it resolves to.
 */
export function checkUrl(text: string, rules: AddressRules): UrlCheck {
  if (text.length > URL_CHARS_MAX) return refused(`it has more than ${URL_CHARS_MAX} characters; use a shorter URL`);
  if (hasHiddenCharacters(text)) return refused('it contains spaces or control characters; leave them out');
  if (!URL.canParse(text)) return refused('it is not a URL; write it like https://shop.example/hooks');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refused('it must start with https://');
  if (url.username !== '' || url.password !== '') return refused('it carries credentials; use a header instead');
  if (url.hash !== '') return refused('it has a fragment, which is never sent; leave out what follows the "#"');
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (host === '') return refused('it names no host');
  const port = url.port === '' ? (url.protocol === 'https:' ? TLS_PORT : 80) : Number(url.port);
  return refusalOfHost({ text, url, host }, rules) ?? refusalOfPort(url, port) ?? { kind: 'ok', url, host };
}

function refusalOfHost(
  { text, url, host }: { text: string; url: URL; host: string },
  rules: AddressRules,
): UrlCheck | undefined {
  if (isIP(host) !== 0) {
    // The parser turns 0x7f.1 and 2130706433 into 127.0.0.1: whoever writes it so has something to hide.
    if (isIP(host) === 4 && !text.includes(host)) return refused('write the address as four decimal numbers');
    const reason = rules.refusalOf(host);
    if (reason !== undefined) return refused(`${host} must not be called: ${reason}`);
    if (url.protocol === 'http:' && !rules.isAllowedLoopback(host)) return refused('it must start with https://');
    return undefined;
  }
  const isLocal = host === 'localhost' || host.endsWith('.localhost');
  const mayBeLocal = rules.isAllowedLoopback('127.0.0.1') || rules.isAllowedLoopback('::1');
  if (isLocal && !mayBeLocal) return refused(`${host} must not be called: it is this machine itself`);
  if (url.protocol === 'http:' && !(isLocal && mayBeLocal)) return refused('it must start with https://');
  return undefined;
}

function refusalOfPort(url: URL, port: number): UrlCheck | undefined {
  if (port === TLS_PORT || (port === 80 && url.protocol === 'http:')) return undefined;
  if (port >= FREE_PORTS_FROM && !OTHER_PROTOCOLS.has(port)) return undefined;
  return refused(`port ${port} is not one for HTTP; use 443, or one above 1023 that no other protocol owns`);
}

/** The parser drops tabs and line ends and trims the rest: what is stored would not be what is called. */
function hasHiddenCharacters(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 0x20 || code === 0x7f || text[i] === '\\') return true;
  }
  return false;
}

function refused(reason: string): UrlCheck {
  return { kind: 'refused', reason };
}
