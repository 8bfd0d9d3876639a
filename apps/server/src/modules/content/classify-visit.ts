/** What can be seen of a request for a tracked link or an open pixel. */
export interface Visit {
  readonly kind: 'open' | 'click';
  readonly method: string;
  readonly userAgent: string | undefined;
  /** Values of `Sec-Purpose`, `Purpose`, `X-Purpose` and `X-Moz`. */
  readonly purposes: readonly string[];
  /** Milliseconds since the message was made; undefined when its link does not say. */
  readonly sinceMadeMs: number | undefined;
}

export type MachineReason =
  | 'head'
  | 'prefetch'
  | 'apple_privacy'
  | 'gmail_prefetch'
  | 'scanner'
  | 'too_soon'
  | 'many_links';

export type Verdict =
  | { readonly kind: 'person' }
  | { readonly kind: 'machine'; readonly reason: MachineReason }
  /** Like a person, but at a time at which scanners pass for one: what follows within `HOLD_MS` decides. */
  | { readonly kind: 'unsure' };

/** A mail still travels; nobody has read it. */
const TOO_SOON_MS = 2_000;
/** Gateways scan a mail when it comes in; after that what looks like a person is one. */
export const SCAN_WINDOW_MS = 600_000;
export const HOLD_MS = 3_000;

/** https://fetch.spec.whatwg.org/#sec-purpose-header; the others are what browsers sent before it. */
const AHEAD_OF_USE = /prefetch|prerender|preview|instant/i;
/** Mail Privacy Protection loads every image when the mail arrives, and says no more than this. */
const APPLE_PRIVACY = /^Mozilla\/5\.0$/;
/**
 * Gmail loads images ahead while its app is open, under this name: https://bird.com/en-us/blog/gmail-prefetching-images.
 * GoogleImageProxy and YahooMailProxy load them when the mail is opened: these are people.
 */
const GMAIL_PREFETCH = /Chrome\/42\.0\.2311\.135 Safari\/537\.36 Edge\/12\.246 Mozilla\/5\.0$/;
const SCANNER = new RegExp(
  [
    'barracuda|proofpoint|mimecast|ironport|cisco ?secure|forcepoint|symantec|messagelabs|sophos|trend ?micro|tmes\\b',
    'fireeye|trellix|fortinet|fortimail|checkpoint|avanan|vade|zscaler|safelinks|defender|bitdefender|kaspersky|eset\\b',
    'virustotal|urlscan|hubspot connect|amazon cloudfront|skypeuripreview|google-safety|bingpreview',
    '(?<!cu)bot\\b|crawl|spider|slurp|facebookexternalhit|whatsapp\\/|preview\\b|headlesschrome|phantomjs|puppeteer',
    '^curl\\/|^wget|python-|python\\/|aiohttp|go-http-client|^java\\/|okhttp|apache-httpclient|libwww|^axios|node-fetch|^ruby|^ahc\\/',
  ].join('|'),
  'i',
);

/** Whether a person or a machine asked, as far as this one request tells. */
export function classifyVisit(visit: Visit): Verdict {
  const reason = machineReason(visit);
  if (reason !== undefined) return { kind: 'machine', reason };
  const { kind, sinceMadeMs } = visit;
  return kind === 'click' && sinceMadeMs !== undefined && sinceMadeMs < SCAN_WINDOW_MS
    ? { kind: 'unsure' }
    : { kind: 'person' };
}

function machineReason(visit: Visit): MachineReason | undefined {
  const userAgent = visit.userAgent?.trim() ?? '';
  if (visit.method === 'HEAD') return 'head';
  if (visit.purposes.some((purpose) => AHEAD_OF_USE.test(purpose))) return 'prefetch';
  if (userAgent === '') return 'scanner';
  if (APPLE_PRIVACY.test(userAgent)) return visit.kind === 'open' ? 'apple_privacy' : 'scanner';
  if (GMAIL_PREFETCH.test(userAgent)) return 'gmail_prefetch';
  if (SCANNER.test(userAgent)) return 'scanner';
  return visit.sinceMadeMs !== undefined && visit.sinceMadeMs < TOO_SOON_MS ? 'too_soon' : undefined;
}

/** One visit to a link of a message. */
export interface LinkVisit {
  /** The same for the same link. */
  readonly link: string;
  readonly at: number;
}

/** Nobody follows two links within this, */
const PAIR_MS = 1_000;
/** or so many within this. */
const BURST_MS = HOLD_MS;
const BURST_LINKS = 3;

/** Whether a visit is one of many to different links of its message at once. `visits` may hold the visit itself. */
export function isBurst(visit: LinkVisit, visits: readonly LinkVisit[]): boolean {
  const linksWithin = (ms: number) =>
    new Set([visit.link, ...visits.filter(({ at }) => Math.abs(at - visit.at) < ms).map(({ link }) => link)]).size;
  return linksWithin(PAIR_MS) > 1 || linksWithin(BURST_MS) >= BURST_LINKS;
}
